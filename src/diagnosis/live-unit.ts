import { type KubeObject, kubeObject } from '../model/kubernetes/objects.ts';
import { kubernetesContainers } from '../model/containers/kubernetes.ts';
import type { Assume, Repository, Unit } from '../model/unit.ts';
import type { Gap } from '../model/value.ts';
import type { LiveObject, ResourceRead, Snapshot } from '../snapshot/snapshot.ts';
import { jsonTree } from '../text/json-tree.ts';
import { firstMeshEvidence } from './mesh.ts';

/** The cluster as the engine knows the world: one unit, whose objects are trees with places like those of files. */
export interface LiveUnit {
  readonly unit: Unit;
  readonly repository: Repository;
  /** Which object a tree's file is. */
  readonly objectOf: ReadonlyMap<string, KubeObject>;
}

/** The unit's id, and the folder that the configuration is asked for. */
const CLUSTER = '.';

/**
 * @param assume what the user assumes; the cluster's own version wins
 */
export function liveUnit(snapshot: Snapshot, assume: Assume): LiveUnit {
  const objectOf = new Map<string, KubeObject>();
  const objects = snapshot.objects.map((object) => {
    const tree = asKubeObject(object);
    objectOf.set(tree.file.path, tree);
    return tree;
  });
  const unit: Unit = {
    id: CLUSTER,
    kind: 'cluster',
    folder: CLUSTER,
    objects,
    releases: [],
    containers: kubernetesContainers(objects),
    files: [],
    components: [],
    gaps: snapshot.reads.flatMap(gapOf),
  };
  const kubernetes = /^v?(\d+\.\d+(?:\.\d+)?)/.exec(snapshot.cluster.version)?.[1];
  const assumed: Assume = kubernetes === undefined ? assume : { ...assume, kubernetes };
  const evidence = firstMeshEvidence(objects);
  const repository: Repository = {
    units: [unit],
    components: [],
    everyUnit: (factsOf) => factsOf(unit),
    everyComponent: () => [],
    meshEvidence: evidence,
    assume: () => assumed,
  };
  return { unit, repository, objectOf };
}

/** The name of an object's file: what the engine sorts and tells apart by. Two API groups may have a kind of one name (Gateway). */
function pathOf({ apiVersion, kind, metadata }: LiveObject): string {
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : '-';
  return `${namespace}/${kind}.${apiVersion.replace(/\/.*/, '')}/${metadata.name}.json`;
}

function asKubeObject(object: LiveObject): KubeObject {
  const { kind, apiVersion } = object;
  const { file, root } = jsonTree(pathOf(object), object);
  if (root.kind !== 'map') throw new TypeError(`${file.path} is no object`);
  return kubeObject(file, root, apiVersion, kind, false);
}

/** What could not be read may hold what is then missing. A resource that the API server doesn't serve holds nothing. */
function gapOf({ group, resource, namespace, outcome, detail }: ResourceRead): Gap[] {
  if (outcome === 'read' || outcome === 'absent' || resource.includes('/')) return [];
  const path = [namespace, group === '' ? resource : `${resource}.${group}`].filter((part) => part !== undefined).join('/');
  return [{ kind: 'unreadable', path, detail: detail ?? outcome }];
}
