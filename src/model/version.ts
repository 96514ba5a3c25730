import semver from 'semver';
import type { Span } from '../text/source.ts';

/** Numeric parts, most significant first. Missing parts count as 0: `2.8` equals `2.8.0.0`. Kong Enterprise has four. */
export type Version = readonly number[];

/** A stretch of versions. Neither bound: the version is unknown. */
export interface VersionRange {
  /** Inclusive. */
  readonly from: Version | undefined;
  /** Exclusive. */
  readonly before: Version | undefined;
  /** A release candidate, beta, snapshot or Go pseudo-version of `from`: it may lack what `from` brought. */
  readonly prerelease: boolean;
  /** As written. */
  readonly text: string;
}

/** Versions of a product: an interval (`from` inclusive, `before` exclusive; a missing bound is open) or a list of exact versions. */
export type VersionInterval =
  | { readonly from?: string; readonly before?: string; readonly only?: undefined }
  | { readonly only: readonly string[]; readonly from?: undefined; readonly before?: undefined };

export type Affected = 'yes' | 'no' | 'maybe';

/** A year or a commit hash of digits is no version of any product we know. */
const MAX_MAJOR = 999;
const MAX_PART = 1_000_000_000;

/** Negative when `a` is older. */
export function compareVersions(a: Version, b: Version): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numeric parts of `1.2`, `v1.2.3`, `2.8.2.3`, with or without a suffix; `undefined` when the text doesn't start with a number. */
export function parseVersion(text: string): Version | undefined {
  return splitVersion(text)?.parts;
}

interface SplitVersion {
  readonly parts: Version;
  /** What follows the numbers: `-alpine`, `-rc.1`, `.Final`. */
  readonly suffix: string;
}

function splitVersion(text: string): SplitVersion | undefined {
  const match = /^v?(\d+(?:\.\d+){0,5})(.*)$/su.exec(text.trim());
  if (!match) return undefined;
  const parts = (match[1] ?? '').split('.').map(Number);
  return parts.every((part) => part <= MAX_PART) ? { parts, suffix: match[2] ?? '' } : undefined;
}

/** `-rc.1`, `-SNAPSHOT`, `b2`, `.dev0`, Go's `-0.20210101…-hash`. A variant such as `-alpine` or `-debian-11-r3` is none. */
function isPrerelease(suffix: string): boolean {
  return (
    /^[-._+]?(?:alpha|beta|rc|cr|preview|pre|dev|nightly|canary|snapshot|ea|m\d|[ab]\d)(?![a-z])/iu.test(suffix) ||
    /^-(?:0\.)?\d{14}-/u.test(suffix)
  );
}

export const UNKNOWN_VERSION: VersionRange = { from: undefined, before: undefined, prerelease: false, text: '' };

export function isVersionKnown(range: VersionRange): boolean {
  return range.from !== undefined || range.before !== undefined;
}

function unknownVersion(text: string): VersionRange {
  return { ...UNKNOWN_VERSION, text };
}

function next(version: Version): Version {
  return [...version.slice(0, -1), (version.at(-1) ?? 0) + 1];
}

/**
 * What an image tag stands for. A tag floats below what it says: `2` is ≥2 <3, `2.8-alpine` ≥2.8 <2.9, `2.8.1` ≥2.8.1 <2.8.2 (so any
 * Enterprise `2.8.1.x` too), `2.8.2.3` that one. `latest`, `master`, dates, hashes and templated tags are unknown.
 */
export function versionOfTag(tag: string | undefined): VersionRange {
  const text = tag?.trim() ?? '';
  const split = splitVersion(text);
  const major = split?.parts[0];
  if (!split || major === undefined || major > MAX_MAJOR || !/^(?:$|[-_+.])/u.test(split.suffix) || hasHole(text))
    return unknownVersion(text);
  return { from: split.parts, before: next(split.parts), prerelease: isPrerelease(split.suffix), text };
}

/** The version that an image reference names. A digest without a tag says nothing; beside a tag, the tag is believed. */
export function versionOfImage(image: ImageReference | undefined): VersionRange {
  return versionOfTag(image?.tag);
}

/** A version that a build or lock file names: `1.12` is exactly 1.12.0. */
export function exactVersion(text: string): VersionRange {
  const split = splitVersion(text);
  if (!split || hasHole(text)) return unknownVersion(text);
  const parts = [...split.parts];
  while (parts.length < 3) parts.push(0);
  return { from: parts, before: next(parts), prerelease: isPrerelease(split.suffix), text };
}

/**
 * A version or a condition as people write it: `1.20` (≥1.20 <1.21), `>=1.20 <1.22`, `>= 2.1, < 3`, `~> 2.8`, `^1.2`, `2.x`, `1.20 - 1.21`.
 * What can't be read is unknown.
 */
export function versionRange(condition: string): VersionRange {
  const text = condition.trim();
  if (text === '' || hasHole(text) || text.includes('||')) return unknownVersion(text);
  const hyphen = /^(\S+)\s+-\s+(\S+)$/u.exec(text);
  if (hyphen) return intersection(text, [comparator('>=', hyphen[1] ?? ''), comparator('<=', hyphen[2] ?? '')]);
  const terms = [...text.matchAll(/([<>=!~^]*)\s*([^\s,<>=!~^]+)/gu)];
  return intersection(
    text,
    terms.map((term) => comparator(term[1] ?? '', term[2] ?? '')),
  );
}

interface Bounds {
  readonly from?: Version;
  readonly before?: Version;
  readonly prerelease?: boolean;
}

function comparator(operator: string, operand: string): Bounds | undefined {
  const wildcard = /^(v?\d+(?:\.\d+)*)\.[xX*+]/u.exec(operand);
  const split = splitVersion(wildcard?.[1] ?? operand);
  if (!split || !/^(?:$|[-_+.]|[ab]\d|rc\d)/u.test(split.suffix)) return undefined;
  const version = split.parts;
  const prerelease = isPrerelease(split.suffix);
  switch (operator) {
    case '':
      return { from: version, before: next(version), prerelease };
    case '=':
    case '==':
    case '===':
      return wildcard ? { from: version, before: next(version) } : { from: version, before: next(padded(version)), prerelease };
    case '>=':
      return { from: version };
    case '>':
      return { from: next(version) };
    case '<':
      return { before: version };
    case '<=':
      return { before: next(version.length < 3 ? padded(version) : version) };
    case '^':
      return { from: version, before: caret(version) };
    case '~':
      return { from: version, before: version.length < 2 ? next(version) : next(version.slice(0, 2)) };
    case '~=':
    case '~>':
      return version.length < 2 ? { from: version, before: next(version) } : { from: version, before: next(version.slice(0, -1)) };
    case '!=':
      return {};
    default:
      return undefined;
  }
}

function padded(version: Version): Version {
  return [...version, 0, 0].slice(0, Math.max(3, version.length));
}

function caret(version: Version): Version {
  const first = version.findIndex((part) => part !== 0);
  return next(first < 0 ? version : version.slice(0, first + 1));
}

function intersection(text: string, bounds: readonly (Bounds | undefined)[]): VersionRange {
  let from: Version | undefined;
  let before: Version | undefined;
  let prerelease = false;
  for (const bound of bounds) {
    if (!bound) return unknownVersion(text);
    if (bound.from && (!from || compareVersions(bound.from, from) > 0)) from = bound.from;
    if (bound.before && (!before || compareVersions(bound.before, before) < 0)) before = bound.before;
    if (bound.prerelease) prerelease = true;
  }
  if (from && before && compareVersions(from, before) >= 0) return unknownVersion(text);
  return { from, before, prerelease, text };
}

/** A condition in npm's grammar (`^1.2.3`, `1.x || >=2.5`). Several alternatives give the span that holds them all. */
export function npmVersionRange(text: string): VersionRange {
  let range: semver.Range;
  try {
    range = new semver.Range(text);
  } catch {
    return unknownVersion(text);
  }
  let from: Version | undefined;
  let before: Version | undefined;
  let [openBelow, openAbove] = [false, false];
  for (const alternative of range.set) {
    let low: Version | undefined;
    let high: Version | undefined;
    for (const { operator, semver: version } of alternative) {
      const parts = version instanceof semver.SemVer ? [version.major, version.minor, version.patch] : undefined;
      if (!parts) continue;
      if (operator === '>=' || operator === '') low = parts;
      if (operator === '>') low = next(parts);
      if (operator === '<') high = parts;
      if (operator === '<=' || operator === '') high = next(parts);
    }
    if (!low) openBelow = true;
    else if (!from || compareVersions(low, from) < 0) from = low;
    if (!high) openAbove = true;
    else if (!before || compareVersions(high, before) > 0) before = high;
  }
  return { from: openBelow ? undefined : from, before: openAbove ? undefined : before, prerelease: false, text };
}

/** A Maven version or range: `1.12.3` is taken as that version, `[1.0,2.0)` as what it says, `1.+` and `LATEST` as far as they say. */
export function mavenVersionRange(text: string): VersionRange {
  const interval = /^([[(])\s*([^,]*?)\s*(?:(,)\s*([^,]*?)\s*)?([\])])$/u.exec(text.trim());
  if (!interval) return /\.\+$/u.test(text) ? versionRange(text) : exactVersion(text);
  const [, open, low = '', comma, high = '', close] = interval;
  if (!comma) return exactVersion(low);
  return intersection(text, [
    low === '' ? {} : comparator(open === '[' ? '>=' : '>', low),
    high === '' ? {} : comparator(close === ']' ? '<=' : '<', high),
  ]);
}

/**
 * Are the versions of `range` among `affected`?
 * @returns `yes` all of them, `no` none of them, `maybe` some of them or the version isn't known
 */
export function affected(range: VersionRange, versions: VersionInterval | readonly VersionInterval[]): Affected {
  const intervals = merged(('length' in versions ? versions : [versions]).flatMap(boundsOf));
  if (!isVersionKnown(range)) return intervals.length === 0 ? 'no' : 'maybe';
  const inside = intervals.some((one) => lowest(one.from, range.from) && highest(one.before, range.before));
  const touching = intervals.some((one) => below(range.from, one.before) && below(one.from, range.before));
  const answer: Affected = inside ? 'yes' : touching ? 'maybe' : 'no';
  if (!range.prerelease || !range.from || answer === 'maybe') return answer;
  const { from } = range;
  const justBelow = intervals.some(
    (one) => (!one.from || compareVersions(one.from, from) < 0) && (!one.before || compareVersions(from, one.before) <= 0),
  );
  return justBelow === (answer === 'yes') ? answer : 'maybe';
}

function boundsOf(interval: VersionInterval): Bounds[] {
  if (interval.only) {
    return interval.only.flatMap((text) => {
      const parts = parseVersion(text);
      return parts ? [{ from: parts, before: next(parts) }] : [];
    });
  }
  const from = interval.from === undefined ? undefined : parseVersion(interval.from);
  const before = interval.before === undefined ? undefined : parseVersion(interval.before);
  return [{ ...(from && { from }), ...(before && { before }) }];
}

function merged(intervals: readonly Bounds[]): Bounds[] {
  const sorted = [...intervals].sort((a, b) => (a.from && b.from ? compareVersions(a.from, b.from) : a.from ? 1 : b.from ? -1 : 0));
  const result: Bounds[] = [];
  for (const one of sorted) {
    const last = result.at(-1);
    const joins = last && (!last.before || !one.from || compareVersions(one.from, last.before) <= 0);
    if (!last || !joins) result.push(one);
    else if (last.before && (!one.before || compareVersions(one.before, last.before) > 0)) {
      result[result.length - 1] = { ...(last.from && { from: last.from }), ...(one.before && { before: one.before }) };
    }
  }
  return result;
}

function lowest(a: Version | undefined, b: Version | undefined): boolean {
  return !a || (b !== undefined && compareVersions(a, b) <= 0);
}

function highest(a: Version | undefined, b: Version | undefined): boolean {
  return !a || (b !== undefined && compareVersions(a, b) >= 0);
}

/** Lower bound `from` lies under the exclusive upper bound `before`. */
function below(from: Version | undefined, before: Version | undefined): boolean {
  return !from || !before || compareVersions(from, before) < 0;
}

/** A container image reference taken apart; offsets in `tagAt` count in the text that was given. */
export interface ImageReference {
  /** `docker.io`, `localhost:5000`; `undefined` when not written or templated. */
  readonly registry: string | undefined;
  /** Path without the registry: `kong/kong-gateway`. Templated stretches are kept as written. */
  readonly path: string;
  /** Last segment of the path: `kong-gateway`. */
  readonly name: string;
  /** `undefined` when not written or templated. */
  readonly tag: string | undefined;
  readonly tagAt: Span | undefined;
  readonly digest: string | undefined;
}

const HOLE = /\{\{.*?\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|%\w+%/gsu;

function hasHole(text: string): boolean {
  HOLE.lastIndex = 0;
  return HOLE.test(text);
}

const images = new Map<string, ImageReference | undefined>();

/**
 * Takes an image reference apart. `undefined`: it is empty, not a reference, or the name itself is templated. Every rule asks this of
 * every container, so answers are kept.
 */
export function parseImage(text: string): ImageReference | undefined {
  const known = images.get(text);
  if (known || images.has(text)) return known;
  // A text that is being typed must not fill the memory.
  if (images.size >= 10_000) images.clear();
  const image = takeApart(text);
  images.set(text, image);
  return image;
}

function takeApart(text: string): ImageReference | undefined {
  const lead = text.length - text.trimStart().length;
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const masked = trimmed.replace(HOLE, (hole) => '\u0000'.repeat(hole.length));
  if (/\s/u.test(masked)) return undefined;
  const at = masked.indexOf('@');
  const nameEnd = at < 0 ? masked.length : at;
  const lastSlash = masked.lastIndexOf('/', nameEnd);
  const colon = masked.indexOf(':', lastSlash + 1);
  const pathEnd = colon >= 0 && colon < nameEnd ? colon : nameEnd;
  const name = trimmed.slice(lastSlash + 1, pathEnd);
  if (name === '' || masked.slice(lastSlash + 1, pathEnd).includes('\u0000')) return undefined;
  const firstSlash = masked.indexOf('/');
  const first = firstSlash < 0 ? '' : masked.slice(0, firstSlash);
  const hasRegistry = first === 'localhost' || /[.:]/u.test(first);
  const tagText = pathEnd < nameEnd ? masked.slice(pathEnd + 1, nameEnd) : '';
  const tag = tagText === '' || tagText.includes('\u0000') ? undefined : tagText;
  return {
    registry: hasRegistry && !first.includes('\u0000') ? first : undefined,
    path: trimmed.slice(hasRegistry ? firstSlash + 1 : 0, pathEnd),
    name,
    tag,
    tagAt: pathEnd < nameEnd ? { start: lead + pathEnd + 1, end: lead + nameEnd } : undefined,
    digest: at < 0 ? undefined : trimmed.slice(at + 1),
  };
}
