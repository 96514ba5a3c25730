import { Configuration } from '../../src/configuration/configuration.ts';
import { loadSettings } from '../../src/configuration/load.ts';
import { Engine, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import type { LintConfiguration } from '../../src/linters/lint-result.ts';
import { RULES } from '../../src/linters/registry.ts';
import type { Rule } from '../../src/linters/rule.ts';
import { readFile } from 'node:fs/promises';
import { openCodeParser } from '../../src/code/index.ts';
import { sourceFile } from '../../src/text/source.ts';

export interface EngineSetup {
  readonly rules?: readonly Rule[];
  readonly configuration?: LintConfiguration;
  readonly preview?: boolean;
  /** The text of a `.runbook-lens.yaml`. */
  readonly settings?: string;
}

/** One parser for all tests: the grammars come from the package, as in the built program from beside it. */
export const codeParser = openCodeParser({
  readBytes: (name) => readFile(new URL(`../../node_modules/@vscode/tree-sitter-wasm/wasm/${name}`, import.meta.url)),
});

/** An engine over files that exist only in memory. */
export async function engineOf(files: Readonly<Record<string, string>>, setup: EngineSetup = {}): Promise<Engine> {
  const engine = new Engine({
    rules: setup.rules ?? RULES,
    configuration: setup.configuration ?? (setup.settings === undefined ? NO_CONFIGURATION : configurationOf(setup.settings)),
    preview: setup.preview ?? false,
    inputs: { readText: (path) => files[path], codeParser },
  });
  for (const [path, text] of Object.entries(files)) engine.setFile(path, sourceFile(path, text));
  await engine.prepare();
  return engine;
}

function configurationOf(text: string): Configuration {
  const { settings, problems } = loadSettings(sourceFile('.runbook-lens.yaml', text), { rules: RULES, catalogue: new Set() });
  const [problem] = problems;
  if (problem) throw new Error(`the case's configuration: ${problem.key} ${problem.message.en}`);
  return new Configuration(settings);
}
