import type { EnvironmentVariable } from '../model/container.ts';
import { mapAt, textAt, type YamlNode } from '../text/yaml.ts';
import type { Address } from './service-edges.ts';

export type { Address } from './service-edges.ts';

/** The Service of the cluster that a variable's value names, whether it stands in the workload or in a ConfigMap. The value itself is not kept. */
export function serviceAddressOf({ value }: EnvironmentVariable): Address | undefined {
  const { at } = value;
  const node = at && 'kind' in at ? mapAt(at as YamlNode, 'serviceAddress') : undefined;
  const namespace = textAt(node, 'namespace');
  const name = textAt(node, 'name');
  if (namespace === undefined || name === undefined) return undefined;
  const port = textAt(node, 'port');
  const prefix = textAt(node, 'prefix');
  return {
    namespace,
    name,
    host: textAt(node, 'host') ?? name,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}
