import { type Anchor, lineStarts, positionAt, rangeOf } from '../text/source.ts';
import { columnsOf, harmless, type Palette } from './colour.ts';

const CONTEXT_LINES = 1;
const MAX_COLUMNS = 140;
const TAB = '    ';

/**
 * The line of an anchor with its neighbours, and `^^^` below the token:
 *
 *     12 |   - name: GOMEMLIMIT
 *     13 |     value: 512Mi
 *        |            ^^^^^
 *
 * A long line is cut to the part around the token. A token over several lines is underlined on its first.
 */
export function codeFrame(anchor: Anchor, paint: (text: string) => string, colours: Palette): string[] {
  const { file } = anchor;
  const starts = lineStarts(file);
  const { start, end } = rangeOf(anchor);
  const lineAt = (line: number): string =>
    file.text.slice(starts[line] ?? file.text.length, starts[line + 1] ?? file.text.length).replace(/[\r\n]+$/, '');
  const first = Math.max(0, start.line - CONTEXT_LINES);
  const last = Math.min(starts.length - 1, start.line + CONTEXT_LINES);
  const gutter = String(last + 1).length;
  const lines: string[] = [];
  for (let line = first; line <= last; line++) {
    const text = lineAt(line);
    // The end of a file after its last line break is no line to show.
    if (line > start.line && line === starts.length - 1 && text === '') break;
    const number = colours.faint(`${String(line + 1).padStart(gutter)} |`);
    if (line !== start.line) {
      lines.push(`${number} ${cut(show(text))}`.trimEnd());
      continue;
    }
    const before = show(text.slice(0, start.character));
    const token = show(text.slice(start.character, start.line === end.line ? end.character : undefined));
    const width = Math.max(1, columnsOf(token));
    const from = before.length + token.length > MAX_COLUMNS ? Math.max(0, before.length - 40) : 0;
    const lead = from > 0 ? '…' : '';
    const rest = show(text.slice(start.line === end.line ? end.character : text.length));
    lines.push(`${number} ${cut(lead + before.slice(from) + token + rest)}`.trimEnd());
    const carets = '^'.repeat(Math.min(width, MAX_COLUMNS));
    lines.push(`${colours.faint(`${' '.repeat(gutter)} |`)} ${' '.repeat(columnsOf(lead + before.slice(from)))}${paint(carets)}`);
  }
  return lines;
}

function show(text: string): string {
  return harmless(text).replaceAll('\t', TAB);
}

function cut(text: string): string {
  return text.length > MAX_COLUMNS ? `${text.slice(0, MAX_COLUMNS)}…` : text;
}

/** `path:line:column`, one-based, as compilers write it. */
export function placeOf(anchor: Anchor): string {
  const { line, character } = positionAt(anchor.file, anchor.start);
  return `${anchor.file.path}:${line + 1}:${character + 1}`;
}
