import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A Node 20 of the machine's own: the devDependency `node` stands before it on npm's PATH. */
export const node20: string | undefined = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path) && spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.startsWith('20.'));

/** The command line, built for this test process alone: other tests may build `dist` at the same time. */
const built = join(repositoryRoot, 'node_modules', '.cache', 'runbook-lens', `test-${process.pid}`);
const build = spawnSync(process.execPath, [join(repositoryRoot, 'scripts', 'build.mjs'), '--out', built], { encoding: 'utf8' });
if (build.status !== 0) throw new Error(`the build failed:\n${build.stderr}`);
const leftovers: string[] = [built];
process.on('exit', () => {
  for (const folder of leftovers) rmSync(folder, { recursive: true, force: true });
});

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
  /** Runs as this user and group, which only root can ask for. */
  readonly uid?: number;
}

/** Runs the built command line as a child process, in English, on Node 20 where there is one. */
export function cli(workingFolder: string, args: readonly string[], options: RunOptions = {}): Run {
  const { NO_COLOR: _n, FORCE_COLOR: _f, NODE_OPTIONS: _o, NODE_TEST_CONTEXT: _t, ...inherited } = process.env;
  const done = spawnSync(options.node ?? node20 ?? process.execPath, [join(built, 'cli.js'), ...args], {
    cwd: workingFolder,
    encoding: 'utf8',
    input: options.input ?? '',
    maxBuffer: 2 ** 28,
    timeout: 60_000,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    env: { ...inherited, LC_ALL: 'C.UTF-8', ...options.env },
  });
  if (done.error) throw done.error;
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** The same as words for a shell. */
export function cliCommand(): string {
  return `${node20 ?? process.execPath} ${join(built, 'cli.js')}`;
}

/** A folder with these files (paths with `/`), removed when the process ends. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-lens-cli-'));
  leftovers.push(folder);
  addFiles(folder, files);
  return folder;
}

export function addFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, ...path.split('/'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', '-c', 'init.defaultBranch=main'];
  const done = spawnSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** A Deployment with a `GOMEMLIMIT`: `512Mi` stops a Go process at start, `460MiB` is right. */
export function deployment(name: string, goMemLimit: string, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: ${name}
          image: example.org/${name}:1
          env:
            - name: GOMEMLIMIT
              value: ${goMemLimit}${more}
`;
}

export interface JsonFinding {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly fingerprint: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
  readonly fixes: readonly { readonly edits: readonly { readonly base: string }[] }[];
}

export interface JsonReport {
  readonly findings: readonly JsonFinding[];
  readonly notices: readonly { readonly kind: string; readonly file: string; readonly message: string }[];
  readonly summary: Readonly<Record<string, number>>;
}

export function jsonReport(run: Run): JsonReport {
  try {
    return JSON.parse(run.stdout) as JsonReport;
  } catch {
    throw new Error(`no JSON on standard output (status ${run.status}): ${run.stdout}\n${run.stderr}`);
  }
}

/** `file rule` of every finding, for short comparisons. */
export function found(run: Run): string[] {
  return jsonReport(run).findings.map((finding) => `${finding.file} ${finding.rule}`);
}
