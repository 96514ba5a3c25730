import { Command, CommanderError } from 'commander';
import type { Language } from '../runbooks/types.ts';
import { CannotWork } from './cannot-work.ts';
import type { DiagnoseOptions } from './diagnose.ts';
import type { HelpKey } from './help.ts';
import { earlyLanguage } from './language.ts';
import type { LintOptions } from './lint.ts';
import { addCommonOptions, type CommonOptions, complete, describe, repeat } from './options.ts';
import { note } from './output.ts';
import { PRODUCT_NAME, productVersion } from '../service/product.ts';

/** 0: nothing at or above --fail-on; 1: something is; 2: the command could not do its work. */
const FAILED = 2;

/** Runs the command line. What a command does is loaded when it is asked for. */
export async function run(args: readonly string[]): Promise<number> {
  const language = earlyLanguage(args, process.env);
  let status = 0;
  const program = buildProgram(language, (code) => {
    status = code;
  });
  try {
    if (args.length === 0) {
      note(program.helpInformation());
      return FAILED;
    }
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    return failure(error, language);
  }
}

function failure(error: unknown, language: Language): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for; everything else was told by commander, or is told here in the user's language.
    if (error.exitCode === 0) return 0;
    note(usageError(error, language));
    return FAILED;
  }
  if (error instanceof CannotWork) {
    note(`${PRODUCT_NAME}: ${error.textIn(language)}`);
    return FAILED;
  }
  const text = error instanceof Error ? (process.env.RUNBOOK_LENS_DEBUG ? error.stack : error.message) : String(error);
  const internal = language === 'zh-cn' ? '内部错误' : 'internal error';
  note(`${PRODUCT_NAME}: ${internal}: ${text}`);
  return FAILED;
}

/** commander speaks English only. */
const USAGE: readonly (readonly [RegExp, string])[] = [
  [/^error: unknown option '(.+?)'/, '未知的选项 $1'],
  [/^error: unknown command '(.+?)'/, '未知的命令 $1'],
  [/^error: missing required argument '(.+?)'/, '缺少参数 $1'],
  [/^error: option '(.+?)' argument missing/, '选项 $1 缺少取值'],
  [/^error: option '(.+?)' argument '(.*?)' is invalid\. Allowed choices are (.+)\./, '选项 $1 的取值 $2 无效，可用：$3'],
  [/^error: too many arguments(?: for '(.+?)')?.*$/, '参数过多'],
  [/\n?\(Did you mean (?:one of )?(.+?)\?\)/, '（是否想写 $1？）'],
];

function usageError(error: CommanderError, language: Language): string {
  // Without a command, commander has the help as the message.
  if (error.code === 'commander.help') return '';
  let { message } = error;
  if (language === 'zh-cn') for (const [pattern, chinese] of USAGE) message = message.replace(pattern, chinese);
  return `${PRODUCT_NAME}: ${message.replace(/^error: /, '')}`;
}

const TITLES: Readonly<Record<string, string>> = {
  'Usage:': '用法：',
  'Options:': '选项：',
  'Arguments:': '参数：',
  'Commands:': '命令：',
};

function buildProgram(language: Language, done: (status: number) => void): Command {
  const say = (key: HelpKey): string => describe(key, language);
  const program = new Command(PRODUCT_NAME)
    .description(say('program'))
    .version(productVersion(), '--version', say('version'))
    .helpOption('-h, --help', say('help'))
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ styleTitle: (title) => (language === 'zh-cn' ? (TITLES[title] ?? title) : title) });

  const command = (parent: Command, name: string, key: HelpKey, formats: readonly string[]): Command =>
    addCommonOptions(parent.command(name).description(say(key)), formats, language);

  command(program, 'lint', 'lint', ['text', 'json', 'sarif', 'github'])
    .argument('[path...]', say('lintPath'))
    .option('--fix', say('fix'))
    .option('--unsafe-fixes', say('unsafeFixes'))
    .option('--fix-dry-run', say('fixDryRun'))
    .option('--stdin-filename <file>', say('stdinFilename'))
    .option('--since <ref>', say('since'))
    .action(async (paths: string[], options: Partial<LintOptions>) => {
      const { lint } = await import('./lint.ts');
      done(await lint(paths, { fix: false, unsafeFixes: false, fixDryRun: false, ...options, ...complete(options) }));
    });

  const rules = program.command('rules').description(say('rules')).helpOption('-h, --help', say('help')).helpCommand(false);
  command(rules, 'list', 'rulesList', ['text', 'json']).action(async (options: Partial<CommonOptions>) => {
    const { rulesList } = await import('./rules.ts');
    done(await rulesList(complete(options)));
  });
  command(rules, 'explain', 'rulesExplain', ['text', 'json'])
    .argument('<rule>', say('ruleArgument'))
    .action(async (id: string, options: Partial<CommonOptions>) => {
      const { rulesExplain } = await import('./rules.ts');
      done(await rulesExplain(id, complete(options)));
    });

  const runbooks = program.command('runbooks').description(say('runbooks')).helpOption('-h, --help', say('help')).helpCommand(false);
  command(runbooks, 'list', 'runbooksList', ['text', 'json']).action(async (options: Partial<CommonOptions>) => {
    const { runbooksList } = await import('./runbooks.ts');
    done(await runbooksList(complete(options)));
  });
  command(runbooks, 'show', 'runbooksShow', ['text', 'json', 'markdown'])
    .argument('<id>', say('runbookArgument'))
    .action(async (id: string, options: Partial<CommonOptions>) => {
      const { runbooksShow } = await import('./runbooks.ts');
      done(await runbooksShow(id, complete(options)));
    });
  command(runbooks, 'search', 'runbooksSearch', ['text', 'json'])
    .argument('<words...>', say('wordsArgument'))
    .action(async (words: string[], options: Partial<CommonOptions>) => {
      const { runbooksSearch } = await import('./runbooks.ts');
      done(await runbooksSearch(words, complete(options)));
    });
  command(runbooks, 'check', 'runbooksCheck', ['text', 'json'])
    .argument('[path...]', say('checkPath'))
    .action(async (paths: string[], options: Partial<CommonOptions>) => {
      const { runbooksCheck } = await import('./runbooks.ts');
      done(await runbooksCheck(paths, complete(options)));
    });

  command(program, 'baseline', 'baseline', ['text'])
    .argument('[path...]', say('baselinePath'))
    .action(async (paths: string[], options: Partial<CommonOptions>) => {
      const { baseline } = await import('./baseline.ts');
      done(await baseline(paths, complete(options)));
    });

  command(program, 'diagnose', 'diagnose', ['text', 'json', 'markdown'])
    .option('--kubeconfig <file>', say('kubeconfig'))
    .option('--context <name>', say('context'))
    .option('--namespace <name>', say('namespace'), repeat)
    .option('--all-namespaces', say('allNamespaces'))
    .option('--from <path>', say('from'))
    .option('--save <file>', say('save'))
    .option('--observe <duration>', say('observe'))
    .option('--deep', say('deep'))
    .option('--deadline <duration>', say('deadline'))
    .option('--strict', say('strict'))
    .action(async (options: Partial<DiagnoseOptions>) => {
      const { diagnoseCommand } = await import('./diagnose.ts');
      done(await diagnoseCommand({ ...options, ...complete(options) }));
    });
  return program;
}
