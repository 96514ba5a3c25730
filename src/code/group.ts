import type { Anchor, SourceFile, Span } from '../text/source.ts';
import { type CodeNotice, type CodeParser, grammarOf, languageOf } from './parser.ts';
import type { CodeLanguage, Import, Module } from './syntax.ts';

/** Files parsed per component at most; the rest is a notice. */
const MAX_PARSED = 400;

/** Searches for a word after which the files' words are indexed. */
const INDEX_AFTER = 40;

/** The files of one component, parsed when first needed. */
export interface Group {
  readonly files: readonly SourceFile[];
  readonly notices: CodeNotice[];
  module(file: SourceFile): Module | undefined;
  parsed(): readonly Module[];
  /** Modules of the same language whose text has the word, tests left out unless `tests`. */
  mentioning(word: string, language: CodeLanguage, tests: boolean): Module[];
  /** Files of the same Go package as `module`, mentioning the word. */
  packageMates(module: Module, word: string): Module[];
  /** The modules an import leads to inside the component (Go: a package's files). */
  imported(from: Module, target: Import, word: string): Module[];
}

export function createGroup(files: readonly SourceFile[], parser: CodeParser): Group {
  const notices: CodeNotice[] = [];
  const modules = new Map<SourceFile, Module | undefined>();
  const byPath = new Map(files.map((file) => [file.path, file]));
  let parsedCount = 0;
  const module = (file: SourceFile): Module | undefined => {
    if (modules.has(file)) return modules.get(file);
    if (parsedCount >= MAX_PARSED) {
      if (parsedCount === MAX_PARSED) notices.push({ path: file.path, kind: 'incomplete', detail: `more than ${MAX_PARSED} files` });
      parsedCount++;
      return undefined;
    }
    parsedCount++;
    const result = parser.parse(file);
    const made = 'kind' in result ? undefined : result;
    if ('kind' in result) notices.push(result);
    else if (result.brokenLine !== undefined) {
      notices.push({ path: file.path, kind: 'syntax', detail: `line ${result.brokenLine}: syntax error` });
    }
    modules.set(file, made);
    return made;
  };
  const answers = new Map<string, Module[]>();
  const once = (key: string, answer: () => Module[]): Module[] => {
    const known = answers.get(key);
    if (known) return known;
    const made = answer();
    answers.set(key, made);
    return made;
  };
  const generatedFiles = new Map<SourceFile, boolean>();
  const generated = (file: SourceFile): boolean => {
    const made = generatedFiles.get(file) ?? isGenerated(file);
    generatedFiles.set(file, made);
    return made;
  };
  const goFolders = new Map<string, SourceFile[]>();
  for (const file of files) {
    if (!file.path.endsWith('.go')) continue;
    const folder = goFolders.get(parentOf(file.path));
    if (folder) folder.push(file);
    else goFolders.set(parentOf(file.path), [file]);
  }
  const words = new Map<SourceFile, Set<string>>();
  let lookups = 0;
  const mentions = (file: SourceFile, word: string): boolean => {
    // A few searches are cheaper than an index; many are not.
    if (lookups < INDEX_AFTER) return hasWord(file.text, word);
    const known = words.get(file) ?? new Set(file.text.match(/[\w$]+/g) ?? []);
    words.set(file, known);
    return known.has(word);
  };
  const withWord = (candidates: Iterable<SourceFile>, word: string): Module[] => {
    lookups++;
    const found: Module[] = [];
    for (const file of candidates) {
      if (!mentions(file, word)) continue;
      const made = module(file);
      if (made) found.push(made);
    }
    return found;
  };
  const resolvePath = (path: string): SourceFile | undefined => {
    const normal = normalPath(path);
    if (normal === undefined) return undefined;
    const bare = normal.replace(/\.(js|mjs|cjs|jsx)$/, '');
    for (const base of normal === bare ? [normal] : [normal, bare]) {
      for (const ending of [
        '',
        '.ts',
        '.tsx',
        '.mts',
        '.cts',
        '.js',
        '.mjs',
        '.cjs',
        '.jsx',
        '/index.ts',
        '/index.js',
        '.py',
        '/__init__.py',
      ]) {
        const file = byPath.get(base + ending);
        if (file && grammarOf(file.path)) return file;
      }
    }
    return undefined;
  };
  const pythonPath = (from: Module, path: string): SourceFile | undefined => {
    const dots = /^\.+/.exec(path)?.[0].length ?? 0;
    const rest = path.slice(dots).replaceAll('.', '/');
    let folder = from.directory;
    for (let up = 1; up < dots; up++) folder = parentOf(folder);
    if (dots > 0) return resolvePath(rest === '' ? `${folder}/__init__` : `${folder}/${rest}`);
    for (;;) {
      const file = resolvePath(folder === '' ? rest : `${folder}/${rest}`);
      if (file || folder === '') return file;
      folder = parentOf(folder);
    }
  };
  /** The folder of a Go import: the longest whole folder path the import path ends in, or else the only one that shares most of its end. */
  const goPackage = (path: string): SourceFile[] => {
    const wanted = path.split('/').reverse();
    let best = 0;
    let folders: string[] = [];
    for (const folder of goFolders.keys()) {
      const parts = folder.split('/').reverse();
      let same = 0;
      while (same < parts.length && same < wanted.length && parts[same] === wanted[same]) same++;
      if (same === 0) continue;
      const score = same === parts.length ? same + 1000 : same;
      if (score > best) folders = [];
      if (score >= best) folders.push(folder);
      best = Math.max(best, score);
    }
    const [only] = folders;
    return folders.length === 1 && only !== undefined
      ? (goFolders.get(only) ?? []).filter((file) => !file.path.endsWith('_test.go') && !isStub(file.path))
      : [];
  };
  return {
    files,
    notices,
    module,
    parsed: () => [...modules.values()].filter((each): each is Module => each !== undefined),
    mentioning(word, language, tests) {
      const family = familyOf(language);
      return once(`word\0${family}\0${tests}\0${word}`, () => {
        const candidates = files.filter((file) => {
          const own = languageOf(file.path);
          return own !== undefined && familyOf(own) === family && (tests || !isTestPath(file.path)) && !generated(file);
        });
        return withWord(candidates, word);
      });
    },
    packageMates(from, word) {
      const test = isTestPath(from.file.path);
      return once(`mates\0${from.directory}\0${test}\0${word}`, () =>
        withWord(
          (goFolders.get(from.directory) ?? []).filter((file) => (test || !file.path.endsWith('_test.go')) && !isStub(file.path)),
          word,
        ),
      );
    },
    imported(from, target, word) {
      if (from.language === 'go') return once(`package\0${target.from}\0${word}`, () => withWord(goPackage(target.from), word));
      if (from.language === 'python') {
        const nested =
          target.member !== undefined && target.member !== '*'
            ? pythonPath(from, `${target.from}${target.from.endsWith('.') ? '' : '.'}${target.member}`)
            : undefined;
        const file = nested ?? pythonPath(from, target.from);
        const made = file ? module(file) : undefined;
        return made ? [made] : [];
      }
      if (from.language === 'java') {
        const name =
          target.member === undefined || target.member === '*' ? target.from.slice(target.from.lastIndexOf('.') + 1) : target.member;
        return withWord(
          files.filter((file) => file.path.endsWith(`/${name}.java`) || file.path === `${name}.java`),
          name,
        );
      }
      if (!target.from.startsWith('.') && !target.from.startsWith('@/') && !target.from.startsWith('~/')) return [];
      const file = target.from.startsWith('.') ? resolvePath(`${from.directory}/${target.from}`) : undefined;
      const made = file ? module(file) : undefined;
      return made ? [made] : [];
    },
  };
}

/** `a/./b/../c` as `a/c`; undefined when it leaves the root. */
function normalPath(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function familyOf(language: CodeLanguage): 'go' | 'java' | 'python' | 'node' {
  return language === 'typescript' || language === 'javascript' ? 'node' : language;
}

/** Is `word` in the text with no identifier character beside it? */
export function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/[\w$]/.test(text[at - 1] ?? ' ') && !/[\w$]/.test(text[at + word.length] ?? ' ')) return true;
  }
  return false;
}

export function anchorIn(module: Module, span: Span): Anchor {
  return { file: module.file, start: span.start, end: span.end };
}

/** Tests by the naming of the four ecosystems. */
export function isTestPath(path: string): boolean {
  return (
    /(^|\/)(tests?|__tests__|testdata|testing|testutils?|e2e|it|integration[-_]?tests?|mocks?|__mocks__)\//.test(path) ||
    /(_test\.go|Tests?\.java|IT\.java|TestCase\.java|\.(spec|test)\.[cm]?[jt]sx?|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py)$/.test(path)
  );
}

export function isExamplePath(path: string): boolean {
  return /(^|\/)(examples?|samples?|demos?|tutorials?)\//.test(path);
}

/** What protoc writes for Go: messages and stubs, whose text is long and leads to no setting. */
export function isStub(path: string): boolean {
  return /\.pb(?:\.gw)?\.go$/.test(path);
}

/** Code written by a generator, by name or by the header the Go and protobuf tools write. */
export function isGenerated(file: SourceFile): boolean {
  if (/(\.pb(\.gw)?\.go|_grpc\.pb\.go|_pb2(_grpc)?\.py|_pb\.(js|ts)|_grpc_pb\.(js|ts)|Grpc\.java|\.generated\.[jt]s)$/.test(file.path))
    return true;
  return /code generated|do not edit|@generated/i.test(file.text.slice(0, 1000));
}
