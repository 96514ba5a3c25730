import type { Repository, Unit } from '../model/unit.ts';
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

interface UnitFindings {
  readonly unit: Unit;
  readonly meshEvidence: Repository['meshEvidence'];
  /** The rules read more of the repository than the unit: valid for as long as that is the same. */
  readonly repositoryUnits: Repository['units'] | undefined;
  readonly components: Repository['components'] | undefined;
  readonly findings: readonly Finding[];
}

/** Files in, findings out. What one unit's rules say is kept until something that they read changes. */
export class Engine implements LintEngine {
  readonly options: EngineOptions;
  private readonly model: RepositoryModel;
  private readonly cache: Map<string, UnitFindings>;

  constructor(options: EngineOptions, from?: Engine) {
    this.options = options;
    this.model = new RepositoryModel(options.inputs, options.configuration, from?.model);
    this.cache = new Map(from?.cache);
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
      const known = this.cache.get(unit.id);
      const usable =
        known?.unit === unit &&
        known.meshEvidence === repository.meshEvidence &&
        (!known.components || known.components === repository.components) &&
        (!known.repositoryUnits || known.repositoryUnits === repository.units);
      const result = known && usable ? known : this.check(unit, repository);
      if (!usable) this.cache.set(unit.id, result);
      all.push(...result.findings);
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

  private check(unit: Unit, repository: Repository): UnitFindings {
    let readUnits = false;
    let readComponents = false;
    const tracked: Repository = {
      get units() {
        readUnits = true;
        return repository.units;
      },
      get components() {
        readComponents = true;
        return repository.components;
      },
      meshEvidence: repository.meshEvidence,
      assume: (path) => repository.assume(path),
    };
    const findings: Finding[] = [];
    for (const rule of this.options.rules) this.run(rule, unit, tracked, findings);
    return {
      unit,
      meshEvidence: repository.meshEvidence,
      repositoryUnits: readUnits ? repository.units : undefined,
      components: readComponents ? repository.components : undefined,
      findings,
    };
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
