import { type SourceFile, sourceFile } from '../text/source.ts';

/** The Kong routes in a declarative file that is too large to be read. */
export interface DeclaredRoutes {
  readonly routes: number;
  /** The file's first lines, up to `_format_version`: enough to point at. Offsets are those of the whole file. */
  readonly head: SourceFile;
  /** `_format_version` in it. */
  readonly start: number;
  readonly end: number;
}

const MARK = '_format_version';

/**
 * Counts the routes of a decK file without holding it: a machine over bytes that keeps no more than the nesting.
 * @param chunks the file from its beginning; they may share a buffer
 * @returns `undefined` when the first chunk doesn't say that it is declarative configuration, or the text ends inside something
 */
export function countDeclaredRoutes(path: string, chunks: Iterable<Uint8Array>): DeclaredRoutes | undefined {
  const counter = new RouteCounter();
  let head: SourceFile | undefined;
  let at = -1;
  for (const chunk of chunks) {
    if (!head) {
      head = sourceFile(path, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8'));
      // The first keys of a file: alone on their line, or within the braces of JSON.
      at = head.text.search(/^\uFEFF?\s*\{/.test(head.text) ? /"_format_version"\s*:/ : /^["']?_format_version["']?\s*:/m);
      if (at < 0) return undefined;
      at = head.text.indexOf(MARK, at);
      // Not the chunk itself: only what says where the mark stands.
      head = { ...head, text: head.text.slice(0, at + MARK.length) };
    }
    counter.push(chunk);
  }
  const routes = counter.end();
  return head && routes !== undefined && routes > 0 ? { routes, head, start: at, end: at + MARK.length } : undefined;
}

/** Lists whose entries may hold routes, besides `routes` itself. */
const ABOVE_ROUTES: ReadonlySet<string> = new Set(['services', 'workspaces', 'consumers', 'consumer_groups']);
/** Longer keys aren't any of ours. */
const MAX_KEY = 32;
/** More can't be valid configuration of Kong. */
const MAX_DEPTH = 200;

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;

type State =
  /** Before the first token of a line, or behind a dash. */
  | 'line'
  | 'dash'
  | 'token'
  | 'quoted-token'
  | 'after-quoted-token'
  | 'colon'
  | 'value'
  | 'quoted-value'
  | 'after-quoted-value'
  /** An anchor or a tag: `&a`, `!x`. */
  | 'line-property'
  | 'value-property'
  | 'rest'
  | 'block-header'
  | 'block'
  | 'block-line'
  | 'flow'
  | 'flow-string'
  | 'flow-after-string'
  | 'flow-colon'
  | 'flow-comment';

interface Frame {
  readonly array: boolean;
  /** An array of routes. */
  readonly counts: boolean;
  key: string;
  /** A map waits for a key, an array for an entry. */
  waiting: boolean;
}

/** YAML's block style by indentation, its flow style (and so JSON) by brackets. */
class RouteCounter {
  private routes = 0;
  private state: State = 'line';
  private column = 0;
  private token = '';
  private tokenColumn = 0;
  private quote = 0;
  private escaped = false;
  /** The column that a block scalar's text stands behind. */
  private parentColumn = 0;
  private readonly keys: { readonly column: number; readonly name: string }[] = [];
  private readonly frames: Frame[] = [];
  private last = 0;
  private lost = false;

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.lost; at++) {
      if (this.state === 'rest' || this.state === 'block-line' || this.state === 'block-header') {
        at = bytes.indexOf(NEWLINE, at);
        if (at < 0) return;
      }
      const byte = bytes[at] ?? NEWLINE;
      this.take(byte);
      this.last = byte;
    }
  }

  end(): number | undefined {
    const open = this.frames.length > 0 || this.state === 'quoted-token' || this.state === 'quoted-value';
    return this.lost || open ? undefined : this.routes;
  }

  private take(byte: number): void {
    switch (this.state) {
      case 'rest':
      case 'block-header':
      case 'block-line':
        if (byte === NEWLINE) this.newLine(this.state === 'rest' ? 'line' : 'block');
        return;
      case 'line':
        this.inLine(byte);
        return;
      case 'dash':
        this.afterDash(byte);
        return;
      case 'token':
        this.inToken(byte);
        return;
      case 'colon':
        this.afterColon(byte);
        return;
      case 'value':
        this.inValue(byte);
        return;
      case 'quoted-token':
      case 'quoted-value':
      case 'flow-string':
        this.inString(byte);
        return;
      case 'after-quoted-token':
        this.afterQuotedToken(byte);
        return;
      case 'after-quoted-value':
        if (byte === this.quote && byte === 39) this.state = 'quoted-value';
        else this.again('rest', byte);
        return;
      case 'line-property':
      case 'value-property':
        if (isSpace(byte)) this.again(this.state === 'line-property' ? 'line' : 'value', byte);
        else this.column++;
        return;
      case 'block':
        this.inBlock(byte);
        return;
      case 'flow-after-string':
        if (byte === this.quote && byte === 39) this.state = 'flow-string';
        else this.again('flow', byte);
        return;
      case 'flow-colon':
        this.afterFlowColon(byte);
        return;
      case 'flow-comment':
        if (byte === NEWLINE) this.state = 'flow';
        return;
      default:
        this.inFlow(byte);
        return;
    }
  }

  private again(state: State, byte: number): void {
    this.state = state;
    this.take(byte);
  }

  private newLine(state: 'line' | 'block'): void {
    this.column = 0;
    this.state = state;
  }

  private inLine(byte: number): void {
    if (byte === NEWLINE) {
      this.newLine('line');
      return;
    }
    if (byte === SPACE || byte === TAB || byte === RETURN || byte >= 0xef) {
      // A byte-order mark takes no column.
      if (byte === SPACE || byte === TAB) this.column++;
      else if (byte > 0xef) this.startToken(byte);
      return;
    }
    const char = String.fromCharCode(byte);
    if (char === '-') this.state = 'dash';
    else if (char === '#' || char === '%') this.state = 'rest';
    else if (char === '"' || char === "'") {
      this.startToken(byte);
      this.token = '';
      this.quote = byte;
      this.state = 'quoted-token';
    } else if (char === '{' || char === '[') {
      this.leave(this.column);
      this.startFlow(byte);
    } else if (char === '&' || char === '!') this.state = 'line-property';
    else if ((char === '|' || char === '>') && this.column > 0) this.state = 'block-header';
    else this.startToken(byte);
  }

  private startToken(byte: number): void {
    this.token = String.fromCharCode(byte);
    this.tokenColumn = this.column;
    this.state = 'token';
  }

  private afterDash(byte: number): void {
    if (isSpace(byte)) {
      this.entry(this.column);
      this.parentColumn = this.column;
      this.column++;
      this.again('line', byte);
      return;
    }
    if (this.column === 0 && byte === 45) {
      // The next document.
      this.keys.length = 0;
      this.state = 'rest';
      return;
    }
    this.startToken(45);
    this.take(byte);
  }

  private inToken(byte: number): void {
    if (byte === NEWLINE) {
      this.newLine('line');
      return;
    }
    if (byte === 58) this.state = 'colon';
    else if (this.token.length < MAX_KEY) this.token += String.fromCharCode(byte);
  }

  private afterQuotedToken(byte: number): void {
    if (byte === this.quote && this.quote === 39 && this.last === 39) {
      this.state = 'quoted-token';
      return;
    }
    if (byte === 58) this.state = 'colon';
    else if (byte !== SPACE) this.again('rest', byte);
  }

  private afterColon(byte: number): void {
    if (isSpace(byte)) {
      this.key(this.tokenColumn, this.token.trimEnd());
      this.again('value', byte);
      return;
    }
    if (this.token.length < MAX_KEY) this.token += ':';
    this.again('token', byte);
  }

  private inValue(byte: number): void {
    if (byte === NEWLINE) {
      this.newLine('line');
      return;
    }
    if (isSpace(byte)) return;
    const char = String.fromCharCode(byte);
    if (char === '"' || char === "'") {
      this.quote = byte;
      this.state = 'quoted-value';
    } else if (char === '{' || char === '[') this.startFlow(byte);
    else if (char === '|' || char === '>') {
      this.parentColumn = this.tokenColumn;
      this.state = 'block-header';
    } else this.state = char === '&' || char === '!' ? 'value-property' : 'rest';
  }

  private inString(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === 92 && this.quote === 34) this.escaped = true;
    else if (byte === this.quote) {
      this.state =
        this.state === 'flow-string' ? 'flow-after-string' : this.state === 'quoted-token' ? 'after-quoted-token' : 'after-quoted-value';
    } else if (this.token.length < MAX_KEY) this.token += String.fromCharCode(byte);
  }

  private inBlock(byte: number): void {
    if (byte === NEWLINE) this.column = 0;
    else if (byte === SPACE) this.column++;
    else if (byte !== RETURN) {
      if (this.column > this.parentColumn) this.state = 'block-line';
      else this.again('line', byte);
    }
  }

  /** Forgets the keys that stand at this column or further right. */
  private leave(column: number): void {
    while ((this.keys.at(-1)?.column ?? -1) >= column) this.keys.pop();
  }

  private key(column: number, name: string): void {
    this.leave(column);
    this.keys.push({ column, name });
    if (this.keys.length > MAX_DEPTH) this.lost = true;
  }

  /** A dash: an entry of the list that the key at its column, or left of it, holds. */
  private entry(column: number): void {
    this.leave(column + 1);
    if (this.keys.at(-1)?.name === 'routes' && this.isAboveRoutes(this.keys.length - 1)) this.routes++;
  }

  private isAboveRoutes(keys: number): boolean {
    return this.keys.slice(0, keys).every(({ name }) => ABOVE_ROUTES.has(name));
  }

  private startFlow(byte: number): void {
    this.state = 'flow';
    this.open(byte);
  }

  private open(byte: number): void {
    const array = byte === 91;
    this.frames.push({ array, counts: array && this.holdsRoutes(), key: '', waiting: true });
    this.token = '';
    if (this.frames.length > MAX_DEPTH) this.lost = true;
  }

  private holdsRoutes(): boolean {
    const inner = this.frames.flatMap((frame) => (frame.array ? [] : [frame.key]));
    const path = [...this.keys.map(({ name }) => name), ...inner];
    // A list in a list has no key of its own.
    return this.frames.at(-1)?.array !== true && path.at(-1) === 'routes' && path.slice(0, -1).every((name) => ABOVE_ROUTES.has(name));
  }

  private inFlow(byte: number): void {
    const frame = this.frames.at(-1);
    if (!frame || isSpace(byte)) return;
    const char = String.fromCharCode(byte);
    if (char === '#' && isSpace(this.last)) {
      this.state = 'flow-comment';
      return;
    }
    if (char === '}' || char === ']') {
      this.frames.pop();
      if (this.frames.length === 0) this.state = 'rest';
      return;
    }
    if (char === ',') {
      frame.waiting = true;
      frame.key = '';
      this.token = '';
      return;
    }
    if (frame.array && frame.waiting) {
      frame.waiting = false;
      if (frame.counts) this.routes++;
    }
    if (char === '{' || char === '[') {
      this.open(byte);
      return;
    }
    if (char === '"' || char === "'") {
      this.token = '';
      this.quote = byte;
      this.state = 'flow-string';
    } else if (char === ':' && !frame.array && frame.waiting) {
      // Behind a quote no space is needed: `{"a":1}`.
      if (this.last === this.quote) this.flowKey(frame);
      else this.state = 'flow-colon';
    } else if (this.token.length < MAX_KEY) this.token += char;
  }

  private afterFlowColon(byte: number): void {
    const frame = this.frames.at(-1);
    if (isSpace(byte) && frame) this.flowKey(frame);
    else this.token += ':';
    this.again('flow', byte);
  }

  private flowKey(frame: Frame): void {
    frame.key = this.token;
    frame.waiting = false;
    this.token = '';
    this.state = 'flow';
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === TAB || byte === RETURN;
}
