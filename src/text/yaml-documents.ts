import type { SourceFile, Span } from './source.ts';
import type { YamlNode } from './yaml.ts';
import { type Mask, parseYaml, type YamlProblem, type YamlResult } from './yaml-parse.ts';

/** One document of a YAML stream, found without parsing it: YAML forbids `---` at column 0 inside any scalar. */
export interface DocumentSpan {
  readonly start: number;
  readonly end: number;
  /** The text of its top-level `kind:`, when it stands at column 0 as Kubernetes manifests do. */
  readonly kind: string | undefined;
}

export interface YamlDocument extends DocumentSpan {
  readonly file: SourceFile;
  readonly root: YamlNode | undefined;
  readonly problem: YamlProblem | undefined;
  readonly masks: readonly Mask[];
}

const SEPARATOR = /^---(?=[ \t\r\n]|$)/gm;
/** Between two JSON documents in one file, or where a comma is missing. */
const JSON_SEPARATOR = /[ \t]*\r?\n\s*(?=\{)/y;
/** Braces of JSON, and its strings, in which they don't count. */
const JSON_BRACE = /"(?:[^"\\\n]|\\.)*"|[{}]/g;
const KIND = /^kind:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:#.*)?\r?$/m;

/**
 * Splits at column-0 `---`, and JSON between two documents, which kubectl takes as a stream. A document that is not written in block style at
 * column 0 (JSON, indented) has no `kind` here.
 */
export function splitDocuments(text: string): DocumentSpan[] {
  const spans: DocumentSpan[] = [];
  let start = 0;
  SEPARATOR.lastIndex = 0;
  const push = (end: number): void => {
    const part = text.slice(start, end);
    if (/^\s*\{(?!\{)/.test(part)) spans.push(...splitJson(part, start));
    else if (/\S/.test(part)) spans.push({ start, end, kind: KIND.exec(part)?.[1] });
  };
  for (let match = SEPARATOR.exec(text); match; match = SEPARATOR.exec(text)) {
    push(match.index);
    // What stands behind the dashes on the same line belongs to the document; the dashes themselves don't.
    start = match.index + 3;
  }
  push(text.length);
  return spans;
}

function splitJson(text: string, from: number): DocumentSpan[] {
  const spans: DocumentSpan[] = [];
  let start = 0;
  let depth = 0;
  // Actions of a template close with braces, too.
  for (const { index, 0: token } of text.includes('{{') ? [] : text.matchAll(JSON_BRACE)) {
    depth += token === '{' ? 1 : token === '}' ? -1 : 0;
    if (token !== '}' || depth !== 0) continue;
    JSON_SEPARATOR.lastIndex = index + 1;
    const [separator] = JSON_SEPARATOR.exec(text) ?? [];
    if (separator === undefined) continue;
    spans.push({ start: from + start, end: from + index + 1, kind: undefined });
    start = index + 1 + separator.length;
  }
  return [...spans, { start: from + start, end: from + text.length, kind: undefined }];
}

/**
 * Parses one document; a template's actions are blanked out first, so the offsets stay those of the file. Where that does not
 * parse, the text as it is gets a try: `{{ }}` inside a dashboard or a workflow is no template of ours.
 */
export function parseDocument(
  file: SourceFile,
  span: DocumentSpan,
  template: { readonly text: string; readonly masks: readonly Mask[] } | undefined,
): YamlDocument {
  const masks = template ? template.masks.filter((mask) => mask.start < span.end && mask.end > span.start) : [];
  const masked = parseLeniently(file, span, template?.text ?? file.text, masks);
  const raw = masked.ok || masks.length === 0 ? undefined : parseLeniently(file, span, file.text, masks);
  const result = raw?.ok ? raw : masked;
  const { start, end, kind } = span;
  return {
    start,
    end,
    kind,
    file,
    masks,
    root: result.ok ? result.roots[0] : undefined,
    problem: result.ok ? undefined : result.problem,
  };
}

/** Closers that are moved up before a document is given up. */
const MAX_REPAIRS = 50;

/**
 * Kubernetes' own parser takes a `]` or `}` that stands on a line of its own at the indentation of its key; the YAML
 * specification and js-yaml don't. The closer is moved to the line above by making the line break a space: no offset changes.
 */
function parseLeniently(file: SourceFile, span: DocumentSpan, text: string, masks: readonly Mask[]): YamlResult {
  let at = text;
  for (let repairs = 0; ; repairs++) {
    const result = parseYaml(file, span.start, span.end, at, masks);
    if (result.ok || repairs >= MAX_REPAIRS || !/indentation/.test(result.problem.message)) return result;
    const repaired = moveCloserUp(at, result.problem.offset);
    if (repaired === undefined) return result;
    at = repaired;
  }
}

function moveCloserUp(text: string, offset: number): string | undefined {
  const lineStart = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const line = /^[ \t]*[\]}]/.test(text.slice(lineStart, text.indexOf('\n', lineStart) + 1 || undefined)) ? lineStart : undefined;
  if (line === undefined || line === 0) return undefined;
  const previous = text.lastIndexOf('\n', line - 2) + 1;
  const above = text.slice(previous, line);
  const blanked = above.replace(/(^|\s)#.*/, (comment) => ' '.repeat(comment.length)).replace(/\r?\n$/, (eol) => ' '.repeat(eol.length));
  return text.slice(0, previous) + blanked + text.slice(line);
}

const CONTROL = /^\{\{-?\s*(?:if|else|end|range|with|define|block|\/\*|\$[\w.]*\s*:?=)/;

/**
 * Blanks out Go-template actions, keeping every offset: control actions and actions that stand alone on their line become
 * spaces, as does the first part of a block that goes on below it; other inline ones become a run of `x`, so that what is literal
 * still parses.
 */
export function maskTemplate(text: string): { text: string; masks: readonly Mask[] } | undefined {
  if (!text.includes('{{')) return undefined;
  const actions = templateActions(text);
  const outside = withSpans(text, actions, () => ' ');
  let line: ActionLine = { start: 0, end: -1, alone: false, opensScalar: false };
  const filled: (Span & { readonly fill: string })[] = [];
  const masks = actions.map(({ start, end }): Mask => {
    const expression = text.slice(start, end);
    if (start > line.end || end > line.end) {
      const lineStart = text.lastIndexOf('\n', start - 1) + 1;
      const eol = text.indexOf('\n', end);
      const lineEnd = eol < 0 ? text.length : eol;
      const alone = outside.slice(lineStart, lineEnd).trim() === '';
      line = { start: lineStart, end: lineEnd, alone, opensScalar: alone && opensScalar(outside, lineStart, line) };
    }
    const blank = line.alone || beginsBlock(outside, { start, end }, line, expression);
    // Only what writes text can add keys; `if`, `end` and the like only choose.
    const hole = blank && !/^\{\{-?\s*(?:if|else|end|range|with|define|\/\*|\$[\w.]*\s*:?=)/.test(expression);
    // A block scalar may not begin with blanks that reach further than its first line: it begins with empty lines instead.
    if (line.opensScalar) filled.push({ start: Math.max(line.start, filled.at(-1)?.end ?? 0), end, fill: '\n' });
    else filled.push({ start, end, fill: blank || CONTROL.test(expression) ? ' ' : 'x' });
    return { start, end, expression, hole };
  });
  return { text: withSpans(text, filled, (index) => filled[index]?.fill ?? ' '), masks };
}

/** A line with an action on it. */
interface ActionLine extends Span {
  readonly alone: boolean;
  /** Nothing but blanks and actions stands between a block scalar's header and this line. */
  readonly opensScalar: boolean;
}

const SCALAR_HEADER = /(?:^|[ \t])[|>][-+\d]{0,2}(?:[ \t]+#.*)?$/;

const SPACE = 32;

/** @param before the last line with an action above: what is known of it needs no second look */
function opensScalar(outside: string, lineStart: number, before: ActionLine): boolean {
  const known = before.alone ? before.end : 0;
  let at = lineStart - 1;
  while (at > known && outside.charCodeAt(at) <= SPACE) at--;
  if (at <= known) return before.alone && before.opensScalar;
  const above = outside.slice(outside.lastIndexOf('\n', at) + 1, at + 1);
  return (above.includes('|') || above.includes('>')) && SCALAR_HEADER.test(above);
}

/**
 * `labels: {{- include "labels" . | nindent 4 }}` or `- {{ toYaml . | indent 8 | trim }}` with more keys below: the action writes the
 * first lines of that block. A word in its place would not parse with what follows.
 * @param outside the text without its actions
 */
function beginsBlock(outside: string, action: Span, line: Span, expression: string): boolean {
  if (action.start <= line.start || outside.slice(action.end, line.end).trim() !== '') return false;
  const before = outside.slice(line.start, action.start);
  const lead = /^[ \t]*-[ \t]+$/.test(before)
    ? /^[ \t]*/.exec(before)
    : /\bnindent\b/.test(expression)
      ? /^[ \t]*(?:-[ \t]+)?(?=[^\s#-][^#]*:[ \t]*$)/.exec(before)
      : undefined;
  if (!lead) return false;
  const below = /\S/g;
  for (let at = line.end; ; ) {
    below.lastIndex = at;
    const next = below.exec(outside)?.index;
    if (next === undefined) return false;
    if (outside[next] === '#') {
      const eol = outside.indexOf('\n', next);
      if (eol < 0) return false;
      at = eol;
      continue;
    }
    return next - (outside.lastIndexOf('\n', next) + 1) > lead[0].length;
  }
}

/** Where `{{ … }}` stand, in one pass: a file of openers that never close must not cost a search each. */
function templateActions(text: string): Span[] {
  const spans: Span[] = [];
  const comment = /\{\{-?\s*\/\*/y;
  for (let start = text.indexOf('{{'); start >= 0; start = text.indexOf('{{', start)) {
    comment.lastIndex = start;
    const body = comment.test(text) ? text.indexOf('*/', comment.lastIndex) : start + 2;
    const close = body < 0 ? -1 : text.indexOf('}}', body);
    if (close < 0) break;
    spans.push({ start, end: close + 2 });
    start = close + 2;
  }
  return spans;
}

/**
 * The text with the spans filled in. White space stays: an action may run over a line break, and the next line's indentation must hold;
 * a span that is filled with line breaks has nothing else in it.
 */
export function withSpans(text: string, spans: readonly Span[], filler: (index: number) => string): string {
  const parts: string[] = [];
  let at = 0;
  for (const [index, { start, end }] of spans.entries()) {
    const fill = filler(index);
    const span = text.slice(start, end);
    // Most are one line of blanks, and a blank for each character needs no search.
    const bare = fill === '\n' || (fill === ' ' && !/[^\S ]/.test(span));
    parts.push(text.slice(at, start), bare ? fill.repeat(span.length) : span.replace(/\S/g, fill));
    at = end;
  }
  return parts.join('') + text.slice(at);
}

/** Git's conflict markers: the file is two files at once, so nothing is said about it. */
export function hasConflictMarkers(text: string): boolean {
  return text.includes('<<<<<<< ') && /^<<<<<<< /m.test(text) && /^>>>>>>> /m.test(text);
}
