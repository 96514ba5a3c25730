import { linesOf } from '../../text/key-value.ts';
import type { SourceFile, Span } from '../../text/source.ts';
import { anchor, type BuildFile, type Dependency, dependency, knownVersion, layerOf, unknownVersionValue } from './dependency.ts';

interface Word extends Span {
  readonly text: string;
}

interface Directive {
  readonly verb: string;
  readonly words: readonly Word[];
  readonly comment: string;
}

/** go.mod line by line: blocks unfolded, quotes taken off (Go modules reference: go.mod files). */
function directives(text: string): Directive[] {
  const found: Directive[] = [];
  let block: string | undefined;
  for (const line of linesOf(text)) {
    const whole = text.slice(line.start, line.end);
    const slashes = whole.indexOf('//');
    const body = slashes < 0 ? whole : whole.slice(0, slashes);
    const words = [...body.matchAll(/"([^"]*)"|`([^`]*)`|([()])|([^\s"`()]+)/gu)].map((match): Word => {
      const start = line.start + match.index;
      const quoted = match[1] ?? match[2];
      return quoted === undefined
        ? { text: match[0], start, end: start + match[0].length }
        : { text: quoted, start: start + 1, end: start + 1 + quoted.length };
    });
    const first = words[0];
    if (!first) continue;
    const comment = slashes < 0 ? '' : whole.slice(slashes + 2).trim();
    if (first.text === ')') block = undefined;
    else if (words[1]?.text === '(') block = first.text;
    else if (block !== undefined) found.push({ verb: block, words, comment });
    else found.push({ verb: first.text, words: words.slice(1), comment });
  }
  return found;
}

/** The module's path, if the text is a go.mod. */
export function goModulePath(file: SourceFile): string | undefined {
  return directives(file.text).find(({ verb }) => verb === 'module')?.words[0]?.text;
}

/**
 * go.mod: `require` with `replace` applied; the `go` and `toolchain` lines come out as modules `go` and `toolchain`. From go 1.17 on
 * the file lists every module that the packages need, so it is complete.
 */
export function readGoMod(file: SourceFile): BuildFile {
  const all = directives(file.text);
  const replaces = all.filter(({ verb }) => verb === 'replace');
  const dependencies: Dependency[] = [];
  let complete = false;
  for (const { verb, words, comment } of all) {
    const [name, version] = words;
    if ((verb === 'go' || verb === 'toolchain') && name) {
      const text = name.text.replace(/^go/u, '');
      const at = anchor(file, { start: name.end - text.length, end: name.end });
      dependencies.push(
        dependency({ ecosystem: 'go', name: verb, nameAt: at, version: knownVersion(text, at), scope: 'build', source: 'direct' }),
      );
      if (verb === 'go') complete = (Number(text.split('.')[0]) || 0) > 1 || Number(text.split('.')[1]) >= 17;
    }
    if (verb !== 'require' || !name || !version) continue;
    const fields = {
      ecosystem: 'go',
      name: name.text,
      nameAt: anchor(file, name),
      scope: 'compile',
      declared: comment !== 'indirect',
    } as const;
    const written = layerOf(version.text, anchor(file, version));
    const replaced = replacement(replaces, name.text, version.text);
    if (!replaced)
      dependencies.push(dependency({ ...fields, version: knownVersion(version.text, anchor(file, version)), source: 'direct' }));
    else if (replaced.path.text === name.text && replaced.version) {
      const at = anchor(file, replaced.version);
      dependencies.push(dependency({ ...fields, version: knownVersion(replaced.version.text, at, [written]), source: 'direct' }));
    } else
      dependencies.push(
        dependency({
          ...fields,
          version: unknownVersionValue(`replaced by ${replaced.path.text}`, anchor(file, replaced.path), replaced.path.text),
          source: 'none',
        }),
      );
  }
  return { file, ecosystem: 'go', dependencies, complete, problems: [] };
}

/** `replace old [version] => new [version]`; one with the version wins over one without. */
function replacement(
  replaces: readonly Directive[],
  name: string,
  version: string,
): { readonly path: Word; readonly version: Word | undefined } | undefined {
  let general: { path: Word; version: Word | undefined } | undefined;
  for (const { words } of replaces) {
    if (words[0]?.text !== name) continue;
    const arrow = words.findIndex(({ text }) => text === '=>');
    const path = words[arrow + 1];
    if (arrow < 1 || !path) continue;
    const found = { path, version: words[arrow + 2] };
    if (arrow === 2 && words[1]?.text === version) return found;
    if (arrow === 1) general = found;
  }
  return general;
}
