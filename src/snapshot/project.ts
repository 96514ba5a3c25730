import type { JsonValue } from '../text/json-tree.ts';
import { keepMetadata } from './annotations.ts';
import {
  GATEWAY_CLASS_SPEC,
  INGRESS_SPEC,
  L4_INGRESS_SPEC,
  operatedSpecs,
  PLUGIN_FIELDS_KEPT,
  ROUTE_SPEC,
  UPSTREAM_POLICY_SPEC,
} from './kong.ts';
import { GATEWAY_SPEC, MESH_SPECS } from './mesh.ts';
import { keepPodSpec, type Surroundings, withoutInjected } from './pod-template.ts';
import { isMap, type Keep } from './raw.ts';
import { SERVICE_SPEC } from './services.ts';
import type { LiveObject } from './snapshot.ts';
import { AUTOSCALER_SPEC, AUTOSCALER_STATUS, cronJobSpec, SCALED_OBJECT_SPEC, WORKLOAD_STATUS, workloadSpec } from './workloads.ts';

export interface ObjectType {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The fields of an object beside `apiVersion`, `kind` and `metadata`. */
type Parts = Readonly<Record<string, Keep>>;
type PartsOf = (surroundings: Surroundings) => Parts;

const only =
  (parts: Parts): PartsOf =>
  () =>
    parts;
const spec = (keep: Keep): PartsOf => only({ spec: keep });
const workload: PartsOf = (surroundings) => ({ spec: workloadSpec(surroundings), status: WORKLOAD_STATUS });
const operated =
  (kind: string): PartsOf =>
  (surroundings) => {
    const keep = operatedSpecs(surroundings)[kind];
    const parts: Parts = keep ? { spec: keep } : {};
    return parts;
  };

interface Kind {
  /** Of the API group, without its version. */
  readonly group: RegExp;
  readonly parts: PartsOf;
}

const CORE = /^$/;
const KONG = /^configuration\.konghq\.com$/;
const OPERATED = /^gateway-operator\.konghq\.com$/;
const GATEWAY_API = /^gateway\.networking\.k8s\.io$/;
const ISTIO = /(?:^|\.)istio\.io$/;

/** Kinds whose objects a snapshot holds, with what is kept of each. A kind that several groups have stands several times. */
const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  Deployment: [{ group: /^(?:apps|extensions)$/, parts: workload }],
  StatefulSet: [{ group: /^apps$/, parts: workload }],
  DaemonSet: [{ group: /^(?:apps|extensions)$/, parts: workload }],
  ReplicationController: [{ group: CORE, parts: workload }],
  ReplicaSet: [{ group: /^(?:apps|extensions)$/, parts: workload }],
  Rollout: [{ group: /^argoproj\.io$/, parts: workload }],
  Job: [{ group: /^batch$/, parts: workload }],
  CronJob: [{ group: /^batch$/, parts: (surroundings) => ({ spec: cronJobSpec(surroundings) }) }],
  Pod: [{ group: CORE, parts: (surroundings) => ({ spec: keepPodSpec(surroundings) }) }],
  Service: [{ group: CORE, parts: spec(SERVICE_SPEC) }],
  ServiceAccount: [{ group: CORE, parts: only({}) }],
  Namespace: [{ group: CORE, parts: only({}) }],
  HorizontalPodAutoscaler: [{ group: /^autoscaling$/, parts: only({ spec: AUTOSCALER_SPEC, status: AUTOSCALER_STATUS }) }],
  ScaledObject: [{ group: /^keda\.sh$/, parts: spec(SCALED_OBJECT_SPEC) }],
  Ingress: [{ group: /^(?:networking\.k8s\.io|extensions)$/, parts: spec(INGRESS_SPEC) }],
  HTTPRoute: [{ group: GATEWAY_API, parts: spec(ROUTE_SPEC) }],
  GRPCRoute: [{ group: GATEWAY_API, parts: spec(ROUTE_SPEC) }],
  TCPRoute: [{ group: GATEWAY_API, parts: spec(ROUTE_SPEC) }],
  TLSRoute: [{ group: GATEWAY_API, parts: spec(ROUTE_SPEC) }],
  UDPRoute: [{ group: GATEWAY_API, parts: spec(ROUTE_SPEC) }],
  GatewayClass: [{ group: GATEWAY_API, parts: spec(GATEWAY_CLASS_SPEC) }],
  Gateway: [
    { group: GATEWAY_API, parts: spec(GATEWAY_SPEC) },
    { group: ISTIO, parts: mesh('Gateway') },
  ],
  KongPlugin: [{ group: KONG, parts: only(PLUGIN_FIELDS_KEPT) }],
  KongClusterPlugin: [{ group: KONG, parts: only(PLUGIN_FIELDS_KEPT) }],
  KongIngress: [{ group: KONG, parts: only({}) }],
  KongUpstreamPolicy: [{ group: KONG, parts: spec(UPSTREAM_POLICY_SPEC) }],
  TCPIngress: [{ group: KONG, parts: spec(L4_INGRESS_SPEC) }],
  UDPIngress: [{ group: KONG, parts: spec(L4_INGRESS_SPEC) }],
  DataPlane: [{ group: OPERATED, parts: operated('DataPlane') }],
  ControlPlane: [{ group: OPERATED, parts: operated('ControlPlane') }],
  GatewayConfiguration: [{ group: OPERATED, parts: operated('GatewayConfiguration') }],
  ...Object.fromEntries(
    ['DestinationRule', 'ServiceEntry', 'WorkloadEntry', 'VirtualService', 'Sidecar', 'PeerAuthentication', 'ProxyConfig', 'Telemetry'].map(
      (kind) => [kind, [{ group: ISTIO, parts: mesh(kind) }]],
    ),
  ),
  EnvoyFilter: [{ group: ISTIO, parts: mesh('EnvoyFilter') }],
  IstioOperator: [{ group: ISTIO, parts: mesh('IstioOperator') }],
  Istio: [{ group: /^sailoperator\.io$|^operator\.istio\.io$/, parts: mesh('Istio') }],
};

function mesh(kind: string): PartsOf {
  const keep = MESH_SPECS[kind];
  return spec(keep ?? (() => undefined));
}

function kindOf({ apiVersion, kind }: ObjectType): Kind | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return Object.hasOwn(KINDS, kind) ? KINDS[kind]?.find((one) => one.group.test(group)) : undefined;
}

/** The names of Kubernetes and nothing longer: what identifies an object goes into paths and reports. */
const NAME = /^[^\s/\\\0]{1,253}$/;

/** An object's name and namespace; `undefined`: it has none, as no object of an API server can. */
export function identity(raw: unknown): { readonly name: string; readonly namespace: string } | undefined {
  const metadata = isMap(raw) && Object.hasOwn(raw, 'metadata') ? raw.metadata : undefined;
  if (!isMap(metadata)) return undefined;
  const { name, namespace = '' } = metadata;
  if (typeof name !== 'string' || !NAME.test(name) || typeof namespace !== 'string') return undefined;
  return namespace === '' || NAME.test(namespace) ? { name, namespace } : undefined;
}

/**
 * What a snapshot keeps of an API object, in Kubernetes' own shape. Never throws, whatever it is given.
 * @param type as the object or the list around it says
 * @returns `undefined`: nobody reads such objects, or it has no name
 */
export function project(raw: unknown, type: ObjectType, surroundings: Surroundings): LiveObject | undefined {
  const kind = kindOf(type);
  const own = identity(raw);
  if (!kind || !own || !isMap(raw)) return undefined;
  const written = type.kind === 'Pod' ? withoutInjected(raw) : raw;
  const kept: [string, JsonValue][] = [];
  for (const [name, keep] of Object.entries(kind.parts(surroundings))) {
    const value = isMap(written) && Object.hasOwn(written, name) ? keep(written[name]) : undefined;
    if (value !== undefined) kept.push([name, value]);
  }
  return {
    apiVersion: type.apiVersion,
    kind: type.kind,
    metadata: { ...keepMetadata(raw.metadata), name: own.name },
    ...Object.fromEntries(kept),
  };
}

export function isProjected(type: ObjectType): boolean {
  return kindOf(type) !== undefined;
}
