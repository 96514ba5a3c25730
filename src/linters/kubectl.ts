import type { ObjectReference } from '../snapshot/snapshot.ts';
import { shellWord } from './shell-word.ts';

/** Kinds whose pod template `kubectl set` and `kubectl rollout` change. */
const TEMPLATED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** Whether `kubectl set` and `kubectl rollout` work on it. A Pod, a Job or another operator's kind is changed where it is made. */
export function canBeSet({ kind }: ObjectReference): boolean {
  return TEMPLATED.has(kind);
}

/**
 * A kubectl command in an object's namespace; each word is quoted where a shell needs it.
 * @param namespace empty for what is cluster-scoped
 */
export function kubectl(namespace: string, ...words: readonly string[]): string {
  return ['kubectl', ...(namespace === '' ? [] : ['-n', namespace]), ...words].map(shellWord).join(' ');
}

/** `deployment/kong`, as kubectl takes it. */
export function target({ kind, name }: ObjectReference): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** A change of a workload's pod template and what takes it back. Both restart the pods. */
export interface TemplateChange {
  readonly command: string;
  readonly undo: string;
}

/**
 * Sets a container's environment variable.
 * @param before what it is today; `undefined` when it isn't set
 */
export function setEnvironment(
  object: ObjectReference,
  container: string,
  name: string,
  text: string,
  before: string | undefined,
): TemplateChange | undefined {
  if (!canBeSet(object)) return undefined;
  const set = (word: string): string => kubectl(object.namespace, 'set', 'env', target(object), '-c', container, word);
  return { command: set(`${name}=${text}`), undo: set(before === undefined ? `${name}-` : `${name}=${before}`) };
}

/**
 * Sets a container's memory limit.
 * @param limit and `before` are quantities: `6Gi`
 */
export function setMemoryLimit(object: ObjectReference, container: string, limit: string, before: string): TemplateChange | undefined {
  if (!canBeSet(object)) return undefined;
  const set = (quantity: string): string =>
    kubectl(object.namespace, 'set', 'resources', target(object), '-c', container, `--limits=memory=${quantity}`);
  return { command: set(limit), undo: set(before) };
}
