import annotationData from '../../../data/istio-annotations.json' with { type: 'json' };
import { annotationsOf, type KubeObject, podTemplateOf, podTemplatePath } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { mapAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';

/** An annotation whose key's domain is istio.io or below. */
export interface IstioAnnotation {
  readonly key: string;
  readonly keyScalar: YamlScalar;
  readonly value: YamlNode;
  /** The map of annotations that holds it. */
  readonly map: YamlMap;
  /** `pod`: on a Pod or a pod template; `values`: `podAnnotations` of a chart or of an IstioOperator; `object`: on any other object. */
  readonly place: 'pod' | 'values' | 'object';
  /** The object that carries it; for `pod` the workload; none in a values file. */
  readonly object: KubeObject | undefined;
}

/** Resources on which Istio declares each annotation, over all its releases. */
export const DECLARED: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(annotationData.annotations));
/** Names that Istio's code or charts hold without declaring them. */
export const READ_BY_CODE: ReadonlySet<string> = new Set(annotationData.readByCode);

/** Written by Istio itself: a copy of it in a manifest came out of a cluster. */
const WRITTEN_BY_ISTIO: ReadonlySet<string> = new Set(['sidecar.istio.io/status', 'istio.io/rev', 'ambient.istio.io/redirection']);

/** Read from pods only, and meant to be written by people. */
export function isPodAnnotation(key: string): boolean {
  const resources = DECLARED.get(key);
  return resources?.every((resource) => resource === 'Pod') === true && !WRITTEN_BY_ISTIO.has(key);
}

const cache = new WeakMap<Unit, readonly IstioAnnotation[]>();

export function istioAnnotations(unit: Unit): readonly IstioAnnotation[] {
  const known = cache.get(unit);
  if (known) return known;
  const found: IstioAnnotation[] = [];
  for (const object of unit.objects) {
    if (object.kind !== 'Pod') collect(annotationsOf(object), 'object', object, found);
    if (podTemplatePath(object.kind)) collect(podTemplateOf(object)?.annotations, 'pod', object, found);
    if (object.kind === 'IstioOperator' || object.kind === 'Istio') {
      for (const map of mapsNamed(object.root, 'podAnnotations')) collect(map, 'values', object, found);
    }
  }
  for (const release of unit.releases) {
    for (const map of mapsNamed(release.values, 'podAnnotations')) collect(map, 'values', undefined, found);
  }
  cache.set(unit, found);
  return found;
}

function collect(map: YamlMap | undefined, place: IstioAnnotation['place'], object: KubeObject | undefined, into: IstioAnnotation[]): void {
  for (const { key, value } of map?.pairs.values() ?? []) {
    if (map && !key.unknown && isIstioKey(key.text)) into.push({ key: key.text, keyScalar: key, value, map, place, object });
  }
}

function isIstioKey(key: string): boolean {
  const slash = key.indexOf('/');
  const domain = key.slice(0, Math.max(slash, 0));
  return domain === 'istio.io' || domain.endsWith('.istio.io');
}

const MAX_DEPTH = 8;

function mapsNamed(node: YamlNode, name: string, depth = 0): YamlMap[] {
  if (depth > MAX_DEPTH || node.kind === 'scalar') return [];
  if (node.kind === 'sequence') return node.items.flatMap((item) => mapsNamed(item, name, depth + 1));
  return [...node.pairs].flatMap(([key, { value }]) =>
    key === name && value.kind === 'map' ? [value] : mapsNamed(value, name, depth + 1),
  );
}

/** Some annotation that isn't here may be on the pods of this template: a hole stands in it. */
export function podAnnotationsOpen(object: KubeObject): boolean {
  const template = mapAt(object.root, ...(podTemplatePath(object.kind) ?? []));
  const metadata = mapAt(template, 'metadata');
  const annotations = mapAt(metadata, 'annotations');
  if (annotations) return annotations.open;
  if (metadata) return metadata.open || metadata.pairs.has('annotations');
  return template === undefined || template.open || template.pairs.has('metadata');
}
