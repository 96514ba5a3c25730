import type { JsonValue } from '../text/json-tree.ts';

/** An object as JSON.parse gives it: anything may stand anywhere. Nothing here throws. */
export interface RawMap {
  readonly [key: string]: unknown;
}

export function isMap(raw: unknown): raw is RawMap {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

/** What stands at a path of keys and indexes. Only own properties: `constructor` is no field. */
export function at(raw: unknown, ...path: readonly (string | number)[]): unknown {
  let found = raw;
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) ? found[step] : undefined;
    else found = isMap(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

export function textAt(raw: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(raw, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(raw: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(raw, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

export function itemsAt(raw: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(raw, ...path);
  return Array.isArray(found) ? found : [];
}

export function entriesAt(raw: unknown, ...path: readonly (string | number)[]): [string, unknown][] {
  const found = at(raw, ...path);
  return isMap(found) ? Object.entries(found) : [];
}

/** What of a value is kept; `undefined`: nothing. */
export type Keep = (raw: unknown) => JsonValue | undefined;

/** Longest text of a field that is kept: names, hosts, quantities. */
const MAX_TEXT = 1024;

export const scalar: Keep = (raw) => {
  if (typeof raw === 'string') return raw.length <= MAX_TEXT ? raw : undefined;
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  return typeof raw === 'boolean' ? raw : undefined;
};

/** A scalar whose text has a certain form. */
export function matching(form: RegExp): Keep {
  return (raw) => {
    const kept = scalar(raw);
    return kept !== undefined && form.test(String(kept)) ? kept : undefined;
  };
}

/**
 * A map with these fields only. An empty map stays: `emptyDir: {}` says something. A field whose value isn't kept says `{ "dropped": {} }`: it must never
 * read as one that isn't set.
 */
export function fields(spec: Readonly<Record<string, Keep>>): (raw: unknown) => { [key: string]: JsonValue } | undefined {
  const entries = Object.entries(spec);
  return (raw) => {
    if (!isMap(raw)) return undefined;
    const kept: [string, JsonValue][] = [];
    for (const [name, keep] of entries) {
      if (!Object.hasOwn(raw, name)) continue;
      const value = keep(raw[name]) ?? presence(raw[name]);
      if (value !== undefined) kept.push([name, value]);
    }
    return Object.fromEntries(kept);
  };
}

/** A list; what isn't kept of it leaves a null, so that the others keep their index. */
export function list(keep: Keep): Keep {
  return (raw) => (Array.isArray(raw) ? Array.from(raw, (item: unknown) => keep(item) ?? null) : undefined);
}

/** A map with any keys. */
export function each(keep: Keep): Keep {
  return (raw) => {
    if (!isMap(raw)) return undefined;
    const kept: [string, JsonValue][] = [];
    for (const [name, value] of Object.entries(raw)) {
      const part = keep(value);
      if (part !== undefined) kept.push([name, part]);
    }
    return Object.fromEntries(kept);
  };
}

/** That it is there, and no more: `{ "dropped": {} }`, which the engine reads as a value that isn't known. */
export const presence: Keep = (raw) => (raw === undefined || raw === null ? undefined : DROPPED);

/** Stands for a value that was there and is not kept. */
export const DROPPED: { readonly dropped: Readonly<Record<string, never>> } = { dropped: {} };

export const labels: Keep = each(scalar);
export const labelSelector: Keep = fields({
  matchLabels: labels,
  matchExpressions: list(fields({ key: scalar, operator: scalar, values: list(scalar) })),
});
