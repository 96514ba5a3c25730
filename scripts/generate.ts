/**
 * Writes what follows from the rules and probes: the block at the top of each rule page, the index of the pages, the tables in both READMEs,
 * what the probes read and the role for it in docs/diagnose.md, data/rules.json and the schema of `.runbook-lens.yaml`.
 *
 *   npm run generate                  write
 *   npm run generate -- --check       write nothing; say what is stale, exit status 1 if anything is
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { configurationSchemaText } from '../src/configuration/schema.ts';
import { robotRole } from '../src/diagnosis/role.ts';
import { PROBES } from '../src/linters/probes.ts';
import { RULES } from '../src/linters/registry.ts';
import { compareSeverity, type Rule } from '../src/linters/rule.ts';
import { parseFrontMatter, splitFrontMatter } from '../src/runbooks/load.ts';
import { ALL_RULES } from '../src/service/engine-setup.ts';

type Language = 'en' | 'zh';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const byId = (a: Rule, b: Rule): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const rules = [...RULES].sort(byId);

const TECHNOLOGIES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  aws: { en: 'AWS SDKs', zh: 'AWS SDK' },
  dns: { en: 'DNS', zh: 'DNS' },
  grpc: { en: 'gRPC', zh: 'gRPC' },
  istio: { en: 'Istio', zh: 'Istio' },
  kiam: { en: 'Kiam', zh: 'Kiam' },
  kong: { en: 'Kong', zh: 'Kong' },
  runtime: { en: 'Runtimes', zh: '语言运行时' },
};

const FIXABLE: Readonly<Record<Rule['fixable'], string>> = {
  safe: 'fix: safe (`--fix`, on save)',
  review: 'fix: to review (`--unsafe-fixes`, lightbulb)',
  no: 'no fix',
};

function read(path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Markdown tables take no bare `|`. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

const runbookFile = (rule: Rule): string => rule.runbook.replace(/#.*/, '');

function runbookTitle(id: string): string {
  const { yaml } = splitFrontMatter(read(`runbooks/${id}.md`) ?? '');
  const parsed = parseFrontMatter(yaml ?? '');
  const title = parsed.ok ? parsed.value.title : undefined;
  const english = typeof title === 'object' && title !== null && 'en' in title ? title.en : undefined;
  if (typeof english !== 'string') throw new Error(`runbooks/${id}.md is missing, or its front matter has no English title`);
  return english;
}

/** `owner/repository:path@ref` (without the ref: as it is today) and `owner/repository#number` are on GitHub; all else is an address, or words. */
function sourceLink(source: string): string {
  const file = /^([\w.-]+\/[\w.-]+):([^\s@]+)(?:@(\S+))?$/.exec(source);
  if (file) return `[${source}](https://github.com/${file[1]}/blob/${file[3] ?? 'HEAD'}/${file[2]})`;
  const issue = /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(source);
  if (issue) return `[${source}](https://github.com/${issue[1]}/issues/${issue[2]})`;
  return /^https?:/.test(source) ? `<${source}>` : source;
}

/** Replaces what stands between two marker lines. */
function fillBlock(path: string, text: string, name: string, body: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} lacks the lines <!-- ${name}:begin --> and <!-- ${name}:end -->`);
  return `${text.slice(0, from + begin.length)}${body}${text.slice(to)}`;
}

function pageBlock(rule: Rule): string {
  const runbook = runbookFile(rule);
  const link = `../../../runbooks/${runbook}`;
  const anchor = rule.runbook.slice(runbook.length);
  const lines = [
    `**${rule.title.en}** · ${rule.title.zh}`,
    '',
    `${rule.severity} · ${rule.default === 'on' ? 'on by default' : 'only with `--preview`'} · ${FIXABLE[rule.fixable]} · affects: ${rule.affects}`,
    '',
    `Runbook: [${runbookTitle(runbook)}](${link}.md${anchor}) ([中文](${link}.zh-cn.md))`,
  ];
  const options = Object.entries(rule.options ?? {});
  if (options.length > 0) {
    lines.push('', '| option | default | |', '|---|---|---|');
    for (const [name, option] of options) {
      lines.push(
        `| \`${name}\` (${option.type}) | ${option.default === '' ? '(empty)' : `\`${String(option.default)}\``} | ${cell(option.description.en)} |`,
      );
    }
  }
  lines.push('', `Sources: ${rule.sources.map(sourceLink).join(' · ')}`, '');
  return lines.join('\n');
}

/** The rules of each technology, in order. */
function rooms(): readonly (readonly [string, readonly Rule[]])[] {
  const ids = [...new Set(rules.map((rule) => rule.id.slice(0, rule.id.indexOf('/'))))];
  return ids.map((room) => [room, rules.filter((rule) => rule.id.startsWith(`${room}/`))] as const);
}

const technology = (room: string, language: Language): string => TECHNOLOGIES[room]?.[language] ?? room;

function indexText(): string {
  const lines = [
    '# Rules',
    '',
    `${rules.length} rules, one page each. A page is its rule’s documentation and its test: the cases below *Findings* and *Silent* are run. Written by \`npm run generate\`.`,
  ];
  for (const [room, own] of rooms()) {
    lines.push(
      '',
      `## ${technology(room, 'en')}`,
      '',
      '| rule | severity | default | fix | finds | 说明 | runbook |',
      '|---|---|---|---|---|---|---|',
    );
    for (const rule of own) {
      const runbook = runbookFile(rule);
      const link = `[${runbook}](../../runbooks/${runbook}.md)`;
      const id = `[${rule.id}](${rule.id}.md)`;
      lines.push(
        `| ${id} | ${rule.severity} | ${rule.default} | ${rule.fixable} | ${cell(rule.title.en)} | ${cell(rule.title.zh)} | ${link} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function readmeTable(language: Language): string {
  const head = language === 'en' ? '| | rule | severity | finds |' : '| | 规则 | 级别 | 发现什么 |';
  const lines = [head, '|---|---|---|---|'];
  for (const [room, own] of rooms()) {
    for (const [at, rule] of [...own].sort((a, b) => compareSeverity(a.severity, b.severity) || byId(a, b)).entries()) {
      const severity = rule.default === 'on' ? rule.severity : `${rule.severity} (preview)`;
      const id = `[${rule.id}](docs/rules/${rule.id}.md)`;
      lines.push(`| ${at === 0 ? `**${technology(room, language)}**` : ''} | ${id} | ${severity} | ${cell(rule.title[language])} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function rulesData(): string {
  const entries = [...ALL_RULES].sort(byId).map((rule) => ({
    id: rule.id,
    severity: rule.severity,
    default: rule.default,
    fixable: rule.fixable,
    runbook: rule.runbook,
    affects: rule.affects,
    sources: rule.sources,
    title: { en: rule.title.en, 'zh-cn': rule.title.zh },
  }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}

function schema(): string {
  const catalogue: unknown = JSON.parse(read('data/rules-catalogue.json') ?? '[]');
  const later = Array.isArray(catalogue) ? catalogue.filter((id) => typeof id === 'string') : [];
  return configurationSchemaText(ALL_RULES, PROBES, later);
}

/** What a configuration may say of probes. */
function probesData(): string {
  const entries = [...PROBES].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, options }) => ({ id, ...(options ? { options } : {}) }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}

/** What each verdict rests on: the resources, and which of them only sharpen it. */
function needsTable(): string {
  const lines = ['| incident | needs | sharpened by | thresholds (options) |', '|---|---|---|---|'];
  const names = (needs: readonly { readonly group: string; readonly resource: string }[]): string =>
    needs.map(({ group, resource }) => `\`${group === '' ? resource : `${resource}.${group}`}\``).join(' ');
  for (const { id, needs, options = {} } of [...PROBES].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const thresholds = Object.entries(options).map(([name, option]) => `\`${name}\` ${String(option.default)}: ${option.description.en}`);
    const sharp = needs.filter(({ optional }) => optional);
    const hard = needs.filter(({ optional }) => !optional);
    lines.push(`| [${id}](../runbooks/${id}.md#detect) | ${names(hard)} | ${names(sharp)} | ${thresholds.map(cell).join('; ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** Each verdict's logic as the incident's runbook tells it: what is read, and the table of verdicts. */
function verdictTables(): string {
  return [...PROBES]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id }) => {
      const section = /^### In the cluster\n([\s\S]*?)^(?:By yourself|### )/m.exec(read(`runbooks/${id}.md`) ?? '')?.[1];
      const table = section && /^\| verdict \|.*\n(?:\|.*\n)+/m.exec(section);
      if (!section || !table) throw new Error(`runbooks/${id}.md has no table of verdicts under "In the cluster"`);
      const text = section.slice(0, table.index + table[0].length).trim();
      return `### ${id}\n\n${text}\n`;
    })
    .join('\n');
}

/** Every generated file with the text that it should have. Faults are told and leave the file out. */
function generated(fault: (text: string) => void): Map<string, string> {
  const files = new Map<string, string>();
  const add = (path: string, text: () => string): void => {
    try {
      files.set(path, text());
    } catch (error) {
      fault(error instanceof Error ? error.message : String(error));
    }
  };
  const filled = (path: string, name: string, body: () => string): void =>
    add(path, () => {
      const text = files.get(path) ?? read(path);
      if (text === undefined) throw new Error(`${path} is missing`);
      return fillBlock(path, text, name, body());
    });
  for (const rule of rules) filled(`docs/rules/${rule.id}.md`, 'rule', () => pageBlock(rule));
  add('docs/rules/README.md', indexText);
  filled('README.md', 'rules', () => readmeTable('en'));
  filled('README.zh-cn.md', 'rules', () => readmeTable('zh'));
  filled('docs/diagnose.md', 'needs', needsTable);
  filled('docs/diagnose.md', 'verdicts', verdictTables);
  filled('docs/diagnose.md', 'role', () => `\`\`\`yaml\n${robotRole(PROBES)}\`\`\`\n`);
  add('data/rules.json', rulesData);
  add('data/probes.json', probesData);
  add('schemas/configuration.schema.json', schema);
  return files;
}

/** The first line that differs, with how many lines came and went. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  const gone = old.filter((line) => !now.includes(line)).length;
  const came = now.filter((line) => !old.includes(line)).length;
  const line = at < 0 ? now.length : at;
  return `+${came} -${gone} lines; first at line ${line + 1}:\n    - ${old[line] ?? '(end)'}\n    + ${now[line] ?? '(end)'}`;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
let stale = 0;
let faults = 0;
for (const [path, text] of generated((fault) => {
  faults++;
  process.stderr.write(`generate: ${fault}\n`);
})) {
  const before = read(path);
  if (before === text) continue;
  stale++;
  if (values.check) process.stdout.write(`${path} is stale: ${before === undefined ? 'not there yet' : difference(before, text)}\n`);
  else {
    writeFileSync(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
if (values.check && stale > 0) process.stdout.write(`${stale} stale ${stale === 1 ? 'file' : 'files'}. Run: npm run generate\n`);
process.exitCode = faults > 0 || (values.check && stale > 0) ? 1 : 0;
