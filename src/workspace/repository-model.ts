import { UnitBuilder } from './unit-builder.ts';
import { type CodeParser, grammarsFor } from '../code/index.ts';
import type { Component } from '../model/component.ts';
import type { Assume, ComponentUse, Repository, Unit } from '../model/unit.ts';
import { sameItems } from '../text/same-items.ts';
import { type SourceFile, sourceFile } from '../text/source.ts';
import { type MeshEvidence, meshEvidenceOf } from './mesh-evidence.ts';
import { buildComponents, joinComponents, replacedComponents, skaffoldArtifacts } from './components.ts';
import { ForkedMap } from './forked-map.ts';
import { Identities } from './identities.ts';
import { isShaping, sameShape } from './layout.ts';
import { identitiesOf } from './plan-units.ts';
import { parseFile } from './parse-file.ts';
import type { Notice, ParsedFile, YamlFile } from './parsed-file.ts';

/** What the model needs from outside: nothing here reads a disk. */
export interface RepositoryInputs {
  /** Reads a file that no rule reads by itself but that another names (an env file of a generator, a patch). */
  readonly readText: (path: string) => string | undefined;
  /** Reads source code; without it no code is read. */
  readonly codeParser?: CodeParser;
}

interface AssumeSource {
  assumeFor(path: string): Assume;
}

/** All files of a workspace, parsed, and the units and components that they make. */
export class RepositoryModel {
  private readonly inputs: RepositoryInputs;
  private readonly configuration: AssumeSource;
  private readonly files: ForkedMap<ParsedFile>;
  /** Those of them that say what belongs together (`isShaping`). */
  private readonly shaping: ForkedMap<YamlFile>;
  /** Those of them that components are made of. */
  private readonly componentFiles: ForkedMap<ParsedFile>;
  private readonly mesh: ForkedMap<MeshEvidence>;
  private readonly outside: ForkedMap<SourceFile | undefined>;
  private readonly scanNotices: Map<string, Notice>;
  /** The files that have notices, and those that speak to this program: few, and asked for after each change. */
  private readonly withNotices: Map<string, ParsedFile>;
  private readonly withSuppressions: Map<string, ParsedFile>;
  private readonly identities: Identities;
  private readonly builder: UnitBuilder;
  private documents = 0;
  private codeChanged = false;
  /** A file that a component is made of came, went or changed. */
  private componentsChanged = true;
  /** A path came or went, or a file changed its shape, or a notice: which files make which unit may be another. */
  private layoutChanged = true;
  /** Paths that were set since the repository was built last. */
  private readonly changed = new Set<string>();
  /** A path came that stands behind its place: what is found first must not depend on which file came first. */
  private unordered = false;
  private artifacts: ReadonlyMap<string, string> = new Map();
  private known: Repository | undefined;
  private meshList: readonly MeshEvidence[] = [];
  private components: readonly Component[] = [];
  private unitList: readonly Unit[] = [];
  /** Each unit with its components, by its id. */
  private readonly joins: ForkedMap<Joined>;
  /** What `everyUnit` and `everyComponent` gave last, by the function that was asked. */
  private readonly facts: Map<unknown, { readonly items: readonly unknown[]; readonly facts: readonly unknown[] }>;

  constructor(inputs: RepositoryInputs, configuration: AssumeSource, from?: RepositoryModel) {
    this.inputs = inputs;
    this.configuration = configuration;
    this.files = new ForkedMap(from?.files);
    this.componentFiles = new ForkedMap(from?.componentFiles);
    this.shaping = new ForkedMap(from?.shaping);
    this.mesh = new ForkedMap(from?.mesh);
    this.outside = new ForkedMap(from?.outside);
    this.scanNotices = new Map(from?.scanNotices);
    this.withNotices = new Map(from?.withNotices);
    this.withSuppressions = new Map(from?.withSuppressions);
    this.identities = new Identities(from?.identities);
    this.builder = new UnitBuilder(from?.builder);
    this.documents = from?.documents ?? 0;
    this.known = from?.known;
    this.meshList = from?.meshList ?? [];
    this.components = from?.components ?? [];
    this.componentsChanged = from?.componentsChanged ?? true;
    this.layoutChanged = from?.layoutChanged ?? true;
    for (const path of from?.changed ?? []) this.changed.add(path);
    this.unordered = from?.unordered ?? false;
    this.artifacts = from?.artifacts ?? new Map();
    this.unitList = from?.unitList ?? [];
    this.joins = new ForkedMap(from?.joins);
    this.facts = new Map(from?.facts);
  }

  setFile(path: string, file: SourceFile | undefined): void {
    // Kept only where somebody has asked for it: most files that no rule reads are never asked for.
    if (this.outside.has(path)) this.outside.set(path, file);
    if (this.scanNotices.delete(path)) this.layoutChanged = true;
    this.known = undefined;
    this.changed.add(path);
    this.replace(path, file === undefined ? undefined : parseFile(file, this.files.get(path)));
    const evidence = file && isYamlPath(path) ? meshEvidenceOf(file) : undefined;
    if (evidence) {
      if (!this.mesh.has(path)) this.unordered = true;
      this.mesh.set(path, evidence);
    } else this.mesh.delete(path);
  }

  private replace(path: string, parsed: ParsedFile | undefined): void {
    this.documents += documentCount(parsed) - documentCount(this.files.get(path));
    if (parsed?.format === 'code') this.codeChanged = true;
    const known = this.files.get(path);
    if (isOfComponent(known) || isOfComponent(parsed)) this.componentsChanged = true;
    const sameTwins = this.identities.replace(identitiesIn(known), identitiesIn(parsed));
    if (known && parsed ? !sameTwins || !sameShape(known, parsed) : known !== parsed) this.layoutChanged = true;
    if (parsed && !known) this.unordered = true;
    keep(this.files, path, parsed);
    keep(this.shaping, path, parsed && isShaping(parsed) ? parsed : undefined);
    keep(this.componentFiles, path, isOfComponent(parsed) ? parsed : undefined);
    keep(this.withNotices, path, parsed && parsed.notices.length > 0 ? parsed : undefined);
    keep(this.withSuppressions, path, parsed?.file.text.includes(SUPPRESSION_MARK) ? parsed : undefined);
  }

  /** A file that could not be taken in (too large, unreadable): it may hold what is then missing. */
  setNotice(path: string, notice: Notice): void {
    this.setFile(path, undefined);
    this.scanNotices.set(path, notice);
    this.layoutChanged = true;
  }

  parsed(path: string): ParsedFile | undefined {
    return this.files.get(path);
  }

  parsedFiles(): Iterable<ParsedFile> {
    return this.files.values();
  }

  /** The files that may hold a suppression. */
  filesWithSuppressions(): Iterable<ParsedFile> {
    return this.withSuppressions.values();
  }

  source(path: string): SourceFile | undefined {
    // A file may speak of a mesh and hold no document that is read: a rule that names it as evidence points into it.
    return this.files.get(path)?.file ?? this.mesh.get(path)?.file ?? this.outside.get(path);
  }

  /** The text of any file of the repository, also of one that nothing else reads. */
  readText(path: string): SourceFile | undefined {
    const listed = this.files.get(path)?.file;
    if (listed) return listed;
    if (!this.outside.has(path)) {
      const text = this.inputs.readText(path);
      this.outside.set(path, text === undefined ? undefined : sourceFile(path, text));
    }
    return this.outside.get(path);
  }

  counts(): { readonly files: number; readonly documents: number } {
    return { files: this.files.size, documents: this.documents };
  }

  notices(): readonly Notice[] {
    const all = [...this.scanNotices.values(), ...[...this.withNotices.values()].flatMap((parsed) => parsed.notices)];
    return all.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  }

  /** Loads the grammars that the code in the workspace needs. To be awaited before `repository()`; quick when nothing is new. */
  async prepareCode(): Promise<void> {
    const { codeParser } = this.inputs;
    if (!codeParser || !this.codeChanged) return;
    this.codeChanged = false;
    const sources = [...this.componentFiles.values()].filter((parsed) => parsed.format === 'code').map((parsed) => parsed.file);
    await codeParser.load(grammarsFor(sources));
  }

  repository(): Repository {
    this.known ??= this.build();
    return this.known;
  }

  private build(): Repository {
    if (this.unordered) {
      this.files.sortByPath();
      this.componentFiles.sortByPath();
      this.shaping.sortByPath();
      this.mesh.sortByPath();
      this.unordered = false;
    }
    const before = this.components;
    if (this.componentsChanged) this.components = buildComponents(this.componentFiles, this.inputs.codeParser, before);
    this.componentsChanged = false;
    const replaced = before === this.components ? undefined : replacedComponents(before, this.components);
    if (this.layoutChanged) {
      const artifacts = skaffoldArtifacts(this.shaping.values());
      if (!sameEntries(artifacts, this.artifacts)) this.artifacts = artifacts;
    }
    const notices = [...this.scanNotices.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
    const { files, shaping, components } = this;
    const built = this.builder
      .build(
        { files, shaping: shaping.values(), readText: (path) => this.readText(path), notices },
        this.layoutChanged ? undefined : this.changed,
      )
      .map((unit) => this.joined(unit, replaced && { before, by: replaced }));
    this.layoutChanged = false;
    this.changed.clear();
    this.forgetJoins(built);
    const units = sameItems(built, this.unitList) ? this.unitList : built;
    this.unitList = units;
    const evidence = firstOfEachMesh(this.mesh.values());
    if (!sameItems(evidence, this.meshList)) this.meshList = evidence;
    return {
      units,
      components,
      everyUnit: (factsOf) => this.joinFacts(units, factsOf),
      everyComponent: (factsOf) => this.joinFacts(components, factsOf),
      meshEvidence: this.meshList,
      assume: (path) => this.configuration.assumeFor(path),
    };
  }

  private joinFacts<Item, Fact>(items: readonly Item[], factsOf: (item: Item) => readonly Fact[]): readonly Fact[] {
    const known = this.facts.get(factsOf);
    if (known?.items === items) return known.facts as readonly Fact[];
    const fresh = items.flatMap(factsOf);
    const facts = known && sameItems(known.facts, fresh) ? known.facts : fresh;
    this.facts.set(factsOf, { items, facts });
    return facts as readonly Fact[];
  }

  /** The unit with the components that run in it: the same object for as long as nothing of it changes. */
  private joined(bare: Unit, replaced: Replaced | undefined): Unit {
    const { artifacts, components } = this;
    const last = this.joins.get(bare.id);
    const known = last?.bare === bare ? last : undefined;
    const sameArtifacts = known?.artifacts === artifacts;
    if (sameArtifacts && known.components === components) return known.unit;
    const uses =
      sameArtifacts && replaced?.before === known.components
        ? replaceUses(known.unit.components, replaced.by)
        : joinComponents(bare, components, artifacts);
    const unit = known && sameUses(known.unit.components, uses) ? known.unit : { ...bare, components: uses };
    this.joins.set(bare.id, { bare, components, artifacts, unit });
    return unit;
  }

  /** What is no longer there doesn't stay in memory. */
  private forgetJoins(units: readonly Unit[]): void {
    if (this.joins.size <= units.length) return;
    const live = new Set(units.map(({ id }) => id));
    for (const id of [...this.joins.keys()]) if (!live.has(id)) this.joins.delete(id);
  }
}

/** Components that took others' places without changing what is joined with them. */
interface Replaced {
  readonly before: readonly Component[];
  readonly by: ReadonlyMap<Component, Component>;
}

function replaceUses(uses: readonly ComponentUse[], by: Replaced['by']): readonly ComponentUse[] {
  if (!uses.some(({ component }) => by.has(component))) return uses;
  return uses.map((use) => ({ ...use, component: by.get(use.component) ?? use.component }));
}

/** A unit as it is joined with these components, by these artifacts of Skaffold. */
interface Joined {
  readonly bare: Unit;
  readonly components: readonly Component[];
  readonly artifacts: ReadonlyMap<string, string>;
  readonly unit: Unit;
}

/** One place tells of a mesh; an edit of any other file that speaks of it must not have everything judged again. */
function firstOfEachMesh(all: Iterable<MeshEvidence>): MeshEvidence[] {
  const first = new Map<MeshEvidence['mesh'], MeshEvidence>();
  for (const evidence of all) if (!first.has(evidence.mesh)) first.set(evidence.mesh, evidence);
  return [...first.values()];
}

/** What a file must hold to hold a suppression, as a comment or as an annotation. */
const SUPPRESSION_MARK = 'runbook-lens';

function keep<T>(map: Map<string, T> | ForkedMap<T>, path: string, item: T | undefined): void {
  if (item === undefined) map.delete(path);
  else map.set(path, item);
}

function identitiesIn(parsed: ParsedFile | undefined): readonly string[] {
  return parsed?.format === 'yaml' ? identitiesOf(parsed) : [];
}

function isOfComponent(parsed: ParsedFile | undefined): boolean {
  return parsed?.format === 'code' || parsed?.format === 'build' || parsed?.format === 'dockerfile';
}

function isYamlPath(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}

function documentCount(parsed: ParsedFile | undefined): number {
  return parsed?.format === 'yaml' ? parsed.documents.length : 0;
}

function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function sameUses(a: readonly ComponentUse[], b: readonly ComponentUse[]): boolean {
  return (
    a.length === b.length &&
    a.every((use, at) => {
      const other = b[at];
      return (
        use.component === other?.component &&
        use.join === other.join &&
        use.containers.length === other.containers.length &&
        use.containers.every((container, n) => container === other.containers[n])
      );
    })
  );
}
