import { parseImage, UNKNOWN_VERSION, type VersionRange, versionOfImage } from '../../model/version.ts';
import type { Value } from '../../model/value.ts';
import type { Anchor } from '../../text/source.ts';
import { spanInScalar, type YamlNode } from '../../text/yaml.ts';

/**
 * Last segments of repositories that hold Kong itself, whatever registry and path stand before (Docker Hub: kong, kong/kong,
 * kong/kong-gateway, bitnami/kong; Bintray: kong-enterprise-edition). Konga, kong/deck, kong/kubernetes-ingress-controller and
 * plugin images end in other names.
 */
const KONG_IMAGES: ReadonlySet<string> = new Set([
  'kong',
  'kong-dev',
  'kong-gateway',
  'kong-gateway-dev',
  'kong-enterprise-edition',
  'kong-ee',
]);

/** Enterprise had its own numbers before 1.x (0.36 is built on 0.14), so those say nothing of Kong's. */
const ENTERPRISE_IMAGES: ReadonlySet<string> = new Set(['kong-gateway', 'kong-gateway-dev', 'kong-enterprise-edition', 'kong-ee']);

export function isKongImage(text: string): boolean {
  const image = parseImage(text);
  return image !== undefined && KONG_IMAGES.has(image.name);
}

/** Enterprise by its image's name, or by a version of four numbers. */
export function isEnterpriseImage(text: string): boolean {
  const image = parseImage(text);
  return image !== undefined && (ENTERPRISE_IMAGES.has(image.name) || isEnterpriseTag(image.tag ?? ''));
}

export function isEnterpriseTag(tag: string): boolean {
  return /^v?\d+\.\d+\.\d+\.\d+/.test(tag);
}

/** The version that a Kong image's tag stands for; unknown for any other image. */
export function kongVersionOfImage(text: string): VersionRange {
  const image = parseImage(text);
  if (!image || !KONG_IMAGES.has(image.name)) return UNKNOWN_VERSION;
  const version = versionOfImage(image);
  return ENTERPRISE_IMAGES.has(image.name) && version.from?.[0] === 0 ? UNKNOWN_VERSION : version;
}

/** Where an image's tag is written, else the whole image. */
export function tagAnchor(image: Value<string> | undefined): Anchor | undefined {
  const at = image?.at;
  if (!image?.known || !at) return at;
  const tagAt = parseImage(image.value)?.tagAt;
  if (!tagAt) return at;
  // Values name a repository and a tag, of which the tag's scalar is the place.
  if (isScalar(at)) return at.text === image.value ? (spanInScalar(at, tagAt.start, tagAt.end) ?? at) : at;
  const written = at.file.text.slice(at.start, at.end) === image.value;
  return written ? { file: at.file, start: at.start + tagAt.start, end: at.start + tagAt.end } : at;
}

function isScalar(at: Anchor): at is Extract<YamlNode, { kind: 'scalar' }> {
  return 'kind' in at;
}
