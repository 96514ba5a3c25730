import { DecodedBuilder, type DecodedText, type Problem } from './decoded.ts';
import type { Span } from './source.ts';

/** An element with its place. Attributes are checked for form and dropped: build files say everything in elements. */
export interface XmlElement {
  /** With its prefix, as written. */
  readonly name: string;
  /** From `<` of the start tag to `>` of the end tag. */
  readonly at: Span;
  readonly nameAt: Span;
  readonly children: readonly XmlElement[];
  /** Text directly inside, entities decoded, comments left out, without blanks around it. */
  readonly text: DecodedText;
}

export type XmlResult = { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly problem: Problem };

const MAX_DEPTH = 100;
const MAX_ELEMENTS = 200_000;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

interface Open {
  readonly name: string;
  readonly start: number;
  readonly nameAt: Span;
  readonly children: XmlElement[];
  readonly text: DecodedBuilder;
  textStart: number | undefined;
  textEnd: number;
  trimmed: number;
}

class XmlError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads an XML document. Nothing outside it is ever fetched; a document type that declares entities is refused, so no entity can unfold;
 * depth and number of elements are bounded.
 */
export function parseXml(text: string): XmlResult {
  try {
    return { ok: true, root: read(text) };
  } catch (error) {
    if (error instanceof XmlError) return { ok: false, problem: { message: error.message, offset: error.offset } };
    throw error;
  }
}

function read(text: string): XmlElement {
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let at = 0;
  while (at < text.length) {
    const top = stack.at(-1);
    if (text[at] !== '<') {
      at = top ? characters(text, at, top) : outside(text, at);
    } else if (text.startsWith('<!--', at)) {
      at = after(text, '-->', at, 4, 'unterminated comment');
    } else if (text.startsWith('<![CDATA[', at)) {
      if (!top) throw new XmlError('CDATA outside the root element', at);
      const end = after(text, ']]>', at, 9, 'unterminated CDATA');
      for (let here = at + 9; here < end - 3; here++) addChar(top, text.charAt(here), here);
      at = end;
    } else if (text.startsWith('<?', at)) {
      at = after(text, '?>', at, 2, 'unterminated processing instruction');
    } else if (text.startsWith('<!', at)) {
      at = documentType(text, at, root !== undefined || top !== undefined);
    } else if (text[at + 1] === '/') {
      const close = text.indexOf('>', at);
      const name = text.slice(at + 2, close < 0 ? text.length : close).trimEnd();
      if (!top || close < 0 || name !== top.name) throw new XmlError(top ? `expected </${top.name}>` : 'unexpected end tag', at);
      stack.pop();
      root = finish(top, close + 1, stack, root);
      at = close + 1;
    } else {
      if (!top && root) throw new XmlError('a second root element', at);
      if (stack.length >= MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new XmlError('elements are nested too deep or too many', at);
      const tag = startTag(text, at);
      const open: Open = {
        name: tag.name,
        start: at,
        nameAt: tag.nameAt,
        children: [],
        text: new DecodedBuilder(),
        textStart: undefined,
        textEnd: tag.end,
        trimmed: 0,
      };
      if (tag.empty) root = finish(open, tag.end, stack, root);
      else stack.push(open);
      at = tag.end;
    }
  }
  const unclosed = stack.at(-1);
  if (unclosed) throw new XmlError(`<${unclosed.name}> is not closed`, unclosed.start);
  if (!root) throw new XmlError('no root element', text.length);
  return root;
}

function finish(open: Open, end: number, stack: readonly Open[], root: XmlElement | undefined): XmlElement | undefined {
  const textStart = open.textStart ?? open.textEnd;
  const element: XmlElement = {
    name: open.name,
    at: { start: open.start, end },
    nameAt: open.nameAt,
    children: open.children,
    text: open.text.buildTrimmed(open.trimmed, textStart, open.textEnd),
  };
  const parent = stack.at(-1);
  if (!parent) return element;
  parent.children.push(element);
  return root;
}

function after(text: string, mark: string, at: number, skip: number, message: string): number {
  const found = text.indexOf(mark, at + skip);
  if (found < 0) throw new XmlError(message, at);
  return found + mark.length;
}

function outside(text: string, at: number): number {
  if (!/\s/u.test(text.charAt(at))) throw new XmlError('text outside the root element', at);
  return at + 1;
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}

function addChar(open: Open, char: string, at: number): void {
  if (isSpace(char) && open.textStart === undefined) return;
  open.textStart ??= at;
  open.text.char(char, at);
  if (isSpace(char)) return;
  open.trimmed = open.text.length;
  open.textEnd = at + 1;
}

function characters(text: string, start: number, open: Open): number {
  let at = start;
  for (; at < text.length && text[at] !== '<'; at++) {
    if (text[at] !== '&') {
      addChar(open, text.charAt(at), at);
      continue;
    }
    const entity = /^&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z][\w.-]*));/u.exec(text.slice(at, at + 64));
    const code = entity?.[1] !== undefined ? Number(entity[1]) : entity?.[2] !== undefined ? Number.parseInt(entity[2], 16) : undefined;
    const decoded =
      code !== undefined ? (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined) : ENTITIES[entity?.[3] ?? ''];
    if (!entity || decoded === undefined) throw new XmlError('unknown entity', at);
    open.textStart ??= at;
    open.text.escape(decoded, at, at + entity[0].length);
    open.trimmed = open.text.length;
    at += entity[0].length - 1;
    open.textEnd = at + 1;
  }
  return at;
}

function documentType(text: string, at: number, late: boolean): number {
  if (late || !/^<!DOCTYPE\s/iu.test(text.slice(at, at + 10))) throw new XmlError('unexpected declaration', at);
  let quote = '';
  for (let here = at; here < text.length; here++) {
    const char = text.charAt(here);
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '[') throw new XmlError('a document type with declarations of its own is not read', here);
    else if (char === '>') return here + 1;
  }
  throw new XmlError('unterminated document type', at);
}

const NAME = /[^\s<>/=&"']+/uy;
const ATTRIBUTE = /\s+[^\s<>/=&"']+\s*=\s*(?:"[^"<]*"|'[^'<]*')/uy;
const TAG_END = /\s*(\/?)>/uy;

function startTag(
  text: string,
  at: number,
): { readonly name: string; readonly nameAt: Span; readonly empty: boolean; readonly end: number } {
  NAME.lastIndex = at + 1;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) throw new XmlError('expected an element name', at);
  let here = at + 1 + name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = here;
    const attribute = ATTRIBUTE.exec(text)?.[0];
    if (attribute === undefined) break;
    here += attribute.length;
  }
  TAG_END.lastIndex = here;
  const end = TAG_END.exec(text);
  if (!end) throw new XmlError(`malformed <${name}>`, here);
  return { name, nameAt: { start: at + 1, end: at + 1 + name.length }, empty: end[1] === '/', end: here + end[0].length };
}

/** First child element of that name. */
export function xmlChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** Elements that a path of names leads to. */
export function xmlElements(element: XmlElement, ...path: readonly string[]): XmlElement[] {
  return path.reduce<XmlElement[]>((found, name) => found.flatMap((one) => one.children.filter((child) => child.name === name)), [element]);
}
