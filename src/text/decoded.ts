import type { Span } from './source.ts';

/**
 * Text after quotes, escapes and line continuations were taken away, which still knows where each of its characters stands:
 * a rule that looks for one flag inside a decoded value gets the flag's own place.
 */
export interface DecodedText {
  readonly text: string;
  /** Where the value is written, without its quotes. */
  readonly at: Span;
  /** Runs of characters that are written as they read, ascending; a decoded escape is a run of its own. */
  readonly runs: readonly Run[];
}

interface Run {
  /** Offset in `text`. */
  readonly index: number;
  readonly length: number;
  /** Offsets in the file; longer or shorter than `length` only for an escape. */
  readonly start: number;
  readonly end: number;
}

/** From an offset in the text that a reader was given to the file's own. */
export type OffsetMap = (offset: number) => number;

export const sameOffset: OffsetMap = (offset) => offset;

/** A parse problem, as a value. `offset` counts in the file. */
export interface Problem {
  readonly message: string;
  readonly offset: number;
}

export class DecodedBuilder {
  private text = '';
  private readonly runs: { index: number; length: number; start: number; end: number }[] = [];
  private readonly map: OffsetMap;

  constructor(map: OffsetMap = sameOffset) {
    this.map = map;
  }

  /** A character that is written as it reads. */
  char(char: string, offset: number): void {
    this.append(char, this.map(offset), this.map(offset) + char.length, true);
  }

  /** A stretch of the source that is written as it reads. */
  slice(source: string, start: number, end: number): void {
    if (this.map === sameOffset) {
      if (end > start) this.append(source.slice(start, end), start, end, true);
      return;
    }
    for (let at = start; at < end; at++) this.char(source.charAt(at), at);
  }

  /** Text that an escape stands for. */
  escape(decoded: string, start: number, end: number): void {
    if (decoded !== '') this.append(decoded, this.map(start), this.map(end), false);
  }

  get length(): number {
    return this.text.length;
  }

  build(start: number, end: number): DecodedText {
    return { text: this.text, at: mapSpan(this.map, start, end), runs: this.runs };
  }

  /** Builds without the last characters of the text (trimmed spaces). */
  buildTrimmed(length: number, start: number, end: number): DecodedText {
    const runs = this.runs.filter((run) => run.index < length);
    const last = runs.at(-1);
    if (last && last.index + last.length > length && last.end - last.start === last.length) {
      runs[runs.length - 1] = { ...last, length: length - last.index, end: last.start + length - last.index };
    }
    return { text: this.text.slice(0, length), at: mapSpan(this.map, start, end), runs };
  }

  private append(decoded: string, start: number, end: number, plain: boolean): void {
    const last = this.runs.at(-1);
    if (plain && last && last.end === start && last.end - last.start === last.length) {
      last.length += decoded.length;
      last.end = end;
    } else {
      this.runs.push({ index: this.text.length, length: decoded.length, start, end });
    }
    this.text += decoded;
  }
}

/** A span in the file; never runs backwards. */
export function mapSpan(map: OffsetMap, start: number, end: number): Span {
  const from = map(start);
  return { start: from, end: Math.max(from, map(end)) };
}

/** Where the characters `from` to `to` of the decoded text are written. An escape is taken whole. */
export function spanWithin(decoded: DecodedText, from: number, to: number): Span {
  let start: number | undefined;
  let end = decoded.at.start;
  for (const run of decoded.runs) {
    const runEnd = run.index + run.length;
    const literal = run.end - run.start === run.length;
    if (start === undefined && from < runEnd) start = literal ? run.start + Math.max(0, from - run.index) : run.start;
    if (to > run.index) end = literal && to < runEnd ? run.start + (to - run.index) : run.end;
  }
  const at = start ?? decoded.at.end;
  return { start: at, end: Math.max(at, end) };
}

/** For reading decoded text with another reader (the string of `sh -c`): maps its offsets to the file. */
export function offsetsOf(decoded: DecodedText): OffsetMap {
  const { runs, at } = decoded;
  return (offset) => {
    let low = 0;
    let high = runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((runs[middle]?.index ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const run = runs[low];
    if (!run || offset < run.index) return at.start;
    const into = offset - run.index;
    return into < run.length && run.end - run.start !== run.length
      ? run.start
      : Math.min(run.start + into, into >= run.length ? run.end : run.start + into);
  };
}

/** The span between the quotes when one pair of quotes holds the whole value; else the span as it is. */
export function withoutQuotes({ at, runs }: DecodedText): Span {
  const first = runs[0];
  const last = runs.at(-1);
  if (!first || !last) return at.end - at.start === 2 ? { start: at.start + 1, end: at.end - 1 } : at;
  const whole = runs.every((run, index) => index === 0 || run.start === runs[index - 1]?.end);
  return whole && first.start === at.start + 1 && last.end === at.end - 1 ? { start: first.start, end: last.end } : at;
}
