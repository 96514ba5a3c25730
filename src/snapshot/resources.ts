/** A resource of the Kubernetes API that a snapshot is made of. */
export interface Resource {
  /** `''` for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Versions whose shape is known, best first; what a cluster serves beyond them has that shape too. */
  readonly versions: readonly string[];
}

const V1 = ['v1'];
const ISTIO = ['v1', 'v1beta1', 'v1alpha3'];
const GATEWAY = ['v1', 'v1beta1', 'v1alpha2'];
const KONG = ['v1', 'v1beta1', 'v1alpha1'];

function resource(group: string, name: string, kind: string, versions: readonly string[] = V1, namespaced = true): Resource {
  return { group, resource: name, kind, namespaced, versions };
}

/**
 * Everything that is listed, in a good order: Services first. Not here: metrics.k8s.io (samples), pods/log, services/proxy, whose answers are
 * no lists of objects.
 */
export const RESOURCES: readonly Resource[] = [
  resource('', 'namespaces', 'Namespace', V1, false),
  resource('', 'nodes', 'Node', V1, false),
  resource('', 'services', 'Service'),
  resource('apps', 'deployments', 'Deployment'),
  resource('apps', 'statefulsets', 'StatefulSet'),
  resource('apps', 'daemonsets', 'DaemonSet'),
  resource('apps', 'replicasets', 'ReplicaSet'),
  resource('batch', 'cronjobs', 'CronJob', ['v1', 'v1beta1']),
  resource('batch', 'jobs', 'Job'),
  resource('', 'pods', 'Pod'),
  resource('', 'serviceaccounts', 'ServiceAccount'),
  resource('', 'configmaps', 'ConfigMap'),
  resource('discovery.k8s.io', 'endpointslices', 'EndpointSlice', ['v1', 'v1beta1']),
  resource('autoscaling', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', ['v2', 'v2beta2', 'v1']),
  resource('', 'events', 'Event'),
  resource('networking.k8s.io', 'ingresses', 'Ingress', ['v1', 'v1beta1']),
  resource('gateway.networking.k8s.io', 'gatewayclasses', 'GatewayClass', GATEWAY, false),
  resource('gateway.networking.k8s.io', 'gateways', 'Gateway', GATEWAY),
  resource('gateway.networking.k8s.io', 'httproutes', 'HTTPRoute', GATEWAY),
  resource('gateway.networking.k8s.io', 'grpcroutes', 'GRPCRoute', GATEWAY),
  resource('gateway.networking.k8s.io', 'tcproutes', 'TCPRoute', ['v1', 'v1alpha2']),
  resource('gateway.networking.k8s.io', 'tlsroutes', 'TLSRoute', ['v1', 'v1alpha3', 'v1alpha2']),
  resource('gateway.networking.k8s.io', 'udproutes', 'UDPRoute', ['v1', 'v1alpha2']),
  resource('configuration.konghq.com', 'kongplugins', 'KongPlugin', KONG),
  resource('configuration.konghq.com', 'kongclusterplugins', 'KongClusterPlugin', KONG, false),
  resource('configuration.konghq.com', 'kongupstreampolicies', 'KongUpstreamPolicy', ['v1beta1', 'v1']),
  resource('configuration.konghq.com', 'tcpingresses', 'TCPIngress', ['v1beta1', 'v1']),
  resource('configuration.konghq.com', 'udpingresses', 'UDPIngress', ['v1beta1', 'v1']),
  resource('gateway-operator.konghq.com', 'dataplanes', 'DataPlane', ['v1beta1', 'v1alpha1']),
  resource('gateway-operator.konghq.com', 'gatewayconfigurations', 'GatewayConfiguration', ['v2beta1', 'v1beta1', 'v1alpha1']),
  resource('networking.istio.io', 'destinationrules', 'DestinationRule', ISTIO),
  resource('networking.istio.io', 'serviceentries', 'ServiceEntry', ISTIO),
  resource('networking.istio.io', 'virtualservices', 'VirtualService', ISTIO),
  resource('networking.istio.io', 'sidecars', 'Sidecar', ISTIO),
  resource('networking.istio.io', 'envoyfilters', 'EnvoyFilter', ['v1alpha3']),
  resource('networking.istio.io', 'proxyconfigs', 'ProxyConfig', ['v1beta1', 'v1']),
  resource('security.istio.io', 'peerauthentications', 'PeerAuthentication', ['v1', 'v1beta1']),
  resource('telemetry.istio.io', 'telemetries', 'Telemetry', ['v1', 'v1alpha1']),
  resource('sailoperator.io', 'istios', 'Istio', ['v1', 'v1alpha1'], false),
  resource('argoproj.io', 'rollouts', 'Rollout', ['v1alpha1']),
  resource('keda.sh', 'scaledobjects', 'ScaledObject', ['v1alpha1']),
];
