import { configEvidence, podReference } from '../../evidence.ts';
import type { ClusterView, Evidence, Said } from '../../probe.ts';
import { type KiamWorkload, type LiveDependant, mainContainer, runtimeOf } from '../live-kiam.ts';
import { type Served, servedBy } from '../served-credentials.ts';

/** What each kind of pod serves, and what the next ones will, where that differs. */
export function settingsEvidence(view: ClusterView, server: KiamWorkload, lives: readonly Served[]): Evidence[] {
  const kinds = new Map<string, { readonly served: Served; readonly evidence: Evidence; count: number }>();
  const keyOf = ({ settings, life }: Served): string => `${settings} ${life}`;
  for (const { pod, process } of server.pods) {
    const served = servedBy(view, process);
    const known = kinds.get(keyOf(served));
    if (known) known.count += 1;
    else kinds.set(keyOf(served), { served, count: 1, evidence: specEvidence(podReference(pod), served) });
  }
  const found = [...kinds.values()].map(({ evidence, count }) =>
    count > 1 ? { ...evidence, value: `${evidence.value} (× ${count})` } : evidence,
  );
  const { manifest } = server.workload;
  if (server.manifest && manifest) {
    const served = servedBy(view, server.manifest);
    const flag = server.manifest.flags.find(({ name }) => /^session-(?:duration|refresh)$/.test(name));
    if (!kinds.has(keyOf(served)))
      found.push(configEvidence(manifest, flag?.value?.at ?? server.manifest.at, shown(served), saidOf(served)));
  }
  const isMixed = new Set(lives.map(keyOf)).size > 1;
  return isMixed ? found.map((one) => ({ ...one, explains: { ...one.explains, messageId: `${one.explains.messageId}-mixed` } })) : found;
}

function specEvidence(object: Evidence['object'], served: Served): Evidence {
  return { source: 'spec', object, pointer: '/spec/containers', value: shown(served), explains: saidOf(served) };
}

export function shown({ settings }: Served): string {
  return settings === '' ? '?' : settings;
}

function saidOf({ life, low, high }: Served): Said {
  return { messageId: `life-${life}`, data: { low, high } };
}

const NAMED_AT_MOST = 5;

export function dependantEvidence(dependants: readonly LiveDependant[]): Evidence[] {
  return dependants.slice(0, NAMED_AT_MOST).map(({ object, pods }): Evidence => {
    const container = pods[0] && mainContainer(pods[0]);
    const runtime = container && runtimeOf(container);
    return {
      source: 'spec',
      object,
      pointer: '',
      value: `${pods.length} × iam.amazonaws.com/role`,
      explains: runtime ? { messageId: 'dependant-runtime', data: { runtime } } : { messageId: 'dependant' },
    };
  });
}
