import type { SourceFile } from './source.ts';
import { type Mask, parseYaml, type YamlNode, type YamlProblem } from './yaml.ts';

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
const KIND = /^kind:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:#.*)?\r?$/m;

/** Splits at column-0 `---`. A document that is not written in block style at column 0 (JSON, indented) has no `kind` here. */
export function splitDocuments(text: string): DocumentSpan[] {
  const spans: DocumentSpan[] = [];
  let start = 0;
  SEPARATOR.lastIndex = 0;
  const push = (end: number): void => {
    const part = text.slice(start, end);
    if (/\S/.test(part)) spans.push({ start, end, kind: KIND.exec(part)?.[1] });
  };
  for (let match = SEPARATOR.exec(text); match; match = SEPARATOR.exec(text)) {
    push(match.index);
    // What stands behind the dashes on the same line belongs to the document; the dashes themselves don't.
    start = match.index + 3;
  }
  push(text.length);
  return spans;
}

/** Parses one document; a template's actions are blanked out first, so the offsets stay those of the file. */
export function parseDocument(
  file: SourceFile,
  span: DocumentSpan,
  template: { text: string; masks: readonly Mask[] } | undefined,
): YamlDocument {
  const masks = template ? template.masks.filter((mask) => mask.start < span.end && mask.end > span.start) : [];
  const result = parseYaml(file, span.start, span.end, template?.text ?? file.text, masks);
  return {
    ...span,
    file,
    masks,
    root: result.ok ? result.roots[0] : undefined,
    problem: result.ok ? undefined : result.problem,
  };
}

const ACTION = /\{\{-?\s*(?:\/\*[\s\S]*?\*\/|[\s\S]*?)\s*-?\}\}/g;
const CONTROL = /^\{\{-?\s*(?:if|else|end|range|with|define|block|template|\/\*|\$[\w.]*\s*:?=)/;

/**
 * Blanks out Go-template actions, keeping every offset: control actions and actions that stand alone on their line become
 * spaces, inline ones become a run of `x`, so that what is literal still parses.
 */
export function maskTemplate(text: string): { text: string; masks: readonly Mask[] } | undefined {
  if (!text.includes('{{')) return undefined;
  const masks: Mask[] = [];
  const masked = text.replace(ACTION, (action, start: number) => {
    const end = start + action.length;
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    const lineEnd = text.indexOf('\n', end);
    const before = text.slice(lineStart, start);
    const after = text.slice(end, lineEnd < 0 ? text.length : lineEnd);
    const outsideOthers = `${before}${after}`.replace(ACTION, '');
    const alone = outsideOthers.trim() === '';
    const control = CONTROL.test(action);
    // Only what writes text can add keys; `if`, `end` and the like only choose.
    const hole = alone && !/^\{\{-?\s*(?:if|else|end|range|with|define|\/\*|\$[\w.]*\s*:?=)/.test(action);
    masks.push({ start, end, expression: action, hole });
    const filler = control || alone ? ' ' : 'x';
    return action.replace(/[^\r\n]/g, filler);
  });
  return { text: masked, masks };
}

/** Git's conflict markers: the file is two files at once, so nothing is said about it. */
export function hasConflictMarkers(text: string): boolean {
  return text.includes('<<<<<<< ') && /^<<<<<<< /m.test(text) && /^>>>>>>> /m.test(text);
}
