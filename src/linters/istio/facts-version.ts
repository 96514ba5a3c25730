import {
  isVersionKnown,
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
import { oncePer } from '../../text/once.ts';
import { textAt } from '../../text/yaml.ts';
import type { Container } from '../../model/container.ts';
import { ofKind } from './objects.ts';

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

const versionInFiles = oncePer((unit: Unit): VersionRange => span(namedVersions(unit)));

const versionOfContainer = oncePer(({ image }: Container): VersionRange | undefined => {
  if (!image?.known) return undefined;
  const reference = parseImage(image.value);
  return reference && ISTIO_IMAGES.has(reference.name) ? versionOfImage(reference) : undefined;
});

/**
 * The Istio version that the unit's files name: images of the control plane and proxies, IstioOperator and Istio resources, Istio's
 * charts. `assume.istio` fills in where they say nothing. Several versions give the span that holds them all.
 */
export function istioVersion(unit: Unit, repository: Repository): VersionRange {
  const found = versionInFiles(unit);
  if (isVersionKnown(found)) return found;
  const assumed = repository.assume(unit.folder).istio;
  return assumed === undefined ? found : versionRange(String(assumed));
}

function namedVersions(unit: Unit): VersionRange[] {
  const versions: VersionRange[] = [];
  for (const container of unit.containers) {
    const version = versionOfContainer(container);
    if (version) versions.push(version);
  }
  const tags = [
    ...ofKind(unit, 'IstioOperator').map(({ root }) => textAt(root, 'spec', 'tag') ?? textAt(root, 'spec', 'values', 'global', 'tag')),
    ...ofKind(unit, 'Istio').map(({ root }) => textAt(root, 'spec', 'version')),
  ];
  for (const tag of tags) if (tag !== undefined) versions.push(versionOfTag(tag.replace(/-latest$/, '')));
  for (const release of unit.releases) {
    if (release.chart === undefined || !ISTIO_CHARTS.has(release.chart)) continue;
    const tag = textAt(release.values, 'global', 'tag');
    const own = isIstioRepository(release.repository) || release.chart.startsWith('istio') ? release.chartVersion : undefined;
    if (tag !== undefined) versions.push(versionOfTag(tag));
    else if (own !== undefined) versions.push(versionRange(own));
  }
  return versions.filter(isVersionKnown);
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
  return a && b ? [a, b].toSorted(compareVersions)[0] : undefined;
}

function greatest(a: Version | undefined, b: Version | undefined): Version | undefined {
  return a && b ? [a, b].toSorted(compareVersions)[1] : undefined;
}
