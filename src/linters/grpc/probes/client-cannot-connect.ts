import { logsOf } from '../../../snapshot/log-matches.ts';
import { MINUTE_MS, runningSince } from '../../../snapshot/times.ts';
import { conclude } from '../../conclude.ts';
import { canBeSet, kubectl, target } from '../../kubectl.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { Action, ClusterView, LiveWorkload, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { type Client, clientsOf } from './clients.ts';
import {
  dialEvidence,
  downEvidence,
  endpointsWereRead,
  logEvidence,
  SIGNATURES,
  stateEvidence,
  targetEvidence,
} from './connect-evidence.ts';
import { CONNECT_MESSAGES } from './connect-messages.ts';
import { type GrpcServer, grpcServersOf, isSure } from './grpc-services.ts';
import { logAction, rollbackAction } from './rollback.ts';
import { logRequests, LOGS_AT_MOST, type Suspect, suspectsOf, unreadLogs } from './suspects.ts';

/**
 * A gRPC target is no URL (grpc/grpc:doc/naming.md). What the libraries say of one that fails was run: grpc-go 1.82, grpc-java 1.75, grpcio 1.85,
 * @grpc/grpc-js 1.14. A target that the library refuses fails for ever: one line of the last quarter of an hour is *live*. A name that isn't found, a
 * refused connection or a wrong protocol also come while a server starts: *live* only with three lines, the last of the last five minutes, of a
 * container that has run for five. *Clear* says what the cluster can show, and no more.
 */
export const clientCannotConnect: Probe = {
  id: 'grpc/client-cannot-connect',
  needs: [
    ...lists('', 'pods', 'services', 'configmaps'),
    ...lists('discovery.k8s.io', 'endpointslices'),
    ...lists('apps', 'deployments', 'replicasets', 'statefulsets', 'daemonsets'),
    ...optionalLists('', 'events'),
    POD_LOGS,
  ],
  notInCluster: ['grpc/target-http-url'],
  messages: CONNECT_MESSAGES,
  logs: (view) => logRequests(view, casesOf(view).suspects, SIGNATURES),
  judge(view) {
    const { clients, suspects, servers } = casesOf(view);
    const subjects = [
      ...suspects.flatMap((suspect, at) => subjectOf(view, suspect, clients.get(suspect.workload) ?? [], at < LOGS_AT_MOST)),
      ...(clients.size === 0 ? servers.filter(({ sure }) => sure).map(unseenClients) : []),
    ];
    const unread = suspects.some(({ workload }, at) => at >= LOGS_AT_MOST && clients.has(workload));
    return conclude(view, clientCannotConnect, { subjects, notChecked: unread ? unreadLogs(suspects) : [], summary: summaries(subjects) });
  },
};

interface Cases {
  readonly servers: readonly GrpcServer[];
  readonly clients: ReadonlyMap<LiveWorkload, readonly Client[]>;
  /** Clients, and what doesn't come up in a namespace of gRPC Services: its target may name no Service at all. */
  readonly suspects: readonly Suspect[];
}

function casesOf(view: ClusterView): Cases {
  const servers = grpcServersOf(view.unit);
  const clients = new Map<LiveWorkload, Client[]>();
  for (const client of servers.flatMap((server) => clientsOf(view, server))) {
    if (client.port && !client.service.ports.some((one) => one.port === client.port && isSure(one))) continue;
    const known = clients.get(client.workload);
    if (known) known.push(client);
    else clients.set(client.workload, [client]);
  }
  const sure = servers.filter((server) => server.sure);
  const spaces = new Set(sure.flatMap(({ services }) => services.map(({ object }) => object.namespace)));
  const down = new Map<LiveWorkload, string>();
  for (const workload of view.workloads) {
    if (clients.has(workload) || !spaces.has(workload.object.namespace)) continue;
    const broken = workload.pods.flatMap(({ containers }) => containers).find(({ role, state }) => role === 'main' && state !== 'running');
    if (broken && broken.reason !== 'Completed') down.set(workload, broken.name);
  }
  const first = new Map([...clients].flatMap(([workload, [client]]) => (client ? [[workload, client.container] as const] : [])));
  return { servers, clients, suspects: [...suspectsOf(view, first), ...suspectsOf(view, down)] };
}

function subjectOf(view: ClusterView, suspect: Suspect, clients: readonly Client[], asked: boolean): Subject[] {
  const { workload, pod, container } = suspect;
  const lines = asked ? logEvidence(view, suspect) : [];
  const targets = clients.flatMap((client) => targetEvidence(client));
  const down = clients.flatMap((client) => downEvidence(view, client));
  const since = runningSince(container);
  const settled = since !== undefined && view.now - since >= 5 * MINUTE_MS && container.ready;
  const wasRead = asked && logsOf(view.snapshot, pod, container.name).length > 0;
  const isLive = lines.some(({ isFresh, isTarget }) => isFresh && (isTarget || down.length === 0));
  const isWrong = targets.some(({ verdict }) => verdict === 'latent');
  const unseen = clients.some(({ service }) => !endpointsWereRead(view, service));
  const isOpen = lines.length > 0 || down.length > 0 || unseen || targets.some(({ verdict }) => verdict === 'unknown');
  const verdict: Verdict = isLive ? 'live' : isWrong ? 'latent' : isOpen || !wasRead || !settled ? 'unknown' : 'clear';
  if (clients.length === 0 && verdict !== 'live') return [];
  const wouldProve: Said[] =
    verdict === 'unknown' && !wasRead
      ? [{ messageId: 'read-its-log', data: { pod: pod.name } }, { messageId: 'look-at-code' }]
      : [{ messageId: 'look-at-code' }];
  return [
    {
      object: workload.object,
      verdict,
      evidence: [
        ...lines.map(({ evidence }) => evidence),
        ...targets.map(({ evidence }) => evidence),
        ...down,
        ...(verdict === 'clear' ? [] : stateEvidence(view, suspect)),
        ...clients.map(dialEvidence),
      ],
      findings: [],
      wouldProve,
      actions:
        verdict === 'clear'
          ? []
          : actionsOf(
              view,
              suspect,
              clients,
              lines.some(({ isTarget }) => isTarget),
              verdict,
            ),
    },
  ];
}

function actionsOf(view: ClusterView, suspect: Suspect, clients: readonly Client[], refused: boolean, verdict: Verdict): Action[] {
  const { object } = suspect.workload;
  const actions: (Action | undefined)[] = [logAction(object, suspect.container.name, '10m')];
  if (verdict === 'live') actions.push(rollbackAction(view, object));
  // The old value isn't known here, the old revision is: that is what takes it back.
  for (const { variable, container, prefix, service, dialled, port, writtenIn } of clients) {
    const isWrong = prefix === 'dns://' || (refused && (prefix === 'http://' || prefix === 'https://'));
    const number = dialled ?? port?.port;
    if (!isWrong || number === undefined || !canBeSet(object) || writtenIn.kind !== object.kind) continue;
    const text = `${variable}=dns:///${service.object.name}.${service.object.namespace}:${number}`;
    actions.push({
      title: { messageId: 'correct-target', data: { workload: target(object) } },
      command: kubectl(object.namespace, 'set', 'env', target(object), '-c', container, text),
      risk: 'change',
      undo: kubectl(object.namespace, 'rollout', 'undo', target(object)),
    });
  }
  return actions.flatMap((action) => action ?? []);
}

function unseenClients({ services }: GrpcServer): Subject {
  const object = services[0]?.object ?? { kind: 'Service', namespace: '', name: '' };
  const data = { service: `${object.namespace}/${object.name}` };
  const wouldProve = [{ messageId: 'who-dials', data }, { messageId: 'look-at-code' }];
  return { object, verdict: 'unknown', evidence: [], findings: [], wouldProve, actions: [] };
}

function summaries(subjects: readonly Subject[]): Readonly<Record<Verdict, Said>> {
  const say = (verdict: Verdict): Said => {
    const names = subjects.filter((one) => one.verdict === verdict).map(({ object }) => `${object.namespace}/${object.name}`);
    if (verdict === 'unknown' && names.length === 0) return { messageId: 'not-read' };
    const workloads = names.length > 3 ? `${names.slice(0, 3).join(', ')} (+${names.length - 3})` : names.join(', ');
    return { messageId: verdict, data: { workloads } };
  };
  return {
    live: say('live'),
    latent: say('latent'),
    unknown: say('unknown'),
    mitigated: say('mitigated'),
    clear: say('clear'),
    absent: say('absent'),
  };
}
