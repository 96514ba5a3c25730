import type { Container, EnvironmentVariable } from '../../model/container.ts';
import { parseImage } from '../../model/version.ts';
import { type LimitUse, limitUses, type OomKill, oomKills } from '../../snapshot/memory.ts';
import type { ContainerState, PodState } from '../../snapshot/snapshot.ts';
import { jsonPointer } from '../../text/json-tree.ts';
import type { Anchor } from '../../text/source.ts';
import { configEvidence } from '../evidence.ts';
import type { ClusterView, Evidence, LiveFinding, LiveWorkload, Said } from '../probe.ts';

export type Runtime = 'go' | 'jvm' | 'other';

/** What shows which runtime a container has. */
export interface RuntimeSign {
  readonly runtime: Runtime;
  /** A setting of that runtime, the program that is started, or an image that everybody knows. */
  readonly by: 'setting' | 'program' | 'image';
  readonly value: string;
  readonly at: Anchor | undefined;
}

/** A container of a workload, with what was measured of it. */
export interface LiveContainer {
  readonly workload: LiveWorkload;
  readonly name: string;
  /** As the template says it; injected containers have none. */
  readonly container: Container | undefined;
  /** Without those that are being deleted. */
  readonly pods: readonly PodState[];
  readonly sign: RuntimeSign | undefined;
  readonly kills: readonly OomKill[];
  /** How much of the limit each pod uses, the fullest first. */
  readonly uses: readonly LimitUse[];
  readonly limitMiB: number | undefined;
}

/** The containers of all workloads, without init containers. */
export function liveContainers(view: ClusterView, windowMs: number): LiveContainer[] {
  return view.workloads.flatMap((workload) => {
    const pods = workload.pods.filter(({ deleting }) => !deleting);
    const running = pods.flatMap(({ containers }) => containers).filter(({ role }) => role !== 'init');
    const declared = workload.containers.filter(({ init }) => !init);
    const names = new Set([...declared, ...running].map(({ name }) => name));
    return [...names].map((name): LiveContainer => {
      const container = declared.find((one) => one.name === name);
      const states = running.filter((one) => one.name === name);
      const declaredLimit = container?.memoryLimitMiB;
      return {
        workload,
        name,
        container,
        pods,
        sign: signOf(container, states),
        kills: oomKills(pods, name, view.now, windowMs),
        uses: limitUses(view.snapshot, pods, name),
        limitMiB:
          states.find(({ memoryLimitMiB }) => memoryLimitMiB !== undefined)?.memoryLimitMiB ??
          (declaredLimit?.known ? declaredLimit.value : undefined),
      };
    });
  });
}

const GO_SETTINGS = ['GOMEMLIMIT', 'GOGC', 'GOMAXPROCS', 'GODEBUG'];
const JVM_SETTINGS = [
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'JAVA_OPTS',
  'JAVA_VERSION',
  'JAVA_HOME',
  'CATALINA_OPTS',
  'JVM_OPTS',
  'ES_JAVA_OPTS',
];
const OTHER_SETTINGS = ['NODE_VERSION', 'PYTHON_VERSION', 'RUBY_VERSION', 'PHP_VERSION', 'NODE_OPTIONS'];

/** Programs whose own repositories say what they are written in; the last segment of the image's name. */
const GO_IMAGES =
  /^(?:prometheus|alertmanager|coredns|etcd|kiam|traefik|vault|consul|thanos|loki|tempo|minio|kube-state-metrics|metrics-server|node-exporter|cluster-autoscaler|external-dns|kubernetes-ingress-controller|argocd)$/;
const JVM_IMAGES =
  /^(?:openjdk|eclipse-temurin|amazoncorretto|zulu-openjdk|ibm-semeru-runtimes|tomcat|jetty|wildfly|keycloak|jenkins|elasticsearch(?:-oss)?|opensearch|logstash(?:-oss)?|cp-kafka|kafka|zookeeper|solr|cassandra|neo4j)$/;
const OTHER_IMAGES =
  /^(?:kong(?:-gateway|-dev)?|nginx|envoy|proxyv2|haproxy|httpd|node|python|php|ruby|redis|valkey|memcached|postgres|postgresql|mysql|mariadb|mongo|mongodb|rabbitmq|clickhouse-server|fluentd|fluent-bit|busybox|alpine)$/;

function signOf(container: Container | undefined, states: readonly ContainerState[]): RuntimeSign | undefined {
  const image = states[0]?.image ?? (container?.image?.known ? container.image.value : '');
  const name = parseImage(image)?.name ?? '';
  const byImage = (runtime: Runtime): RuntimeSign => ({ runtime, by: 'image', value: image, at: container?.image?.at });
  // An injected proxy is C++ with a small Go program beside it, whose settings it carries.
  if ((container?.name ?? states[0]?.name) === 'istio-proxy' || OTHER_IMAGES.test(name)) return byImage('other');
  const words = container ? container.args.flatMap((word) => (word.known ? [word.value] : [])) : (states[0]?.args ?? []);
  if (words.some((word) => /(?:^|[\s/])java(?:\s|$)/.test(word)))
    return { runtime: 'jvm', by: 'program', value: 'java', at: container?.args[0]?.at };
  const setting = (runtime: Runtime, settings: readonly string[]): RuntimeSign | undefined => {
    const own = settings.find((one) => container?.env.variables.has(one) || states.some(({ env }) => one in env));
    return own === undefined ? undefined : { runtime, by: 'setting', value: own, at: container?.env.variables.get(own)?.nameAt };
  };
  if (JVM_IMAGES.test(name)) return setting('jvm', JVM_SETTINGS) ?? byImage('jvm');
  const all = [setting('go', GO_SETTINGS), setting('jvm', JVM_SETTINGS), setting('other', OTHER_SETTINGS)].filter(
    (one) => one !== undefined,
  );
  // Settings that are shared by everybody say nothing.
  if (all.length > 0) return all.length === 1 ? all[0] : undefined;
  return GO_IMAGES.test(name) ? byImage('go') : undefined;
}

/** What the rules say of this container and not of its neighbours. */
export function findingsOf(view: ClusterView, { workload, container }: LiveContainer, ...rules: readonly string[]): LiveFinding[] {
  const { manifest, object } = workload;
  if (!manifest || !container?.node) return [];
  const own = `${jsonPointer(manifest.root, container.node)}/`;
  return view.findingsOf(object, ...rules).filter(({ pointer }) => pointer.startsWith(own));
}

export function variableOf({ container }: LiveContainer, name: string): EnvironmentVariable | undefined {
  return container?.env.variables.get(name);
}

export function stateOf({ name }: LiveContainer, pod: PodState): ContainerState | undefined {
  return pod.containers.find((one) => one.name === name);
}

/** The sign as evidence. */
export function signEvidence({ workload, sign }: LiveContainer, explains: Said): Evidence[] {
  if (!sign) return [];
  return [
    workload.manifest
      ? configEvidence(workload.manifest, sign.at, sign.value, explains)
      : { source: 'spec', object: workload.object, pointer: '', value: sign.value, explains },
  ];
}
