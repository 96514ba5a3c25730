/**
 * The module that VS Code loads as `extensionTestsPath`. The bundler (scripts/vscode-host/suite.mjs) imports every `*.editor.ts`
 * beside it first, so that their tests are registered when VS Code calls `run`.
 */
import { runRegisteredTests } from './runner.ts';

/** Called by VS Code; resolves: exit code 0, throws: exit code 1. */
export async function run(): Promise<void> {
  await runRegisteredTests();
}
