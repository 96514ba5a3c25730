import { readFileSync } from 'node:fs';
import type { Agent, OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { maskText } from '../snapshot/mask.ts';
import { type ClusterError, failed, type Result, reasonOf, succeeded } from './errors.ts';
import { type ExecCredential, runExecPlugin } from './exec-plugin.ts';
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

/** As client-go: token files, and what identity providers refresh, are looked at again every minute. */
const LOOK_AGAIN_MS = 60_000;
const MAX_SOCKETS = 4;
/** No kubeconfig can name such a provider: the library's own authenticators pass it on to ours. */
const OWN_PROVIDER = 'runbook-lens';

/**
 * Makes connections of a context; asks for the credentials when it is first used, when they end, and when the API server no longer takes them.
 * TLS options, proxies and identity providers are the library's; exec plugins and token files are ours, as the library runs the
 * first without KUBERNETES_EXEC_INFO and reads the second with its newline.
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
  const { exec, tokenFile, impersonation } = chosen.extras;
  // As in kubectl, a token of the kubeconfig's own goes before what a plugin would give.
  const plugin = exec && !user.token && tokenFile === undefined ? exec : undefined;
  let credential: ExecCredential = {};
  try {
    if (plugin) {
      const { env, interactive, onPluginOutput: onOutput } = settings;
      const ran = await runExecPlugin(plugin, { env, interactive, onOutput, cluster: clusterInfo(chosen), signal });
      if (!ran.ok) return ran;
      credential = ran.value;
    }
    const token = tokenFile === undefined ? credential.token : readFileSync(tokenFile, 'utf8').trim();
    const own: Authenticator = {
      isAuthProvider: ({ authProvider }) => authProvider?.name === OWN_PROVIDER,
      applyAuthentication: async (_user, options) => {
        const tls: RequestOptions = {};
        if (token !== undefined) tls.headers = { ...options.headers, Authorization: `Bearer ${token}` };
        if (credential.certificate !== undefined) Object.assign(tls, { cert: credential.certificate, key: credential.key });
        Object.assign(options, tls);
      },
    };
    const config = new KubeConfig();
    config.addAuthenticator(own);
    const proxyUrl = cluster.proxyUrl || proxyFromEnvironment(cluster.server, settings.env);
    config.loadFromOptions({
      // An identity provider's entry is changed in place when its token is refreshed: it stays the same object.
      users: [plugin || tokenFile !== undefined ? { ...user, authProvider: { name: OWN_PROVIDER } } : user],
      // The library wants the flag for plain HTTP, where nothing is verified anyway.
      clusters: [{ ...cluster, skipTLSVerify: cluster.skipTLSVerify || server.protocol === 'http:', ...(proxyUrl ? { proxyUrl } : {}) }],
      contexts: [{ name: chosen.context, cluster: cluster.name, user: user.name }],
      currentContext: chosen.context,
    });
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { agent } = options;
    if (typeof agent !== 'object') return failed('credentials-unusable', { user: user.name, reason: 'no connection could be made' });
    Object.assign(agent, { keepAlive: true, maxSockets: MAX_SOCKETS });
    const refreshes = tokenFile !== undefined || Boolean(user.authProvider);
    return succeeded({
      server,
      agent,
      headers: headersOf(options.headers, impersonation),
      ...(typeof options.auth === 'string' ? { auth: options.auth } : {}),
      validUntilMs: credential.expiresMs ?? (refreshes ? Date.now() + LOOK_AGAIN_MS : Number.POSITIVE_INFINITY),
    });
  } catch (error) {
    return failed('credentials-unusable', { user: user.name, reason: maskText(reasonOf(error)) });
  }
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
