import type { Snapshot } from '../snapshot/snapshot.ts';
import { type CollectRequest, collect } from './collect.ts';
import { Connector } from './connection.ts';
import { type ClusterError, failed, type Result, succeeded } from './errors.ts';
import {
  type ContextList,
  chooseContext,
  contextList,
  isRecord,
  type KubeconfigOptions,
  loadKubeconfig,
  publicServer,
} from './kubeconfig.ts';
import { type Failure, Requests } from './requests.ts';
import { Run } from './run.ts';

export type { CollectRequest, Progress, Scope } from './collect.ts';
export type { ClusterError, ClusterErrorCode, Result } from './errors.ts';
export type { ContextEntry, ContextList } from './kubeconfig.ts';

/**
 * Reads a Kubernetes cluster, and only reads it: GET, and reviews of the user's own rights. This file and what it imports is loaded when a
 * cluster is asked for, not before.
 */

export interface ClusterOptions extends KubeconfigOptions {
  /** Of the product: the API server's audit log shows `runbook-lens/VERSION`. */
  readonly version: string;
  /** Name of a context; without it the kubeconfig's current one. */
  readonly context?: string | undefined;
  /** A credential plugin may use the terminal. */
  readonly interactive?: boolean;
  /** Gets what a credential plugin writes to standard error while it runs: the address and code of a login. */
  readonly onPluginOutput?: (text: string) => void;
  /** For one request, its body included. Default: 10 s. */
  readonly requestDeadlineMs?: number;
  /** For opening it, a credential plugin included. Default: a minute. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

const REQUEST_DEADLINE_MS = 10_000;
const DEADLINE_MS = 60_000;

/** A cluster that answers. */
export interface Cluster {
  readonly context: string;
  /** Without user, password and query. */
  readonly server: string;
  /** `v1.36.0`; empty when the API server does not tell. */
  readonly version: string;
  /** Namespace of the context. */
  readonly namespace: string;
  collect(request: CollectRequest): Promise<Snapshot>;
  /** Closes its connections. */
  close(): void;
}

/** The contexts of the kubeconfig. Runs no credential plugin and asks no server. */
export function readContexts(options: KubeconfigOptions): Result<ContextList, ClusterError> {
  const loaded = loadKubeconfig(options);
  return loaded.ok ? succeeded(contextList(loaded.value)) : loaded;
}

/** Reads the kubeconfig, gets credentials, and asks the API server for its version. */
export async function openCluster(options: ClusterOptions): Promise<Result<Cluster, ClusterError>> {
  const loaded = loadKubeconfig(options);
  if (!loaded.ok) return loaded;
  const chosen = chooseContext(loaded.value, options.context);
  if (!chosen.ok) return chosen;
  const { context, namespace, config } = chosen.value;
  const server = publicServer(config.getCurrentCluster()?.server ?? '');
  const connector = new Connector(chosen.value, {
    env: options.env ?? process.env,
    interactive: options.interactive ?? false,
    onPluginOutput: options.onPluginOutput,
  });
  const settings = { userAgent: `runbook-lens/${options.version}`, deadlineMs: options.requestDeadlineMs ?? REQUEST_DEADLINE_MS };
  const run = new Run(options.deadlineMs ?? DEADLINE_MS, options.signal);
  try {
    const credentials = await connector.connection(run.signal);
    if (!credentials.ok) return run.over === 'cancelled' ? failed('cancelled') : credentials;
    const opening = new Requests(connector, settings);
    const answer = await opening.getJson(run, '/version');
    if (!answer.ok && isFatal(answer.failure)) {
      connector.close();
      return failed(answer.failure.code, { server, reason: answer.failure.detail });
    }
    const version = answer.ok && isRecord(answer.value) && typeof answer.value.gitVersion === 'string' ? answer.value.gitVersion : '';
    // They count for the first collection, which they were made for.
    let sentBefore = opening.count;
    return succeeded({
      context,
      server,
      version,
      namespace,
      collect: async (request) => {
        const own = new Run(request.deadlineMs ?? DEADLINE_MS, request.signal);
        try {
          const identity = { context, server, version };
          const requests = new Requests(connector, { ...settings, accepted: answer.ok, sentBefore });
          sentBefore = 0;
          return await collect({ requests, run: own, identity, namespace }, request);
        } finally {
          own.close();
        }
      },
      close: () => connector.close(),
    });
  } finally {
    run.close();
  }
}

/** Not every user may ask for the version; that says nothing of the rest. */
function isFatal({ status, outcome }: Failure): boolean {
  return status === undefined || outcome === 'unauthorized' || outcome === 'expired' || outcome === 'timeout';
}
