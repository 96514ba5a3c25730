import { readFileSync } from 'node:fs';
import type { Agent, OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { maskText } from '../snapshot/mask.ts';
import { type ClusterError, failed, type Result, reasonOf, succeeded } from './errors.ts';
import { runExecPlugin } from './exec-plugin.ts';
import { providerToken } from './identity-provider.ts';
import type { ChosenContext, UserExtras } from './kubeconfig.ts';
import { proxyFromEnvironment } from './proxy.ts';

/** Where requests go, and with what credentials. */
export interface Connection {
  readonly server: URL;
  readonly agent: Agent;
  readonly headers: OutgoingHttpHeaders;
  /** `user:password` of a kubeconfig that still has them. */
  readonly auth?: string;
  /** Milliseconds since 1970: the credentials are asked for again after it. */
  readonly validUntilMs: number;
}

export interface ConnectionSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly interactive: boolean;
  readonly onPluginOutput?: ((text: string) => void) | undefined;
}

/** As client-go: a token file is read again every minute. */
const LOOK_AGAIN_MS = 60_000;
const MAX_SOCKETS = 4;

/**
 * Makes connections of a context; asks for the credentials when it is first used, when they end, and when the API server no longer takes them.
 * TLS options and proxies are the library's. Where tokens and certificates come from is ours: the library runs plugins without
 * KUBERNETES_EXEC_INFO and without an end, reads token files with their newline, and runs commands that kubectl no longer does.
 */
export class Connector {
  readonly #chosen: ChosenContext;
  readonly #settings: ConnectionSettings;
  #current: Connection | undefined;
  #pending: Promise<Result<Connection, ClusterError>> | undefined;

  constructor(chosen: ChosenContext, settings: ConnectionSettings) {
    this.#chosen = chosen;
    this.#settings = settings;
  }

  /**
   * @param refused the connection whose credentials the API server refused: a new one is made, once for all who come with it
   * @param signal ends a credential plugin that is running
   */
  async connection(signal: AbortSignal, refused?: Connection): Promise<Result<Connection, ClusterError>> {
    const current = this.#current;
    if (current && current !== refused && Date.now() < current.validUntilMs) return succeeded(current);
    this.#pending ??= this.#connect(signal).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  close(): void {
    this.#current?.agent.destroy();
    this.#current = undefined;
  }

  async #connect(signal: AbortSignal): Promise<Result<Connection, ClusterError>> {
    const made = await connect(this.#chosen, this.#settings, signal);
    if (!made.ok) return made;
    // Requests that are under way keep the old agent's sockets, which end with them.
    const old = this.#current?.agent;
    if (old) {
      old.maxFreeSockets = 0;
      for (const sockets of Object.values(old.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
    this.#current = made.value;
    return made;
  }
}

async function connect(
  chosen: ChosenContext,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<Result<Connection, ClusterError>> {
  const cluster = chosen.config.getCurrentCluster();
  const user = chosen.config.getCurrentUser();
  if (!cluster || !user) return failed('context-incomplete', { context: chosen.context, what: 'cluster', name: '' });
  const server = urlOf(cluster.server);
  if (!server) return failed('server-invalid', { server: maskText(cluster.server) });
  try {
    const found = await credentialsOf(chosen, settings, signal);
    if (!found.ok) return found;
    const { token, certificate, key, validUntilMs = Number.POSITIVE_INFINITY } = found.value;
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
    const client = certificate !== undefined && key !== undefined ? { certData: base64(certificate), keyData: base64(key) } : {};
    const proxyUrl = cluster.proxyUrl || proxyFromEnvironment(cluster.server, settings.env);
    const { authProvider: _, exec: __, ...known } = user;
    const config = new KubeConfig();
    config.loadFromOptions({
      // The library wants the flag for plain HTTP, where nothing is verified anyway.
      clusters: [{ ...cluster, skipTLSVerify: cluster.skipTLSVerify || server.protocol === 'http:', ...(proxyUrl ? { proxyUrl } : {}) }],
      users: [{ ...known, ...client, token: token ?? known.token }],
      contexts: [{ name: chosen.context, cluster: cluster.name, user: user.name }],
      currentContext: chosen.context,
    });
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { agent } = options;
    if (typeof agent !== 'object') return failed('credentials-unusable', { user: user.name, reason: 'no connection could be made' });
    Object.assign(agent, { keepAlive: true, maxSockets: MAX_SOCKETS });
    return succeeded({
      server,
      agent,
      headers: headersOf(options.headers, chosen.extras.impersonation),
      ...(typeof options.auth === 'string' ? { auth: options.auth } : {}),
      validUntilMs,
    });
  } catch (error) {
    return failed('credentials-unusable', { user: user.name, reason: maskText(reasonOf(error)) });
  }
}

interface Credentials {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly validUntilMs?: number;
}

/** What the kubeconfig does not hold itself: of a token file, an identity provider or a plugin. */
async function credentialsOf(
  chosen: ChosenContext,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<Result<Credentials, ClusterError>> {
  const { exec, tokenFile } = chosen.extras;
  const user = chosen.config.getCurrentUser();
  if (tokenFile !== undefined) {
    return succeeded({ token: readFileSync(tokenFile, 'utf8').trim(), validUntilMs: Date.now() + LOOK_AGAIN_MS });
  }
  // As in kubectl, a token of the kubeconfig's own goes before what others would give.
  if (!user || user.token) return succeeded({});
  if (!exec) {
    const provided = providerToken(user);
    if (!provided.ok) return provided;
    const { token, expiresMs } = provided.value ?? {};
    return succeeded({ ...(token === undefined ? {} : { token }), ...(expiresMs === undefined ? {} : { validUntilMs: expiresMs }) });
  }
  const { env, interactive, onPluginOutput: onOutput } = settings;
  const ran = await runExecPlugin(exec, { env, interactive, onOutput, cluster: clusterInfo(chosen), signal });
  if (!ran.ok) return ran;
  const { expiresMs, ...credential } = ran.value;
  return succeeded({ ...credential, ...(expiresMs === undefined ? {} : { validUntilMs: expiresMs }) });
}

/** What kubectl gives to a plugin that asks for it: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster */
function clusterInfo({ config, clusterExtension }: ChosenContext): Record<string, unknown> {
  const cluster = config.getCurrentCluster();
  if (!cluster) return {};
  const authority = cluster.caData ?? (cluster.caFile ? readFileSync(cluster.caFile).toString('base64') : undefined);
  return {
    server: cluster.server,
    ...(cluster.tlsServerName ? { 'tls-server-name': cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(authority ? { 'certificate-authority-data': authority } : {}),
    ...(cluster.proxyUrl ? { 'proxy-url': cluster.proxyUrl } : {}),
    ...(clusterExtension === undefined ? {} : { config: clusterExtension }),
  };
}

function headersOf(headers: RequestOptions['headers'], impersonation: UserExtras['impersonation']): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers ?? {})) if (typeof value === 'string') all[name] = value;
  for (const [name, value] of Object.entries(impersonation)) all[name] = typeof value === 'string' ? value : [...value];
  return all;
}

function urlOf(server: string): URL | undefined {
  try {
    const url = new URL(server);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
  } catch {
    return undefined;
  }
}
