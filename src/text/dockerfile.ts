import { oncePer } from './once.ts';
import { DockerfileParser, From, type Instruction } from 'dockerfile-ast';
import { DecodedBuilder, type DecodedText, type Problem, sameOffset } from './decoded.ts';
import { expandParts, type Part } from './expansion.ts';
import { isBlank } from './key-value.ts';
import { continuationEnd, parseShell, readWord, type Shell, type ShellWord, tailOf, type WordSyntax } from './shell.ts';
import { offsetAt, type SourceFile, type Span } from './source.ts';

/** A name that `ENV` or `ARG` sets. */
export interface DockerVariable {
  readonly instruction: 'ENV' | 'ARG';
  readonly name: string;
  readonly nameAt: Span;
  /** With the variables known at this line filled in; `undefined` when one isn't known, or an `ARG` has no default. */
  readonly value: string | undefined;
  /** The value hangs on an `ARG`'s default, which a build may override. */
  readonly viaArg: boolean;
  readonly valueAt: Span;
  readonly decoded: DecodedText | undefined;
  readonly at: Span;
}

/** `ENTRYPOINT`, `CMD`, `RUN`: `exec` form is a JSON array, no shell reads it; `shell` form goes through `/bin/sh -c`. */
export interface DockerCommand {
  readonly form: 'exec' | 'shell';
  /** Exec form: the strings. Shell form: empty, see `shell`. */
  readonly words: readonly ShellWord[];
  readonly shell: Shell | undefined;
  readonly at: Span;
  /** The arguments without the keyword. */
  readonly argumentsAt: Span;
}

export interface DockerCopy {
  readonly keyword: 'COPY' | 'ADD';
  /** Stage name, number or image of `--from=`. */
  readonly from: string | undefined;
  readonly sources: readonly ShellWord[];
  readonly target: ShellWord | undefined;
  readonly at: Span;
}

export interface DockerStage {
  readonly index: number;
  /** The name behind `AS`, as written. */
  readonly name: string | undefined;
  /** The image as written behind `FROM`. */
  readonly fromAt: Span;
  /** Image, or name of an earlier stage, with `ARG` defaults filled in; `undefined` when not known. */
  readonly imageText: string | undefined;
  readonly viaArg: boolean;
  /** The earlier stage that this one goes on from. */
  readonly base: DockerStage | undefined;
  readonly env: readonly DockerVariable[];
  readonly args: readonly DockerVariable[];
  readonly entrypoint: DockerCommand | undefined;
  readonly cmd: DockerCommand | undefined;
  readonly runs: readonly DockerCommand[];
  readonly copies: readonly DockerCopy[];
  readonly workdir: ShellWord | undefined;
  readonly at: Span;
}

export interface DockerfileFacts {
  readonly stages: readonly DockerStage[];
  /** The stage that becomes the image: the last one. */
  readonly final: DockerStage | undefined;
  readonly problems: readonly Problem[];
}

const MAX_LENGTH = 1_000_000;

/** Reads a Dockerfile. Instructions and stages come from dockerfile-ast; words are read here, where quotes and joins keep their places. */
export const parseDockerfile: (file: SourceFile) => DockerfileFacts = oncePer((file) => {
  if (file.text.length > MAX_LENGTH) return { stages: [], final: undefined, problems: [{ message: 'Dockerfile is too large', offset: 0 }] };
  try {
    return new Reader(file).read();
  } catch (error) {
    return { stages: [], final: undefined, problems: [{ message: error instanceof Error ? error.message : String(error), offset: 0 }] };
  }
});

/** Variables seen so far. A name that isn't here may be set by the base image: it is unknown, not empty. */
type Scope = Map<string, { readonly text: string | undefined; readonly viaArg: boolean }>;

class Reader {
  private readonly file: SourceFile;
  private readonly text: string;
  private readonly syntax: WordSyntax;
  private readonly problems: Problem[] = [];
  private readonly instructions: Instruction[];

  constructor(file: SourceFile) {
    this.file = file;
    this.text = file.text;
    const dockerfile = DockerfileParser.parse(file.text);
    this.syntax = { escape: dockerfile.getEscapeCharacter(), docker: true, operators: false };
    this.instructions = dockerfile.getInstructions();
  }

  read(): DockerfileFacts {
    const stages: DockerStage[] = [];
    const globals: Scope = new Map();
    let at = 0;
    for (; at < this.instructions.length && !(this.instructions[at] instanceof From); at++) {
      const instruction = this.instructions[at];
      if (instruction?.getKeyword() === 'ARG') this.variables(instruction, 'ARG', globals, globals);
    }
    const scopes = new Map<DockerStage, Scope>();
    while (at < this.instructions.length) {
      const from = this.instructions[at++];
      if (!from) break;
      const body: Instruction[] = [];
      for (let next = this.instructions[at]; next && !(next instanceof From); next = this.instructions[++at]) body.push(next);
      const stage = this.stage(from, body, stages, globals, scopes);
      if (stage) stages.push(stage);
    }
    return { stages, final: stages.at(-1), problems: this.problems };
  }

  private stage(
    from: Instruction,
    body: readonly Instruction[],
    earlier: readonly DockerStage[],
    globals: Scope,
    scopes: Map<DockerStage, Scope>,
  ): DockerStage | undefined {
    const words = this.words(this.argumentsOf(from)).filter((word) => !word.decoded.text.startsWith('--'));
    const imageWord = words[0];
    if (!imageWord) {
      this.problems.push({ message: 'FROM without an image', offset: this.spanOf(from).start });
      return undefined;
    }
    const named = words[1]?.decoded.text.toUpperCase() === 'AS' ? words[2]?.text : undefined;
    const image = this.fill(imageWord.parts, globals);
    const base =
      image.text === undefined ? undefined : earlier.findLast((stage) => stage.name?.toLowerCase() === image.text?.toLowerCase());
    const scope: Scope = new Map(base ? scopes.get(base) : []);
    const env: DockerVariable[] = [];
    const args: DockerVariable[] = [];
    const runs: DockerCommand[] = [];
    const copies: DockerCopy[] = [];
    let entrypoint: DockerCommand | undefined;
    let cmd: DockerCommand | undefined;
    let workdir: ShellWord | undefined;
    for (const instruction of body) {
      switch (instruction.getKeyword()) {
        case 'ENV':
          env.push(...this.variables(instruction, 'ENV', scope, globals));
          break;
        case 'ARG':
          args.push(...this.variables(instruction, 'ARG', scope, globals));
          break;
        case 'ENTRYPOINT':
          entrypoint = this.command(instruction);
          // A CMD of the base image is dropped by an ENTRYPOINT of one's own; one in the same stage is kept.
          break;
        case 'CMD':
          cmd = this.command(instruction);
          break;
        case 'RUN':
          runs.push(this.command(instruction));
          break;
        case 'COPY':
        case 'ADD':
          copies.push(this.copy(instruction));
          break;
        case 'WORKDIR':
          workdir = this.words(this.argumentsOf(instruction))[0];
          break;
      }
    }
    const at = { start: this.spanOf(from).start, end: this.spanOf(body.at(-1) ?? from).end };
    const stage: DockerStage = {
      index: earlier.length,
      name: named,
      fromAt: imageWord.at,
      imageText: image.text,
      viaArg: image.viaArg,
      base,
      env,
      args,
      entrypoint,
      cmd,
      runs,
      copies,
      workdir,
      at,
    };
    scopes.set(stage, scope);
    return stage;
  }

  private spanOf(instruction: Instruction): Span {
    const range = instruction.getRange();
    return { start: offsetAt(this.file, range.start), end: offsetAt(this.file, range.end) };
  }

  /** Behind the keyword, to the end of the instruction. */
  private argumentsOf(instruction: Instruction): Span {
    const end = this.spanOf(instruction).end;
    return { start: Math.min(end, offsetAt(this.file, instruction.getInstructionRange().end)), end };
  }

  /** The next offset that is neither blank nor part of a joined line's break. */
  private skip(start: number, end: number): number {
    let at = start;
    while (at < end) {
      const joined = continuationEnd(this.text, at, end, this.syntax);
      if (joined !== undefined) at = joined;
      else if (isBlank(this.text.charAt(at)) || this.text[at] === '\n' || this.text[at] === '\r') at++;
      else break;
    }
    return at;
  }

  private words({ start, end }: Span): ShellWord[] {
    const words: ShellWord[] = [];
    for (let at = this.skip(start, end); at < end; at = this.skip(at, end)) {
      const read = readWord(this.text, at, end, sameOffset, this.syntax);
      if (read.problem) this.problems.push(read.problem);
      words.push(read.word);
      at = Math.max(read.end, at + 1);
    }
    return words;
  }

  /** Sets the scope's variables one after the other; in one ENV line each value sees the scope as it was before the line. */
  private variables(instruction: Instruction, kind: 'ENV' | 'ARG', scope: Scope, globals: Scope): DockerVariable[] {
    const span = this.argumentsOf(instruction);
    const words = this.words(span);
    const first = words[0];
    if (!first) return [];
    const spaced = kind === 'ENV' && !first.decoded.text.includes('=') && words.length > 1;
    const found = spaced ? [this.spacedVariable(first, span)] : words.map((word) => this.variable(word, kind));
    const made = found.map(({ variable, parts }): DockerVariable => {
      const global = kind === 'ARG' && parts === undefined && scope !== globals ? globals.get(variable.name) : undefined;
      const filled = parts === undefined ? { text: global?.text, viaArg: true } : this.fill(parts, scope);
      return { ...variable, value: filled.text, viaArg: kind === 'ARG' || filled.viaArg };
    });
    for (const variable of made) {
      const shadowed = kind === 'ARG' && scope.get(variable.name)?.viaArg === false;
      if (!shadowed) scope.set(variable.name, { text: variable.value, viaArg: variable.viaArg });
    }
    return made;
  }

  private variable(word: ShellWord, instruction: 'ENV' | 'ARG'): { variable: DockerVariable; parts: readonly Part[] | undefined } {
    const text = word.decoded.text;
    const equals = text.indexOf('=');
    const first = word.decoded.runs[0];
    const nameEnd = equals < 0 ? word.at.end : (first?.start ?? word.at.start) + equals;
    const nameAt = { start: first?.start ?? word.at.start, end: nameEnd };
    const name = equals < 0 ? text : text.slice(0, equals);
    if (equals < 0) {
      const none = { start: word.at.end, end: word.at.end };
      return {
        variable: { instruction, name, nameAt, value: undefined, viaArg: true, valueAt: none, decoded: undefined, at: word.at },
        parts: undefined,
      };
    }
    const afterEquals = this.text.indexOf('=', nameEnd) + 1;
    const decoded = tailOf(word.decoded, equals + 1, afterEquals, word.at.end, word.quoted);
    const head = word.parts[0];
    const rest = typeof head === 'string' ? head.slice(equals + 1) : '';
    const parts = [...(rest === '' ? [] : [rest]), ...word.parts.slice(1)];
    return { variable: { instruction, name, nameAt, value: undefined, viaArg: false, valueAt: decoded.at, decoded, at: word.at }, parts };
  }

  /** `ENV NAME the rest of the line`: the old form, quotes are read as in the new one but blanks stay. */
  private spacedVariable(nameWord: ShellWord, span: Span): { variable: DockerVariable; parts: readonly Part[] } {
    const start = this.skip(nameWord.at.end, span.end);
    const parts: Part[] = [];
    const builder = new DecodedBuilder();
    let at = start;
    let end = start;
    while (at < span.end) {
      const next = this.skip(at, span.end);
      for (let blank = at; blank < next && at > start; blank++) {
        const char = this.text.charAt(blank);
        if (isBlank(char) && next < span.end) {
          builder.char(char, blank);
          parts.push(char);
        }
      }
      if (next >= span.end) break;
      const read = readWord(this.text, next, span.end, sameOffset, this.syntax);
      parts.push(...read.word.parts);
      const { runs, text } = read.word.decoded;
      for (const run of runs) {
        const piece = text.slice(run.index, run.index + run.length);
        if (run.end - run.start === run.length) builder.slice(this.text, run.start, run.end);
        else builder.escape(piece, run.start, run.end);
      }
      at = Math.max(read.end, next + 1);
      end = at;
    }
    const decoded = builder.build(start, end);
    const variable: DockerVariable = {
      instruction: 'ENV',
      name: nameWord.decoded.text,
      nameAt: nameWord.at,
      value: undefined,
      viaArg: false,
      valueAt: decoded.at,
      decoded,
      at: { start: nameWord.at.start, end },
    };
    return { variable, parts };
  }

  private fill(parts: readonly Part[], scope: Scope): { readonly text: string | undefined; readonly viaArg: boolean } {
    let viaArg = false;
    const text = expandParts(parts, (name) => {
      const value = scope.get(name);
      if (value?.viaArg) viaArg = true;
      return value?.text;
    });
    return { text, viaArg };
  }

  private command(instruction: Instruction): DockerCommand {
    const at = this.spanOf(instruction);
    const whole = this.argumentsOf(instruction);
    let start = this.skip(whole.start, whole.end);
    while (this.text.startsWith('--', start))
      start = this.skip(readWord(this.text, start, whole.end, sameOffset, this.syntax).end, whole.end);
    const argumentsAt = { start, end: Math.max(start, whole.end) };
    const words = this.text[start] === '[' ? this.jsonWords(start, whole.end) : undefined;
    if (words) return { form: 'exec', words, shell: undefined, at, argumentsAt };
    const shell = parseShell(this.text, { start, end: argumentsAt.end, syntax: { ...this.syntax, operators: true } });
    return { form: 'shell', words: [], shell, at, argumentsAt };
  }

  /** The strings of an exec form. As in Docker, what is no valid JSON array of strings is shell form. */
  private jsonWords(start: number, end: number): ShellWord[] | undefined {
    const words: ShellWord[] = [];
    let at = this.skip(start + 1, end);
    if (this.text[at] === ']') return this.skip(at + 1, end) >= end ? words : undefined;
    while (at < end) {
      if (this.text[at] !== '"') return undefined;
      const read = this.jsonString(at, end);
      if (!read) return undefined;
      words.push(read.word);
      at = this.skip(read.end, end);
      const separator = this.text[at];
      at = this.skip(at + 1, end);
      if (separator === ']') return at >= end ? words : undefined;
      if (separator !== ',') return undefined;
    }
    return undefined;
  }

  private jsonString(start: number, end: number): { readonly word: ShellWord; readonly end: number } | undefined {
    const builder = new DecodedBuilder();
    let at = start + 1;
    while (at < end && this.text[at] !== '"') {
      const joined = continuationEnd(this.text, at, end, this.syntax);
      if (joined !== undefined) {
        at = joined;
        continue;
      }
      if (this.text[at] === '\\') {
        const written = /^\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/u.exec(this.text.slice(at, at + 6))?.[0];
        if (written === undefined) return undefined;
        builder.escape(String(JSON.parse(`"${written}"`)), at, at + written.length);
        at += written.length;
      } else {
        if (this.text[at] === '\n' || this.text[at] === '\r') return undefined;
        builder.char(this.text.charAt(at), at++);
      }
    }
    if (at >= end) return undefined;
    const decoded = builder.build(start + 1, at);
    const word: ShellWord = {
      text: decoded.text,
      decoded,
      parts: decoded.text === '' ? [] : [decoded.text],
      at: { start, end: at + 1 },
      quoted: true,
    };
    return { word, end: at + 1 };
  }

  private copy(instruction: Instruction): DockerCopy {
    const whole = this.argumentsOf(instruction);
    let start = this.skip(whole.start, whole.end);
    let from: string | undefined;
    while (this.text.startsWith('--', start)) {
      const flag = readWord(this.text, start, whole.end, sameOffset, this.syntax);
      if (flag.word.decoded.text.startsWith('--from=')) from = flag.word.text?.slice('--from='.length);
      start = this.skip(Math.max(flag.end, start + 1), whole.end);
    }
    const words = (this.text[start] === '[' ? this.jsonWords(start, whole.end) : undefined) ?? this.words({ start, end: whole.end });
    return {
      keyword: instruction.getKeyword() === 'ADD' ? 'ADD' : 'COPY',
      from,
      sources: words.slice(0, -1),
      target: words.length > 1 ? words.at(-1) : undefined,
      at: this.spanOf(instruction),
    };
  }
}
