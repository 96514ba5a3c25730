import type { SourceFile } from '../../text/source.ts';
import { textAt, type YamlMap } from '../../text/yaml.ts';
import { documentsOf, inFolder, resolvePath } from '../kubernetes/kustomize/kustomization-file.ts';
import { emptyValues, readValues } from './values.ts';

export interface LocalChart {
  readonly folder: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly values: YamlMap;
  readonly complete: boolean;
}

/** The chart in a folder of this repository, with its default values; `undefined` when there is none. */
export function localChart(from: string, path: string, readText: (path: string) => SourceFile | undefined): LocalChart | undefined {
  const folder = resolvePath(from, path);
  const file = folder === undefined ? undefined : readText(inFolder(folder, 'Chart.yaml'));
  const root = file && documentsOf(file)?.[0];
  if (folder === undefined || !file || root?.kind !== 'map') return undefined;
  const valuesFile = readText(inFolder(folder, 'values.yaml'));
  const read = valuesFile ? readValues(valuesFile) : { root: emptyValues(file), complete: true };
  return {
    folder,
    name: textAt(root, 'name'),
    version: textAt(root, 'version'),
    values: read?.root ?? emptyValues(file),
    complete: read?.complete ?? false,
  };
}

/** A values file named by somebody: `undefined` when it isn't in the repository or doesn't parse as plain YAML. */
export function valuesAt(from: string, path: string, readText: (path: string) => SourceFile | undefined): YamlMap | undefined {
  const at = resolvePath(from, path);
  const file = at === undefined ? undefined : readText(at);
  const read = file && readValues(file);
  return read?.complete ? read.root : undefined;
}
