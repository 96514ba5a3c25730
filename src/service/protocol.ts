/**
 * What the engine service and its users say to each other: plain data only, so that it crosses threads. Paths are relative to the
 * folder's root, with `/`; positions are LSP's (zero-based, UTF-16). Texts for people are in the folder's language already.
 */
import type { Manifests } from '../diagnosis/drift.ts';
import type { Severity } from '../linters/rule.ts';
import type { Language, RunbookSeverity } from '../runbooks/types.ts';
import type { Position, Range } from '../text/source.ts';

export type { Language, Position, Range, Severity };

export interface FolderSettings {
  readonly language: Language;
  /** Also rules and cases that are off by default. */
  readonly preview: boolean;
  /** The least severity that is shown. */
  readonly severity: Severity;
}

export interface PlaceData {
  readonly path: string;
  readonly range: Range;
}

export interface FindingData extends PlaceData {
  /** The fingerprint: the same for as long as the finding stays, wherever it moves. */
  readonly id: string;
  /** Rule id; empty for a problem of the configuration file. */
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly message: string;
  readonly related: readonly (PlaceData & { readonly message: string })[];
  readonly tags: readonly ('deprecated' | 'unnecessary')[];
  /** Id of the runbook, perhaps with `#` and a heading; empty where there is none. */
  readonly runbook: string;
  /** The rule offers edits, which may turn out not to hold. */
  readonly fixable: boolean;
}

export interface NoticeData {
  readonly path: string;
  readonly kind: string;
  readonly message: string;
}

/** What is different since the update before. */
export interface FolderUpdate {
  readonly folder: string;
  /** All findings of each file that changed; an empty list: none any more. */
  readonly files: readonly { readonly path: string; readonly findings: readonly FindingData[] }[];
  readonly notices: readonly NoticeData[];
  readonly counts: { readonly files: number; readonly units: number; readonly suppressed: number; readonly baseline: number };
  /** The last scan was ended by the user: what is said is as old as the scan before, and nothing when there was none. */
  readonly stopped: boolean;
  readonly durationMs: number;
}

export interface EditData extends PlaceData {
  readonly newText: string;
}

/** Edits of files as the service knows them. */
export interface EditsData {
  readonly edits: readonly EditData[];
  readonly creates: readonly { readonly path: string; readonly text: string }[];
  /** The version of each open document that the edits are for; files that are not listed were compared with the disk. */
  readonly versions: readonly { readonly path: string; readonly version: number }[];
}

export interface FixData extends EditsData {
  readonly finding: string;
  readonly id: string;
  readonly title: string;
  readonly safety: 'safe' | 'review';
}

export interface SnippetData {
  readonly finding: string;
  readonly reason: string;
  readonly language: string;
  readonly text: string;
}

/** How to keep a finding from being reported. `reason` is where the user should say why: a range in `newText` of the first edit. */
export interface IgnoreData extends EditsData {
  readonly finding: string;
  readonly scope: 'next-line' | 'file' | 'object';
  /** Offsets in the first edit's new text of the words to replace by a reason. */
  readonly reason: { readonly start: number; readonly end: number } | undefined;
}

export interface ActionsData {
  readonly fixes: readonly FixData[];
  readonly snippets: readonly SnippetData[];
  readonly ignores: readonly IgnoreData[];
}

export interface LayerData {
  readonly origin: string;
  readonly text: string;
  readonly at: PlaceData | undefined;
}

export interface ValueData {
  /** The setting's name: an environment variable, `image`, a key. */
  readonly name: string;
  /** `undefined`: not known; `why` says why. */
  readonly value: string | undefined;
  readonly why: { readonly kind: 'templated' | 'secret' | 'fieldRef' | 'outside'; readonly detail: string } | undefined;
  /** Winner first. */
  readonly layers: readonly LayerData[];
  readonly unit: string;
}

export interface HoverData {
  readonly range: Range;
  readonly findings: readonly FindingData[];
  readonly values: readonly ValueData[];
}

export interface LensData {
  readonly range: Range;
  readonly text: string;
  readonly runbook: string;
}

export interface CompletionData {
  readonly label: string;
  readonly detail: string;
  readonly documentation: string;
  readonly insert: string;
  readonly kind: 'key' | 'value';
}

export interface RunbookData {
  readonly id: string;
  readonly title: string;
  readonly technologies: readonly string[];
  readonly severity: RunbookSeverity;
  readonly rules: readonly string[];
}

export interface RunbookHitData {
  readonly id: string;
  readonly title: string;
  readonly reasons: readonly { readonly kind: string; readonly text: string }[];
}

export interface RunbookPageData extends RunbookData {
  readonly language: Language;
  readonly languages: readonly Language[];
  readonly affects: readonly string[];
  readonly reviewed: string;
  /** Titles of all rules in this language. */
  readonly ruleTitles: Readonly<Record<string, string>>;
  /** Safe HTML of the text; headings carry the keys below as ids. */
  readonly html: string;
  readonly sections: readonly { readonly key: string; readonly heading: string }[];
  /** Texts of the fences by their ordinal, for copying. */
  readonly fences: readonly string[];
}

/** Requests of the editor and their answers. */
export interface Requests {
  openFolder: { params: { folder: string; root: string; settings: FolderSettings }; result: undefined };
  closeFolder: { params: { folder: string }; result: undefined };
  configure: { params: { folder: string; settings: FolderSettings }; result: undefined };
  /** Also each change of an open document. */
  openDocument: { params: { folder: string; path: string; version: number; text: string }; result: undefined };
  closeDocument: { params: { folder: string; path: string }; result: undefined };
  /** Files or folders that were created, changed or deleted on disk. */
  filesChanged: { params: { folder: string; paths: readonly string[] }; result: undefined };
  rescan: { params: { folder: string }; result: undefined };
  actions: { params: { folder: string; path: string; range: Range }; result: ActionsData };
  /** One fix for each finding of the file: of one rule, or (without `rule`) the safe ones of all rules. Only edits in this file. */
  fixAll: { params: { folder: string; path: string; rule?: string }; result: EditsData };
  hover: { params: { folder: string; path: string; position: Position }; result: HoverData | undefined };
  lenses: { params: { folder: string; path: string }; result: readonly LensData[] };
  /** What a cluster is compared with; `wanted`: `Kind/name` of objects that it has findings on. */
  manifests: { params: { folder: string; wanted: readonly string[] }; result: Manifests };
  complete: { params: { folder: string; text: string; position: Position }; result: readonly CompletionData[] };
  runbooks: { params: { language: Language }; result: readonly RunbookData[] };
  runbook: { params: { id: string; language: Language }; result: RunbookPageData | undefined };
  searchRunbooks: { params: { question: string; language: Language }; result: readonly RunbookHitData[] };
}

export type RequestName = keyof Requests;

export type RequestMessage = {
  [N in RequestName]: { readonly id: number; readonly name: N; readonly params: Requests[N]['params'] };
}[RequestName];

/** What a request comes to, in each of the threads. */
export type Reply =
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string };

export type ServiceMessage =
  | Reply
  | { readonly kind: 'update'; readonly update: FolderUpdate }
  | { readonly kind: 'progress'; readonly folder: string; readonly files: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'problem'; readonly message: string };
