import { identityOf } from '../model/kubernetes/objects.ts';
import { oncePer } from '../text/once.ts';
import type { ParsedFile, YamlFile } from './parsed-file.ts';

/** Folders named like an environment never share a unit with their siblings. */
const ENVIRONMENT_NAME =
  /^(?:dev|develop|development|stag(?:e|ing)|prod|production|preprod|pre-prod|uat|qa|test|testing|sandbox|canary|overlays?|env|envs|environments?|clusters?|regions?|before|after)$/i;

export interface FolderUnit {
  readonly folder: string;
  /** Paths of the files whose objects make the unit. */
  readonly members: readonly string[];
}

interface FolderNode {
  readonly path: string;
  readonly children: Map<string, FolderNode>;
  readonly members: string[];
  readonly identities: string[];
}

export function parentFolder(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '.' : path.slice(0, at);
}

/** A relative path from a folder, with `.` and `..` taken away; `undefined` when it leaves the root. */
export function joinPath(folder: string, path: string): string | undefined {
  const segments = folder === '.' ? [] : folder.split('/');
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.length === 0 ? '.' : segments.join('/');
}

/** Whether a folder is the other or lies below it. */
export function isWithin(folder: string, outer: string): boolean {
  return outer === '.' || folder === outer || folder.startsWith(`${outer}/`);
}

/**
 * Units of plain folders: a unit grows upward while no object (kind, namespace, name) would be there twice and no folder on
 * the way is named like an environment.
 * @param files the YAML files with objects that no kustomization, chart or compose file has taken
 */
export function planFolderUnits(files: readonly YamlFile[]): FolderUnit[] {
  const root = emptyFolder('.');
  const known = new Map([['.', root]]);
  const nodeOf = (folder: string): FolderNode => {
    let node = known.get(folder);
    if (!node) {
      node = emptyFolder(folder);
      known.set(folder, node);
      nodeOf(parentFolder(folder)).children.set(folder.slice(folder.lastIndexOf('/') + 1), node);
    }
    return node;
  };
  for (const parsed of files) {
    const node = nodeOf(parentFolder(parsed.file.path));
    node.members.push(parsed.file.path);
    for (const identity of identitiesOf(parsed)) node.identities.push(identity);
  }
  return grow(root).units.sort((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0));
}

function emptyFolder(path: string): FolderNode {
  return { path, children: new Map(), members: [], identities: [] };
}

/** Which objects a file holds, by kind, namespace and name. */
export const identitiesOf = oncePer((parsed: YamlFile): readonly string[] => parsed.objects.flatMap((object) => identityOf(object) ?? []));

interface Grown {
  readonly units: FolderUnit[];
  /** Set while everything below is one unit that may still grow. */
  readonly identities: ReadonlySet<string> | undefined;
}

function grow(node: FolderNode): Grown {
  const children = [...node.children].map(([name, child]) => ({ name, grown: grow(child) }));
  const own = node.members.length > 0 ? [{ folder: node.path, members: [...node.members].sort() }] : [];
  const merged = new Set(node.identities);
  let mergeable = merged.size === node.identities.length || children.every(({ grown }) => grown.units.length === 0);
  for (const { name, grown } of children) {
    if (grown.units.length === 0) continue;
    if (!grown.identities || ENVIRONMENT_NAME.test(name)) mergeable = false;
    for (const identity of grown.identities ?? []) {
      if (merged.has(identity)) mergeable = false;
      merged.add(identity);
    }
  }
  const below = children.flatMap(({ grown }) => grown.units);
  if (!mergeable) return { units: [...own, ...below], identities: undefined };
  const members = [...own, ...below].flatMap((unit) => unit.members).sort();
  const [only] = below;
  // A chain of folders with one unit at its end keeps the deepest folder: that is where people find it.
  const folder = own.length === 0 && below.length === 1 && only ? only.folder : node.path;
  return { units: members.length > 0 ? [{ folder, members }] : [], identities: merged };
}

/** The unit whose folder is the nearest around a file: the file joins the unit it stands in. */
export function nearestFolder(path: string, folders: ReadonlySet<string>): string | undefined {
  for (let folder = parentFolder(path); ; folder = parentFolder(folder)) {
    if (folders.has(folder)) return folder;
    if (folder === '.') return undefined;
  }
}

/**
 * Whether two folders part at sibling folders that are named like environments: what stands in `after/` or `dev/` is not what runs
 * in `before/` or `prod/`.
 */
export function inOtherEnvironment(folder: string, other: string): boolean {
  if (folder === other) return false;
  const a = segmentsOf(folder);
  const b = segmentsOf(other);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const mine = a[at];
  const theirs = b[at];
  return mine !== undefined && theirs !== undefined && ENVIRONMENT_NAME.test(mine) && ENVIRONMENT_NAME.test(theirs);
}

const segments = new Map<string, readonly string[]>();

/** Folders are few and asked for in every join. */
function segmentsOf(folder: string): readonly string[] {
  let known = segments.get(folder);
  if (!known) {
    known = folder.split('/');
    segments.set(folder, known);
  }
  return known;
}

export function isYamlFile(parsed: ParsedFile | undefined): parsed is YamlFile {
  return parsed?.format === 'yaml';
}
