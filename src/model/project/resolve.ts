import type { Problem } from '../../text/decoded.ts';
import type { SourceFile } from '../../text/source.ts';
import { compareVersions } from '../version.ts';
import { type BuildFile, bomManages, type Dependency, type Ecosystem, rangeOfVersion, VERSION_SOURCES } from './dependency.ts';
import { blocksOf, type GradlePlatform, gradleVariables, readCatalogue, readGradleScript, withoutComments } from './gradle.ts';
import { type Pom, readPom, resolvePom } from './maven.ts';
import { type BuildFileKind, buildFileKind, readBuildFile } from './read.ts';

/** A dependency with the version that holds in the component. */
export interface ResolvedDependency extends Dependency {
  /** The other places that name it, best first. */
  readonly others: readonly Dependency[];
}

export interface ProjectDependencies {
  /** By {@link dependencyKey}. */
  readonly all: ReadonlyMap<string, ResolvedDependency>;
  /** Ecosystems of which everything that gets into the program is listed: what isn't here isn't there. */
  readonly complete: ReadonlySet<Ecosystem>;
  readonly problems: readonly (Problem & { readonly path: string })[];
}

export function dependencyKey(ecosystem: Ecosystem, name: string): string {
  return `${ecosystem} ${name}`;
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

function depthOf(path: string): number {
  return path.split('/').length;
}

/** Files of a kind, nearest (deepest) first. */
function nearest(files: readonly SourceFile[], ...kinds: readonly BuildFileKind[]): SourceFile[] {
  return files
    .filter((file) => kinds.some((kind) => kind === buildFileKind(file.path)))
    .sort((a, b) => depthOf(b.path) - depthOf(a.path) || (a.path < b.path ? -1 : 1));
}

/**
 * The versions that hold in one component. Order: lock file, direct version, property, managed version, BOM, catalogue; what none of
 * them says is unknown.
 * @param files the build and lock files of the component's folder and of the folders above it that apply
 */
export function resolveDependencies(files: readonly SourceFile[]): ProjectDependencies {
  const read: BuildFile[] = [...maven(files), ...gradle(files)];
  for (const kind of ['gradle-lock', 'python-lock', 'pipfile-lock', 'pyproject', 'go-mod', 'package-json', 'package-lock'] as const) {
    const [own, ...rest] = nearest(files, kind);
    const same = own ? [own, ...rest.filter((file) => folderOf(file.path) === folderOf(own.path))] : [];
    read.push(...same.flatMap((file) => readBuildFile(file) ?? []));
  }
  read.push(...nearest(files, 'requirements').flatMap((file) => readBuildFile(file) ?? []));
  const candidates = new Map<string, Dependency[]>();
  for (const { dependencies } of read) {
    for (const one of dependencies) {
      const key = dependencyKey(one.ecosystem, one.name);
      const there = candidates.get(key);
      if (there) there.push(one);
      else candidates.set(key, [one]);
    }
  }
  const all = new Map<string, ResolvedDependency>();
  for (const [key, found] of candidates) {
    const [best, ...others] = found.sort(byRank);
    if (best) all.set(key, { ...best, scope: widestScope(found), declared: found.some((one) => one.declared), others });
  }
  return {
    all,
    complete: new Set(read.filter((one) => one.complete && one.problems.length === 0).map((one) => one.ecosystem)),
    problems: read.flatMap(({ file, problems }) => problems.map((problem) => ({ ...problem, path: file.path }))),
  };
}

function byRank(a: Dependency, b: Dependency): number {
  return (
    VERSION_SOURCES.indexOf(a.source) - VERSION_SOURCES.indexOf(b.source) || Number(b.scope === 'compile') - Number(a.scope === 'compile')
  );
}

/** A library that one file takes for tests and another for the program is in the program; a lock file alone doesn't widen what the project declares. */
function widestScope(found: readonly Dependency[]): Dependency['scope'] {
  const declared = found.filter((one) => one.declared);
  const said = declared.length > 0 ? declared : found;
  return said.find((one) => one.scope === 'compile')?.scope ?? said[0]?.scope ?? 'compile';
}

function maven(files: readonly SourceFile[]): BuildFile[] {
  const poms: Pom[] = [];
  const broken: BuildFile[] = [];
  for (const file of nearest(files, 'pom')) {
    const result = readPom(file);
    if (result.ok) poms.push(result.pom);
    else broken.push({ file, ecosystem: 'maven', dependencies: [], complete: false, problems: [result.problem] });
  }
  const [own] = poms;
  const nearestBroken = broken.some(({ file }) => !own || depthOf(file.path) > depthOf(own.file.path));
  return own && !nearestBroken ? [resolvePom(own, (pom) => parentAmong(poms, pom)), ...broken] : broken;
}

/** Maven takes the parent at `relativePath` if its coordinates are right, else the one with the right coordinates. */
function parentAmong(poms: readonly Pom[], { parent }: Pom): Pom | undefined {
  return poms.find((one) => one.groupId === parent?.groupId && one.artifactId === parent?.artifactId);
}

function gradle(files: readonly SourceFile[]): BuildFile[] {
  const scripts = nearest(files, 'gradle');
  const [own] = scripts;
  if (!own) return [];
  const variables = gradleVariables([...scripts, ...nearest(files, 'gradle-properties')]);
  const [catalogueFile] = nearest(files, 'gradle-catalogue').filter((file) => file.path.endsWith('libs.versions.toml'));
  const catalogue = catalogueFile && readCatalogue(catalogueFile);
  const read = scripts.map((file) => {
    const within =
      folderOf(file.path) === folderOf(own.path) ? undefined : blocksOf(withoutComments(file.text), ['allprojects', 'subprojects']);
    return { file, script: readGradleScript(file, variables, catalogue, within) };
  });
  const platforms = read.flatMap(({ script }) => script.platforms);
  return [
    ...read.map(
      ({ file, script }): BuildFile => ({
        file,
        ecosystem: 'maven',
        dependencies: script.dependencies.map((one) => managedBy(platforms, one)),
        complete: false,
        problems: [],
      }),
    ),
    ...(catalogue ? [{ ...catalogue, dependencies: [] }] : []),
  ];
}

/** A platform gives a version to what has none, and lifts a lower one (Gradle takes the highest that is asked for). */
function managedBy(platforms: readonly GradlePlatform[], one: Dependency): Dependency {
  if (!one.version.known && one.source !== 'none') return one;
  let best = one;
  for (const platform of platforms) {
    if (bomManages(platform.name, one.name) !== 'yes' || !platform.version.known) continue;
    const range = rangeOfVersion('maven', platform.version);
    const higher = range.from && best.range.from && compareVersions(range.from, best.range.from) > 0;
    if (!best.version.known || higher) best = { ...one, version: platform.version, range, source: 'bom', editable: platform.editable };
  }
  return best;
}

/** Dependencies of an ecosystem whose name begins with a prefix or fits a pattern, test and build ones left out unless wanted. */
export function dependenciesNamed(
  project: ProjectDependencies,
  ecosystem: Ecosystem,
  name: string | RegExp,
  scopes: readonly Dependency['scope'][] = ['compile', 'provided'],
): ResolvedDependency[] {
  return [...project.all.values()].filter(
    (one) =>
      one.ecosystem === ecosystem &&
      scopes.includes(one.scope) &&
      (typeof name === 'string' ? one.name.startsWith(name) : name.test(one.name)),
  );
}
