import { objectReference } from '../../evidence.ts';
import { oomKills } from '../../../snapshot/memory.ts';
import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import { DAY_MS } from '../../../snapshot/times.ts';
import { textAt } from '../../../text/yaml.ts';
import { conclude } from '../../conclude.ts';
import { lists, optionalLists } from '../../needs.ts';
import type { Action, ClusterView, Evidence, NotChecked, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { servicesNamed } from '../facts-services.ts';
import { clientsOf, pathOf } from './clients.ts';
import { type GrpcServer, grpcServersOf, isSure, type ScoredService } from './grpc-services.ts';
import { type Load, loadOf, readyPods } from './load.ts';
import { memoryAction, restartAction, twinAction, watchAction } from './one-pod-actions.ts';
import { type Dialling, harmEvidence, headlessBug, loadEvidence, structureEvidence } from './one-pod-evidence.ts';
import { ONE_POD_MESSAGES } from './one-pod-messages.ts';
import { blindAutoscaler, otherCauses } from './other-causes.ts';

/**
 * kube-proxy picks a pod for a connection, and a gRPC channel keeps one (kubernetes.io: virtual IPs; grpc.io: performance). So a Service with an address,
 * two pods behind and a client without a proxy that balances requests has the fault, whatever the client's policy: it sees one address. Over a headless
 * name the policy decides, which stands in code; there only load tells.
 *
 * *Live* is measured: the medians of three samples at least over a minute and a half at least, of pods that have been ready for ten minutes and come
 * from one template (thresholds: skew.ts). A slight unevenness that something else explains is not. One sample proves nothing: *unknown*. Kills for
 * memory are evidence of harm, but alone no proof: a leak kills pods as well.
 */
export const onePodGetsAllRequests: Probe = {
  id: 'grpc/one-pod-gets-all-requests',
  needs: [
    ...lists('', 'pods', 'services', 'configmaps', 'namespaces'),
    ...lists('discovery.k8s.io', 'endpointslices'),
    ...lists('apps', 'deployments', 'replicasets', 'statefulsets', 'daemonsets'),
    ...optionalLists('metrics.k8s.io', 'pods'),
    ...lists('autoscaling', 'horizontalpodautoscalers'),
    ...optionalLists('gateway.networking.k8s.io', 'grpcroutes'),
    ...optionalLists('', 'nodes', 'events'),
  ],
  options: {
    quietMillicores: {
      type: 'integer',
      default: 20,
      description: {
        en: 'Below this mean CPU of a pod (millicores) a Service is too quiet to be judged',
        zh: '每个 Pod 平均 CPU 低于该值（millicores）时，负载太低，不做判断',
      },
    },
  },
  notInCluster: [
    'grpc/clusterip-pinned',
    'grpc/headless-pick-first',
    'grpc/go-round-robin-passthrough',
    'grpc/round-robin-over-clusterip',
    'grpc/node-load-balancing-ignored',
  ],
  messages: ONE_POD_MESSAGES,
  judge(view) {
    const cases = grpcServersOf(view.unit).flatMap((server) => caseOf(view, server));
    const subjects = cases.map((one) => subjectOf(view, one));
    const unmeasured = cases.some(({ verdict, load }) => verdict === 'unknown' && /samples$/.test(load.state));
    return conclude(view, onePodGetsAllRequests, {
      subjects,
      notChecked: unmeasured ? noSamples(view) : [],
      summary: summaries(subjects, cases, unmeasured),
    });
  },
};

interface Case {
  readonly server: GrpcServer;
  /** The Service that it is about: the one that clients pin themselves by, else one that is dialled. */
  readonly shown: ScoredService;
  readonly dialling: readonly Dialling[];
  readonly load: Load;
  readonly readyPods: number;
  readonly mostPods: number;
  readonly causes: readonly Evidence[];
  readonly verdict: Verdict;
}

function caseOf(view: ClusterView, server: GrpcServer): Case[] {
  const dialling = clientsOf(view, server)
    .filter(({ port, service }) => service.ports.some((one) => one.port === port && (isSure(one) || !server.sure)))
    .map((client) => ({ client, path: pathOf(view, client) }))
    .sort((a, b) => WORST.indexOf(a.path.balances) - WORST.indexOf(b.path.balances));
  const shown = dialling[0]?.client.service ?? server.services.find(({ service }) => !service.headless) ?? server.services[0];
  if (!shown || (!server.sure && dialling.length === 0)) return [];
  const load = loadOf(view, server, Number(view.option('quietMillicores')));
  const causes = otherCauses(view, server, load);
  const ready = readyPods(view, server).length;
  const mostPods = Math.max(ready, ...server.services.map(({ service }) => service.pods.most ?? 0));
  const parts = { server, shown, dialling, load, readyPods: ready, mostPods, causes };
  const verdict = verdictOf(parts);
  return server.sure || verdict === 'unknown' ? [{ ...parts, verdict }] : [];
}

const WORST = ['connections', 'headless', 'unknown', 'requests'];

function verdictOf({ server, dialling, load, readyPods: ready, mostPods, causes }: Omit<Case, 'verdict'>): Verdict {
  if (mostPods < 2 || isNodeLocal(server)) return 'clear';
  const has = (balances: string): boolean => dialling.some(({ path }) => path.balances === balances);
  const { kind } = load.skew;
  const measured = load.state === 'measured';
  const isLive = measured && (kind === 'strong' || (kind === 'weak' && causes.length === 0));
  if (!server.sure || dialling.length === 0) return 'unknown';
  if (has('connections')) return isLive ? 'live' : measured || ready < 2 ? 'latent' : 'unknown';
  if (has('headless')) return isLive ? 'live' : measured && kind === 'even' && !has('unknown') ? 'mitigated' : 'unknown';
  // A mesh that balances leaves no pod idle: something else is wrong, or the application hides its requests with TLS.
  return has('unknown') || (measured && (kind === 'strong' || kind === 'weak')) ? 'unknown' : 'mitigated';
}

/** A DaemonSet behind `internalTrafficPolicy: Local`: clients keep to the one pod of their own node, and that is what was asked for. */
function isNodeLocal({ services }: GrpcServer): boolean {
  return services.every(
    ({ service }) =>
      !service.headless &&
      textAt(service.object.root, 'spec', 'internalTrafficPolicy') === 'Local' &&
      service.backends.length > 0 &&
      service.backends.every(({ workload }) => workload.kind === 'DaemonSet'),
  );
}

function subjectOf(view: ClusterView, one: Case): Subject {
  const { server, shown, dialling, load, causes, verdict } = one;
  const pinned = dialling.some(({ path }) => path.balances === 'connections');
  const isLive = verdict === 'live';
  const structure = structureEvidence(server, shown, dialling);
  const measured = verdict === 'clear' ? [] : loadEvidence(load, isLive);
  const owners = ownersOf(view, server);
  const pods = owners.flatMap((object) => view.workload(object)?.pods ?? []);
  const harm = verdict === 'clear' ? [] : [...harmEvidence(view, pods), ...blindAutoscaler(view, server, load)];
  const bug = isLive && !pinned ? headlessBug(load) : [];
  const rest = [...(pinned ? floor(one) : []), ...growth(one)];
  const other = verdict === 'clear' ? [] : causes;
  return {
    object: shown.object,
    verdict,
    evidence: isLive
      ? [...measured, ...bug, ...harm, ...structure, ...rest, ...other]
      : [...structure, ...rest, ...measured, ...harm, ...other],
    findings: [],
    wouldProve: proofs(one),
    actions: actionsOf(view, one, owners),
  };
}

/** With one channel in each client pod, no more pods than those can be busy. */
function floor({ dialling, shown, readyPods: ready }: Case): Evidence[] {
  const clients = dialling.reduce((sum, { client, path }) => sum + (path.balances === 'connections' ? client.pods.length : 0), 0);
  if (clients === 0 || clients >= ready) return [];
  const explains = { messageId: 'floor', data: { clients, pods: ready } };
  return [{ source: 'status', object: shown.object, pointer: '', value: `${clients} < ${ready}`, explains }];
}

function growth({ shown, readyPods: ready, mostPods, verdict }: Case): Evidence[] {
  if (verdict === 'clear' || mostPods <= Math.max(1, ready)) return [];
  const explains = { messageId: 'may-grow', data: { pods: mostPods } };
  return [{ source: 'spec', object: shown.object, pointer: '', value: `${ready} → ${mostPods}`, explains }];
}

function proofs({ server, shown, dialling, load, verdict, readyPods: ready }: Case): Said[] {
  if (verdict === 'clear') return [];
  const has = (balances: string): boolean => dialling.some(({ path }) => path.balances === balances);
  const service = `${shown.object.namespace}/${shown.object.name}`;
  const said: Said[] = [];
  if (!server.sure) said.push({ messageId: 'declare', data: { service } });
  if (dialling.length === 0) said.push({ messageId: 'who-dials', data: { service } });
  if (load.state === 'young') said.push({ messageId: 'settle' });
  else if (load.state !== 'measured' && ready >= 2) said.push({ messageId: 'observe' });
  said.push({ messageId: 'requests-per-pod' });
  if (has('connections')) said.push({ messageId: 'max-age' });
  if (has('headless')) said.push({ messageId: 'policy' });
  if (has('requests') || has('unknown')) said.push({ messageId: 'tls' });
  return said;
}

function actionsOf(view: ClusterView, { server, shown, dialling, verdict }: Case, owners: readonly ObjectReference[]): Action[] {
  if (verdict === 'clear') return [];
  const actions: (Action | undefined)[] = [watchAction(shown)];
  const pinned = dialling.filter(({ path }) => path.balances === 'connections');
  const { namespace } = shown.object;
  if (verdict === 'live') {
    const pods = owners.flatMap((object) => view.workload(object)?.pods ?? []);
    const [kill] = oomKills(pods, undefined, view.now, DAY_MS).filter(({ recent }) => recent);
    actions.push(
      restartAction(
        owners,
        dialling.map(({ client }) => client),
      ),
      kill && memoryAction(server, kill),
    );
  }
  // Meshes don't balance over headless Services: a client that is in one wants its sidecar, not a twin.
  const meshed = dialling.some(({ path }) => path.by !== 'nothing');
  const taken = (name: string): boolean => servicesNamed(view.unit, name).some(({ object }) => object.namespace === namespace);
  if (pinned.length > 0 && !meshed) actions.push(twinAction(server, shown, taken));
  return actions.flatMap((action) => action ?? []);
}

function ownersOf(view: ClusterView, server: GrpcServer): ObjectReference[] {
  const owners = [
    ...server.services.flatMap(({ service }) => service.backends.map(({ workload }) => objectReference(workload))),
    ...readyPods(view, server).map(({ owner }) => owner),
  ];
  return owners.filter((object, at) => owners.findIndex((other) => sameObject(other, object)) === at);
}

function sameObject(a: ObjectReference, b: ObjectReference): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** The samples are not there although nobody refused them: the metrics API isn't installed, or only one was asked for. */
function noSamples(view: ClusterView): NotChecked[] {
  const reads = view.snapshot.reads.filter(({ group, resource }) => group === 'metrics.k8s.io' && resource === 'pods');
  if (reads.some(({ outcome }) => outcome !== 'read' && outcome !== 'absent') || reads.length === 0) return [];
  const samples = view.snapshot.usage.length;
  const absent = samples === 0 && reads.some(({ outcome }) => outcome === 'absent');
  return [
    {
      what: 'pods.metrics.k8s.io',
      reason: absent ? 'absent' : 'not-asked',
      detail: absent ? 'metrics API not served' : `samples: ${samples}; --observe 3m`,
    },
  ];
}

function summaries(subjects: readonly Subject[], cases: readonly Case[], unmeasured: boolean): Readonly<Record<Verdict, Said>> {
  const minutes = Math.max(0, ...cases.map(({ load }) => load.minutes));
  const say = (verdict: Verdict): Said => {
    const names = subjects.filter((one) => one.verdict === verdict).map(({ object }) => `${object.namespace}/${object.name}`);
    if (verdict === 'unknown' && names.length === 0) return { messageId: 'not-read' };
    const services = names.length > 3 ? `${names.slice(0, 3).join(', ')} (+${names.length - 3})` : names.join(', ');
    return { messageId: verdict === 'unknown' && unmeasured ? 'unmeasured' : verdict, data: { services, minutes } };
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
