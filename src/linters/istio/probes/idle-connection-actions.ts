import { scalarAt } from '../../../text/yaml.ts';
import { podTemplateOf, podTemplatePath } from '../../../model/kubernetes/objects.ts';
import { kubectl, target } from '../../kubectl.ts';
import type { Action, ClusterView } from '../../probe.ts';
import { rulesFor } from '../live-idle-limit.ts';
import { PROXY } from '../live-mesh.ts';
import { annotationChange } from './pod-annotation-change.ts';
import type { Proof, Situation } from './idle-connection-situation.ts';

const EXCLUDE = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const PROXY_CONFIG = 'proxy.istio.io/config';
const RAISED = '24h';

/** What the runbook says under "Mitigate now", with this cluster's names. */
export function actionsFor(view: ClusterView, situation: Situation, proof: Proof): Action[] {
  return [look(situation), ...bypass(situation, proof), ...raiseRule(view, situation), ...raiseMeta(situation)];
}

function look({ mesh: { object }, pod }: Situation): Action {
  const lifetimes = `awk '$2 == "\\"-" && $12 > 60000 {print int($12/1000)}' | sort -n | uniq -c | sort -rn | head`;
  return {
    title: { messageId: 'look-lifetimes' },
    command: `${kubectl(object.namespace, 'logs', `pod/${pod.name}`, '-c', PROXY, '--since=24h', '--tail=-1')} | ${lifetimes}`,
    risk: 'read',
  };
}

/** Only where nothing of the mesh is lost with it: for addresses that Istio doesn't know, and for what lies outside. */
function bypass(situation: Situation, { atLimit, forgotten }: Proof): Action[] {
  const ports = new Set<number>();
  for (const { way, port } of [...atLimit, ...forgotten]) if (way === 'passthrough') ports.add(port);
  for (const { state, path } of situation.paths) {
    if (state === 'exposed' && path.way.is === 'outbound' && path.host.external) ports.add(path.way.port);
  }
  const manifest = situation.mesh.workload.manifest;
  const before = scalarAt(manifest && podTemplateOf(manifest)?.annotations, EXCLUDE)?.text ?? '';
  const wanted = [...before.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()])), ...[...ports].map(String)];
  const change = ports.size === 0 ? undefined : annotationChange(situation.mesh.workload, EXCLUDE, [...new Set(wanted)].join(','));
  return change ? [{ title: { messageId: 'bypass', data: { ports: [...ports].join(', ') } }, risk: 'change', ...change }] : [];
}

/** A DestinationRule that is there and has no limit at its top. */
function raiseRule(view: ClusterView, { paths, pod }: Situation): Action[] {
  const seen = new Set<string>();
  return paths.flatMap(({ state, path, limit }): Action[] => {
    if (state !== 'exposed' || path.way.is !== 'outbound' || limit.source === 'envoy-filter') return [];
    const [rule] = rulesFor(view, pod, path.host);
    const { name, namespace = '' } = rule?.object ?? {};
    if (!rule || name === undefined || seen.has(`${namespace}/${name}`)) return [];
    seen.add(`${namespace}/${name}`);
    const before = scalarAt(rule.object.root, 'spec', 'trafficPolicy', 'connectionPool', 'tcp', 'idleTimeout')?.text ?? null;
    const patch = (idleTimeout: string | null): string =>
      kubectl(
        namespace,
        'patch',
        'destinationrule',
        name,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { trafficPolicy: { connectionPool: { tcp: { idleTimeout } } } } }),
      );
    return [
      { title: { messageId: 'raise-rule', data: { name, limit: RAISED } }, command: patch(RAISED), risk: 'change', undo: patch(before) },
    ];
  });
}

/** Not where the annotation is already: it holds other settings, which a person merges. */
function raiseMeta({ mesh: { workload } }: Situation): Action[] {
  const { manifest, object } = workload;
  const template = manifest && podTemplateOf(manifest);
  if (!manifest || !podTemplatePath(manifest.kind) || template?.annotations?.pairs.has(PROXY_CONFIG)) return [];
  const change = annotationChange(workload, PROXY_CONFIG, JSON.stringify({ proxyMetadata: { ISTIO_META_IDLE_TIMEOUT: RAISED } }));
  return change
    ? [{ title: { messageId: 'raise-meta', data: { workload: target(object), limit: RAISED } }, risk: 'change', ...change }]
    : [];
}
