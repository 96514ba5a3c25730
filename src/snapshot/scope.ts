import type { ResourceRead, Snapshot } from './snapshot.ts';

/**
 * What was read of the namespaces that were asked for. Beside them, the DNS server's settings are read where they stand: whoever may not read those may
 * still know all of his own namespace. What Istio's root namespace holds counts in every namespace, so it stays.
 */
export function readsInScope({ reads, cluster: { scope, namespaces } }: Snapshot): readonly ResourceRead[] {
  if (scope === 'all') return reads;
  return reads.filter(({ namespace, group }) => namespace === undefined || namespaces.includes(namespace) || group.endsWith('istio.io'));
}
