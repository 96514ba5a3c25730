import { Engine, type LintConfiguration, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import type { Rule } from '../../src/linters/rule.ts';
import { sourceFile } from '../../src/text/source.ts';

export interface EngineSetup {
  readonly rules?: readonly Rule[];
  readonly configuration?: LintConfiguration;
  readonly preview?: boolean;
}

/** An engine over files that exist only in memory. */
export function engineOf(files: Readonly<Record<string, string>>, setup: EngineSetup = {}): Engine {
  const engine = new Engine({
    rules: setup.rules ?? RULES,
    configuration: setup.configuration ?? NO_CONFIGURATION,
    preview: setup.preview ?? false,
    inputs: { readText: (path) => files[path] },
  });
  for (const [path, text] of Object.entries(files)) engine.setFile(path, sourceFile(path, text));
  return engine;
}
