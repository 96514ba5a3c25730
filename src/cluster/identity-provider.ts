import type { User } from '@kubernetes/client-node/dist/config_types.js';
import { type ClusterError, failed, type Result, succeeded } from './errors.ts';
import { isRecord } from './kubeconfig.ts';

/** A token that the kubeconfig holds for an identity provider. */
export interface ProviderToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresMs?: number;
}

/** As client-go: a token that ends while a request is under way is of no use. */
const EXPIRY_MARGIN_MS = 10_000;

/**
 * The token of a kubeconfig's `auth-provider`. Of these kubectl has only `oidc` left (gcp and azure went with 1.26, and would run a command through a
 * shell). It is never refreshed here: issuers that give a new refresh token each time take back the old one, and kubectl, which has its
 * copy in the kubeconfig, would be locked out. kubectl refreshes and stores it.
 */
export function providerToken({ name: user, authProvider }: User): Result<ProviderToken | undefined, ClusterError> {
  if (!isRecord(authProvider)) return succeeded(undefined);
  const provider = String(authProvider.name);
  if (provider !== 'oidc') return failed('provider-removed', { user, provider });
  const token = isRecord(authProvider.config) ? authProvider.config['id-token'] : undefined;
  if (typeof token !== 'string' || token === '') return failed('token-ended', { user });
  const expiresMs = expiryOf(token);
  if (expiresMs !== undefined && Date.now() + EXPIRY_MARGIN_MS > expiresMs) return failed('token-ended', { user });
  return succeeded({ token, ...(expiresMs === undefined ? {} : { expiresMs }) });
}

/** The claim `exp` of a JSON Web Token (RFC 7519); `undefined` for what is none. */
function expiryOf(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isRecord(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
