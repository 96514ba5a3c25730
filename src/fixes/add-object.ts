import type { SourceFile } from '../text/source.ts';
import { itemsAt, nodeAt, textAt, type YamlMap, type YamlNode } from '../text/yaml.ts';
import { addDocument, addItem, says } from '../text/yaml-edit.ts';
import { EditRefused } from '../text/yaml-places.ts';
import { lineBreakOf, type WrittenFile, writtenFile } from '../text/yaml-source.ts';
import { collectionLines } from '../text/yaml-write.ts';
import type { Plain } from './change.ts';
import type { PlanState } from './plan-state.ts';

const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * Adds an object: as an item of the List in which `beside` stands; as a further document of its file; or, where the file is JSON or
 * holds the one document that a kustomization lists, as a file of its own beside it, listed in that kustomization too.
 */
export function planObject(beside: YamlMap, object: Plain, state: PlanState): void {
  const { file } = beside;
  const { document, node } = state.locate(beside);
  const current = writtenFile(state.current(file));
  if (current.documents.some((one) => says(one.root, object))) return;
  if (document.embedded) throw new EditRefused('unsupported', file.path);
  if (document.root !== node) {
    const items = nodeAt(document.root, 'items');
    if (items?.kind !== 'sequence' || !items.items.includes(node)) throw new EditRefused('derived', file.path);
    if (items.items.some((item) => says(item, object))) return;
    state.apply(file, addItem(document, items, object), node.start);
    return;
  }
  const kustomization = listingOf(file, state);
  if (document.style.json || (kustomization && current.documents.length === 1)) {
    const path = createBeside(file, object, document.style.json, current, state);
    if (kustomization) addResource(kustomization, path, state);
    return;
  }
  state.apply(file, [addDocument(document, object)], node.start);
}

/** The nearest kustomization, upward from the file's folder, that names the file in any of its lists. */
function listingOf(file: SourceFile, state: PlanState): SourceFile | undefined {
  for (let folder = folderOf(file.path); ; folder = folderOf(folder)) {
    for (const name of KUSTOMIZATION_NAMES) {
      const candidate = state.context.file(join(folder, name));
      if (candidate && listsFile(candidate, folder, file.path)) return candidate;
    }
    if (folder === '') return undefined;
  }
}

function listsFile(kustomization: SourceFile, folder: string, path: string): boolean {
  const root = writtenFile(kustomization).documents[0]?.root;
  const names = (list: string, key?: string): (string | undefined)[] =>
    itemsAt(root, list).map((item) => (key === undefined ? textAt(item) : textAt(item, key)));
  const listed = [...names('resources'), ...names('bases'), ...names('patchesStrategicMerge'), ...names('patches', 'path')];
  return listed.some((name) => name !== undefined && join(folder, name.replace(/^\.\//, '')) === path);
}

function addResource(kustomization: SourceFile, path: string, state: PlanState): void {
  const folder = folderOf(kustomization.path);
  const relative = folder === '' ? path : path.slice(folder.length + 1);
  const original: YamlNode | undefined = writtenFile(kustomization).documents[0]?.root;
  if (original?.kind !== 'map') throw new EditRefused('unsupported', kustomization.path);
  const { document, node } = state.locate(original);
  const resources = nodeAt(node, 'resources');
  if (resources?.kind !== 'sequence') throw new EditRefused('unsupported', kustomization.path);
  const dotted =
    resources.items.length > 0 && resources.items.every((item) => textAt(item)?.startsWith('./') || textAt(item)?.startsWith('../'));
  state.apply(kustomization, addItem(document, resources, dotted ? `./${relative}` : relative));
}

/** `<name>-<kind>.yaml` in lower case; a number is added rather than write over a file that is there. */
function createBeside(file: SourceFile, object: Plain, json: boolean, written: WrittenFile, state: PlanState): string {
  const { name, kind } = nameOf(object);
  const base = `${name}-${kind}`.toLowerCase().replace(/[^a-z0-9.-]+/g, '-');
  const taken = (path: string): boolean => state.context.file(path) !== undefined || state.creates.some((one) => one.file === path);
  let path = '';
  for (let n = 1; path === '' || taken(path); n++)
    path = join(folderOf(file.path), `${base}${n > 1 ? `-${n}` : ''}.${json ? 'json' : 'yaml'}`);
  const style = written.documents[0]?.style ?? { indent: 2, dashIndent: 2, quote: 'double', json };
  const lines = json ? JSON.stringify(object, null, 2).split('\n') : collectionLines(object, style);
  const lineBreak = lineBreakOf(file.text);
  state.create({ file: path, text: lines.join(lineBreak) + lineBreak });
  return path;
}

function nameOf(object: Plain): { name: string; kind: string } {
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) {
    const map = object as { readonly [key: string]: Plain };
    const metadata = map.metadata as { readonly [key: string]: Plain } | undefined;
    if (typeof map.kind === 'string' && typeof metadata?.name === 'string') return { name: metadata.name, kind: map.kind };
  }
  throw new EditRefused('unsupported', 'object');
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
