import { parseJson, jsonAt, jsonText } from '../../text/json.ts';
import { oncePer } from '../../text/once.ts';
import type { SourceFile } from '../../text/source.ts';
import { parseToml, tomlAt, tomlString } from '../../text/toml.ts';
import { isVendoredPath } from '../../text/vendored.ts';
import { goModulePath } from './go-module.ts';
import { readPom } from './maven.ts';
import { type BuildFileKind, buildFileKind } from './read.ts';

export type Language = 'go' | 'java' | 'kotlin' | 'python' | 'typescript' | 'javascript';

/** A folder that is built into one image, before its gated source files are put in. */
export interface ComponentFolder {
  /** `.` for the root. */
  readonly folder: string;
  /** What an image or a workload may call it: the folder's name, the module's, package's or artifact's name, a Dockerfile's own name. Lower case. */
  readonly names: readonly string[];
  /** Its own build and lock files, and those above it that apply (parent poms, the root's Gradle files, the module's go.mod). */
  readonly buildFiles: readonly SourceFile[];
  readonly dockerfiles: readonly SourceFile[];
  readonly languages: readonly Language[];
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  go: 'go',
  java: 'java',
  kt: 'kotlin',
  py: 'python',
  ts: 'typescript',
  tsx: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
};

/** Nothing below these is a component, either. */
const NO_COMPONENT = /(?:^|\/)(?:testdata|\.git|__pycache__|target|dist)\//u;
/** Folders that hold a Dockerfile for what is built above or beside them. */
const PACKAGING = /^(?:\.?docker|dockerfiles?|build|package|packaging|deploy(?:ments?)?|ci|images?|containers?)$/u;
/** Build files that make their folder a project of its own; the others only go with one. */
const ROOTS: readonly BuildFileKind[] = ['pom', 'gradle', 'go-mod', 'package-json', 'pyproject', 'requirements', 'pipfile-lock'];
/** Build files of a folder above that hold for the folders below, if these are built with the same tool. */
const INHERITED: Partial<Readonly<Record<BuildFileKind, 'pom' | 'gradle'>>> = {
  pom: 'pom',
  gradle: 'gradle',
  'gradle-properties': 'gradle',
  'gradle-catalogue': 'gradle',
};

/** The languages whose programs a build file builds. */
const SPOKEN: Readonly<Record<BuildFileKind, readonly Language[]>> = {
  pom: ['java', 'kotlin'],
  gradle: ['java', 'kotlin'],
  'gradle-properties': ['java', 'kotlin'],
  'gradle-catalogue': ['java', 'kotlin'],
  'gradle-lock': ['java', 'kotlin'],
  requirements: ['python'],
  'python-lock': ['python'],
  'pipfile-lock': ['python'],
  pyproject: ['python'],
  'go-mod': ['go'],
  'package-json': ['typescript', 'javascript'],
  'package-lock': ['typescript', 'javascript'],
};

export function isDockerfile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?$/u.test(name)
    ? !/\.(?:md|txt|dockerignore|ya?ml|sh)$/u.test(name)
    : /^[\w.-]+\.(?:[Dd]ockerfile|[Cc]ontainerfile)$/u.test(name);
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder itself and those above it, up to the root (`''`). */
function upwards(folder: string): string[] {
  const folders = [folder];
  for (let here = folder; here !== ''; ) {
    here = folderOf(here);
    folders.push(here);
  }
  return folders;
}

interface Folder {
  readonly build: string[];
  readonly docker: string[];
  /** The root of a Gradle build: what stands above is another build. */
  gradleRoot: boolean;
}

/**
 * The components of a repository, by these rules:
 * 1. A folder with a build file that makes it a project (pom.xml, build.gradle, go.mod, package.json, pyproject.toml, requirements.txt,
 *    Pipfile.lock) is a component, unless it only gathers others: a pom with modules, a package.json with workspaces, or a Gradle
 *    build with others below, without source files or a Dockerfile that are its own.
 * 2. A folder with a Dockerfile is one too. In a folder that only packages (`docker/`, `build/orders/`), the Dockerfile belongs to the
 *    nearest project above. A component without build files of its own has those of the nearest project above that are in its language.
 * 3. What isn't the project's own (vendor, node_modules, build output, test data) is left out.
 * @param paths all paths of the repository, relative to its root
 * @param read a file's text; `undefined` when it can't be read
 */
export function findComponents(paths: Iterable<string>, read: (path: string) => SourceFile | undefined): ComponentFolder[] {
  const folders = new Map<string, Folder>();
  const sources: string[] = [];
  const folderAt = (path: string): Folder => {
    const name = folderOf(path);
    const there = folders.get(name) ?? { build: [], docker: [], gradleRoot: false };
    folders.set(name, there);
    return there;
  };
  for (const path of paths) {
    if (isVendoredPath(path) || NO_COMPONENT.test(path)) continue;
    if (buildFileKind(path)) buildFolder(path, folderAt).build.push(path);
    else if (isDockerfile(path)) folderAt(path).docker.push(path);
    else if (LANGUAGES[path.slice(path.lastIndexOf('.') + 1)] !== undefined) {
      sources.push(path);
    } else if (/(?:^|\/)settings\.gradle(?:\.kts)?$/u.test(path)) folderAt(path).gradleRoot = true;
  }
  const isProject = (folder: string): boolean => folders.get(folder)?.build.some(makesProject) ?? false;
  const dockerfiles = new Map<string, string[]>();
  for (const [folder, { docker }] of folders) {
    if (docker.length === 0) continue;
    const above = upwards(folder).slice(1).find(isProject);
    const stays = isProject(folder) || above === undefined || !packages(folder, above);
    const owner = stays ? folder : (above ?? folder);
    dockerfiles.set(owner, [...(dockerfiles.get(owner) ?? []), ...docker]);
  }
  const roots = [...new Set([...folders.keys()].filter(isProject).concat([...dockerfiles.keys()]))];
  const languages = languagesOf(sources, new Set(roots));
  const files = new Map<string, SourceFile | undefined>();
  const fileAt = (path: string): SourceFile[] => {
    if (!files.has(path)) files.set(path, read(path));
    const file = files.get(path);
    return file ? [file] : [];
  };
  const readAll = (list: readonly string[]): SourceFile[] => list.flatMap((path) => fileAt(path));
  return roots.sort().flatMap((folder): ComponentFolder[] => {
    const docker = (dockerfiles.get(folder) ?? []).sort();
    const own = readAll([...(folders.get(folder)?.build ?? [])].sort());
    const spoken = languages.get(folder) ?? new Set();
    if (
      docker.length === 0 &&
      spoken.size === 0 &&
      onlyGathers(
        own,
        roots.some((root) => root !== folder && isBelow(root, folder)),
      )
    )
      return [];
    const inherited = readAll(inheritedFiles(folder, folders, isProject, spoken));
    const names = namesOf(folder, own, docker);
    return [
      {
        folder: folder === '' ? '.' : folder,
        names,
        buildFiles: [...own, ...inherited],
        dockerfiles: readAll(docker),
        languages: [...spoken].sort(),
      },
    ];
  });
}

/** A folder on the way down from the project is named for packaging: `docker/`, `build/orders/`. */
function packages(folder: string, project: string): boolean {
  const below = project === '' ? folder : folder.slice(project.length + 1);
  return below.split('/').some((segment) => PACKAGING.test(segment));
}

function makesProject(path: string): boolean {
  const kind = buildFileKind(path);
  return kind !== undefined && ROOTS.includes(kind);
}

/** `gradle/libs.versions.toml` and `requirements/*.txt` speak for the folder above. */
function buildFolder(path: string, folderAt: (path: string) => Folder): Folder {
  const folder = folderOf(path);
  const outer = (nameOf(folder) === 'gradle' && path.endsWith('.versions.toml')) || nameOf(folder) === 'requirements';
  return outer ? folderAt(folder) : folderAt(path);
}

function languagesOf(sources: readonly string[], roots: ReadonlySet<string>): Map<string, Set<Language>> {
  const found = new Map<string, Set<Language>>();
  for (const path of sources) {
    const owner = upwards(folderOf(path)).find((folder) => roots.has(folder));
    const language = LANGUAGES[path.slice(path.lastIndexOf('.') + 1)];
    if (owner === undefined || language === undefined) continue;
    const there = found.get(owner) ?? new Set<Language>();
    found.set(owner, there.add(language));
  }
  return found;
}

/** Parents' build files of any kind that folders below inherit; where the folder has no project of its own, all of the nearest one above. */
function inheritedFiles(
  folder: string,
  folders: ReadonlyMap<string, Folder>,
  isProject: (folder: string) => boolean,
  spoken: ReadonlySet<Language>,
): string[] {
  const above = upwards(folder).slice(1);
  const speaks = (path: string): boolean => SPOKEN[buildFileKind(path) ?? 'pom'].some((language) => spoken.has(language));
  const host = isProject(folder)
    ? undefined
    : above.find((one) => folders.get(one)?.build.some((path) => makesProject(path) && speaks(path)));
  const tools = new Set((folders.get(host ?? folder)?.build ?? []).filter((path) => host === undefined || speaks(path)).map(buildFileKind));
  const found: string[] = [];
  let gradleEnds = false;
  for (const one of upwards(folder)) {
    for (const path of one === folder ? [] : [...(folders.get(one)?.build ?? [])].sort()) {
      const kind = buildFileKind(path);
      const tool = kind && INHERITED[kind];
      const applies = tool !== undefined && tools.has(tool) && !(tool === 'gradle' && gradleEnds);
      if (applies || (one === host && speaks(path))) found.push(path);
    }
    if (folders.get(one)?.gradleRoot) gradleEnds = true;
  }
  return found;
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function onlyGathers(own: readonly SourceFile[], hasProjectsBelow: boolean): boolean {
  return own.every((file) => {
    switch (buildFileKind(file.path)) {
      case 'pom': {
        const result = readPom(file);
        return result.ok && (result.pom.modules.length > 0 || result.pom.packaging === 'pom');
      }
      case 'package-json': {
        const result = parseJson(file.text);
        return result.ok && jsonAt(result.root, 'workspaces') !== undefined;
      }
      case 'gradle':
        return hasProjectsBelow;
      case 'gradle-properties':
      case 'gradle-catalogue':
      case 'gradle-lock':
      case 'package-lock':
        return true;
      default:
        return false;
    }
  });
}

function namesOf(folder: string, own: readonly SourceFile[], dockerfiles: readonly string[]): string[] {
  const names = [...folderNames(folder), ...own.map(declaredName), ...dockerfiles.map((path) => dockerfileName(path, folder))];
  return [...new Set(names.flatMap((name) => (name === undefined || name === '' ? [] : [name.toLowerCase()])))];
}

/** `cart/src` is called cart. */
function folderNames(folder: string): string[] {
  const name = nameOf(folder);
  return /^(?:src|source|code)$/u.test(name) && folder !== name ? [nameOf(folderOf(folder))] : [name];
}

/** Last segment of the name that a build file gives the project. */
const declaredName = oncePer((file: SourceFile): string | undefined => {
  switch (buildFileKind(file.path)) {
    case 'go-mod':
      // `example.com/shop/orders/v2` is the module orders.
      return nameOf(goModulePath(file)?.replace(/\/v\d+$/u, '') ?? '');
    case 'pom': {
      const result = readPom(file);
      return result.ok && !result.pom.artifactId?.includes('${') ? result.pom.artifactId : undefined;
    }
    case 'package-json': {
      const result = parseJson(file.text);
      return result.ok ? nameOf(jsonText(jsonAt(result.root, 'name')) ?? '') : undefined;
    }
    case 'pyproject': {
      const result = parseToml(file.text);
      return result.ok
        ? (tomlString(tomlAt(result.root, 'project', 'name')) ?? tomlString(tomlAt(result.root, 'tool', 'poetry', 'name')))?.text
        : undefined;
    }
    default:
      return undefined;
  }
});

/** `Dockerfile.orders`, `orders.Dockerfile` and `docker/orders/Dockerfile` name what they build. */
function dockerfileName(path: string, folder: string): string | undefined {
  const name = nameOf(path);
  const named = /^(?:Dockerfile|Containerfile)[.-](.+)$/u.exec(name)?.[1] ?? /^(.+)\.(?:[Dd]ockerfile|[Cc]ontainerfile)$/u.exec(name)?.[1];
  if (named !== undefined)
    return /^(?:dev|development|prod|production|test|ci|local|debug|release|alpine|slim|arm64|amd64|jvm|native(?:-micro)?|legacy-jar)$/u.test(
      named,
    )
      ? undefined
      : named;
  const own = nameOf(folderOf(path));
  return folderOf(path) === folder || PACKAGING.test(own) ? undefined : own;
}

/** The component a file belongs to: the one in the nearest folder above it. */
export function componentOf<T extends { readonly folder: string }>(components: readonly T[], path: string): T | undefined {
  for (const folder of upwards(folderOf(path))) {
    const found = components.find((one) => one.folder === (folder === '' ? '.' : folder));
    if (found) return found;
  }
  return undefined;
}
