import type { Change } from '../../fixes/change.ts';
import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import type { Unit } from '../../model/unit.ts';
import { withoutComments } from '../../model/project/gradle.ts';
import { type DecodedText, spanWithin } from '../../text/decoded.ts';
import { type DockerCommand, parseDockerfile } from '../../text/dockerfile.ts';
import { parseProcfile, parseShell, type Shell, type ShellWord } from '../../text/shell.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { parseXml, type XmlElement } from '../../text/xml.ts';
import type { YamlScalar } from '../../text/yaml.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';

/** A text in which options of a JVM may stand, with its place. */
export interface OptionText {
  readonly text: string;
  readonly file: SourceFile;
  /** Where a stretch of the text is written. */
  readonly span: (from: number, to: number) => Anchor;
  /** How to write one more option behind the stretch; `undefined` where that takes more than an edit of this text. */
  readonly addAfter: (to: number, option: string) => readonly Change[] | undefined;
  /** Everything that the same process, or the same file, is given. */
  readonly beside: () => string;
  /** The code that runs with these options, as far as it is known. */
  readonly components: readonly Component[];
}

/** Whatever is cheap to ask before anything is read: does the file speak of this at all? */
const TOPIC = 'networkaddress.cache';

/** All texts of a unit that hold `networkaddress.cache`, wherever JVM options are given. */
export function optionTexts(unit: Unit): OptionText[] {
  const files = unit.files.filter((parsed) => parsed.file.text.includes(TOPIC));
  const containers = unit.containers.filter((container) => container.surface !== 'dockerfile' && container.surface !== 'shell');
  return [...containers.flatMap((container) => ofContainer(unit, container)), ...files.flatMap((parsed) => ofFile(unit, parsed))];
}

function ofContainer(unit: Unit, container: Container): OptionText[] {
  const settings = [...container.env.variables.values()];
  const components = unit.components.filter((use) => use.containers.includes(container)).map((use) => use.component);
  const beside = (): string =>
    [...settings.map(({ value }) => value.at), ...container.args.map((word) => word.at)].map((at) => (at ? sliceOf(at) : '')).join('\n');
  const texts: OptionText[] = [];
  for (const { value, nameAt } of settings) {
    const { at } = value;
    if (!at || !sliceOf(at).includes(TOPIC)) continue;
    const bare = container.surface === 'systemd' && !/["']/.test(nameAt.file.text[nameAt.start - 1] ?? '');
    texts.push(written(at, bare ? () => undefined : inline(at), beside, near(unit, components, at.file)));
  }
  for (const { at } of container.args) {
    if (!at || !sliceOf(at).includes(TOPIC)) continue;
    const text = sliceOf(at);
    const add = /\s/.test(text.trim()) ? inline(at) : isScalar(at) ? (): undefined => undefined : behind(at);
    texts.push(written(at, add, beside, near(unit, components, at.file)));
  }
  return texts;
}

function ofFile(unit: Unit, { format, file }: ParsedFile): OptionText[] {
  const components = near(unit, [], file);
  const beside = (): string => file.text;
  const word = (one: ShellWord): OptionText => decodedText(file, one.decoded, addToWord(file, one), beside, components);
  const shellTexts = (shell: Shell): OptionText[] =>
    shell.commands.flatMap(({ words, assignments }) => [
      ...words.map(word),
      ...assignments.map(({ value }) =>
        decodedText(file, value.decoded, addToAssignment(file, value.at, value.quoted), beside, components),
      ),
    ]);
  const command = (one: DockerCommand | undefined): OptionText[] =>
    one?.form === 'exec'
      ? one.words.map((json) => decodedText(file, json.decoded, addToJson(file, json), beside, components))
      : one?.shell
        ? shellTexts(one.shell)
        : [];
  const read = (): OptionText[] => {
    switch (format) {
      case 'shell':
        return shellTexts(parseShell(file.text));
      case 'procfile':
        return parseProcfile(file.text).flatMap((process) => shellTexts(process.shell));
      case 'dockerfile':
        return parseDockerfile(file).stages.flatMap((stage) => [
          ...[...stage.env, ...stage.args].flatMap((variable) =>
            variable.decoded
              ? [
                  decodedText(
                    file,
                    variable.decoded,
                    addToAssignment(file, variable.valueAt, isQuoted(file, variable.valueAt)),
                    beside,
                    components,
                  ),
                ]
              : [],
          ),
          ...[stage.entrypoint, stage.cmd, ...stage.runs].flatMap(command),
        ]);
      case 'build':
        return buildTexts(file, beside, components);
      default:
        return [];
    }
  };
  return read().filter(({ text }) => text.includes(TOPIC));
}

/** The components of a container, else the one in whose folder the file stands. */
function near(unit: Unit, own: readonly Component[], file: SourceFile): readonly Component[] {
  if (own.length > 0) return own;
  const all = unit.components.map((use) => use.component);
  const holding = all.filter(
    (component) =>
      component.dockerfiles.includes(file) ||
      component.buildFiles.includes(file) ||
      component.folder === '.' ||
      file.path.startsWith(`${component.folder}/`),
  );
  const depth = Math.max(...holding.map((component) => component.folder.length));
  return holding.filter((component) => component.folder.length === depth);
}

/** Maven's elements by their text, Gradle's string literals. */
function buildTexts(file: SourceFile, beside: () => string, components: readonly Component[]): OptionText[] {
  if (/(?:^|\/)pom\.xml$/.test(file.path)) {
    const parsed = parseXml(file.text);
    return parsed.ok ? xmlTexts(file, parsed.root, beside, components) : [];
  }
  if (!/\.gradle(?:\.kts)?$/.test(file.path)) return [];
  const code = withoutComments(file.text);
  const texts: OptionText[] = [];
  for (let at = code.indexOf(TOPIC); at >= 0; at = code.indexOf(TOPIC, at + 1)) {
    const lineStart = code.lastIndexOf('\n', at) + 1;
    const open = Math.max(code.lastIndexOf('"', at), code.lastIndexOf("'", at));
    if (open < lineStart) continue;
    const quote = code.charAt(open);
    const close = code.indexOf(quote, at);
    const lineEnd = code.indexOf('\n', at);
    if (close < 0 || (lineEnd >= 0 && close > lineEnd)) continue;
    const literal = { file, start: open + 1, end: close };
    const single = !/\s/.test(sliceOf(literal).trim());
    // `jvmArgs += '-Da'` takes one value, not a list.
    const takesOne = /\+=\s*$/.test(code.slice(lineStart, open));
    const addToList = (to: number, option: string): readonly Change[] => [
      { change: 'replace-text', at: pointAt(file, literal.start + to), text: `${quote}, ${quote}${option}` },
    ];
    const add: OptionText['addAfter'] = single ? (takesOne ? (): undefined => undefined : addToList) : inline(literal);
    texts.push(written(literal, add, beside, components));
  }
  return texts;
}

/** Elements that hold one argument each. */
const ONE_ARGUMENT = /^(?:argument|arg|jvmArg|jvmFlag|compilerArg|option|param)$/;

function xmlTexts(file: SourceFile, element: XmlElement, beside: () => string, components: readonly Component[]): OptionText[] {
  if (element.children.length > 0) return element.children.flatMap((child) => xmlTexts(file, child, beside, components));
  const { text } = element;
  if (!text.text.includes(TOPIC)) return [];
  const add: OptionText['addAfter'] = (to, option) =>
    ONE_ARGUMENT.test(element.name)
      ? undefined
      : [{ change: 'replace-text', at: pointAt(file, spanWithin(text, 0, to).end), text: ` ${option}` }];
  return [decodedText(file, text, add, beside, components)];
}

function written(at: Anchor, addAfter: OptionText['addAfter'], beside: () => string, components: readonly Component[]): OptionText {
  const { file, start } = at;
  return { text: sliceOf(at), file, span: (from, to) => ({ file, start: start + from, end: start + to }), addAfter, beside, components };
}

function decodedText(
  file: SourceFile,
  decoded: DecodedText,
  addAfter: OptionText['addAfter'],
  beside: () => string,
  components: readonly Component[],
): OptionText {
  return { text: decoded.text, file, span: (from, to) => ({ file, ...spanWithin(decoded, from, to) }), addAfter, beside, components };
}

/** In a text of several options: a blank and the option. */
function inline(at: Anchor): OptionText['addAfter'] {
  return (to, option) => [{ change: 'replace-text', at: pointAt(at.file, at.start + to), text: ` ${option}` }];
}

/** A word of its own: behind it. */
function behind(at: Anchor): OptionText['addAfter'] {
  return (_to, option) => [{ change: 'replace-text', at: pointAt(at.file, at.end), text: ` ${option}` }];
}

function addToWord(file: SourceFile, word: ShellWord): OptionText['addAfter'] {
  const several = /\s/.test(word.decoded.text.trim());
  return (to, option) => {
    const at = several ? spanWithin(word.decoded, 0, to).end : word.at.end;
    return [{ change: 'replace-text', at: pointAt(file, at), text: ` ${option}` }];
  };
}

function addToJson(file: SourceFile, word: ShellWord): OptionText['addAfter'] {
  const several = /\s/.test(word.decoded.text.trim());
  return (to, option) => {
    const at = pointAt(file, spanWithin(word.decoded, 0, to).end);
    return [{ change: 'replace-text', at, text: several ? ` ${option}` : `", "${option}` }];
  };
}

/** `NAME=value`: a value without quotes gets them, as the blank would end it. */
function addToAssignment(
  file: SourceFile,
  valueAt: { readonly start: number; readonly end: number },
  quoted: boolean,
): OptionText['addAfter'] {
  return (to, option) => {
    const at = { file, start: valueAt.start, end: valueAt.end };
    const value = sliceOf(at);
    const spaced = /\s/.test(value.trim()) && !quoted;
    if (quoted || spaced) return inlineIn(file, at, value, to, option);
    return /["'\\]/.test(value) ? undefined : [{ change: 'replace-text', at, text: `"${value} ${option}"` }];
  };
}

function inlineIn(file: SourceFile, at: Anchor, value: string, to: number, option: string): readonly Change[] | undefined {
  // Quotes or not, the options are written as they read; else their place isn't clear.
  const lead = /^["']?/.exec(value)?.[0].length ?? 0;
  const place = at.start + lead + to;
  return place <= at.end ? [{ change: 'replace-text', at: pointAt(file, place), text: ` ${option}` }] : undefined;
}

function isQuoted(file: SourceFile, at: { readonly start: number }): boolean {
  return /["']/.test(file.text.charAt(at.start)) || /["']/.test(file.text.charAt(at.start - 1));
}

function pointAt(file: SourceFile, offset: number): Anchor {
  return { file, start: offset, end: offset };
}

function sliceOf({ file, start, end }: Anchor): string {
  return file.text.slice(start, end);
}

function isScalar(at: Anchor): at is YamlScalar {
  return 'kind' in at && at.kind === 'scalar';
}
