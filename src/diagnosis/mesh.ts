import type { KubeObject } from '../model/kubernetes/objects.ts';
import type { Repository } from '../model/unit.ts';
import type { Anchor } from '../text/source.ts';
import { type YamlMap, mapAt, scalarAt } from '../text/yaml.ts';

type MeshEvidence = Repository['meshEvidence'][number];
type Mesh = MeshEvidence['mesh'];

const GROUPS: readonly (readonly [RegExp, Mesh])[] = [
  [/(?:^|\.)istio\.io\//, 'istio'],
  [/(?:^|\.)linkerd\.io\//, 'linkerd'],
  [/(?:^|\.)consul\.hashicorp\.com\//, 'consul'],
  [/(?:^|\.)kuma\.io\//, 'kuma'],
];

/** Present on many pods that run without Istio: it says nothing of injection. */
const NO_EVIDENCE = 'sidecar.istio.io/rewriteAppHTTPProbers';

/** The first place of each mesh that the live objects speak of: an object of its API groups, or a label or annotation of its own. */
export function firstMeshEvidence(objects: readonly KubeObject[]): MeshEvidence[] {
  const first = new Map<Mesh, MeshEvidence>();
  const note = (mesh: Mesh | undefined, at: Anchor | undefined): void => {
    if (mesh && at && !first.has(mesh)) first.set(mesh, { mesh, file: at.file, start: at.start, end: at.end });
  };
  for (const object of objects) {
    note(meshOf(object.apiVersion), scalarAt(object.root, 'apiVersion'));
    for (const holder of [object.root, mapAt(object.root, 'spec', 'template')]) {
      for (const map of [mapAt(holder, 'metadata', 'labels'), mapAt(holder, 'metadata', 'annotations')]) noteKeys(map, note);
    }
  }
  return [...first.values()];
}

function noteKeys(map: YamlMap | undefined, note: (mesh: Mesh | undefined, at: Anchor) => void): void {
  for (const [name, { key }] of map?.pairs ?? []) {
    if (name === 'istio-injection') note('istio', key);
    else if (name !== NO_EVIDENCE) note(meshOf(name), key);
  }
}

function meshOf(key: string): Mesh | undefined {
  return GROUPS.find(([pattern]) => pattern.test(key))?.[1];
}
