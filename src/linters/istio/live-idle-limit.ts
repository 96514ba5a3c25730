import { formatDuration, parseGoDurationMs } from '../../model/duration.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { affected } from '../../model/version.ts';
import type { ObjectReference, PodState } from '../../snapshot/snapshot.ts';
import { HOUR_MS } from '../../snapshot/times.ts';
import { oncePer } from '../../text/once.ts';
import { jsonPointer } from '../../text/json-tree.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt } from '../../text/yaml.ts';
import { objectReference, podReference } from '../evidence.ts';
import type { ClusterView } from '../probe.ts';
import { type DestinationRule, destinationRules } from './facts-destination-rules.ts';
import { lookupHost, type MeshHost } from './facts-hosts.ts';
import { META_IDLE_TIMEOUT } from './facts-idle-settings.ts';
import { type FilterLimit, filterLimit } from './live-envoy-filters.ts';
import { hasLabels, isVisibleIn, type MeshWorkload, proxyOf, rootNamespace } from './live-mesh.ts';

/** Envoy's own (tcp_proxy.proto, idle_timeout), which Istio leaves alone. */
export const DEFAULT_LIMIT_MS = HOUR_MS;

/** After how long without payload Envoy closes a TCP connection, and what says so. */
export interface IdleLimit {
  /** `Infinity`: never. */
  readonly limitMs: number;
  readonly source: 'default' | 'meta' | 'destination-rule' | 'envoy-filter';
  /** As written. */
  readonly text: string;
  readonly object: ObjectReference;
  readonly pointer: string;
  /** It can't be said whether it holds: the version or an EnvoyFilter decides. */
  readonly unsure?: true;
}

/** Which way a connection goes through the proxy: to a host that Istio knows, to an address that it doesn't, or into the pod. */
export type Way =
  | { readonly is: 'outbound'; readonly host: MeshHost; readonly port: number }
  | { readonly is: 'passthrough' }
  | { readonly is: 'inbound'; readonly port: number };

/**
 * The limit that holds in one pod. An EnvoyFilter is applied last; a DestinationRule's top level (from 1.21, on the client's side) goes before the node's
 * metadata, which the injector writes into the proxy's environment (pilot/pkg/networking/core/networkfilter.go, listener_builder.go, listener_inbound.go).
 */
export function idleLimit(view: ClusterView, mesh: MeshWorkload, pod: PodState, way: Way): IdleLimit {
  const filtered: FilterLimit | undefined = filterLimit(view, mesh, pod, way);
  if (filtered?.is === 'set') {
    return {
      limitMs: endless(filtered.limitMs),
      source: 'envoy-filter',
      text: filtered.text,
      object: filtered.object,
      pointer: filtered.pointer,
    };
  }
  const own = (way.is === 'outbound' ? ruleLimit(view, mesh, pod, way.host) : undefined) ?? metaLimit(pod) ?? byDefault(pod);
  return filtered?.is === 'unsure' ? { ...own, unsure: true } : own;
}

/** Longer than Envoy's own, or none: what somebody set to prevent this. */
export function isRaised({ limitMs, unsure }: IdleLimit): boolean {
  return limitMs > DEFAULT_LIMIT_MS && unsure !== true;
}

export function limitText({ limitMs }: IdleLimit): string {
  return Number.isFinite(limitMs) ? formatDuration(limitMs) : '0s';
}

function endless(limitMs: number): number {
  return limitMs <= 0 ? Number.POSITIVE_INFINITY : limitMs;
}

function byDefault(pod: PodState): IdleLimit {
  return { limitMs: DEFAULT_LIMIT_MS, source: 'default', text: '1h', object: podReference(pod), pointer: '' };
}

/** A text that Go can't parse is ignored without a word (parseDuration in listener_builder.go). */
function metaLimit(pod: PodState): IdleLimit | undefined {
  const text = proxyOf(pod)?.env[META_IDLE_TIMEOUT];
  const limitMs = text === undefined ? undefined : parseGoDurationMs(text);
  if (text === undefined || limitMs === undefined) return undefined;
  return { limitMs: endless(limitMs), source: 'meta', text, object: podReference(pod), pointer: '' };
}

function ruleLimit(view: ClusterView, { version }: MeshWorkload, pod: PodState, host: MeshHost): IdleLimit | undefined {
  for (const { object, rank } of rulesFor(view, pod, host)) {
    const scalar = scalarAt(object.root, 'spec', 'trafficPolicy', 'connectionPool', 'tcp', 'idleTimeout');
    const limitMs = scalar && parseGoDurationMs(scalar.text);
    // Istio takes one namespace's rules, not the next one's where a setting is missing.
    if (!scalar || limitMs === undefined) {
      if (rank === 0) return undefined;
      continue;
    }
    const known = affected(version, { from: '1.21' });
    if (known === 'no') return undefined;
    return {
      limitMs: endless(limitMs),
      source: 'destination-rule',
      text: scalar.text,
      object: objectReference(object),
      pointer: jsonPointer(object.root, scalar),
      ...(known === 'maybe' ? { unsure: true as const } : {}),
    };
  }
  return undefined;
}

/** The DestinationRules that a client's sidecar may take for a host: its own namespace's, then the host's, then the root namespace's. */
export function rulesFor(
  view: ClusterView,
  pod: PodState,
  host: MeshHost,
): { readonly object: MeshHost['object']; readonly rank: number }[] {
  const places = [pod.namespace, host.object.namespace ?? '', rootNamespace(view)];
  return (rulesByHost(view.unit).get(host.object) ?? [])
    .flatMap(({ object }) => {
      const own = object.namespace ?? '';
      const rank = places.indexOf(own);
      const exportTo = itemsAt(object.root, 'spec', 'exportTo').flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
      if (rank < 0 || !isVisibleIn(exportTo, own, pod.namespace)) return [];
      const labels = mapAt(object.root, 'spec', 'workloadSelector', 'matchLabels');
      const wanted = [...(labels?.pairs.keys() ?? [])].map((key) => [key, textAt(labels, key) ?? ''] as const);
      return hasLabels(pod, wanted) ? [{ object, rank }] : [];
    })
    .sort((a, b) => a.rank - b.rank);
}

/** The DestinationRules that name a Service or ServiceEntry. A cluster has hundreds of each. */
const rulesByHost = oncePer((unit: Unit): ReadonlyMap<KubeObject, readonly DestinationRule[]> => {
  const rules = new Map<KubeObject, DestinationRule[]>();
  for (const rule of destinationRules(unit)) {
    if (rule.host === undefined) continue;
    const found = lookupHost(unit, rule.host, rule.object.namespace, true);
    for (const { object } of found.is === 'found' ? [found.value] : found.is === 'several' ? found.values : []) {
      rules.set(object, [...(rules.get(object) ?? []), rule]);
    }
  }
  return rules;
});

/** Whether keepalive probes begin on Envoy's own socket before somebody on the way forgets the connection. */
export function keepsAlive(view: ClusterView, pod: PodState, way: Way, forgetsAfterMs: number): boolean {
  const rules = way.is === 'outbound' ? rulesFor(view, pod, way.host) : [];
  const times = rules.flatMap(({ object }) => {
    const keepalive = nodeAt(object.root, 'spec', 'trafficPolicy', 'connectionPool', 'tcp', 'tcpKeepalive');
    const text = textAt(keepalive, 'time');
    return text === undefined ? [] : [parseGoDurationMs(text)];
  });
  return times.some((time) => time !== undefined && time >= 1000 && time < forgetsAfterMs);
}
