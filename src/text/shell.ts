import {
  DecodedBuilder,
  type DecodedText,
  mapSpan,
  type OffsetMap,
  offsetsOf,
  type Problem,
  sameOffset,
  withoutQuotes,
} from './decoded.ts';
import { type Expansion, expansionAt, literalText, type Part, partsOf } from './expansion.ts';
import { isBlank, linesOf, skipBlanks } from './key-value.ts';
import type { Span } from './source.ts';

/** One word of a command line. */
export interface ShellWord {
  /** `undefined` when a variable or a command's result is part of it. */
  readonly text: string | undefined;
  readonly decoded: DecodedText;
  readonly parts: readonly Part[];
  /** As written, with its quotes. */
  readonly at: Span;
  readonly quoted: boolean;
}

/** `NAME=value`. `exported`: child processes see it; `command`: only the command on the same line; `shell`: the script alone. */
export interface ShellAssignment {
  readonly name: string;
  readonly nameAt: Span;
  readonly value: ShellWord;
  readonly scope: 'exported' | 'shell' | 'command';
}

export interface ShellCommand {
  readonly assignments: readonly ShellAssignment[];
  /** The program and its arguments; keywords and redirections are left out. */
  readonly words: readonly ShellWord[];
  /** Stands in an `if`, a loop, a function, a subshell or behind `||`: it may not run. */
  readonly conditional: boolean;
  readonly at: Span;
}

export interface Shell {
  readonly commands: readonly ShellCommand[];
  readonly problems: readonly Problem[];
}

export interface WordSyntax {
  /** Escape character; a Dockerfile may say `` ` ``. */
  readonly escape: string;
  /** Dockerfile lines: blanks may follow the escape at a line's end; comment and empty lines between continued lines fall away. */
  readonly docker: boolean;
  /** `;`, `&`, `|`, `<`, `>`, `(`, `)` end a word, and `$(…)` is run. */
  readonly operators: boolean;
}

const SHELL: WordSyntax = { escape: '\\', docker: false, operators: true };

/** When the line goes on after `at` (an escape at its end): the offset behind the break, else `undefined`. */
export function continuationEnd(text: string, at: number, end: number, syntax: WordSyntax): number | undefined {
  if (text[at] !== syntax.escape) return undefined;
  let here = syntax.docker ? skipBlanks(text, at + 1, end) : at + 1;
  const step = breakLength(text, here, end);
  if (step === 0) return undefined;
  here += step;
  while (syntax.docker) {
    const first = skipBlanks(text, here, end);
    const isComment = text[first] === '#';
    let lineEnd = first;
    while (lineEnd < end && text[lineEnd] !== '\n' && text[lineEnd] !== '\r') lineEnd++;
    const empty = first === lineEnd && lineEnd < end;
    if (first >= end || (!isComment && !empty)) break;
    here = lineEnd + breakLength(text, lineEnd, end);
  }
  return Math.min(here, end);
}

function breakLength(text: string, at: number, end: number): number {
  if (at >= end) return 0;
  if (text[at] === '\r') return text[at + 1] === '\n' && at + 1 < end ? 2 : 1;
  return text[at] === '\n' ? 1 : 0;
}

function isBreak(char: string): boolean {
  return char === '\n' || char === '\r';
}

const OPERATORS = ';&|<>()';

/** Reads one word from `start` on (not a blank). Ends before a blank, a line break or an operator. */
export function readWord(
  text: string,
  start: number,
  end: number,
  map: OffsetMap,
  syntax: WordSyntax = SHELL,
): { readonly word: ShellWord; readonly end: number; readonly problem: Problem | undefined } {
  const builder = new DecodedBuilder(map);
  const marks: { from: number; to: number; expansion: Omit<Expansion, 'at'> }[] = [];
  let problem: Problem | undefined;
  let quote = '';
  let quoteAt = start;
  let quoted = false;
  let at = start;
  while (at < end) {
    const char = text.charAt(at);
    if (quote === '' && (isBlank(char) || isBreak(char) || (syntax.operators && OPERATORS.includes(char)))) break;
    const joined = quote === "'" ? undefined : continuationEnd(text, at, end, syntax);
    if (joined !== undefined) {
      at = joined;
    } else if (char === quote && quote !== '') {
      quote = '';
      at++;
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      quoteAt = at++;
      quoted = true;
    } else if (quote !== "'" && char === syntax.escape && at + 1 < end) {
      const next = text.charAt(at + 1);
      if (quote === '' || '$`"'.includes(next) || next === syntax.escape) builder.escape(next, at, at + 2);
      else builder.slice(text, at, at + 2);
      at += 2;
    } else if (quote !== "'" && (char === '$' || (char === '`' && syntax.operators))) {
      const found = char === '$' ? dollarAt(text, at, end, quote, syntax) : backquoteAt(text, at, end);
      const from = builder.length;
      builder.slice(text, at, found?.end ?? at + 1);
      if (found) marks.push({ from, to: builder.length, expansion: found.expansion });
      at = found?.end ?? at + 1;
    } else builder.char(char, at++);
  }
  if (quote !== '') problem = { message: `unterminated ${quote}`, offset: map(quoteAt) };
  const built = builder.build(start, at);
  const decoded = quoted ? { ...built, at: withoutQuotes(built) } : built;
  const parts = partsOf(decoded, marks);
  return {
    word: { text: problem ? undefined : literalText(parts), decoded, parts, at: mapSpan(map, start, at), quoted },
    end: at,
    problem,
  };
}

type Found = { readonly expansion: Omit<Expansion, 'at'>; readonly end: number };

function dollarAt(text: string, at: number, end: number, quote: string, syntax: WordSyntax): Found | undefined {
  if (syntax.operators && quote === '' && text[at + 1] === "'") {
    const close = text.indexOf("'", at + 2);
    return { expansion: { name: undefined, operator: '', fallback: undefined }, end: close < 0 || close >= end ? end : close + 1 };
  }
  return expansionAt(text, at, end, syntax.operators);
}

function backquoteAt(text: string, at: number, end: number): Found {
  const close = text.indexOf('`', at + 1);
  return { expansion: { name: undefined, operator: '', fallback: undefined }, end: close < 0 || close >= end ? end : close + 1 };
}

const OPENING = new Set(['if', 'for', 'while', 'until', 'case', 'select', '{']);
const CLOSING = new Set(['fi', 'done', 'esac', '}']);
const SKIPPED = new Set(['then', 'do', 'else', 'elif', '!', 'time']);

/**
 * Reads shell text (a script, a `RUN`, the string of `sh -c`) into its simple commands. Only what is literal has a text; nothing is run.
 * Here-documents are skipped.
 */
export function parseShell(text: string, options: { start?: number; end?: number; map?: OffsetMap; syntax?: WordSyntax } = {}): Shell {
  const { start = 0, end = text.length, map = sameOffset, syntax = SHELL } = options;
  const commands: ShellCommand[] = [];
  const problems: Problem[] = [];
  const hereDocuments: string[] = [];
  let words: ShellWord[] = [];
  let commandStart = start;
  let depth = 0;
  let afterOr = false;
  let at = start;

  const finish = (until: number): void => {
    const command = words.length > 0 ? commandOf(words, depth > 0 || afterOr) : undefined;
    if (command) commands.push({ ...command, at: mapSpan(map, commandStart, until) });
    words = [];
  };

  while (at < end) {
    const char = text.charAt(at);
    const joined = continuationEnd(text, at, end, syntax);
    if (joined !== undefined) at = joined;
    else if (isBlank(char)) at++;
    else if (isBreak(char)) {
      finish(at);
      afterOr = false;
      at += breakLength(text, at, end);
      at = skipHereDocuments(text, at, end, hereDocuments);
    } else if (char === '#') {
      while (at < end && !isBreak(text.charAt(at))) at++;
    } else if (char === '<' || char === '>') {
      const last = words.at(-1);
      if (last?.at.end === map(at) && /^\d+$/u.test(last.text ?? '')) words.pop();
      at = redirection(text, at, end, map, syntax, hereDocuments);
    } else if (OPERATORS.includes(char)) {
      finish(at);
      const operator = /^(?:&&|\|\||;;|&|\||;|\(|\))/u.exec(text.slice(at, at + 2))?.[0] ?? char;
      if (operator === '(') depth++;
      else if (operator === ')') depth = Math.max(0, depth - 1);
      else if (operator !== '&&') afterOr = operator === '||';
      at += operator.length;
    } else {
      const { word, end: wordEnd, problem } = readWord(text, at, end, map, syntax);
      if (problem) problems.push(problem);
      const keyword = words.length === 0 && !word.quoted ? word.text : undefined;
      if (keyword !== undefined && OPENING.has(keyword)) depth++;
      else if (keyword !== undefined && CLOSING.has(keyword)) depth = Math.max(0, depth - 1);
      else if (keyword === undefined || !SKIPPED.has(keyword)) {
        if (words.length === 0) commandStart = at;
        words.push(word);
      }
      at = Math.max(wordEnd, at + 1);
    }
  }
  finish(end);
  return { commands, problems };
}

/** Skips a redirection with its target; `&>`, `2>&1` and here-strings included. */
function redirection(text: string, start: number, end: number, map: OffsetMap, syntax: WordSyntax, hereDocuments: string[]): number {
  const operator = /^(?:<<<|<<-?|<&|>>|>&|>\||<>|<|>)/u.exec(text.slice(start, Math.min(end, start + 3)))?.[0] ?? '<';
  let at = skipBlanks(text, start + operator.length, end);
  if (at >= end || isBreak(text.charAt(at)) || OPERATORS.includes(text.charAt(at))) return at;
  const target = readWord(text, at, end, map, syntax);
  if (operator === '<<' || operator === '<<-') hereDocuments.push(target.word.decoded.text);
  at = Math.max(target.end, at + 1);
  return at;
}

function skipHereDocuments(text: string, start: number, end: number, delimiters: string[]): number {
  let at = start;
  for (const delimiter of delimiters.splice(0)) {
    while (at < end) {
      let lineEnd = at;
      while (lineEnd < end && !isBreak(text.charAt(lineEnd))) lineEnd++;
      const line = text.slice(at, lineEnd).trim();
      at = lineEnd + breakLength(text, lineEnd, end);
      if (line === delimiter) break;
    }
  }
  return at;
}

const EXPORTING = new Set(['export', 'declare', 'typeset', 'readonly', 'local', 'env']);

function commandOf(words: readonly ShellWord[], conditional: boolean): Omit<ShellCommand, 'at'> | undefined {
  const assignments: ShellAssignment[] = [];
  let at = 0;
  const take = (scope: ShellAssignment['scope']): void => {
    for (let word = words[at]; word; word = words[++at]) {
      const assignment = splitAssignment(word, scope);
      if (!assignment) break;
      assignments.push(assignment);
    }
  };
  take('shell');
  const first = words[at];
  if (!first) return assignments.length > 0 ? { assignments, words: [], conditional } : undefined;
  const before = assignments.splice(0).map((assignment): ShellAssignment => ({ ...assignment, scope: 'command' }));
  assignments.push(...before);
  const name = first.text ?? '';
  if (!EXPORTING.has(name)) return { assignments, words: words.slice(at), conditional };
  at++;
  let exports = name === 'export' || name === 'env';
  for (let word = words[at]; word?.text?.startsWith('-'); word = words[++at]) {
    if (name !== 'env' && /^-\w*x/u.test(word.text)) exports = true;
  }
  if (name === 'env') {
    take('command');
    return { assignments, words: words.slice(at), conditional };
  }
  const rest: ShellWord[] = [first];
  for (const word of words.slice(at)) {
    const assignment = splitAssignment(word, exports ? 'exported' : 'shell');
    if (assignment) assignments.push(assignment);
    else rest.push(word);
  }
  return { assignments, words: rest, conditional };
}

/** `NAME=value` of a word whose name part is literal and unquoted. */
function splitAssignment(word: ShellWord, scope: ShellAssignment['scope']): ShellAssignment | undefined {
  const head = word.parts[0];
  const match = typeof head === 'string' ? /^([A-Za-z_]\w*)=/u.exec(head) : null;
  const name = match?.[1];
  if (name === undefined) return undefined;
  const run = word.decoded.runs[0];
  if (!run || run.start !== word.at.start || run.length < name.length + 1) return undefined;
  const valueStart = run.start + name.length + 1;
  const decoded = tailOf(word.decoded, name.length + 1, valueStart, word.at.end, word.quoted);
  const parts = [
    ...(typeof head === 'string' && head.length > name.length + 1 ? [head.slice(name.length + 1)] : []),
    ...word.parts.slice(1),
  ];
  const value: ShellWord = {
    text: word.text?.slice(name.length + 1),
    decoded,
    parts,
    at: { start: valueStart, end: word.at.end },
    quoted: word.quoted,
  };
  return { name, nameAt: { start: run.start, end: run.start + name.length }, value, scope };
}

/** Decoded text without its first `skip` characters (`NAME=`); `start` and `end` are the rest as written. */
export function tailOf(decoded: DecodedText, skip: number, start: number, end: number, quoted: boolean): DecodedText {
  const runs = decoded.runs
    .filter((run) => run.index + run.length > skip)
    .map((run) => {
      const cut = Math.max(0, skip - run.index);
      return { index: Math.max(0, run.index - skip), length: run.length - cut, start: run.start + cut, end: run.end };
    });
  const tail = { text: decoded.text.slice(skip), at: { start, end }, runs };
  return quoted ? { ...tail, at: withoutQuotes(tail) } : tail;
}

/** The variables that programs started by the script see, in order: exported at once, or by a later `export NAME`. */
export function exportedVariables(shell: Shell): { readonly assignment: ShellAssignment; readonly conditional: boolean }[] {
  const later = new Set<string>();
  for (const { words } of shell.commands) {
    if (words[0]?.text === 'export') for (const word of words.slice(1)) if (word.text !== undefined) later.add(word.text);
  }
  return shell.commands.flatMap(({ assignments, conditional }) =>
    assignments
      .filter(({ name, scope }) => scope === 'exported' || (scope === 'shell' && later.has(name)))
      .map((assignment) => ({ assignment, conditional })),
  );
}

/** The commands inside a `sh -c '…'` (or bash, ash, dash) command; `undefined` when it is none or not literal. */
export function shellOfCommand(words: readonly ShellWord[]): Shell | undefined {
  const program = words[0]?.text;
  if (program === undefined || !/^(?:.*\/)?(?:ba|a|da|z|k)?sh$/u.test(program)) return undefined;
  const flag = words.findIndex((word, index) => index > 0 && /^-[a-z]*c[a-z]*$/u.test(word.text ?? ''));
  const script = flag < 0 ? undefined : words[flag + 1];
  return script ? parseShell(script.decoded.text, { map: offsetsOf(script.decoded) }) : undefined;
}

/** A line of a Procfile: `web: java -jar app.jar`. */
export interface Process {
  readonly name: string;
  readonly nameAt: Span;
  readonly shell: Shell;
}

export function parseProcfile(text: string, map: OffsetMap = sameOffset): Process[] {
  return linesOf(text).flatMap((line) => {
    const match = /^([A-Za-z0-9_-]+):[ \t]*/u.exec(text.slice(line.start, line.end));
    if (!match) return [];
    const name = match[1] ?? '';
    const shell = parseShell(text, { start: line.start + match[0].length, end: line.end, map });
    return [{ name, nameAt: mapSpan(map, line.start, line.start + name.length), shell }];
  });
}
