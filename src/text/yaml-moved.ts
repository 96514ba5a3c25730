import type { SourceFile } from './source.ts';
import type { YamlMap, YamlNode, YamlPair, YamlScalar, YamlSequence } from './yaml.ts';
import type { DocumentSpan, YamlDocument } from './yaml-documents.ts';

/** V8 copies a shorter part of a string; a longer one is a view that keeps the whole string in memory. */
const MIN_VIEW_LENGTH = 13;

/**
 * A document where it stands in another text of its file, there being no difference in its own: the same tree with the positions of that text. An edit
 * changes one document of a file, and a copy of a tree costs a fraction of what parsing does.
 * @param document of a text without template actions
 * @param to where the same text stands in the other file
 * @returns `undefined` for a document with anchors, whose nodes may be reached from several places
 */
export function movedDocument(document: YamlDocument, file: SourceFile, to: DocumentSpan): YamlDocument | undefined {
  const { start, end, kind } = to;
  const anchor = file.text.indexOf('&', start);
  if (document.root === undefined || (anchor >= 0 && anchor < end)) return undefined;
  const root = movedNode(document.root, file, start - document.start);
  return { start, end, kind, file, masks: document.masks, root, problem: undefined };
}

function movedNode(node: YamlNode, file: SourceFile, by: number): YamlNode {
  if (node.kind === 'scalar') return movedScalar(node, file, by);
  const start = node.start + by;
  const end = node.end + by;
  const { flow, open } = node;
  if (node.kind === 'sequence') {
    const items = node.items.map((item) => movedNode(item, file, by));
    return { kind: 'sequence', file, start, end, flow, open, items } satisfies YamlSequence;
  }
  const pairs = new Map<string, YamlPair>();
  for (const [name, { key, value }] of node.pairs) pairs.set(name, { key: movedScalar(key, file, by), value: movedNode(value, file, by) });
  const map: YamlMap = { kind: 'map', file, start, end, flow, open, pairs };
  if (!node.repeated && !node.complexKeys) return map;
  return {
    ...map,
    ...(node.repeated && { repeated: node.repeated.map((key) => movedScalar(key, file, by)) }),
    ...(node.complexKeys && { complexKeys: node.complexKeys.map((key) => movedNode(key, file, by)) }),
  };
}

function movedScalar({ start, end, text, style, tag, unknown }: YamlScalar, file: SourceFile, by: number): YamlScalar {
  const scalar: YamlScalar = {
    kind: 'scalar',
    file,
    start: start + by,
    end: end + by,
    text: textIn(file, start + by, end + by, text),
    style,
    tag,
  };
  return unknown ? { ...scalar, unknown } : scalar;
}

/** The same characters, without a hold on the text that they were read from. */
function textIn(file: SourceFile, start: number, end: number, text: string): string {
  if (text.length < MIN_VIEW_LENGTH) return text;
  const written = file.text.slice(start, end);
  return written === text ? written : `${text} `.slice(0, -1);
}
