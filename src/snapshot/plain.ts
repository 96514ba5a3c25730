import type { JsonValue } from '../text/json-tree.ts';
import { isNull, isNumber, type YamlNode } from '../text/yaml.ts';
import { parseYaml } from '../text/yaml-parse.ts';

/**
 * The documents of a YAML text as plain values, which JSON is too. Anchors and merge keys are resolved.
 * @returns `undefined` when it doesn't parse, or its aliases unfold to too much
 */
export function plainDocuments(text: string): JsonValue[] | undefined {
  const result = parseYaml({ path: '', text, bom: false });
  return result.ok ? result.roots.map(plain) : undefined;
}

/** The first document of a text: a setting's value in YAML or JSON. */
export function plainText(text: string): JsonValue | undefined {
  return plainDocuments(text)?.[0];
}

function plain(node: YamlNode): JsonValue {
  if (node.kind === 'sequence') return node.items.map(plain);
  if (node.kind === 'map') {
    return Object.fromEntries([...node.pairs].map(([name, { value }]): [string, JsonValue] => [name, plain(value)]));
  }
  if (node.style !== 'plain' || node.tag === '!!str' || node.unknown) return node.text;
  if (isNull(node)) return null;
  if (/^(?:true|True|TRUE)$/.test(node.text)) return true;
  if (/^(?:false|False|FALSE)$/.test(node.text)) return false;
  // Octal, hexadecimal and underscores stay text: no field that is read is written so.
  const number = isNumber(node) && /^[-+]?[\d.]+(?:[eE][-+]?\d+)?$/.test(node.text) ? Number(node.text) : Number.NaN;
  return Number.isFinite(number) ? number : node.text;
}
