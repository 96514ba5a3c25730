import { ObjectMemo } from '../text/once.ts';
import { lineStarts, positionAt, type SourceFile, type Span } from '../text/source.ts';
import { maskTemplate, parseDocument, splitDocuments } from '../text/yaml-documents.ts';
import type { YamlNode } from '../text/yaml.ts';
import { formatOf } from '../workspace/parse-file.ts';

/** A comment that starts right before an offset. */
export interface CommentStart {
  /** Nothing else stands before it on its line. */
  readonly alone: boolean;
}

interface Syntax {
  /** What opens a comment; matched at the end of the text before the directive. */
  readonly opener: RegExp;
  /** Comments may follow other text on a line. In a Dockerfile or a unit file, `#` behind a value is part of the value. */
  readonly trailing: boolean;
  /** Quotes of strings that may hold what looks like a comment. */
  readonly quotes: string;
}

const HASH = /(?:^|\s)#+[ \t]*$/;
const SLASHES = /(?:\/\/+|\/\*+)[ \t]*$/;

const YAML: Syntax = { opener: /(?:(?:^|\s)#+|\{\{-?[ \t]*\/\*+)[ \t]*$/, trailing: true, quotes: '' };
const HASH_LINES: Syntax = { opener: HASH, trailing: false, quotes: '' };
const HASH_ANYWHERE: Syntax = { opener: HASH, trailing: true, quotes: '' };
const HASH_AND_STRINGS: Syntax = { opener: HASH, trailing: true, quotes: '"\'' };

/** By file name. Sources: Dockerfile reference (Format), systemd.syntax(7), java.util.Properties, Kong's conf_loader, TOML 1.0, XML 1.0, HCL. */
function syntaxOf(path: string): Syntax | undefined {
  const format = formatOf(path);
  switch (format) {
    case 'yaml':
      return path.endsWith('.json') ? undefined : YAML;
    case 'dockerfile':
    case 'procfile':
      return HASH_LINES;
    case 'properties':
      return { opener: /^[ \t]*[#!]+[ \t]*$/, trailing: false, quotes: '' };
    case 'systemd':
      return { opener: /^[ \t]*[#;]+[ \t]*$/, trailing: false, quotes: '' };
    case 'kong.conf':
    case 'env-file':
      return HASH_ANYWHERE;
    case 'shell':
      return HASH_AND_STRINGS;
    case 'terraform':
      return { opener: /(?:(?:^|\s)#+|\/\/+|\/\*+)[ \t]*$/, trailing: true, quotes: '"' };
    case 'code':
      return path.endsWith('.py') ? HASH_AND_STRINGS : { opener: SLASHES, trailing: true, quotes: '"\'`' };
    case 'build':
      return buildSyntax(path);
    case undefined:
      return undefined;
  }
}

function buildSyntax(path: string): Syntax | undefined {
  if (path.endsWith('.json') || path.endsWith('Pipfile.lock')) return undefined;
  if (path.endsWith('.xml')) return { opener: /<!--[ \t]*$/, trailing: true, quotes: '' };
  if (/\.gradle(?:\.kts)?$/.test(path)) return { opener: SLASHES, trailing: true, quotes: '"\'' };
  if (path.endsWith('go.mod')) return { opener: /\/\/+[ \t]*$/, trailing: true, quotes: '"`' };
  if (path.endsWith('.properties')) return { opener: /^[ \t]*[#!]+[ \t]*$/, trailing: false, quotes: '' };
  return HASH_AND_STRINGS;
}

/** Tells whether a comment opens right before an offset, by the syntax that the file's name asks for. */
export function commentAt(file: SourceFile, offset: number): CommentStart | undefined {
  const syntax = syntaxOf(file.path);
  if (!syntax) return undefined;
  const lineStart = lineStarts(file)[positionAt(file, offset).line] ?? 0;
  const before = file.text.slice(lineStart, offset);
  const opener = syntax.opener.exec(before);
  if (!opener) return undefined;
  const prefix = before.slice(0, opener.index);
  const alone = prefix.trim() === '';
  if (!alone && (!syntax.trailing || endsInString(prefix, syntax.quotes))) return undefined;
  if (syntax === YAML && inScalar(file, offset)) return undefined;
  return { alone };
}

/** A string that a line opens is still open at the line's end. Strings over several lines are not followed. */
function endsInString(prefix: string, quotes: string): boolean {
  let open = '';
  for (let at = 0; at < prefix.length; at++) {
    const character = prefix.charAt(at);
    if (character === '\\') at++;
    else if (open !== '') {
      if (character === open) open = '';
    } else if (quotes.includes(character)) open = character;
  }
  return open !== '';
}

const parsedFor = new ObjectMemo<SourceFile, { readonly span: Span; readonly root: YamlNode | undefined }>();

/** In a block or quoted scalar a hash is text. The document is parsed for it: suppressions are rare. */
function inScalar(file: SourceFile, offset: number): boolean {
  let known = parsedFor.get(file);
  if (!known || !inside(known.span, offset)) {
    const span = splitDocuments(file.text).find((document) => inside(document, offset));
    if (!span) return false;
    known = { span, root: parseDocument(file, span, maskTemplate(file.text)).root };
    parsedFor.set(file, known);
  }
  return known.root !== undefined && scalarCovers(known.root, offset);
}

function scalarCovers(node: YamlNode, offset: number): boolean {
  if (node.kind === 'scalar') return inside(node, offset);
  if (node.kind === 'sequence') return node.items.some((item) => scalarCovers(item, offset));
  for (const { key, value } of node.pairs.values()) if (inside(key, offset) || scalarCovers(value, offset)) return true;
  return false;
}

function inside(span: Span, offset: number): boolean {
  return span.start <= offset && offset < span.end;
}
