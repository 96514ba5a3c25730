import { oncePer } from './once.ts';

/** Text with positions. Offsets are UTF-16 code units into `SourceFile.text`; a byte-order mark is never part of `text`. */

export interface SourceFile {
  /** Relative to the root, with `/`. Unique within a workspace. */
  readonly path: string;
  readonly text: string;
  /** The file on disk starts with a byte-order mark; a writer puts it back. */
  readonly bom: boolean;
  /** The file on disk is UTF-16: it is judged like any other, but what writes files writes UTF-8. */
  readonly utf16?: true;
}

/** Half-open span of offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** LSP position: zero-based line, UTF-16 character. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** LSP range, end exclusive. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** Where something stands: a file and a span in it. YAML nodes, code facts and lock-file entries are all anchors. */
export interface Anchor extends Span {
  readonly file: SourceFile;
}

export function sourceFile(path: string, text: string): SourceFile {
  const bom = text.charCodeAt(0) === 0xfeff;
  return { path, text: bom ? text.slice(1) : text, bom };
}

/** Offsets at which lines start. `\n`, `\r\n` and a lone `\r` end a line, as in LSP. */
export const lineStarts = oncePer(({ text }: SourceFile): readonly number[] => {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
  }
  return starts;
});

export function positionAt(file: SourceFile, offset: number): Position {
  const starts = lineStarts(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low, character: offset - (starts[low] ?? 0) };
}

/** The offset of a position; a position past the end of its line or file is moved to that end. */
export function offsetAt(file: SourceFile, position: Position): number {
  const starts = lineStarts(file);
  const start = starts[position.line];
  if (start === undefined) return file.text.length;
  const next = starts[position.line + 1] ?? file.text.length;
  return Math.min(start + position.character, next);
}

export function rangeOf(anchor: Anchor): Range {
  return { start: positionAt(anchor.file, anchor.start), end: positionAt(anchor.file, anchor.end) };
}

/** Whether the second anchor lies in the first, or is the same. */
export function covers(outer: Anchor, inner: Anchor): boolean {
  return outer.file.path === inner.file.path && outer.start <= inner.start && inner.end <= outer.end;
}

export function textOf(anchor: Anchor): string {
  return anchor.file.text.slice(anchor.start, anchor.end);
}
