import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { findHomeDir, KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { load, YAMLException } from 'js-yaml';
import { maskText } from '../snapshot/mask.ts';
import { nearest } from '../text/nearest.ts';
import { type ClusterError, failed, type Result, reasonOf, succeeded } from './errors.ts';

/**
 * The kubeconfig as kubectl reads it (client-go's tools/clientcmd): one file that was named, else the list of KUBECONFIG, of which the first to
 * name a thing wins and files that are not there are passed over, else ~/.kube/config, else the service account of the pod that this runs in.
 */

export interface KubeconfigOptions {
  /** A file that was named: only that one counts, and it must be there. */
  readonly kubeconfig?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Folder of the pod's service account: `token`, `ca.crt`, `namespace`. Only tests have it elsewhere. */
  readonly serviceAccount?: string | undefined;
}

export interface ContextEntry {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
  /** Without user, password and query. Empty when the kubeconfig has no such cluster. */
  readonly server: string;
}

export interface ContextList {
  /** Name of the current context; empty if there is none. */
  readonly current: string;
  readonly contexts: readonly ContextEntry[];
}

/** A program that prints credentials, as client.authentication.k8s.io describes it. */
export interface ExecPlugin {
  readonly apiVersion: string;
  /** As written; relative to the kubeconfig's folder if it has a path separator. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  readonly installHint: string;
}

/** What of a user's entry the library doesn't know. */
export interface UserExtras {
  readonly exec?: ExecPlugin;
  /** Absolute path. */
  readonly tokenFile?: string;
  /** Headers of impersonation beyond the user's name. */
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>;
}

/** A kubeconfig with one context chosen. */
export interface ChosenContext {
  readonly config: KubeConfig;
  readonly context: string;
  readonly namespace: string;
  readonly user: string;
  readonly extras: UserExtras;
  /** For exec plugins that want to know the cluster: `extensions` entry of that name. */
  readonly clusterExtension: unknown;
}

export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  readonly extras: ReadonlyMap<string, UserExtras>;
  readonly extensions: ReadonlyMap<string, unknown>;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/** Reads and merges; runs nothing and asks nobody. */
export function loadKubeconfig({
  kubeconfig,
  env = process.env,
  serviceAccount = SERVICE_ACCOUNT,
}: KubeconfigOptions): Result<LoadedKubeconfig, ClusterError> {
  if (kubeconfig !== undefined) return mergedFiles([kubeconfig]);
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const home = env.HOME || findHomeDir();
  const candidates = listed.length > 0 ? listed : home ? [join(home, '.kube', 'config')] : [];
  const present = candidates.filter((path) => existsSync(path));
  if (present.length > 0) return mergedFiles(present);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host && port && existsSync(join(serviceAccount, 'token'))) return succeeded(inCluster(serviceAccount, host, port));
  return failed('no-kubeconfig', { places: candidates.join(', ') || '~/.kube/config' });
}

export function contextList({ config }: LoadedKubeconfig): ContextList {
  return {
    current: config.currentContext,
    contexts: config.contexts.map(({ name, cluster, user, namespace }) => ({
      name,
      cluster,
      user: user ?? '',
      namespace: namespace ?? 'default',
      server: publicServer(config.getCluster(cluster)?.server ?? ''),
    })),
  };
}

/** @param name of the context; without it the current one */
export function chooseContext(loaded: LoadedKubeconfig, name: string | undefined): Result<ChosenContext, ClusterError> {
  const { config } = loaded;
  const known = config.contexts.map((context) => context.name);
  const wanted = name ?? config.currentContext;
  if (wanted === '') return failed('no-context', { known: known.join(', ') });
  const entry = config.contexts.find((context) => context.name === wanted);
  if (!entry) {
    const near = nearest(wanted, known);
    return near === undefined
      ? failed('context-unknown', { context: wanted, known: known.join(', ') })
      : failed('context-unknown-near', { context: wanted, near });
  }
  if (!config.clusters.some((cluster) => cluster.name === entry.cluster)) {
    return failed('context-incomplete', { context: wanted, what: 'cluster', name: entry.cluster });
  }
  const user = entry.user ?? '';
  if (user === '') config.users = [...config.users, { name: '' }];
  else if (!config.users.some((one) => one.name === user)) {
    return failed('context-incomplete', { context: wanted, what: 'user', name: user });
  }
  config.currentContext = wanted;
  return succeeded({
    config,
    context: wanted,
    namespace: entry.namespace ?? 'default',
    user,
    extras: loaded.extras.get(user) ?? { impersonation: {} },
    clusterExtension: loaded.extensions.get(entry.cluster),
  });
}

/** The URL of a server without what may be secret in it. */
export function publicServer(server: string): string {
  try {
    const url = new URL(server);
    return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  } catch {
    return maskText(server);
  }
}

/** What every pod gets: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api */
function inCluster(folder: string, host: string, port: string): LoadedKubeconfig {
  const config = new KubeConfig();
  const name = 'in-cluster';
  const namespaceFile = join(folder, 'namespace');
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : undefined;
  config.loadFromOptions({
    clusters: [
      { name, server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, caFile: join(folder, 'ca.crt'), skipTLSVerify: false },
    ],
    users: [{ name }],
    contexts: [{ name, cluster: name, user: name, ...(namespace ? { namespace } : {}) }],
    currentContext: name,
  });
  const extras: UserExtras = { tokenFile: join(folder, 'token'), impersonation: {} };
  return { config, extras: new Map([[name, extras]]), extensions: new Map() };
}

function mergedFiles(paths: readonly string[]): Result<LoadedKubeconfig, ClusterError> {
  const merged = new KubeConfig();
  merged.currentContext = '';
  const extras = new Map<string, UserExtras>();
  const extensions = new Map<string, unknown>();
  for (const path of paths) {
    const read = readFile(path);
    if (!read.ok) return read;
    const { config, raw } = read.value;
    merged.currentContext ||= config.currentContext ?? '';
    merged.clusters = firstOfEachName([...merged.clusters, ...config.clusters]);
    merged.contexts = firstOfEachName([...merged.contexts, ...config.contexts]);
    merged.users = firstOfEachName([...merged.users, ...config.users]);
    for (const { name, entry } of namedEntries(raw.users, 'user'))
      if (!extras.has(name)) extras.set(name, userExtras(entry, dirname(path)));
    for (const { name, entry } of namedEntries(raw.clusters, 'cluster')) {
      if (!extensions.has(name)) extensions.set(name, execExtension(entry));
    }
  }
  return succeeded({ config: merged, extras, extensions });
}

function readFile(path: string): Result<{ config: KubeConfig; raw: Readonly<Record<string, unknown>> }, ClusterError> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return failed('kubeconfig-unreadable', { path, reason: reasonOf(error) });
  }
  try {
    const raw = text.trim() === '' ? {} : load(text);
    if (!isRecord(raw)) return failed('kubeconfig-broken', { path, line: 1, reason: 'it is no mapping' });
    const config = new KubeConfig();
    // As in kubectl, an entry that is not in order counts only once something refers to it.
    config.loadFromString(JSON.stringify(forLibrary(raw)), { onInvalidEntry: 'filter' });
    for (const cluster of config.clusters) if (cluster.caData) Object.assign(cluster, { caFile: undefined });
    for (const user of config.users) {
      if (user.certData) Object.assign(user, { certFile: undefined });
      if (user.keyData) Object.assign(user, { keyFile: undefined });
    }
    config.makePathsAbsolute(dirname(path));
    return succeeded({ config, raw });
  } catch (error) {
    if (!(error instanceof YAMLException)) return failed('kubeconfig-broken', { path, line: 1, reason: maskText(reasonOf(error)) });
    // Only the parser's reason: its message quotes the line, which may hold a token.
    return failed('kubeconfig-broken', { path, line: (error.mark?.line ?? 0) + 1, reason: error.reason });
  }
}

/** `exec` and `tokenFile` are ours; so that an authenticator of our own is asked, the library must not see them. */
function forLibrary(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const users = namedEntries(raw.users, 'user').map(({ name, entry }) => {
    const { exec, tokenFile, ...user } = entry;
    // The file wins over the token beside it.
    return { name, user: typeof tokenFile === 'string' ? { ...user, token: undefined } : user };
  });
  return { ...raw, users };
}

function userExtras(user: Readonly<Record<string, unknown>>, folder: string): UserExtras {
  const { exec, tokenFile } = user;
  return {
    ...(isRecord(exec) ? { exec: execPlugin(exec, folder) } : {}),
    ...(typeof tokenFile === 'string' && tokenFile !== ''
      ? { tokenFile: isAbsolute(tokenFile) ? tokenFile : join(folder, tokenFile) }
      : {}),
    impersonation: impersonation(user),
  };
}

function execPlugin(exec: Readonly<Record<string, unknown>>, folder: string): ExecPlugin {
  const command = textOf(exec.command);
  const env: Record<string, string> = {};
  for (const entry of listOf(exec.env)) if (isRecord(entry) && typeof entry.name === 'string') env[entry.name] = textOf(entry.value);
  const mode = exec.interactiveMode;
  return {
    apiVersion: textOf(exec.apiVersion),
    command: /[/\\]/.test(command) && !isAbsolute(command) ? join(folder, command) : command,
    args: listOf(exec.args).map(textOf),
    env,
    provideClusterInfo: exec.provideClusterInfo === true,
    interactiveMode: mode === 'Never' || mode === 'Always' ? mode : 'IfAvailable',
    installHint: textOf(exec.installHint),
  };
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation(user: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const groups = listOf(user['as-groups']).map(textOf);
  if (groups.length > 0) headers['Impersonate-Group'] = groups;
  if (typeof user['as-uid'] === 'string' && user['as-uid'] !== '') headers['Impersonate-Uid'] = user['as-uid'];
  const extra = user['as-user-extra'];
  if (isRecord(extra)) {
    for (const [key, values] of Object.entries(extra)) headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = listOf(values).map(textOf);
  }
  return headers;
}

function execExtension(cluster: Readonly<Record<string, unknown>>): unknown {
  const found = listOf(cluster.extensions).find((one) => isRecord(one) && one.name === EXEC_EXTENSION);
  return isRecord(found) ? found.extension : undefined;
}

function namedEntries(list: unknown, key: string): { name: string; entry: Record<string, unknown> }[] {
  return listOf(list).flatMap((one) => {
    if (!isRecord(one) || typeof one.name !== 'string') return [];
    const entry = one[key];
    return [{ name: one.name, entry: isRecord(entry) ? entry : {} }];
  });
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, index) => entries.findIndex(({ name }) => name === entry.name) === index);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
