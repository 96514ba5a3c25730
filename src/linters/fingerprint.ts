import { createHash } from 'node:crypto';
import { type Anchor, lineStarts, positionAt } from '../text/source.ts';
import { textAt, type YamlNode } from '../text/yaml.ts';
import type { ParsedFile } from '../workspace/parsed-file.ts';

/**
 * Names the place of an anchor in its file by what stands around it, not by line or index: keys, `name`s of list items, or the
 * line's own text outside YAML. It stays the same when the file is edited elsewhere or the block moves.
 */
export function pointerOf(parsed: ParsedFile | undefined, anchor: Anchor): string {
  if (parsed?.format === 'yaml') {
    const document = parsed.documents.find((candidate) => candidate.start <= anchor.start && anchor.start <= candidate.end);
    const root = document?.root;
    if (root) {
      const identity = ['kind', 'metadata.namespace', 'metadata.name'].map((path) => textAt(root, ...path.split('.')) ?? '').join('/');
      return `${identity}${pathTo(root, anchor)}`;
    }
  }
  const { line } = positionAt(anchor.file, anchor.start);
  const starts = lineStarts(anchor.file);
  return anchor.file.text.slice(starts[line], starts[line + 1] ?? anchor.file.text.length).trim();
}

function pathTo(node: YamlNode, anchor: Anchor): string {
  if (node.kind === 'map') {
    for (const [name, pair] of node.pairs) {
      if (pair.merged) continue;
      if (contains(pair.key, anchor)) return `/${name}#key`;
      if (contains(pair.value, anchor)) return `/${name}${pathTo(pair.value, anchor)}`;
    }
  }
  if (node.kind === 'sequence') {
    for (const item of node.items) {
      if (!contains(item, anchor)) continue;
      const name = textAt(item, 'name') ?? (item.kind === 'scalar' ? item.text : textAt(item, 'containerPort')) ?? '-';
      return `/[${name}]${pathTo(item, anchor)}`;
    }
  }
  return '';
}

/** Quotes and a block scalar's header belong to the node, so an anchor right before its value counts. */
function contains(node: YamlNode, anchor: Anchor): boolean {
  return node.file === anchor.file && node.start - 1 <= anchor.start && anchor.end <= node.end + 1;
}

/**
 * @param identity rule, file, place and message
 * @param ordinal counts the findings of one identity
 */
export function fingerprintOf(identity: string, ordinal: number): string {
  return createHash('sha256').update(`${identity}\u0000${ordinal}`).digest('hex').slice(0, 20);
}
