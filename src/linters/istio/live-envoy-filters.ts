import { parseGoDurationMs } from '../../model/duration.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { ObjectReference, PodState } from '../../snapshot/snapshot.ts';
import { jsonPointer } from '../../text/json-tree.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt, type YamlNode } from '../../text/yaml.ts';
import { objectReference } from '../evidence.ts';
import type { ClusterView } from '../probe.ts';
import type { Way } from './live-idle-limit.ts';
import { hasLabels, type MeshWorkload, rootNamespace } from './live-mesh.ts';
import { ofKind } from './objects.ts';

/** What EnvoyFilters do to the idle limit of one way through a proxy. */
export type FilterLimit =
  | { readonly is: 'set'; readonly limitMs: number; readonly text: string; readonly object: ObjectReference; readonly pointer: string }
  /** One speaks of tcp_proxy in a way that isn't followed here, or is broken so that others may be lost with it. */
  | { readonly is: 'unsure'; readonly object: ObjectReference };

const TCP_PROXY = 'envoy.filters.network.tcp_proxy';
const TCP_PROXY_TYPE = /(?:^|\/)envoy\.extensions\.filters\.network\.tcp_proxy\.v3\.TcpProxy$/;

/**
 * Only a MERGE on the filter by its name and with its type takes effect. With another type or no name istiod panics, recovers, and this proxy loses all
 * patches that follow (istio/istio:pilot/pkg/networking/core/envoyfilter/listener_patch.go, pkg/proto/merge/merge.go): then no filter counts as a remedy.
 * A `portNumber` matches only a listener of that port, which an unknown address doesn't have.
 */
export function filterLimit(view: ClusterView, mesh: MeshWorkload, pod: PodState, way: Way): FilterLimit | undefined {
  let set: FilterLimit | undefined;
  for (const object of ofKind(view.unit, 'EnvoyFilter')) {
    if (!appliesTo(view, object, pod)) continue;
    for (const item of itemsAt(object.root, 'spec', 'configPatches')) {
      const effect = effectOf(item, mesh, way);
      if (effect === 'none') continue;
      if (effect === 'unsure') return { is: 'unsure', object: objectReference(object) };
      const { limitMs, scalar } = effect;
      set = { is: 'set', limitMs, text: scalar.text, object: objectReference(object), pointer: jsonPointer(object.root, scalar) };
    }
  }
  return set;
}

function appliesTo(view: ClusterView, object: KubeObject, pod: PodState): boolean {
  if (object.namespace !== pod.namespace && object.namespace !== rootNamespace(view)) return false;
  const labels = mapAt(object.root, 'spec', 'workloadSelector', 'labels');
  return hasLabels(
    pod,
    [...(labels?.pairs.keys() ?? [])].map((key) => [key, textAt(labels, key) ?? ''] as const),
  );
}

const CONTEXTS: Readonly<Record<Way['is'], string>> = {
  outbound: 'SIDECAR_OUTBOUND',
  passthrough: 'SIDECAR_OUTBOUND',
  inbound: 'SIDECAR_INBOUND',
};

type Effect = 'none' | 'unsure' | { readonly limitMs: number; readonly scalar: NonNullable<ReturnType<typeof scalarAt>> };

function effectOf(item: YamlNode, mesh: MeshWorkload, way: Way): Effect {
  const match = nodeAt(item, 'match');
  const context = textAt(match, 'context') ?? 'ANY';
  if (context !== 'ANY' && context !== (mesh.role === 'waypoint' ? 'WAYPOINT' : CONTEXTS[way.is])) return 'none';
  const value = nodeAt(item, 'patch', 'value');
  const typed = nodeAt(value, 'typed_config') ?? nodeAt(value, 'typedConfig');
  const type = textAt(typed, '@type') ?? '';
  const filter = nodeAt(match, 'listener', 'filterChain', 'filter') ?? nodeAt(match, 'listener', 'filter_chain', 'filter');
  const name = textAt(filter, 'name');
  if (textAt(item, 'applyTo') !== 'NETWORK_FILTER' || textAt(item, 'patch', 'operation') !== 'MERGE') {
    return name === TCP_PROXY || TCP_PROXY_TYPE.test(type) ? 'unsure' : 'none';
  }
  const meansTcp = TCP_PROXY_TYPE.test(type);
  if (name === undefined) return typed ? 'unsure' : 'none';
  if (name !== TCP_PROXY) return 'none';
  if (!meansTcp) return typed ? 'unsure' : 'none';
  const chain = mapAt(match, 'listener', 'filterChain');
  const isNarrow = textAt(chain, 'name') !== undefined || textAt(chain, 'sni') !== undefined;
  if (isNarrow || nodeAt(match, 'proxy') !== undefined) return 'unsure';
  const listener = textAt(match, 'listener', 'name');
  if (listener !== undefined && listener !== { outbound: '', passthrough: 'virtualOutbound', inbound: 'virtualInbound' }[way.is]) {
    return way.is === 'outbound' && !/^virtual(?:Out|In)bound$/.test(listener) ? 'unsure' : 'none';
  }
  const port = textAt(match, 'listener', 'portNumber');
  if (port !== undefined && (way.is === 'passthrough' || port !== String(way.port))) return 'none';
  const scalar = scalarAt(typed, 'idle_timeout') ?? scalarAt(typed, 'idleTimeout');
  const limitMs = scalar && parseGoDurationMs(scalar.text);
  return scalar && limitMs !== undefined ? { limitMs, scalar } : 'none';
}
