import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { build, type Metafile } from 'esbuild';
import { repositoryRoot } from './harness.ts';

const out = join(repositoryRoot, 'node_modules', '.cache', 'runbook-lens', `build-test-${process.pid}`);
after(() => rmSync(out, { recursive: true, force: true }));

const done = spawnSync(process.execPath, ['scripts/build.mjs', '--verbose', '--out', out], { cwd: repositoryRoot, encoding: 'utf8' });

/** What is loaded as soon as an output is: its own inputs and those of the chunks that it imports statically. */
function eagerInputs(metafile: Metafile, output: string): string[] {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const next of metafile.outputs[path]?.imports ?? []) if (next.kind === 'import-statement' && !next.external) visit(next.path);
  };
  visit(output);
  return [...seen].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
}

describe('the build', () => {
  assert.equal(done.status, 0, done.stderr);
  const [cli] = JSON.parse(readFileSync(join(out, 'meta.json'), 'utf8')) as Metafile[];
  assert.ok(cli);
  const outputOf = (entry: string): string => {
    const found = Object.entries(cli.outputs).find(([, output]) => output.entryPoint === entry);
    assert.ok(found, `${entry} is no output of its own`);
    return found[0];
  };

  it('prints sizes when asked', () => {
    assert.match(done.stderr, /KiB {2}in \d/);
  });

  it('has js-yaml’s parser with one hidden class for its state, in every output', () => {
    for (const metafile of JSON.parse(readFileSync(join(out, 'meta.json'), 'utf8')) as Metafile[]) {
      for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
        if (!Object.keys(inputs).some((input) => input.includes('js-yaml/dist/'))) continue;
        assert.match(readFileSync(join(repositoryRoot, path), 'utf8'), /Object\.freeze\(\{\s*filename:/, path);
      }
    }
  });

  it('puts the program, executable, and the grammars where the program looks for them', () => {
    assert.ok((statSync(join(out, 'cli.js')).mode & 0o111) !== 0);
    for (const name of [
      'tree-sitter',
      'tree-sitter-go',
      'tree-sitter-java',
      'tree-sitter-python',
      'tree-sitter-typescript',
      'tree-sitter-tsx',
      'tree-sitter-javascript',
    ]) {
      assert.ok(statSync(join(out, 'wasm', `${name}.wasm`)).size > 10_000, name);
    }
  });

  it('nothing of the editor is in the command line', () => {
    const inputs = Object.keys(cli.inputs);
    assert.deepEqual(
      inputs.filter((input) => /^src\/(?:editor\/|extension\.ts)/.test(input)),
      [],
    );
  });

  it('an import of vscode that leaks into the command line fails the build', async () => {
    const planted = { contents: "import 'vscode';", resolveDir: join(repositoryRoot, 'src') };
    await assert.rejects(
      build({ stdin: planted, bundle: true, platform: 'node', format: 'esm', write: false, logLevel: 'silent' }),
      /Could not resolve "vscode"/,
    );
  });

  it('loads late what is seldom needed', () => {
    const start = eagerInputs(cli, outputOf('src/cli.ts'));
    assert.ok(start.some((input) => input.includes('commander')));
    assert.deepEqual(
      start
        .filter((input) => /node_modules\/(?!commander)/.test(input) || input.startsWith('src/linters/'))
        .filter((input) => input !== 'src/linters/rule.ts'),
      [],
      'starting loads commander and nothing else',
    );
    const lint = eagerInputs(cli, outputOf('src/cli/lint.ts'));
    assert.ok(lint.includes('src/linters/engine.ts'));
    assert.deepEqual(
      lint.filter(
        (input) =>
          /\/probes?(?:\/|\.ts|s\.ts)|src\/(?:snapshot\/builder|diagnosis\/|cluster\/)/.test(input) && input !== 'src/linters/probe.ts',
      ),
      [],
      'linting loads nothing that diagnoses clusters',
    );
    assert.deepEqual(
      lint.filter((input) => /tree-sitter-wasm|markdown-it/.test(input)),
      [],
    );
  });
});
