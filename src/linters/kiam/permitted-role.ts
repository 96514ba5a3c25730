import type { KiamProcess } from '../../model/kiam-process.ts';
import { affected, type VersionRange } from '../../model/version.ts';

/** How a server compares a role with what a Namespace permits. */
export interface PermissionPolicy {
  /** From 4.0 the whole ARN, before that the role as the pod wrote it. */
  readonly subject: 'arn' | 'written';
  /** From 4.0 the expression has to match from end to end, unless `--disable-strict-namespace-regexp` is given. */
  readonly anchored: boolean;
}

/** Two where the version isn't known (pkg/server/policy.go at v3.6 and v4.0). */
export function policiesOf({ flags }: KiamProcess, version: VersionRange): PermissionPolicy[] {
  const isLax = flags.some(({ name }) => name === 'disable-strict-namespace-regexp');
  const strict: PermissionPolicy = { subject: 'arn', anchored: !isLax };
  const old: PermissionPolicy = { subject: 'written', anchored: false };
  // Kiam before 4.0 stops at that flag.
  const since = isLax ? 'yes' : affected(version, { from: '4.0' });
  return since === 'yes' ? [strict] : since === 'no' ? [old] : [old, strict];
}

/** What `--role-base-arn` of a server says; `undefined` when it is detected or can't be seen. */
export function roleBaseOf({ flags }: KiamProcess): string | undefined {
  const value = flags.find(({ name }) => name === 'role-base-arn')?.value;
  return value?.known ? value.value : undefined;
}

/** pkg/aws/sts/arn_resolver.go */
export function roleArn(role: string, base: string | undefined): string | undefined {
  if (role.startsWith('arn:')) return role;
  return base === undefined ? undefined : `${base}${role.replace(/^\//, '')}`;
}

export type Permission = 'yes' | 'no' | 'unknown';

/** Whether `iam.amazonaws.com/permitted` of a Namespace lets its pods take a role. Empty forbids all. */
export function permission(expression: string, role: string, base: string | undefined, policy: PermissionPolicy): Permission {
  if (expression === '') return 'no';
  const subject = policy.subject === 'written' ? role : roleArn(role, base);
  // The anchors bind to the outer branches of `a|b`, as they do in Kiam.
  const pattern = compiled(policy.anchored ? `^${expression}$` : expression);
  if (subject === undefined || subject.length > LONGEST || !pattern) return 'unknown';
  return pattern.test(subject) ? 'yes' : 'no';
}

const LONGEST = 300;
/** Each may take the length of the role once more. */
const REPEATS_AT_MOST = 4;

/** What Go's RE2 and this language's expressions mean alike, and what takes little time here; `undefined` for the rest. */
function compiled(expression: string): RegExp | undefined {
  const isInsensitive = /^\^?\(\?i\)/.test(expression);
  const body = isInsensitive ? expression.replace('(?i)', '') : expression;
  // Look-around, named groups, classes of POSIX and Unicode, a bracket first in a class, quoted stretches, other anchors.
  if (/\(\?(?!:)|\[:|\[\^?\]|\\[^dwsDWSbB.\\/+*?()[\]{}|^$:@,=_-]/.test(body)) return undefined;
  const plain = body.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const isSlow = /\)(?:[*+]|\{)/.test(plain) || (plain.match(/[*+]|\{\d*,?\d*\}/g)?.length ?? 0) > REPEATS_AT_MOST;
  if (isSlow) return undefined;
  try {
    return new RegExp(body, isInsensitive ? 'i' : '');
  } catch {
    return undefined;
  }
}

/** The expression that also permits a role, for servers that all judge alike. */
export function permitting(expression: string, role: string, base: string | undefined, policy: PermissionPolicy): string | undefined {
  const subject = policy.subject === 'written' ? role : roleArn(role, base);
  if (subject === undefined) return undefined;
  const literal = subject.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (policy.anchored) return expression === '' ? literal : `(?:${expression}|${literal})`;
  return expression === '' ? `^${literal}$` : `${expression}|^${literal}$`;
}
