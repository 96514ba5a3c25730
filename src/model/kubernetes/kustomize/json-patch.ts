import { pointerTokens } from '../../../text/json-tree.ts';
import { textAt, type YamlMap, type YamlNode, type YamlSequence } from '../../../text/yaml.ts';
import { derivedScalar, overriding, withEntry, withoutEntry } from '../../../text/yaml-tree.ts';

export type JsonPatchResult = { readonly ok: true; readonly root: YamlMap } | { readonly ok: false; readonly problem: string };

/** Applies an RFC 6902 patch. As in kustomize, one operation that can't be done fails the whole patch. */
export function applyJsonPatch(root: YamlMap, patch: YamlSequence): JsonPatchResult {
  let at: YamlNode = root;
  for (const operation of patch.items) {
    const next = applyOperation(at, operation);
    if (typeof next === 'string') return { ok: false, problem: next };
    at = next;
  }
  return at.kind === 'map' ? { ok: true, root: at } : { ok: false, problem: 'the patch replaces the whole object by something else' };
}

function applyOperation(root: YamlNode, operation: YamlNode): YamlNode | string {
  const op = textAt(operation, 'op');
  const pointer = textAt(operation, 'path');
  const value = operation.kind === 'map' ? operation.pairs.get('value')?.value : undefined;
  if (pointer === undefined) return 'an operation without a path';
  const path = steps(pointer);
  if (!path) return `the path ${pointer} doesn't start with /`;
  switch (op) {
    case 'add':
      return value ? edit(root, path, 'add', value) : `add ${pointer} has no value`;
    case 'replace':
      return value ? edit(root, path, 'replace', value) : `replace ${pointer} has no value`;
    case 'remove':
      return edit(root, path, 'remove', undefined);
    case 'test': {
      const found = find(root, path);
      if (found && value && sameValue(found, value)) return root;
      return `test ${pointer} fails`;
    }
    case 'move':
    case 'copy': {
      const from = steps(textAt(operation, 'from') ?? '');
      const source = from && find(root, from);
      if (!from || !source) return `${op}: there is nothing at ${textAt(operation, 'from') ?? 'its source'}`;
      const base = op === 'move' ? edit(root, from, 'remove', undefined) : root;
      return typeof base === 'string' ? base : edit(base, path, 'add', source);
    }
    default:
      return `the operation ${op ?? ''} is not one of RFC 6902`;
  }
}

function steps(pointer: string): string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return undefined;
  return pointerTokens(pointer);
}

function find(root: YamlNode, path: readonly string[]): YamlNode | undefined {
  let at: YamlNode | undefined = root;
  for (const step of path) {
    if (at?.kind === 'map') at = at.pairs.get(step)?.value;
    else if (at?.kind === 'sequence' && /^\d+$/.test(step)) at = at.items[Number(step)];
    else return undefined;
  }
  return at;
}

function edit(node: YamlNode, path: readonly string[], op: 'add' | 'replace' | 'remove', value: YamlNode | undefined): YamlNode | string {
  const [step, ...rest] = path;
  if (step === undefined) return value ? overriding(value, node) : 'the whole object is removed';
  if (node.kind === 'scalar') return `there is no map or list to hold ${step}`;
  if (node.kind === 'map') {
    const child = node.pairs.get(step)?.value;
    if (rest.length > 0) {
      if (!child) return `${step} is missing`;
      const changed = edit(child, rest, op, value);
      return typeof changed === 'string' ? changed : withEntry(node, step, changed);
    }
    if (op !== 'add' && !child) return `${step} is missing`;
    if (!value) return withoutEntry(node, step);
    return withEntry(node, step, overriding(value, child), derivedScalar(value, step));
  }
  return editList(node, step, rest, op, value);
}

function editList(
  list: YamlSequence,
  step: string,
  rest: readonly string[],
  op: 'add' | 'replace' | 'remove',
  value: YamlNode | undefined,
): YamlNode | string {
  const items = [...list.items];
  if (step === '-' && rest.length === 0 && op === 'add' && value) return { ...list, items: [...items, value] };
  if (!/^\d+$/.test(step)) return `${step} is not an index of a list`;
  // A hole in the list moves what stands behind it.
  if (list.open) return 'the list is templated';
  const index = Number(step);
  const child = items[index];
  if (rest.length > 0) {
    if (!child) return `the list has no item ${step}`;
    const changed = edit(child, rest, op, value);
    if (typeof changed === 'string') return changed;
    items[index] = changed;
    return { ...list, items };
  }
  if (op === 'add') {
    if (index > items.length || !value) return `the list has no item ${step}`;
    items.splice(index, 0, value);
  } else {
    if (!child) return `the list has no item ${step}`;
    if (value) items[index] = overriding(value, child);
    else items.splice(index, 1);
  }
  return { ...list, items };
}

function sameValue(a: YamlNode, b: YamlNode): boolean {
  if (a.kind === 'scalar' && b.kind === 'scalar') return !a.unknown && !b.unknown && a.text === b.text;
  if (a.kind === 'sequence' && b.kind === 'sequence') {
    return a.items.length === b.items.length && a.items.every((item, index) => sameOptional(item, b.items[index]));
  }
  if (a.kind === 'map' && b.kind === 'map') {
    return a.pairs.size === b.pairs.size && [...a.pairs].every(([name, pair]) => sameOptional(pair.value, b.pairs.get(name)?.value));
  }
  return false;
}

function sameOptional(a: YamlNode | undefined, b: YamlNode | undefined): boolean {
  return a !== undefined && b !== undefined && sameValue(a, b);
}
