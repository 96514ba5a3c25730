import type { Fix, Snippet } from '../fixes/change.ts';
import type { Repository, Unit } from '../model/unit.ts';
import type { Anchor } from '../text/source.ts';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** Negative when `a` is more severe than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

/** One step milder; a hint stays a hint. */
export function milder(severity: Severity): Severity {
  return SEVERITIES[Math.min(SEVERITIES.indexOf(severity) + 1, SEVERITIES.length - 1)] ?? 'hint';
}

export function mildest(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) > 0 ? a : b;
}

/** Text in both languages with `{name}` placeholders; both sides carry the same placeholders. */
export interface Message {
  readonly en: string;
  readonly zh: string;
}

export type MessageData = Readonly<Record<string, string | number>>;

export interface Related {
  readonly at: Anchor;
  readonly messageId: string;
  readonly data?: MessageData;
}

/** What a rule says. Text for people is made from it last, in report/. */
export interface Report {
  readonly messageId: string;
  readonly data?: MessageData;
  /** The smallest token: the value, not the block. */
  readonly at: Anchor;
  /** Overrides the rule's severity. */
  readonly severity?: Severity;
  /** This case is shown only with `--preview`, whatever the rule's default. */
  readonly preview?: boolean;
  /** Evidence elsewhere, in causal order. */
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
  readonly snippet?: Snippet;
  readonly tags?: readonly ('deprecated' | 'unnecessary')[];
}

export type OptionValue = string | number | boolean;

export interface OptionSpec {
  readonly type: 'duration' | 'integer' | 'boolean' | 'string';
  /** A duration is Go syntax: `5m`, `350s`. */
  readonly default: OptionValue;
  readonly description: Message;
}

export interface RuleContext {
  readonly unit: Unit;
  readonly repository: Repository;
  /** The option's value from the configuration, else its default. */
  option(name: string): OptionValue;
  report(report: Report): void;
}

/** A pure check over a unit. One file each; the header comment names the upstream fact that justifies it. */
export interface Rule {
  readonly id: string;
  readonly title: Message;
  /** The runbook that tells what happens, and the anchor of its fitting heading if not the top. */
  readonly runbook: string;
  readonly severity: Severity;
  readonly default: 'on' | 'preview';
  /** Products and versions in words, e.g. `Kong 0.11.0 to 0.13.0`. */
  readonly affects: string;
  readonly fixable: 'safe' | 'review' | 'no';
  /** Upstream sources: `repository:path@tag`, issue or document. */
  readonly sources: readonly string[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Findings, related locations, fix titles and snippet reasons, by id. */
  readonly messages: Readonly<Record<string, Message>>;
  check(context: RuleContext): void;
}

/** A report with what the engine knows of it. */
export interface Finding extends Omit<Report, 'severity'> {
  readonly rule: string;
  readonly severity: Severity;
  readonly unit: string;
}
