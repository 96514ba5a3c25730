import { spawn } from 'node:child_process';
import { maskText } from '../snapshot/mask.ts';
import { type ClusterError, failed, type Result, succeeded } from './errors.ts';
import { type ExecPlugin, isRecord } from './kubeconfig.ts';

/** What a plugin gave. */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds since 1970; missing: until the API server says otherwise. */
  readonly expiresMs?: number;
}

export interface ExecSettings {
  readonly env: NodeJS.ProcessEnv;
  /** There is a terminal that the plugin may use. */
  readonly interactive: boolean;
  readonly onOutput?: ((text: string) => void) | undefined;
  /** What `provideClusterInfo` gives to the plugin. */
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

const KILL_AFTER_MS = 500;
const OUTPUT_LIMIT_BYTES = 1024 * 1024;

/**
 * Runs a credential plugin as kubectl does (client-go's plugin/pkg/client/auth/exec): KUBERNETES_EXEC_INFO tells it what is asked, standard input is
 * the terminal only if there is one and the plugin may use it, no shell. It is ended when the signal aborts.
 */
export async function runExecPlugin(plugin: ExecPlugin, settings: ExecSettings): Promise<Result<ExecCredential, ClusterError>> {
  const { command } = plugin;
  if (command === '') return failed('exec-failed', { command: '""', reason: 'the kubeconfig names no command' });
  if (plugin.interactiveMode === 'Always' && !settings.interactive) return failed('exec-interactive', { command });
  const interactive = settings.interactive && plugin.interactiveMode !== 'Never';
  const info = {
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { ...(plugin.provideClusterInfo ? { cluster: settings.cluster } : {}), interactive },
  };
  const env = { ...settings.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const ended = await run(plugin, env, interactive, settings);
  if (settings.signal.aborted) return failed('exec-failed', { command, reason: 'it did not end in time' });
  if (ended.error !== undefined) {
    if ('code' in ended.error && ended.error.code === 'ENOENT') {
      return failed('exec-missing', { command, hint: maskText(plugin.installHint.split('\n').find((line) => line.trim() !== '') ?? '') });
    }
    return failed('exec-failed', { command, reason: maskText(ended.error.message) });
  }
  if (ended.status !== 0) {
    const said = ended.stderr.split('\n').find((line) => line.trim() !== '');
    return failed('exec-failed', { command, reason: maskText(said?.trim() ?? `it ended with status ${ended.status}`) });
  }
  return credentialOf(plugin, ended.stdout);
}

interface Ended {
  readonly error?: Error;
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run({ command, args }: ExecPlugin, env: NodeJS.ProcessEnv, interactive: boolean, settings: ExecSettings): Promise<Ended> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const end = (status: number | string, error?: Error): void => {
      clearTimeout(killer);
      settings.signal.removeEventListener('abort', abort);
      resolve({ status, stdout, stderr, ...(error ? { error } : {}) });
    };
    let killer: NodeJS.Timeout | undefined;
    const child = spawn(command, args, { env, stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'], windowsHide: true });
    const abort = (): void => {
      child.kill('SIGTERM');
      // Its own children may hold the pipes open: nobody waits for them.
      killer = setTimeout(() => {
        child.kill('SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
        end('SIGKILL');
      }, KILL_AFTER_MS);
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < OUTPUT_LIMIT_BYTES) stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < OUTPUT_LIMIT_BYTES) stderr += text;
      settings.onOutput?.(text);
    });
    child.on('error', (error) => end(-1, error));
    child.on('close', (status, signal) => end(status ?? signal ?? -1));
    settings.signal.addEventListener('abort', abort, { once: true });
    if (settings.signal.aborted) abort();
  });
}

/** Nothing of the output is ever told: it is a credential. */
function credentialOf({ command, apiVersion }: ExecPlugin, stdout: string): Result<ExecCredential, ClusterError> {
  const broken = (reason: string) => failed('exec-failed', { command, reason });
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout);
  } catch (error) {
    // V8's message quotes the text.
    return broken(`what it printed is not JSON (${error instanceof Error ? error.name : 'error'}, ${stdout.length} characters)`);
  }
  if (!isRecord(parsed) || parsed.kind !== 'ExecCredential') return broken('what it printed is no ExecCredential');
  if (parsed.apiVersion !== apiVersion) {
    return broken(`it printed ${maskText(String(parsed.apiVersion))}, but the kubeconfig asks for ${apiVersion}`);
  }
  const status = isRecord(parsed.status) ? parsed.status : {};
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status;
  if (typeof token !== 'string' && typeof certificate !== 'string') return broken('it printed neither a token nor a certificate');
  if ((typeof certificate === 'string') !== (typeof key === 'string')) return broken('it printed a certificate without its key');
  const expiresMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  return succeeded({
    ...(typeof token === 'string' ? { token } : {}),
    ...(typeof certificate === 'string' && typeof key === 'string' ? { certificate, key } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  });
}
