import { itemsAt, textAt } from './raw.ts';
import type { NodeState } from './snapshot.ts';

export function nodeState(raw: unknown, name: string): NodeState {
  const info = (key: string): string => textAt(raw, 'status', 'nodeInfo', key) ?? '';
  const instanceType = textAt(raw, 'metadata', 'labels', 'node.kubernetes.io/instance-type');
  const ready = itemsAt(raw, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready');
  return {
    name,
    kubeletVersion: info('kubeletVersion'),
    operatingSystem: info('operatingSystem'),
    architecture: info('architecture'),
    ...(instanceType === undefined ? {} : { instanceType }),
    ready: textAt(ready, 'status') === 'True',
  };
}
