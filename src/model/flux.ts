import type { SourceFile } from '../text/source.ts';
import { itemsAt, mapAt, textAt } from '../text/yaml.ts';
import { localChart } from './helm/local-chart.ts';
import { ValueStack } from './helm/set-values.ts';
import { emptyValues } from './helm/values.ts';
import type { KubeObject } from './kubernetes/objects.ts';
import type { HelmRelease } from './unit.ts';

/** The release of a Flux HelmRelease. Values from ConfigMaps, Secrets or files of the chart's source aren't followed. */
export function fluxRelease(object: KubeObject, readText: (path: string) => SourceFile | undefined): HelmRelease | undefined {
  if (object.kind !== 'HelmRelease' || !object.apiVersion.startsWith('helm.toolkit.fluxcd.io/')) return undefined;
  const spec = mapAt(object.root, 'spec');
  const source = mapAt(spec, 'chart', 'spec');
  const written = textAt(source, 'chart');
  const local = written !== undefined && /^\.{0,2}\//.test(written) ? localChart('.', written.replace(/^\.?\//, ''), readText) : undefined;
  const stack = new ValueStack(local?.values ?? emptyValues(object.file));
  stack.complete = local?.complete ?? true;
  const values = mapAt(spec, 'values');
  if (values) stack.layer(values);
  const elsewhere = itemsAt(spec, 'valuesFrom').length > 0 || itemsAt(source, 'valuesFiles').length > 0 || source?.pairs.has('valuesFile');
  return {
    chart: local?.name ?? written?.split('/').at(-1),
    chartVersion: textAt(source, 'version') ?? local?.version,
    repository: undefined,
    values: stack.root,
    file: object.file,
    complete: stack.complete && !elsewhere && !(spec?.open ?? false),
  };
}
