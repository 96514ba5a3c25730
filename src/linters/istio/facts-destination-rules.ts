import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import { itemsAt, mapAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';
import { isIstioNetworking } from './facts-hosts.ts';
import { portNumber } from './facts-protocol.ts';
import { ofKind } from './objects.ts';

/** A `connectionPool.tcp` of a DestinationRule and where in it. */
export interface TcpPool {
  readonly level: 'top' | 'port' | 'subset';
  /** The `tcp` map. */
  readonly tcp: YamlMap;
  /** The trafficPolicy (or port-level entry) that holds the `connectionPool`. */
  readonly policy: YamlMap;
  /** Index in `portLevelSettings`, for a port's pool. */
  readonly portIndex: number | undefined;
  /** Index in `subsets`, for a subset's pool or that of a subset's port. */
  readonly subsetIndex: number | undefined;
  /** The port a port-level pool is for; `undefined` for others and when templated. */
  readonly port: number | undefined;
}

export interface DestinationRule {
  readonly object: KubeObject;
  readonly hostScalar: YamlScalar | undefined;
  /** `undefined`: missing or templated. */
  readonly host: string | undefined;
  readonly pools: readonly TcpPool[];
}

export const destinationRules = oncePer((unit: Unit): readonly DestinationRule[] =>
  ofKind(unit, 'DestinationRule').filter(isIstioNetworking).map(destinationRule),
);

const rulesByHost = oncePer((unit: Unit): ReadonlyMap<string, readonly DestinationRule[]> => {
  const hosts = new Map<string, DestinationRule[]>();
  for (const rule of destinationRules(unit)) {
    if (rule.host === undefined) continue;
    const group = hosts.get(rule.host);
    if (group) group.push(rule);
    else hosts.set(rule.host, [rule]);
  }
  return hosts;
});

/** The rules that write their host in the same way. */
export function rulesOfSameHost(unit: Unit, { host }: DestinationRule): readonly DestinationRule[] {
  return host === undefined ? [] : (rulesByHost(unit).get(host) ?? []);
}

const destinationRule = oncePer(
  (object: KubeObject): DestinationRule => ({
    object,
    hostScalar: scalarAt(object.root, 'spec', 'host'),
    host: textAt(object.root, 'spec', 'host'),
    pools: poolsOf(object),
  }),
);

function poolsOf(object: KubeObject): TcpPool[] {
  const spec = mapAt(object.root, 'spec');
  return [
    ...policyPools(mapAt(spec, 'trafficPolicy'), undefined),
    ...itemsAt(spec, 'subsets').flatMap((subset, index) => policyPools(mapAt(subset, 'trafficPolicy'), index)),
  ];
}

function policyPools(policy: YamlMap | undefined, subsetIndex: number | undefined): TcpPool[] {
  if (!policy) return [];
  const own = mapAt(policy, 'connectionPool', 'tcp');
  const level = subsetIndex === undefined ? 'top' : 'subset';
  const pools: TcpPool[] = own ? [{ level, tcp: own, policy, portIndex: undefined, subsetIndex, port: undefined }] : [];
  for (const [portIndex, item] of itemsAt(policy, 'portLevelSettings').entries()) {
    const tcp = mapAt(item, 'connectionPool', 'tcp');
    if (!tcp || item.kind !== 'map') continue;
    pools.push({ level: 'port', tcp, policy: item, portIndex, subsetIndex, port: portNumber(scalarAt(item, 'port', 'number')) });
  }
  return pools;
}
