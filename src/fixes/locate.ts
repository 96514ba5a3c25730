import type { SourceFile } from '../text/source.ts';
import type { YamlNode } from '../text/yaml.ts';
import { EditRefused } from '../text/yaml-places.ts';
import { findWritten, keyStart, nodesOf, type WrittenDocument, type WrittenFile, writtenFile } from '../text/yaml-source.ts';
import type { EditedText } from './pieces.ts';

export interface Located {
  readonly document: WrittenDocument;
  readonly node: YamlNode;
}

/** The node as it is written, for a node of any tree: one that patches or values put together is found by where it starts. */
export function locateOriginal(file: SourceFile, node: YamlNode): Located {
  if (node.derived && node.kind !== 'scalar') throw new EditRefused('derived', file.path);
  const found = findWritten(writtenFile(file), node.kind, node.start);
  const detail = node.kind === 'scalar' ? node.text : file.path;
  if (!found) throw new EditRefused('derived', detail);
  if (node.kind === 'scalar' && found.node.kind === 'scalar' && node.text !== found.node.text) throw new EditRefused('derived', detail);
  if (node.kind === 'scalar' && node.unknown) throw new EditRefused('templated', detail);
  return found;
}

/** Follows a node of the original text to the text as earlier steps of the fix have left it. */
export function locateNow(original: Located, edited: EditedText, current: SourceFile): Located {
  const file = writtenFile(current);
  if (file.problem) throw new EditRefused('unparsable', current.path);
  const found = follow(original.document, original.node, edited, file);
  if (!found) throw new EditRefused('overlap', original.node.kind === 'scalar' ? original.node.text : current.path);
  return found;
}

function follow(document: WrittenDocument, node: YamlNode, edited: EditedText, file: WrittenFile): Located | undefined {
  const start = edited.now(node.start);
  const direct = start === undefined ? undefined : findWritten(file, node.kind, start);
  if (direct) return direct;
  if (node.kind === 'map') {
    // Its first key was removed or renamed: one of the others leads to it.
    for (const { key, merged } of node.pairs.values()) {
      const at = merged ? undefined : edited.now(keyStart(key, document.file.text));
      if (at === undefined) continue;
      const hit = findByKey(file, at);
      if (hit) return hit;
    }
  }
  if (node.kind === 'sequence') {
    for (const item of node.items) {
      const at = item.start >= node.start ? edited.now(item.start) : undefined;
      const hit = at === undefined ? undefined : findWritten(file, item.kind, at);
      const parent = hit?.document.parents.get(hit.node)?.node;
      if (hit && parent?.kind === 'sequence') return { document: hit.document, node: parent };
    }
  }
  const parent = document.parents.get(node);
  if (parent?.pair) {
    const up = follow(document, parent.node, edited, file);
    const child = up?.node.kind === 'map' ? up.node.pairs.get(parent.pair.key.text)?.value : undefined;
    return up && child?.kind === node.kind ? { document: up.document, node: child } : undefined;
  }
  if (parent || document.embedded) return undefined;
  const index = writtenFile(document.file).documents.indexOf(document);
  const same = file.documents[index];
  return same && same.root.kind === node.kind ? { document: same, node: same.root } : undefined;
}

function findByKey(file: WrittenFile, at: number): Located | undefined {
  for (const document of file.documents) {
    if (at < document.start || at > document.end) continue;
    for (const node of nodesOf(document)) {
      if (node.kind !== 'map') continue;
      for (const pair of node.pairs.values()) if (!pair.merged && keyStart(pair.key, document.file.text) === at) return { document, node };
    }
  }
  return undefined;
}
