import { jsonPointer } from '../../../text/json-tree.ts';
import { itemsAt, scalarAt, textAt } from '../../../text/yaml.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { lineEvidence, podReference } from '../../evidence.ts';
import { kubectl, target } from '../../kubectl.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { Action, ClusterView, Evidence, NotChecked, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { istioPresence, type MeshWorkload, proxyOf } from '../live-mesh.ts';
import { withPresence } from './presence.ts';
import { hostName, isBroken, referenceOf, type ServerPort, serverPorts } from './server-first-ports.ts';
import { applicationLines, LOGS_AT_MOST, logRequests, type PortLines, proxyLines, suspectsOf } from './wrong-port-lines.ts';
import { MESSAGES } from './wrong-port-messages.ts';

const RULE = 'istio/server-first-port-sniffed';

/**
 * Envoy waits for the client's first bytes on a port whose protocol Istio isn't told, and MySQL's client waits for the server's: for ever, as protocolDetectionTimeout is 0s by default
 * (istio/istio:pkg/config/kube/conversion.go, istio/api:mesh/v1alpha1/config.proto). The configuration is *latent*; *live* takes two lines within `window`:
 * - the proxy of a client logs connections to the port on which nobody said anything and that ended after the same time (within 2 %), the client's connect timeout; or its HTTP parser got something else
 * - a client says that the greeting never came. It must be one whose settings name the port, or there is only one such port
 */
export const wrongPortProtocol: Probe = {
  id: 'istio/wrong-port-protocol',
  needs: [
    ...lists('', 'pods', 'services'),
    ...lists('apps', 'deployments', 'statefulsets'),
    ...lists('networking.istio.io', 'serviceentries'),
    ...optionalLists('apps', 'daemonsets'),
    ...optionalLists('', 'configmaps', 'namespaces'),
    ...optionalLists('discovery.k8s.io', 'endpointslices'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '1h',
      description: { en: 'how old a log line may be to count as live', zh: '多久以内的日志才算正在发生' },
    },
  },
  messages: MESSAGES,
  logs: (view) => logRequests(suspectsOf(serverPorts(view).filter(isBroken))),
  judge(view) {
    const ports = istioPresence(view) === 'absent' ? [] : serverPorts(view);
    const suspects = suspectsOf(ports.filter(isBroken));
    const subjects = subjectsOf(view, ports);
    const judgement = conclude(view, wrongPortProtocol, {
      subjects,
      summary: summaries({ count: worstCount(subjects) }),
      notChecked: unreadLogs(suspects),
    });
    return withPresence(view, judgement, 'no-such-port');
  },
};

/** One for each Service or ServiceEntry. */
function subjectsOf(view: ClusterView, ports: readonly ServerPort[]): Subject[] {
  const broken = ports.filter(isBroken);
  const read = new Set(view.snapshot.logs.map(({ namespace, pod }) => `${namespace}/${pod}`));
  const byHost = new Map<object, ServerPort[]>();
  for (const port of ports) byHost.set(port.host.object, [...(byHost.get(port.host.object) ?? []), port]);
  return [...byHost.values()].flatMap((own): Subject[] => {
    const [first] = own;
    if (!first) return [];
    const judged = own.map((port) => ({ port, lines: linesFor(view, port, broken, read) }));
    const object = referenceOf(first);
    const verdict = worst(judged.map(({ port, lines }) => verdictOf(port, lines)));
    const isOpen = verdict === 'live' || verdict === 'latent';
    return [
      {
        object,
        verdict,
        evidence: [...judged.flatMap(({ lines }) => lines.map(lineOf)), ...judged.flatMap(({ port }) => portEvidence(port))],
        findings: view.findingsOf(object, RULE),
        wouldProve: proofs(view, own, verdict),
        actions: isOpen ? judged.flatMap(({ port, lines }) => (isBroken(port) ? actionsFor(port, lines) : [])) : [],
      },
    ];
  });
}

const ORDER: readonly Verdict[] = ['live', 'latent', 'mitigated', 'clear'];

function worst(verdicts: readonly Verdict[]): Verdict {
  return ORDER.find((one) => verdicts.includes(one)) ?? 'clear';
}

function verdictOf(port: ServerPort, lines: readonly PortLines[]): Verdict {
  if (isBroken(port)) return lines.length > 0 ? 'live' : 'latent';
  return port.state === 'declared' || (port.state === 'delayed' && port.proxies.length > 0) ? 'mitigated' : 'clear';
}

function linesFor(view: ClusterView, port: ServerPort, broken: readonly ServerPort[], read: ReadonlySet<string>): PortLines[] {
  if (!isBroken(port)) return [];
  const windowMs = durationOption(view, 'window');
  const isRead = ({ pods }: MeshWorkload): boolean => pods.some(({ namespace, name }) => read.has(`${namespace}/${name}`));
  const proxies = read.size === 0 ? [] : port.proxies.filter(isRead);
  return [
    ...proxies.flatMap((client) => proxyLines(view, client, port.number, windowMs)),
    // An application's line names no port.
    ...(broken.length === 1 ? proxies : port.clients.filter(isRead)).flatMap((client) => applicationLines(view, client, windowMs)),
  ];
}

function lineOf({ pod, messageId, line, count, durationMs }: PortLines): Evidence {
  if (durationMs === undefined) return lineEvidence({ ...line, count }, { messageId });
  return {
    source: 'log',
    object: podReference(pod),
    pointer: '',
    value: `0 B, ${(durationMs / 1000).toFixed(1)} s × ${count}`,
    ...(line.at === undefined ? {} : { time: line.at }),
    explains: { messageId, data: { count } },
  };
}

function portEvidence(one: ServerPort): Evidence[] {
  const { host, port, number, server, state, timeout, clients, proxies } = one;
  const object = referenceOf(one);
  const at = (state === 'sniffed' || state === 'delayed' ? undefined : port.decidedBy) ?? port.numberScalar;
  const messageId = proxies.length === 0 && state !== 'declared' ? 'no-client' : state;
  const data = { product: server.product, port: number, timeout: timeout?.text ?? '' };
  const placed: Evidence = {
    source: 'config',
    object,
    pointer: at ? jsonPointer(host.object.root, at) : '',
    value: `${hostName(one)}:${number}`,
    explains: { messageId, data },
  };
  const dialling = clients.map(
    ({ object: client }): Evidence => ({
      source: 'config',
      object: client,
      pointer: '',
      value: `${client.namespace}/${client.name}`,
      explains: { messageId: 'client', data: { port: number } },
    }),
  );
  return isBroken(one) ? [placed, ...dialling] : [placed];
}

function proofs(view: ClusterView, own: readonly ServerPort[], verdict: Verdict): Said[] {
  if (verdict === 'latent') return [{ messageId: 'prove-lines' }];
  // The server's own sidecar sniffs for TLS while mTLS is permissive; which it is isn't read.
  const pods = view.snapshot.pods.filter(proxyOf);
  const injected = own.some(({ host: { kind, object } }) => {
    if (kind !== 'Service') return false;
    return view.snapshot.endpoints.some(
      ({ service, namespace, pod }) =>
        service === object.name && namespace === object.namespace && pods.some((one) => one.namespace === namespace && one.name === pod),
    );
  });
  return verdict === 'mitigated' && injected ? [{ messageId: 'prove-mtls' }] : [];
}

/** What the runbook says under "Mitigate now". */
function actionsFor(one: ServerPort, lines: readonly PortLines[]): Action[] {
  const { host, port, number, clients, proxies } = one;
  const { kind, namespace, name } = referenceOf(one);
  const index = itemsAt(host.object.root, 'spec', 'ports').indexOf(port.node);
  const [field, value] = kind === 'Service' ? ['appProtocol', 'tcp'] : ['protocol', 'TCP'];
  const before = textAt(port.node, field);
  const path = `/spec/ports/${index}/${field}`;
  const patch = (operation: object): string =>
    kubectl(namespace, 'patch', kind.toLowerCase(), name, '--type=json', '-p', JSON.stringify([operation]));
  const declare: Action = {
    title: { messageId: 'declare', data: { name: hostName(one), port: number } },
    command: patch({ op: 'add', path, value }),
    risk: 'change',
    undo: patch(scalarAt(port.node, field) === undefined ? { op: 'remove', path } : { op: 'add', path, value: before ?? '' }),
  };
  const told = lines[0]?.pod;
  const client = clients[0] ?? proxies.find(({ pods }) => told !== undefined && pods.includes(told));
  return [...(client ? [look(client)] : []), ...(index < 0 ? [] : [declare])];
}

function look({ object }: MeshWorkload): Action {
  const words = ['logs', target(object), '--all-containers', '--since=1h', '--tail=-1'];
  const filter = `grep -E 'initial communication packet|got "H" as reply|"- - -" 0 .* 0 0 [0-9]{4,} '`;
  return { title: { messageId: 'look-log' }, command: `${kubectl(object.namespace, ...words)} | ${filter}`, risk: 'read' };
}

function unreadLogs(suspects: readonly MeshWorkload[]): NotChecked[] {
  if (suspects.length <= LOGS_AT_MOST) return [];
  return [{ what: 'pods/log', reason: 'limit', detail: `${LOGS_AT_MOST} of ${suspects.length} workloads` }];
}
