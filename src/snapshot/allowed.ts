/**
 * Everything whose *value* a snapshot keeps although its key is free: annotations, environment settings, flags, keys of ConfigMaps. Each entry
 * names who reads it. What isn't here is kept as a name at most. A form bounds what a value may look like, so that a setting that is used for
 * something else gives nothing away.
 */

export interface Allowed {
  readonly name: string | RegExp;
  readonly form: RegExp;
  /** Rules, probes or facts that read it. */
  readonly readBy: string;
}

const WORD = /^[\w.:/@%,;+*~-]*$/;
const SWITCH = /^(?:true|false|enabled|disabled|on|off|yes|no|ingress|\d{1,6}|)$/i;
/** What somebody wrote where a number, a size or a duration belongs: also wrong ones, which rules are about. */
const AMOUNT = /^[-+]?[\w.% ]{0,32}$/;
/** Numbers, addresses and ranges with commas, also mistaken ones. */
const NETWORK_LIST = /^[\w\s.,;:，*/[\]-]{0,500}$/;

export const ANNOTATIONS: readonly Allowed[] = [
  {
    name: /^traffic\.sidecar\.istio\.io\/(?:in|ex)clude\w+$/,
    form: NETWORK_LIST,
    readBy: 'istio/invalid-port-list, istio/invalid-cidr-list, idle timeout',
  },
  { name: /^traffic\.sidecar\.istio\.io\/\w+$/, form: NETWORK_LIST, readBy: 'istio/invalid-cidr-list' },
  { name: /^istio\.io\/reroute-virtual-interfaces$/, form: NETWORK_LIST, readBy: 'idle timeout (ambient)' },
  { name: 'sidecar.istio.io/inject', form: AMOUNT, readBy: 'injection, istio/annotation-on-wrong-object' },
  { name: 'sidecar.istio.io/interceptionMode', form: WORD, readBy: 'injection' },
  { name: 'sidecar.istio.io/rewriteAppHTTPProbers', form: SWITCH, readBy: 'mesh evidence' },
  { name: /^sidecar\.istio\.io\/proxy(?:CPU|Memory)(?:Limit)?$/, form: AMOUNT, readBy: 'memory of sidecars' },
  { name: 'istio.io/rev', form: WORD, readBy: 'injection' },
  { name: 'istio.io/dataplane-mode', form: WORD, readBy: 'injection' },
  { name: 'istio.io/use-waypoint', form: WORD, readBy: 'grpc mesh facts' },
  { name: /^ambient\.istio\.io\/(?:redirection|bypass-inbound-capture|dns-capture)$/, form: SWITCH, readBy: 'injection, ambient' },
  { name: /^(?:networking\.istio\.io\/exportTo|networking\.istio\.io\/traffic-distribution)$/, form: WORD, readBy: 'hosts of the mesh' },
  { name: 'linkerd.io/inject', form: SWITCH, readBy: 'grpc mesh facts' },
  { name: /^config\.linkerd\.io\/(?:skip-(?:in|out)bound-ports|opaque-ports)$/, form: NETWORK_LIST, readBy: 'grpc mesh facts' },
  { name: 'consul.hashicorp.com/connect-inject', form: SWITCH, readBy: 'grpc mesh facts' },
  { name: 'kuma.io/sidecar-injection', form: SWITCH, readBy: 'grpc mesh facts' },
  {
    name: /^iam\.amazonaws\.com\/(?:role|permitted)$/,
    form: /^[\w.:/@+=,*()[\]|^$?\\-]{0,500}$/,
    readBy: 'kiam dependants, kiam/role-annotation-misplaced, pods without credentials',
  },
  { name: 'eks.amazonaws.com/role-arn', form: WORD, readBy: 'kiam: migration to IRSA' },
  { name: 'kubernetes.io/ingress.class', form: WORD, readBy: 'kong route count' },
  { name: 'nginx.ingress.kubernetes.io/backend-protocol', form: WORD, readBy: 'which Services speak gRPC' },
  { name: 'konghq.com/plugins', form: WORD, readBy: 'kong/cache-ttl-zero (where bot-detection is in use)' },
  { name: 'konghq.com/gatewayclass-unmanaged', form: WORD, readBy: 'kong route count' },
  { name: 'deployment.kubernetes.io/revision', form: /^\d{1,9}$/, readBy: 'rollouts, drift' },
  { name: 'kubectl.kubernetes.io/restartedAt', form: /^[\d:TZ.+-]{0,40}$/, readBy: 'rollouts' },
  { name: 'service.kubernetes.io/topology-mode', form: WORD, readBy: 'grpc skew' },
  { name: 'service.kubernetes.io/topology-aware-hints', form: WORD, readBy: 'grpc skew' },
  { name: 'config.kubernetes.io/local-config', form: SWITCH, readBy: 'which objects are applied' },
  { name: 'helm.sh/hook', form: WORD, readBy: 'which objects are applied' },
];

/** Annotations of these owners keep their key whatever it is, with a value that is not known: istio/unknown-annotation, mesh evidence. */
export const ANNOTATION_DOMAINS = /(?:^|\.)(?:istio\.io|linkerd\.io|consul\.hashicorp\.com|kuma\.io|iam\.amazonaws\.com)\//;

/** Kong's settings that rules and probes read; the names of all others stay, their values don't. */
const KONG_SETTINGS = [
  'admin_listen', // kong/probe-on-admin-root
  'cluster_control_plane', // hybrid mode: whether it is set
  'database', // effective.ts
  'db_cache_neg_ttl',
  'db_cache_ttl', // kong/db-cache-ttl-zero
  'db_resurrect_ttl',
  'db_update_frequency',
  'db_update_propagation',
  'declarative_config',
  'log_level',
  'lua_code_cache',
  'mem_cache_size', // kong/limit-below-rebuild-headroom
  'nginx_daemon',
  'nginx_http_lua_regex_cache_max_entries',
  'nginx_main_worker_processes', // kong/workers-auto-in-container
  'nginx_worker_processes',
  'pg_timeout', // kong/strict-consistency
  'plugins',
  'proxy_listen',
  'role', // effective.ts
  'router_consistency', // kong/strict-consistency
  'router_flavor', // kong/full-rebuild-flavor
  'router_update_frequency',
  'status_listen', // kong/probe-on-admin-root
  'stream_listen', // memory.ts
  'upstream_keepalive',
  'worker_consistency', // kong/strict-consistency
  'worker_state_update_frequency',
];

export const KONG_SETTING_FORM = /^[\w\s.,:;/*%[\]-]{0,500}$/;

export function isKongSettingKept(name: string): boolean {
  return KONG_SETTINGS.includes(name);
}

export const ENVIRONMENT: readonly Allowed[] = [
  { name: 'GOMEMLIMIT', form: AMOUNT, readBy: 'runtime/gomemlimit-malformed, runtime/gomemlimit-vs-limit' },
  { name: 'GOGC', form: AMOUNT, readBy: 'runtime/gomemlimit-vs-limit' },
  { name: 'GODEBUG', form: /^[\w=,.+-]{0,200}$/, readBy: 'go memory, netdns' },
  { name: 'GOMAXPROCS', form: AMOUNT, readBy: 'go memory' },
  { name: /^(?:JAVA|PYTHON|NODE|GOLANG|RUBY|PHP)_VERSION$/, form: /^[\w.+-]{0,64}$/, readBy: 'which runtime a container has' },
  { name: 'RES_OPTIONS', form: /^[\w:. -]{0,200}$/, readBy: 'dns probes' },
  { name: /^AWS_METADATA_SERVICE_(?:TIMEOUT|NUM_ATTEMPTS)$/, form: AMOUNT, readBy: 'kiam probes' },
  { name: /^AWS_EC2_METADATA_(?:DISABLED|V1_DISABLED|SERVICE_ENDPOINT_MODE)$/, form: WORD, readBy: 'kiam probes' },
  { name: 'ISTIO_META_IDLE_TIMEOUT', form: AMOUNT, readBy: 'istio/idle-timeout-unparsable, idle timeout' },
  {
    name: /^(?:ISTIO_META_DNS_CAPTURE|ISTIO_META_DNS_AUTO_ALLOCATE|EXIT_ON_ZERO_ACTIVE_CONNECTIONS)$/,
    form: SWITCH,
    readBy: 'idle timeout, draining',
  },
  {
    name: /^(?:PILOT|ENABLE)_[A-Z0-9_]+$/,
    form: /^(?:true|false|\d{1,9}(?:\.\d+)?(?:ms|s|m|h)?|)$/,
    readBy: 'istiod: native sidecars, features',
  },
  { name: /^KEEPALIVE_(?:ENABLED|TIME|INTERVAL|RETRIES)$/, form: /^(?:true|false|\d{1,9}(?:ms|s|m|h)?|)$/, readBy: 'ztunnel keepalive' },
  { name: /^GRPC_DNS_RESOLVER$/, form: WORD, readBy: 'grpc probes' },
  {
    name: /^CONTROLLER_(?:INGRESS_CLASS|WATCH_NAMESPACE|FEATURE_GATES|PROXY_SYNC_SECONDS|SYNC_PERIOD|KONG_ADMIN_CONCURRENCY|ELECTION_ID)$/,
    form: /^[\w.,=/ -]{0,200}$/,
    readBy: 'kong route count',
  },
];

/** It matters that these are there; their values are paths, addresses or secrets. */
export const ENVIRONMENT_PRESENCE: readonly string[] = [
  'AWS_WEB_IDENTITY_TOKEN_FILE', // kiam: credentials of their own
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_ACCESS_KEY_ID',
  'AWS_ROLE_ARN',
];

/** Flags of the programs that probes read, by program. The value of any other flag is dropped with its name. */
export const FLAGS: Readonly<
  Record<'kiam-values' | 'kube2iam' | 'istio-init' | 'istio-proxy' | 'controller' | 'coredns', readonly Allowed[]>
> = {
  // Kiam's other flags keep their names only (kiam/flag-not-in-version).
  'kiam-values': [
    { name: /^session-(?:duration|refresh)$/, form: AMOUNT, readBy: 'kiam/session-window, kiam/refresh-not-below-duration' },
    {
      name: /^(?:sync|sts-endpoint-timeout|gateway-timeout-creation|timeout-kiam-gateway|server-address-refresh)$/,
      form: AMOUNT,
      readBy: 'kiam probes',
    },
    { name: /^(?:fetchers|prefetch-buffer-size|port|prometheus-listen-addr|level)$/, form: /^[\w.:]{0,64}$/, readBy: 'kiam probes' },
    { name: 'host-interface', form: /^[\w!+.@-]{0,64}$/, readBy: 'kiam/pods-without-credentials' },
    { name: 'region', form: /^[a-z0-9-]{0,32}$/, readBy: 'kiam probes' },
    { name: /^grpc-(?:keepalive|max-connection)-[a-z-]+$/, form: AMOUNT, readBy: 'kiam probes' },
    {
      name: 'role-base-arn',
      form: /^arn:aws[a-z-]{0,20}:iam::\d{12}:role\/[\w+=,.@/-]{0,200}$/,
      readBy: 'kiam/pods-without-credentials: what a Namespace permits is compared with the whole ARN',
    },
  ],
  kube2iam: [{ name: 'iam-role-session-ttl', form: AMOUNT, readBy: 'kiam/credential-refresh-storm' }],
  'istio-init': [
    {
      name: /^[pzumibdxocke]$|^istio-(?:in|out)bound-[a-z-]+$|^istio-service-cidr$/,
      form: NETWORK_LIST,
      readBy: 'idle timeout: what is captured',
    },
  ],
  'istio-proxy': [{ name: /^(?:concurrency|drainDuration|parentShutdownDuration)$/, form: AMOUNT, readBy: 'idle timeout' }],
  controller: [
    { name: /^(?:ingress-class|watch-namespace|feature-gates|election-id)$/, form: /^[\w.,=/-]{0,200}$/, readBy: 'kong route count' },
    {
      name: /^(?:proxy-sync-seconds|sync-period|kong-admin-concurrency|enable-reverse-sync|use-last-valid-config-for-fallback)$/,
      form: AMOUNT,
      readBy: 'kong router rebuild',
    },
  ],
  coredns: [
    { name: /^(?:conf|localip|syncinterval|interfacename)$/, form: WORD, readBy: 'dns probes: which Corefile, NodeLocal DNSCache' },
  ],
};

/** Directives of a Corefile whose arguments stay; the blocks of others are gone. */
export const COREFILE_DIRECTIVES: ReadonlySet<string> = new Set([
  'autopath',
  'cache',
  'denial',
  'errors',
  'fallthrough',
  'fanout',
  'force_tcp',
  'forward',
  'health',
  'kubernetes',
  'lameduck',
  'loadbalance',
  'log',
  'loop',
  'max_concurrent',
  'max_fails',
  'pods',
  'policy',
  'prefer_udp',
  'prefetch',
  'prometheus',
  'proxy',
  'ready',
  'reload',
  'serve_stale',
  'success',
  'template',
  'ttl',
]);

/** Settings of a declarative configuration's plugin that kong/plugin-whitelist-blacklist looks for; only that they are there. */
export const PLUGIN_FIELDS: readonly string[] = ['whitelist', 'blacklist', 'allow', 'deny'];

/** Reasons of events that some probe counts; `message`: it reads the text too. */
export const EVENT_REASONS: Readonly<Record<string, { readonly message: boolean; readonly readBy: string }>> = {
  BackOff: { message: false, readBy: 'restarts' },
  DNSConfigForming: { message: false, readBy: 'dns: search list cut' },
  Evicted: { message: false, readBy: 'memory' },
  FailedCreate: { message: true, readBy: 'istio/annotations-that-do-nothing: injection refused; kiam' },
  Killing: { message: false, readBy: 'restarts' },
  KongConfigurationApplyFailed: { message: false, readBy: 'kong: configuration that was refused' },
  KongConfigurationTranslationFailed: { message: false, readBy: 'kong: configuration that was refused' },
  KiamCredentialError: { message: true, readBy: 'kiam' },
  KiamRoleForbidden: { message: true, readBy: 'kiam' },
  OOMKilling: { message: true, readBy: 'memory: which process' },
  ScalingReplicaSet: { message: false, readBy: 'grpc skew: a rollout in progress' },
  SuccessfulRescale: { message: false, readBy: 'grpc skew: scaled just now' },
  SystemOOM: { message: true, readBy: 'memory' },
  // What a probe's command printed may be anything.
  Unhealthy: { message: false, readBy: 'kong: probes that time out' },
};

/** The entry for a name, or none. */
export function allowedIn(entries: readonly Allowed[], name: string): Allowed | undefined {
  return entries.find((entry) => (typeof entry.name === 'string' ? entry.name === name : entry.name.test(name)));
}
