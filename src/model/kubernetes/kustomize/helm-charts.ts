import type { SourceFile } from '../../../text/source.ts';
import { itemsAt, mapAt, textAt, type YamlNode } from '../../../text/yaml.ts';
import { localChart, valuesAt } from '../../helm/local-chart.ts';
import { ValueStack } from '../../helm/set-values.ts';
import { emptyValues } from '../../helm/values.ts';
import type { HelmRelease } from '../../unit.ts';
import type { KustomizationFolder } from './kustomization-file.ts';

/** The releases under `helmCharts:` of a kustomization: values files, with `valuesInline` over them unless `valuesMerge` says otherwise. */
export function kustomizationReleases(
  kustomization: KustomizationFolder,
  readText: (path: string) => SourceFile | undefined,
): HelmRelease[] {
  const { root, folder, file } = kustomization;
  const home = textAt(root, 'helmGlobals', 'chartHome') ?? 'charts';
  return itemsAt(root, 'helmCharts').flatMap((entry) => {
    const release = readChart(entry, folder, home, file, readText);
    return release ? [release] : [];
  });
}

function readChart(
  entry: YamlNode,
  folder: string,
  home: string,
  file: SourceFile,
  readText: (path: string) => SourceFile | undefined,
): HelmRelease | undefined {
  const name = textAt(entry, 'name');
  if (name === undefined) return undefined;
  const local = localChart(folder, `${home}/${name}`, readText);
  const stack = new ValueStack(local?.values ?? emptyValues(file));
  stack.complete = local?.complete ?? true;
  const inline = mapAt(entry, 'valuesInline');
  const merge = textAt(entry, 'valuesMerge') ?? 'override';
  const paths = [
    textAt(entry, 'valuesFile'),
    ...itemsAt(entry, 'additionalValuesFiles').map((item) => (item.kind === 'scalar' ? item.text : undefined)),
  ];
  // `merge`: the files win over the inline values; `replace`: the inline values stand alone.
  if (inline && merge === 'merge') stack.layer(inline);
  if (!inline || merge !== 'replace') for (const path of paths) if (path !== undefined) stack.layer(valuesAt(folder, path, readText));
  if (inline && merge !== 'merge') stack.layer(inline);
  return {
    chart: name,
    chartVersion: textAt(entry, 'version') ?? local?.version,
    repository: textAt(entry, 'repo'),
    values: stack.root,
    file,
    complete: stack.complete,
  };
}
