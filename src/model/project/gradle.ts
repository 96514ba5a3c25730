import { linesOf, parseProperties } from '../../text/key-value.ts';
import type { SourceFile, Span } from '../../text/source.ts';
import { parseToml, tomlAt, tomlEntries, tomlItems, type TomlNode, type TomlString, tomlString } from '../../text/toml.ts';
import type { Layer, Value } from '../value.ts';
import {
  anchor,
  type BuildFile,
  type Dependency,
  type DependencyScope,
  dependency,
  knownVersion,
  layerOf,
  unknownVersionValue,
} from './dependency.ts';

/** A name that a build script or gradle.properties gives a version. Several different texts: not known. */
export interface GradleVariable {
  readonly text: string;
  readonly at: Span;
  readonly file: SourceFile;
}

export type GradleVariables = ReadonlyMap<string, GradleVariable | 'several'>;

/** A BOM that the build imports, with its version. */
export interface GradlePlatform {
  readonly name: string;
  readonly version: Value<string>;
  readonly source: 'direct' | 'property' | 'catalogue';
  readonly editable: boolean;
}

export interface GradleScript {
  readonly dependencies: readonly Dependency[];
  readonly platforms: readonly GradlePlatform[];
}

/** The text with comments blanked out, so offsets stay. Strings are left alone. */
export function withoutComments(text: string): string {
  return text.replace(
    /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n\r]*|\/\*[\s\S]*?(?:\*\/|$)/gu,
    (token) => (token.startsWith('/') ? token.replace(/[^\r\n]/gu, ' ') : token),
  );
}

/** `x = '1'`, `def x = "1"`, `val x by extra("1")`, `ext['x'] = '1'`, `set('x', '1')`, and the lines of gradle.properties. */
export function gradleVariables(files: readonly SourceFile[]): GradleVariables {
  const variables = new Map<string, GradleVariable | 'several'>();
  const add = (name: string, variable: GradleVariable): void => {
    const there = variables.get(name);
    variables.set(name, there !== undefined && (there === 'several' || there.text !== variable.text) ? 'several' : variable);
  };
  for (const file of files) {
    if (file.path.endsWith('.properties')) {
      for (const { key, value, valueAt } of parseProperties(file.text).entries) add(key, { text: value, at: valueAt, file });
      continue;
    }
    const text = withoutComments(file.text);
    const forms = [
      /(?<![\w.])(?:ext\.|extra\.)?([A-Za-z_]\w*)\s*=\s*(["'])([^"'$\n]*)\2/gu,
      /(?:ext|extra|project\.ext)\[\s*["']([\w.-]+)["']\s*\]\s*=\s*(["'])([^"'$\n]*)\2/gu,
      /(?<![\w.])set\(\s*["']([\w.-]+)["']\s*,\s*(["'])([^"'$\n]*)\2\s*\)/gu,
      /\bval\s+([A-Za-z_]\w*)\s+by\s+extra\(\s*(["'])([^"'$\n]*)\2\s*\)/gu,
      /(?<![\w.])([A-Za-z_]\w*)\s*:\s*(["'])([^"'$\n]*)\2(?=\s*[,\]])/gu,
    ];
    for (const form of forms) {
      for (const match of text.matchAll(form)) {
        const [whole, name = '', , value = ''] = match;
        if (name === 'group' || name === 'name' || (name === 'version' && form === forms[4])) continue;
        const end = match.index + whole.replace(/\s*\)$/u, '').length - 1;
        add(name, { text: value, at: { start: end - value.length, end }, file });
      }
    }
  }
  return variables;
}

const CONFIGURATION =
  /(?<![\w.])(\w*(?:[iI]mplementation|[aA]pi|[cC]ompile|[rR]untime|[cC]ompileOnly|[rR]untimeOnly|[cC]ompileOnlyApi|[pP]rovided(?:Compile|Runtime)|[cC]lasspath|[aA]nnotationProcessor|[kK]apt|[kK]sp|developmentOnly|force|mavenBom|dependency|strictly))(?=[\s("'])/gu;

function scopeOf(configuration: string): DependencyScope {
  if (/test|jmh/iu.test(configuration)) return 'test';
  if (/annotationProcessor|kapt|ksp|^classpath$/iu.test(configuration)) return 'build';
  if (/compileOnly|provided/iu.test(configuration)) return 'provided';
  return configuration === 'developmentOnly' ? 'dev' : 'compile';
}

/**
 * build.gradle and build.gradle.kts as far as literal: string and map notation, `platform(…)`, `mavenBom`, variables, catalogue accessors.
 * A script is a program: what it computes is not run, so a version that isn't literal is unknown.
 * @param within only what stands in these spans (`allprojects { }` of a parent)
 */
export function readGradleScript(
  file: SourceFile,
  variables: GradleVariables,
  catalogue: Catalogue | undefined,
  within?: readonly Span[],
): GradleScript {
  const text = withoutComments(file.text);
  const buildscript = blocksOf(text, ['buildscript', 'pluginManagement']);
  const dependencies: Dependency[] = [];
  const platforms: GradlePlatform[] = [];
  for (const match of text.matchAll(CONFIGURATION)) {
    const configuration = match[1] ?? '';
    const at = match.index;
    if (within && !within.some((span) => at >= span.start && at < span.end)) continue;
    const scope = buildscript.some((span) => at >= span.start && at < span.end) ? 'build' : scopeOf(configuration);
    const start = at + configuration.length;
    const call =
      /^[ \t]*\(?\s*(?:(?:enforced)?[pP]latform|dependencies\.platform)\s*\(?\s*|^[ \t]*\(?\s*/u.exec(
        text.slice(start, start + 200),
      )?.[0] ?? '';
    const isPlatform = configuration === 'mavenBom' || /platform/iu.test(call);
    for (const found of declarations(file, text, start + call.length, scope, variables, catalogue)) {
      if (!isPlatform) dependencies.push(found);
      else if (scope === 'compile') {
        const source = found.source === 'property' || found.source === 'catalogue' ? found.source : 'direct';
        platforms.push({ name: found.name, version: found.version, source, editable: found.editable });
      }
    }
  }
  return { dependencies, platforms };
}

/** The braces behind a name: `subprojects { … }`. Braces in strings are seldom and only widen or narrow the block. */
export function blocksOf(text: string, names: readonly string[]): Span[] {
  return [...text.matchAll(new RegExp(`(?<![\\w.])(?:${names.join('|')})\\s*\\{`, 'gu'))].map((match) => {
    let depth = 0;
    let at = match.index + match[0].length - 1;
    for (; at < text.length; at++) {
      if (text[at] === '{') depth++;
      else if (text[at] === '}' && --depth === 0) break;
    }
    return { start: match.index, end: at };
  });
}

/** What stands behind a configuration's name: one declaration, or several with commas between. */
function declarations(
  file: SourceFile,
  text: string,
  start: number,
  scope: DependencyScope,
  variables: GradleVariables,
  catalogue: Catalogue | undefined,
): Dependency[] {
  const found: Dependency[] = [];
  for (let at = start; ; ) {
    const rest = text.slice(at, at + 500);
    const string = /^(["'])([\w.-]+:[\w.-]+(?::(?:\$\{[^}\n]*\}|[^"'\n])*)?)\1(?:\s*\+\s*([A-Za-z_][\w.]*))?/u.exec(rest);
    const accessor = /^libs((?:\.[A-Za-z_]\w*)+)/u.exec(rest);
    const project = /^(?:project|files|fileTree)\([^()]*\)/u.exec(rest);
    const map =
      string || accessor || project
        ? null
        : /^\[?\s*((?:(?:group|name|version|ext|classifier|configuration)\s*[:=]\s*[^,\n)\]]+\s*,?\s*){2,})/u.exec(rest);
    if (string) found.push(stringNotation(file, string[2] ?? '', at + 1, string[3], scope, variables));
    else if (accessor && catalogue)
      found.push(...catalogue.library((accessor[1] ?? '').slice(1).replace(/\.get$/u, '')).map((one) => ({ ...one, scope })));
    else if (map) return [...found, ...mapNotation(file, map[1] ?? '', at + map[0].length - (map[1] ?? '').length, scope, variables)];
    const length = (string ?? accessor ?? project)?.[0].length;
    const comma = length === undefined ? undefined : /^\s*,\s*/u.exec(rest.slice(length))?.[0].length;
    if (length === undefined || comma === undefined) return found;
    at += length + comma;
  }
}

function stringNotation(
  file: SourceFile,
  coordinates: string,
  start: number,
  appended: string | undefined,
  scope: DependencyScope,
  variables: GradleVariables,
): Dependency {
  const [group = '', artifact = '', written] = coordinates.split(':');
  const name = `${group}:${artifact}`;
  const fields = { ecosystem: 'maven', name, nameAt: anchor(file, { start, end: start + name.length }), scope } as const;
  const versionStart = start + name.length + 1;
  const text = (written ?? '').replace(/@\w+$/u, '');
  const at = { start: versionStart, end: versionStart + text.length };
  if (text === '' && appended !== undefined) return dependency({ ...fields, ...versionOf(file, `\${${appended}}`, at, variables) });
  if (text === '') return dependency({ ...fields, version: unknownVersionValue('no version'), source: 'none' });
  return dependency({ ...fields, ...versionOf(file, text, at, variables) });
}

function mapNotation(file: SourceFile, body: string, start: number, scope: DependencyScope, variables: GradleVariables): Dependency[] {
  const found = new Map<string, { readonly text: string; readonly at: Span }>();
  for (const match of body.matchAll(/(\w+)\s*[:=]\s*(?:(["'])([^"'\n]*)\2|([A-Za-z_][\w.]*))/gu)) {
    const quoted = match[3];
    const text = quoted ?? `\${${match[4] ?? ''}}`;
    const end = start + match.index + match[0].length - (quoted === undefined ? 0 : 1);
    found.set(match[1] ?? '', { text, at: { start: end - (quoted ?? match[4] ?? '').length, end } });
  }
  const [group, artifact, version] = [found.get('group'), found.get('name'), found.get('version')];
  if (!group || !artifact || /[${]/u.test(group.text + artifact.text)) return [];
  const fields = { ecosystem: 'maven', name: `${group.text}:${artifact.text}`, nameAt: anchor(file, artifact.at), scope } as const;
  if (!version) return [dependency({ ...fields, version: unknownVersionValue('no version'), source: 'none' })];
  return [dependency({ ...fields, ...versionOf(file, version.text, version.at, variables) })];
}

/** A version text that may hold `$name`, `${name}`, `${property("name")}` or `${versions.name}`. */
function versionOf(
  file: SourceFile,
  text: string,
  at: Span,
  variables: GradleVariables,
): Pick<Dependency, 'version' | 'source' | 'editable'> {
  const here = anchor(file, at);
  if (!text.includes('$')) return { version: knownVersion(text, here), source: 'direct', editable: true };
  const name =
    /^\$(?:\{\s*)?(?:(?:rootProject\.|project\.)?(?:ext|extra)[.[]|rootProject\.|project\.|property\(|findProperty\(|versions\.)?["']?([A-Za-z_][\w.]*?)["']?(?:\)|\])?\s*\}?$/u.exec(
      text,
    )?.[1];
  const variable = name === undefined ? undefined : (variables.get(name) ?? variables.get(name.slice(name.lastIndexOf('.') + 1)));
  if (variable === undefined || variable === 'several')
    return { version: unknownVersionValue(`variable ${name ?? text}`, here, text), source: 'property', editable: false };
  return {
    version: knownVersion(variable.text, anchor(variable.file, variable.at), [layerOf(text, here)]),
    source: 'property',
    editable: true,
  };
}

/** libs.versions.toml: what an accessor such as `libs.aws.s3` (or `libs.bundles.aws`) stands for. */
export interface Catalogue {
  library(alias: string): Dependency[];
  readonly libraries: readonly Dependency[];
}

export function readCatalogue(file: SourceFile): Catalogue & BuildFile {
  const result = parseToml(file.text);
  const empty = { file, ecosystem: 'maven', complete: false, dependencies: [], libraries: [], library: () => [] } as const;
  if (!result.ok) return { ...empty, problems: [result.problem] };
  const { root } = result;
  const versions = tomlAt(root, 'versions');
  const byAlias = new Map<string, Dependency>();
  for (const { key, keyAt, value } of tomlEntries(tomlAt(root, 'libraries'))) {
    const found = catalogueLibrary(file, value, versions, keyAt);
    if (found) byAlias.set(aliasOf(key), found);
  }
  const bundles = new Map(
    tomlEntries(tomlAt(root, 'bundles')).map(({ key, value }) => [
      aliasOf(key),
      tomlItems(value).flatMap((item) => tomlString(item)?.text ?? []),
    ]),
  );
  const libraries = [...byAlias.values()];
  const library = (alias: string): Dependency[] => {
    const bundle = alias.startsWith('bundles.') ? bundles.get(alias.slice('bundles.'.length)) : undefined;
    return (bundle ?? [alias]).flatMap((one) => byAlias.get(aliasOf(one)) ?? []);
  };
  return { ...empty, dependencies: libraries, libraries, library, problems: [] };
}

function aliasOf(key: string): string {
  return key.replace(/[-_]/gu, '.');
}

function catalogueLibrary(file: SourceFile, value: TomlNode, versions: TomlNode | undefined, keyAt: Span): Dependency | undefined {
  const short = tomlString(value);
  const [shortGroup, shortName, shortVersion] = short?.text.split(':') ?? [];
  const module = tomlString(tomlAt(value, 'module'))?.text;
  const group = tomlString(tomlAt(value, 'group'))?.text;
  const artifact = tomlString(tomlAt(value, 'name'))?.text;
  const name = shortName ? `${shortGroup}:${shortName}` : (module ?? (group && artifact ? `${group}:${artifact}` : undefined));
  if (name === undefined) return undefined;
  const fields = { ecosystem: 'maven', name, nameAt: anchor(file, keyAt), scope: 'compile', source: 'catalogue' } as const;
  if (short && shortVersion !== undefined)
    return dependency({
      ...fields,
      version: knownVersion(shortVersion, anchor(file, { start: short.at.end - shortVersion.length, end: short.at.end })),
    });
  const ref = tomlString(tomlAt(value, 'version', 'ref'));
  const literal = ref ? richVersion(tomlAt(versions, ref.text)) : richVersion(tomlAt(value, 'version'));
  const below: Layer[] = ref ? [layerOf(ref.text, anchor(file, ref.at))] : [];
  if (!literal) return dependency({ ...fields, source: 'none', version: unknownVersionValue(ref ? `version ${ref.text}` : 'no version') });
  return dependency({ ...fields, version: knownVersion(literal.text, anchor(file, literal.at), below) });
}

function richVersion(node: TomlNode | undefined): TomlString | undefined {
  return (
    tomlString(node) ?? tomlString(tomlAt(node, 'strictly')) ?? tomlString(tomlAt(node, 'require')) ?? tomlString(tomlAt(node, 'prefer'))
  );
}

/** gradle.lockfile: `group:artifact:version=configuration,configuration`. */
export function readGradleLock(file: SourceFile): BuildFile {
  const dependencies = linesOf(file.text).flatMap((line): Dependency[] => {
    const match = /^([\w.-]+:[\w.-]+):([^=:\s]+)=(.*)$/u.exec(file.text.slice(line.start, line.end));
    const [, name = '', version = '', configurations = ''] = match ?? [];
    if (!match) return [];
    const start = line.start + name.length + 1;
    const all = configurations.split(',').map((one) => scopeOf(one.trim()));
    const scope: DependencyScope = all.includes('compile') ? 'compile' : (all[0] ?? 'compile');
    return [
      dependency({
        ecosystem: 'maven',
        name,
        nameAt: anchor(file, { start: line.start, end: line.start + name.length }),
        version: knownVersion(version, anchor(file, { start, end: start + version.length })),
        scope,
        source: 'lock',
      }),
    ];
  });
  return { file, ecosystem: 'maven', dependencies, complete: true, problems: [] };
}
