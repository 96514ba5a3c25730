import { isNull, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { derivedMap, derivedScalar, derivedSequence, overriding, unknownScalar, withEntry } from '../../text/yaml-tree.ts';
import { layerValues } from './values.ts';

/** `a.b[0].c` with dots escaped by a backslash, as `helm --set` reads it; `undefined` when it isn't such a path. */
export function parseSetPath(name: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  const step = /(?:^|\.)((?:\\.|[^.[\]\\,={}])+)|\[(\d+)\]/y;
  while (step.lastIndex < name.length) {
    const match = step.exec(name);
    if (!match) return undefined;
    const [, key, index] = match;
    steps.push(key === undefined ? Number(index) : key.replace(/\\(.)/g, '$1'));
  }
  return typeof steps[0] === 'string' ? steps : undefined;
}

/**
 * Sets one value as `--set name=value` does. The value keeps its place, so that a fix edits it there.
 * @param asString `--set-string`: the text isn't read as a number or boolean
 * @returns `undefined` when the path can't be read: what is set then isn't known
 */
export function setValue(root: YamlMap, name: string, value: YamlScalar, asString: boolean): YamlMap | undefined {
  const path = parseSetPath(name);
  if (!path) return undefined;
  const set = setAt(root, path, typedValue(value, asString));
  return set.kind === 'map' ? set : undefined;
}

function typedValue(value: YamlScalar, asString: boolean): YamlScalar {
  if (value.unknown) return value;
  if (/^\{|[,\\]/.test(value.text)) return unknownScalar(value, { why: 'outside', what: 'a list or escape in --set' });
  return derivedScalar(value, value.text, asString ? 'double' : 'plain');
}

function setAt(node: YamlNode | undefined, path: readonly (string | number)[], value: YamlScalar): YamlNode {
  const [step, ...rest] = path;
  if (step === undefined) return overriding(value, node);
  if (typeof step === 'string') {
    const map = node?.kind === 'map' ? node : derivedMap(value);
    return withEntry(map, step, setAt(map.pairs.get(step)?.value, rest, value), derivedScalar(value, step));
  }
  const items = node?.kind === 'sequence' ? [...node.items] : [];
  while (items.length < step) items.push(derivedScalar(value, '', 'plain'));
  items[step] = setAt(items[step], rest, value);
  return node?.kind === 'sequence' ? { ...node, items } : derivedSequence(value, items);
}

/** Layers of values that somebody states for a chart, and whether all of them were seen. */
export class ValueStack {
  root: YamlMap;
  complete = true;

  constructor(root: YamlMap) {
    this.root = root;
  }

  layer(map: YamlMap | undefined): void {
    if (map) this.root = layerValues(this.root, map);
    else this.complete = false;
  }

  /** Entries of the form `{ name, value }`, a later one wins. */
  set(entry: YamlNode, asString: boolean): void {
    const name = textAt(entry, 'name');
    const value = entry.kind === 'map' ? entry.pairs.get('value')?.value : undefined;
    const usable = name !== undefined && value?.kind === 'scalar' && !(isNull(value) && !value.unknown);
    const next = usable ? setValue(this.root, name, value, asString) : undefined;
    if (next) this.root = next;
    else this.complete = false;
  }
}
