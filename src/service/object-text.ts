import { dump } from 'js-yaml';
import { type JsonValue, pointerTokens } from '../text/json-tree.ts';
import { rangeOf, sourceFile } from '../text/source.ts';
import type { YamlNode } from '../text/yaml.ts';
import { parseYaml } from '../text/yaml-parse.ts';
import type { ObjectText } from './cluster-protocol.ts';

/**
 * An object as YAML, and where a pointer leads in it: to the nearest place above, where the object doesn't reach that far.
 * @param pointer RFC 6901
 */
export function objectText(object: JsonValue | undefined, pointer: string): ObjectText | undefined {
  if (object === undefined) return undefined;
  const text = dump(object, { lineWidth: 140, noRefs: true });
  const file = sourceFile('object.yaml', text);
  const parsed = parseYaml(file);
  const start = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  const root = parsed.ok ? parsed.roots[0] : undefined;
  if (!root || pointer === '') return { text, range: start };
  let node: YamlNode = root;
  for (const token of pointerTokens(pointer)) {
    const next: YamlNode | undefined =
      node.kind === 'map' ? node.pairs.get(token)?.value : node.kind === 'sequence' ? node.items[Number(token)] : undefined;
    if (!next) break;
    node = next;
  }
  return { text, range: node === root ? start : rangeOf({ file, start: node.start, end: node.end }) };
}
