import { type CodeFacts, type CodeParser, readCode } from '../code/index.ts';
import { composeBuild } from '../model/containers/compose.ts';
import type { Component } from '../model/component.ts';
import type { Container } from '../model/container.ts';
import { type ComponentFolder, componentOf, findComponents } from '../model/project/components.ts';
import { type ProjectDependencies, resolveDependencies } from '../model/project/resolve.ts';
import { parseImage } from '../model/version.ts';
import type { ComponentUse, Unit } from '../model/unit.ts';
import { oncePer } from '../text/once.ts';
import { sameItems } from '../text/same-items.ts';
import { positionAt, type SourceFile } from '../text/source.ts';
import { itemsAt, textAt } from '../text/yaml.ts';
import type { FilesByPath, Notice, ParsedFile } from './parsed-file.ts';
import { inOtherEnvironment, joinPath, parentFolder } from './plan-units.ts';

const NO_CODE: CodeFacts = {
  channels: [],
  servers: [],
  envReads: [],
  httpEnvs: [],
  goRegistrations: [],
  nodeOptions: [],
  customResolver: false,
  customBalancer: false,
  sqlPools: [],
  notices: [],
};

class ComponentModel implements Component {
  readonly folder: string;
  readonly names: readonly string[];
  readonly languages: ComponentFolder['languages'];
  readonly buildFiles: readonly SourceFile[];
  readonly dockerfiles: readonly SourceFile[];
  readonly sources: readonly SourceFile[];
  private readonly parser: CodeParser | undefined;
  private readCode: CodeFacts | undefined;
  private readDependencies: ProjectDependencies | undefined;

  constructor(from: ComponentFolder, sources: readonly SourceFile[], parser: CodeParser | undefined) {
    this.folder = from.folder;
    this.names = from.names;
    this.languages = from.languages;
    this.buildFiles = from.buildFiles;
    this.dockerfiles = from.dockerfiles;
    this.sources = sources;
    this.parser = parser;
  }

  /** What could not be parsed of the files that were asked for so far. */
  notices(): Notice[] {
    const code = (this.readCode?.notices ?? []).flatMap(({ path, kind, detail }): Notice[] => {
      if (kind === 'oversize') return [{ kind, file: path, message: detail }];
      return kind === 'syntax' || kind === 'unparsable' ? [{ kind: 'unparsable', file: path, message: detail }] : [];
    });
    const build = (this.readDependencies?.problems ?? []).map(({ path, offset, message }): Notice => {
      const file = this.buildFiles.find((one) => one.path === path);
      const line = file ? positionAt(file, offset).line + 1 : 1;
      return { kind: 'unparsable', file: path, message: `line ${line}: ${message}` };
    });
    return [...code, ...build];
  }

  get code(): CodeFacts {
    this.readCode ??= this.parser && this.sources.length > 0 ? readCode(this.sources, this.parser) : NO_CODE;
    return this.readCode;
  }

  get dependencies(): ProjectDependencies {
    this.readDependencies ??= resolveDependencies(this.buildFiles);
    return this.readDependencies;
  }
}

/**
 * The components of the repository. A component whose files are the same objects as before is the same object as before, and so is
 * the list.
 */
export function buildComponents(files: FilesByPath, parser: CodeParser | undefined, before: readonly Component[]): readonly Component[] {
  const folders = findComponents(files.keys(), (path) => files.get(path)?.file);
  const sources = new Map<string, SourceFile[]>();
  for (const parsed of files.values()) {
    if (parsed.format !== 'code') continue;
    const folder = componentOf(folders, parsed.file.path)?.folder ?? parentFolder(parsed.file.path);
    const list = sources.get(folder);
    if (list) list.push(parsed.file);
    else sources.set(folder, [parsed.file]);
  }
  // Code without any build file is a component of its own folder.
  for (const folder of sources.keys()) {
    if (folders.some((known) => known.folder === folder)) continue;
    const name = folder.slice(folder.lastIndexOf('/') + 1).toLowerCase();
    folders.push({ folder, names: name === '.' ? [] : [name], buildFiles: [], dockerfiles: [], languages: [] });
  }
  const known = new Map(before.map((component) => [component.folder, component]));
  const built = folders.map((folder): Component => {
    const own = (sources.get(folder.folder) ?? []).sort((a, b) => (a.path < b.path ? -1 : 1));
    const old = known.get(folder.folder);
    const same =
      old &&
      sameItems(old.sources, own) &&
      sameItems(old.buildFiles, folder.buildFiles) &&
      sameItems(old.dockerfiles, folder.dockerfiles) &&
      old.names.join() === folder.names.join();
    return same ? old : new ComponentModel(folder, own, parser);
  });
  built.sort((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0));
  return sameItems(built, before) ? before : built;
}

/** Build files and code that could not be parsed, as far as a rule asked for them. Each file once: two components may share one. */
export function componentNotices(components: readonly Component[]): Notice[] {
  const byFile = new Map<string, Notice>();
  for (const component of components) {
    if (component instanceof ComponentModel) for (const notice of component.notices()) byFile.set(notice.file, notice);
  }
  return [...byFile.values()];
}

/**
 * Which component took another's place, where all that a join looks at (names, own variables, paths) is as it was: then every unit has the
 * joins that it had. `undefined` when it isn't.
 */
export function replacedComponents(
  before: readonly Component[],
  after: readonly Component[],
): ReadonlyMap<Component, Component> | undefined {
  if (before.length !== after.length) return undefined;
  const replaced = new Map<Component, Component>();
  for (const [at, old] of before.entries()) {
    const fresh = after[at];
    if (fresh === old) continue;
    if (!fresh || joinFace(fresh) !== joinFace(old)) return undefined;
    replaced.set(old, fresh);
  }
  return replaced;
}

const joinFace = oncePer((component: Component): string => {
  const files = [component.sources, component.buildFiles, component.dockerfiles].map((list) => list.map((file) => file.path).join());
  return [component.folder, component.names.join(), [...ownVariables(component)].sort().join(), ...files].join('\n');
});

/** The artifacts of the files named skaffold*.yaml: image → build context folder. */
export function skaffoldArtifacts(files: Iterable<ParsedFile>): ReadonlyMap<string, string> {
  const artifacts = new Map<string, string>();
  for (const parsed of files) {
    if (parsed.format !== 'yaml' || !/skaffold/.test(parsed.file.path)) continue;
    for (const { root } of parsed.documents) {
      if (!textAt(root, 'apiVersion')?.startsWith('skaffold/')) continue;
      for (const artifact of itemsAt(root, 'build', 'artifacts')) {
        const image = textAt(artifact, 'image');
        const context = joinPath(parentFolder(parsed.file.path), textAt(artifact, 'context') ?? '.');
        if (image !== undefined && context !== undefined) artifacts.set(image, context);
      }
    }
  }
  return artifacts;
}

/** Variables that any program may read: they say nothing of which program it is. */
const COMMON_VARIABLE =
  /^(?:PORT|HOST|HOSTNAME|HOME|PATH|PWD|USER|TZ|LANG|ENV|ENVIRONMENT|DEBUG|LOG_?LEVEL|NODE_ENV|POD_\w+|NAMESPACE|AWS_\w+|OTEL_\w+|GRPC_\w+|K_\w+)$/;

/** Where to find a component by what a unit says of it. */
interface ComponentIndex {
  readonly byFolder: ReadonlyMap<string, Component>;
  readonly byName: ReadonlyMap<string, readonly Component[]>;
  /** A Dockerfile belongs to one component; a build file may hold for several. */
  readonly byDockerfile: ReadonlyMap<SourceFile, Component>;
  readonly byFile: ReadonlyMap<SourceFile, readonly Component[]>;
  readonly withSources: readonly Component[];
}

const indexOf = oncePer((components: readonly Component[]): ComponentIndex => {
  const byName = new Map<string, Component[]>();
  const byFile = new Map<SourceFile, Component[]>();
  const push = <Key>(map: Map<Key, Component[]>, key: Key, component: Component): void => {
    const list = map.get(key);
    if (!list) map.set(key, [component]);
    else if (list.at(-1) !== component) list.push(component);
  };
  for (const component of components) {
    for (const name of component.names) push(byName, name, component);
    for (const file of [...component.sources, ...component.buildFiles]) push(byFile, file, component);
  }
  return {
    byFolder: new Map(components.map((component) => [component.folder, component])),
    byName,
    byDockerfile: new Map(components.flatMap((component) => component.dockerfiles.map((file) => [file, component] as const))),
    byFile,
    withSources: components.filter((component) => component.sources.length > 0),
  };
});

/**
 * Which components run in a unit, and in which of its containers (decisions: strong by build file, image or workload name, or an
 * environment variable that one workload sets; weak when several qualify).
 */
export function joinComponents(
  unit: Unit,
  components: readonly Component[],
  artifacts: ReadonlyMap<string, string>,
): readonly ComponentUse[] {
  if (components.length === 0) return [];
  const index = indexOf(components);
  const here = (component: Component | undefined): component is Component =>
    component !== undefined && !inOtherEnvironment(component.folder, unit.folder);
  const uses = new Map<Component, Record<'strong' | 'weak', Container[]>>();
  const add = (component: Component, container: Container, join: 'strong' | 'weak'): void => {
    const use = uses.get(component) ?? { strong: [], weak: [] };
    use[join].push(container);
    uses.set(component, use);
  };
  const open: Container[] = [];
  for (const container of unit.containers) {
    if (container.surface === 'dockerfile') {
      const owner = index.byDockerfile.get(container.at.file);
      if (here(owner)) add(owner, container, 'strong');
      continue;
    }
    if (container.surface !== 'kubernetes' && container.surface !== 'compose' && container.surface !== 'helm-values') continue;
    const folder = builtFrom(unit, container, artifacts);
    const byFolder = folder === undefined ? undefined : index.byFolder.get(folder);
    if (here(byFolder)) {
      add(byFolder, container, 'strong');
      continue;
    }
    const called = ([image, others]: CallNames): Component[] => {
      const find = (names: readonly string[]): Component[] =>
        [...new Set(names.flatMap((name) => index.byName.get(name) ?? []))].filter(here);
      const byImage = find(image);
      return byImage.length > 0 ? byImage : find(others);
    };
    const named = called(callNames(container));
    if (named.length === 0 && setsOwnVariables(container)) open.push(container);
    for (const component of named) add(component, container, named.length === 1 ? 'strong' : 'weak');
  }
  if (open.length > 0) {
    for (const component of index.withSources) {
      const use = uses.get(component);
      // Its own Dockerfile says what the image is, not where it runs.
      const runs = use && [...use.strong, ...use.weak].some(({ surface }) => surface !== 'dockerfile');
      if (!runs && here(component)) joinByVariables(component, open, add);
    }
  }
  for (const { file } of unit.files) {
    for (const component of index.byFile.get(file) ?? []) {
      if (!uses.has(component) && here(component)) uses.set(component, { strong: [], weak: [] });
    }
  }
  return [...uses]
    .flatMap(([component, { strong, weak }]): ComponentUse[] => {
      if (strong.length + weak.length === 0) return [{ component, containers: [], join: 'place' }];
      const joins = [
        { component, containers: strong, join: 'strong' },
        { component, containers: weak, join: 'weak' },
      ] as const;
      return joins.filter(({ containers }) => containers.length > 0);
    })
    .sort((a, b) => (a.component.folder < b.component.folder ? -1 : a.component.folder > b.component.folder ? 1 : 0));
}

/** The folder that a container's image is built from, as Skaffold or the compose file says. */
function builtFrom(unit: Unit, container: Container, artifacts: ReadonlyMap<string, string>): string | undefined {
  if (container.surface === 'compose' && container.node) {
    const build = composeBuild(container.node);
    return build && joinPath(unit.folder, build.context);
  }
  if (!container.image?.known) return undefined;
  if (artifacts.size === 0) return undefined;
  const image = parseImage(container.image.value);
  return image && (artifacts.get(image.path) ?? artifacts.get(image.registry ? `${image.registry}/${image.path}` : image.name));
}

type CallNames = readonly [image: readonly string[], others: readonly string[]];

/** What a component may be called by the container that runs it: its image goes before its workload, which may run several programs. */
const callNames = oncePer((container: Container): CallNames => {
  const image = container.image?.known ? parseImage(container.image.value)?.name : undefined;
  const workload = container.workload?.name;
  const service = container.surface === 'compose' ? container.name : undefined;
  const known = (...names: readonly (string | undefined)[]): string[] => names.flatMap((name) => (name ? [name.toLowerCase()] : []));
  return [known(image), known(workload, service)];
});

/** Without such a variable a container is joined by none, and no code need be read for it. */
const setsOwnVariables = oncePer((container: Container): boolean =>
  [...container.env.variables.keys()].some((name) => !COMMON_VARIABLE.test(name)),
);

/** The environment variables that only this program would read. */
const ownVariables = oncePer(
  (component: Component): ReadonlySet<string> =>
    new Set(component.code.envReads.map((read) => read.name).filter((name) => !COMMON_VARIABLE.test(name))),
);

function joinByVariables(
  component: Component,
  containers: readonly Container[],
  add: (component: Component, container: Container, join: 'strong' | 'weak') => void,
): void {
  const names = ownVariables(component);
  if (names.size === 0) return;
  const setters = containers.filter((container) => [...container.env.variables.keys()].some((name) => names.has(name)));
  const alike = new Set(
    setters.map((container) =>
      [...names]
        .map((name) => {
          const value = container.env.variables.get(name)?.value;
          return value?.known ? value.value : '';
        })
        .join('\u0000'),
    ),
  );
  for (const container of setters) add(component, container, alike.size === 1 ? 'strong' : 'weak');
}
