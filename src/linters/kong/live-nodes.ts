import {
  type Affected,
  affected,
  compareVersions,
  isVersionKnown,
  UNKNOWN_VERSION,
  type VersionInterval,
  type VersionRange,
} from '../../model/version.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { ContainerState, ObjectReference, PodState } from '../../snapshot/snapshot.ts';
import { objectReference } from '../evidence.ts';
import { setEnvironment, type TemplateChange } from '../kubectl.ts';
import type { ClusterView, LiveFinding, LiveWorkload } from '../probe.ts';
import { type KongInstance, kongInstances } from './facts.ts';
import { isKongImage, kongVersionOfImage } from './image.ts';

/** Kong as it runs in a cluster: a workload's container, and the pods that run it now. */
export interface KongNode {
  /** The workload, or whatever owns the pods. */
  readonly object: ObjectReference;
  readonly workload: LiveWorkload;
  /** The container's name. */
  readonly container: string;
  /** What the workload's template says; `undefined` when only its pods could be read. */
  readonly instance: KongInstance | undefined;
  /** Without those that are being deleted: they are what was, not what is. */
  readonly pods: readonly PodState[];
  /** By the images that run, else by the template; oldest first, at least one, which may be unknown. */
  readonly versions: readonly VersionRange[];
}

const RUN_TO_END: ReadonlySet<string> = new Set(['Job', 'CronJob']);

/** The Kong nodes of a cluster. Jobs, init containers and migrations don't serve traffic and are left out. */
export function kongNodes(view: ClusterView): KongNode[] {
  const nodes: KongNode[] = [];
  const seen = new Set<LiveWorkload>();
  for (const instance of kongInstances(view.unit, view.repository)) {
    const manifest = instance.container?.workload;
    if (!manifest || !instance.container) continue;
    const object = objectReference(manifest);
    const workload = view.workload(object) ?? { object, manifest, containers: [], pods: [] };
    seen.add(workload);
    nodes.push(nodeOf(workload, instance.container.name, instance));
  }
  for (const workload of view.workloads) {
    if (seen.has(workload) || workload.manifest || RUN_TO_END.has(workload.object.kind)) continue;
    const container = workload.pods.flatMap(({ containers }) => containers).find(runsKong);
    if (container) nodes.push(nodeOf(workload, container.name, undefined));
  }
  return nodes;
}

function runsKong({ image, role, args }: ContainerState): boolean {
  return role === 'main' && isKongImage(image) && !args.includes('migrations');
}

function nodeOf(workload: LiveWorkload, container: string, instance: KongInstance | undefined): KongNode {
  const pods = workload.pods.filter((pod) => !pod.deleting && pod.containers.some(({ name }) => name === container));
  return { object: workload.object, workload, container, instance, pods, versions: versionsOf(pods, container, instance) };
}

function versionsOf(pods: readonly PodState[], name: string, instance: KongInstance | undefined): VersionRange[] {
  const byText = new Map<string, VersionRange>();
  for (const { containers } of pods) {
    for (const container of containers) {
      const version = container.name === name ? kongVersionOfImage(container.image) : UNKNOWN_VERSION;
      if (isVersionKnown(version)) byText.set(version.text, version);
    }
  }
  const running = [...byText.values()].sort((a, b) => compareVersions(a.from ?? [], b.from ?? []));
  return running.length > 0 ? running : [instance?.version ?? UNKNOWN_VERSION];
}

/** Whether one of the versions that run is affected; `maybe` when one may be. During a rollout there are two. */
export function runs(node: KongNode, interval: VersionInterval): Affected {
  const all = node.versions.map((version) => affected(version, interval));
  return all.includes('yes') ? 'yes' : all.includes('maybe') ? 'maybe' : 'no';
}

/** The versions that run, for people; `?` when none is known. */
export function versionText(node: KongNode): string {
  return (
    node.versions
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(', ') || '?'
  );
}

export function stateOf(node: KongNode, pod: PodState): ContainerState | undefined {
  return pod.containers.find(({ name }) => name === node.container);
}

/** What rules say of the workload, and of the ConfigMaps that hold its settings. */
export function findingsOf(view: ClusterView, node: KongNode, ...rules: readonly string[]): LiveFinding[] {
  const holders = holdersOf(view, node);
  return [node.object, ...holders.map(objectReference)].flatMap((object) => view.findingsOf(object, ...rules));
}

/** ConfigMaps in which settings of this node are written. */
function holdersOf(view: ClusterView, { instance }: KongNode): KubeObject[] {
  const paths = new Set(instance?.written.map(({ nameAt }) => nameAt.file.path));
  return view.unit.objects.filter((object) => object.kind === 'ConfigMap' && paths.has(object.file.path));
}

/**
 * Sets one of Kong's settings as a variable of the container: the environment beats the file. Not offered where a variable of that name takes its value
 * from elsewhere, which no short command would bring back.
 * @param name Kong's own, `worker_consistency`
 */
export function settingChange(node: KongNode, name: string, text: string): TemplateChange | undefined {
  const variable = `KONG_${name.toUpperCase()}`;
  const today = node.instance?.container?.env.variables.get(variable);
  const isItem = today?.node?.kind === 'map';
  if (today && isItem && (!today.value.known || today.node.pairs.has('valueFrom'))) return undefined;
  const before = today && isItem && today.value.known ? today.value.value : undefined;
  return before === text ? undefined : setEnvironment(node.object, node.container, variable, text, before);
}

/** The one that goes on behind a working Kong: the ingress controller, in these pods or anywhere in the cluster. */
export function hasController(view: ClusterView): boolean {
  return (
    view.snapshot.pods.some(({ containers }) => containers.some(({ image }) => isControllerImage(image))) ||
    view.unit.containers.some(({ image }) => image?.known === true && isControllerImage(image.value))
  );
}

export function isControllerImage(image: string): boolean {
  return /(?:^|\/)kubernetes-ingress-controller(?::|@|$)/.test(image);
}
