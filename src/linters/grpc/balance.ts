import type { Repository, Unit } from '../../model/unit.ts';
import { covers } from '../../text/source.ts';
import type { MessageData, Message, Related, Severity } from '../rule.ts';
import { compareSeverity, milder } from '../rule.ts';
import type { Connection, GrpcClient } from './facts.ts';
import { type Mesh, meshBetween } from './facts-mesh.ts';
import { serverBehind } from './facts-servers.ts';
import type { GrpcService } from './facts-services.ts';

/** A connection whose requests all stay on one pod, and how sure and how bad that is. */
export interface Pinned {
  readonly connection: Connection;
  readonly service: GrpcService;
  readonly mesh: Mesh;
  /** `many`: several pods now or by an autoscaler; the others say what tempers it. */
  readonly situation: 'many' | 'scaled' | 'one' | 'unknown-pods' | 'mesh-possible' | 'aged' | 'per-call';
  readonly severity: Severity;
  readonly maxConnectionAgeAt: Related['at'] | undefined;
}

/** Hosts that no name lookup of the cluster answers: the machine itself, an address, a socket. */
export function isOutsideDns(host: string | undefined): boolean {
  if (host === undefined) return true;
  return /^(?:localhost|bufconn|bufnet|pipe|inproc|self)$/.test(host) || /^\d+(?:\.\d+){3}$/.test(host) || host.includes(':');
}

/** A resolver of the program's own answers for names without a scheme. */
export function hasOwnResolver(client: GrpcClient, connection: Connection): boolean {
  const scheme = client.channel?.userDefaultScheme;
  if (connection.target.scheme !== undefined) return false;
  if (scheme !== undefined && scheme !== 'dns' && scheme !== 'passthrough') return true;
  return client.component.code.customResolver;
}

/** Connections of a client to Services with one virtual address, with no proxy that balances between. */
export function pinnedConnections(client: GrpcClient, unit: Unit, repository: Repository): Pinned[] {
  const found = reachable(client).flatMap((connection): Pinned[] => {
    const { service, port } = connection;
    if (service.headless || !port) return [];
    const mesh = meshOf(client, connection, service, unit, repository);
    return mesh.balances === 'yes' ? [] : [judge(client, connection, service, mesh, unit, repository)];
  });
  return found.sort((a, b) => compareSeverity(a.severity, b.severity));
}

export type Reached = Connection & { readonly service: GrpcService };

/** Connections to Services of the unit that the cluster's DNS answers. */
export function reachable(client: GrpcClient): Reached[] {
  return client.connections.filter(
    (connection): connection is Reached => connection.service !== undefined && !hasOwnResolver(client, connection),
  );
}

export function meshOf(client: GrpcClient, connection: Connection, service: GrpcService, unit: Unit, repository: Repository): Mesh {
  const tls = client.channel?.credentials === 'tls';
  return meshBetween({ unit, repository, pod: connection.container?.pod, service, port: connection.port, tls });
}

function judge(client: GrpcClient, connection: Connection, service: GrpcService, mesh: Mesh, unit: Unit, repository: Repository): Pinned {
  const { most, by } = service.pods;
  const { maxConnectionAgeAt } = serverBehind(unit, repository, service, connection.port?.targetPort);
  let situation: Pinned['situation'] = by === 'autoscaler' ? 'scaled' : 'many';
  let severity: Severity = 'warning';
  if (most === undefined || most < 2) {
    situation = most === undefined ? 'unknown-pods' : 'one';
    severity = 'information';
  }
  if (mesh.balances === 'maybe') {
    if (severity === 'warning') situation = 'mesh-possible';
    severity = 'information';
  }
  // Each new connection picks a pod anew; that evens out over time, not per request.
  if (maxConnectionAgeAt || client.channel?.closedPerCall) {
    situation = maxConnectionAgeAt ? 'aged' : 'per-call';
    severity = milder(severity);
  }
  return { connection, service, mesh, situation, severity: tempered(severity, client, connection), maxConnectionAgeAt };
}

/** One step milder for a program that may be another, a target found by a name alone, or options that can't be read. */
export function tempered(severity: Severity, client: GrpcClient, connection: Connection): Severity {
  const doubtful = connection.join === 'weak' || connection.candidate.confidence === 'low' || client.policy === 'unknown';
  return doubtful ? milder(severity) : severity;
}

/** Evidence of connections: what gives each target and who calls, its Service, the pods behind, a mesh. */
export function evidence(
  client: GrpcClient,
  pinned: readonly { connection: Connection }[],
  repository: Repository,
  mesh: boolean,
): Related[] {
  const related: Related[] = [];
  for (const { connection } of pinned) {
    related.push(...origin(client, connection));
    const { service } = connection;
    if (!service) continue;
    const data = { service: serviceName(service) };
    related.push({ at: service.at, messageId: service.headless ? 'headless' : 'clusterip', data });
    const { at, most, by } = service.pods;
    if (at && most !== undefined)
      related.push({ at, messageId: by === 'autoscaler' ? 'autoscaler' : 'replicas', data: { ...data, pods: most } });
  }
  const [spoken] = mesh ? repository.meshEvidence : [];
  if (spoken) related.push({ at: spoken, messageId: 'mesh', data: {} });
  return related.filter(
    (one, index) => related.findIndex((other) => other.at.file === one.at.file && other.at.start === one.at.start) === index,
  );
}

/** What gives a target: the callers of the function that makes the channel, and the settings that it reads. */
function origin(client: GrpcClient, { candidate, filled }: Connection): Related[] {
  const callers = (candidate.origin ?? []).filter((step) => step.kind === 'parameter' && !covers(client.at, step.at));
  return [
    ...callers.map((step) => ({ at: step.at, messageId: 'caller', data: { target: filled.text } })),
    ...filled.settings.flatMap(({ at, name }) => (at ? [{ at, messageId: 'setting', data: { name } }] : [])),
  ];
}

/** Where the policy is set. */
export function policyEvidence(client: GrpcClient): Related[] {
  const policy = client.channel?.policy;
  const at = policy?.kind === 'named' ? (policy.nameAt ?? policy.at) : client.framework?.policyAt;
  return at ? [{ at, messageId: 'policy', data: {} }] : [];
}

export function serviceName({ object, name }: GrpcService): string {
  return object.namespace ? `${object.namespace}/${name}` : name;
}

export function dataOf(pinned: readonly Pinned[]): MessageData {
  const [first] = pinned;
  const services = [...new Set(pinned.map((one) => serviceName(one.service)))];
  return { service: services[0] ?? '', services: services.join(', '), pods: first?.service.pods.most ?? 1 };
}

/** Of {@link evidence}, by the kind of Service that a rule is about. */
const ORIGIN_MESSAGES = {
  caller: { en: 'The target `{target}` comes from here', zh: '目标地址 `{target}` 由此处传入' },
  setting: { en: '`{name}` gives the target', zh: '目标地址来自 `{name}`' },
  replicas: { en: 'Pods behind `{service}`: {pods}', zh: '`{service}` 后面有 {pods} 个 Pod' },
  autoscaler: { en: 'Pods behind `{service}`: up to {pods}', zh: '`{service}` 后面最多有 {pods} 个 Pod' },
  mesh: { en: 'This speaks of a service mesh', zh: '此处涉及服务网格' },
} as const satisfies Readonly<Record<string, Message>>;

const CLUSTERIP: Message = {
  en: 'Service `{service}` has one virtual address (ClusterIP)',
  zh: 'Service `{service}` 只有一个虚拟地址（ClusterIP）',
};

const HEADLESS: Message = {
  en: 'Service `{service}` is headless: its name resolves to the pods',
  zh: 'Service `{service}` 是 headless：域名直接解析到各个 Pod',
};

export const CLUSTERIP_EVIDENCE = { ...ORIGIN_MESSAGES, clusterip: CLUSTERIP };
export const HEADLESS_EVIDENCE = { ...ORIGIN_MESSAGES, headless: HEADLESS };
export const SERVICE_EVIDENCE = { ...ORIGIN_MESSAGES, clusterip: CLUSTERIP, headless: HEADLESS };
