import { oncePer } from './once.ts';
import type { SourceFile, Span } from './source.ts';
import type { YamlMap, YamlNode, YamlPair, YamlSequence } from './yaml.ts';
import { type Mask, parseYaml, type YamlProblem } from './yaml-parse.ts';
import { maskTemplate, parseDocument, splitDocuments } from './yaml-documents.ts';
import type { YamlStyle } from './yaml-write.ts';

/** Where a node hangs in its document. */
export type Parent =
  | { readonly node: YamlMap; readonly pair: YamlPair; readonly index?: undefined }
  | { readonly node: YamlSequence; readonly index: number; readonly pair?: undefined };

/** A document as it is written, without what patches, values or templates make of it: what an edit works on. */
export interface WrittenDocument extends Span {
  readonly file: SourceFile;
  readonly root: YamlNode;
  readonly masks: readonly Mask[];
  readonly parents: ReadonlyMap<YamlNode, Parent>;
  /** Nodes that several places read through an anchor: a change to them would be felt elsewhere. */
  readonly shared: ReadonlySet<YamlNode>;
  /** It is text inside another document's block scalar. */
  readonly embedded: boolean;
  readonly style: YamlStyle;
}

export interface WrittenFile {
  readonly file: SourceFile;
  readonly documents: readonly WrittenDocument[];
  readonly problem: YamlProblem | undefined;
  readonly masks: readonly Mask[];
}

/** Parses a whole file for editing. The result is kept as long as the file is. */
export const writtenFile = oncePer((file: SourceFile): WrittenFile => {
  const template = maskTemplate(file.text);
  const documents: WrittenDocument[] = [];
  let problem: YamlProblem | undefined;
  for (const span of splitDocuments(file.text)) {
    const document = parseDocument(file, span, template);
    problem ??= document.problem;
    if (document.root) documents.push(writtenDocument(file, span, document.root, document.masks, false));
  }
  return { file, documents, problem, masks: template?.masks ?? [] };
});

function writtenDocument(file: SourceFile, span: Span, root: YamlNode, masks: readonly Mask[], embedded: boolean): WrittenDocument {
  const parents = new Map<YamlNode, Parent>();
  const shared = new Set<YamlNode>();
  const seen = new Set<YamlNode>([root]);
  const merged: YamlNode[] = [];
  const markShared = (node: YamlNode): void => {
    if (shared.has(node)) return;
    shared.add(node);
    for (const child of childrenOf(node)) markShared(child);
  };
  const walk = (node: YamlNode): void => {
    const visit = (child: YamlNode, parent: Parent): void => {
      if (seen.has(child)) {
        markShared(child);
        return;
      }
      seen.add(child);
      parents.set(child, parent);
      walk(child);
    };
    if (node.kind === 'map') {
      for (const pair of node.pairs.values()) {
        if (pair.merged) merged.push(pair.value);
        else visit(pair.value, { node, pair });
      }
    } else if (node.kind === 'sequence') {
      for (const [index, item] of node.items.entries()) visit(item, { node, index });
    }
  };
  walk(root);
  for (const value of merged) {
    markShared(value);
    // The map that is merged from: what is added to it would come in with the rest.
    const source = parents.get(value)?.node;
    if (source) markShared(source);
  }
  return { file, start: span.start, end: span.end, root, masks, parents, shared, embedded, style: styleOf(file, span, root, parents) };
}

function childrenOf(node: YamlNode): YamlNode[] {
  if (node.kind === 'map') return [...node.pairs.values()].map((pair) => pair.value);
  return node.kind === 'sequence' ? [...node.items] : [];
}

/** Finds the written node that starts at an offset; of nodes that start at the same place, the one of that kind. */
export function findWritten(
  file: WrittenFile,
  kind: YamlNode['kind'],
  start: number,
): { document: WrittenDocument; node: YamlNode } | undefined {
  const document = file.documents.find((one) => one.start <= start && start <= one.end);
  if (!document) return undefined;
  const hit = nodesOf(document).filter((node) => node.kind === kind && node.start === start);
  const [only] = hit;
  if (only && hit.length === 1) return { document, node: only };
  if (only) return undefined;
  const block = nodesOf(document).find(
    (node) => node.kind === 'scalar' && node.style === 'literal' && node.start <= start && start <= node.end,
  );
  return block ? findEmbedded(document, block, kind, start) : undefined;
}

function findEmbedded(outer: WrittenDocument, block: YamlNode, kind: YamlNode['kind'], start: number): ReturnType<typeof findWritten> {
  if (outer.embedded) return undefined;
  const result = parseYaml(outer.file, block.start, block.end);
  if (!result.ok) return undefined;
  for (const root of result.roots) {
    const document = writtenDocument(outer.file, block, root, outer.masks, true);
    const node = nodesOf(document).find((one) => one.kind === kind && one.start === start);
    if (node) return { document, node };
  }
  return undefined;
}

export function nodesOf(document: WrittenDocument): YamlNode[] {
  return [document.root, ...document.parents.keys()];
}

/** Indentation is what most of the document's own nodes have; a document without any says nothing, and gets the usual 2. */
function styleOf(file: SourceFile, span: Span, root: YamlNode, parents: ReadonlyMap<YamlNode, Parent>): YamlStyle {
  const { text } = file;
  const indents = new Map<number, number>();
  const dashIndents = new Map<number, number>();
  for (const [node, parent] of parents) {
    if (!parent.pair || node.kind === 'scalar' || node.flow || parent.node.flow) continue;
    const { key } = parent.pair;
    const deeper = columnOf(text, node.start) - columnOf(text, keyStart(key, text));
    if (node.start < key.start || deeper < 0 || deeper > 12) continue;
    const counts = node.kind === 'map' ? indents : dashIndents;
    counts.set(deeper, (counts.get(deeper) ?? 0) + 1);
  }
  const dash = mostCommon(dashIndents);
  const indent = mostCommon(indents) ?? (dash || 2);
  const part = text.slice(span.start, span.end);
  const single = part.match(/[:\-[{,] *'/g)?.length ?? 0;
  const double = part.match(/[:\-[{,] *"/g)?.length ?? 0;
  const json = file.path.endsWith('.json') || (root.kind !== 'scalar' && root.flow && part.includes('"') && isJson(part));
  return { indent, dashIndent: dash ?? indent, quote: single > double ? 'single' : 'double', json };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mostCommon(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [value, count] of counts) if (count > (counts.get(best ?? -1) ?? 0)) best = value;
  return best;
}

/** Offset of a key's first character, its quote included. */
export function keyStart(key: { readonly start: number; readonly style: string }, text: string): number {
  return (key.style === 'single' || key.style === 'double') && /["']/.test(text[key.start - 1] ?? '') ? key.start - 1 : key.start;
}

export function lineStartAt(text: string, at: number): number {
  let start = at;
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--;
  return start;
}

/** Offset of the line break, or of the end of the text. */
export function lineEndAt(text: string, at: number): number {
  let end = at;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  return end;
}

/** Offset behind the line break. */
export function nextLineAt(text: string, at: number): number {
  const end = lineEndAt(text, at);
  return text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : Math.min(end + 1, text.length);
}

export function columnOf(text: string, at: number): number {
  return at - lineStartAt(text, at);
}

/** The line break that most of the text's lines have. */
export function lineBreakOf(text: string): '\r\n' | '\n' {
  const all = text.match(/\n/g)?.length ?? 0;
  const withReturn = text.match(/\r\n/g)?.length ?? 0;
  return withReturn * 2 > all ? '\r\n' : '\n';
}
