import type { SourceFile } from '../../text/source.ts';
import type { YamlMap } from '../../text/yaml.ts';
import type { HelmRelease } from '../unit.ts';
import { readValues } from './values.ts';

/** Named like a values file. Whether it stands beside a Chart.yaml, or somebody names it, is for the caller to know. */
export function isValuesFile(path: string): boolean {
  return /(?:^|\/)[^/]*values[^/]*\.ya?ml$/i.test(path);
}

/**
 * A values file of which no chart is known: whoever installs it may add more values and has the chart's defaults.
 * @param root the file's values, where they are parsed already
 */
export function standaloneRelease(file: SourceFile, root?: YamlMap): HelmRelease | undefined {
  const values = root ?? readValues(file)?.root;
  if (!values) return undefined;
  return { chart: undefined, chartVersion: undefined, repository: undefined, values, file, complete: false };
}
