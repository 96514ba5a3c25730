import * as vscode from 'vscode';
import { SEVERITIES } from '../linters/rule.ts';
import type { FindingData, FolderUpdate, NoticeData } from '../service/protocol.ts';
import { uriIn } from './convert.ts';

export interface PlacedFinding extends FindingData {
  readonly folder: vscode.Uri;
  readonly uri: vscode.Uri;
}

/** The worst is 0. */
export function severityRank(finding: FindingData | undefined): number {
  return finding ? SEVERITIES.indexOf(finding.severity) : SEVERITIES.length;
}

/** Orders by severity, then as the files stand in a tree, then by line. */
export function worstFirst(a: FindingData, b: FindingData): number {
  return severityRank(a) - severityRank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.range.start.line - b.range.start.line);
}

interface FolderState {
  readonly uri: vscode.Uri;
  readonly files: Map<string, readonly PlacedFinding[]>;
  notices: readonly NoticeData[];
  stopped: boolean;
}

/** What the service last said of every folder: the one thing that diagnostics, trees, badges and the status show. */
export class FindingsStore implements vscode.Disposable {
  private readonly folders = new Map<string, FolderState>();
  private readonly changed = new vscode.EventEmitter<readonly vscode.Uri[]>();
  /** The files whose findings changed; empty when only notices did. */
  readonly onChange = this.changed.event;

  take(folder: vscode.Uri, update: FolderUpdate): void {
    const key = folder.toString();
    const state = this.folders.get(key) ?? { uri: folder, files: new Map<string, readonly PlacedFinding[]>(), notices: [], stopped: false };
    this.folders.set(key, state);
    state.notices = update.notices;
    state.stopped = update.stopped;
    const uris = update.files.map(({ path, findings }) => {
      const uri = uriIn(folder, path);
      if (findings.length === 0) state.files.delete(path);
      else
        state.files.set(
          path,
          findings.map((finding) => ({ ...finding, folder, uri })),
        );
      return uri;
    });
    this.changed.fire(uris);
  }

  drop(folder: vscode.Uri): void {
    const state = this.folders.get(folder.toString());
    if (!state) return;
    this.folders.delete(folder.toString());
    this.changed.fire([...state.files.keys()].map((path) => uriIn(folder, path)));
  }

  all(): PlacedFinding[] {
    return [...this.folders.values()].flatMap(({ files }) => [...files.values()].flat());
  }

  of(uri: vscode.Uri): readonly PlacedFinding[] {
    const key = uri.toString();
    for (const { files } of this.folders.values()) {
      for (const findings of files.values()) if (findings[0]?.uri.toString() === key) return findings;
    }
    return [];
  }

  /** Files that were judged only in part, or not at all, and why. */
  notices(): readonly (NoticeData & { readonly uri: vscode.Uri })[] {
    return [...this.folders.values()].flatMap(({ uri, notices }) => notices.map((notice) => ({ ...notice, uri: uriIn(uri, notice.path) })));
  }

  /** Somebody ended the reading of a folder before its end. */
  isStopped(): boolean {
    return [...this.folders.values()].some(({ stopped }) => stopped);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
