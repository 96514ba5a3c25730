import type { SourceFile, Span } from '../text/source.ts';
import type { YamlNode } from '../text/yaml.ts';
import type { Mask } from '../text/yaml-parse.ts';
import { type Edit, EditRefused } from '../text/yaml-places.ts';
import { lineBreakOf, writtenFile } from '../text/yaml-source.ts';
import type { TextEdit } from './change.ts';
import { type Located, locateNow, locateOriginal } from './locate.ts';
import { EditedText } from './pieces.ts';
import { protectedFile } from './refusals.ts';

/** What the planner may look at: the files as the findings saw them. */
export interface PlanContext {
  file(path: string): SourceFile | undefined;
}

export interface NewFile {
  readonly file: string;
  readonly text: string;
}

/** The files that a plan works on, each with what earlier steps did to it. */
export class PlanState {
  readonly context: PlanContext;
  readonly creates: NewFile[] = [];
  private readonly edited = new Map<string, { file: SourceFile; pieces: EditedText; current: SourceFile }>();

  constructor(context: PlanContext) {
    this.context = context;
  }

  /** The file as it stands after the steps so far. */
  current(file: SourceFile): SourceFile {
    return this.edited.get(file.path)?.current ?? file;
  }

  pieces(file: SourceFile): EditedText {
    return this.open(file).pieces;
  }

  locate(node: YamlNode): Located {
    this.open(node.file);
    const original = locateOriginal(node.file, node);
    return locateNow(original, this.pieces(node.file), this.current(node.file));
  }

  /** Applies edits that are in terms of the file's present text. @param from where the text that they belong to starts */
  apply(file: SourceFile, edits: readonly Edit[], from?: number): void {
    if (edits.length === 0) return;
    const entry = this.open(file);
    if (isYamlPath(file.path)) refuseMasked(entry.current, edits, from);
    entry.pieces.apply(edits);
    entry.current = { ...entry.file, text: entry.pieces.text };
    if (isYamlPath(file.path) && !writtenFile(file).problem && writtenFile(entry.current).problem)
      throw new EditRefused('unparsable', file.path);
  }

  create(file: NewFile): void {
    this.creates.push(file);
  }

  edits(): TextEdit[] {
    const all: TextEdit[] = [];
    for (const { file, pieces } of this.edited.values()) for (const edit of pieces.edits()) all.push({ file: file.path, ...edit });
    return all.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start));
  }

  private open(file: SourceFile): { file: SourceFile; pieces: EditedText; current: SourceFile } {
    const known = this.edited.get(file.path);
    if (known) {
      if (known.file.text !== file.text && known.current !== file) throw new EditRefused('stale', file.path);
      return known;
    }
    const now = this.context.file(file.path);
    if (now && now.text !== file.text) throw new EditRefused('stale', file.path);
    const refusal = protectedFile(file);
    if (refusal) throw new EditRefused(refusal.id as EditRefused['reason'], refusal.detail);
    const entry = { file, pieces: new EditedText(file.text), current: file };
    this.edited.set(file.path, entry);
    return entry;
  }
}

export function isYamlPath(path: string): boolean {
  return /\.(?:ya?ml|json|tpl)$/i.test(path);
}

/** An edit may not touch a template action, nor stand in another arm of an `if` than the text it belongs to. */
function refuseMasked(file: SourceFile, edits: readonly Edit[], from: number | undefined): void {
  const { masks } = writtenFile(file);
  if (masks.length === 0) return;
  const touches = (mask: Mask, edit: Span): boolean =>
    edit.start === edit.end ? mask.start < edit.start && edit.start < mask.end : mask.start < edit.end && mask.end > edit.start;
  for (const edit of edits) {
    const hit = masks.find((mask) => touches(mask, edit));
    if (hit) throw new EditRefused('templated', hit.expression);
    if (from !== undefined && templateDepth(masks, edit.start) !== templateDepth(masks, from))
      throw new EditRefused('templated', file.path);
  }
}

/** How many `if`, `range`, `with` and `define` blocks are open at an offset. */
function templateDepth(masks: readonly Mask[], at: number): number {
  let depth = 0;
  for (const mask of masks) {
    if (mask.end > at) break;
    if (/^\{\{-?\s*(?:if|range|with|define|block)\b/.test(mask.expression)) depth++;
    else if (/^\{\{-?\s*end\b/.test(mask.expression)) depth--;
  }
  return depth;
}

/** The line break of a file, for text that is added to it. */
export function withLineBreaks(text: string, file: SourceFile): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\n', lineBreakOf(file.text));
}
