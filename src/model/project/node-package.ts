import { type JsonMember, type JsonNode, jsonAt, jsonMembers, jsonText, parseJson } from '../../text/json.ts';
import type { SourceFile } from '../../text/source.ts';
import {
  anchor,
  type BuildFile,
  type Dependency,
  type DependencyScope,
  dependency,
  knownVersion,
  unknownVersionValue,
} from './dependency.ts';

const SECTIONS: readonly { readonly section: string; readonly scope: DependencyScope }[] = [
  { section: 'dependencies', scope: 'compile' },
  { section: 'optionalDependencies', scope: 'compile' },
  { section: 'peerDependencies', scope: 'provided' },
  { section: 'devDependencies', scope: 'dev' },
];

function broken(file: SourceFile, problem: { readonly message: string; readonly offset: number }): BuildFile {
  return { file, ecosystem: 'npm', dependencies: [], complete: false, problems: [problem] };
}

/** package.json: the version conditions as written. Git, file, URL and workspace references are unknown. */
export function readPackageJson(file: SourceFile): BuildFile {
  const result = parseJson(file.text);
  if (!result.ok) return broken(file, result.problem);
  const dependencies = SECTIONS.flatMap(({ section, scope }) =>
    jsonMembers(jsonAt(result.root, section)).flatMap((member): Dependency[] => {
      const text = jsonText(member.value);
      if (text === undefined) return [];
      const at = anchor(file, member.value.at);
      const alias = /^npm:((?:@[^/]+\/)?[^@]+)@(.+)$/u.exec(text);
      const condition = alias?.[2] ?? text;
      const isCondition = /^[\s\d.<>=^~|xX*v+a-zA-Z-]*\d[^:/]*$/u.test(condition);
      const version = isCondition
        ? knownVersion(condition, anchor(file, { start: at.end - condition.length, end: at.end }))
        : unknownVersionValue(text, at, text);
      return [
        dependency({
          ecosystem: 'npm',
          name: alias?.[1] ?? member.key,
          nameAt: anchor(file, member.keyAt),
          version,
          scope,
          source: isCondition ? 'direct' : 'none',
        }),
      ];
    }),
  );
  return { file, ecosystem: 'npm', dependencies, complete: false, problems: [] };
}

/** package-lock.json and npm-shrinkwrap.json, lockfile versions 1 to 3. Of a package that stands there several times, the outermost comes first. */
export function readPackageLock(file: SourceFile): BuildFile {
  const result = parseJson(file.text);
  if (!result.ok) return broken(file, result.problem);
  const packages = jsonAt(result.root, 'packages');
  const found = packages
    ? jsonMembers(packages).flatMap((member) => lockedPackage(file, member))
    : lockedTree(file, jsonAt(result.root, 'dependencies'), 0);
  const dependencies = found.sort((a, b) => a.depth - b.depth).map((one) => one.dependency);
  return { file, ecosystem: 'npm', dependencies, complete: true, problems: [] };
}

interface Locked {
  readonly dependency: Dependency;
  readonly depth: number;
}

function locked(file: SourceFile, name: string, member: JsonMember, depth: number): Locked[] {
  const node = jsonAt(member.value, 'version');
  const text = jsonText(node);
  if (!node || text === undefined) return [];
  const dev = jsonAt(member.value, 'dev');
  const scope: DependencyScope = dev?.kind === 'literal' && dev.text === 'true' ? 'dev' : 'compile';
  return [
    {
      depth,
      dependency: dependency({
        ecosystem: 'npm',
        name,
        nameAt: anchor(file, member.keyAt),
        version: knownVersion(text, anchor(file, node.at)),
        scope,
        source: 'lock',
      }),
    },
  ];
}

function lockedPackage(file: SourceFile, member: JsonMember): Locked[] {
  const segments = member.key.split('node_modules/');
  const name = jsonText(jsonAt(member.value, 'name')) ?? segments.at(-1);
  return segments.length < 2 || name === undefined ? [] : locked(file, name, member, segments.length);
}

function lockedTree(file: SourceFile, node: JsonNode | undefined, depth: number): Locked[] {
  return jsonMembers(node).flatMap((member) => [
    ...locked(file, member.key, member, depth),
    ...lockedTree(file, jsonAt(member.value, 'dependencies'), depth + 1),
  ]);
}
