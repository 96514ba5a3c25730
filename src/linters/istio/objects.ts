import { type KubeObject, type PodTemplate, podTemplateOf, podTemplatePath } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';

const objectsByKind = oncePer((unit: Unit): ReadonlyMap<string, readonly KubeObject[]> => {
  const kinds = new Map<string, KubeObject[]>();
  for (const object of unit.objects) {
    const group = kinds.get(object.kind);
    if (group) group.push(object);
    else kinds.set(object.kind, [object]);
  }
  return kinds;
});

const NONE: readonly KubeObject[] = [];

/** The objects of one kind, from an index: few of a unit's objects concern Istio. */
export function ofKind(unit: Unit, kind: string): readonly KubeObject[] {
  return objectsByKind(unit).get(kind) ?? NONE;
}

const namespacesByName = oncePer(
  (unit: Unit): ReadonlyMap<string, KubeObject> =>
    new Map(
      [...ofKind(unit, 'Namespace')]
        .reverse()
        .flatMap((object): [string, KubeObject][] => (object.name === undefined ? [] : [[object.name, object]])),
    ),
);

/** The manifest of a namespace, where it is in the unit. */
export function namespaceNamed(unit: Unit, name: string | undefined): KubeObject | undefined {
  return name === undefined ? undefined : namespacesByName(unit).get(name);
}

const templateOf = oncePer(podTemplateOf);

/** All pod templates of a unit. */
export const podTemplates = oncePer((unit: Unit): readonly PodTemplate[] => {
  const pods: PodTemplate[] = [];
  for (const [kind, objects] of objectsByKind(unit)) {
    if (!podTemplatePath(kind)) continue;
    for (const object of objects) {
      const pod = templateOf(object);
      if (pod) pods.push(pod);
    }
  }
  return pods;
});
