/** The words of the knowledge base. Everything here is plain data: it crosses threads and is printed as JSON. */

export type Language = 'en' | 'zh-cn';

export const LANGUAGES: readonly Language[] = ['en', 'zh-cn'];

export type RunbookSeverity = 'critical' | 'high' | 'medium' | 'low';

export const RUNBOOK_SEVERITIES: readonly RunbookSeverity[] = ['critical', 'high', 'medium', 'low'];

/** What a fence does to the system: only looks, changes it, shows what a command prints, or is a piece of a file. */
export type FenceRisk = 'read' | 'change' | 'output' | 'config';

/** A product and the version range in which the incident happens, in the product's own version words (`>=2.1 <3.0`). */
export interface Affects {
  readonly product: string;
  readonly range: string;
  readonly fixedIn?: string;
}

/** How people on call arrive: alert names, log lines and metric names. */
export interface Signals {
  readonly alerts: readonly string[];
  /** Text that stands in a log line; `*` stands for any run of characters. Matched without regard to case. */
  readonly logs: readonly string[];
  readonly metrics: readonly string[];
}

/** A Kubernetes permission that the cluster checks of this runbook need. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A fenced block. Lines are 1-based and count from the top of the file. */
export interface Fence {
  readonly line: number;
  readonly info: string;
  readonly language: string;
  /** Missing when the info string names none (see `check.ts`). */
  readonly risk?: FenceRisk;
  /** How the text was checked: `ran: …`, `source: …`, `docs: …` or `help: …`. */
  readonly checked?: string;
  readonly text: string;
}

export interface Link {
  readonly line: number;
  readonly target: string;
  readonly text: string;
}

export interface Heading {
  readonly line: number;
  readonly level: number;
  readonly text: string;
}

/** What stands under one H2, with its H3 parts inside. */
export interface Section {
  /** Stable name in all languages, also the anchor in rendered HTML; the heading's own slug when it is none of ours. */
  readonly key: string;
  readonly heading: string;
  readonly line: number;
  readonly markdown: string;
}

/** One runbook in one language. */
export interface RunbookText {
  readonly file: string;
  /** Markdown without front matter. */
  readonly markdown: string;
  /** The line of the file (1-based) on which `markdown` starts. */
  readonly firstLine: number;
  readonly sections: readonly Section[];
}

export interface Runbook {
  readonly id: string;
  /** A missing language repeats the other one. */
  readonly title: Readonly<Record<Language, string>>;
  readonly technologies: readonly string[];
  readonly affects: readonly Affects[];
  readonly severity: RunbookSeverity;
  readonly signals: Signals;
  readonly rules: readonly string[];
  readonly probes: readonly string[];
  readonly rbac: readonly RbacRule[];
  /** Day of the last review, `YYYY-MM-DD`; empty when the file does not say. */
  readonly reviewed: string;
  readonly sources: readonly string[];
  readonly body: Readonly<Partial<Record<Language, RunbookText>>>;
}

/** Something to mend in a runbook file. `line` is 1-based. */
export interface RunbookProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** Paths (with `/`) to file contents. */
export type RunbookFiles = ReadonlyMap<string, string>;
