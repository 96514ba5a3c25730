import { DecodedBuilder, type Problem } from './decoded.ts';
import type { Span } from './source.ts';

/**
 * TOML with places. smol-toml gives data without places, and finding a value again by its text is a guess in a lock file with a
 * thousand equal lines, so places are read here; the tests compare the data with smol-toml's. What TOML forbids beyond form
 * (adding to a closed table, bad dates) is let pass: other tools tell that.
 */
export type TomlNode = TomlTable | TomlArray | TomlString | TomlLiteral;

export interface TomlTable {
  readonly kind: 'table';
  /** The header without brackets, or the inline table with its braces. */
  readonly at: Span;
  readonly entries: ReadonlyMap<string, TomlEntry>;
}

export interface TomlArray {
  readonly kind: 'array';
  readonly at: Span;
  readonly items: readonly TomlNode[];
}

export interface TomlString {
  readonly kind: 'string';
  readonly text: string;
  /** Without quotes. */
  readonly at: Span;
}

/** Number, boolean or date as written. */
export interface TomlLiteral {
  readonly kind: 'literal';
  readonly text: string;
  readonly at: Span;
}

export interface TomlEntry {
  readonly key: string;
  readonly keyAt: Span;
  readonly value: TomlNode;
}

export type TomlResult = { readonly ok: true; readonly root: TomlTable } | { readonly ok: false; readonly problem: Problem };

const MAX_DEPTH = 100;

class TomlError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface GrowingTable extends TomlTable {
  readonly entries: Map<string, TomlEntry>;
}

interface Key {
  readonly text: string;
  readonly at: Span;
}

export function parseToml(text: string): TomlResult {
  try {
    return { ok: true, root: new TomlReader(text).document() };
  } catch (error) {
    if (error instanceof TomlError) return { ok: false, problem: { message: error.message, offset: error.offset } };
    throw error;
  }
}

const BARE_KEY = /[A-Za-z0-9_-]+/uy;
const LITERAL = /[^\s,#\]}]+(?: \d{2}:\d{2}[^\s,#\]}]*)?/uy;
/** A string on one line without escapes, which most are: in a lock file, hundreds of thousands. */
const PLAIN_STRING = /"[^"\\\r\n]*"|'[^'\r\n]*'/uy;
const ESCAPE = /\\(?:[btnfre"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2})/uy;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b', '"': '"', '\\': '\\' };

class TomlReader {
  private at = 0;
  private readonly text: string;
  /** Tables that stand inline, and arrays of values, can't be added to by a header. */
  private readonly growing = new Map<TomlNode, GrowingTable>();
  private readonly arrays = new Map<TomlNode, TomlNode[]>();

  constructor(text: string) {
    this.text = text;
  }

  document(): TomlTable {
    const root = this.newTable({ start: 0, end: 0 });
    let table = root;
    for (;;) {
      this.skip(true);
      if (this.at >= this.text.length) return root;
      if (this.text[this.at] === '[') table = this.header(root);
      else this.pair(table, 0);
      this.skip(false);
      if (this.at < this.text.length && !this.atBreak()) throw this.error('expected the end of the line');
    }
  }

  private error(message: string, offset = this.at): TomlError {
    return new TomlError(message, Math.min(offset, this.text.length));
  }

  private newTable(at: Span): GrowingTable {
    const table: GrowingTable = { kind: 'table', at, entries: new Map() };
    this.growing.set(table, table);
    return table;
  }

  private atBreak(): boolean {
    const char = this.text[this.at];
    return char === '\n' || (char === '\r' && this.text[this.at + 1] === '\n');
  }

  /** Skips blanks and a comment; with `lines`, also line breaks. */
  private skip(lines: boolean): void {
    for (;;) {
      const char = this.text[this.at];
      if (char === ' ' || char === '\t') this.at++;
      else if (lines && this.atBreak()) this.at += char === '\r' ? 2 : 1;
      else if (char === '#') {
        while (this.at < this.text.length && !this.atBreak()) this.at++;
      } else return;
    }
  }

  private header(root: GrowingTable): GrowingTable {
    const start = this.at;
    const isArray = this.text.startsWith('[[', start);
    this.at += isArray ? 2 : 1;
    const keys = this.keys();
    const close = isArray ? ']]' : ']';
    if (!this.text.startsWith(close, this.at)) throw this.error(`expected "${close}"`);
    this.at += close.length;
    const at = { start: start + close.length, end: this.at - close.length };
    const last = keys.pop();
    if (!last) throw this.error('expected a key');
    const parent = keys.reduce((table, key) => this.descend(table, key), root);
    const there = parent.entries.get(last.text)?.value;
    if (!isArray) return there ? this.open(there, last) : this.put(parent, last, this.newTable(at));
    const item = this.newTable(at);
    const items = there ? this.arrays.get(there) : undefined;
    if (there && !items) throw this.error(`"${last.text}" is no array of tables`, last.at.start);
    if (items) items.push(item);
    else {
      const made: TomlNode[] = [item];
      const array: TomlArray = { kind: 'array', at, items: made };
      this.arrays.set(array, made);
      this.put(parent, last, array);
    }
    return item;
  }

  private put<T extends TomlNode>(table: GrowingTable, key: Key, value: T): T {
    if (table.entries.has(key.text)) throw this.error(`"${key.text}" is set twice`, key.at.start);
    table.entries.set(key.text, { key: key.text, keyAt: key.at, value });
    return value;
  }

  private open(node: TomlNode, key: Key): GrowingTable {
    const table = this.growing.get(this.arrays.get(node)?.at(-1) ?? node);
    if (!table) throw this.error(`"${key.text}" is no table`, key.at.start);
    return table;
  }

  private descend(table: GrowingTable, key: Key): GrowingTable {
    const there = table.entries.get(key.text)?.value;
    return there ? this.open(there, key) : this.put(table, key, this.newTable(key.at));
  }

  private pair(table: GrowingTable, depth: number): void {
    const keys = this.keys();
    const last = keys.pop();
    if (!last || keys.length > MAX_DEPTH) throw this.error('expected a key');
    if (this.text[this.at] !== '=') throw this.error('expected "="');
    this.at++;
    this.skip(false);
    const value = this.value(depth);
    this.put(
      keys.reduce((here, key) => this.descend(here, key), table),
      last,
      value,
    );
  }

  private keys(): Key[] {
    const keys: Key[] = [];
    for (;;) {
      this.skip(false);
      const quote = this.text[this.at];
      if (quote === '"' || quote === "'") keys.push(this.string());
      else {
        BARE_KEY.lastIndex = this.at;
        const bare = BARE_KEY.exec(this.text)?.[0];
        if (bare === undefined) throw this.error('expected a key');
        keys.push({ text: bare, at: { start: this.at, end: this.at + bare.length } });
        this.at += bare.length;
      }
      this.skip(false);
      if (this.text[this.at] !== '.') return keys;
      this.at++;
    }
  }

  private value(depth: number): TomlNode {
    if (depth > MAX_DEPTH) throw this.error('nested too deep');
    const start = this.at;
    const char = this.text[start];
    if (char === '"' || char === "'") return { kind: 'string', ...this.string() };
    if (char === '[') return this.array(depth);
    if (char === '{') return this.inlineTable(depth);
    LITERAL.lastIndex = start;
    const literal = LITERAL.exec(this.text)?.[0];
    if (literal === undefined || !/^[\dtf+in-]/u.test(literal)) throw this.error('expected a value');
    this.at += literal.length;
    return { kind: 'literal', text: literal, at: { start, end: this.at } };
  }

  private array(depth: number): TomlNode {
    const start = this.at++;
    const items: TomlNode[] = [];
    for (;;) {
      this.skip(true);
      if (this.text[this.at] === ']') break;
      items.push(this.value(depth + 1));
      this.skip(true);
      if (this.text[this.at] === ',') this.at++;
      else if (this.text[this.at] !== ']') throw this.error('expected "," or "]"');
    }
    this.at++;
    return { kind: 'array', at: { start, end: this.at }, items };
  }

  private inlineTable(depth: number): TomlNode {
    const start = this.at++;
    const scratch = this.newTable({ start, end: start });
    for (;;) {
      this.skip(true);
      if (this.text[this.at] === '}') break;
      this.pair(scratch, depth + 1);
      this.skip(true);
      if (this.text[this.at] === ',') this.at++;
      else if (this.text[this.at] !== '}') throw this.error('expected "," or "}"');
    }
    this.at++;
    return { kind: 'table', at: { start, end: this.at }, entries: scratch.entries };
  }

  private string(): Key {
    const start = this.at;
    const quote = this.text.charAt(start);
    const long = this.text.startsWith(quote.repeat(3), start);
    PLAIN_STRING.lastIndex = start;
    const plain = long ? undefined : PLAIN_STRING.exec(this.text)?.[0];
    if (plain !== undefined) {
      this.at += plain.length;
      return { text: plain.slice(1, -1), at: { start: start + 1, end: this.at - 1 } };
    }
    const close = long ? quote.repeat(3) : quote;
    const builder = new DecodedBuilder();
    this.at += close.length;
    if (long && this.atBreak()) this.at += this.text[this.at] === '\r' ? 2 : 1;
    const inner = this.at;
    while (!this.text.startsWith(close, this.at)) {
      if (this.at >= this.text.length || (!long && this.atBreak())) throw this.error('unterminated string', start);
      if (quote === '"' && this.text[this.at] === '\\') this.escape(builder, long);
      else builder.char(this.text.charAt(this.at), this.at++);
    }
    // Up to two more quotes belong to a long string's text.
    while (long && this.text[this.at + 3] === quote) builder.char(quote, this.at++);
    const { text, at } = builder.build(inner, this.at);
    this.at += close.length;
    return { text, at };
  }

  private escape(builder: DecodedBuilder, long: boolean): void {
    const join = long ? /^\\[ \t]*\r?\n\s*/u.exec(this.text.slice(this.at, this.at + 1000))?.[0] : undefined;
    if (join !== undefined) {
      this.at += join.length;
      return;
    }
    ESCAPE.lastIndex = this.at;
    const written = ESCAPE.exec(this.text)?.[0];
    if (written === undefined) throw this.error('unknown escape');
    const code = written.length > 2 ? Number.parseInt(written.slice(2), 16) : undefined;
    if (code !== undefined && code > 0x10ffff) throw this.error('unknown escape');
    builder.escape(code === undefined ? (ESCAPES[written.charAt(1)] ?? '') : String.fromCodePoint(code), this.at, this.at + written.length);
    this.at += written.length;
  }
}

/** The node that a path of keys leads to. */
export function tomlAt(node: TomlNode | undefined, ...path: readonly string[]): TomlNode | undefined {
  return path.reduce<TomlNode | undefined>((here, key) => (here?.kind === 'table' ? here.entries.get(key)?.value : undefined), node);
}

export function tomlEntries(node: TomlNode | undefined): TomlEntry[] {
  return node?.kind === 'table' ? [...node.entries.values()] : [];
}

export function tomlItems(node: TomlNode | undefined): readonly TomlNode[] {
  return node?.kind === 'array' ? node.items : [];
}

export function tomlString(node: TomlNode | undefined): TomlString | undefined {
  return node?.kind === 'string' ? node : undefined;
}
