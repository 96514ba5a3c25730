import { ROLE_ANNOTATION } from '../../model/credential-dependants.ts';
import { kubernetesContainers } from '../../model/containers/kubernetes.ts';
import type { Container } from '../../model/container.ts';
import { type KiamProcess, kiamProcesses, kiamVersion } from '../../model/kiam-process.ts';
import { kubeObject } from '../../model/kubernetes/objects.ts';
import { parseImage, type VersionRange } from '../../model/version.ts';
import type { ContainerState, ObjectReference, PodState } from '../../snapshot/snapshot.ts';
import { jsonTree } from '../../text/json-tree.ts';
import type { ClusterView, LiveWorkload } from '../probe.ts';

/** A running pod of Kiam, with the flags that it was really started with: rollouts are `OnDelete`, so its manifest may say otherwise by now. */
export interface KiamPod {
  readonly pod: PodState;
  readonly container: ContainerState;
  readonly process: KiamProcess;
}

/** A workload of Kiam servers or agents. */
export interface KiamWorkload {
  readonly workload: LiveWorkload;
  readonly object: ObjectReference;
  readonly role: KiamProcess['role'];
  /** As the next pod will be started; missing where only pods could be read. */
  readonly manifest: KiamProcess | undefined;
  readonly container: Container | undefined;
  readonly pods: readonly KiamPod[];
}

/** Every workload of Kiam in the cluster, in the order of the snapshot. */
export function kiamWorkloads(view: ClusterView): KiamWorkload[] {
  return view.workloads.flatMap((workload): KiamWorkload[] => {
    const written = workload.containers.flatMap((container) =>
      processesIn(view, [container]).map((process) => [container, process] as const),
    );
    const pods = workload.pods.flatMap((pod) => kiamPods(view, pod));
    const role = written[0]?.[1].role ?? pods[0]?.process.role;
    if (role === undefined) return [];
    const [container, manifest] = written.find(([, process]) => process.role === role) ?? [];
    return [{ workload, object: workload.object, role, manifest, container, pods: pods.filter(({ process }) => process.role === role) }];
  });
}

function processesIn(view: ClusterView, containers: readonly Container[]): readonly KiamProcess[] {
  return kiamProcesses({ ...view.unit, objects: [], releases: [], files: [], components: [], containers });
}

function kiamPods(view: ClusterView, pod: PodState): KiamPod[] {
  if (pod.deleting || pod.phase === 'Succeeded' || pod.phase === 'Failed') return [];
  return pod.containers.flatMap((container): KiamPod[] => {
    if (container.role === 'init' || !container.args.some((word) => /kiam|^\/?(?:server|agent)$|role-base-arn/.test(word))) return [];
    const [process] = processesIn(view, containersOf(pod, container));
    return process ? [{ pod, container, process }] : [];
  });
}

/** A pod's container as the engine knows containers: its image and its command line. */
export function containersOf(pod: PodState, { name, image, args }: ContainerState): readonly Container[] {
  const object = { metadata: { name: pod.name, namespace: pod.namespace }, spec: { containers: [{ name, image, args }] } };
  const { file, root } = jsonTree(`${pod.namespace}/Pod.v1/${pod.name}.json`, object);
  return root.kind === 'map' ? kubernetesContainers([kubeObject(file, root, 'v1', 'Pod', false)]) : [];
}

export function versionOf(view: ClusterView, process: KiamProcess): VersionRange {
  return kiamVersion(process, view.repository.assume(process.at.file.path));
}

/** What runs, and what the next pod will be: all processes that count for a verdict. */
export function processesOf({ pods, manifest }: KiamWorkload): KiamProcess[] {
  return [...pods.map(({ process }) => process), ...(manifest ? [manifest] : [])];
}

/** Workloads of kube2iam, which answers the same annotation. */
export function kube2iamWorkloads(view: ClusterView): LiveWorkload[] {
  const isIts = (image: string): boolean => parseImage(image)?.name === 'kube2iam';
  return view.workloads.filter(
    ({ containers, pods }) =>
      containers.some(({ image }) => image?.known === true && isIts(image.value)) ||
      pods.some((pod) => !pod.deleting && pod.containers.some(({ image }) => isIts(image))),
  );
}

/** A workload whose running pods take their credentials from Kiam or kube2iam. */
export interface LiveDependant {
  readonly object: ObjectReference;
  readonly pods: readonly PodState[];
}

/** Sources that come before the metadata service in every SDK's chain. */
const OWN_CREDENTIALS = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_ACCESS_KEY_ID'];

/** Whether every container of a pod has credentials of its own. */
export function hasOwnCredentials({ containers }: PodState): boolean {
  const main = containers.filter(({ role, name }) => role === 'main' && !SIDECARS.has(name));
  return main.length > 0 && main.every(({ env }) => OWN_CREDENTIALS.some((name) => Object.hasOwn(env, name)));
}

export const SIDECARS: ReadonlySet<string> = new Set(['istio-proxy', 'linkerd-proxy']);

/** Kiam ignores pods that have completed (pkg/k8s/pod_cache.go: IsPodCompleted). Grouped by owner, by name. */
export function liveDependants(view: ClusterView): LiveDependant[] {
  const found = new Map<string, { readonly object: ObjectReference; readonly pods: PodState[] }>();
  for (const pod of view.snapshot.pods) {
    if ((pod.annotations[ROLE_ANNOTATION] ?? '') === '' || pod.deleting || hasOwnCredentials(pod)) continue;
    if (pod.phase !== 'Running' && pod.phase !== 'Pending') continue;
    const key = `${pod.owner.namespace}/${pod.owner.kind}/${pod.owner.name}`;
    const known = found.get(key);
    if (known) known.pods.push(pod);
    else found.set(key, { object: pod.owner, pods: [pod] });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependant]) => dependant);
}

/** What a container is written in, as far as its image's name, its command and its settings tell; often they don't. */
export function runtimeOf({ image, env, args }: ContainerState): 'Java' | 'Python' | 'Node.js' | 'Go' | undefined {
  const has = (pattern: RegExp): boolean => Object.keys(env).some((name) => pattern.test(name));
  const path = parseImage(image)?.path ?? '';
  const program = args[0] ?? '';
  if (program === 'java' || has(/^(?:JAVA_VERSION|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|JAVA_OPTS)$/)) return 'Java';
  if (has(/^PYTHON_VERSION$/)) return 'Python';
  if (has(/^NODE_VERSION$/)) return 'Node.js';
  if (has(/^(?:GOMEMLIMIT|GODEBUG|GOMAXPROCS|GOGC|GOLANG_VERSION)$/)) return 'Go';
  if (/(?:^|[/_-])(?:openjdk|temurin|corretto|jre|jdk|tomcat)(?:$|[/_-])/.test(path)) return 'Java';
  if (/(?:^|\/)python$/.test(path)) return 'Python';
  return /(?:^|\/)node$/.test(path) ? 'Node.js' : undefined;
}

/** The container of a pod that its program most likely is. */
export function mainContainer({ containers }: PodState): ContainerState | undefined {
  return containers.find(({ role, name }) => role === 'main' && !SIDECARS.has(name));
}

/** Whether the namespaces that were read may leave Kiam out. */
export function isScopeNarrow({ snapshot }: ClusterView): boolean {
  return snapshot.cluster.scope === 'listed';
}
