import { DecodedBuilder, type DecodedText, mapSpan, type OffsetMap, type Problem, sameOffset } from './decoded.ts';
import { isBlank, linesOf, skipBlanks, trimEnd } from './key-value.ts';
import type { ShellWord } from './shell.ts';
import type { Span } from './source.ts';

/** One variable of an `Environment=` line. */
export interface UnitVariable {
  readonly name: string;
  readonly nameAt: Span;
  /** `undefined` when a specifier such as `%i` is part of it. */
  readonly value: string | undefined;
  readonly valueAt: Span;
  readonly decoded: DecodedText;
}

export interface EnvironmentFile {
  readonly path: string;
  /** Written with a leading `-`: it may be missing. */
  readonly optional: boolean;
  readonly at: Span;
}

/** What a systemd service unit says of its process (systemd.exec(5), systemd.service(5)). */
export interface ServiceUnit {
  readonly environment: readonly UnitVariable[];
  readonly environmentFiles: readonly EnvironmentFile[];
  /** `ExecStart=` command lines, one each; a variable or specifier makes a word unknown. */
  readonly execStart: readonly (readonly ShellWord[])[];
  readonly problems: readonly Problem[];
}

/** An empty `Environment=`, `EnvironmentFile=` or `ExecStart=` takes back the ones before. Only the `[Service]` section counts. */
export function parseServiceUnit(text: string, map: OffsetMap = sameOffset): ServiceUnit {
  let environment: UnitVariable[] = [];
  let environmentFiles: EnvironmentFile[] = [];
  let execStart: ShellWord[][] = [];
  const problems: Problem[] = [];
  const lines = linesOf(text);
  let section = '';
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (!line) break;
    const start = skipBlanks(text, line.start, line.end);
    const first = text.charAt(start);
    if (start === line.end || first === '#' || first === ';') continue;
    let end = trimEnd(text, start, line.end);
    if (first === '[') {
      section = text.slice(start + 1, end - 1);
      continue;
    }
    while (text[end - 1] === '\\' && lines[index + 1]) {
      index++;
      end = trimEnd(text, lines[index]?.start ?? end, lines[index]?.end ?? end);
    }
    const equals = text.indexOf('=', start);
    if (equals < 0 || equals >= end) {
      problems.push({ message: 'expected "Name=value"', offset: map(start) });
      continue;
    }
    if (section !== 'Service') continue;
    const key = text.slice(start, trimEnd(text, start, equals));
    if (key !== 'Environment' && key !== 'EnvironmentFile' && key !== 'ExecStart') continue;
    const from = skipBlanks(text, equals + 1, end);
    const empty = from >= end;
    if (key === 'EnvironmentFile') {
      environmentFiles = empty ? [] : [...environmentFiles, environmentFile(text, from, end, map)];
      continue;
    }
    const words = unitWords(text, from, end, map, key === 'ExecStart', problems);
    if (key === 'ExecStart') execStart = empty ? [] : [...execStart, words];
    else environment = empty ? [] : [...environment, ...words.flatMap(variableOf)];
  }
  return { environment, environmentFiles, execStart, problems };
}

function environmentFile(text: string, start: number, end: number, map: OffsetMap): EnvironmentFile {
  const optional = text[start] === '-';
  const from = optional ? start + 1 : start;
  return { path: text.slice(from, end), optional, at: mapSpan(map, from, end) };
}

function variableOf(word: ShellWord): UnitVariable[] {
  const equals = word.decoded.text.indexOf('=');
  const first = word.decoded.runs[0];
  if (equals <= 0 || !first || first.length <= equals) return [];
  const nameAt = { start: first.start, end: first.start + equals };
  const skip = equals + 1;
  const runs = word.decoded.runs
    .filter((run) => run.index + run.length > skip)
    .map((run) => {
      const cut = Math.max(0, skip - run.index);
      return { index: Math.max(0, run.index - skip), length: run.length - cut, start: run.start + cut, end: run.end };
    });
  const start = nameAt.end + 1;
  const valueAt = { start: runs[0]?.start ?? start, end: runs.at(-1)?.end ?? start };
  const decoded = { text: word.decoded.text.slice(skip), at: valueAt, runs };
  return [
    { name: word.decoded.text.slice(0, equals), nameAt, value: word.text === undefined ? undefined : decoded.text, valueAt, decoded },
  ];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', s: ' ', '"': '"', "'": "'", '\\': '\\' };

/** Words by systemd's quoting: quotes around whole words or parts, C escapes, `%%` is a percent sign, a `\` at a line's end a blank. */
function unitWords(text: string, start: number, end: number, map: OffsetMap, command: boolean, problems: Problem[]): ShellWord[] {
  const words: ShellWord[] = [];
  let at = start;
  while (at < end) {
    if (isBlank(text.charAt(at)) || isJoin(text, at)) {
      at++;
      continue;
    }
    if (text[at] === '\n' || text[at] === '\r') {
      at++;
      continue;
    }
    const wordStart = at;
    const builder = new DecodedBuilder(map);
    let quote = '';
    let quoted = false;
    let known = true;
    for (; at < end; at++) {
      const char = text.charAt(at);
      if (quote === '' && (isBlank(char) || char === '\n' || char === '\r' || isJoin(text, at))) break;
      if (char === quote) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) {
        quote = char;
        quoted = true;
      } else if (char === '\\' && ESCAPES[text.charAt(at + 1)] !== undefined && at + 1 < end) {
        builder.escape(ESCAPES[text.charAt(at + 1)] ?? '', at, at + 2);
        at++;
      } else if (char === '%' && text[at + 1] === '%' && at + 1 < end) {
        builder.escape('%', at, at + 2);
        at++;
      } else {
        if ((char === '%' && /[a-zA-Z]/u.test(text.charAt(at + 1))) || (command && char === '$' && /[A-Za-z_{]/u.test(text.charAt(at + 1))))
          known = false;
        builder.char(char, at);
      }
    }
    if (quote !== '') problems.push({ message: `unterminated ${quote}`, offset: map(wordStart) });
    const decoded = builder.build(wordStart, at);
    words.push({
      text: known && quote === '' ? decoded.text : undefined,
      decoded,
      parts: known ? [decoded.text] : [],
      at: decoded.at,
      quoted,
    });
  }
  return words;
}

function isJoin(text: string, at: number): boolean {
  return text[at] === '\\' && (text[at + 1] === '\n' || text[at + 1] === '\r');
}
