import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import { mapAt, scalarAt, type YamlMap } from '../../text/yaml.ts';
import { ofKind } from './objects.ts';

/** What the control plane's installation takes out of all sidecars (`global.proxy` of its values). */
export interface MeshWideCapture {
  readonly excludedPorts: ReadonlySet<number>;
  /** Only some addresses are captured, or a template decides. */
  readonly partly: boolean;
}

export const meshWideCapture = oncePer((unit: Unit): MeshWideCapture => {
  const excludedPorts = new Set<number>();
  let partly = false;
  for (const proxy of globalProxies(unit)) {
    for (const item of (scalarAt(proxy, 'excludeOutboundPorts')?.text ?? '').split(',')) excludedPorts.add(Number(item));
    const include = scalarAt(proxy, 'includeIPRanges');
    const exclude = scalarAt(proxy, 'excludeIPRanges');
    if (proxy.open || (include && include.text !== '*') || (exclude && exclude.text !== '')) partly = true;
    if (scalarAt(proxy, 'excludeOutboundPorts')?.unknown) partly = true;
  }
  return { excludedPorts, partly };
});

/** `global.proxy` of every installation of a control plane: IstioOperator, Istio, values of the istiod chart. */
export function globalProxies(unit: Unit): YamlMap[] {
  const ofObjects = [...ofKind(unit, 'IstioOperator'), ...ofKind(unit, 'Istio')].map(({ root }) =>
    mapAt(root, 'spec', 'values', 'global', 'proxy'),
  );
  const ofReleases = unit.releases
    .filter(({ chart }) => chart === 'istiod' || chart === 'istio-discovery')
    .map(({ values }) => mapAt(values, 'global', 'proxy'));
  return [...ofObjects, ...ofReleases].filter((map) => map !== undefined);
}
