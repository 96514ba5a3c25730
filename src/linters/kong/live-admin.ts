import { mapAt, itemsAt, textAt } from '../../text/yaml.ts';
import type { ServiceAnswer, ServiceRequest } from '../../snapshot/snapshot.ts';
import type { ClusterView } from '../probe.ts';
import { type KongNode, runs } from './live-nodes.ts';

/** A Service's port behind which Kong's Admin API or its status endpoint answers. */
export interface AdminPort {
  readonly namespace: string;
  /** `name:port` or `https:name:port`, as the API server's proxy takes it. */
  readonly service: string;
  readonly is: 'admin' | 'status';
}

/** Ports that Kong and its chart use (kong.conf.default@3.9.3: admin_listen 8001 and 8444 with TLS, status_listen 8007; charts/kong/values.yaml: status 8100). */
const PORTS: Readonly<Record<string, { readonly is: AdminPort['is']; readonly tls: boolean }>> = {
  '8001': { is: 'admin', tls: false },
  '8444': { is: 'admin', tls: true },
  '8007': { is: 'status', tls: false },
  '8100': { is: 'status', tls: false },
};

/** The Services of the node's namespace that select its pods and hand on such a port. */
export function adminPorts(view: ClusterView, node: KongNode): AdminPort[] {
  const found: AdminPort[] = [];
  for (const object of view.unit.objects) {
    if (object.kind !== 'Service' || object.namespace !== node.object.namespace || object.name === undefined) continue;
    const selector = [...(mapAt(object.root, 'spec', 'selector')?.pairs ?? [])];
    const selects = (labels: Readonly<Record<string, string>>): boolean =>
      selector.every(([key, { value }]) => value.kind === 'scalar' && labels[key] === value.text);
    if (selector.length === 0 || !node.pods.some(({ labels }) => selects(labels))) continue;
    for (const port of itemsAt(object.root, 'spec', 'ports')) {
      const number = textAt(port, 'port') ?? '';
      const known = PORTS[textAt(port, 'targetPort') ?? number] ?? PORTS[number];
      if (known)
        found.push({ namespace: node.object.namespace, service: `${known.tls ? 'https:' : ''}${object.name}:${number}`, is: known.is });
    }
  }
  return found;
}

/** In bytes, as bare numbers (kong/pdk/node.lua: get_memory_stats). */
const STATUS_PATH = '/status?unit=b&scale=0';
/** The largest page (kong/api/endpoints.lua). */
const ROUTES_PATH = '/routes?size=1000';

/** Memory of the workers (in /status since 1.2.0), and whether there are 1,000 routes. One pod answers, whichever the Service picks. */
export function adminRequests(view: ClusterView, node: KongNode): ServiceRequest[] {
  const ports = adminPorts(view, node);
  const status = runs(node, { from: '1.2.0' }) === 'no' ? undefined : ports[0];
  const admin = ports.find(({ is }) => is === 'admin');
  const request = ({ namespace, service }: AdminPort, path: string, read: ServiceRequest['read']): ServiceRequest => ({
    namespace,
    service,
    path,
    read,
  });
  return [...(status ? [request(status, STATUS_PATH, readStatus)] : []), ...(admin ? [request(admin, ROUTES_PATH, readRoutes)] : [])];
}

export function adminAnswers(view: ClusterView, node: KongNode): ServiceAnswer[] {
  const ports = adminPorts(view, node);
  return view.snapshot.answers.filter(({ namespace, service }) =>
    ports.some((port) => port.namespace === namespace && port.service === service),
  );
}

/** Numbers of Kong's status: how many workers, and the largest and the median Lua VM in bytes. What is no such answer gives none. */
export function readStatus(body: string): Readonly<Record<string, number>> {
  const vms = listOf(fieldOf(fieldOf(parse(body), 'memory'), 'workers_lua_vms')).flatMap((vm) => {
    const bytes = fieldOf(vm, 'http_allocated_gc');
    return typeof bytes === 'number' && Number.isFinite(bytes) ? [bytes] : [];
  });
  vms.sort((a, b) => a - b);
  const [largest, median] = [vms.at(-1), vms[Math.floor((vms.length - 1) / 2)]];
  return largest === undefined || median === undefined ? {} : { workers: vms.length, largestVmBytes: largest, medianVmBytes: median };
}

/** How many routes the first page holds, and whether (1) or not (0) there is another. */
export function readRoutes(body: string): Readonly<Record<string, number>> {
  const page = parse(body);
  const data = fieldOf(page, 'data');
  if (!Array.isArray(data)) return {};
  const next = fieldOf(page, 'next');
  return { routes: data.length, more: next === undefined || next === null ? 0 : 1 };
}

/** How many plugins a filtered list has: `total` up to 0.14, else the page itself. */
export function readPlugins(body: string): Readonly<Record<string, number>> {
  const page = parse(body);
  const [total, data] = [fieldOf(page, 'total'), fieldOf(page, 'data')];
  if (!Array.isArray(data)) return {};
  return { plugins: typeof total === 'number' ? total : data.length };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
