import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { applyBaseline } from '../linters/baseline.ts';
import type { LintFinding, LintResult } from '../linters/lint-result.ts';
import { compareSeverity, type Rule } from '../linters/rule.ts';
import { wantsColour } from '../report/colour.ts';
import { lintJson } from '../report/json.ts';
import { countBySeverity, type LintReport } from '../report/lint-report.ts';
import { lintText } from '../report/text.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { decodeText } from '../workspace/decode.ts';
import { loadBaseline } from './baseline-file.ts';
import { CannotWork } from './cannot-work.ts';
import { emit, note } from './output.ts';
import type { CommonOptions } from './options.ts';
import { Focus, pathInRoot } from './paths.ts';
import { openProject, type Project } from './project.ts';
import { readerNotices } from '../service/notices.ts';
import { PRODUCT_NAME, productVersion } from '../service/product.ts';
import { rulePage } from './rule-page.ts';
import { findingsSince } from './since.ts';

export interface LintOptions extends CommonOptions {
  readonly fix: boolean;
  readonly unsafeFixes: boolean;
  readonly fixDryRun: boolean;
  readonly stdinFilename?: string;
  readonly since?: string;
}

/** What a run found, before it is decided what to show. */
export interface LintOutcome {
  readonly result: LintResult;
  /** In the paths asked for, not in the baseline, since the ref. */
  readonly findings: readonly LintFinding[];
  readonly notices: readonly Notice[];
  readonly baseline: number;
}

/** `lint`: gives the exit status. Throws `CannotWork` for what makes it 2. */
export async function lint(paths: readonly string[], options: LintOptions): Promise<number> {
  const startedMs = performance.now();
  const timings: string[] = [];
  const workingFolder = process.cwd();
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const fromMs = performance.now();
    const value = await work();
    timings.push(`${name} ${Math.round(performance.now() - fromMs)} ms`);
    return value;
  };
  const project = await timed('read and parse', () => openProject(options, workingFolder));
  const stdin = options.stdinFilename === undefined ? undefined : takeStdin(options.stdinFilename, project, workingFolder);
  const focus = new Focus(stdin ? [stdin.path] : paths.map((path) => pathInRoot(path, project.root, workingFolder)));
  let outcome = await timed('check', () => examine(project, focus, options));
  let stdoutTaken = false;
  if (options.fix || options.unsafeFixes || options.fixDryRun) {
    const { fix } = await import('./fix.ts');
    const fixed = await fix(project, outcome, options, stdin);
    stdoutTaken = fixed.stdoutTaken;
    if (fixed.changed) outcome = await timed('check again', () => examine(project, focus, options));
  }
  const shown = outcome.findings.filter((finding) => compareSeverity(finding.severity, options.severity) <= 0);
  const hidden = outcome.findings.filter((finding) => compareSeverity(finding.severity, options.severity) > 0);
  const { fixesFor } = await import('./offered-fixes.ts');
  const report: LintReport = {
    tool: { name: PRODUCT_NAME, version: productVersion() },
    findings: shown,
    hidden: countBySeverity(hidden),
    notices: outcome.notices,
    files: outcome.result.files,
    documents: outcome.result.documents,
    units: outcome.result.units,
    suppressed: outcome.result.suppressed,
    baseline: outcome.baseline,
    durationMs: Math.round(performance.now() - startedMs),
    language: project.language,
    rules: project.rules,
    fixesOf: fixesFor(project.engine, outcome.result, project.rules, project.language),
  };
  const text = await format(report, options, project);
  timings.push(`whole run ${Math.round(performance.now() - startedMs)} ms`);
  // The fixed text, or the diff, has standard output for itself.
  if (stdoutTaken && options.output === undefined) process.stderr.write(text);
  else emit(text, options.output);
  if (options.verbose) note(timings.join(', '));
  return exitStatus(outcome, focus, project, options);
}

/** Lints and keeps what was asked for. */
async function examine(project: Project, focus: Focus, options: LintOptions): Promise<LintOutcome> {
  await project.engine.prepare();
  const result = project.engine.lint();
  const baseline = loadBaseline(project.root);
  const inFocus = (file: string): boolean => focus.has(file);
  const judged = (rule: string, file: string): boolean => inFocus(file) && project.judged(rule, file);
  const asked = result.findings.filter((finding) => focus.hasFinding(finding));
  const { findings: fresh, known } = baseline ? applyBaseline(asked, baseline, judged) : { findings: asked, known: 0 };
  const caused = options.since === undefined ? undefined : new Set(await findingsSince(options.since, project, result, options.preview));
  const findings = fresh.filter((finding) => (caused ? caused.has(finding) : project.judged(finding.rule, finding.at.file.path)));
  const read = readerNotices(project.engine, result, project.language).filter((notice) => focus.has(notice.file));
  const notices = [...project.notices, ...read];
  return { result, findings, notices, baseline: known };
}

async function format(report: LintReport, options: LintOptions, project: Project): Promise<string> {
  switch (options.format) {
    case 'json':
      return lintJson(report);
    case 'sarif': {
      const { lintSarif } = await import('../report/sarif.ts');
      const rootUri = `${pathToFileURL(project.root).href.replace(/\/$/, '')}/`;
      return lintSarif(report, { rootUri, page: (rule: Rule) => rulePage(rule) });
    }
    case 'github': {
      const { lintGithub } = await import('../report/github.ts');
      return lintGithub(report);
    }
    default: {
      const toTerminal = options.output === undefined && process.stdout.isTTY === true;
      return lintText(report, { colour: wantsColour(options.color, process.env, toTerminal), brief: options.quiet });
    }
  }
}

function exitStatus(outcome: LintOutcome, focus: Focus, project: Project, options: LintOptions): number {
  const { failOn } = options;
  if (options.failIfNothingChecked && !checkedSomething(outcome, focus, project)) {
    throw new CannotWork({
      en: 'nothing to check: no file here is one that a rule reads',
      zh: '没有可检查的内容：这里没有任何规则会读取的文件',
    });
  }
  const [notice] = outcome.notices;
  if (options.failOnNotice && notice) {
    throw new CannotWork(
      { en: '--fail-on-notice: {file}: {message}', zh: '--fail-on-notice：{file}：{message}' },
      { file: notice.file, message: notice.message },
    );
  }
  if (failOn === 'never') return 0;
  return outcome.findings.some((finding) => compareSeverity(finding.severity, failOn) <= 0) ? 1 : 0;
}

function checkedSomething(outcome: LintOutcome, focus: Focus, project: Project): boolean {
  if (focus.everything) return outcome.result.files > 0;
  for (const parsed of project.engine.workspace.parsedFiles()) if (focus.has(parsed.file.path)) return true;
  return false;
}

/** A file whose text came on standard input. */
export interface StandardInput {
  readonly path: string;
  /** As they came: what is not text, or is nothing that a rule reads, goes back as it is. */
  readonly bytes: Uint8Array;
}

/** Puts the text on standard input in the place of a file, unless the configuration ignores that file. */
function takeStdin(name: string, project: Project, workingFolder: string): StandardInput {
  const path = pathInRoot(name, project.root, workingFolder, false);
  const bytes = readFileSync(0);
  if (project.configuration.isIgnored(path)) return { path, bytes };
  const decoded = decodeText(path, bytes);
  if ('text' in decoded) project.engine.setFile(path, decoded);
  else project.engine.workspace.setNotice(path, decoded);
  return { path, bytes };
}
