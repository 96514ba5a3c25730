import { DecodedBuilder, type Problem } from './decoded.ts';
import type { Span } from './source.ts';

/** Strict JSON with places. (Kubernetes JSON is read by the YAML reader; this one serves package and lock files.) */
export type JsonNode =
  | { readonly kind: 'object'; readonly at: Span; readonly members: ReadonlyMap<string, JsonMember> }
  | { readonly kind: 'array'; readonly at: Span; readonly items: readonly JsonNode[] }
  /** `at` is the string without its quotes. */
  | { readonly kind: 'string'; readonly at: Span; readonly text: string }
  /** Number, `true`, `false` or `null` as written. */
  | { readonly kind: 'literal'; readonly at: Span; readonly text: string };

export interface JsonMember {
  readonly key: string;
  /** Without quotes. */
  readonly keyAt: Span;
  readonly value: JsonNode;
}

export type JsonResult = { readonly ok: true; readonly root: JsonNode } | { readonly ok: false; readonly problem: Problem };

const MAX_DEPTH = 200;

class JsonError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Reads a JSON text. A key that stands twice has its last value, as in JSON.parse. */
export function parseJson(text: string): JsonResult {
  try {
    const reader = new JsonReader(text);
    return { ok: true, root: reader.document() };
  } catch (error) {
    if (error instanceof JsonError) return { ok: false, problem: { message: error.message, offset: error.offset } };
    throw error;
  }
}

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const PLAIN = /[^"\\\u0000-\u001f]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/uy;

class JsonReader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): JsonNode {
    const root = this.value(0);
    this.blanks();
    if (this.at < this.text.length) throw this.error('unexpected text after the value');
    return root;
  }

  private error(message: string): JsonError {
    return new JsonError(message, Math.min(this.at, this.text.length));
  }

  private blanks(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text.charAt(this.at))) this.at++;
  }

  private value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw this.error('nested too deep');
    this.blanks();
    const start = this.at;
    const char = this.text[start];
    if (char === '{') return this.object(depth);
    if (char === '[') return this.array(depth);
    if (char === '"') return { kind: 'string', ...this.string() };
    LITERAL.lastIndex = start;
    const literal = LITERAL.exec(this.text)?.[0];
    if (literal === undefined) throw this.error('expected a value');
    this.at += literal.length;
    return { kind: 'literal', text: literal, at: { start, end: this.at } };
  }

  private object(depth: number): JsonNode {
    const start = this.at++;
    const members = new Map<string, JsonMember>();
    for (let first = true; !this.closes('}', first); first = false) {
      if (this.text[this.at] !== '"') throw this.error('expected a key');
      const key = this.string();
      this.blanks();
      if (this.text[this.at] !== ':') throw this.error('expected ":"');
      this.at++;
      const value = this.value(depth + 1);
      members.set(key.text, { key: key.text, keyAt: key.at, value });
    }
    return { kind: 'object', at: { start, end: this.at }, members };
  }

  private array(depth: number): JsonNode {
    const start = this.at++;
    const items: JsonNode[] = [];
    for (let first = true; !this.closes(']', first); first = false) items.push(this.value(depth + 1));
    return { kind: 'array', at: { start, end: this.at }, items };
  }

  /** Takes the closing bracket, or the comma before the next entry. */
  private closes(bracket: string, first: boolean): boolean {
    this.blanks();
    if (this.text[this.at] === bracket) {
      this.at++;
      return true;
    }
    if (first) return false;
    if (this.text[this.at] !== ',') throw this.error(`expected "," or "${bracket}"`);
    this.at++;
    this.blanks();
    return false;
  }

  private string(): { readonly text: string; readonly at: Span } {
    const start = ++this.at;
    const builder = new DecodedBuilder();
    for (;;) {
      PLAIN.lastIndex = this.at;
      const plain = PLAIN.exec(this.text)?.[0].length ?? 0;
      builder.slice(this.text, this.at, this.at + plain);
      this.at += plain;
      if (this.text[this.at] === '"') break;
      ESCAPE.lastIndex = this.at;
      const written = ESCAPE.exec(this.text)?.[0];
      if (written === undefined) throw this.error(this.at < this.text.length ? 'malformed string' : 'unterminated string');
      builder.escape(String(JSON.parse(`"${written}"`)), this.at, this.at + written.length);
      this.at += written.length;
    }
    const { text, at } = builder.build(start, this.at);
    this.at++;
    return { text, at };
  }
}

/** The node that a path of keys leads to. */
export function jsonAt(node: JsonNode | undefined, ...path: readonly string[]): JsonNode | undefined {
  return path.reduce<JsonNode | undefined>((here, key) => (here?.kind === 'object' ? here.members.get(key)?.value : undefined), node);
}

export function jsonMembers(node: JsonNode | undefined): JsonMember[] {
  return node?.kind === 'object' ? [...node.members.values()] : [];
}

export function jsonText(node: JsonNode | undefined): string | undefined {
  return node?.kind === 'string' ? node.text : undefined;
}
