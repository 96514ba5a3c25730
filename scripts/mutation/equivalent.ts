/** Mutants that nothing can tell from the source, as `docs/mutation-run.md` lists them, each with its reason. */
import type { Mutant } from './mutants.ts';
import { ruleOf } from './trial.ts';

/** A mutant as the list writes it. Line numbers are left out: they change with every edit. */
export interface Equivalent {
  /** A rule's id, or the path of a file of facts. */
  readonly place: string;
  readonly mutant: string;
  readonly reason: string;
}

const LONGEST_CODE = 110;

export const placeOf = (file: string): string => ruleOf(file) ?? file;

/** How the list writes a mutant: what is done, and the code it is done to, cut where it is long. */
export function written({ what, code }: Pick<Mutant, 'what' | 'code'>): string {
  const short = code.length > LONGEST_CODE ? `${code.slice(0, LONGEST_CODE)}…` : code;
  return `${what.replaceAll('`', "'")}: \`${short.replaceAll('`', "'")}\``;
}

/** Reads the entries below `## Equivalent mutants`: `### place`, then one line each: - what: `code` — reason. */
export function readEquivalents(page: string): Equivalent[] {
  const [, section = ''] = page.split(/^## Equivalent mutants$/m);
  const [own = ''] = section.split(/^## /m);
  let place = '';
  return own.split('\n').flatMap((line) => {
    place = /^### (\S+)$/.exec(line)?.[1] ?? place;
    if (!line.startsWith('- ')) return [];
    const [, mutant, reason] = /^- (.+`) — (.+)$/.exec(line) ?? [];
    if (place === '' || !mutant || !reason) throw new Error(`not an equivalent mutant with its reason: ${line}`);
    return [{ place, mutant, reason }];
  });
}

/**
 * Takes from the survivors what the list explains, one mutant for each entry.
 * @param tried files whose mutants were tried; entries of others are not looked at
 * @param exists whether a place is there; an entry of one that is gone is stale whatever was tried
 */
export function compare<T extends Mutant>(
  survivors: readonly T[],
  list: readonly Equivalent[],
  tried: ReadonlySet<string>,
  exists: (place: string) => boolean,
): { readonly open: readonly T[]; readonly explained: readonly T[]; readonly stale: readonly Equivalent[] } {
  const rest = list.filter(({ place }) => tried.has(place) || !exists(place));
  const explained: T[] = [];
  const open = survivors.filter((survivor) => {
    const at = rest.findIndex(({ place, mutant }) => place === placeOf(survivor.file) && mutant === written(survivor));
    if (at >= 0) rest.splice(at, 1);
    if (at >= 0) explained.push(survivor);
    return at < 0;
  });
  return { open, explained, stale: rest };
}
