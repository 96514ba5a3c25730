import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mapAt, nodeAt, textAt } from '../../src/text/yaml.ts';
import { parseYaml } from '../../src/text/yaml-parse.ts';
import { sourceFile } from '../../src/text/source.ts';
import { formatOf } from '../../src/workspace/parse-file.ts';
import { cli, deployment, folderWith, git, repositoryRoot } from './harness.ts';

const text = readFileSync(join(repositoryRoot, '.pre-commit-hooks.yaml'), 'utf8');
const parsed = parseYaml(sourceFile('.pre-commit-hooks.yaml', text));
assert.ok(parsed.ok);
const hook = mapAt(parsed.roots[0], 0);

describe('the pre-commit hook', () => {
  it('starts a program that package.json installs, once', () => {
    const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
    const [program = '', command] = (textAt(hook, 'entry') ?? '').split(' ');
    assert.equal(manifest.bin[program], 'dist/cli.js');
    assert.equal(command, 'lint');
    assert.equal(textAt(hook, 'require_serial'), 'true');
    assert.ok(nodeAt(hook, 'types_or', 0));
  });

  it('takes every kind of file that is read, and no others', () => {
    const files = new RegExp(textAt(hook, 'files') ?? '$^');
    const read =
      'a/b.yaml c.yml d.json kong.conf x/kong.conf.default Dockerfile Dockerfile.prod Containerfile .env .env.prod prod.env application.properties run.sh Procfile kong.service main.tf pom.xml build.gradle build.gradle.kts gradle/libs.versions.toml gradle.lockfile gradle.properties requirements.txt requirements-dev.txt poetry.lock Pipfile.lock uv.lock pyproject.toml go.mod package.json package-lock.json a.go A.java a.py a.ts a.tsx a.mts a.cts a.js a.jsx a.mjs a.cjs'.split(
        ' ',
      );
    for (const path of read) {
      assert.notEqual(formatOf(path), undefined, `${path} is read`);
      assert.match(path, files);
    }
    for (const path of ['README.md', 'a.png', 'notes.txt', 'a.rs', 'LICENSE']) assert.doesNotMatch(path, files);
  });

  it('one file of a commit is enough to see the whole', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '460MiB') });
    git(folder, 'init', '-q');
    assert.equal(cli(folder, ['lint', 'a/api.yaml']).status, 1);
    assert.equal(cli(folder, ['lint', 'b/api.yaml']).status, 0);
  });
});
