import type { Problem } from '../../text/decoded.ts';
import { type Anchor, type SourceFile, type Span, textOf } from '../../text/source.ts';
import type { Layer, Value } from '../value.ts';
import { exactVersion, mavenVersionRange, npmVersionRange, UNKNOWN_VERSION, type VersionRange, versionRange } from '../version.ts';

export type Ecosystem = 'maven' | 'pypi' | 'go' | 'npm';

/** `compile`: in the running program. `provided`: expected there from elsewhere. `build`: plugins and processors. */
export type DependencyScope = 'compile' | 'provided' | 'test' | 'dev' | 'build';

/** Where the version comes from, best first. `none`: no version could be found. */
export const VERSION_SOURCES = ['lock', 'direct', 'property', 'managed', 'bom', 'catalogue', 'none'] as const;
export type VersionSource = (typeof VERSION_SOURCES)[number];

/** A library that a build or lock file names. */
export interface Dependency {
  readonly ecosystem: Ecosystem;
  /** `group:artifact`, module path, package name; Python names normalised (lower case, `-`). Go's own version is the module `go`. */
  readonly name: string;
  readonly nameAt: Anchor;
  /** As written (`1.12.3`, `^4.17`, `>=1.20,<2`). `at` is the version literal, wherever it stands (property, BOM, catalogue, lock). */
  readonly version: Value<string>;
  readonly range: VersionRange;
  readonly scope: DependencyScope;
  readonly source: VersionSource;
  /** The version literal may be changed by an edit: never in a lock file, nor where hashes stand beside it. */
  readonly editable: boolean;
  /** The project names it itself; `false`: a lock file lists it as a dependency of another. */
  readonly declared: boolean;
}

/** One build or lock file as read. */
export interface BuildFile {
  readonly file: SourceFile;
  readonly ecosystem: Ecosystem;
  readonly dependencies: readonly Dependency[];
  /** It lists everything that gets into the program: what isn't here isn't there. */
  readonly complete: boolean;
  readonly problems: readonly Problem[];
}

export function anchor(file: SourceFile, span: Span): Anchor {
  return { file, start: span.start, end: span.end };
}

export function layerOf(text: string, at: Anchor | undefined): Layer {
  return { origin: 'config-file', text, at };
}

/** A version that stands there literally; `below` are the places that led to it. */
export function knownVersion(text: string, at: Anchor, below: readonly Layer[] = []): Value<string> {
  return { known: true, value: text, at, layers: [layerOf(text, at), ...below] };
}

export function unknownVersionValue(what: string, at?: Anchor, text = ''): Value<string> {
  return { known: false, unknown: { why: 'outside', what }, at, layers: at ? [layerOf(text, at)] : [] };
}

/** The range that a version text stands for in its ecosystem. */
export function rangeOfVersion(ecosystem: Ecosystem, version: Value<string>, locked = false): VersionRange {
  if (!version.known) return UNKNOWN_VERSION;
  const text = version.value;
  if (locked || ecosystem === 'go') return exactVersion(text);
  if (ecosystem === 'maven') return mavenVersionRange(text);
  if (ecosystem === 'npm') return npmVersionRange(text);
  return /^\d/u.test(text) ? exactVersion(text) : versionRange(text);
}

/** Fills in what follows from the rest. A version that is written with escapes or entities is not edited. */
export function dependency(
  fields: Omit<Dependency, 'range' | 'editable' | 'declared'> & { readonly editable?: boolean; readonly declared?: boolean },
): Dependency {
  const { ecosystem, version, source, editable = true, declared = source !== 'lock' } = fields;
  const literal = version.known && version.at !== undefined && textOf(version.at) === version.value;
  return {
    ...fields,
    declared,
    editable: editable && literal && source !== 'lock',
    range: rangeOfVersion(ecosystem, version, source === 'lock'),
  };
}

/** BOMs whose own version is that of the artifacts they manage, with the artifacts (AWS SDK for Java 1 and 2, grpc-java). */
const BOMS: readonly { readonly bom: string; readonly artifacts: RegExp }[] = [
  { bom: 'com.amazonaws:aws-java-sdk-bom', artifacts: /^com\.amazonaws:(?:aws-java-sdk(?:-[\w-]+)?|jmespath-java)$/u },
  { bom: 'software.amazon.awssdk:bom', artifacts: /^software\.amazon\.awssdk:[\w-]+$/u },
  { bom: 'io.grpc:grpc-bom', artifacts: /^io\.grpc:grpc-[\w-]+$/u },
];

/** Does a BOM's (or parent's) version say the version of this artifact? `unseen`: its contents are elsewhere and may name the artifact. */
export function bomManages(bom: string, artifact: string): 'yes' | 'no' | 'unseen' {
  const known = BOMS.find((one) => one.bom === bom);
  if (known) return known.artifacts.test(artifact) ? 'yes' : 'no';
  // Spring Boot's BOM and parent have never managed the AWS SDKs; it manages grpc-java only from 4.0.
  if (bom.startsWith('org.springframework.boot:spring-boot-'))
    return /^(?:com\.amazonaws|software\.amazon\.awssdk):/u.test(artifact) ? 'no' : 'unseen';
  return 'unseen';
}
