import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeParser } from '../code/index.ts';
import { Configuration, NO_SETTINGS } from '../configuration/configuration.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import type { ConfigurationProblem } from '../configuration/problem.ts';
import { applyBaseline, BASELINE_FILE, type PlacedEntry, readBaseline } from '../linters/baseline.ts';
import type { Engine } from '../linters/engine.ts';
import type { LintFinding, LintResult } from '../linters/lint-result.ts';
import { compareSeverity } from '../linters/rule.ts';
import { messageText } from '../report/message.ts';
import { rangeOf, type SourceFile, sourceFile } from '../text/source.ts';
import { decodeText } from '../workspace/decode.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { readSource, scan, wouldRead } from '../workspace/scan.ts';
import { readerNotices } from './notices.ts';
import { isJudged, newEngine, readConfiguration } from './engine-setup.ts';
import { OpenDocument } from './open-document.ts';
import { findingData } from './plain-data.ts';
import type { FindingData, FolderSettings, FolderUpdate, NoticeData } from './protocol.ts';
import { unitIdsOf } from './unit-files.ts';

export interface LintServiceOptions {
  /** Names the folder in updates. */
  readonly folder: string;
  /** Absolute path. */
  readonly root: string;
  readonly settings: FolderSettings;
  readonly codeParser?: CodeParser;
  /** Asked at the start of a scan, where the answer doesn't count, and now and then during it: `true` ends it. */
  readonly isCancelled?: () => boolean;
  readonly onProgress?: (files: number) => void;
}

/**
 * One folder's engine behind plain data: files and open documents in, what changed among the findings out. `scan`, `openDocument` and the
 * like only take in; `update` judges. After any sequence of calls the findings equal those of a scan from scratch, as long as the open
 * documents parse; while one does not, nothing new is said of its units.
 */
export class LintService {
  readonly folder: string;
  readonly root: string;
  private readonly options: LintServiceOptions;
  private folderSettings: FolderSettings;
  private configuration = new Configuration();
  private configurationProblems: readonly ConfigurationProblem[] = [];
  private baseline: readonly PlacedEntry[] = [];
  private baselineProblem: string | undefined;
  private lintEngine: Engine;
  private readonly documents = new Map<string, OpenDocument>();
  /** Texts of open documents that configure the service; the engine doesn't hold them. */
  private readonly ownFiles = new Map<string, SourceFile>();
  private readonly published = new Map<string, string>();
  private shownFindings = new Map<string, LintFinding>();
  private lastResult: LintResult | undefined;
  /** The folder was read to its end at least once. Before that, what is missing may be in files that were not read. */
  private wasRead = false;
  private stopped = false;

  constructor(options: LintServiceOptions) {
    this.folder = options.folder;
    this.root = options.root;
    this.options = options;
    this.folderSettings = options.settings;
    this.lintEngine = newEngine(this.root, this.configuration, options.settings.preview, options.codeParser);
  }

  get engine(): Engine {
    return this.lintEngine;
  }

  get settings(): FolderSettings {
    return this.folderSettings;
  }

  /** The patterns of the team's own runbooks. */
  get runbookPatterns(): readonly string[] {
    return this.configuration.settings.runbooks;
  }

  /** What the engine said last, suppressions applied but not the baseline. `update` first. */
  get result(): LintResult | undefined {
    return this.lastResult;
  }

  /** Reads the configuration and the whole folder anew. Open documents keep their text. A scan that is ended leaves everything as it was. */
  scan(): void {
    this.readConfigurationFile();
    this.readBaselineFile();
    const { preview } = this.folderSettings;
    const engine = newEngine(this.root, this.configuration, preview, this.options.codeParser);
    const before = this.lintEngine;
    this.options.isCancelled?.();
    this.stopped = false;
    scan(
      this.root,
      {
        file: (file) => engine.setFile(file.path, file),
        notice: (notice) => engine.workspace.setNotice(notice.file, notice),
      },
      {
        isIgnored: (path) => this.configuration.isIgnored(path),
        onProgress: (files) => {
          this.options.onProgress?.(files);
          this.stopped = this.options.isCancelled?.() === true;
          return !this.stopped;
        },
      },
    );
    if (this.stopped) return;
    this.wasRead = true;
    this.lintEngine = engine;
    for (const document of this.documents.values()) {
      if (!this.reads(document.path)) continue;
      const held = before.file(document.path);
      if (held) engine.setFile(document.path, held);
    }
  }

  configure(settings: FolderSettings): void {
    const rescan = settings.preview !== this.folderSettings.preview;
    this.folderSettings = settings;
    if (rescan) this.scan();
  }

  /** Opens a document or takes a change of it. */
  openDocument(path: string, version: number, text: string): void {
    if (path === CONFIGURATION_FILE || path === BASELINE_FILE) {
      this.ownFiles.set(path, sourceFile(path, text));
      this.ownFileChanged(path);
      return;
    }
    if (!this.reads(path)) return;
    const document = this.documents.get(path) ?? new OpenDocument(path);
    this.documents.set(path, document);
    document.take(this.lintEngine, version, text);
  }

  /** From now on the disk holds the truth about this file. */
  closeDocument(path: string): void {
    if (this.ownFiles.delete(path)) this.ownFileChanged(path);
    if (this.documents.delete(path)) this.readFromDisk(path);
  }

  /** @param paths files or folders that were created, changed or deleted */
  filesChanged(paths: readonly string[]): void {
    let rescan = false;
    for (const path of paths) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (path === CONFIGURATION_FILE || path === BASELINE_FILE) {
        if (!this.ownFiles.has(path)) this.ownFileChanged(path);
      } else if (name === '.gitignore') rescan = true;
      else if (isFolder(join(this.root, path))) rescan ||= this.holdsNew(path);
      else {
        this.fileChanged(path);
        for (const held of this.pathsBelow(path)) this.fileChanged(held);
      }
    }
    if (rescan) this.scan();
  }

  private fileChanged(path: string): void {
    if (this.documents.has(path)) return;
    if (this.reads(path)) this.readFromDisk(path);
    else this.lintEngine.setFile(path, undefined);
  }

  /** A new folder may tell of itself only; what is in it is found by a scan. A folder that is pruned or ignored needs none. */
  private holdsNew(folder: string): boolean {
    return wouldRead(this.root, `${folder}/a.yaml`, (path) => this.configuration.isIgnored(path));
  }

  /** A deleted folder tells of itself only. */
  private pathsBelow(folder: string): string[] {
    const below: string[] = [];
    for (const { file } of this.lintEngine.workspace.parsedFiles()) if (file.path.startsWith(`${folder}/`)) below.push(file.path);
    for (const { file } of this.lintEngine.workspace.notices()) if (file.startsWith(`${folder}/`)) below.push(file);
    return below;
  }

  private readFromDisk(path: string): void {
    if (!isThere(join(this.root, path))) {
      this.lintEngine.setFile(path, undefined);
      return;
    }
    const read = readSource(this.root, path);
    if ('text' in read) this.lintEngine.setFile(path, read);
    else this.lintEngine.workspace.setNotice(path, read);
  }

  /** Takes closed files as the disk has them now, so that no edit is made for an older text. `true`: one had changed. */
  refresh(paths: Iterable<string>): boolean {
    let changed = false;
    for (const path of paths) {
      if (this.documents.has(path)) continue;
      const held = this.lintEngine.file(path);
      const read = isThere(join(this.root, path)) ? readSource(this.root, path) : undefined;
      if (held?.text === (read && 'text' in read ? read.text : undefined)) continue;
      this.readFromDisk(path);
      changed = true;
    }
    return changed;
  }

  /** Whether a rule runs over a file. */
  judges(rule: string, path: string): boolean {
    return isJudged(rule, path, this.configuration, this.folderSettings.preview);
  }

  /** Whether a scan would read this file. */
  reads(path: string): boolean {
    return wouldRead(this.root, path, (entry) => this.configuration.isIgnored(entry));
  }

  document(path: string): OpenDocument | undefined {
    return this.documents.get(path);
  }

  finding(id: string): LintFinding | undefined {
    return this.shownFindings.get(id);
  }

  findingsIn(path: string): LintFinding[] {
    return [...this.shownFindings.values()].filter((finding) => finding.at.file.path === path);
  }

  private ownFileChanged(path: string): void {
    if (path === BASELINE_FILE) {
      this.readBaselineFile();
      return;
    }
    const before = this.configuration;
    this.readConfigurationFile();
    if (this.configuration !== before) this.scan();
  }

  private ownText(path: string): SourceFile | undefined {
    const open = this.ownFiles.get(path);
    if (open) return open;
    try {
      const decoded = decodeText(path, readFileSync(join(this.root, path)));
      return 'text' in decoded ? decoded : undefined;
    } catch {
      return undefined;
    }
  }

  /** With an error in the file, the settings that were last right stay in force, so that a slip doesn't flood the window. */
  private readConfigurationFile(): void {
    const file = this.ownText(CONFIGURATION_FILE);
    if (!file) {
      this.configurationProblems = [];
      if (this.configuration.settings !== NO_SETTINGS) this.configuration = new Configuration();
      return;
    }
    const { settings, problems } = readConfiguration(file);
    this.configurationProblems = problems;
    if (!problems.some((problem) => problem.kind === 'error')) this.configuration = new Configuration(settings);
  }

  private readBaselineFile(): void {
    const file = this.ownText(BASELINE_FILE);
    const baseline = file ? readBaseline(file) : undefined;
    this.baselineProblem = baseline?.ok === false ? baseline.problem : undefined;
    if (!baseline || baseline.ok) this.baseline = baseline?.entries ?? [];
  }

  /** Judges, and gives the files whose findings are others than in the update before. */
  async update(): Promise<FolderUpdate> {
    const startMs = performance.now();
    const result = await this.judge();
    const { findings, known } = this.withoutBaseline(this.wasRead ? result.findings : []);
    const shown = this.withoutGuesses(findings.filter((finding) => compareSeverity(finding.severity, this.folderSettings.severity) <= 0));
    this.shownFindings = new Map(shown.map((finding) => [finding.fingerprint, finding]));
    return {
      folder: this.folder,
      files: this.changedFiles(shown),
      notices: this.notices(result),
      counts: { files: result.files, units: result.units, suppressed: result.suppressed, baseline: known },
      stopped: this.stopped,
      durationMs: performance.now() - startMs,
    };
  }

  /** Lints what was taken in, without telling anybody. */
  async judge(): Promise<LintResult> {
    await this.lintEngine.prepare();
    this.lastResult = this.lintEngine.lint();
    return this.lastResult;
  }

  private withoutBaseline(findings: readonly LintFinding[]): { findings: readonly LintFinding[]; known: number } {
    const { preview } = this.folderSettings;
    const judged = (rule: string, path: string): boolean => isJudged(rule, path, this.configuration, preview);
    if (this.baseline.length === 0) return { findings, known: 0 };
    const applied = applyBaseline(findings, this.baseline, judged);
    return { ...applied, findings: applied.findings.filter((finding) => judged(finding.rule, finding.at.file.path)) };
  }

  /** While a document can't be judged as it is, what was not there before may come from the lines that are left out: it is not said. */
  private withoutGuesses(findings: readonly LintFinding[]): readonly LintFinding[] {
    const broken = [...this.documents.values()].filter((document) => document.state !== 'whole');
    if (broken.length === 0) return findings;
    const units = new Set(broken.flatMap(({ path }) => unitIdsOf(this.lintEngine.repository(), path)));
    return findings.filter((finding) => this.shownFindings.has(finding.fingerprint) || !finding.units.some((unit) => units.has(unit)));
  }

  private changedFiles(shown: readonly LintFinding[]): { path: string; findings: FindingData[] }[] {
    const byFile = new Map<string, FindingData[]>();
    const add = (path: string, data: FindingData): void => {
      const list = byFile.get(path);
      if (list) list.push(data);
      else byFile.set(path, [data]);
    };
    for (const finding of shown) add(finding.at.file.path, findingData(finding, this.folderSettings.language));
    for (const problem of this.configurationProblems) add(problem.at.file.path, this.problemData(problem));
    for (const path of this.published.keys()) if (!byFile.has(path)) byFile.set(path, []);
    const changed: { path: string; findings: FindingData[] }[] = [];
    for (const [path, findings] of byFile) {
      // Its lines have moved while the engine holds an older text: the editor moves the marks with the text, and that is right for now.
      if (this.documents.get(path)?.state === 'waiting') continue;
      const text = JSON.stringify(findings);
      // The marks of an open document may have been moved by typing: they are set right again.
      if ((this.published.get(path) ?? '[]') === text && (findings.length === 0 || !this.documents.has(path))) continue;
      if (findings.length === 0) this.published.delete(path);
      else this.published.set(path, text);
      changed.push({ path, findings });
    }
    return changed;
  }

  private problemData(problem: ConfigurationProblem): FindingData {
    const { language } = this.folderSettings;
    const message = messageText(problem.message, problem.data, language);
    return {
      id: `${problem.at.start} ${problem.key} ${message}`,
      rule: '',
      title: '',
      severity: problem.kind === 'error' ? 'error' : 'information',
      message,
      path: problem.at.file.path,
      range: rangeOf(problem.at),
      related: [],
      tags: [],
      runbook: '',
      fixable: false,
    };
  }

  private notices(result: LintResult): NoticeData[] {
    const { language } = this.folderSettings;
    const own: Notice[] =
      this.baselineProblem === undefined ? [] : [{ kind: 'configuration', file: BASELINE_FILE, message: this.baselineProblem }];
    const said = readerNotices(this.lintEngine, result, language, own);
    return said.map(({ file, kind, message }) => ({ path: file, kind, message }));
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
