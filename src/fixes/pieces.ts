import type { Edit } from '../text/yaml-places.ts';

/**
 * A text under edit that remembers which stretches are still the original's, so that changes made one after the other end as
 * one set of edits to the original, and an offset in the original can be followed to its present place.
 */
export class EditedText {
  readonly original: string;
  private pieces: Piece[];

  constructor(original: string) {
    this.original = original;
    this.pieces = [{ start: 0, end: original.length }];
  }

  get text(): string {
    return this.pieces.map((piece) => this.textOf(piece)).join('');
  }

  /** Applies edits that are all in terms of the present text. They must not overlap. */
  apply(edits: readonly Edit[]): void {
    // From the end, so that earlier offsets stay true; at one place the later of the list is put in first.
    const ordered = edits.map((edit, index) => ({ edit, index })).sort((a, b) => b.edit.start - a.edit.start || b.index - a.index);
    for (const { edit } of ordered) {
      const before = this.split(edit.start);
      const after = this.split(edit.end);
      this.pieces.splice(before, after - before, ...(edit.newText === '' ? [] : [{ text: edit.newText }]));
    }
  }

  /** Where a character of the original stands now; `undefined` when it was replaced. The end of the text is always there. */
  now(offset: number): number | undefined {
    let at = 0;
    for (const piece of this.pieces) {
      if ('text' in piece) at += piece.text.length;
      else {
        if (piece.start <= offset && offset < piece.end) return at + offset - piece.start;
        at += piece.end - piece.start;
      }
    }
    return offset === this.original.length ? at : undefined;
  }

  /** What to do to the original, ascending. */
  edits(): Edit[] {
    const edits: Edit[] = [];
    let at = 0;
    let newText = '';
    const flush = (next: number): void => {
      if (newText !== '' || next > at) edits.push({ start: at, end: next, newText });
      newText = '';
    };
    for (const piece of this.pieces) {
      if ('text' in piece) newText += piece.text;
      else if (piece.end > piece.start) {
        flush(piece.start);
        at = piece.end;
      }
    }
    flush(this.original.length);
    return edits;
  }

  private textOf(piece: Piece): string {
    return 'text' in piece ? piece.text : this.original.slice(piece.start, piece.end);
  }

  /** Makes a boundary at an offset of the present text and gives the index of the piece behind it. */
  private split(offset: number): number {
    let at = 0;
    for (const [index, piece] of this.pieces.entries()) {
      if (at === offset) return index;
      const length = this.textOf(piece).length;
      if (offset < at + length) {
        const cut = offset - at;
        const halves: Piece[] =
          'text' in piece
            ? [{ text: piece.text.slice(0, cut) }, { text: piece.text.slice(cut) }]
            : [
                { start: piece.start, end: piece.start + cut },
                { start: piece.start + cut, end: piece.end },
              ];
        this.pieces.splice(index, 1, ...halves);
        return index + 1;
      }
      at += length;
    }
    return this.pieces.length;
  }
}

type Piece = { readonly start: number; readonly end: number } | { readonly text: string };
