import type { SourceFile, Span } from './source.ts';
import { closingBrace } from './terraform-template.ts';

/**
 * As much of HCL (Terraform's language) as literal settings need: blocks, attributes, strings, heredocs, lists, objects and
 * calls, each with its place. Everything else (references, operators, conditionals) is an `other`, which nobody may guess.
 */
export type HclValue =
  /** `span` is that of the text without quotes; `text` is `undefined` when it has an interpolation. */
  | ({ readonly kind: 'string'; readonly text: string | undefined } & Span)
  /** The body's lines as they stand in the file, indentation included. */
  | ({ readonly kind: 'heredoc' } & Span)
  | ({ readonly kind: 'literal'; readonly text: string } & Span)
  | ({ readonly kind: 'list'; readonly items: readonly HclValue[] } & Span)
  | ({ readonly kind: 'object'; readonly entries: readonly HclEntry[] } & Span)
  | ({ readonly kind: 'call'; readonly name: string; readonly args: readonly HclValue[] } & Span)
  | ({ readonly kind: 'other' } & Span);

/** An attribute, or an object's entry. */
export interface HclEntry {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: HclValue;
}

export interface HclBlock extends Span {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: readonly HclEntry[];
  readonly blocks: readonly HclBlock[];
}

const MAX_DEPTH = 60;

/** The top-level blocks of a file. What can't be read is skipped to the end of its line. */
export function parseHcl(file: SourceFile): readonly HclBlock[] {
  return new HclReader(file.text).body(0).blocks;
}

class HclReader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Attributes and blocks up to the closing brace or the end. */
  body(depth: number): { attributes: HclEntry[]; blocks: HclBlock[] } {
    const attributes: HclEntry[] = [];
    const blocks: HclBlock[] = [];
    for (;;) {
      this.skip(true);
      if (this.at >= this.text.length || this.text[this.at] === '}') return { attributes, blocks };
      const start = this.at;
      const name = this.match(/[A-Za-z_][\w-]*/y);
      if (name === undefined) {
        this.skipLine();
        continue;
      }
      const nameSpan = { start, end: this.at };
      this.skip(false);
      if (this.text[this.at] === '=' && this.text[this.at + 1] !== '=') {
        this.at++;
        attributes.push({ name, nameSpan, value: this.value(depth) });
        continue;
      }
      const labels: string[] = [];
      for (let label = this.label(); label !== undefined; label = this.label()) labels.push(label);
      if (this.text[this.at] !== '{' || depth >= MAX_DEPTH) {
        this.skipLine();
        continue;
      }
      this.at++;
      const inner = this.body(depth + 1);
      this.at++;
      blocks.push({ type: name, labels, ...inner, start, end: this.at });
    }
  }

  private label(): string | undefined {
    this.skip(false);
    return this.match(/"([^"\n\\]*)"/y) ?? this.match(/[A-Za-z_][\w-]*/y);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  /** Blanks and comments. */
  private skip(newlines: boolean): void {
    const pattern = newlines ? /(?:\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y : /(?:[ \t]+|\/\*[\s\S]*?\*\/)+/y;
    pattern.lastIndex = this.at;
    if (pattern.exec(this.text)) this.at = pattern.lastIndex;
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end + 1;
  }

  /** A value; with an operator behind it, it is an `other` up to where the expression ends. */
  private value(depth: number): HclValue {
    this.skip(false);
    const start = this.at;
    const value = depth >= MAX_DEPTH ? undefined : this.operand(depth);
    const end = this.at;
    this.skip(false);
    if (value && (value.kind === 'heredoc' || /^(?:[\r\n,}\])#]|\/\/|$)/.test(this.text.slice(this.at, this.at + 2)))) return value;
    if (value) this.at = end;
    return this.other(start);
  }

  private operand(depth: number): HclValue | undefined {
    const start = this.at;
    const { text } = this;
    const char = text[start];
    if (char === '"') return this.string();
    if (text.startsWith('<<', start)) return this.heredoc();
    if (char === '[') {
      this.at++;
      const items = this.list(']', depth);
      return items && { kind: 'list', items, start, end: this.at };
    }
    if (char === '{') return this.object(depth);
    const word = this.match(/(?:[A-Za-z_][\w-]*|-?\d[\d.]*(?:[eE][-+]?\d+)?)/y);
    if (word === undefined) return undefined;
    if (text[this.at] === '(') {
      this.at++;
      const args = this.list(')', depth);
      return args && { kind: 'call', name: word, args, start, end: this.at };
    }
    if (/^(?:true|false|null)$/.test(word) || /^-?\d/.test(word)) return { kind: 'literal', text: word, start, end: this.at };
    return undefined;
  }

  private list(closer: string, depth: number): HclValue[] | undefined {
    const items: HclValue[] = [];
    for (;;) {
      this.skip(true);
      if (this.text[this.at] === closer) {
        this.at++;
        return items;
      }
      const before = this.at;
      // `[for x in …]`
      if (this.at >= this.text.length || /for\s/y.test(this.text.slice(this.at, this.at + 4))) return undefined;
      items.push(this.value(depth + 1));
      this.skip(true);
      if (this.text[this.at] === ',') this.at++;
      else if (this.text[this.at] !== closer) return undefined;
      if (this.at === before) return undefined;
    }
  }

  private object(depth: number): HclValue | undefined {
    const start = this.at++;
    const entries: HclEntry[] = [];
    for (;;) {
      this.skip(true);
      if (this.text[this.at] === '}') {
        this.at++;
        return { kind: 'object', entries, start, end: this.at };
      }
      const keyStart = this.at;
      const quoted = this.text[this.at] === '"';
      const name = quoted ? this.match(/"([^"\n\\$%]*)"/y) : this.match(/[A-Za-z_][\w-]*/y);
      const nameSpan = quoted ? { start: keyStart + 1, end: this.at - 1 } : { start: keyStart, end: this.at };
      this.skip(false);
      if (name === undefined || !/[=:]/.test(this.text[this.at] ?? '')) return undefined;
      this.at++;
      entries.push({ name, nameSpan, value: this.value(depth + 1) });
      this.skip(false);
      if (this.text[this.at] === ',') this.at++;
    }
  }

  private string(): HclValue | undefined {
    const start = ++this.at;
    let literal = true;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === '\\') this.at++;
      else if (char === '\n') return undefined;
      else if ((char === '$' || char === '%') && this.text[this.at + 1] === '{') {
        literal = false;
        this.at = closingBrace(this.text, this.at + 2);
      } else if (char === '"') {
        const end = this.at++;
        return { kind: 'string', text: literal ? unescaped(this.text.slice(start, end)) : undefined, start, end };
      }
    }
    return undefined;
  }

  private heredoc(): HclValue | undefined {
    const opener = /<<-?([A-Za-z_][\w-]*)[ \t]*\r?\n/y;
    opener.lastIndex = this.at;
    const match = opener.exec(this.text);
    if (!match) return undefined;
    const start = opener.lastIndex;
    const closer = new RegExp(`^[ \\t]*${match[1] ?? ''}[ \\t]*(?=\\r?$)`, 'gm');
    closer.lastIndex = start;
    const end = closer.exec(this.text);
    if (!end) return undefined;
    this.at = end.index + end[0].length;
    return { kind: 'heredoc', start, end: end.index };
  }

  /** Up to the end of the line, or the bracket or comma that ends the expression. */
  private other(start: number): HclValue {
    let open = 0;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at] ?? '';
      if (char === '"') {
        if (!this.string()) break;
        this.at--;
      } else if ('([{'.includes(char)) open++;
      else if (')]}'.includes(char)) {
        if (open === 0) break;
        open--;
      } else if (open === 0 && (char === ',' || char === '\n' || char === '#')) break;
    }
    return { kind: 'other', start, end: this.at };
  }
}

function unescaped(source: string): string {
  return source.replace(/\\(["\\nrt])|\$\$\{|%%\{/g, (whole, char: string | undefined) => {
    if (char === undefined) return whole.slice(1);
    return char === 'n' ? '\n' : char === 'r' ? '\r' : char === 't' ? '\t' : char;
  });
}
