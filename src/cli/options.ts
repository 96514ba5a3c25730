import { type Command, Option } from 'commander';
import { SEVERITIES, type Severity } from '../linters/rule.ts';
import { LANGUAGES, type Language } from '../runbooks/types.ts';
import { HELP, type HelpKey } from './help.ts';

/** What every command takes. Some have no effect on some commands. */
export interface CommonOptions {
  readonly root?: string;
  readonly format: string;
  readonly output?: string;
  readonly lang?: Language;
  /** `false`: --no-config. */
  readonly config?: string | false;
  readonly severity: Severity;
  readonly failOn: Severity | 'never';
  readonly rule: readonly string[];
  readonly preview: boolean;
  readonly color?: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly failOnNotice: boolean;
  readonly failIfNothingChecked: boolean;
}

export function describe(key: HelpKey, language: Language): string {
  return language === 'zh-cn' ? HELP[key].zh : HELP[key].en;
}

/** An option that may stand several times. */
export const repeat = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Switches that were not given are off. (As defaults of commander's, the help would print each of them.) */
const DEFAULTS: CommonOptions = {
  format: 'text',
  severity: 'information',
  failOn: 'warning',
  rule: [],
  preview: false,
  quiet: false,
  verbose: false,
  failOnNotice: false,
  failIfNothingChecked: false,
};

export function complete(parsed: Partial<CommonOptions>): CommonOptions {
  return { ...DEFAULTS, ...parsed };
}

/** Adds the common options. No option takes a list: it is repeated, so that a path behind it stays a path. */
export function addCommonOptions(command: Command, formats: readonly string[], language: Language): Command {
  const help = (key: HelpKey): string => describe(key, language);
  return command
    .option('--root <dir>', help('root'))
    .addOption(new Option('--format <format>', help('format')).choices(formats).default(DEFAULTS.format))
    .option('--output <file>', help('output'))
    .addOption(new Option('--lang <language>', help('lang')).choices(LANGUAGES))
    .option('--config <file>', help('config'))
    .option('--no-config', help('noConfig'))
    .addOption(new Option('--severity <severity>', help('severity')).choices(SEVERITIES).default(DEFAULTS.severity))
    .addOption(new Option('--fail-on <severity>', help('failOn')).choices([...SEVERITIES, 'never']).default(DEFAULTS.failOn))
    .option('--fail-on-notice', help('failOnNotice'))
    .option('--fail-if-nothing-checked', help('failIfNothingChecked'))
    .option('--rule <id>', help('rule'), repeat)
    .option('--preview', help('preview'))
    .option('--color', help('color'))
    .option('--no-color', help('noColor'))
    .option('--quiet', help('quiet'))
    .option('--verbose', help('verbose'))
    .helpOption('-h, --help', help('help'));
}
