import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { positionAt } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

function pods(...names: readonly string[]): string {
  const env = '[{ name: GOMEMLIMIT, value: 512Mi }]';
  return names
    .map(
      (name) =>
        `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  containers: [{ name: ${name}, image: "example/${name}:1", env: ${env} }]\n---\n`,
    )
    .join('');
}

/** `file:line` of each finding. */
async function found(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { findings } = (await engineOf(files)).lint();
  return findings.map(({ at }) => `${at.file.path}:${positionAt(at.file, at.start).line + 1}`).sort();
}

const OLD = 'FROM golang:1.18 AS build\nFROM scratch\n';
const GO_MOD = 'module example.com/api\n\ngo 1.17\n';
const LIMIT = 'ENV GOMEMLIMIT=512Mi\n';

describe('a malformed GOMEMLIMIT', () => {
  it('counts where the program may be Go 1.19 or later', async () => {
    const api = { 'k8s.yaml': pods('api') };
    assert.deepEqual(await found(api), ['k8s.yaml:5']);
    assert.deepEqual(await found({ ...api, 'api/go.mod': GO_MOD }), ['k8s.yaml:5'], 'the go line is no upper bound');
    assert.deepEqual(await found({ ...api, 'api/go.mod': GO_MOD, 'api/Dockerfile': 'FROM scratch\nCOPY app /\n' }), ['k8s.yaml:5']);
    assert.deepEqual(await found({ ...api, 'api/Dockerfile': 'FROM scratch\nCOPY app /\n' }), ['k8s.yaml:5']);
    assert.deepEqual(
      await found({ ...api, 'api/package.json': '{ "name": "api" }', 'api/Dockerfile': 'FROM golang AS build\nFROM node:22\n' }),
      ['k8s.yaml:5'],
    );
    const main = 'package main\n\nimport "os"\n\nfunc main() { println(os.Getenv("A")) }\n';
    assert.deepEqual(await found({ ...api, 'api/requirements.txt': 'requests==2.32.3\n', 'api/main.go': main }), ['k8s.yaml:5']);
  });

  it('does not where it surely is not', async () => {
    const api = { 'k8s.yaml': pods('api') };
    assert.deepEqual(await found({ ...api, 'api/go.mod': GO_MOD, 'api/Dockerfile': OLD }), []);
    assert.deepEqual(await found({ ...api, 'api/requirements.txt': 'requests==2.32.3\n' }), []);
  });

  it('is judged by the code that the container surely runs', async () => {
    const old = { 'api/go.mod': GO_MOD, 'api/Dockerfile': OLD };
    assert.deepEqual(await found({ 'k8s.yaml': pods('api', 'other'), ...old }), ['k8s.yaml:11']);
    const twice = { 'a/api/requirements.txt': 'requests==2.32.3\n', 'b/api/requirements.txt': 'requests==2.32.3\n' };
    assert.deepEqual(await found({ 'k8s.yaml': pods('api'), ...twice }), ['k8s.yaml:5']);
    const tool = { 'tool/Dockerfile': `FROM python:3.13\n${LIMIT}`, 'tool/requirements.txt': 'requests==2.32.3\n' };
    assert.deepEqual(await found({ 'k8s.yaml': pods('api'), 'api/go.mod': GO_MOD, ...tool }), ['k8s.yaml:5']);
  });

  it('is judged Dockerfile by Dockerfile', async () => {
    const current = OLD.replace('1.18', '1.22');
    assert.deepEqual(await found({ 'api/go.mod': GO_MOD, 'api/Dockerfile': OLD + LIMIT, 'api/Dockerfile.next': current + LIMIT }), [
      'api/Dockerfile.next:3',
    ]);
    assert.deepEqual(await found({ Dockerfile: `ARG BASE\nFROM $BASE AS build\nFROM scratch\n${LIMIT}` }), ['Dockerfile:4']);
  });
});
