import { ObjectMemo } from '../text/once.ts';
import type { Language, Node, Parser } from '@vscode/tree-sitter-wasm';
import type { SourceFile } from '../text/source.ts';
import { createBuilder } from './builder.ts';
import { buildGo } from './go-source.ts';
import { buildJava } from './java-source.ts';
import { buildPython } from './python-source.ts';
import { buildScript } from './script-source.ts';
import type { CodeLanguage, Grammar, Module } from './syntax.ts';

/** Why a file gives no facts, or fewer than it could. */
export interface CodeNotice {
  readonly path: string;
  /** `syntax`: what is around the place is read all the same. */
  readonly kind: 'oversize' | 'unparsable' | 'syntax' | 'incomplete' | 'grammar';
  readonly detail: string;
}

export interface CodeParserHost {
  /** The bytes of a file of the package's `wasm` folder, by its bare name, such as `tree-sitter-go.wasm`. */
  readonly readBytes: (wasmName: string) => Promise<Uint8Array>;
}

export interface CodeParser {
  /** Loads the runtime and these grammars, once each. What could not be loaded comes back as notices; such files are skipped. */
  load(grammars: Iterable<Grammar>): Promise<CodeNotice[]>;
  /** The neutral shape of one file, the same for the same file. The tree is freed before this returns. */
  parse(file: SourceFile): Module | CodeNotice;
  dispose(): void;
}

/** A source file past this (UTF-16 code units) is bundled or generated text, not code somebody edits. */
export const MAX_SOURCE_CHARS = 1_500_000;

const builders: Readonly<Record<CodeLanguage, typeof buildGo>> = {
  go: buildGo,
  java: buildJava,
  python: buildPython,
  typescript: buildScript,
  javascript: buildScript,
};

const grammarByEnding: Readonly<Record<string, Grammar>> = {
  go: 'go',
  java: 'java',
  py: 'python',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
};

/** The grammar of a path by its ending; undefined for languages that are not read. */
export function grammarOf(path: string): Grammar | undefined {
  if (path.endsWith('.d.ts')) return undefined;
  return grammarByEnding[path.slice(path.lastIndexOf('.') + 1)];
}

export function languageOf(path: string): CodeLanguage | undefined {
  const grammar = grammarOf(path);
  return grammar === 'tsx' ? 'typescript' : grammar;
}

/** Opens a parser that loads nothing until asked. The host says where the bytes of the wasm files come from. */
export function openCodeParser(host: CodeParserHost): CodeParser {
  const parsers = new Map<Grammar, Parser>();
  const modules = new ObjectMemo<SourceFile, Module>();
  let runtime: Promise<{ Parser: typeof Parser; Language: typeof Language }> | undefined;
  const start = async (): Promise<{ Parser: typeof Parser; Language: typeof Language }> => {
    const restore = nameTheScript();
    try {
      const loaded = await import('@vscode/tree-sitter-wasm');
      // The package is UMD: Node puts its names under `default`, a bundler may not.
      const names = 'Parser' in loaded ? loaded : (loaded as unknown as { default: typeof loaded }).default;
      const options: Record<string, unknown> = { wasmBinary: await host.readBytes('tree-sitter.wasm') };
      await (names.Parser.init as (options: Record<string, unknown>) => Promise<void>)(options);
      return names;
    } finally {
      restore();
    }
  };
  const loadOne = async (grammar: Grammar): Promise<CodeNotice | undefined> => {
    if (parsers.has(grammar)) return undefined;
    try {
      runtime ??= start();
      const names = await runtime;
      const language = await names.Language.load(await host.readBytes(`tree-sitter-${grammar}.wasm`));
      if (parsers.has(grammar)) return undefined;
      const parser = new names.Parser();
      parser.setLanguage(language);
      parsers.set(grammar, parser);
      return undefined;
    } catch (error) {
      runtime = parsers.size > 0 ? runtime : undefined;
      return { path: '', kind: 'grammar', detail: `${grammar}: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
  return {
    async load(grammars) {
      const notices: CodeNotice[] = [];
      for (const grammar of new Set(grammars)) {
        const notice = await loadOne(grammar);
        if (notice) notices.push(notice);
      }
      return notices;
    },
    parse(file) {
      const grammar = grammarOf(file.path);
      const language = languageOf(file.path);
      if (!grammar || !language) return { path: file.path, kind: 'unparsable', detail: 'not a language that is read' };
      if (file.text.length > MAX_SOURCE_CHARS)
        return {
          path: file.path,
          kind: 'oversize',
          detail: `${file.text.length} characters; source files over ${MAX_SOURCE_CHARS} are left out`,
        };
      const parser = parsers.get(grammar);
      if (!parser) return { path: file.path, kind: 'grammar', detail: `${grammar} is not loaded` };
      // A component is read anew when one of its files changes; the others are as they were.
      const known = modules.get(file);
      if (known) return known;
      try {
        const tree = parser.parse(language === 'go' ? withPlainNew(file.text) : file.text);
        if (!tree) return { path: file.path, kind: 'unparsable', detail: 'no tree' };
        try {
          const builder = createBuilder(file, language, brokenLine(tree.rootNode));
          builders[language](builder, tree.rootNode as Node);
          modules.set(file, builder.module);
          return builder.module;
        } finally {
          tree.delete();
        }
      } catch (error) {
        parser.reset();
        return { path: file.path, kind: 'unparsable', detail: error instanceof Error ? error.message : String(error) };
      }
    },
    dispose() {
      for (const parser of parsers.values()) parser.delete();
      parsers.clear();
    },
  };
}

/** The line of the first error in a tree, counted from one; what the grammars refuse though the language allows it is none. */
function brokenLine(root: Node): number | undefined {
  if (!root.hasError && !root.isMissing) return undefined;
  if (root.isError || root.isMissing) return isGrammarsOwn(root) ? undefined : root.startPosition.row + 1;
  for (const child of root.children) {
    const line = child ? brokenLine(child) : undefined;
    if (line !== undefined) return line;
  }
  return undefined;
}

/** `&` in an attribute of JSX. */
function isGrammarsOwn(error: Node): boolean {
  return error.parent?.type === 'string' && error.parent.parent?.type === 'jsx_attribute';
}

/** Since Go 1.26 `new` takes an expression, too; the grammar knows types only. As an ordinary call it parses, at the same offsets. */
function withPlainNew(text: string): string {
  return text.replace(VALUE_IN_NEW, 'neu(');
}

/** `new(` before what is no type: a literal, an operator, a call, a field of a field, an element, or a composite value. */
const VALUE_IN_NEW =
  /\bnew\((?=["'`\d!&-]|(?:true|false)\b|(?:\[[.\d]*\]|map\[[\w.]+\])[\w.*]*\{|\**(?!(?:func|struct|interface|map|chan)\b)[\w.]+(?:[({]|\s*[-+*/%=<>!&|^]|\[["'`\d]|\[[^\]\n]*\]\.)|\**\w+\.\w+\.\w)/g;

/**
 * The runtime asks for its own URL through `__filename` or `document` and throws without them, as in an ES module bundle or a web worker.
 * It gets its bytes from the host, so any name will do.
 */
function nameTheScript(): () => void {
  const globals = globalThis as unknown as Record<string, unknown>;
  if (typeof __filename !== 'undefined' || globals.document !== undefined) return () => {};
  const inNode = typeof process === 'object' && typeof process.versions?.node === 'string';
  const key = inNode ? '__filename' : 'document';
  globals[key] = inNode ? 'tree-sitter.js' : { currentScript: { src: 'https://localhost/tree-sitter.js' } };
  return () => {
    delete globals[key];
  };
}
