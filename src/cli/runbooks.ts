import { nearest } from '../text/nearest.ts';
import { compareSeverity } from '../linters/rule.ts';
import { columnsOf, type Palette, palette, wantsColour } from '../report/colour.ts';
import { messageText } from '../report/message.ts';
import { checkRunbooks } from '../runbooks/check.ts';
import { loadRunbooks, textIn } from '../runbooks/load.ts';
import { indexRunbooks, languageOf, searchRunbooks } from '../runbooks/search.ts';
import { type Language, LANGUAGES, type Runbook } from '../runbooks/types.ts';
import { CannotWork } from './cannot-work.ts';
import type { CommonOptions } from './options.ts';
import { emit } from './output.ts';
import { findRoot, pathInRoot } from './paths.ts';
import { ownRunbooks, runbooksAt, shippedRunbooks } from '../service/runbook-files.ts';
import { ALL_RULES } from '../service/engine-setup.ts';
import { languageFor, loadConfiguration } from './settings.ts';

interface Library {
  readonly runbooks: readonly Runbook[];
  readonly language: Language;
}

/** Those that ship, and the team's own; the team's goes before ours where both have an id. */
function openLibrary(options: CommonOptions): Library {
  const language = languageFor(options);
  const own = loadRunbooks(ownFiles(options)).runbooks;
  const ids = new Set(own.map((runbook) => runbook.id));
  const shipped = loadRunbooks(shippedRunbooks()).runbooks.filter((runbook) => !ids.has(runbook.id));
  const runbooks = [...shipped, ...own].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { runbooks, language };
}

function ownFiles(options: CommonOptions) {
  try {
    const root = findRoot(options.root, process.cwd());
    return ownRunbooks(root, loadConfiguration({ ...options, rule: [] }, root).configuration.settings.runbooks);
  } catch (error) {
    // Whoever is paged reads the runbook first and mends the configuration later.
    if (error instanceof CannotWork && options.config === undefined && options.root === undefined) return new Map<string, string>();
    throw error;
  }
}

function coloursFor(options: CommonOptions): Palette {
  return palette(wantsColour(options.color, process.env, options.output === undefined && process.stdout.isTTY === true));
}

function asJson(value: unknown, options: CommonOptions): number {
  emit(`${JSON.stringify(value, null, 2)}\n`, options.output);
  return 0;
}

function entryOf(runbook: Runbook, language: Language) {
  const { id, technologies, severity, affects, rules, reviewed } = runbook;
  const languages = LANGUAGES.filter((name) => runbook.body[name]);
  return { id, title: runbook.title[language], technologies, severity, affects, rules, languages, reviewed };
}

/** `runbooks list` */
export async function runbooksList(options: CommonOptions): Promise<number> {
  const { runbooks, language } = openLibrary(options);
  if (options.format === 'json')
    return asJson(
      runbooks.map((runbook) => entryOf(runbook, language)),
      options,
    );
  const { bold, faint } = coloursFor(options);
  emit(
    table(
      runbooks.map((runbook) => [runbook.id, runbook.severity, runbook.title[language]]),
      [bold, faint, (text) => text],
    ),
    options.output,
  );
  return 0;
}

function table(rows: readonly (readonly string[])[], paints: readonly ((text: string) => string)[]): string {
  const widths = paints.map((_, column) => Math.max(0, ...rows.map((row) => columnsOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    paints
      .map((paint, column) => {
        const cell = row[column] ?? '';
        const last = column === paints.length - 1;
        return paint(last ? cell : cell + ' '.repeat((widths[column] ?? 0) - columnsOf(cell)));
      })
      .join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** `runbooks show ID`. An id may carry the anchor of a heading, as findings do; the whole page is shown. */
export async function runbooksShow(given: string, options: CommonOptions): Promise<number> {
  const { runbooks, language } = openLibrary(options);
  const id = given.replace(/#.*$/, '');
  const runbook = runbooks.find((candidate) => candidate.id === id);
  if (!runbook) {
    const near = nearest(
      id,
      runbooks.map((candidate) => candidate.id),
    );
    if (near)
      throw new CannotWork(
        { en: 'no runbook "{id}"; did you mean "{near}"?', zh: '没有 runbook "{id}"；是否想写 "{near}"？' },
        { id, near },
      );
    throw new CannotWork(
      {
        en: 'no runbook "{id}"; "runbook-lens runbooks list" shows all',
        zh: '没有 runbook "{id}"；可用 "runbook-lens runbooks list" 查看全部',
      },
      { id },
    );
  }
  const text = textIn(runbook, language);
  const markdown = text?.markdown.trim() ?? '';
  if (options.format === 'json') {
    const { signals, probes, rbac, sources } = runbook;
    return asJson({ ...entryOf(runbook, language), signals, probes, rbac, sources, sections: text?.sections ?? [], markdown }, options);
  }
  emit(options.format === 'markdown' ? `${markdown}\n` : `${forTerminal(markdown, coloursFor(options))}\n`, options.output);
  return 0;
}

/** Markdown reads well as it is; headings and commands are set apart by colour only, so that nothing is lost in copying. */
function forTerminal(markdown: string, colours: Palette): string {
  let fenced = false;
  const lines = markdown.split('\n').map((line) => {
    if (/^\s*(?:```|~~~)/.test(line)) {
      fenced = !fenced;
      return colours.faint(line);
    }
    if (fenced) return colours.hint(line);
    return /^#{1,6} /.test(line) ? colours.bold(line) : line;
  });
  return lines.join('\n');
}

/** `runbooks search WORDS…` */
export async function runbooksSearch(words: readonly string[], options: CommonOptions): Promise<number> {
  const { runbooks, language } = openLibrary(options);
  const question = words.join(' ');
  const hits = searchRunbooks(indexRunbooks(runbooks), question);
  // Who asks in Chinese is answered in Chinese, unless told otherwise.
  const answer = options.lang ?? (languageOf(question) === 'zh-cn' ? 'zh-cn' : language);
  const titles = new Map(runbooks.map((runbook) => [runbook.id, runbook.title[answer]]));
  const titleOf = (id: string): string => titles.get(id) ?? id;
  if (options.format === 'json') {
    return asJson(
      hits.map((hit) => ({
        id: hit.id,
        title: titleOf(hit.id),
        score: hit.score,
        reasons: hit.reasons,
      })),
      options,
    );
  }
  const { bold, faint } = coloursFor(options);
  if (hits.length === 0) {
    const none = {
      en: 'No runbook matches. Try the words of a log line, or an alert’s name.',
      zh: '没有匹配的 runbook。可以试试日志中的原文，或告警名称。',
    };
    emit(`${messageText(none, undefined, answer)}\n`, options.output);
    return 0;
  }
  const blocks = hits.map((hit) => {
    const reasons = hit.reasons.map((reason) => `${reason.kind}: ${reason.text}`).join('; ');
    return `${bold(hit.id)}  ${titleOf(hit.id)}\n  ${faint(reasons)}`;
  });
  emit(`${blocks.join('\n')}\n`, options.output);
  return 0;
}

/** `runbooks check [PATH…]`: judges a team's own runbooks; exit status 1 when a problem is at or above `--fail-on`. */
export async function runbooksCheck(paths: readonly string[], options: CommonOptions): Promise<number> {
  const root = findRoot(options.root, process.cwd());
  const { configuration, language } = loadConfiguration(options, root);
  const files =
    paths.length > 0
      ? runbooksAt(
          root,
          paths.map((path) => pathInRoot(path, root, process.cwd())),
        )
      : ownRunbooks(root, configuration.settings.runbooks);
  if (files.size === 0 && (options.failIfNothingChecked || paths.length === 0)) {
    throw new CannotWork({
      en: 'no runbooks to check: name paths, or set `runbooks` in .runbook-lens.yaml',
      zh: '没有可检查的 runbook：请给出路径，或在 .runbook-lens.yaml 中设置 `runbooks`',
    });
  }
  const problems = checkRunbooks(files, { lang: language, knownRules: new Set(ALL_RULES.map((rule) => rule.id)) });
  if (options.format === 'json') asJson(problems, options);
  else {
    const colours = coloursFor(options);
    const lines = problems.map(
      ({ file, line, severity, message }) => `${colours.bold(`${file}:${line}`)}: ${colours[severity](severity)} ${message}`,
    );
    const summary = { en: 'files: {files}, problems: {problems}', zh: '文件 {files} 个，问题 {problems} 个' };
    if (!options.quiet) lines.push(messageText(summary, { files: files.size, problems: problems.length }, language));
    emit(lines.length > 0 ? `${lines.join('\n')}\n` : '', options.output);
  }
  const { failOn } = options;
  return failOn !== 'never' && problems.some((problem) => compareSeverity(problem.severity, failOn) <= 0) ? 1 : 0;
}
