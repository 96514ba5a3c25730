import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PROBES } from '../../src/linters/probes.ts';
import { RULES } from '../../src/linters/registry.ts';
import { parseGoDurationMs } from '../../src/model/duration.ts';
import { loadRunbooks } from '../../src/runbooks/load.ts';

const ROOT = join(import.meta.dirname, '../..');
const files = new Map(
  readdirSync(join(ROOT, 'runbooks'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => [`runbooks/${path.replaceAll('\\', '/')}`, readFileSync(join(ROOT, 'runbooks', path), 'utf8')]),
);
const { runbooks } = loadRunbooks(files);
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

describe('every probe', () => {
  it('has a runbook that names it, and every runbook a probe', () => {
    assert.deepEqual(PROBES.map(({ id }) => id).sort(), runbooks.map(({ id }) => id).sort());
    for (const { id, probes } of runbooks) assert.deepEqual(probes, [id]);
  });

  it('is a file of its own, with a table of its verdicts', () => {
    for (const { id } of PROBES) {
      const [technology = '', incident = ''] = id.split('/');
      assert.ok(existsSync(join(ROOT, 'src/linters', technology, 'probes', `${incident}.ts`)), id);
      const table = join(ROOT, 'test/diagnosis', technology, `${incident}.test.ts`);
      assert.ok(existsSync(table), table);
      const text = readFileSync(table, 'utf8');
      for (const verdict of ['live', 'unknown', 'absent']) assert.ok(text.includes(`'${verdict}'`), `${id}: no case is ${verdict}`);
    }
  });

  it('asks of the cluster what its runbook’s rbac allows: lists and gets, no secrets, nothing that runs', () => {
    const allowed = (id: string, group: string, resource: string, verb: string): boolean =>
      (runbooks.find((runbook) => runbook.id === id)?.rbac ?? []).some(
        ({ apiGroups, resources, verbs }) => apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
      );
    for (const { id, needs } of PROBES) {
      for (const { group, resource, verb } of needs) assert.ok(allowed(id, group, resource, verb), `${id}: ${verb} ${resource}.${group}`);
    }
    for (const { id, rbac } of runbooks) {
      for (const { resources, verbs } of rbac) {
        assert.ok(
          verbs.every((verb) => verb === 'get' || verb === 'list'),
          `${id}: ${verbs.join()}`,
        );
        assert.ok(!resources.some((resource) => /secrets|exec|portforward|\*/.test(resource)), `${id}: ${resources.join()}`);
      }
    }
  });

  it('says everything in both languages, with the same placeholders', () => {
    for (const { id, messages } of PROBES) {
      for (const [name, { en, zh }] of Object.entries(messages)) {
        assert.ok(en.trim() !== '' && zh.trim() !== '', `${id} ${name}`);
        assert.deepEqual(placeholders(en), placeholders(zh), `${id} ${name}`);
        assert.match(zh, /\p{Script=Han}/u, `${id} ${name}`);
        assert.doesNotMatch(en, /\p{Script=Han}/u, `${id} ${name}`);
      }
    }
  });

  it('names as not checked only rules that exist', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    for (const { id, notInCluster = [] } of PROBES) for (const rule of notInCluster) assert.ok(ids.has(rule), `${id}: ${rule}`);
  });

  it('gives each option a default and words in both languages', () => {
    for (const { id, options = {} } of PROBES) {
      for (const [name, option] of Object.entries(options)) {
        assert.notEqual(option.default, '', `${id} ${name}`);
        assert.match(option.description.zh, /\p{Script=Han}/u, `${id} ${name}`);
        if (option.type === 'duration') assert.ok((parseGoDurationMs(String(option.default)) ?? 0) > 0, `${id} ${name}`);
      }
    }
  });
});
