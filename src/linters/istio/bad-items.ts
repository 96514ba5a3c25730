import type { Fix } from '../../fixes/change.ts';
import type { Anchor } from '../../text/source.ts';
import { spanInScalar, type YamlScalar } from '../../text/yaml.ts';

/** An entry of a comma-separated list that Istio can't read. */
export interface BadItem<Kind extends string> {
  readonly kind: Kind | 'emptyItem';
  readonly text: string;
  /** Offsets in the list's text. */
  readonly start: number;
  readonly end: number;
}

/** The one bad entry; the whole list when there are several or the entry has no text of its own. */
export function placeOfBad(list: YamlScalar, bad: readonly BadItem<string>[]): Anchor {
  const [only, ...more] = bad;
  if (!only || more.length > 0 || only.kind === 'emptyItem') return list;
  return spanInScalar(list, only.start, only.end) ?? list;
}

/** @param text the list as it can only be meant; `undefined`: nothing is offered */
export function writeList(list: YamlScalar, text: string | undefined): Fix[] {
  if (text === undefined) return [];
  const changes = [{ change: 'set-scalar' as const, scalar: list, text, asString: true }];
  return [{ id: 'write-list', titleId: 'write', data: { list: text }, safety: 'safe', changes }];
}
