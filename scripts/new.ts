/**
 * A new rule in one command: its file, its page with a case that fails until the rule is written, its line in the registry, its
 * id in the runbook, and everything that is generated.
 *
 *   npm run new -- rule kong/foo --runbook kong/bar
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const USAGE = 'usage: npm run new -- rule TECHNOLOGY/NAME --runbook TECHNOLOGY/INCIDENT\n';
const ID = /^[a-z][a-z0-9]*\/[a-z0-9]+(?:-[a-z0-9]+)*$/;
const REGISTRY = 'src/linters/registry.ts';

class CannotCreate extends Error {}

interface Names {
  readonly id: string;
  readonly runbook: string;
  readonly technology: string;
  /** The exported constant. */
  readonly constant: string;
  readonly ruleFile: string;
  readonly pageFile: string;
  readonly runbookFile: string;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
const camelCase = (words: string): string => words.replace(/[-/]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function namesOf(id: string, runbook: string): Names {
  for (const name of [id, runbook])
    if (!ID.test(name)) throw new CannotCreate(`"${name}" is not technology/name in lower case with hyphens`);
  const [technology = '', name = ''] = id.split('/');
  const taken = new RegExp(`\\b${camelCase(name)}\\b`).test(read(REGISTRY)) || /^\d/.test(name);
  const names: Names = {
    id,
    runbook,
    technology,
    constant: taken ? camelCase(id) : camelCase(name),
    ruleFile: `src/linters/${technology}/rules/${name}.ts`,
    pageFile: `docs/rules/${id}.md`,
    runbookFile: `runbooks/${runbook}.md`,
  };
  for (const path of [names.ruleFile, names.pageFile]) if (existsSync(join(root, path))) throw new CannotCreate(`${path} is there already`);
  if (!existsSync(join(root, names.runbookFile))) {
    throw new CannotCreate(
      `${names.runbookFile} is not there: an incident is told before a rule looks for it (runbooks/README.md has the format)`,
    );
  }
  return names;
}

function ruleText({ id, runbook, constant }: Names): string {
  return `import type { Rule } from '../../rule.ts';

/**
 * WHY: what the product does with this setting, and from which version on (owner/repository:path@tag).
 */
export const ${constant}: Rule = {
  id: '${id}',
  title: { en: 'What is wrong, in a few words', zh: '一句话说明问题' },
  runbook: '${runbook}',
  severity: 'warning',
  default: 'on',
  affects: 'all versions',
  fixable: 'no',
  sources: ['owner/repository:path@tag'],
  messages: {
    found: {
      en: 'What {value} does here, what it did to somebody (the number), what to write instead.',
      zh: '{value} 在这里会怎样、曾造成什么后果（数字）、应该改成什么。',
    },
  },
  check({ unit }) {
    for (const container of unit.containers) {
      const setting = container.env.variables.get('EXAMPLE_SETTING');
      // Silent about what files can't tell: a template, a Secret, a reference to a field.
      if (!setting?.value.known || !setting.value.at) continue;
      // Take \`report\` from the context beside \`unit\`, and report the value where it is wrong:
      // report({ messageId: 'found', data: { value: setting.value.value }, at: setting.value.at });
    }
  },
};
`;
}

function pageText({ id }: Names): string {
  return `# ${id}

<!-- rule:begin -->
<!-- rule:end -->

## What it finds

Which setting, on which surfaces.

## Why it matters

What it did to somebody, with the number.

## Versions

Since when, until when, and what happens when the version isn't known.

## What to do

What to write instead.

## When it stays silent

What the rule can't know, and what is right.

## Findings

### A Deployment

\`\`\`yaml file=deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  template:
    spec:
      containers:
        - name: api
          image: example/api:1
          env:
            - name: EXAMPLE_SETTING
              value: wrong
                     ^^^^^ warning found
\`\`\`

## Silent

### The value is not in the files

\`\`\`yaml file=deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  template:
    spec:
      containers:
        - name: api
          image: example/api:1
          env:
            - name: EXAMPLE_SETTING
              valueFrom: { secretKeyRef: { name: api, key: setting } }
\`\`\`
`;
}

/** The registry with one more import and one more entry, both by id. Its other lines stay as they are. */
function registered(text: string, { id, technology, constant, ruleFile }: Names): string {
  const lines = text.split('\n');
  const imports = [...text.matchAll(/^import \{ (\w+) \} from '\.\/(\w+)\/rules\/([\w-]+)\.ts';$/gm)].map(
    ([line, name = '', room = '', rule = '']) => ({ line, name, id: `${room}/${rule}` }),
  );
  const idOf = new Map(imports.map((one) => [one.name, one.id]));
  const start = lines.findIndex((line) => line.startsWith('export const RULES'));
  const end = lines.findIndex((line, at) => at > start && line === '];');
  if (start < 0 || end < 0) throw new CannotCreate(`${REGISTRY} has no list RULES, one rule a line, that ends with "];"`);
  const entryId = (line: string): string | undefined => idOf.get(/^\s*(\w+),/.exec(line)?.[1] ?? '');
  const next = lines.findIndex((line, at) => at > start && at < end && (entryId(line) ?? '') > id);
  lines.splice(next < 0 ? end : next, 0, `  ${constant},`);
  const after = imports.findLast((one) => one.id < id) ?? imports.at(-1);
  const at = after ? lines.indexOf(after.line) + 1 : lines.findLastIndex((line) => line.startsWith('import ')) + 1;
  lines.splice(at, 0, `import { ${constant} } from './${technology}/rules/${ruleFile.replace(/^.*\//, '')}';`);
  return lines.join('\n');
}

/** The runbook with the rule in its front matter, in either of YAML's two ways to write a list. */
function withRule(text: string, { id, runbookFile }: Names): string {
  const end = text.indexOf('\n---', 3);
  const front = end < 0 ? '' : text.slice(0, end + 1);
  const inline = /^rules: *\[(.*)\] *$/m.exec(front);
  if (inline) {
    const ids = (inline[1] ?? '').trim();
    return text.replace(inline[0], () => `rules: [${ids === '' ? id : `${ids}, ${id}`}]`);
  }
  const block = /^rules: *\n(?: *- .*\n)+/m.exec(front);
  if (!block) throw new CannotCreate(`${runbookFile} has no list "rules:" in its front matter`);
  const indent = /\n( *)- [^\n]*\n$/.exec(block[0])?.[1] ?? '  ';
  return text.replace(block[0], () => `${block[0]}${indent}- ${id}\n`);
}

function create(names: Names): void {
  // All texts first: nothing is written when one of them can't be made.
  const files: readonly (readonly [string, string])[] = [
    [names.ruleFile, ruleText(names)],
    [names.pageFile, pageText(names)],
    [REGISTRY, registered(read(REGISTRY), names)],
    [names.runbookFile, withRule(read(names.runbookFile), names)],
  ];
  for (const [path, text] of files) write(path, text);
  const generate = spawnSync(process.execPath, [join(root, 'scripts', 'generate.ts')], { cwd: root, encoding: 'utf8' });
  if (generate.status !== 0) throw new CannotCreate(`the files are written, but scripts/generate.ts failed:\n${generate.stderr}`);
  process.stdout.write(`${generate.stdout}Rule ${names.id}: its page fails now, and says what is left.

  1. ${names.pageFile}: the cases. What must be found, where exactly (^^^), and what must not.
  2. ${names.ruleFile}: the fact with its source, the messages in both languages, the check.
  3. ${names.runbookFile} and its .zh-cn.md: a line under "In your files" that names ${names.id}.
  4. npm run generate

Run its page:  node --test --test-name-pattern='${names.id}' test/rule-pages/rule-pages.test.ts
`);
}

function main(): number {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { runbook: { type: 'string' } } });
    const [what, id, ...more] = positionals;
    if (what !== 'rule' || id === undefined || more.length > 0 || values.runbook === undefined) {
      process.stderr.write(USAGE);
      return 2;
    }
    create(namesOf(id, values.runbook));
    return 0;
  } catch (error) {
    const usage = error instanceof TypeError && 'code' in error;
    if (!usage && !(error instanceof CannotCreate)) throw error;
    process.stderr.write(`new: ${error.message}\n${usage ? USAGE : ''}`);
    return usage ? 2 : 1;
  }
}

process.exitCode = main();
