import { objectReference } from '../../evidence.ts';
import type { ClusterView } from '../../probe.ts';
import { serviceAddressOf } from '../../../snapshot/service-address.ts';
import type { YamlScalar } from '../../../text/yaml.ts';
import { scalarAt } from '../../../text/yaml.ts';
import { type MeshHost, meshHosts } from '../facts-hosts.ts';
import type { MeshPort } from '../facts-protocol.ts';
import { capturesPort, type MeshWorkload, meshWorkloads } from '../live-mesh.ts';
import { detectionTimeout, serverOf, suspectsOf } from '../rules/server-first-port-sniffed.ts';
import { documentedPort, type ServerFirst } from '../server-first.ts';

/** A port behind which the server speaks first, and what Istio makes of it. */
export interface ServerPort {
  readonly host: MeshHost;
  readonly port: MeshPort;
  readonly number: number;
  readonly server: ServerFirst;
  /**
   * `sniffed`, `http`: connections hang or are refused · `delayed`: they wait for MeshConfig's protocolDetectionTimeout · `declared`: somebody said that it is TCP ·
   * `by-number`: Istio takes these four for TCP
   */
  readonly state: 'sniffed' | 'http' | 'delayed' | 'declared' | 'by-number';
  readonly timeout: YamlScalar | undefined;
  /** Workloads whose sidecar takes connections to it. */
  readonly proxies: readonly MeshWorkload[];
  /** Those of them whose settings name it. */
  readonly clients: readonly MeshWorkload[];
}

const SAYS_TCP = /^(?:tcp|tls|https|mongo|redis|mysql)(?:-|$)/i;

export function serverPorts(view: ClusterView): ServerPort[] {
  const sidecars = meshWorkloads(view).filter(({ role }) => role === 'sidecar');
  const dialled = diallers(sidecars);
  const timeout = detectionTimeout(view.unit);
  return meshHosts(view.unit).flatMap((host): ServerPort[] => {
    if (host.kind === 'Service' && host.external) return [];
    const suspects = suspectsOf(host);
    return host.ports.flatMap((port): ServerPort[] => {
      const { number, protocol } = port;
      const suspect = suspects.find((one) => one.port === port);
      if (number === undefined || (!suspect && protocol !== 'tcp')) return [];
      const server = serverOf(view.unit, host, suspect ?? asSuspect(port, number));
      if (!server) return [];
      const proxies = sidecars.filter(({ sorts }) => sorts.some((pod) => capturesPort(pod, number) !== 'no'));
      const own = host.kind === 'Service' ? (dialled.get(`${host.object.namespace}/${host.object.name}`) ?? []) : [];
      const naming = new Set(own.flatMap(([mesh, named]) => (named === undefined || named === number ? [mesh] : [])));
      const clients = [...naming].filter(({ sorts }) => sorts.some((pod) => capturesPort(pod, number) !== 'no'));
      const declared = SAYS_TCP.test(port.decidedBy?.text ?? '') ? 'declared' : 'by-number';
      const state = !suspect ? declared : protocol === 'http' ? 'http' : timeout ? 'delayed' : 'sniffed';
      return [{ host, port, number, server, state, timeout, proxies, clients }];
    });
  });
}

function asSuspect(port: MeshPort, number: number): Parameters<typeof serverOf>[2] {
  const target = scalarAt(port.node, 'targetPort')?.text ?? String(number);
  return { target, documented: documentedPort(Number(target)) ?? documentedPort(number) };
}

/** Who names a Service in its settings: by the Service, with the port that is named, if any. */
function diallers(sidecars: readonly MeshWorkload[]): ReadonlyMap<string, readonly (readonly [MeshWorkload, number | undefined])[]> {
  const found = new Map<string, [MeshWorkload, number | undefined][]>();
  for (const mesh of sidecars) {
    for (const { env, init } of mesh.workload.containers) {
      if (init) continue;
      for (const variable of env.variables.values()) {
        const address = serviceAddressOf(variable);
        if (!address) continue;
        const key = `${address.namespace}/${address.name}`;
        const group = found.get(key);
        if (group) group.push([mesh, address.port]);
        else found.set(key, [[mesh, address.port]]);
      }
    }
  }
  return found;
}

export function hostName({ host: { kind, object, hosts } }: ServerPort): string {
  return kind === 'Service' ? `${object.name}.${object.namespace}` : (hosts[0]?.text ?? object.name ?? '');
}

/** Where connections to it can't work, as far as a sidecar takes them. */
export function isBroken({ state, proxies }: ServerPort): boolean {
  return (state === 'sniffed' || state === 'http') && proxies.length > 0;
}

export function referenceOf({ host }: ServerPort): ReturnType<typeof objectReference> {
  return objectReference(host.object);
}
