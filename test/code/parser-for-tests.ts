import { readFile } from 'node:fs/promises';
import { type CodeFacts, type CodeParser, grammarsFor, openCodeParser, readCode } from '../../src/code/index.ts';
import { sourceFile } from '../../src/text/source.ts';

const wasmFolder = new URL('../../node_modules/@vscode/tree-sitter-wasm/wasm/', import.meta.url);
let opened: CodeParser | undefined;

export async function parserWithAll(): Promise<CodeParser> {
  opened ??= openCodeParser({ readBytes: (name) => readFile(new URL(name, wasmFolder)) });
  await opened.load(['go', 'java', 'python', 'typescript', 'tsx', 'javascript']);
  return opened;
}

/** Facts of files given as path → text. */
export async function factsOf(files: Readonly<Record<string, string>>): Promise<CodeFacts> {
  const sources = Object.entries(files).map(([path, text]) => sourceFile(path, text));
  const parser = await parserWithAll();
  await parser.load(grammarsFor(sources));
  return readCode(sources, parser);
}
