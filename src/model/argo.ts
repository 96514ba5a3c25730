import { parseEmbeddedDocuments } from '../text/embedded.ts';
import type { SourceFile } from '../text/source.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt, type YamlMap, type YamlNode } from '../text/yaml.ts';
import { emptyValues } from './helm/values.ts';
import { localChart, valuesAt } from './helm/local-chart.ts';
import { ValueStack } from './helm/set-values.ts';
import type { KubeObject } from './kubernetes/objects.ts';
import type { HelmRelease } from './unit.ts';

/**
 * The Helm releases that an Argo CD Application (or an ApplicationSet's template) states. Precedence as in Argo CD: value
 * files, then `values`, then `valuesObject`, then `parameters`.
 */
export function argoReleases(object: KubeObject, readText: (path: string) => SourceFile | undefined): HelmRelease[] {
  if (!object.apiVersion.startsWith('argoproj.io/')) return [];
  const spec = object.kind === 'Application' ? nodeAt(object.root, 'spec') : nodeAt(object.root, 'spec', 'template', 'spec');
  if (object.kind !== 'Application' && object.kind !== 'ApplicationSet') return [];
  const sources = [nodeAt(spec, 'source'), ...itemsAt(spec, 'sources')];
  return sources.flatMap((source) => (source?.kind === 'map' ? sourceRelease(object, source, readText) : []));
}

function sourceRelease(object: KubeObject, source: YamlMap, readText: (path: string) => SourceFile | undefined): HelmRelease[] {
  const helm = mapAt(source, 'helm');
  const chart = textAt(source, 'chart');
  const path = textAt(source, 'path');
  const local = path === undefined ? undefined : localChart('.', path, readText);
  if (chart === undefined && !local && !helm) return [];
  const stack = new ValueStack(local?.values ?? emptyValues(object.file));
  stack.complete = local?.complete ?? true;
  // `$ref/…` names a file of another source, which may be another repository.
  for (const item of itemsAt(helm, 'valueFiles')) {
    const name = item.kind === 'scalar' && !item.unknown && !/^\$|:\/\//.test(item.text) ? item.text : undefined;
    stack.layer(name !== undefined && local ? valuesAt(local.folder, name, readText) : undefined);
  }
  const text = scalarAt(helm, 'values');
  if (text) stack.layer(asMap(parseEmbeddedDocuments(text)?.[0]));
  const values = nodeAt(helm, 'valuesObject');
  if (values) stack.layer(asMap(values));
  for (const entry of itemsAt(helm, 'parameters')) stack.set(entry, textAt(entry, 'forceString') === 'true');
  if (itemsAt(helm, 'fileParameters').length > 0) stack.complete = false;
  return [
    {
      chart: chart ?? local?.name,
      chartVersion: chart === undefined ? local?.version : textAt(source, 'targetRevision'),
      repository: textAt(source, 'repoURL'),
      values: stack.root,
      file: object.file,
      complete: stack.complete && !(helm?.open ?? false),
    },
  ];
}

function asMap(node: YamlNode | undefined): YamlMap | undefined {
  return node?.kind === 'map' ? node : undefined;
}
