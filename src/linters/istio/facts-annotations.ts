import annotationData from '../../../data/istio-annotations.json' with { type: 'json' };
import { annotationsOf, type KubeObject, podTemplateOf, podTemplatePath } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { affected, type VersionRange } from '../../model/version.ts';
import { oncePer } from '../../text/once.ts';
import { isNull, mapAt, nodeAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';

/** An annotation whose key's domain is istio.io or below. */
export interface IstioAnnotation {
  readonly key: string;
  readonly keyScalar: YamlScalar;
  readonly value: YamlNode;
  /** The map of annotations that holds it. */
  readonly map: YamlMap;
  /** `pod`: on a Pod or a pod template; `values`: `podAnnotations` of a chart or of an IstioOperator; `object`: on, or for, any other object. */
  readonly place: 'pod' | 'values' | 'object';
  /** The object that carries it; for `pod` the workload; none in a chart's values. */
  readonly object: KubeObject | undefined;
}

/** Resources on which Istio declares each annotation, over all its releases. */
export const DECLARED: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(annotationData.annotations));
const SINCE: ReadonlyMap<string, string> = new Map(Object.entries(annotationData.since));
const REMOVED_IN: ReadonlyMap<string, string> = new Map(Object.entries(annotationData.removedIn));

/** The names that an Istio of this version may know: not those that came later or were removed before. */
export function namesKnownTo(version: VersionRange): string[] {
  return [...DECLARED.keys()].filter((name) => {
    const from = SINCE.get(name);
    const before = REMOVED_IN.get(name);
    return affected(version, { from, before }) !== 'no';
  });
}

/** Names that Istio's code or charts hold without declaring them. */
export const READ_BY_CODE: ReadonlySet<string> = new Set(annotationData.readByCode);

/** Written by Istio itself: a copy of it in a manifest came out of a cluster. */
const WRITTEN_BY_ISTIO: ReadonlySet<string> = new Set(['sidecar.istio.io/status', 'istio.io/rev', 'ambient.istio.io/redirection']);

/** Read from pods only, and meant to be written by people. */
export function isPodAnnotation(key: string): boolean {
  const resources = DECLARED.get(key);
  return resources?.every((resource) => resource === 'Pod') === true && !WRITTEN_BY_ISTIO.has(key);
}

export const istioAnnotations = oncePer((unit: Unit): readonly IstioAnnotation[] => {
  const found: IstioAnnotation[] = [];
  for (const object of unit.objects) found.push(...ofObject(object));
  for (const { values } of unit.releases) found.push(...ofValues(values));
  return found;
});

const NONE: readonly IstioAnnotation[] = [];

const ofObject = oncePer((object: KubeObject): readonly IstioAnnotation[] => {
  const found: IstioAnnotation[] = [];
  const { kind } = object;
  if (kind !== 'Pod') collect(annotationsOf(object), 'object', object, found);
  // What a CronJob puts on its Jobs.
  collect(mapAt(object.root, 'spec', 'jobTemplate', 'metadata', 'annotations'), 'object', object, found);
  collect(podTemplateOf(object)?.annotations, 'pod', object, found);
  if (kind === 'IstioOperator' || kind === 'Istio') collectFromValues(nodeAt(object.root, 'spec'), object, found);
  return found.length > 0 ? found : NONE;
});

const ofValues = oncePer((values: YamlMap): readonly IstioAnnotation[] => {
  const found: IstioAnnotation[] = [];
  collectFromValues(values, undefined, found);
  return found;
});

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

/** Keys below which charts keep annotations of pods. */
const POD_KEYS: ReadonlySet<string> = new Set(['pod', 'podMetadata', 'podTemplate']);

/** Charts call them `podAnnotations`, or `annotations` and the like below `pod`; other maps of annotations go to other objects. */
function collectFromValues(
  node: YamlNode | undefined,
  object: KubeObject | undefined,
  into: IstioAnnotation[],
  parent: string | undefined = undefined,
): void {
  if (!node || node.kind === 'scalar') return;
  if (node.kind === 'sequence') {
    for (const item of node.items) collectFromValues(item, object, into);
    return;
  }
  for (const [key, { value }] of node.pairs) {
    if (value.kind === 'map' && /annotations$/i.test(key)) {
      const ofPods = key === 'podAnnotations' || (parent !== undefined && POD_KEYS.has(parent));
      collect(value, ofPods ? 'values' : 'object', object, into);
    } else collectFromValues(value, object, into, key);
  }
}

/** Some annotation that isn't here may be on the pods of this template: a hole stands in it. */
export function podAnnotationsOpen(object: KubeObject): boolean {
  const template = mapAt(object.root, ...(podTemplatePath(object.kind) ?? []));
  const metadata = mapAt(template, 'metadata');
  const annotations = nodeAt(metadata, 'annotations');
  if (annotations?.kind === 'map') return annotations.open;
  // `annotations:` with nothing below it, as a comment leaves it behind.
  if (annotations) return annotations.kind !== 'scalar' || !isNull(annotations);
  if (metadata) return metadata.open;
  return template === undefined || template.open || template.pairs.has('metadata');
}
