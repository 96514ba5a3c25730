import type { ObjectReference } from './snapshot.ts';

/** Tells the objects of a cluster apart. */
export function referenceKey({ kind, namespace, name }: ObjectReference): string {
  return `${kind}/${namespace}/${name}`;
}
