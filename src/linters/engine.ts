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

/** What one rule says of a unit, and what it read beyond the unit: valid for as long as that is the same. */
interface RuleFindings {
  readonly findings: readonly Finding[];
  readonly repositoryUnits: Repository['units'] | undefined;
  readonly components: Repository['components'] | undefined;
}

interface UnitFindings {
  readonly unit: Unit;
  readonly meshEvidence: Repository['meshEvidence'];
  /** In the order of the rules. */
  readonly byRule: readonly RuleFindings[];
}

const NOTHING: readonly Finding[] = [];

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
      const result = this.judge(unit, repository, this.cache.get(unit.id));
      this.cache.set(unit.id, result);
      for (const { findings } of result.byRule) if (findings.length > 0) all.push(...findings);
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
    const same = known?.unit === unit && known.meshEvidence === repository.meshEvidence ? known : undefined;
    let changed = same === undefined;
    const byRule = this.options.rules.map((rule, at) => {
      const kept = same?.byRule[at];
      if (
        kept &&
        (!kept.components || kept.components === repository.components) &&
        (!kept.repositoryUnits || kept.repositoryUnits === repository.units)
      ) {
        return kept;
      }
      changed = true;
      return this.run(rule, unit, repository);
    });
    return changed || !same ? { unit, meshEvidence: repository.meshEvidence, byRule } : same;
  }

  private run(rule: Rule, unit: Unit, repository: Repository): RuleFindings {
    const { configuration, preview } = this.options;
    let repositoryUnits: Repository['units'] | undefined;
    let components: Repository['components'] | undefined;
    const tracked: Repository = {
      get units() {
        repositoryUnits = repository.units;
        return repository.units;
      },
      get components() {
        components = repository.components;
        return repository.components;
      },
      meshEvidence: repository.meshEvidence,
      assume: (path) => repository.assume(path),
    };
    const findings: Finding[] = [];
    const context: RuleContext = {
      unit,
      repository: tracked,
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
    return { findings: findings.length > 0 ? findings : NOTHING, repositoryUnits, components };
  }
}
