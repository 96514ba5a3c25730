import { pairAt, type YamlMap, type YamlNode, type YamlPair } from '../text/yaml.ts';
import { setEntry } from '../text/yaml-edit.ts';
import { EditRefused } from '../text/yaml-places.ts';
import type { Plain } from './change.ts';
import { type Located, locateOriginal } from './locate.ts';
import type { PlanState } from './plan-state.ts';
import { isTerraformPath, setTerraformValue } from './text-edit.ts';

/**
 * Entries of a map that may be put together from a base and its patches, or from several values files: an entry is edited where
 * the winner stands, a new one goes to where the map that gets it was first written.
 */

/** Sets a path below a map, in whichever file holds the part of the path that is there. */
export function planSetEntry(map: YamlMap, path: readonly string[], value: Plain, state: PlanState): void {
  const whole = pairAt(map, ...path)?.value;
  if (whole?.kind === 'scalar' && typeof value !== 'object' && isTerraformPath(whole.file.path)) {
    setTerraformValue(whole, String(value), state);
    return;
  }
  let deepest = map;
  let rest = path;
  for (let [key, ...after] = rest; key !== undefined && after.length > 0; [key, ...after] = rest) {
    const pair = deepest.pairs.get(key);
    if (pair?.merged) throw new EditRefused('shared', key);
    if (pair?.value.kind !== 'map' || pair.value.derived) break;
    deepest = pair.value;
    rest = after;
  }
  const [key] = rest;
  const there = key === undefined ? undefined : deepest.pairs.get(key);
  if (key !== undefined && there && !there.merged && !isWrittenIn(deepest, [key], there)) {
    const { top, path: written } = writtenEntry(deepest, [key], state);
    const [name = key] = written;
    const nested = rest.slice(1).reduceRight<Plain>((inner, step) => ({ [step]: inner }), value);
    if (top.node.kind === 'map') state.apply(top.document.file, setEntry(top.document, top.node, [name], nested), top.node.start);
    return;
  }
  const { document, node } = state.locate(deepest);
  if (node.kind === 'map') state.apply(document.file, setEntry(document, node, rest, value), node.start);
}

/**
 * The written map from which a path leads to an entry as the merged tree has it. For an entry that a patch or a later layer
 * brought, that is the map there which corresponds to the outermost of the path.
 */
export function writtenEntry(map: YamlMap, path: readonly string[], state: PlanState): { top: Located; path: readonly string[] } {
  const last = path.at(-1);
  const pair = pairAt(map, ...path);
  if (last === undefined || !pair) return { top: state.locate(map), path };
  if (pair.merged) throw new EditRefused('shared', last);
  if (isWrittenIn(map, path, pair)) return { top: state.locate(map), path };
  const leaf = state.locate(pair.value);
  let at: YamlNode = leaf.node;
  const steps: string[] = [];
  for (const step of [...path].reverse()) {
    const up = leaf.document.parents.get(at);
    if (!up?.pair || up.pair.key.text !== step) break;
    steps.unshift(step);
    at = up.node;
  }
  if (steps.length === 0) throw new EditRefused('derived', last);
  return { top: { document: leaf.document, node: at }, path: steps };
}

/** The map's own text has that entry with that value: no patch or layer brought it. */
function isWrittenIn(map: YamlMap, path: readonly string[], pair: YamlPair): boolean {
  try {
    const written = pairAt(locateOriginal(map.file, map).node, ...path);
    const { value } = pair;
    return (
      written !== undefined &&
      written.value.file.path === value.file.path &&
      written.value.start === value.start &&
      written.value.kind === value.kind
    );
  } catch (error) {
    if (error instanceof EditRefused) return false;
    throw error;
  }
}
