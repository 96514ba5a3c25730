import { load as parseYaml } from 'js-yaml';
import { headingKey } from './headings.ts';
import { scanMarkdown, slug } from './markdown.ts';
import type {
  Affects,
  Language,
  RbacRule,
  Runbook,
  RunbookFiles,
  RunbookProblem,
  RunbookSeverity,
  RunbookText,
  Section,
  Signals,
} from './types.ts';
import { RUNBOOK_SEVERITIES } from './types.ts';

const TRANSLATION = '.zh-cn.md';

/** Front matter cut off a Markdown file. `firstLine` is the 1-based line on which the Markdown starts. */
export interface FrontMatter {
  readonly yaml?: string;
  readonly markdown: string;
  readonly firstLine: number;
}

/** Splits `---` front matter from Markdown; a file without any is all Markdown. A byte-order mark is dropped. */
export function splitFrontMatter(content: string): FrontMatter {
  const text = content.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const found = /^---[ \t]*\n([\s\S]*?\n)?---[ \t]*(?:\n|$)/.exec(text);
  if (!found) return { markdown: text, firstLine: 1 };
  const yaml = found[1] ?? '';
  return { yaml, markdown: text.slice(found[0].length), firstLine: yaml.split('\n').length + 2 };
}

/** The two files of one runbook. At least one is there. */
export interface RunbookPair {
  /** Path of the English file, whether it exists or not. */
  readonly base: string;
  readonly files: Readonly<Partial<Record<Language, string>>>;
}

/** Groups `x.md` and `x.zh-cn.md`, sorted by path. README files and everything that is not Markdown are left out. */
export function pairFiles(paths: Iterable<string>): RunbookPair[] {
  const pairs = new Map<string, Partial<Record<Language, string>>>();
  for (const path of [...paths].sort()) {
    if (!path.endsWith('.md') || /(^|\/)readme(\.[a-z-]+)?\.md$/i.test(path)) continue;
    const language: Language = path.endsWith(TRANSLATION) ? 'zh-cn' : 'en';
    const base = language === 'en' ? path : `${path.slice(0, -TRANSLATION.length)}.md`;
    pairs.set(base, { ...pairs.get(base), [language]: path });
  }
  return [...pairs].map(([base, files]) => ({ base, files }));
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

/** Parses front matter. The error carries the 1-based line of the file. */
export function parseFrontMatter(
  yaml: string,
): { ok: true; value: Readonly<Record<string, unknown>> } | { ok: false; line: number; reason: string } {
  try {
    const value: unknown = parseYaml(yaml);
    if (isRecord(value)) return { ok: true, value };
    return { ok: false, line: 2, reason: 'it is not a mapping of keys to values' };
  } catch (error) {
    const mark: unknown = isRecord(error) ? error.mark : undefined;
    const line = isRecord(mark) && typeof mark.line === 'number' ? mark.line + 2 : 2;
    const reason = isRecord(error) && typeof error.reason === 'string' ? error.reason : String(error);
    return { ok: false, line, reason };
  }
}

function affectsOf(value: unknown): Affects[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((item) => ({
    product: String(item.product ?? ''),
    range: String(item.range ?? ''),
    ...(item.fixedIn === undefined ? {} : { fixedIn: String(item.fixedIn) }),
  }));
}

function rbacOf(value: unknown): RbacRule[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((item) => ({
    apiGroups: strings(item.apiGroups),
    resources: strings(item.resources),
    verbs: strings(item.verbs),
  }));
}

function signalsOf(value: unknown): Signals {
  const signals = isRecord(value) ? value : {};
  return { alerts: strings(signals.alerts), logs: strings(signals.logs), metrics: strings(signals.metrics) };
}

/** The H2 sections of a runbook's Markdown, in the order in which they stand. */
export function sectionsOf(markdown: string, firstLine: number): Section[] {
  const lines = markdown.split('\n');
  const heads = scanMarkdown(markdown, firstLine).headings.filter(({ level }) => level === 2);
  return heads.map((head, index) => ({
    key: headingKey(head.text) ?? slug(head.text),
    heading: head.text,
    line: head.line,
    markdown: lines
      .slice(head.line - firstLine + 1, (heads[index + 1]?.line ?? firstLine + lines.length) - firstLine)
      .join('\n')
      .trim(),
  }));
}

function textOf(files: RunbookFiles, path: string | undefined): RunbookText | undefined {
  const content = path === undefined ? undefined : files.get(path);
  if (path === undefined || content === undefined) return undefined;
  const { markdown, firstLine } = splitFrontMatter(content);
  return { file: path, markdown, firstLine, sections: sectionsOf(markdown, firstLine) };
}

const h1 = (text: RunbookText | undefined): string | undefined =>
  text && scanMarkdown(text.markdown).headings.find(({ level }) => level === 1)?.text;

function titleOf(value: unknown, body: Runbook['body'], id: string): Record<Language, string> {
  const title = isRecord(value) ? value : {};
  const given = (language: Language): string | undefined =>
    typeof title[language] === 'string' && title[language] !== '' ? title[language] : h1(body[language]);
  const en = given('en');
  const zh = given('zh-cn');
  return { en: en ?? zh ?? id, 'zh-cn': zh ?? en ?? id };
}

const severityOf = (value: unknown): RunbookSeverity => RUNBOOK_SEVERITIES.find((severity) => severity === value) ?? 'medium';

/**
 * Loads every runbook among `files`, sorted by id. Front matter stands in the English file, or in the Chinese one where there is no English.
 * Lenient: a missing or wrong field becomes empty, so that a half-written runbook can still be read and searched; `checkRunbooks` is the strict
 * one. A file whose front matter is missing or does not parse is left out and reported.
 */
export function loadRunbooks(files: RunbookFiles): { runbooks: Runbook[]; problems: RunbookProblem[] } {
  const runbooks: Runbook[] = [];
  const problems: RunbookProblem[] = [];
  for (const pair of pairFiles(files.keys())) {
    const main = pair.files.en ?? pair.files['zh-cn'] ?? pair.base;
    const { yaml } = splitFrontMatter(files.get(main) ?? '');
    const parsed = yaml === undefined ? undefined : parseFrontMatter(yaml);
    if (!parsed?.ok) {
      const message = parsed ? `front matter does not parse: ${parsed.reason}` : 'no front matter';
      problems.push({ file: main, line: parsed?.line ?? 1, message, severity: 'error' });
      continue;
    }
    const front = parsed.value;
    const id = typeof front.id === 'string' ? front.id : pair.base.replace(/^.*\//, '').slice(0, -'.md'.length);
    const body: Partial<Record<Language, RunbookText>> = {};
    const en = textOf(files, pair.files.en);
    const zh = textOf(files, pair.files['zh-cn']);
    if (en) body.en = en;
    if (zh) body['zh-cn'] = zh;
    runbooks.push({
      id,
      title: titleOf(front.title, body, id),
      technologies: strings(front.technologies),
      affects: affectsOf(front.affects),
      severity: severityOf(front.severity),
      signals: signalsOf(front.signals),
      rules: strings(front.rules),
      probes: strings(front.probes),
      rbac: rbacOf(front.rbac),
      reviewed: typeof front.reviewed === 'string' ? front.reviewed : '',
      sources: strings(front.sources),
      body,
    });
  }
  runbooks.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { runbooks, problems };
}

/** The text of a runbook in a language, or in the other one where it was never translated. */
export function textIn(runbook: Runbook, language: Language): RunbookText | undefined {
  return runbook.body[language] ?? runbook.body.en ?? runbook.body['zh-cn'];
}
