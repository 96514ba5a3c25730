import { isComposeDocument } from '../model/containers/compose.ts';
import type { ChartFolder } from '../model/helm/chart.ts';
import type { KustomizationFolder } from '../model/kubernetes/kustomize/kustomization-file.ts';
import type { FilesByPath, ParsedFile, YamlFile } from './parsed-file.ts';
import { nearestFolder, parentFolder, planFolderUnits } from './plan-units.ts';

/** A unit as its id, its place and the paths that its objects come from. */
export interface UnitPlace {
  readonly id: string;
  readonly kind: 'kustomization' | 'helm-release' | 'folder' | 'compose';
  readonly folder: string;
  readonly members: readonly string[];
}

/**
 * Which files make which unit. It depends on the paths and on which objects are there twice, not on what they say: most edits leave it
 * as it is (`sameShape`, `Identities`).
 */
export interface Layout {
  readonly kustomizations: readonly KustomizationFolder[];
  readonly charts: readonly ChartFolder[];
  /** What the kustomizations and charts take. */
  readonly resolved: readonly UnitPlace[];
  /** Plain folders and compose files, also those that hold no object. */
  readonly folders: readonly UnitPlace[];
  /** Paths of the files without objects that join a unit, by its id. */
  readonly others: ReadonlyMap<string, readonly string[]>;
}

/** Files whose text says what belongs together. */
const SHAPING = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization|Chart\.(?:ya?ml|lock)|requirements\.(?:ya?ml|lock))$|skaffold/;

/** Whether what belongs together may depend on more than the file's objects: there are few such files. */
export function isShaping(parsed: ParsedFile): parsed is YamlFile {
  return parsed.format === 'yaml' && (SHAPING.test(parsed.file.path) || isCompose(parsed));
}

/** Whether a file that takes the other's place leaves the layout as it is, as far as its objects' names are not concerned (identities.ts). */
export function sameShape(before: ParsedFile, after: ParsedFile): boolean {
  if (before.format !== 'yaml' || after.format !== 'yaml') return before.format === after.format;
  if (SHAPING.test(after.file.path) || isCompose(before) !== isCompose(after)) return false;
  // A file with objects belongs elsewhere than one without.
  const hasObjects = after.objects.length > 0;
  return before.objects.length > 0 === hasObjects;
}

function isCompose(parsed: YamlFile): boolean {
  return parsed.documents.some(({ root }) => isComposeDocument(root));
}

/** @param resolved what the kustomizations and charts take */
export function layOut(
  files: FilesByPath,
  shaping: readonly YamlFile[],
  kustomizations: readonly KustomizationFolder[],
  charts: readonly ChartFolder[],
  resolved: readonly UnitPlace[],
): Layout {
  const taken = takenPaths(resolved, kustomizations, charts, files);
  const left: YamlFile[] = [];
  const others: string[] = [];
  for (const parsed of files.values()) {
    const { path } = parsed.file;
    if (taken.has(path)) continue;
    if (parsed.format === 'yaml' && parsed.objects.length > 0) left.push(parsed);
    else others.push(path);
  }
  const compose = shaping.filter((parsed) => !taken.has(parsed.file.path) && isCompose(parsed));
  return { kustomizations, charts, resolved, ...placeOthers(resolved, plainPlaces(left, compose, resolved), others) };
}

/** Paths that a kustomization or a chart has taken: their documents are not judged alone. */
function takenPaths(
  resolved: readonly UnitPlace[],
  kustomizations: readonly KustomizationFolder[],
  charts: readonly ChartFolder[],
  files: FilesByPath,
): Set<string> {
  const taken = new Set(resolved.flatMap((core) => core.members));
  for (const kustomization of kustomizations) taken.add(kustomization.file.path);
  const unused = kustomizations.filter((kustomization) => kustomization.kind === 'Component' && kustomization.usedBy.length === 0);
  for (const chart of charts) {
    for (const path of [chart.file.path, chart.valuesPath, ...chart.layerPaths, ...chart.templatePaths, ...chart.helperPaths])
      taken.add(path);
  }
  const unusedFolders = new Set(unused.map((kustomization) => kustomization.folder));
  const templateFolders = charts.map((chart) => (chart.folder === '.' ? 'templates' : `${chart.folder}/templates`));
  if (unusedFolders.size === 0 && templateFolders.length === 0) return taken;
  const templates = new Set(templateFolders);
  for (const path of files.keys()) {
    if (unusedFolders.has(parentFolder(path)) || nearestFolder(path, templates) !== undefined) taken.add(path);
  }
  return taken;
}

function plainPlaces(left: readonly YamlFile[], compose: readonly YamlFile[], resolved: readonly UnitPlace[]): UnitPlace[] {
  const ids = new Set(resolved.map((core) => core.id));
  const composeFolders = new Set(compose.map((parsed) => parentFolder(parsed.file.path)));
  const planned = planFolderUnits(left);
  const places = planned.map(({ folder, members }): UnitPlace => {
    const kind = composeFolders.has(folder) ? 'compose' : 'folder';
    // A folder may hold a kustomization and, beside it, manifests that it doesn't list.
    return { id: ids.has(folder) ? `${folder}#manifests` : folder, kind, folder, members };
  });
  const known = new Set([...places.map((place) => place.folder), ...ids]);
  for (const folder of composeFolders) if (!known.has(folder)) places.push({ id: folder, kind: 'compose', folder, members: [] });
  return places;
}

/** Files without objects join the unit they stand in; where there is none they make one of their own folder. */
function placeOthers(
  resolved: readonly UnitPlace[],
  plain: readonly UnitPlace[],
  paths: readonly string[],
): Pick<Layout, 'folders' | 'others'> {
  const hosts = new Map<string, UnitPlace>();
  for (const place of [...resolved, ...plain]) if (!hosts.has(place.folder)) hosts.set(place.folder, place);
  const folders = new Set(hosts.keys());
  const others = new Map<string, string[]>();
  const bare: UnitPlace[] = [];
  for (const path of paths) {
    const folder = nearestFolder(path, folders) ?? parentFolder(path);
    let host = hosts.get(folder);
    if (!host) {
      host = { id: folder, kind: 'folder', folder, members: [] };
      hosts.set(folder, host);
      bare.push(host);
    }
    const list = others.get(host.id);
    if (list) list.push(path);
    else others.set(host.id, [path]);
  }
  for (const list of others.values()) list.sort();
  return { folders: [...plain, ...bare], others };
}
