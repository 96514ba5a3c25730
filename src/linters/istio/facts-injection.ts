import { labelsOf, type KubeObject, type PodTemplate, podTemplateOf } from '../../model/kubernetes/objects.ts';
import type { Assume, Unit } from '../../model/unit.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';

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
export function injectionOf(unit: Unit, pod: PodTemplate, assume: Assume): Injection {
  const literal = literalInjection(unit, pod);
  if (literal.state !== 'unknown' || assume.mesh === undefined) return literal;
  return { state: assume.mesh === 'istio' ? 'proven' : 'refuted', at: undefined };
}

function literalInjection(unit: Unit, pod: PodTemplate): Injection {
  const { spec, labels, annotations, workload } = pod;
  if (workload.namespace !== undefined && IGNORED_NAMESPACES.has(workload.namespace)) return { state: 'refuted', at: undefined };
  const hostNetwork = scalarAt(spec, 'hostNetwork');
  if (hostNetwork?.unknown) return UNKNOWN;
  if (hostNetwork?.text === 'true') return { state: 'refuted', at: hostNetwork };
  const proxy = [...itemsAt(spec, 'containers'), ...itemsAt(spec, 'initContainers')].find((item) => textAt(item, 'name') === 'istio-proxy');
  if (proxy) return { state: 'proven', at: scalarAt(proxy, 'name') };

  const namespace = namespaceOf(unit, workload);
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

function namespaceOf(unit: Unit, workload: KubeObject): KubeObject | undefined {
  if (!workload.namespace) return undefined;
  return unit.objects.find((object) => object.kind === 'Namespace' && object.name === workload.namespace);
}

/** All pod templates of a unit with their injection. */
export function injectedPods(unit: Unit, assume: Assume): readonly { readonly pod: PodTemplate; readonly injection: Injection }[] {
  return unit.objects.flatMap((object) => {
    const pod = podTemplateOf(object);
    return pod ? [{ pod, injection: injectionOf(unit, pod, assume) }] : [];
  });
}

/** Ports that this pod's traffic reaches without the sidecar; `undefined`: a template decides. */
export function excludesOutboundPort(pod: PodTemplate, port: number): boolean | undefined {
  if (pod.annotations?.open) return undefined;
  const scalar = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/excludeOutboundPorts');
  if (scalar?.unknown) return undefined;
  return (scalar?.text ?? '').split(',').some((item) => item.trim() === String(port));
}

/** The pod's traffic to any address bypasses the sidecar: nothing is captured, or the listed ranges are templated or given. */
export function capturesEverything(pod: PodTemplate): boolean {
  const include = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/includeOutboundIPRanges');
  const exclude = scalarAt(pod.annotations, 'traffic.sidecar.istio.io/excludeOutboundIPRanges');
  const mode = scalarAt(pod.annotations, 'sidecar.istio.io/interceptionMode');
  const isDefault = (scalar: YamlScalar | undefined, text: string): boolean => !scalar || (!scalar.unknown && scalar.text === text);
  return isDefault(include, '*') && isDefault(exclude, '') && mode?.text !== 'NONE' && !pod.annotations?.open;
}

/** The pod templates that a Service selects: all of its selector's labels are there, literally. */
export function selectedPods(unit: Unit, service: KubeObject): PodTemplate[] {
  const selector = nodeAt(service.root, 'spec', 'selector');
  if (selector?.kind !== 'map' || selector.pairs.size === 0 || selector.open) return [];
  return unit.objects.flatMap((object) => {
    const pod = podTemplateOf(object);
    if (!pod || !sharesNamespace(service, object)) return [];
    return [...selector.pairs.values()].every(({ key, value }) => hasLabel(pod.labels, key, value.kind === 'scalar' ? value : undefined))
      ? [pod]
      : [];
  });
}

function sharesNamespace(a: KubeObject, b: KubeObject): boolean {
  return a.namespace !== undefined && a.namespace === b.namespace;
}

function hasLabel(labels: YamlMap | undefined, key: YamlScalar, value: YamlScalar | undefined): boolean {
  const own = scalarAt(labels, key.text);
  return own !== undefined && value !== undefined && !own.unknown && !value.unknown && !key.unknown && own.text === value.text;
}
