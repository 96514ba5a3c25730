import { labelsOf, type KubeObject, type PodTemplate } from '../../model/kubernetes/objects.ts';
import type { Assume, Unit } from '../../model/unit.ts';
import { ObjectMemo, oncePerPart } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';
import { namespaceNamed, podTemplates } from './objects.ts';

/** Whether the pods of a template get Istio's sidecar. `at` is what settles it. */
export interface Injection {
  readonly state: 'proven' | 'refuted' | 'unknown';
  readonly at: Anchor | undefined;
}

/** The injector leaves these alone whatever their labels say (istio/istio:pkg/kube/inject, IgnoredNamespaces). */
const IGNORED_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);
const INJECT = 'sidecar.istio.io/inject';
const REVISION = 'istio.io/rev';
const DATAPLANE = 'istio.io/dataplane-mode';
const NAMESPACE_INJECTION = 'istio-injection';

/**
 * By what the webhooks select (mutatingwebhook.yaml of the istiod chart) and what the injector then decides (injectRequired in
 * istio/istio:pkg/kube/inject/inject.go): hostNetwork and ambient pods never; a proxy written by hand always; labels of the pod; labels of the
 * namespace, where its manifest is in the unit; then what the user assumes. An annotation alone calls no webhook, but "false" holds
 * once one is called.
 */
export function injectionOf(unit: Unit, pod: PodTemplate, assume: Pick<Assume, 'mesh'>): Injection {
  const literal = literalInjection(pod, namespaceNamed(unit, pod.workload.namespace));
  if (literal.state !== 'unknown' || assume.mesh === undefined) return literal;
  return { state: assume.mesh === 'istio' ? 'proven' : 'refuted', at: undefined };
}

const knownInjections = new ObjectMemo<YamlMap, { readonly namespace: KubeObject | undefined; readonly injection: Injection }>();

/** Read once for a pod template and its namespace's manifest, whatever else changes in the unit. */
function literalInjection(pod: PodTemplate, namespace: KubeObject | undefined): Injection {
  const known = knownInjections.get(pod.root);
  if (known && known.namespace === namespace) return known.injection;
  const injection = readInjection(pod, namespace);
  knownInjections.set(pod.root, { namespace, injection });
  return injection;
}

function readInjection({ spec, labels, annotations, workload }: PodTemplate, namespace: KubeObject | undefined): Injection {
  if (workload.namespace !== undefined && IGNORED_NAMESPACES.has(workload.namespace)) return { state: 'refuted', at: undefined };
  const hostNetwork = scalarAt(spec, 'hostNetwork');
  if (hostNetwork?.unknown) return UNKNOWN;
  if (hostNetwork?.text === 'true') return { state: 'refuted', at: hostNetwork };
  const proxy = [...itemsAt(spec, 'containers'), ...itemsAt(spec, 'initContainers')].find((item) => textAt(item, 'name') === 'istio-proxy');
  if (proxy) return { state: 'proven', at: scalarAt(proxy, 'name') };

  const namespaceLabels = namespace && labelsOf(namespace);
  const dataplane = scalarAt(labels, DATAPLANE) ?? scalarAt(namespaceLabels, DATAPLANE);
  const podInject = scalarAt(labels, INJECT);
  const annotated = scalarAt(annotations, INJECT);
  const injection = scalarAt(namespaceLabels, NAMESPACE_INJECTION);
  const podRevision = scalarAt(labels, REVISION);
  const deciders = [dataplane, podInject, annotated, injection, podRevision];
  if (deciders.some((scalar) => scalar?.unknown) || namespaceLabels?.open) return UNKNOWN;

  if (injection?.text === 'disabled') return { state: 'refuted', at: injection };
  if (podInject?.text === 'false') return { state: 'refuted', at: podInject };
  if (podInject === undefined && annotated?.text === 'false') return { state: 'refuted', at: annotated };
  const asked = byLabels(podInject, podRevision, injection, scalarAt(namespaceLabels, REVISION));
  // A namespace in ambient mode still injects pods that ask for a sidecar.
  if (asked) return labels?.open === true && !podInject ? UNKNOWN : { state: 'proven', at: asked };
  if (dataplane?.text === 'ambient') return { state: 'refuted', at: dataplane };
  return UNKNOWN;
}

const UNKNOWN: Injection = { state: 'unknown', at: undefined };

/** The label that makes a webhook select the pod. */
function byLabels(
  podInject: YamlScalar | undefined,
  podRevision: YamlScalar | undefined,
  injection: YamlScalar | undefined,
  revision: YamlScalar | undefined,
): YamlScalar | undefined {
  // Anything but "true" is read differently by Istio up to 1.26 and from 1.27.
  if (podInject) return podInject.text === 'true' ? podInject : undefined;
  if (injection?.text === 'enabled') return injection;
  if (revision && !revision.unknown && revision.text !== '') return revision;
  return podRevision && podRevision.text !== '' ? podRevision : undefined;
}

export interface PodInjection {
  readonly pod: PodTemplate;
  readonly injection: Injection;
}

/** The pod templates of a unit with their injection. */
export interface UnitInjections {
  readonly all: readonly PodInjection[];
  readonly proven: readonly PodInjection[];
  /** Proven or unknown. */
  readonly possible: readonly PodInjection[];
}

export function injectedPods(unit: Unit, assume: Assume): UnitInjections {
  return byAssumption(unit, assume.mesh);
}

const byAssumption = oncePerPart((unit: Unit, mesh: Assume['mesh']): UnitInjections => {
  const all = podTemplates(unit).map((pod) => ({ pod, injection: injectionOf(unit, pod, { mesh }) }));
  return {
    all,
    proven: all.filter(({ injection }) => injection.state === 'proven'),
    possible: all.filter(({ injection }) => injection.state !== 'refuted'),
  };
});

/** Whether this pod's traffic reaches a port without the sidecar; `undefined`: a template decides. A hole among the annotations is not looked at. */
export function excludesOutboundPort(pod: PodTemplate, port: number): boolean | undefined {
  const scalar = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/excludeOutboundPorts');
  return scalar?.unknown ? undefined : (scalar?.text ?? '').split(',').some((item) => item.trim() === String(port));
}

/** Whether the pod's traffic to every address goes through the sidecar. Not where ranges are given or templated. */
export function capturesEverything(pod: PodTemplate): boolean {
  const include = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/includeOutboundIPRanges');
  const exclude = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/excludeOutboundIPRanges');
  const mode = scalarAt(pod.annotations, 'sidecar.istio.io/interceptionMode');
  const isDefault = (scalar: YamlScalar | undefined, text: string): boolean => !scalar || scalar.text === text;
  return isDefault(include, '*') && isDefault(exclude, '') && mode?.text !== 'NONE';
}

/** Whether a Service selects the pods of a template: all of its selector's labels are there, literally. */
export function selects(service: KubeObject, pod: PodTemplate): boolean {
  const selector = nodeAt(service.root, 'spec', 'selector');
  if (selector?.kind !== 'map' || selector.open || !sharesNamespace(service, pod.workload)) return false;
  return [...selector.pairs.keys()].every((name) => hasLabel(pod.labels, name, textAt(selector, name)));
}

function sharesNamespace(a: KubeObject, b: KubeObject): boolean {
  return a.namespace !== undefined && a.namespace === b.namespace;
}

function hasLabel(labels: YamlMap | undefined, name: string, value: string | undefined): boolean {
  return value !== undefined && textAt(labels, name) === value;
}
