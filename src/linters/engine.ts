import type { Component } from '../model/component.ts';
import type { Assume, Repository, Unit } from '../model/unit.ts';
import type { SourceFile } from '../text/source.ts';
import { type RepositoryInputs, RepositoryModel } from '../workspace/repository-model.ts';
import { mergeFindings } from './merge-findings.ts';
import type { LintConfiguration, LintEngine, LintFinding, LintResult } from './lint-result.ts';
import type { Finding, Report, Rule, RuleContext } from './rule.ts';

export const NO_CONFIGURATION: LintConfiguration = {
  severityOf: () => 'default',
  optionsOf: () => ({}),
  assumeFor: () => ({}),
};

export interface EngineOptions {
  readonly rules: readonly Rule[];
  readonly configuration: LintConfiguration;
  /** Also rules and cases that are off by default. */
  readonly preview: boolean;
  readonly inputs: RepositoryInputs;
  /** Takes suppressed findings out and adds hints for suppressions that nothing uses. */
  readonly suppress?: (
    findings: readonly LintFinding[],
    model: RepositoryModel,
  ) => { readonly findings: readonly LintFinding[]; readonly suppressed: number };
}

/** What rules read beyond their unit. What they said holds for as long as all of it is the same. */
interface Reads {
  meshEvidence?: Repository['meshEvidence'];
  units?: Repository['units'];
  components?: Repository['components'];
  /** By the function that says it of every unit or component. */
  readonly everyUnit: Map<(unit: Unit) => readonly unknown[], readonly unknown[]>;
  readonly everyComponent: Map<(component: Component) => readonly unknown[], readonly unknown[]>;
}

/** What the rules of one technology say of a unit. They share facts, so who reads first reads for all of them. */
interface RoomFindings {
  readonly findings: readonly Finding[];
  /** `undefined`: nothing but the unit. */
  readonly reads: Reads | undefined;
}

interface UnitFindings {
  readonly unit: Unit;
  /** In the order of the rooms. */
  readonly byRoom: readonly RoomFindings[];
  /** No room read anything but the unit. */
  readonly alone: boolean;
}

const NOTHING: readonly Finding[] = [];

function stillHolds({ reads }: RoomFindings, repository: Repository): boolean {
  if (!reads) return true;
  if (reads.meshEvidence && reads.meshEvidence !== repository.meshEvidence) return false;
  if (reads.components && reads.components !== repository.components) return false;
  if (reads.units && reads.units !== repository.units) return false;
  for (const [factsOf, facts] of reads.everyUnit) if (repository.everyUnit(factsOf) !== facts) return false;
  for (const [factsOf, facts] of reads.everyComponent) if (repository.everyComponent(factsOf) !== facts) return false;
  return true;
}

/**
 * The repository as one room sees it, noting what it reads. A class: of an object written with getters each has a shape of its own, which
 * holds on to all that the getters see until the next full garbage collection.
 */
class TrackedRepository implements Repository {
  reads: Reads | undefined;
  private readonly repository: Repository;

  constructor(repository: Repository) {
    this.repository = repository;
  }

  get units(): Repository['units'] {
    this.noted().units = this.repository.units;
    return this.repository.units;
  }

  get components(): Repository['components'] {
    this.noted().components = this.repository.components;
    return this.repository.components;
  }

  get meshEvidence(): Repository['meshEvidence'] {
    this.noted().meshEvidence = this.repository.meshEvidence;
    return this.repository.meshEvidence;
  }

  everyUnit<Fact>(factsOf: (unit: Unit) => readonly Fact[]): readonly Fact[] {
    const facts = this.repository.everyUnit(factsOf);
    this.noted().everyUnit.set(factsOf, facts);
    return facts;
  }

  everyComponent<Fact>(factsOf: (component: Component) => readonly Fact[]): readonly Fact[] {
    const facts = this.repository.everyComponent(factsOf);
    this.noted().everyComponent.set(factsOf, facts);
    return facts;
  }

  assume(path: string): Assume {
    return this.repository.assume(path);
  }

  private noted(): Reads {
    this.reads ??= { everyUnit: new Map(), everyComponent: new Map() };
    return this.reads;
  }
}

/** Files in, findings out. What one unit's rules say is kept until something that they read changes. */
export class Engine implements LintEngine {
  readonly options: EngineOptions;
  private readonly model: RepositoryModel;
  private readonly cache: Map<string, UnitFindings>;
  private readonly rooms: readonly (readonly Rule[])[];

  constructor(options: EngineOptions, from?: Engine) {
    this.options = options;
    this.model = new RepositoryModel(options.inputs, options.configuration, from?.model);
    this.cache = new Map(from?.cache);
    this.rooms = from?.rooms ?? roomsOf(options.rules);
  }

  setFile(path: string, file: SourceFile | undefined): void {
    this.model.setFile(path, file);
  }

  file(path: string): SourceFile | undefined {
    return this.model.source(path);
  }

  /** Loads what the code in the workspace needs. To be awaited before `lint()`, after files were set. */
  async prepare(): Promise<void> {
    await this.model.prepareCode();
  }

  /** The repository as the rules see it, for hovers and code lenses. */
  repository(): Repository {
    return this.model.repository();
  }

  get workspace(): RepositoryModel {
    return this.model;
  }

  lint(): LintResult {
    const repository = this.model.repository();
    const all: Finding[] = [];
    const live = new Set<string>();
    for (const unit of repository.units) {
      live.add(unit.id);
      const result = this.judge(unit, repository, this.cache.get(unit.id));
      this.cache.set(unit.id, result);
      for (const { findings } of result.byRoom) if (findings.length > 0) all.push(...findings);
    }
    for (const id of this.cache.keys()) if (!live.has(id)) this.cache.delete(id);
    const merged = mergeFindings(all, this.options.rules, (path) => this.model.parsed(path));
    const { findings, suppressed } = this.options.suppress?.(merged, this.model) ?? { findings: merged, suppressed: 0 };
    const { files, documents } = this.model.counts();
    return { findings, suppressed, notices: this.model.notices(), files, documents, units: repository.units.length };
  }

  lintWith(changes: ReadonlyMap<string, SourceFile | undefined>): LintResult {
    const fork = new Engine(this.options, this);
    for (const [path, file] of changes) fork.setFile(path, file);
    return fork.lint();
  }

  /** Runs the rules of which something that they read has changed; the others' findings are kept. */
  private judge(unit: Unit, repository: Repository, known: UnitFindings | undefined): UnitFindings {
    const same = known?.unit === unit ? known : undefined;
    if (same?.alone) return same;
    let changed = same === undefined;
    const byRoom = this.rooms.map((rules, at) => {
      const kept = same?.byRoom[at];
      if (kept && stillHolds(kept, repository)) return kept;
      changed = true;
      return this.runRoom(rules, unit, repository);
    });
    return changed || !same ? { unit, byRoom, alone: byRoom.every(({ reads }) => reads === undefined) } : same;
  }

  private runRoom(rules: readonly Rule[], unit: Unit, repository: Repository): RoomFindings {
    const tracked = new TrackedRepository(repository);
    const findings: Finding[] = [];
    for (const rule of rules) this.run(rule, unit, tracked, findings);
    return { findings: findings.length > 0 ? findings : NOTHING, reads: tracked.reads };
  }

  private run(rule: Rule, unit: Unit, repository: Repository, findings: Finding[]): void {
    const { configuration, preview } = this.options;
    const context: RuleContext = {
      unit,
      repository,
      option: (name) => configuration.optionsOf(rule.id, unit.folder)[name] ?? rule.options?.[name]?.default ?? '',
      report: (report: Report) => {
        const configured = configuration.severityOf(rule.id, report.at.file.path);
        if (configured === 'off') return;
        // Asking for a rule shows its default cases; the preview cases of any rule are shown with `--preview` only.
        if (report.preview === true && !preview) return;
        if (rule.default === 'preview' && report.preview !== false && !preview && configured === 'default') return;
        const severity = configured === 'default' || configured === 'on' ? (report.severity ?? rule.severity) : configured;
        findings.push({ ...report, rule: rule.id, severity, unit: unit.id });
      },
    };
    rule.check(context);
  }
}

/** The rules by technology, which is what stands before the slash. */
function roomsOf(rules: readonly Rule[]): Rule[][] {
  const rooms = new Map<string, Rule[]>();
  for (const rule of rules) {
    const technology = rule.id.split('/')[0] ?? '';
    const room = rooms.get(technology);
    if (room) room.push(rule);
    else rooms.set(technology, [rule]);
  }
  return [...rooms.values()];
}
