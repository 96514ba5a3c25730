import { objectReference } from '../../evidence.ts';
import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import { jsonPointer } from '../../../text/json-tree.ts';
import { oncePer } from '../../../text/once.ts';
import type { Anchor } from '../../../text/source.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlNode } from '../../../text/yaml.ts';
import { objectsOfKind, sameNamespace, type Unit } from '../../../model/unit.ts';
import { parseImage } from '../../../model/version.ts';
import { type GrpcService, servicesOf, type ServicePort } from '../facts-services.ts';

/**
 * Services that say of a port that it is gRPC. Nothing in Kubernetes must say so, hence points, from the port's appProtocol and name (Istio reads both:
 * pkg/config/kube/conversion.go), from gRPC health probes (Kubernetes 1.24, or the program grpc_health_probe) and from what routes to it.
 * From 3 points it is gRPC, with less it may be. 9090 is Prometheus' port as well as anybody's, and gives none.
 */
export interface GrpcPort {
  readonly port: ServicePort;
  readonly points: number;
  /** What says so most clearly, and where. */
  readonly says: string;
  readonly object: ObjectReference;
  readonly pointer: string;
}

export interface ScoredService {
  readonly service: GrpcService;
  readonly object: ObjectReference;
  /** With a point at least, the surest first. */
  readonly ports: readonly GrpcPort[];
}

/** What several Services (one with an address, its headless twin) put before the same pods. */
export interface GrpcServer {
  readonly services: readonly ScoredService[];
  /** `maybe`: nothing but a port number or a name that others have, too. */
  readonly sure: boolean;
}

const SURE = 3;

interface Clue {
  readonly points: number;
  readonly at: Anchor;
  readonly says: string;
  readonly holder: YamlNode;
  readonly object: ObjectReference;
}

/** By namespace and name of their first Service. */
export const grpcServersOf = oncePer((unit: Unit): readonly GrpcServer[] => {
  const groups = new Map<string, ScoredService[]>();
  for (const service of servicesOf(unit)) {
    if (isMeshControlPlane(service)) continue;
    const ports = service.ports.flatMap((port) => scored(unit, service, port)).sort((a, b) => b.points - a.points);
    if (ports.length === 0) continue;
    const selector = [...service.selector].map(([key, value]) => `${key}=${value}`).sort();
    const key = `${service.object.namespace} ${selector.join()}`;
    const one = { service, object: objectReference(service.object), ports };
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()]
    .map((group) => [...group].sort((a, b) => (a.service.name < b.service.name ? -1 : 1)))
    .map((services) => ({ services, sure: services.some(({ ports }) => ports.some(({ points }) => points >= SURE)) }));
});

/**
 * istiod: its clients are the proxies, which dial it themselves, each with one stream for as long as it lives, and it ends them by age
 * (istio/istio:manifests/charts/istio-control/istio-discovery, keepaliveMaxServerConnectionAge). No target, no requests of a workload's.
 */
function isMeshControlPlane({ backends }: GrpcService): boolean {
  const images = backends.flatMap(({ spec }) => itemsAt(spec, 'containers').map((container) => textAt(container, 'image') ?? ''));
  return images.length > 0 && images.every((image) => /^(?:pilot|istiod)(?:-distroless)?$/.test(parseImage(image)?.name ?? ''));
}

export function isSure(port: GrpcPort): boolean {
  return port.points >= SURE;
}

function scored(unit: Unit, service: GrpcService, port: ServicePort): GrpcPort[] {
  const protocol = textAt(port.node, 'protocol') ?? 'TCP';
  if (protocol !== 'TCP' || /^grpc-web/.test(port.name ?? '')) return [];
  const clues = [...ownClues(service, port), ...podClues(service, port), ...routeClues(unit, service, port)];
  const [best] = [...clues].sort((a, b) => b.points - a.points);
  if (!best) return [];
  const points = clues.reduce((sum, clue) => sum + clue.points, 0);
  return [{ port, points, says: best.says, object: best.object, pointer: jsonPointer(best.holder, best.at) }];
}

function ownClues(service: GrpcService, { node, name, port, targetPort, appProtocol }: ServicePort): Clue[] {
  const { root } = service.object;
  const object = objectReference(service.object);
  const clue = (key: string, points: number): Clue[] => {
    const at = scalarAt(node, key);
    return at && points > 0 ? [{ points, at, says: `${key}: ${at.text}`, holder: root, object }] : [];
  };
  const byName =
    name === undefined ? 0 : /^grpc(?:-|$)/.test(name) ? 3 : /-grpc$/.test(name) ? 2 : /^(?:http2|h2c)(?:-|$)/.test(name) ? 1 : 0;
  const usual = [port, String(targetPort)].some((number) => number === '50051' || number === '4317');
  return [
    ...clue('appProtocol', /^(?:grpc|kubernetes\.io\/(?:h2c|grpc))$/.test(appProtocol ?? '') ? 3 : 0),
    ...clue('name', byName),
    ...clue('port', usual ? 1 : 0),
  ];
}

const PROBES = ['readinessProbe', 'livenessProbe', 'startupProbe'];

function podClues(service: GrpcService, port: ServicePort): Clue[] {
  return service.backends.flatMap(({ workload, spec }) => {
    const object = objectReference(workload);
    const clue = (points: number, at: YamlNode, says: string): Clue => ({ points, at, says, holder: workload.root, object });
    return itemsAt(spec, 'containers').flatMap((container): Clue[] => {
      const clues: Clue[] = [];
      const probe = PROBES.map((name) => scalarAt(container, name, 'grpc', 'port')).find((at) => at && Number(at.text) === port.targetPort);
      if (probe) clues.push(clue(3, probe, `grpc.port: ${probe.text}`));
      // Which port the program asks is in its arguments, which are not read.
      const program = PROBES.map((name) => scalarAt(container, name, 'exec', 'command', 0)).find((at) =>
        /(?:^|\/)grpc[_-]health[_-]probe$/.test(at?.text ?? ''),
      );
      if (program && service.ports.length === 1) clues.push(clue(3, program, program.text));
      for (const own of itemsAt(container, 'ports')) {
        const name = scalarAt(own, 'name');
        if (name && /^grpc(?!-web)/.test(name.text) && Number(textAt(own, 'containerPort')) === port.targetPort)
          clues.push(clue(2, name, `name: ${name.text}`));
      }
      return clues;
    });
  });
}

const routesOf = oncePer((unit: Unit) => objectsOfKind(unit, 'GRPCRoute'));

function routeClues(unit: Unit, service: GrpcService, port: ServicePort): Clue[] {
  return routesOf(unit).flatMap((route) =>
    itemsAt(route.root, 'spec', 'rules')
      .flatMap((rule) => itemsAt(rule, 'backendRefs'))
      .flatMap((ref): Clue[] => {
        const name = scalarAt(ref, 'name');
        const space = textAt(ref, 'namespace') ?? route.namespace;
        if (!name || name.text !== service.name || !sameNamespace(space, service.object.namespace)) return [];
        if ((textAt(ref, 'port') ?? port.port) !== port.port) return [];
        return [{ points: 2, at: name, says: 'GRPCRoute', holder: route.root, object: objectReference(route) }];
      })
      .slice(0, 1),
  );
}

/** The place of something in a Service, `''` where it doesn't say it. */
export function pointerIn(service: GrpcService, ...path: readonly string[]): string {
  const node = nodeAt(service.object.root, ...path);
  return node ? jsonPointer(service.object.root, node) : '';
}
