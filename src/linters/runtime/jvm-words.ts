import type { Change } from '../../fixes/change.ts';
import type { Container, EnvironmentVariable } from '../../model/container.ts';
import type { Unit } from '../../model/unit.ts';
import type { Value } from '../../model/value.ts';
import { type DockerCommand, parseDockerfile } from '../../text/dockerfile.ts';
import { effectiveCommand } from '../../text/dockerfile-stages.ts';
import { spanWithin } from '../../text/decoded.ts';
import { parseShell, type ShellCommand } from '../../text/shell.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { nodeAt, spanInScalar, type YamlNode, type YamlScalar, type YamlSequence } from '../../text/yaml.ts';
import { imageOf } from './built-from.ts';

/** A word that a JVM is started with. */
export interface Word {
  readonly text: string;
  readonly at: Anchor;
  /** Whether the workload says it, or the image. */
  readonly from: 'workload' | 'image';
  /** The text or list that it can be edited in; `undefined` where its place isn't exact. */
  readonly holder: Holder | undefined;
}

type Holder =
  /** A text of words: a variable's value, a shell's command. */
  | { readonly kind: 'text'; readonly whole: Anchor }
  | { readonly kind: 'list'; readonly sequence: YamlSequence; readonly item: YamlNode }
  /** A list in a Dockerfile: the word with what stands between it and the next one. */
  | { readonly kind: 'exec'; readonly until: number; readonly from: number };

/** A piece of a command line: a word, or a variable that the shell fills in. */
export type Piece = Word | { readonly variable: string } | 'unknown';

/** The changes that give some words another text, or take them out (`undefined`); `undefined` where one of them can't be edited. */
export function rewrite(words: ReadonlyMap<Word, string | undefined>): readonly Change[] | undefined {
  const changes: Change[] = [];
  const texts = new Map<Anchor, { at: Anchor; text: string | undefined }[]>();
  for (const [{ at, holder }, text] of words) {
    if (!holder) return undefined;
    if (holder.kind === 'text') {
      texts.set(holder.whole, [...(texts.get(holder.whole) ?? []), { at, text }]);
    } else if (text !== undefined) changes.push({ change: 'replace-text', at, text });
    else if (holder.kind === 'list') changes.push({ change: 'remove-item', sequence: holder.sequence, item: holder.item });
    else changes.push({ change: 'replace-text', at: { file: at.file, start: holder.from, end: holder.until }, text: '' });
  }
  for (const [whole, edits] of texts) changes.push(inOneGo(whole, edits));
  return changes;
}

/** One change from the first word to the last: a scalar takes no two. */
function inOneGo(whole: Anchor, edits: readonly { readonly at: Anchor; readonly text: string | undefined }[]): Change {
  const { file } = whole;
  const sorted = edits.toSorted((a, b) => a.at.start - b.at.start);
  const start = sorted[0]?.at.start ?? 0;
  let end = start;
  let text = '';
  for (const edit of sorted) {
    const between = file.text.slice(end, edit.at.start);
    text += edit.text === undefined ? between.trimEnd() : between + edit.text;
    end = edit.at.end;
  }
  text = text.trimStart();
  if (text !== '') return { change: 'replace-text', at: { file, start, end }, text };
  if (isScalar(whole) && start === whole.start && end === whole.end) return { change: 'set-scalar', scalar: whole, text, asString: true };
  const behind = /^[ \t]*/.exec(file.text.slice(end))?.[0].length ?? 0;
  const before = behind > 0 ? 0 : (/[ \t]*$/.exec(file.text.slice(0, start))?.[0].length ?? 0);
  return { change: 'replace-text', at: { file, start: start - before, end: end + behind }, text };
}

/** The words of a variable's value; `undefined` when it isn't known. */
export function wordsOfVariable(container: Container, { name, value }: EnvironmentVariable): Word[] | undefined {
  const { at } = value;
  if (!value.known || !at) return undefined;
  const span = spanner(at, value.value);
  const holder: Holder = { kind: 'text', whole: at };
  const from = container.env.variables.has(name) ? 'workload' : 'image';
  return [...value.value.matchAll(/\S+/g)].map(({ 0: text, index }) => {
    const exact = span(index, index + text.length);
    return { text, at: exact ?? at, from, holder: exact && holder };
  });
}

/** What a container starts: its own command, else the image's, with what each of them adds. */
export function commandOf(unit: Unit, container: Container): Piece[] {
  const own = container.args.map((value) => ownWord(container, value));
  if (hasOwnEntrypoint(container)) return expanded(own);
  const file = imageOf(unit, container)?.at.file;
  const final = file && parseDockerfile(file).final;
  const image = final ? effectiveCommand(final) : undefined;
  if (!file || !image) return expanded(own);
  return [...ofDockerfile(file, image.entrypoint), ...(own.length > 0 ? expanded(own) : ofDockerfile(file, image.cmd))];
}

/** The workload starts something in the place of what its image would. */
export function hasOwnEntrypoint({ surface, node }: Container): boolean {
  return nodeAt(node, surface === 'compose' ? 'entrypoint' : 'command') !== undefined;
}

interface OwnWord {
  readonly value: Value<string>;
  readonly word: Word | undefined;
}

function ownWord(container: Container, value: Value<string>): OwnWord {
  if (!value.known || !value.at) return { value, word: undefined };
  const { at } = value;
  const exact = spanner(at, value.value)(0, value.value.length);
  const sequence = ['command', 'args', 'entrypoint']
    .map((key) => nodeAt(container.node, key))
    .find((node): node is YamlSequence => node?.kind === 'sequence' && node.items.some((item) => item === at));
  const item = sequence?.items.find((one) => one === at);
  // A compose command in one text: its words stand behind each other.
  const holder: Holder =
    sequence && item ? { kind: 'list', sequence, item } : { kind: 'text', whole: nodeAt(container.node, 'command') ?? at };
  return { value, word: { text: value.value, at: exact ?? at, from: 'workload', holder: exact && holder } };
}

/** `sh -c "…"` taken apart; other words as they are. */
function expanded(words: readonly OwnWord[]): Piece[] {
  return words.flatMap(({ value, word }): Piece[] => {
    if (!word) return ['unknown'];
    const { at } = value;
    if (!at || !/\s/.test(word.text)) return [word];
    return ofScript(word.text, spanner(at, word.text), at, 'workload');
  });
}

function ofScript(text: string, span: (from: number, to: number) => Anchor | undefined, at: Anchor, from: Word['from']): Piece[] {
  const holder: Holder = { kind: 'text', whole: at };
  return parseShell(text).commands.flatMap((command) => ofShell(command, span, at, from, holder));
}

function ofDockerfile(file: SourceFile, command: DockerCommand | undefined): Piece[] {
  if (!command) return [];
  if (command.form === 'exec') {
    return command.words.flatMap((word, index): Piece[] => {
      const { decoded, text } = word;
      if (text === undefined) return ['unknown'];
      if (/\s/.test(text)) {
        const span = (start: number, end: number): Anchor => ({ file, ...spanWithin(decoded, start, end) });
        return ofScript(text, span, { file, ...decoded.at }, 'image');
      }
      const next = command.words[index + 1];
      const holder: Holder | undefined = next && { kind: 'exec', from: word.at.start, until: next.at.start };
      return [{ text, at: { file, ...decoded.at }, from: 'image', holder }];
    });
  }
  const whole: Anchor = { file, ...command.at };
  const holder: Holder = { kind: 'text', whole };
  return (command.shell?.commands ?? []).flatMap((one) => ofShell(one, (start, end) => ({ file, start, end }), whole, 'image', holder));
}

function ofShell(
  { words }: ShellCommand,
  span: (from: number, to: number) => Anchor | undefined,
  whole: Anchor,
  from: Word['from'],
  holder: Holder,
): Piece[] {
  return words.map((word): Piece => {
    const [part, ...others] = word.parts;
    if (others.length === 0 && typeof part === 'object' && part.name !== undefined) return { variable: part.name };
    const text = word.text ?? word.decoded.text;
    const exact = span(word.at.start, word.at.end);
    return { text, at: exact ?? whole, from, holder: exact && holder };
  });
}

function spanner(at: Anchor, text: string): (from: number, to: number) => Anchor | undefined {
  if (isScalar(at)) return (from, to) => (at.text === text ? spanInScalar(at, from, to) : undefined);
  const isWritten = at.file.text.slice(at.start, at.end) === text;
  return (from, to) => (isWritten ? { file: at.file, start: at.start + from, end: at.start + to } : undefined);
}

function isScalar(at: Anchor): at is YamlScalar {
  return 'kind' in at;
}
