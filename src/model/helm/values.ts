import type { SourceFile } from '../../text/source.ts';
import { isNull, type YamlMap, type YamlNode, type YamlPair } from '../../text/yaml.ts';
import { withPlaceholders } from '../../text/placeholders.ts';
import { parseYaml } from '../../text/yaml-parse.ts';
import { maskTemplate } from '../../text/yaml-documents.ts';
import { overriding } from '../../text/yaml-tree.ts';

/** Values of a chart and whether every layer of them could be read. */
export interface ChartValues {
  readonly root: YamlMap;
  readonly complete: boolean;
}

export function emptyValues(file: SourceFile): YamlMap {
  return { kind: 'map', file, start: 0, end: 0, flow: false, open: false, pairs: new Map() };
}

/**
 * Reads a values file. Helm doesn't render it, so `{{ }}` is text; only when that can't be parsed (helmfile's templates) are
 * the actions masked.
 * @returns `undefined` when it doesn't parse either way
 */
export function readValues(file: SourceFile): ChartValues | undefined {
  const plain = parseYaml(file);
  const [root] = plain.ok ? plain.roots : [];
  if (plain.ok) {
    if (root === undefined || (root.kind === 'scalar' && isNull(root))) return { root: emptyValues(file), complete: true };
    return root.kind === 'map' && plain.roots.length === 1 ? { root: withPlaceholders(root, file.text), complete: true } : undefined;
  }
  const template = maskTemplate(file.text);
  if (!template) return undefined;
  const masked = parseYaml(file, 0, file.text.length, template.text, template.masks);
  const [maskedRoot] = masked.ok ? masked.roots : [];
  return maskedRoot?.kind === 'map' ? { root: maskedRoot, complete: false } : undefined;
}

/** Puts a layer of values over another as Helm does: maps are merged, `null` takes a key away, everything else is replaced. */
export function layerValues(below: YamlMap, above: YamlMap): YamlMap {
  const pairs = new Map<string, YamlPair>(below.pairs);
  for (const [name, pair] of above.pairs) {
    const earlier = pairs.get(name)?.value;
    const { value } = pair;
    if (value.kind === 'scalar' && !value.unknown && isNull(value)) pairs.delete(name);
    else if (value.kind === 'map' && earlier?.kind === 'map') pairs.set(name, { ...pair, value: layerValues(earlier, value) });
    else pairs.set(name, { ...pair, value: overriding(value, earlier) });
  }
  return { ...above, pairs, open: below.open || above.open };
}

/** A sub-chart's own values under what its parent gives it, with the parent's `global` beside them. */
export function subchartValues(parent: YamlMap, key: string, own: YamlMap): YamlMap {
  const given: YamlNode | undefined = parent.pairs.get(key)?.value;
  const layered = given?.kind === 'map' ? layerValues(own, given) : own;
  const global = parent.pairs.get('global');
  if (global?.value.kind !== 'map') return layered;
  const ownGlobal = layered.pairs.get('global')?.value;
  const merged = ownGlobal?.kind === 'map' ? layerValues(ownGlobal, global.value) : global.value;
  return { ...layered, pairs: new Map([...layered.pairs, ['global', { ...global, value: merged }]]) };
}
