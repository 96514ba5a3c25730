import { Engine, type LintConfiguration, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import type { Rule } from '../../src/linters/rule.ts';
import { readFile } from 'node:fs/promises';
import { openCodeParser } from '../../src/code/index.ts';
import { sourceFile } from '../../src/text/source.ts';

export interface EngineSetup {
  readonly rules?: readonly Rule[];
  readonly configuration?: LintConfiguration;
  readonly preview?: boolean;
}

/** One parser for all tests: the grammars come from the package, as in the built program from beside it. */
export const codeParser = openCodeParser({
  readBytes: (name) => readFile(new URL(`../../node_modules/@vscode/tree-sitter-wasm/wasm/${name}`, import.meta.url)),
});

/** An engine over files that exist only in memory. */
export async function engineOf(files: Readonly<Record<string, string>>, setup: EngineSetup = {}): Promise<Engine> {
  const engine = new Engine({
    rules: setup.rules ?? RULES,
    configuration: setup.configuration ?? NO_CONFIGURATION,
    preview: setup.preview ?? false,
    inputs: { readText: (path) => files[path], codeParser },
  });
  for (const [path, text] of Object.entries(files)) engine.setFile(path, sourceFile(path, text));
  await engine.prepare();
  return engine;
}
