/**
 * What the editor and the thread that reads clusters say to each other: plain data. The snapshot itself stays in that thread, however large it is; what
 * the editor shows of it comes as a report. Texts for people are in the wanted language already.
 */
import type { ContextList, Progress, Scope } from '../cluster/cluster.ts';
import type { Drift, Manifests } from '../diagnosis/drift.ts';
import type { DiagnosisReport } from '../report/diagnosis-report.ts';
import type { Language } from '../runbooks/types.ts';
import type { ObjectReference } from '../snapshot/snapshot.ts';
import type { Range } from '../text/source.ts';
import type { Reply } from './protocol.ts';

export type { ContextList, Drift, ObjectReference, Progress, Scope };

export interface DiagnosisSettings {
  readonly language: Language;
  /** Also rules and cases that are off by default. */
  readonly preview: boolean;
  /** Of the folder whose configuration counts; absolute. Missing: no configuration. */
  readonly root?: string;
}

export interface DiagnoseParams extends DiagnosisSettings {
  /** Name of a context; without it the kubeconfig's current one. */
  readonly context?: string;
  readonly scope: Scope;
  readonly observeMs?: number;
  readonly deep: boolean;
}

export interface DiagnosisData {
  readonly report: DiagnosisReport;
  /** Nobody chose the namespaces: more was not allowed. */
  readonly narrowed: boolean;
  /** The file or folder that it was read from; empty for a cluster. */
  readonly from: string;
  /** Files of the folder that hold nothing that could be read. */
  readonly skipped: number;
  readonly pictures: Readonly<Record<string, readonly string[]>>;
  /** `Kind/name` of objects with findings: what manifests are wanted for a comparison. */
  readonly wanted: readonly string[];
  readonly namespaces: readonly string[];
}

/** `stopped`: the user ended it; what was known before holds. */
export type DiagnosisAnswer =
  | { readonly is: 'done'; readonly data: DiagnosisData }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'stopped' };

export interface ObjectText {
  readonly text: string;
  /** Where the pointer leads. */
  readonly range: Range;
}

export interface FolderManifests {
  /** Names the folder in answers. */
  readonly folder: string;
  /** Absolute; asked for the times of its files. Missing where Git must not run: in Restricted Mode. */
  readonly root?: string;
  readonly manifests: Manifests;
}

export interface FolderDrift extends Drift {
  readonly folder: string;
}

export interface ClusterRequests {
  /** The kubeconfig's contexts. Runs nothing, asks nobody. */
  contexts: { params: { language: Language }; result: ContextList | { readonly message: string } };
  diagnose: { params: DiagnoseParams; result: DiagnosisAnswer };
  /** A saved snapshot, a file of kubectl, or a folder of such. */
  open: { params: DiagnosisSettings & { path: string }; result: DiagnosisAnswer };
  /** The last snapshot again, in other words. */
  again: { params: DiagnosisSettings; result: DiagnosisAnswer };
  object: { params: { object: ObjectReference; pointer: string }; result: ObjectText | undefined };
  /** The report as a file's text. */
  text: { params: { format: 'markdown' | 'json'; language: Language }; result: string };
  /** Writes the snapshot. */
  save: { params: { path: string }; result: undefined };
  drift: { params: { folders: readonly FolderManifests[] }; result: readonly FolderDrift[] };
  /** Ends what runs. */
  stop: { params: Record<string, never>; result: undefined };
}

export type ClusterRequestName = keyof ClusterRequests;

export type ClusterRequestMessage = {
  [N in ClusterRequestName]: { readonly id: number; readonly name: N; readonly params: ClusterRequests[N]['params'] };
}[ClusterRequestName];

export type ClusterMessage =
  | Reply
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** What a credential plugin of the kubeconfig says while it runs: perhaps the address and code of a login. */
  | { readonly kind: 'plugin'; readonly text: string };
