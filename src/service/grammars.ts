import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodeParser, openCodeParser } from '../code/index.ts';

/** A parser that reads its grammars from the `wasm` folder of the build; it loads nothing before there is code. */
export function bundledParser(): CodeParser {
  return openCodeParser({ readBytes: (name) => readFile(join(wasmFolder(), name)) });
}

/** Beside the program, or one up where this stands in a chunk of it; from the sources, the package's own. */
function wasmFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = [
    join(here, 'wasm'),
    join(here, '..', 'wasm'),
    join(here, '..', '..', 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm'),
  ];
  return folders.find((folder) => existsSync(folder)) ?? join(here, 'wasm');
}
