import type { KubeJson } from './api.ts';

/**
 * CustomResourceDefinitions of the products, with their groups, kinds and versions but without their schemas: any spec is accepted.
 * Versions: Istio 1.22 and newer serve v1 beside the older ones; Kong's controller serves v1 and v1beta1.
 */

export interface DefinitionOptions {
  readonly group: string;
  readonly kind: string;
  /** Default: the kind in small letters with `s`. */
  readonly plural?: string;
  /** The first one is stored. */
  readonly versions: readonly string[];
  readonly scope?: 'Namespaced' | 'Cluster';
  /** False: the definition is there, and no version of it can be read. Default true. */
  readonly served?: boolean;
}

/** A definition whose objects may hold anything. */
export function definition({ group, kind, plural, versions, scope = 'Namespaced', served = true }: DefinitionOptions): KubeJson {
  const singular = kind.toLowerCase();
  const names = { kind, singular, plural: plural ?? `${singular}s`, listKind: `${kind}List` };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  // The API server wants to know who approved what lies in its own domain.
  const approved = group.endsWith('.k8s.io') ? { annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' } } : {};
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}`, ...approved },
    spec: { group, scope, names, versions: versions.map((name, index) => ({ name, served, storage: index === 0, schema })) },
  };
}

const NETWORKING = { group: 'networking.istio.io', versions: ['v1', 'v1beta1', 'v1alpha3'] };
const KONG = 'configuration.konghq.com';
const GATEWAY = { group: 'gateway.networking.k8s.io', versions: ['v1', 'v1beta1'] };

/** VirtualService, DestinationRule, Gateway, ServiceEntry, Sidecar, EnvoyFilter, PeerAuthentication. */
export const ISTIO_DEFINITIONS: readonly KubeJson[] = [
  definition({ ...NETWORKING, kind: 'VirtualService' }),
  definition({ ...NETWORKING, kind: 'DestinationRule' }),
  definition({ ...NETWORKING, kind: 'Gateway' }),
  definition({ ...NETWORKING, kind: 'ServiceEntry', plural: 'serviceentries' }),
  definition({ ...NETWORKING, kind: 'Sidecar' }),
  definition({ ...NETWORKING, kind: 'EnvoyFilter', versions: ['v1alpha3'] }),
  definition({ group: 'security.istio.io', kind: 'PeerAuthentication', versions: ['v1', 'v1beta1'] }),
];

/** KongIngress, KongPlugin, KongClusterPlugin, KongConsumer, KongUpstreamPolicy, TCPIngress, UDPIngress. */
export const KONG_DEFINITIONS: readonly KubeJson[] = [
  definition({ group: KONG, kind: 'KongIngress', plural: 'kongingresses', versions: ['v1'] }),
  definition({ group: KONG, kind: 'KongPlugin', versions: ['v1'] }),
  definition({ group: KONG, kind: 'KongClusterPlugin', versions: ['v1'], scope: 'Cluster' }),
  definition({ group: KONG, kind: 'KongConsumer', versions: ['v1'] }),
  definition({ group: KONG, kind: 'KongUpstreamPolicy', plural: 'kongupstreampolicies', versions: ['v1beta1'] }),
  definition({ group: KONG, kind: 'TCPIngress', plural: 'tcpingresses', versions: ['v1beta1'] }),
  definition({ group: KONG, kind: 'UDPIngress', plural: 'udpingresses', versions: ['v1beta1'] }),
];

/** Gateway API: GatewayClass, Gateway, HTTPRoute, GRPCRoute. */
export const GATEWAY_DEFINITIONS: readonly KubeJson[] = [
  definition({ ...GATEWAY, kind: 'GatewayClass', plural: 'gatewayclasses', scope: 'Cluster' }),
  definition({ ...GATEWAY, kind: 'Gateway' }),
  definition({ ...GATEWAY, kind: 'HTTPRoute' }),
  definition({ ...GATEWAY, kind: 'GRPCRoute', versions: ['v1'] }),
];
