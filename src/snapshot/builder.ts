import { ListedMap } from './config-maps.ts';
import type { MapUse } from './environment.ts';
import { eventState } from './events.ts';
import { nodeState } from './nodes.ts';
import { type Chain, controllerOf, ownerOf } from './owners.ts';
import { listedPod, type ListedPod } from './pods.ts';
import { identity, type ObjectType, project } from './project.ts';
import { isMap, numberAt, textAt } from './raw.ts';
import { ServiceEdges } from './service-edges.ts';
import { endpointsOfEndpoints, endpointsOfSlice, listening } from './services.ts';
import type {
  ClusterIdentity,
  EndpointState,
  EventState,
  LiveObject,
  NodeState,
  ObjectReference,
  ReplicaSetState,
  ResourceRead,
  Snapshot,
} from './snapshot.ts';
import { UsageSamples } from './usage.ts';

export type { ObjectType } from './project.ts';

export interface SnapshotAbout {
  /** RFC 3339. */
  readonly takenAt: string;
  readonly cluster: ClusterIdentity;
  readonly reads: readonly ResourceRead[];
  readonly requests?: Snapshot['requests'];
}

/** Most events of a cluster that are kept: the newest. A cluster in trouble has a great many of them. */
const MOST_EVENTS = 20_000;

/**
 * Puts a snapshot together from API objects as they arrive, in any order. Each is cut down to what is allow-listed at once, nothing raw is kept;
 * what depends on others (owners, addresses of Services, who uses a ConfigMap) is settled at the end.
 */
export class SnapshotBuilder {
  private readonly edges = new ServiceEdges();
  private readonly objects = new Map<string, LiveObject>();
  private readonly maps = new Map<string, ListedMap>();
  private readonly uses = new Map<string, MapUse[]>();
  private readonly pods = new Map<string, ListedPod>();
  private readonly replicaSets = new Map<string, ReplicaSetState>();
  private readonly jobs = new Map<string, ObjectReference | undefined>();
  private readonly slices = new Map<string, readonly EndpointState[]>();
  private readonly endpoints = new Map<string, readonly EndpointState[]>();
  private readonly nodes = new Map<string, NodeState>();
  private events = new Map<string, EventState>();
  private readonly usage = new UsageSamples();

  /**
   * Takes in one API object as JSON.parse gave it; one that was there before it replaces. Never throws.
   * @param type what a list says of its items, which need not say it themselves
   * @returns whether it was taken in
   */
  add(raw: unknown, type?: ObjectType): boolean {
    const own = typeOf(raw, type);
    const id = identity(raw);
    if (!own || !id) return false;
    const { kind } = own;
    const key = `${id.namespace}/${id.name}`;
    const group = own.apiVersion.includes('/') ? own.apiVersion.slice(0, own.apiVersion.indexOf('/')) : '';
    switch (`${group}/${kind}`) {
      case '/Pod':
        return this.addPod(raw, own, id, key);
      case '/ConfigMap':
        this.maps.set(key, new ListedMap(raw, id.namespace, id.name));
        return true;
      case '/Node':
        this.nodes.set(id.name, nodeState(raw, id.name));
        return true;
      case '/Event':
      case 'events.k8s.io/Event':
        return this.addEvent(raw, key);
      case 'discovery.k8s.io/EndpointSlice':
        this.slices.set(key, endpointsOfSlice(raw));
        return true;
      case '/Endpoints':
        this.endpoints.set(key, endpointsOfEndpoints(raw));
        return true;
      case 'apps/ReplicaSet':
      case 'extensions/ReplicaSet':
        this.replicaSets.set(key, replicaSetState(raw, id.namespace, id.name));
        break;
      case 'batch/Job':
        this.jobs.set(key, controllerOf(raw));
        break;
      case '/Service':
        this.addService(raw, id.namespace, id.name);
        break;
      default:
    }
    return this.addObject(raw, own, id, key);
  }

  private addObject(raw: unknown, type: ObjectType, { namespace }: { readonly namespace: string }, key: string): boolean {
    // A ReplicaSet or Job that another object controls is a step of its chain.
    if ((type.kind === 'ReplicaSet' || type.kind === 'Job') && controllerOf(raw)) return true;
    const usesMap = (use: MapUse): void => {
      const map = `${namespace}/${use.map}`;
      const known = this.uses.get(map);
      if (!known) this.uses.set(map, [use]);
      else if (!known.some((other) => other.key === use.key && other.name === use.name)) known.push(use);
    };
    const object = project(raw, type, { namespace, edges: this.edges, usesMap });
    if (!object) return false;
    const name = `${type.kind} ${type.apiVersion.replace(/\/.*$/, '')} ${key}`;
    this.objects.set(name, object);
    return true;
  }

  private addService(raw: unknown, namespace: string, name: string): void {
    const { ports, headless } = listening(raw);
    this.edges.addService(namespace, name, ports, headless);
  }

  private addPod(raw: unknown, type: ObjectType, id: { readonly namespace: string; readonly name: string }, key: string): boolean {
    this.pods.set(key, listedPod(raw, id.namespace, id.name));
    // A pod that nobody controls is its own workload.
    if (!controllerOf(raw)) this.addObject(raw, type, id, key);
    return true;
  }

  private addEvent(raw: unknown, key: string): boolean {
    const event = eventState(raw);
    if (!event) return false;
    this.events.set(key, event);
    if (this.events.size >= 2 * MOST_EVENTS) this.events = new Map(newest(this.events));
    return true;
  }

  /** PodMetrics as they were asked for: one sample of what is new in them. @param at RFC 3339, when they were asked for */
  addUsage(items: readonly unknown[], at: string): void {
    this.usage.add(items, at);
  }

  /** The snapshot of what was added so far, without logs and answers. May be called again after more was added. */
  finish({ takenAt, cluster, reads, requests = { count: 0, durationMs: 0 } }: SnapshotAbout): Snapshot {
    const maps = [...this.maps].flatMap(([key, map]) => map.object(this.uses.get(key) ?? [], this.edges) ?? []);
    this.edges.settle();
    const chain: Chain = { replicaSets: this.replicaSets, jobs: this.jobs };
    const pods = [...this.pods.values()].map(({ state, controller }) => ({ ...state, ...ownerOf(state, controller, state.labels, chain) }));
    const sliced = [...this.slices.values()].flat();
    const withSlices = new Set(sliced.map(({ namespace, service }) => `${namespace}/${service}`));
    const plain = [...this.endpoints.values()].flat().filter(({ namespace, service }) => !withSlices.has(`${namespace}/${service}`));
    return {
      format: 'runbook-lens-snapshot',
      version: 1,
      takenAt,
      cluster,
      reads,
      objects: [...this.objects.values(), ...maps].sort(byIdentity),
      pods: pods.sort(byName),
      endpoints: withoutDoubles([...sliced, ...plain]),
      replicaSets: [...this.replicaSets.values()].sort(byName),
      nodes: [...this.nodes.values()].sort((a, b) => compare(a.name, b.name)),
      events: newest(this.events).map(([, event]) => event),
      usage: this.usage.samples(),
      logs: [],
      answers: [],
      requests,
    };
  }
}

function typeOf(raw: unknown, type: ObjectType | undefined): ObjectType | undefined {
  if (!isMap(raw)) return undefined;
  const apiVersion = textAt(raw, 'apiVersion') ?? type?.apiVersion;
  const kind = textAt(raw, 'kind') ?? type?.kind;
  return apiVersion === undefined || kind === undefined ? undefined : { apiVersion, kind };
}

function replicaSetState(raw: unknown, namespace: string, name: string): ReplicaSetState {
  const owner = controllerOf(raw);
  const revision = textAt(raw, 'metadata', 'annotations', 'deployment.kubernetes.io/revision');
  return {
    namespace,
    name,
    ...(owner ? { owner } : {}),
    createdAt: textAt(raw, 'metadata', 'creationTimestamp') ?? '',
    ...(revision !== undefined && /^\d{1,9}$/.test(revision) ? { revision: Number(revision) } : {}),
    replicas: numberAt(raw, 'status', 'replicas') ?? numberAt(raw, 'spec', 'replicas') ?? 0,
  };
}

function newest(events: ReadonlyMap<string, EventState>): [string, EventState][] {
  return [...events].sort(([keyA, a], [keyB, b]) => compare(b.lastAt ?? '', a.lastAt ?? '') || compare(keyA, keyB)).slice(0, MOST_EVENTS);
}

/** One address in several slices (IPv4 and IPv6 apart, one slice for each port) is one endpoint. */
function withoutDoubles(endpoints: readonly EndpointState[]): EndpointState[] {
  const found = new Map<string, EndpointState>();
  for (const endpoint of endpoints) {
    const key = `${endpoint.namespace}/${endpoint.service} ${endpoint.pod ?? endpoint.ip}`;
    const known = found.get(key);
    if (!known || (!known.ready && endpoint.ready)) found.set(key, endpoint);
  }
  return [...found.entries()].sort(([a], [b]) => compare(a, b)).map(([, endpoint]) => endpoint);
}

function byIdentity(a: LiveObject, b: LiveObject): number {
  return compare(identityText(a), identityText(b));
}

function identityText({ kind, apiVersion, metadata: { namespace, name } }: LiveObject): string {
  return `${typeof namespace === 'string' ? namespace : ''}/${kind}/${name}/${apiVersion}`;
}

function byName(a: { readonly namespace: string; readonly name: string }, b: typeof a): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
