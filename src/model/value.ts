import type { Anchor } from '../text/source.ts';

/** Why a value can't be known from the files. */
export type Unknown =
  | { readonly why: 'templated'; readonly expression: string }
  | { readonly why: 'secret'; readonly name: string }
  | { readonly why: 'fieldRef'; readonly path: string }
  | { readonly why: 'outside'; readonly what: string };

/** One place that sets a value. `origin` says which kind of place; `at` is missing for a product's or chart's default. */
export interface Layer {
  readonly origin:
    | 'product-default'
    | 'chart-default'
    | 'code-default'
    | 'code'
    | 'values'
    | 'manifest'
    | 'patch'
    | 'configmap'
    | 'env-file'
    | 'env'
    | 'flag'
    | 'dockerfile'
    | 'config-file'
    | 'assume';
  readonly text: string;
  readonly at: Anchor | undefined;
}

/** What a setting effectively is. `layers` has the winner first. `at` is where the winner stands. */
export type Value<T> =
  | { readonly known: true; readonly value: T; readonly at: Anchor | undefined; readonly layers: readonly Layer[] }
  | { readonly known: false; readonly unknown: Unknown; readonly at: Anchor | undefined; readonly layers: readonly Layer[] };

/** What could hold the thing looked for although it was not seen. */
export interface Gap {
  readonly kind: 'templated' | 'unparsable' | 'oversize' | 'ignored' | 'unreadable' | 'remote' | 'unsupported' | 'secret';
  readonly path: string;
  readonly detail: string;
  /** Kong routes in a declarative file that is too large to be read, and where it says that it is one. */
  readonly declared?: { readonly routes: number; readonly at: Anchor };
}

/** The answer to "is there an X?". Missing may only be said of `absent`. */
export type Lookup<T> =
  | { readonly is: 'found'; readonly value: T }
  | { readonly is: 'several'; readonly values: readonly T[] }
  | { readonly is: 'absent'; readonly closedBy: string }
  | { readonly is: 'unseen'; readonly gaps: readonly Gap[] };

export function known<T>(value: T, origin: Layer['origin'], at: Anchor | undefined, text = String(value)): Value<T> {
  return { known: true, value, at, layers: [{ origin, text, at }] };
}

export function unknown<T>(reason: Unknown, origin: Layer['origin'], at: Anchor | undefined, text = ''): Value<T> {
  return { known: false, unknown: reason, at, layers: [{ origin, text, at }] };
}

/** Applies `read` to a known value; an unknown one stays unknown. `undefined` means the text can't be read as a T. */
export function mapValue<T, U>(value: Value<T>, read: (value: T) => U | undefined): Value<U> | undefined {
  if (!value.known) return value;
  const next = read(value.value);
  return next === undefined ? undefined : { ...value, value: next };
}
