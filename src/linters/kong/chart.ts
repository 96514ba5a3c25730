import type { HelmRelease } from '../../model/unit.ts';
import { mapValue, type Value } from '../../model/value.ts';
import { parseMemoryMiB, parseQuantity } from '../../model/quantity.ts';
import { UNKNOWN_VERSION, type VersionRange, versionOfTag, versionRange } from '../../model/version.ts';
import { scalarValue } from '../../model/containers/kubernetes.ts';
import type { Anchor } from '../../text/source.ts';
import { isNull, itemsAt, mapAt, nodeAt, pairAt, scalarAt, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { isEnterpriseImage, isEnterpriseTag, isKongImage, kongVersionOfImage, tagAnchor } from './image.ts';
import { chartImageTag, isKongSetting } from './settings-history.ts';
import { readChartEnv, type SettingSource } from './setting.ts';

/** A Kong that the chart kong/kong runs (kong/ingress runs two of that chart: `controller` without Kong, `gateway` with it). */
export interface ChartGateway {
  readonly values: YamlMap;
  readonly version: VersionRange;
  readonly enterprise: boolean;
  readonly chartVersion: VersionRange;
  readonly env: SettingSource;
  readonly unseen: boolean;
  readonly memoryLimitMiB: Value<number> | undefined;
  readonly cpuLimitCores: Value<number> | undefined;
  readonly at: Anchor;
}

export function chartGateways(release: HelmRelease): ChartGateway[] {
  const { chart, repository, values } = release;
  // Bitnami's chart is another one: its settings stand in lists that are read as containers.
  if (repository?.includes('bitnami')) return [];
  const official = /konghq\.com|github\.com\/Kong\//i.test(repository ?? '');
  // A Flux release whose HelmRepository, or a helmfile whose alias, stands elsewhere.
  const unseen = repository === undefined;
  // `2.x` and `>=2.22.0` leave it open.
  const chartVersion = versionRange(release.chartVersion ?? '');
  if (chart === 'ingress') {
    const gateway = mapAt(values, 'gateway');
    // Which kong/kong it brings is the chart's own business.
    return gateway && (official || (unseen && namesOnlyKong(gateway)) || looksLikeKong(gateway))
      ? gatewayOf(gateway, release, UNKNOWN_VERSION)
      : [];
  }
  if (chart === 'kong')
    return official || (unseen && namesOnlyKong(values)) || looksLikeKong(values) ? gatewayOf(values, release, chartVersion) : [];
  if (chart !== undefined) return [];
  const [hit] = [values, mapAt(values, 'kong'), mapAt(values, 'gateway'), mapAt(values, 'ingress', 'gateway')].filter(
    (map) => map !== undefined && looksLikeKong(map),
  );
  return hit ? gatewayOf(hit, release, UNKNOWN_VERSION) : [];
}

function settingsIn(values: YamlMap): string[] {
  return [...(mapAt(values, 'env')?.pairs.keys() ?? [])].filter(isKongSetting);
}

/** Settings that another program's chart may have as well. */
const COMMON_NAMES: ReadonlySet<string> = new Set(['database', 'headers', 'plugins', 'prefix', 'role', 'ssl', 'http2']);

/** A setting that is Kong's alone: with the chart's name that is enough. */
function namesOnlyKong(values: YamlMap): boolean {
  return settingsIn(values).some((name) => !COMMON_NAMES.has(name));
}

/** `env` holds Kong's settings by Kong's names, and something else of the chart stands beside: no other chart looks so. */
function looksLikeKong(values: YamlMap): boolean {
  if (settingsIn(values).length === 0) return false;
  const image = imageText(values);
  if (image !== undefined && isKongImage(image)) return true;
  return mapAt(values, 'ingressController') !== undefined || (mapAt(values, 'proxy') !== undefined && mapAt(values, 'admin') !== undefined);
}

/** Without the tag of its own that a repository may have. */
function imageText(values: YamlMap): string | undefined {
  return textAt(values, 'image', 'unifiedRepoTag') ?? textAt(values, 'image', 'repository');
}

function gatewayOf(values: YamlMap, release: HelmRelease, chartVersion: VersionRange): ChartGateway[] {
  if (textAt(values, 'deployment', 'kong', 'enabled') === 'false' || textAt(values, 'enabled') === 'false') return [];
  const env = readChartEnv(nodeAt(values, 'env'), values);
  const quantity = (key: string, read: (text: string) => number | undefined): Value<number> | undefined => {
    const value = scalarValue(scalarAt(values, 'resources', 'limits', key), 'values');
    return value && mapValue(value, read);
  };
  return [
    {
      values,
      version: versionOf(values, release, chartVersion),
      enterprise: isEnterprise(values),
      chartVersion,
      env,
      unseen: !release.complete || itemsAt(values, 'envFrom').length > 0,
      memoryLimitMiB: quantity('memory', parseMemoryMiB),
      cpuLimitCores: quantity('cpu', parseQuantity),
      at: tagScalar(values) ?? pairAt(values, 'env')?.key ?? pairAt(values, 'image')?.key ?? firstKey(values) ?? values,
    },
  ];
}

/** What is set to something, be it only known to a template. */
function given(image: YamlNode | undefined, key: string): YamlScalar | undefined {
  const scalar = scalarAt(image, key);
  return scalar && !isNull(scalar) && (scalar.unknown !== undefined || scalar.text !== '') ? scalar : undefined;
}

function tagScalar(values: YamlMap): Anchor | undefined {
  const tag = given(nodeAt(values, 'image'), 'tag');
  if (tag) return tag;
  return tagAnchor(scalarValue(scalarAt(values, 'image', 'unifiedRepoTag'), 'values'));
}

/** `image.effectiveSemver` says what the tag doesn't; without any tag the chart's own holds. */
function versionOf(values: YamlMap, release: HelmRelease, chartVersion: VersionRange): VersionRange {
  const image = nodeAt(values, 'image');
  const effective = given(image, 'effectiveSemver');
  if (effective) return versionOfTag(effective.text);
  const written = imageText(values);
  if (written !== undefined && !isKongImage(written)) return UNKNOWN_VERSION;
  const tag = given(image, 'tag');
  if (tag) return versionOfTag(tag.text);
  if (written !== undefined && textAt(image, 'unifiedRepoTag') !== undefined) return kongVersionOfImage(written);
  if (textAt(image, 'digest') !== undefined || !release.complete) return UNKNOWN_VERSION;
  return versionOfTag(chartImageTag(chartVersion));
}

function isEnterprise(values: YamlMap): boolean {
  if (textAt(values, 'enterprise', 'enabled') === 'true') return true;
  const image = imageText(values);
  return isEnterpriseTag(textAt(values, 'image', 'tag') ?? '') || (image !== undefined && isEnterpriseImage(image));
}

function firstKey(map: YamlMap): Anchor | undefined {
  for (const pair of map.pairs.values()) return pair.key;
  return undefined;
}
