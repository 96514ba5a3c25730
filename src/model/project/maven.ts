import { oncePer } from '../../text/once.ts';
import type { Problem } from '../../text/decoded.ts';
import type { SourceFile, Span } from '../../text/source.ts';
import { parseXml, type XmlElement, xmlChild, xmlElements } from '../../text/xml.ts';
import type { Layer, Value } from '../value.ts';
import {
  anchor,
  type BuildFile,
  bomManages,
  type Dependency,
  type DependencyScope,
  dependency,
  knownVersion,
  layerOf,
  unknownVersionValue,
} from './dependency.ts';

/** A pom.xml as far as versions are concerned. */
export interface Pom {
  readonly file: SourceFile;
  readonly groupId: string | undefined;
  readonly artifactId: string | undefined;
  readonly version: XmlElement | undefined;
  readonly packaging: string;
  readonly modules: readonly string[];
  readonly parent:
    | { readonly groupId: string; readonly artifactId: string; readonly version: XmlElement | undefined; readonly relativePath: string }
    | undefined;
  readonly properties: ReadonlyMap<string, XmlElement>;
  /** Properties that some profile sets: what holds depends on how Maven is called. */
  readonly profileProperties: ReadonlySet<string>;
  readonly dependencies: readonly XmlElement[];
  readonly managed: readonly XmlElement[];
}

export type PomResult = { readonly ok: true; readonly pom: Pom } | { readonly ok: false; readonly problem: Problem };

export const readPom: (file: SourceFile) => PomResult = oncePer((file) => {
  const result = parseXml(file.text);
  if (!result.ok) return result;
  const { root } = result;
  if (root.name !== 'project') return { ok: false, problem: { message: 'expected <project>', offset: root.at.start } };
  const parent = xmlChild(root, 'parent');
  const pom: Pom = {
    file,
    groupId: textIn(root, 'groupId') ?? textIn(parent, 'groupId'),
    artifactId: textIn(root, 'artifactId'),
    version: xmlChild(root, 'version') ?? xmlChild(parent, 'version'),
    packaging: textIn(root, 'packaging') ?? 'jar',
    modules: xmlElements(root, 'modules', 'module').map((module) => module.text.text),
    parent: parent && {
      groupId: textIn(parent, 'groupId') ?? '',
      artifactId: textIn(parent, 'artifactId') ?? '',
      version: xmlChild(parent, 'version'),
      relativePath: textIn(parent, 'relativePath') ?? '../pom.xml',
    },
    properties: new Map(
      xmlElements(root, 'properties').flatMap((properties) => properties.children.map((property) => [property.name, property])),
    ),
    profileProperties: new Set(
      xmlElements(root, 'profiles', 'profile', 'properties').flatMap((properties) => properties.children.map(({ name }) => name)),
    ),
    dependencies: xmlElements(root, 'dependencies', 'dependency'),
    managed: xmlElements(root, 'dependencyManagement', 'dependencies', 'dependency'),
  };
  return { ok: true, pom };
});

function textIn(element: XmlElement | undefined, name: string): string | undefined {
  return xmlChild(element, name)?.text.text;
}

interface Resolved {
  readonly version: Value<string>;
  readonly source: 'direct' | 'property';
  /** The literal is the whole version: changing it changes just that. */
  readonly whole: boolean;
}

/** Properties made of properties can unfold without end; a real project needs a few hundred look-ups. */
const MAX_LOOKUPS = 50_000;
const MAX_VALUE_LENGTH = 10_000;

/** Poms from the project's own to its farthest visible parent. */
class Inheritance {
  readonly chain: readonly Pom[];
  /** The parent that isn't in the repository. */
  readonly unseen: string | undefined;
  private lookups = 0;

  constructor(own: Pom, parentOf: (pom: Pom) => Pom | undefined) {
    const chain = [own];
    let last = own;
    while (last.parent && chain.length < 20) {
      const parent = parentOf(last);
      if (!parent || chain.includes(parent)) break;
      chain.push(parent);
      last = parent;
    }
    this.chain = chain;
    this.unseen = last.parent ? `${last.parent.groupId}:${last.parent.artifactId}` : undefined;
  }

  /** Text with its `${properties}` filled in; `undefined` when one isn't known. */
  text(pom: Pom, text: string, depth = 0): string | undefined {
    if (depth > 20) return undefined;
    let whole = '';
    let last = 0;
    for (const match of text.matchAll(/\$\{([^}]+)\}/gu)) {
      const value = this.property(pom, match[1] ?? '', depth + 1);
      if (value === undefined || whole.length > MAX_VALUE_LENGTH) return undefined;
      whole += text.slice(last, match.index) + value.text;
      last = match.index + match[0].length;
    }
    return whole + text.slice(last);
  }

  private property(
    pom: Pom,
    name: string,
    depth: number,
  ):
    | { readonly text: string; readonly at: Span; readonly file: SourceFile; readonly literal: boolean; readonly layers: readonly Layer[] }
    | undefined {
    if (++this.lookups > MAX_LOOKUPS || this.chain.some((one) => one.profileProperties.has(name))) return undefined;
    for (const one of this.chain) {
      const element = one.properties.get(name);
      if (element) return this.literal(one, element, depth);
    }
    const own = pom.version;
    if (/^(?:project\.|pom\.)?version$/u.test(name) && own) return this.literal(pom, own, depth);
    if (/^(?:project\.|pom\.)?parent\.version$/u.test(name) && pom.parent?.version) return this.literal(pom, pom.parent.version, depth);
    const plain = name === 'project.groupId' ? pom.groupId : name === 'project.artifactId' ? pom.artifactId : undefined;
    return plain === undefined ? undefined : { text: plain, at: { start: 0, end: 0 }, file: pom.file, literal: false, layers: [] };
  }

  private literal(pom: Pom, element: XmlElement, depth: number): ReturnType<Inheritance['property']> {
    const raw = element.text.text;
    const only = /^\$\{([^}]+)\}$/u.exec(raw)?.[1];
    if (only !== undefined && depth <= 20) {
      const inner = this.property(pom, only, depth + 1);
      return inner && { ...inner, layers: [...inner.layers, layerOf(raw, anchor(pom.file, element.text.at))] };
    }
    const text = this.text(pom, raw, depth);
    if (text === undefined) return undefined;
    return { text, at: element.text.at, file: pom.file, literal: text === raw, layers: [] };
  }

  version(pom: Pom, element: XmlElement): Resolved {
    const raw = element.text.text;
    const at = anchor(pom.file, element.text.at);
    const only = /^\$\{([^}]+)\}$/u.exec(raw)?.[1];
    if (only !== undefined) {
      const found = this.property(pom, only, 0);
      if (!found) return { version: unknownVersionValue(`property ${only}`, at, raw), source: 'property', whole: false };
      const below = [...found.layers, layerOf(raw, at)];
      return { version: knownVersion(found.text, anchor(found.file, found.at), below), source: 'property', whole: found.literal };
    }
    const text = this.text(pom, raw);
    if (text === undefined || raw === '')
      return { version: unknownVersionValue(`version ${raw}`, at, raw), source: 'direct', whole: false };
    return { version: knownVersion(text, at), source: 'direct', whole: text === raw };
  }

  nameOf(pom: Pom, element: XmlElement): string | undefined {
    const group = this.text(pom, textIn(element, 'groupId') ?? '');
    const artifact = this.text(pom, textIn(element, 'artifactId') ?? '');
    return group && artifact ? `${group}:${artifact}` : undefined;
  }
}

/**
 * The dependencies of a pom with their versions: its own and its visible parents' `dependencies`; a version of its own, else
 * `dependencyManagement` (the nearest pom first), else imported BOMs in order. A parent or BOM that isn't in the repository and may
 * manage the artifact makes the version unknown (Maven: introduction to the dependency mechanism).
 * @param parentOf the parent pom when it is in the repository
 */
export function resolvePom(pom: Pom, parentOf: (pom: Pom) => Pom | undefined = () => undefined): BuildFile {
  const inheritance = new Inheritance(pom, parentOf);
  const seen = new Set<string>();
  const dependencies: Dependency[] = [];
  for (const owner of inheritance.chain) {
    for (const element of owner.dependencies) {
      const name = inheritance.nameOf(owner, element);
      const artifact = xmlChild(element, 'artifactId');
      if (name === undefined || !artifact || seen.has(name)) continue;
      seen.add(name);
      const nameAt = anchor(owner.file, artifact.text.at);
      const own = xmlChild(element, 'version');
      const scope = scopeOf(inheritance.text(owner, textIn(element, 'scope') ?? managedScope(inheritance, name) ?? 'compile'));
      if (own) {
        const { version, source, whole } = inheritance.version(owner, own);
        dependencies.push(dependency({ ecosystem: 'maven', name, nameAt, version, scope, source, editable: whole }));
      } else dependencies.push(dependency({ ecosystem: 'maven', name, nameAt, scope, ...managedVersion(inheritance, name) }));
    }
  }
  return { file: pom.file, ecosystem: 'maven', dependencies, complete: false, problems: [] };
}

function isImport(element: XmlElement): boolean {
  return textIn(element, 'scope') === 'import';
}

function managedEntry(inheritance: Inheritance, name: string): { readonly owner: Pom; readonly element: XmlElement } | undefined {
  for (const owner of inheritance.chain) {
    const element = owner.managed.find((one) => !isImport(one) && inheritance.nameOf(owner, one) === name);
    if (element) return { owner, element };
  }
  return undefined;
}

function managedScope(inheritance: Inheritance, name: string): string | undefined {
  return textIn(managedEntry(inheritance, name)?.element, 'scope');
}

function managedVersion(inheritance: Inheritance, name: string): Pick<Dependency, 'version' | 'source' | 'editable'> {
  const entry = managedEntry(inheritance, name);
  const own = xmlChild(entry?.element, 'version');
  if (entry && own) {
    const { version, source, whole } = inheritance.version(entry.owner, own);
    return { version, source: source === 'direct' ? 'managed' : source, editable: whole };
  }
  const none = (what: string) => ({ version: unknownVersionValue(what), source: 'none', editable: false }) as const;
  if (inheritance.unseen !== undefined && bomManages(inheritance.unseen, name) === 'unseen') return none(`parent ${inheritance.unseen}`);
  for (const owner of inheritance.chain) {
    for (const element of owner.managed.filter(isImport)) {
      const bom = inheritance.nameOf(owner, element);
      const manages = bom === undefined ? 'unseen' : bomManages(bom, name);
      if (manages === 'unseen') return none(`BOM ${bom ?? ''}`);
      const version = xmlChild(element, 'version');
      if (manages === 'no' || !version) continue;
      const found = inheritance.version(owner, version);
      return { version: found.version, source: 'bom', editable: found.whole };
    }
  }
  return none('no version');
}

function scopeOf(text: string | undefined): DependencyScope {
  if (text === 'test') return 'test';
  return text === 'provided' || text === 'system' ? 'provided' : 'compile';
}
