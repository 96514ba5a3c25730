import {
  parseImage,
  UNKNOWN_VERSION,
  type Version,
  type VersionRange,
  versionOfImage,
  versionOfTag,
  versionRange,
  compareVersions,
} from '../../model/version.ts';
import type { Repository, Unit } from '../../model/unit.ts';
import { textAt } from '../../text/yaml.ts';

/** Images that are built from Istio's release and carry its version. */
const ISTIO_IMAGES: ReadonlySet<string> = new Set(['pilot', 'proxyv2', 'istiod', 'install-cni', 'ztunnel']);
/** Charts whose version is Istio's. */
const ISTIO_CHARTS: ReadonlySet<string> = new Set([
  'istiod',
  'istio-discovery',
  'base',
  'istio-base',
  'gateway',
  'cni',
  'ztunnel',
  'ambient',
]);

const cache = new WeakMap<Unit, VersionRange>();

/**
 * The Istio version that the unit's files name: images of the control plane and proxies, IstioOperator and Istio resources, Istio's
 * charts. `assume.istio` fills in where they say nothing. Several versions give the span that holds them all.
 */
export function istioVersion(unit: Unit, repository: Repository): VersionRange {
  let found = cache.get(unit);
  if (!found) {
    found = span(namedVersions(unit));
    cache.set(unit, found);
  }
  if (found.from || found.before) return found;
  const assumed = repository.assume(unit.folder).istio;
  return assumed === undefined ? found : versionRange(String(assumed));
}

function namedVersions(unit: Unit): VersionRange[] {
  const versions: VersionRange[] = [];
  for (const { image } of unit.containers) {
    if (!image?.known) continue;
    const reference = parseImage(image.value);
    if (reference && ISTIO_IMAGES.has(reference.name)) versions.push(versionOfImage(reference));
  }
  for (const object of unit.objects) {
    const tag =
      object.kind === 'IstioOperator'
        ? (textAt(object.root, 'spec', 'tag') ?? textAt(object.root, 'spec', 'values', 'global', 'tag'))
        : object.kind === 'Istio'
          ? textAt(object.root, 'spec', 'version')
          : undefined;
    if (tag !== undefined) versions.push(versionOfTag(tag.replace(/-latest$/, '')));
  }
  for (const release of unit.releases) {
    if (release.chart === undefined || !ISTIO_CHARTS.has(release.chart)) continue;
    const tag = textAt(release.values, 'global', 'tag');
    const own = isIstioRepository(release.repository) || release.chart.startsWith('istio') ? release.chartVersion : undefined;
    if (tag !== undefined) versions.push(versionOfTag(tag));
    else if (own !== undefined) versions.push(versionRange(own));
  }
  return versions.filter((version) => version.from || version.before);
}

function isIstioRepository(repository: string | undefined): boolean {
  return repository !== undefined && /istio/.test(repository);
}

function span(versions: readonly VersionRange[]): VersionRange {
  const [first, ...more] = versions;
  if (!first) return UNKNOWN_VERSION;
  let { from, before } = first;
  for (const one of more) {
    from = least(from, one.from);
    before = greatest(before, one.before);
  }
  return { ...first, from, before };
}

function least(a: Version | undefined, b: Version | undefined): Version | undefined {
  return a && b ? (compareVersions(a, b) <= 0 ? a : b) : undefined;
}

function greatest(a: Version | undefined, b: Version | undefined): Version | undefined {
  return a && b ? (compareVersions(a, b) >= 0 ? a : b) : undefined;
}
