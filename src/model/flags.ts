import type { Change } from '../fixes/change.ts';
import { parseShell } from '../text/shell.ts';
import type { Anchor } from '../text/source.ts';
import { nodeAt, offsetMap, type YamlNode, type YamlScalar } from '../text/yaml.ts';
import type { Container } from './container.ts';
import { known, unknown, type Value } from './value.ts';

/** A command-line flag as written: `--name=value`, `--name value`, or `--name` alone. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  readonly nameAt: Anchor;
  /** `undefined` for a flag without a value. Unknown when a variable or a template is part of it. */
  readonly value: Value<string> | undefined;
  /** How to give it another value; `undefined` when there is none to replace. */
  readonly set: ((text: string) => readonly Change[]) | undefined;
  readonly rename: (name: string) => readonly Change[];
  /** Takes the flag (and its value's word) out; `undefined` where it can't be edited. */
  readonly remove: (() => readonly Change[]) | undefined;
}

export interface CommandLine {
  /** Words that are no flags and no flag's value, in order: the program and its sub-commands. */
  readonly words: readonly { readonly text: string; readonly at: Anchor }[];
  readonly flags: readonly Flag[];
  /** A word isn't known: it may be any flag. */
  readonly incomplete: boolean;
  readonly add: ((flag: string) => readonly Change[]) | undefined;
}

interface Word {
  readonly text: string | undefined;
  readonly at: Anchor;
  /** Where a stretch of the word's text stands. */
  readonly span: (from: number, to: number) => Anchor | undefined;
  readonly item: { readonly sequence: YamlNode; readonly node: YamlNode } | undefined;
}

/**
 * Reads a container's command line, also inside `sh -c "…"`.
 * @param switches names of flags that never take the next word as their value
 */
export function readCommandLine(container: Container, switches: (name: string) => boolean = () => false): CommandLine {
  const words = container.args.flatMap((value) => expandShell(wordOf(container, value)));
  const flags: Flag[] = [];
  const plain: { text: string; at: Anchor }[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word || word.text === undefined) continue;
    const match = /^(--?)([A-Za-z][\w.-]*)(=?)/.exec(word.text);
    if (!match) {
      plain.push({ text: word.text, at: word.at });
      continue;
    }
    const [lead, dashes = '', name = '', equals] = match;
    const nameAt = word.span(dashes.length, dashes.length + name.length) ?? word.at;
    const next = words[at + 1];
    const takesNext = equals === '' && !switches(name) && next !== undefined && !next.text?.startsWith('-');
    const valueAt = equals === '=' ? word.span(lead.length, word.text.length) : undefined;
    const text = equals === '=' ? word.text.slice(lead.length) : takesNext ? next.text : undefined;
    const place = equals === '=' ? (valueAt ?? word.at) : next?.at;
    const value = equals === '=' || takesNext ? flagValue(text, place ?? word.at) : undefined;
    const editable = equals === '=' ? valueAt : takesNext ? next.span(0, next.text?.length ?? 0) : undefined;
    flags.push({
      name,
      nameAt,
      value,
      set: editable && ((to) => [{ change: 'replace-text', at: editable, text: to }]),
      rename: (to) => [{ change: 'replace-text', at: nameAt, text: to }],
      remove: remover(takesNext ? [word, next] : [word]),
    });
    if (takesNext) at++;
  }
  return { words: plain, flags, incomplete: words.some((word) => word.text === undefined), add: adder(container, words) };
}

function flagValue(text: string | undefined, at: Anchor): Value<string> {
  if (text === undefined) return unknown({ why: 'outside', what: at.file.text.slice(at.start, at.end) }, 'flag', at);
  const variable = /\$\(?[{A-Za-z_]/.exec(text);
  return variable ? unknown({ why: 'outside', what: text }, 'flag', at, text) : known(text, 'flag', at);
}

function isScalar(at: Anchor): at is YamlScalar {
  return 'kind' in at && at.kind === 'scalar';
}

function wordOf(container: Container, value: Value<string>): Word {
  const at = value.at ?? container.at;
  const text = value.known ? value.value : undefined;
  return { text, at, span: spanner(at, text), item: itemOf(container, at) };
}

function spanner(at: Anchor, text: string | undefined): Word['span'] {
  if (isScalar(at)) {
    const map = offsetMap(at);
    if (map) return (from, to) => ({ file: at.file, start: map(from), end: to > from ? map(to - 1) + 1 : map(from) });
    // `--flag={{ .Values.flag }}` stands where the value does: its end is written there.
    const source = at.file.text.slice(at.start, at.end);
    if (!at.derived || source === '' || !text?.endsWith(source)) return () => undefined;
    const lead = text.length - source.length;
    return (from, to) => (from >= lead ? { file: at.file, start: at.start + from - lead, end: at.start + to - lead } : undefined);
  }
  const written = text !== undefined && at.file.text.slice(at.start, at.end) === text;
  return (from, to) => (written ? { file: at.file, start: at.start + from, end: at.start + to } : undefined);
}

function itemOf(container: Container, at: Anchor): Word['item'] {
  if (!container.node) return undefined;
  for (const key of ['args', 'command', 'entrypoint']) {
    const sequence = nodeAt(container.node, key);
    if (sequence?.kind !== 'sequence') continue;
    const node = sequence.items.find((item) => item === at);
    if (node) return { sequence, node };
  }
  return undefined;
}

/** A word with blanks that holds a flag is a shell's script: `sh -c "exec /kiam server --sync=1m"`. */
function expandShell(word: Word): Word[] {
  if (word.text === undefined || !/\s-/.test(word.text)) return [word];
  const { text } = word;
  return parseShell(text).commands.flatMap((command) =>
    command.words.map((inner): Word => {
      const outer = word.span(inner.at.start, inner.at.end) ?? word.at;
      const literal = inner.text !== undefined && text.slice(inner.at.start, inner.at.end) === inner.text;
      return {
        text: inner.text,
        at: outer,
        span: (from, to) => (literal ? word.span(inner.at.start + from, inner.at.start + to) : undefined),
        item: undefined,
      };
    }),
  );
}

function remover(words: readonly Word[]): Flag['remove'] {
  const items = words.map((word) => word.item);
  if (items.every((item) => item?.sequence.kind === 'sequence')) {
    return () =>
      items.flatMap((item): Change[] =>
        item?.sequence.kind === 'sequence' ? [{ change: 'remove-item', sequence: item.sequence, item: item.node }] : [],
      );
  }
  const [first] = words;
  const last = words.at(-1);
  if (!first || !last || first.item) return undefined;
  const { file } = first.at;
  const start = first.at.start;
  const lead = /[ \t]+$/.exec(file.text.slice(0, start))?.[0].length ?? 0;
  return () => [{ change: 'replace-text', at: { file, start: start - lead, end: last.at.end }, text: '' }];
}

function adder(container: Container, words: readonly Word[]): CommandLine['add'] {
  const last = words.findLast((word) => word.text?.startsWith('-')) ?? words.at(-1);
  if (!last) {
    const { node } = container;
    return node && ((flag) => [{ change: 'set-entry', map: node, path: ['args'], value: [flag] }]);
  }
  const sequence = last.item?.sequence;
  if (sequence?.kind === 'sequence') return (flag) => [{ change: 'add-item', sequence, value: flag }];
  if (last.item || container.node === undefined) return undefined;
  const { file, end } = last.at;
  return (flag) => [{ change: 'replace-text', at: { file, start: end, end }, text: ` ${flag}` }];
}
