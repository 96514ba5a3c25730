import type { Anchor, SourceFile } from '../text/source.ts';
import type { YamlScalar } from '../text/yaml.ts';
import { EditRefused } from '../text/yaml-places.ts';
import { columnOf, lineBreakOf, lineStartAt, nodesOf, writtenFile } from '../text/yaml-source.ts';
import { escapeQuoted, fitsSingleQuotes, isPlainSafe } from '../text/yaml-write.ts';
import { isYamlPath, type PlanState, withLineBreaks } from './plan-state.ts';

/** Puts a text in place of a span. Inside a YAML scalar the text is indented or escaped as that scalar asks for. */
export function replaceText(at: Anchor, text: string, state: PlanState): void {
  const pieces = state.pieces(at.file);
  const start = pieces.now(at.start);
  const last = at.end > at.start ? pieces.now(at.end - 1) : undefined;
  const end = at.end > at.start ? (last === undefined ? undefined : last + 1) : start;
  if (start === undefined || end === undefined || end - start !== at.end - at.start) throw new EditRefused('overlap', at.file.path);
  const file = state.current(at.file);
  if (file.text.slice(start, end) === text && text !== '') return;
  const scalar = isYamlPath(file.path) ? scalarAround(file, start, end) : undefined;
  const newText = scalar ? withinScalar(scalar, start, end, text) : withLineBreaks(text, file);
  state.apply(at.file, [{ start, end, newText }]);
}

export function isTerraformPath(path: string): boolean {
  return path.endsWith('.tf');
}

/**
 * Gives a value that stands as itself in a Terraform file another one: a string or number of HCL (`derived`), or a plain scalar in a
 * heredoc's YAML.
 */
export function setTerraformValue(scalar: YamlScalar, text: string, state: PlanState): void {
  const { file, start, end } = scalar;
  const written = file.text.slice(start, end) === scalar.text && !scalar.unknown;
  const plain = /^[\w.-]+$/.test(text);
  if (!written || !(plain || (scalar.derived && !/["\\\r\n]|[$%]\{/.test(text))) || (!scalar.derived && scalar.style !== 'plain')) {
    throw new EditRefused('derived', scalar.text);
  }
  const bare = scalar.derived && file.text[start - 1] !== '"' && !/^(?:true|false|-?\d+(?:\.\d+)?)$/.test(text);
  replaceText(scalar, bare ? `"${text}"` : text, state);
}

function scalarAround(file: SourceFile, start: number, end: number): YamlScalar | undefined {
  for (const document of writtenFile(file).documents) {
    if (start < document.start || start > document.end) continue;
    for (const node of nodesOf(document)) {
      if (node.kind === 'scalar' && node.start <= start && end <= node.end && node.end > node.start) {
        if (document.shared.has(node)) throw new EditRefused('shared', node.text);
        return node;
      }
    }
  }
  return undefined;
}

function withinScalar(scalar: YamlScalar, start: number, end: number, text: string): string {
  const { file } = scalar;
  const whole = file.text.slice(scalar.start, start) + text + file.text.slice(end, scalar.end);
  if (scalar.style === 'double') return escapeQuoted(text, 'double');
  if (scalar.style === 'single') {
    if (!fitsSingleQuotes(text)) throw new EditRefused('unsupported', scalar.text);
    return escapeQuoted(text, 'single');
  }
  if (scalar.style === 'plain') {
    // A dash at the start was good before: what is written in its place begins as the old text did.
    const judged = whole.replace(/\s+/g, ' ').replace(file.text[scalar.start] === '-' ? /^-{1,2}(?=[^\s-])/ : /^(?!)/, '');
    if (text.includes('\n') || !isPlainSafe(judged, true)) throw new EditRefused('unsupported', scalar.text);
    return text;
  }
  if (!text.includes('\n') && columnOf(file.text, start) > 0) return text;
  if (scalar.style === 'folded') throw new EditRefused('unsupported', scalar.text);
  const margin = /^[ \t]*(?=\S)/m.exec(file.text.slice(scalar.start, scalar.end))?.[0] ?? '';
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const atLineStart = lineStartAt(file.text, start) === start;
  const indented = lines.map((line, index) => {
    if (index === 0) return atLineStart && line !== '' ? margin + line : line;
    // What follows the last line break is the rest of the line, which at a line's start has its indentation already.
    if (index === lines.length - 1 && line === '' && (atLineStart || end >= scalar.end)) return line;
    if (line === '' && index < lines.length - 1) return line;
    return margin + line;
  });
  return indented.join(lineBreakOf(file.text));
}

/** Adds a line at the end of a text file, which keeps its last line break or its lack of one. */
export function appendLine(original: SourceFile, line: string, state: PlanState): void {
  const pieces = state.pieces(original);
  const file = state.current(original);
  const { text } = file;
  const written = withLineBreaks(line.replace(/\r?\n$/, ''), file);
  const lines = text.split(/\r?\n/);
  if (lines.includes(written)) return;
  const at = pieces.now(original.text.length) ?? text.length;
  const ended = text === '' || text.endsWith('\n');
  const lineBreak = lineBreakOf(text);
  state.apply(original, [{ start: at, end: at, newText: ended ? written + lineBreak : lineBreak + written }]);
}
