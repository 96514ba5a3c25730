import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, connect } from './api.ts';
import { brokenPromises } from './read-only.ts';

interface ControlPlaneProgram {
  readonly from: string;
  readonly up: readonly string[];
  readonly controllerManager?: readonly string[];
}
interface Missing {
  readonly missing: string;
  readonly remedy: string;
}
interface LocateScript {
  findControlPlane(): ControlPlaneProgram | Missing;
}
const { findControlPlane }: LocateScript = await import(new URL('../../scripts/control-plane/locate.mjs', import.meta.url).href);

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

/** Without the taint and garbage collectors: nothing keeps the staged nodes alive, and pods on dead nodes would be taken away. */
const CONTROLLERS = '*,-node-lifecycle-controller,-taint-eviction-controller,-pod-garbage-collector-controller';

export interface ControlPlaneOptions {
  /** Users beside `admin`, each with a token and a kubeconfig, without rights (see `Api.grant`). Letters, digits, `-` and `_`. */
  readonly users?: readonly string[];
  /** More flags of kube-apiserver, as `--etcd-compaction-interval=10s`; they win over the helper's own. */
  readonly flags?: readonly string[];
  /** Also run kube-controller-manager: Deployments make pods, Services get EndpointSlices, deleted namespaces go. */
  readonly kcm?: boolean;
}

/** One call that the API server saw, from its audit log (level Metadata). */
export interface AuditEvent {
  readonly auditID: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  /** As RBAC names it: get, list, watch, create, … */
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** A running control plane of our own: etcd and kube-apiserver on 127.0.0.1, data in a temporary folder. */
export interface ControlPlane {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** PEM of the authority that the server's certificate is checked against. */
  readonly ca: string;
  /** Holds `apiserver.crt`, `apiserver.key`, `USER.kubeconfig`, `audit.log`, `log.txt`. */
  readonly dir: string;
  readonly pid: number;
  /** A client with all rights, for staging. */
  readonly admin: Api;
  /** Path of a kubeconfig file; the user is `admin` or one of the options' users. */
  kubeconfig(user?: string): string;
  /** Bearer token of a user. */
  token(user?: string): string;
  /** A client with the rights of a user. */
  as(user: string): Api;
  /** Every call that was answered before this one, oldest first; of one user if named. */
  auditEvents(user?: string): Promise<AuditEvent[]>;
  /** Ends it and deletes its folder. A second call does nothing. */
  stop(): Promise<void>;
}

/** Why the cluster tests can't run here; undefined if they can. */
export function whyNoControlPlane(options: ControlPlaneOptions = {}): string | undefined {
  const found = findControlPlane();
  if ('missing' in found) return `${found.missing}; ${found.remedy}`;
  if (options.kcm && found.controllerManager === undefined) {
    return `no kube-controller-manager: ${found.from} has none; unset KUBEBUILDER_ASSETS or run: node scripts/control-plane/build.mjs`;
  }
  return undefined;
}

/**
 * Starts a control plane, in 3 to 5 seconds, and waits until it is ready. It ends with `stop`, or by itself when this process dies.
 * @throws {Error} with the end of its log, if it doesn't start
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const found = findControlPlane();
  if ('missing' in found) throw new Error(`${found.missing}; ${found.remedy}`);
  const dir = mkdtempSync(join(tmpdir(), 'runbook-lens-cluster-'));
  const logPath = join(dir, 'log.txt');
  const flags = [...auditFlags(dir), ...(options.flags ?? [])];
  const api = spawnQuietly([...found.up, '--dir', dir, '--users', (options.users ?? []).join(','), '--stdin', '--', ...flags], logPath);
  const processes: ChildProcess[] = [api];
  const removeFolder = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const { server, pid } = await readyLine(api, logPath);
    const tokens = readTokens(join(dir, 'tokens.csv'));
    const ca = readFileSync(join(dir, 'apiserver.crt'), 'utf8');
    const token = (user = 'admin'): string => {
      const found = tokens.get(user);
      if (found === undefined) throw new Error(`no user ${user}: name it in the options`);
      return found;
    };
    const as = (user: string): Api => connect({ server, ca, token: token(user) });
    const admin = as('admin');
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      admin.close();
      for (const each of processes.reverse()) await endProcess(each);
      removeFolder();
    };
    const cluster: ControlPlane = {
      server,
      ca,
      dir,
      pid,
      admin,
      token,
      as,
      kubeconfig: (user = 'admin') => {
        token(user);
        return join(dir, `${user}.kubeconfig`);
      },
      auditEvents: (user) => readAudit(admin, join(dir, 'audit.log'), user),
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
    if (options.kcm) {
      if (found.controllerManager === undefined) throw new Error(`${found.from} has no kube-controller-manager`);
      processes.push(startControllerManager(found.controllerManager, cluster));
      await controllersAtWork(admin);
    }
    return cluster;
  } catch (error) {
    for (const each of processes.reverse()) await endProcess(each);
    const log = ['log.txt', 'kcm.log'].map((name) => tail(join(dir, name))).join('\n');
    removeFolder();
    throw new Error(`the control plane did not start: ${error instanceof Error ? error.message : error}\n${log}`);
  }
}

/**
 * `describe` with a control plane of its own, started before the first test and stopped after the last. Where there is none, it is skipped
 * with the reason; with `CI=true` it fails. At its end the audit log is read: if the program under test did anything but read, it fails.
 */
export function describeCluster(name: string, options: ControlPlaneOptions, define: (cluster: () => ControlPlane) => void): void {
  if (process.env.RUNBOOK_LENS_CLUSTER_TESTS === 'off') {
    it(name, { skip: 'cluster tests are off' }, () => {});
    return;
  }
  const reason = whyNoControlPlane(options);
  if (reason !== undefined && process.env.CI === 'true') {
    it(`${name}: runs with CI=true`, () => assert.fail(reason));
    return;
  }
  if (reason !== undefined) {
    process.stderr.write(`SKIPPED ${name}: ${reason}\n`);
    it(name, { skip: reason }, () => {});
    return;
  }
  describe(name, () => {
    let running: ControlPlane | undefined;
    before(async () => {
      running = await startControlPlane(options);
    });
    after(async () => {
      try {
        assert.deepEqual(brokenPromises((await running?.auditEvents()) ?? []), []);
      } finally {
        await running?.stop();
      }
    });
    define(() => {
      if (running === undefined) throw new Error('the control plane runs inside tests and hooks only');
      return running;
    });
  });
}

export interface KubeconfigContent {
  readonly server: string;
  /** PEM; without it the system's authorities count. */
  readonly ca?: string;
  readonly token?: string;
  /** Namespace of the context. */
  readonly namespace?: string;
  /** More fields of the cluster entry (`proxy-url`, `insecure-skip-tls-verify`, `tls-server-name`) and of the user entry (`exec`, …). */
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

/** Writes a kubeconfig with one context, named `test`. Gives back the path. */
export function writeKubeconfig(path: string, content: KubeconfigContent): string {
  const { server, ca, token, namespace } = content;
  const authority = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', ...(namespace === undefined ? {} : { namespace }) } }],
    clusters: [{ name: 'test', cluster: { server, ...authority, ...content.cluster } }],
    users: [{ name: 'test', user: { ...(token === undefined ? {} : { token }), ...content.user } }],
  };
  writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}

/** Asks until `check` gives something, for what takes the API server or a controller a moment. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const result = await check();
    if (result !== undefined) return result;
    if (performance.now() > end) throw new Error(`after ${timeoutMs} ms still not: ${what}`);
    await sleep(50);
  }
}

function auditFlags(dir: string): string[] {
  const policy = join(dir, 'audit-policy.json');
  const rules = [{ level: 'Metadata' }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }));
  return [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${join(dir, 'audit.log')}`,
    '--audit-log-mode=blocking',
    '--audit-log-maxsize=4000',
  ];
}

/** Its standard input stays open as long as this process lives: that is how it knows. */
function spawnQuietly(command: readonly string[], logPath: string): ChildProcess {
  const [program = '', ...args] = command;
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', log] });
  // Whoever waits for its end is told; without a listener a program that can't be started would end this process.
  child.on('error', () => {});
  closeSync(log);
  return child;
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-4000) : '';
}

async function readyLine(child: ChildProcess, logPath: string): Promise<{ server: string; pid: number }> {
  if (child.stdout === null) throw new Error('no standard output');
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text));
  const ended = once(child, 'exit').then(([status, signal]) => new Error(`it ended with ${signal ?? status}, see ${logPath}`));
  const late = new AbortController();
  const timeout = sleep(START_TIMEOUT_MS, new Error(`not ready after ${START_TIMEOUT_MS} ms`), { signal: late.signal, ref: true });
  const first = await Promise.race([line, ended, timeout.catch(() => new Error('aborted'))]);
  late.abort();
  if (first instanceof Error) throw first;
  return JSON.parse(first);
}

function readTokens(path: string): Map<string, string> {
  const rows = readFileSync(path, 'utf8').trim().split('\n');
  return new Map(
    rows.map((row) => {
      const [token = '', user = ''] = row.split(',');
      return [user, token];
    }),
  );
}

function startControllerManager(command: readonly string[], cluster: ControlPlane): ChildProcess {
  const flags = [
    `--kubeconfig=${cluster.kubeconfig()}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${join(cluster.dir, 'sa.key')}`,
    `--root-ca-file=${join(cluster.dir, 'apiserver.crt')}`,
    `--controllers=${CONTROLLERS}`,
  ];
  const child = spawnQuietly([...command, '--stdin', ...flags], join(cluster.dir, 'kcm.log'));
  child.stdout?.resume();
  return child;
}

/** The aggregated ClusterRole `view` has rules when the controllers have gone round once. */
async function controllersAtWork(admin: Api): Promise<void> {
  await eventually('the controllers fill the ClusterRole view', async () => {
    const { json } = await admin.call('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/view');
    return isRecord(json) && Array.isArray(json.rules) && json.rules.length > 0 ? true : undefined;
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.stdin?.on('error', () => {});
  child.stdin?.end();
  await exited;
  clearTimeout(timer);
}

let markers = 0;

/** A call of our own marks the place in the log: what was answered before it stands before it. */
async function readAudit(admin: Api, path: string, user: string | undefined): Promise<AuditEvent[]> {
  const marker = `/version?audit-marker=${process.pid}-${++markers}`;
  await admin.call('GET', marker);
  const text = await eventually('the audit log reaches the marker', async () => {
    const text = await readFile(path, 'utf8');
    return text.includes(marker) ? text : undefined;
  });
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes('/version?audit-marker='));
  // What lasts, as a watch, is logged when it starts and when it ends.
  const events = [...new Map(lines.map((line): AuditEvent => JSON.parse(line)).map((event) => [event.auditID, event])).values()];
  return user === undefined ? events : events.filter((event) => event.user.username === user);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
