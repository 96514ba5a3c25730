import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { parseEmbeddedYaml } from '../../text/embedded.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { mapAt, nodeAt, scalarAt, type YamlMap, type YamlNode } from '../../text/yaml.ts';
import { ofKind } from './objects.ts';
import type { YamlFile } from '../../workspace/parsed-file.ts';

/** The mesh-wide configuration of one control plane, wherever it is written. */
export interface MeshConfig {
  /** `undefined`: a control plane is configured here and sets nothing mesh-wide. */
  readonly root: YamlMap | undefined;
  readonly origin: 'IstioOperator' | 'Istio' | 'ConfigMap' | 'values' | 'file';
  /** Where the control plane is configured. */
  readonly at: Anchor;
  /** Nothing unseen can add to it. */
  readonly complete: boolean;
}

/** Charts that install istiod; `istio-discovery` is its former name. */
const CONTROL_PLANE_CHARTS: ReadonlySet<string> = new Set(['istiod', 'istio-discovery']);

/**
 * The mesh configurations of a unit: `spec.meshConfig` of an IstioOperator, `spec.values.meshConfig` of it and of an Istio resource, key
 * `mesh` of a ConfigMap `istio` or `istio-<revision>`, `meshConfig` of the istiod chart's values, and a file that holds a MeshConfig alone.
 */
export const meshConfigs = oncePer((unit: Unit): readonly MeshConfig[] => [
  ...['IstioOperator', 'Istio'].flatMap((kind) => ofKind(unit, kind).flatMap(ofObject)),
  ...ofKind(unit, 'ConfigMap').filter(isIstioConfigMap).flatMap(ofObject),
  ...ofReleases(unit),
  ...ofFiles(unit),
]);

function isIstioConfigMap({ name }: KubeObject): boolean {
  return name !== undefined && (name === 'istio' || name.startsWith('istio-'));
}

const ofObject = oncePer((object: KubeObject): readonly MeshConfig[] => {
  const { kind, root } = object;
  if (kind === 'IstioOperator' || kind === 'Istio') {
    const spec = mapAt(root, 'spec');
    const own = kind === 'IstioOperator' ? mapAt(spec, 'meshConfig') : undefined;
    const values = mapAt(spec, 'values', 'meshConfig');
    const at = spec ?? root;
    const complete = !root.open;
    const roots = [own, values].filter((map) => map !== undefined);
    if (roots.length === 0) return [{ root: undefined, origin: kind, at, complete }];
    return roots.map((map) => ({ root: map, origin: kind, at: map, complete }));
  }
  const scalar = scalarAt(root, 'data', 'mesh');
  if (!scalar) return [];
  const mesh = parseEmbeddedYaml(scalar);
  if (mesh?.kind !== 'map') return [{ root: undefined, origin: 'ConfigMap', at: scalar, complete: false }];
  return [{ root: mesh, origin: 'ConfigMap', at: mesh, complete: !mesh.open }];
});

function ofReleases(unit: Unit): MeshConfig[] {
  return unit.releases.flatMap((release): MeshConfig[] => {
    const mesh = mapAt(release.values, 'meshConfig');
    const named = release.chart !== undefined && CONTROL_PLANE_CHARTS.has(release.chart);
    // A values file that stands alone counts when it speaks of a mesh.
    if (!named && !(release.chart === undefined && mesh)) return [];
    const complete = release.complete;
    return [{ root: mesh, origin: 'values', at: mesh ?? release.values, complete }];
  });
}

/** A file that is a MeshConfig as `istioctl` or a ConfigMap generator takes it: known by keys that nothing else has together. */
function ofFiles(unit: Unit): MeshConfig[] {
  const found: MeshConfig[] = [];
  for (const parsed of unit.files) if (parsed.format === 'yaml') found.push(...ofFile(parsed));
  return found;
}

const NONE: readonly MeshConfig[] = [];

const ofFile = oncePer((parsed: YamlFile): readonly MeshConfig[] => {
  if (!/(?:^|\/)mesh[^/]*\.ya?ml$/.test(parsed.file.path)) return NONE;
  return parsed.documents.flatMap(({ root }): MeshConfig[] => {
    if (root?.kind !== 'map' || !isMeshConfig(root)) return [];
    return [{ root, origin: 'file', at: root, complete: !root.open }];
  });
});

function isMeshConfig(root: YamlMap): boolean {
  return (
    mapAt(root, 'defaultConfig') !== undefined ||
    (root.pairs.has('tcpKeepalive') && (root.pairs.has('rootNamespace') || root.pairs.has('trustDomain')))
  );
}

/**
 * Whether MeshConfig turns TCP keepalive on for all upstream connections (`tcpKeepalive`, also `{}`).
 * `absent` is said only when the whole mesh configuration stands in the unit, or the user says that nothing else exists.
 */
export function meshKeepalive(unit: Unit, complete: boolean): { readonly is: 'set' | 'absent' | 'unseen'; readonly node?: YamlNode } {
  const configs = meshConfigs(unit);
  for (const { root } of configs) {
    const node = nodeAt(root, 'tcpKeepalive');
    if (node && (node.kind !== 'scalar' || node.unknown)) return { is: 'set', node };
  }
  if (complete || (configs.length > 0 && configs.every((config) => config.complete))) return { is: 'absent' };
  return { is: 'unseen' };
}
