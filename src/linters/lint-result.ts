import type { Assume } from '../model/unit.ts';
import type { SourceFile } from '../text/source.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import type { Finding, OptionValue, Severity } from './rule.ts';

/** One finding per rule and anchor over all units: the severity of the worst unit. */
export interface LintFinding extends Finding {
  /** All units in which it holds, sorted; `unit` is the first. */
  readonly units: readonly string[];
  readonly runbook: string;
  /** Hash of rule, file, pointer with names instead of indexes, message id and ordinal: stable under moves and edits elsewhere. */
  readonly fingerprint: string;
}

export interface LintResult {
  /** Sorted by file, range, rule. Suppressed findings are not among them. */
  readonly findings: readonly LintFinding[];
  readonly notices: readonly Notice[];
  readonly files: number;
  readonly documents: number;
  readonly units: number;
  readonly suppressed: number;
}

/**
 * The engine as its users see it (the class in engine.ts). Files go in, findings come out; results after any sequence of
 * changes equal those of a scan from scratch.
 */
export interface LintEngine {
  /** Adds, replaces or (with `undefined`) removes a file. Nothing is computed until `lint()`. */
  setFile(path: string, file: SourceFile | undefined): void;
  file(path: string): SourceFile | undefined;
  lint(): LintResult;
  /** What `lint()` would say with these files changed; the engine itself stays as it is. */
  lintWith(changes: ReadonlyMap<string, SourceFile | undefined>): LintResult;
}

/** What the engine asks of the configuration. Paths are relative to the root. */
export interface LintConfiguration {
  /** `default`: nothing said; the rule's own severity and default hold. `on` switches a preview rule on. */
  severityOf(rule: string, path: string): Severity | 'on' | 'off' | 'default';
  optionsOf(rule: string, path: string): Readonly<Record<string, OptionValue>>;
  assumeFor(path: string): Assume;
}
