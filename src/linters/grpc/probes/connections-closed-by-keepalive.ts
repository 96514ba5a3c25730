import { podTemplateOf } from '../../../model/kubernetes/objects.ts';
import { linesOf, logsOf } from '../../../snapshot/log-matches.ts';
import type { LogSignature } from '../../../snapshot/snapshot.ts';
import { HOUR_MS, isWithin } from '../../../snapshot/times.ts';
import { jsonPointer } from '../../../text/json-tree.ts';
import { itemsAt, scalarAt, textAt } from '../../../text/yaml.ts';
import { conclude } from '../../conclude.ts';
import { lists, POD_LOGS } from '../../needs.ts';
import type { Action, ClusterView, Evidence, LiveWorkload, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { clientsOf } from './clients.ts';
import { grpcServersOf } from './grpc-services.ts';
import { KEEPALIVE_MESSAGES } from './keepalive-messages.ts';
import { logAction, rollbackAction } from './rollback.ts';
import { logRequests, LOGS_AT_MOST, type Suspect, suspectsOf, unreadLogs } from './suspects.ts';

/**
 * A server that gets more pings than it allows closes the connection with GOAWAY, ENHANCE_YOUR_CALM, "too_many_pings" (gRFC A8; grpc-go 1.82:
 * internal/transport/http2_server.go). Intervals and policies stand in code, so the cluster can show the closing only, as a line of the log: of clients in Go
 * and C-core by default, of servers in Go. A line of the last hour is *live*: an idle connection of a 10 s keepalive is closed every half minute.
 * Nothing that a cluster shows makes it *latent*, *mitigated* or *clear*: a log that is silent may be that of a library that doesn't print it, or of a
 * busy connection. So it is *live*, *unknown* or, without gRPC, *absent*.
 */
export const connectionsClosedByKeepalive: Probe = {
  id: 'grpc/connections-closed-by-keepalive',
  needs: [...lists('', 'pods', 'services'), ...lists('apps', 'deployments', 'replicasets', 'statefulsets', 'daemonsets'), POD_LOGS],
  notInCluster: ['grpc/keepalive-too-many-pings'],
  messages: KEEPALIVE_MESSAGES,
  logs: (view) => logRequests(view, suspects(view), [SIGNATURE]),
  judge(view) {
    const all = suspects(view);
    const subjects = all.slice(0, LOGS_AT_MOST).map((suspect) => subjectOf(view, suspect));
    const anyRead = all.some(({ pod, container }) => logsOf(view.snapshot, pod, container.name).length > 0);
    return conclude(view, connectionsClosedByKeepalive, { subjects, notChecked: unreadLogs(all), summary: summaries(subjects, anyRead) });
  },
};

const SIGNATURE: LogSignature = { id: 'grpc/too-many-pings', pattern: /too_many_pings|ENHANCE_YOUR_CALM|too many pings from the client/i };

/** Clients before servers: they say it in more languages. */
function suspects(view: ClusterView): readonly Suspect[] {
  const servers = grpcServersOf(view.unit).filter(({ sure }) => sure);
  const clients = new Map<LiveWorkload, string>();
  for (const { workload, container } of servers.flatMap((server) => clientsOf(view, server))) {
    if (!clients.has(workload)) clients.set(workload, container);
  }
  const backends = new Map<LiveWorkload, string>();
  for (const { services } of servers) {
    for (const { workload: manifest, spec } of services.flatMap(({ service }) => service.backends)) {
      const workload = view.workloads.find((one) => one.manifest === manifest);
      const listening = services.flatMap(({ ports }) => ports.map(({ port }) => port.targetPort));
      const containers = itemsAt(spec, 'containers');
      const own = containers.find((one) => itemsAt(one, 'ports').some((port) => listening.includes(Number(textAt(port, 'containerPort')))));
      const name = textAt(own ?? containers[0], 'name');
      if (workload && name !== undefined && !clients.has(workload)) backends.set(workload, name);
    }
  }
  return [...suspectsOf(view, clients), ...suspectsOf(view, backends)];
}

function subjectOf(view: ClusterView, suspect: Suspect): Subject {
  const { workload, pod, container } = suspect;
  const lines = linesOf(view.snapshot, pod, container.name, SIGNATURE.id);
  const fresh = lines.some(({ at }) => isWithin(at, view.now, HOUR_MS));
  const evidence = lines.map(
    ({ line, count, at }): Evidence => ({
      source: 'log',
      object: { kind: 'Pod', namespace: pod.namespace, name: pod.name },
      pointer: '',
      value: line,
      ...(at === undefined ? {} : { time: at }),
      explains: { messageId: isWithin(at, view.now, HOUR_MS) ? 'too-many-pings' : 'old-line', data: { count } },
    }),
  );
  const wasRead = logsOf(view.snapshot, pod, container.name).length > 0;
  const actions: (Action | undefined)[] = [
    logAction(workload.object, container.name, '1h'),
    ...(fresh ? [rollbackAction(view, workload.object)] : []),
  ];
  return {
    object: workload.object,
    verdict: fresh ? 'live' : 'unknown',
    evidence: [...evidence, ...variables(workload)],
    findings: [],
    wouldProve: [...(wasRead ? [] : [{ messageId: 'read-its-log', data: { pod: pod.name } }]), { messageId: 'look-at-code' }],
    actions: actions.flatMap((action) => action ?? []),
  };
}

/** Variables whose names speak of keepalive: where to look first. */
function variables({ object, manifest }: LiveWorkload): Evidence[] {
  const template = manifest && podTemplateOf(manifest);
  return itemsAt(template?.spec, 'containers').flatMap((container) =>
    itemsAt(container, 'env').flatMap((item): Evidence[] => {
      const name = scalarAt(item, 'name');
      if (!manifest || !name || !/KEEP_?ALIVE/i.test(name.text)) return [];
      const pointer = jsonPointer(manifest.root, item);
      return [{ source: 'config', object, pointer, value: name.text, explains: { messageId: 'keepalive-variable' } }];
    }),
  );
}

function summaries(subjects: readonly Subject[], anyRead: boolean): Readonly<Record<Verdict, Said>> {
  const names = subjects.filter(({ verdict }) => verdict === 'live').map(({ object }) => `${object.namespace}/${object.name}`);
  const workloads = names.length > 3 ? `${names.slice(0, 3).join(', ')} (+${names.length - 3})` : names.join(', ');
  const say = (messageId: Verdict): Said => ({ messageId, data: { workloads } });
  return {
    live: say('live'),
    latent: say('latent'),
    unknown: anyRead ? say('unknown') : { messageId: 'not-read' },
    mitigated: say('mitigated'),
    clear: say('clear'),
    absent: say('absent'),
  };
}
