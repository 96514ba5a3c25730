import { type SourceFile, sourceFile } from './source.ts';
import type { YamlMap, YamlNode, YamlPair, YamlScalar } from './yaml.ts';

/** What JSON.parse gives. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface JsonTree {
  readonly file: SourceFile;
  readonly root: YamlNode;
}

/** Writes a value as JSON and builds its tree on the way, every node standing where its text does: no parser reads it again. */
export function jsonTree(path: string, value: JsonValue): JsonTree {
  const writer = new Writer();
  const build = writer.write(value);
  const file = sourceFile(path, writer.text());
  return { file, root: build(file) };
}

/** Nodes name their file, whose text is complete only at the end. */
type Build = (file: SourceFile) => YamlNode;

class Writer {
  private readonly pieces: string[] = [];
  private at = 0;

  text(): string {
    return this.pieces.join('');
  }

  write(value: JsonValue): Build {
    if (Array.isArray(value)) return this.writeList(value as readonly JsonValue[]);
    if (typeof value === 'object' && value !== null) return this.writeMap(value as { readonly [key: string]: JsonValue });
    return this.writeScalar(value as string | number | boolean | null);
  }

  private put(text: string): void {
    this.pieces.push(text);
    this.at += text.length;
  }

  private writeScalar(value: string | number | boolean | null): (file: SourceFile) => YamlScalar {
    const written = JSON.stringify(value);
    const quoted = typeof value === 'string';
    const start = this.at + (quoted ? 1 : 0);
    this.put(written);
    const end = this.at - (quoted ? 1 : 0);
    const text = quoted ? value : written;
    const json = quoted && written.length > text.length + 2 ? { json: true as const } : {};
    return (file) => ({ kind: 'scalar', file, start, end, text, style: quoted ? 'double' : 'plain', tag: undefined, ...json });
  }

  private writeList(values: readonly JsonValue[]): Build {
    const start = this.at;
    this.put('[');
    const items = values.map((value, at) => {
      if (at > 0) this.put(',');
      return this.write(value);
    });
    this.put(']');
    const end = this.at;
    return (file) => ({ kind: 'sequence', file, start, end, flow: true, open: false, items: items.map((build) => build(file)) });
  }

  private writeMap(value: { readonly [key: string]: JsonValue }): Build {
    const start = this.at;
    this.put('{');
    const entries = Object.entries(value).map(([name, child], at) => {
      if (at > 0) this.put(',');
      const key = this.writeScalar(name);
      this.put(':');
      return { name, key, child: this.write(child) };
    });
    this.put('}');
    const end = this.at;
    return (file): YamlMap => {
      const pairs = new Map<string, YamlPair>(entries.map(({ name, key, child }) => [name, { key: key(file), value: child(file) }]));
      return { kind: 'map', file, start, end, flow: true, open: false, pairs };
    };
  }
}

/** RFC 6901 pointer from a tree's root to the smallest node that holds a span; a key's span points to the entry. */
export function jsonPointer(root: YamlNode, at: { readonly start: number; readonly end: number }): string {
  if (root.kind === 'map') {
    for (const [name, { key, value }] of root.pairs) {
      if (holds(key, at)) return `/${escapeToken(name)}`;
      if (holds(value, at)) return `/${escapeToken(name)}${jsonPointer(value, at)}`;
    }
  }
  if (root.kind === 'sequence') {
    const index = root.items.findIndex((item) => holds(item, at));
    const item = root.items[index];
    if (item) return `/${index}${jsonPointer(item, at)}`;
  }
  return '';
}

/** The names and indexes of a pointer, as RFC 6901 writes them. */
export function pointerTokens(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function escapeToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A quoted scalar's span is that of its value; a finding may name it with its quotes. */
function holds(node: YamlNode, at: { readonly start: number; readonly end: number }): boolean {
  const quote = node.kind === 'scalar' && node.style === 'double' ? 1 : 0;
  return node.start - quote <= at.start && at.end <= node.end + quote;
}
