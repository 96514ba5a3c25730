import { itemsAt, mapAt, textAt } from '../text/yaml.ts';
import type { PodState } from '../snapshot/snapshot.ts';
import type { ClusterView } from './probe.ts';

/** A port of a Service that leads to pods. */
export interface ServicePort {
  readonly service: string;
  readonly port: string;
  /** Number or name; the port itself where the Service doesn't say. */
  readonly targetPort: string;
}

/** The ports of the Services of a namespace whose selector takes one of the pods. */
export function portsTo(view: ClusterView, namespace: string, pods: readonly PodState[]): ServicePort[] {
  return view.unit.objects.flatMap((object): ServicePort[] => {
    const { name } = object;
    if (object.kind !== 'Service' || object.namespace !== namespace || name === undefined) return [];
    const selector = [...(mapAt(object.root, 'spec', 'selector')?.pairs ?? [])];
    const selects = ({ labels }: PodState): boolean =>
      selector.every(([key, { value }]) => value.kind === 'scalar' && labels[key] === value.text);
    if (selector.length === 0 || !pods.some(selects)) return [];
    return itemsAt(object.root, 'spec', 'ports').map((one) => {
      const port = textAt(one, 'port') ?? '';
      return { service: name, port, targetPort: textAt(one, 'targetPort') ?? port };
    });
  });
}
