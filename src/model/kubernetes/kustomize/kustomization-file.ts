import { oncePer } from '../../../text/once.ts';
import { withPlaceholders } from '../../../text/placeholders.ts';
import type { SourceFile } from '../../../text/source.ts';
import { itemsAt, textAt, type YamlMap, type YamlNode } from '../../../text/yaml.ts';
import { parseYaml } from '../../../text/yaml-parse.ts';
import { splitDocuments } from '../../../text/yaml-documents.ts';
import type { ParsedFile } from '../../../workspace/parsed-file.ts';

/** The names under which kustomize looks for its file, in a folder. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export interface KustomizationFolder {
  readonly folder: string;
  readonly file: SourceFile;
  readonly root: YamlMap;
  readonly kind: 'Kustomization' | 'Component';
  /** Folders of the kustomizations and components that use this one. */
  readonly usedBy: readonly string[];
  /** Judged by itself: not a Component and not the base of an overlay. */
  readonly alone: boolean;
}

/** The documents of a file without templates; `undefined` when one of them doesn't parse. */
export const documentsOf = oncePer((file: SourceFile): readonly YamlNode[] | undefined => {
  const roots: YamlNode[] = [];
  let ok = true;
  for (const span of splitDocuments(file.text)) {
    const result = parseYaml(file, span.start, span.end);
    if (result.ok) roots.push(...result.roots.map((root) => withPlaceholders(root, file.text)));
    else ok = false;
  }
  return ok ? roots : undefined;
});

/** The root of a kustomization; `undefined` when the file isn't one (Flux has a kind of the same name) or doesn't parse. */
export function kustomizationRoot(file: SourceFile): YamlMap | undefined {
  const roots = documentsOf(file)?.filter((root) => root.kind === 'map');
  const [root] = roots ?? [];
  if (root?.kind !== 'map') return undefined;
  const apiVersion = textAt(root, 'apiVersion');
  return apiVersion === undefined || apiVersion.startsWith('kustomize.config.k8s.io/') ? root : undefined;
}

/**
 * A path as a kustomization in `folder` writes it, from the root; `undefined` when it leads out of the root or is absolute.
 */
export function resolvePath(folder: string, path: string): string | undefined {
  if (path.startsWith('/')) return undefined;
  const steps = folder === '.' || folder === '' ? [] : folder.split('/');
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.length === 0 ? '.' : steps.join('/');
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

export function inFolder(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}

/** A Git repository, an archive or a URL: not in this repository. */
export function isRemote(path: string): boolean {
  return /^(?:[a-z+]+:\/\/|git::|git@|github\.com[/:])|\?(?:ref|version|timeout|submodules)=|^[\w.-]+@[\w.-]+:|^[\w-]+(?:\.[\w-]+)+\/.*\/\/|\.git(?:$|[/?])/.test(
    path,
  );
}

function textsOf(root: YamlMap, ...keys: readonly string[]): string[] {
  return keys.flatMap((key) => itemsAt(root, key).flatMap((item) => (item.kind === 'scalar' && !item.unknown ? [item.text] : [])));
}

/** The resources (`bases` is their old name) and components that a kustomization names, as written. */
export function namedResources(root: YamlMap): { readonly resources: readonly string[]; readonly components: readonly string[] } {
  return { resources: textsOf(root, 'resources', 'bases'), components: textsOf(root, 'components') };
}

/** Every folder with a kustomization, and who uses it. */
export function findKustomizations(parsedFiles: Iterable<ParsedFile>): KustomizationFolder[] {
  const found = new Map<string, { file: SourceFile; root: YamlMap; usedBy: string[] }>();
  for (const { file } of parsedFiles) {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (!KUSTOMIZATION_NAMES.some((known) => known === name)) continue;
    const root = kustomizationRoot(file);
    if (root) found.set(folderOf(file.path), { file, root, usedBy: [] });
  }
  for (const [folder, { root }] of found) {
    const { resources, components } = namedResources(root);
    for (const path of [...resources, ...components]) {
      if (isRemote(path)) continue;
      const used = resolvePath(folder, path);
      if (used !== undefined && used !== folder) found.get(used)?.usedBy.push(folder);
    }
  }
  return [...found]
    .map(([folder, { file, root, usedBy }]): KustomizationFolder => {
      const kind = textAt(root, 'kind') === 'Component' ? 'Component' : 'Kustomization';
      return { folder, file, root, kind, usedBy: [...new Set(usedBy)].sort(), alone: kind !== 'Component' && usedBy.length === 0 };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}
