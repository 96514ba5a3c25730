import { linesOf } from '../../text/key-value.ts';
import { jsonMembers, jsonAt, jsonText, parseJson } from '../../text/json.ts';
import type { SourceFile, Span } from '../../text/source.ts';
import { parseToml, type TomlNode, tomlAt, tomlEntries, tomlItems, tomlString } from '../../text/toml.ts';
import {
  anchor,
  type BuildFile,
  type Dependency,
  type DependencyScope,
  dependency,
  knownVersion,
  unknownVersionValue,
} from './dependency.ts';

/** PEP 503: lower case, runs of `-`, `_`, `.` are one `-`. */
export function normalisePythonName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, '-');
}

function buildFile(file: SourceFile, dependencies: readonly Dependency[], complete: boolean): BuildFile {
  return { file, ecosystem: 'pypi', dependencies, complete, problems: [] };
}

function broken(file: SourceFile, problem: { readonly message: string; readonly offset: number }): BuildFile {
  return { file, ecosystem: 'pypi', dependencies: [], complete: false, problems: [problem] };
}

/** PEP 508: `name[extra] (>=1.0,<2) ; marker`, with a place for the name and the version condition. `at` is where the text starts. */
function requirement(file: SourceFile, text: string, at: number, scope: DependencyScope, editable: boolean): Dependency | undefined {
  const match = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/su.exec(text);
  const name = match?.[1];
  if (name === undefined) return undefined;
  const nameAt = anchor(file, { start: at, end: at + name.length });
  const rest = match?.[2] ?? '';
  const condition = /^\(?\s*((?:[<>=!~]=?=?\s*[^\s,;()<>=!~]+\s*,?\s*)+)/u.exec(rest);
  if (!condition) {
    // A URL, a path, a bare name, or something new.
    const what = rest.startsWith('@') ? 'a URL' : 'no version';
    return dependency({
      ecosystem: 'pypi',
      name: normalisePythonName(name),
      nameAt,
      version: unknownVersionValue(what),
      scope,
      source: 'none',
    });
  }
  const specifier = (condition[1] ?? '').replace(/[\s,]+$/u, '');
  const start = at + text.length - rest.length + condition[0].indexOf(specifier);
  const pin = /^===?\s*([^\s,*]+)$/u.exec(specifier)?.[1];
  const literal = pin ?? specifier;
  const from = start + specifier.length - literal.length;
  return dependency({
    ecosystem: 'pypi',
    name: normalisePythonName(name),
    nameAt,
    version: knownVersion(literal, anchor(file, { start: from, end: from + literal.length })),
    scope,
    source: 'direct',
    editable: editable && pin !== undefined,
  });
}

/** requirements*.txt (pip's format): conditions, markers, `\` joins; `-r`, `-c`, `-e`, paths and URLs are left out. */
export function readRequirements(file: SourceFile): BuildFile {
  const scope: DependencyScope = /(?:^|[-_./])(?:dev|test|tests|lint|docs?)(?:[-_.]|$)/iu.test(
    file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.txt$|\.in$/u, ''),
  )
    ? 'dev'
    : 'compile';
  const lines = linesOf(file.text);
  const dependencies: Dependency[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (!line) break;
    let whole = file.text.slice(line.start, line.end);
    let joined = whole;
    while (/\\\s*$/u.test(joined) && lines[index + 1]) {
      const next = lines[++index];
      joined = next ? file.text.slice(next.start, next.end) : '';
      whole += ` ${joined}`;
    }
    const first = file.text
      .slice(line.start, line.end)
      .replace(/(?:^|\s)#.*$/u, '')
      .replace(/\\\s*$/u, '');
    const indent = first.length - first.trimStart().length;
    const text = first.trim();
    if (text === '' || text.startsWith('-') || /^[./]|:\/\//u.test(text.split(/[\s@;]/u)[0] ?? '')) continue;
    const found = requirement(file, text, line.start + indent, scope, !/\s--hash[=\s]/u.test(whole));
    if (found) dependencies.push(found);
  }
  return buildFile(file, dependencies, false);
}

/** poetry.lock and uv.lock: `[[package]]` with name and version. */
export function readPythonLock(file: SourceFile): BuildFile {
  const result = parseToml(file.text);
  if (!result.ok) return broken(file, result.problem);
  const dependencies = tomlItems(tomlAt(result.root, 'package')).flatMap((entry): Dependency[] => {
    const name = tomlString(tomlAt(entry, 'name'));
    const version = tomlString(tomlAt(entry, 'version'));
    const local = tomlAt(entry, 'source', 'editable') ?? tomlAt(entry, 'source', 'virtual');
    if (!name || !version || local) return [];
    const groups = tomlItems(tomlAt(entry, 'groups')).map((group) => tomlString(group)?.text);
    const dev = tomlString(tomlAt(entry, 'category'))?.text === 'dev' || (groups.length > 0 && !groups.includes('main'));
    return [
      dependency({
        ecosystem: 'pypi',
        name: normalisePythonName(name.text),
        nameAt: anchor(file, name.at),
        version: knownVersion(version.text, anchor(file, version.at)),
        scope: dev ? 'dev' : 'compile',
        source: 'lock',
      }),
    ];
  });
  return buildFile(file, dependencies, true);
}

export function readPipfileLock(file: SourceFile): BuildFile {
  const result = parseJson(file.text);
  if (!result.ok) return broken(file, result.problem);
  const dependencies = (['default', 'develop'] as const).flatMap((section) =>
    jsonMembers(jsonAt(result.root, section)).flatMap((member): Dependency[] => {
      const node = jsonAt(member.value, 'version');
      const text = jsonText(node);
      if (!node || text === undefined) return [];
      const literal = text.replace(/^===?/u, '');
      const at = { start: node.at.end - literal.length, end: node.at.end };
      return [
        dependency({
          ecosystem: 'pypi',
          name: normalisePythonName(member.key),
          nameAt: anchor(file, member.keyAt),
          version: knownVersion(literal, anchor(file, at)),
          scope: section === 'default' ? 'compile' : 'dev',
          source: 'lock',
        }),
      ];
    }),
  );
  return buildFile(file, dependencies, true);
}

/** pyproject.toml: `[project]` (PEP 621), `[dependency-groups]` (PEP 735) and Poetry's tables. */
export function readPyproject(file: SourceFile): BuildFile {
  const result = parseToml(file.text);
  if (!result.ok) return broken(file, result.problem);
  const { root } = result;
  const listed = (node: TomlNode | undefined, scope: DependencyScope) =>
    tomlItems(node).flatMap((item) => {
      const text = tomlString(item);
      const found = text && requirement(file, text.text, text.at.start, scope, text.at.end - text.at.start === text.text.length);
      return found ? [found] : [];
    });
  const groups = (node: TomlNode | undefined, scope: DependencyScope) => tomlEntries(node).flatMap(({ value }) => listed(value, scope));
  const dependencies = [
    ...listed(tomlAt(root, 'project', 'dependencies'), 'compile'),
    ...groups(tomlAt(root, 'project', 'optional-dependencies'), 'compile'),
    ...groups(tomlAt(root, 'dependency-groups'), 'dev'),
    ...poetryTable(file, tomlAt(root, 'tool', 'poetry', 'dependencies'), 'compile'),
    ...poetryTable(file, tomlAt(root, 'tool', 'poetry', 'dev-dependencies'), 'dev'),
    ...tomlEntries(tomlAt(root, 'tool', 'poetry', 'group')).flatMap(({ key, value }) =>
      poetryTable(file, tomlAt(value, 'dependencies'), key === 'main' ? 'compile' : 'dev'),
    ),
  ];
  return buildFile(file, dependencies, false);
}

function poetryTable(file: SourceFile, node: TomlNode | undefined, scope: DependencyScope): Dependency[] {
  return tomlEntries(node).flatMap(({ key, keyAt, value }): Dependency[] => {
    if (key === 'python') return [];
    const version = tomlString(value) ?? tomlString(tomlAt(value, 'version'));
    const fields = { ecosystem: 'pypi', name: normalisePythonName(key), nameAt: anchor(file, keyAt), scope } as const;
    if (!version || version.text === '*') return [dependency({ ...fields, version: unknownVersionValue('no version'), source: 'none' })];
    const pin = /^={2,3}\s*(\d\S*)$/u.exec(version.text)?.[1];
    const span: Span = pin === undefined ? version.at : { start: version.at.end - pin.length, end: version.at.end };
    return [dependency({ ...fields, version: knownVersion(pin ?? version.text, anchor(file, span)), source: 'direct' })];
  });
}
