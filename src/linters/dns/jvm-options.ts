import type { Change } from '../../fixes/change.ts';
import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { componentsOf, type Unit } from '../../model/unit.ts';
import { withoutComments } from '../../model/project/gradle.ts';
import { type DecodedText, spanWithin } from '../../text/decoded.ts';
import { type DockerCommand, type DockerStage, parseDockerfile } from '../../text/dockerfile.ts';
import { oncePer } from '../../text/once.ts';
import { parseProcfile, parseShell, type Shell, type ShellWord } from '../../text/shell.ts';
import { type Anchor, type SourceFile, type Span, textOf } from '../../text/source.ts';
import { parseXml, type XmlElement } from '../../text/xml.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';

/** A text in which options of a JVM may stand, with its place. */
export interface OptionText {
  readonly text: string;
  /** Where a stretch of the text is written. */
  readonly span: (from: number, to: number) => Anchor;
  /** How to write one more option behind the stretch; `undefined` where that takes more than an edit of this text. */
  readonly addAfter: (to: number, option: string) => readonly Change[] | undefined;
  /** Everything that the same process, or the same file, is given. */
  readonly beside: () => string;
  /** The code that runs with these options, as far as it is known. */
  readonly components: readonly Component[];
}

/** A text, and how another option fits in: inside behind a joint, as a word behind all of it, with quotes that the value lacks, or not at all. */
interface Options {
  readonly file: SourceFile;
  readonly text: DecodedText;
  readonly room: { readonly joint: string } | { readonly behind: number } | { readonly bare: Span } | undefined;
}

const TOPIC = 'networkaddress.cache';

/** All texts of a unit that hold `networkaddress.cache`, wherever JVM options are given. What each file and container says is remembered. */
export function optionTexts(unit: Unit): OptionText[] {
  return [
    ...unit.containers.flatMap((container): OptionText[] => {
      const found = ofContainer(container);
      if (found.length === 0) return [];
      const own = unit.components.filter((use) => use.containers.includes(container)).map((use) => use.component);
      return found.map((options) => finished(options, own.length > 0 ? own : near(unit, options.file), () => besides(container)));
    }),
    ...unit.files.flatMap((parsed) => ofFile(parsed).map((options) => finished(options, near(unit, parsed.file), () => parsed.file.text))),
  ];
}

function finished({ file, text, room }: Options, components: readonly Component[], beside: () => string): OptionText {
  return {
    text: text.text,
    span: (from, to) => ({ file, ...spanWithin(text, from, to) }),
    addAfter: (to, option) => {
      if (!room) return undefined;
      if ('bare' in room) return [{ change: 'replace-text', at: { file, ...room.bare }, text: `"${text.text} ${option}"` }];
      const at = 'behind' in room ? room.behind : spanWithin(text, 0, to).end;
      return [{ change: 'replace-text', at: { file, start: at, end: at }, text: `${'joint' in room ? room.joint : ' '}${option}` }];
    },
    beside,
    components,
  };
}

const NONE: readonly Options[] = [];

/** Dockerfiles and scripts are read as files: there every command counts, not only what ends up in the environment. */
const ofContainer = oncePer((container: Container): readonly Options[] => {
  if (container.surface === 'dockerfile' || container.surface === 'shell') return NONE;
  const found: Options[] = [];
  for (const { value, nameAt } of container.env.variables.values()) {
    if (!value.at || !textOf(value.at).includes(TOPIC)) continue;
    // systemd's `Environment=NAME=value` ends at a blank.
    const bare = container.surface === 'systemd' && !/["']/.test(nameAt.file.text[nameAt.start - 1] ?? '');
    found.push({ file: value.at.file, text: asWritten(value.at), room: bare ? undefined : { joint: ' ' } });
  }
  for (const { at } of container.args) {
    if (!at || !textOf(at).includes(TOPIC)) continue;
    const room = isSeveral(textOf(at)) ? { joint: ' ' } : 'kind' in at ? undefined : { behind: at.end };
    found.push({ file: at.file, text: asWritten(at), room });
  }
  return found.length > 0 ? found : NONE;
});

function besides({ env, args }: Container): string {
  return [...[...env.variables.values()].map(({ value }) => value), ...args].map(({ at }) => (at ? textOf(at) : '')).join('\n');
}

const ofFile = oncePer(({ format, file }: ParsedFile): readonly Options[] => {
  if (!file.text.includes(TOPIC)) return NONE;
  return readOptions(format, file);
});

function readOptions(format: ParsedFile['format'], file: SourceFile): Options[] {
  switch (format) {
    case 'shell':
      return ofShell(file, parseShell(file.text));
    case 'procfile':
      return parseProcfile(file.text).flatMap((process) => ofShell(file, process.shell));
    case 'dockerfile':
      return parseDockerfile(file).stages.flatMap((stage) => ofStage(file, stage));
    case 'build':
      if (/(?:^|\/)pom\.xml$/.test(file.path)) {
        const parsed = parseXml(file.text);
        return parsed.ok ? ofXml(file, parsed.root) : [];
      }
      return /\.gradle(?:\.kts)?$/.test(file.path) ? ofGradle(file) : [];
    default:
      return [];
  }
}

function ofShell(file: SourceFile, shell: Shell): Options[] {
  return shell.commands.flatMap(({ words, assignments }) => [
    ...words.map(({ decoded, at }) => ({ file, text: decoded, room: isSeveral(decoded.text) ? { joint: ' ' } : { behind: at.end } })),
    ...assignments.map(({ value }) => ({ file, text: value.decoded, room: inAssignment(file, value.at) })),
  ]);
}

function ofStage(file: SourceFile, stage: DockerStage): Options[] {
  const variables = [...stage.env, ...stage.args].flatMap(({ decoded, valueAt }) =>
    decoded ? [{ file, text: decoded, room: inAssignment(file, valueAt) }] : [],
  );
  const inExec = ({ decoded }: ShellWord): Options => ({
    file,
    text: decoded,
    room: { joint: isSeveral(decoded.text) ? ' ' : '", "' },
  });
  const ofCommand = ({ form, words, shell }: DockerCommand): Options[] =>
    form === 'exec' ? words.map(inExec) : shell ? ofShell(file, shell) : [];
  return [...variables, ...[stage.entrypoint, stage.cmd, ...stage.runs].flatMap((command) => (command ? ofCommand(command) : []))];
}

/** `NAME=value`: a value without quotes gets them, as a blank would end it; one with some in its midst is left to people. */
function inAssignment({ text }: SourceFile, at: Span): Options['room'] {
  const value = text.slice(at.start, at.end);
  const within = /["']/.test(text.charAt(at.start - 1));
  if (within || /^(?:"[^"]*"|'[^']*')$/.test(value)) return { joint: ' ' };
  if (/["'\\]/.test(value)) return undefined;
  return isSeveral(value) ? { joint: ' ' } : { bare: at };
}

/** Gradle's string literals. */
function ofGradle(file: SourceFile): Options[] {
  const code = withoutComments(file.text);
  const found: Options[] = [];
  for (const match of code.matchAll(/(["'])([^"'\n]*networkaddress\.cache[^"'\n]*)\1/g)) {
    const [, quote = '', text = ''] = match;
    const start = match.index + 1;
    const line = code.slice(code.lastIndexOf('\n', start) + 1, match.index);
    // `jvmArgs += '-Da'` takes one value, not a list.
    const room = isSeveral(text) ? { joint: ' ' } : /\+=\s*$/.test(line) ? undefined : { joint: `${quote}, ${quote}` };
    found.push({ file, text: asWritten({ file, start, end: start + text.length }), room });
  }
  return found;
}

/** Maven's elements that hold one argument each. */
const ONE_ARGUMENT = /^(?:argument|arg|jvmArg|jvmFlag|compilerArg|option|param)$/;

function ofXml(file: SourceFile, { name, text, children }: XmlElement): Options[] {
  if (children.length > 0) return children.flatMap((child) => ofXml(file, child));
  return [{ file, text, room: ONE_ARGUMENT.test(name) ? undefined : { joint: ' ' } }];
}

/** The component whose Dockerfile it is, else the one in whose folder the file stands. */
function near(unit: Unit, file: SourceFile): readonly Component[] {
  const all = componentsOf(unit);
  const built = all.filter(({ dockerfiles }) => dockerfiles.includes(file));
  if (built.length > 0) return built;
  const holding = all.filter(({ folder }) => folder === '.' || file.path.startsWith(`${folder}/`));
  const depth = Math.max(...holding.map(({ folder }) => folder.split('/').length));
  const nearest = holding.filter(({ folder }) => folder.split('/').length === depth);
  return nearest.length > 1 ? nearest.filter(({ folder }) => folder !== '.') : nearest;
}

function isSeveral(text: string): boolean {
  return /\s/.test(text.trim());
}

function asWritten(at: Anchor): DecodedText {
  const { start, end } = at;
  const text = textOf(at);
  return { text, at: { start, end }, runs: [{ index: 0, length: text.length, start, end }] };
}
