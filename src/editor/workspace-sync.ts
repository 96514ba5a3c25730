import * as vscode from 'vscode';
import { pathIn } from './convert.ts';
import type { FindingsStore } from './findings-store.ts';
import { folderSettings, isOurs } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';

/** A pause in typing that ends a word. A finding that comes and goes with each letter helps nobody. */
const TYPING_PAUSE_MS = 75;
/** A branch switch touches many files within moments. */
const DISK_PAUSE_MS = 120;

const NOT_OURS = /(?:^|\/)(?:\.git|node_modules)(?:\/|$)/;

export interface PlaceInFolder {
  readonly folder: vscode.Uri;
  /** How the service names the folder. */
  readonly key: string;
  readonly path: string;
}

/** Keeps the service informed: folders, open documents as they are typed, and what happens on disk. */
export class WorkspaceSync implements vscode.Disposable {
  private readonly client: ServiceClient;
  private readonly store: FindingsStore;
  private readonly log: vscode.LogOutputChannel;
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly watchers = new Map<string, vscode.Disposable>();
  private readonly folders = new Map<string, vscode.Uri>();
  private readonly typed = new Map<string, vscode.TextDocument>();
  private readonly onDisk = new Map<string, Set<string>>();
  private typingTimer: NodeJS.Timeout | undefined;
  private diskTimer: NodeJS.Timeout | undefined;
  private restarts = 0;

  constructor(client: ServiceClient, store: FindingsStore, log: vscode.LogOutputChannel) {
    this.client = client;
    this.store = store;
    this.log = log;
    this.subscriptions.push(
      client.onUpdate((update) => {
        const folder = this.folders.get(update.folder);
        if (!folder) return;
        const { counts, files, durationMs } = update;
        this.log.debug(
          `${folder.fsPath}: ${counts.files} files, ${counts.units} units, ${files.length} changed, ${durationMs.toFixed(1)} ms`,
        );
        this.store.take(folder, update);
      }),
      client.onDeath(() => this.restart()),
      vscode.workspace.onDidOpenTextDocument((document) => this.send(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.type(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.close(document)),
      vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const folder of removed) this.closeFolder(folder.uri);
        for (const folder of added) this.openFolder(folder.uri);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!isOurs(change)) return;
        for (const [key, folder] of this.folders) this.client.tell('configure', { folder: key, settings: folderSettings(folder) });
      }),
    );
    for (const folder of vscode.workspace.workspaceFolders ?? []) this.openFolder(folder.uri);
  }

  /** Where a file stands, when the service knows its folder. Of nested folders the innermost. */
  placeOf(uri: vscode.Uri): PlaceInFolder | undefined {
    let best: PlaceInFolder | undefined;
    for (const [key, folder] of this.folders) {
      const path = pathIn(folder, uri);
      if (path !== undefined && (!best || path.length < best.path.length)) best = { folder, key, path };
    }
    return best;
  }

  /** Sends what was typed at once: a question about the document follows. */
  flush(document: vscode.TextDocument): void {
    if (this.typed.delete(document.uri.toString())) this.send(document);
  }

  rescan(): void {
    for (const key of this.folders.keys()) this.client.tell('rescan', { folder: key });
  }

  private openFolder(folder: vscode.Uri): void {
    // The engine reads the disk itself; what lives elsewhere it can't see.
    if (folder.scheme !== 'file' || this.folders.has(folder.toString())) return;
    const key = folder.toString();
    this.folders.set(key, folder);
    this.client.tell('openFolder', { folder: key, root: folder.fsPath, settings: folderSettings(folder) });
    this.watchers.set(key, this.watch(key, folder));
    for (const document of vscode.workspace.textDocuments) if (pathIn(folder, document.uri) !== undefined) this.send(document);
  }

  private closeFolder(folder: vscode.Uri): void {
    const key = folder.toString();
    if (!this.folders.delete(key)) return;
    this.watchers.get(key)?.dispose();
    this.watchers.delete(key);
    this.client.tell('closeFolder', { folder: key });
    this.store.drop(folder);
  }

  private watch(key: string, folder: vscode.Uri): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**/*'));
    const note = (uri: vscode.Uri): void => {
      const path = pathIn(folder, uri);
      if (path === undefined || NOT_OURS.test(path)) return;
      const paths = this.onDisk.get(key) ?? new Set<string>();
      this.onDisk.set(key, paths.add(path));
      clearTimeout(this.diskTimer);
      this.diskTimer = setTimeout(() => this.tellDisk(), DISK_PAUSE_MS);
    };
    watcher.onDidChange(note);
    watcher.onDidCreate(note);
    watcher.onDidDelete(note);
    return watcher;
  }

  private tellDisk(): void {
    for (const [key, paths] of this.onDisk) if (this.folders.has(key)) this.client.tell('filesChanged', { folder: key, paths: [...paths] });
    this.onDisk.clear();
  }

  private type(document: vscode.TextDocument): void {
    if (!this.placeOf(document.uri)) return;
    this.typed.set(document.uri.toString(), document);
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => {
      const documents = [...this.typed.values()];
      this.typed.clear();
      for (const each of documents) this.send(each);
    }, TYPING_PAUSE_MS);
  }

  private send(document: vscode.TextDocument): void {
    const place = document.isClosed ? undefined : this.placeOf(document.uri);
    if (!place) return;
    this.client.tell('openDocument', { folder: place.key, path: place.path, version: document.version, text: document.getText() });
  }

  private close(document: vscode.TextDocument): void {
    this.typed.delete(document.uri.toString());
    const place = this.placeOf(document.uri);
    if (place) this.client.tell('closeDocument', { folder: place.key, path: place.path });
  }

  /** A thread that died twice would die a third time. */
  private restart(): void {
    if (this.restarts++ > 0) return;
    const folders = [...this.folders.values()];
    for (const folder of folders) this.closeFolder(folder);
    for (const folder of folders) this.openFolder(folder);
  }

  dispose(): void {
    clearTimeout(this.typingTimer);
    clearTimeout(this.diskTimer);
    for (const each of [...this.subscriptions, ...this.watchers.values()]) each.dispose();
  }
}
