import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changedFiles } from '../../src/fixes/apply.ts';
import type { Change } from '../../src/fixes/change.ts';
import { strategicMerge } from '../../src/model/kubernetes/kustomize/strategic-merge.ts';
import { sourceFile } from '../../src/text/source.ts';
import { mapAt, type YamlMap } from '../../src/text/yaml.ts';
import { derivedMap, derivedScalar } from '../../src/text/yaml-tree.ts';
import { lines, Opened, planIn } from './planning.ts';

const service = (name: string, value: string): string =>
  lines(
    'apiVersion: v1',
    'kind: Service',
    'metadata:',
    `  name: ${name}`,
    '  annotations:',
    `    bad/x: ${value} # why`,
    'spec:',
    '  ports: []',
  );

describe('entries of merged objects', () => {
  const base = new Opened(
    lines('apiVersion: v1', 'kind: Service', 'metadata:', '  name: a', '  annotations:', '    other: x', 'spec: {}'),
    'base/svc.yaml',
  );
  const patch = new Opened(
    lines('apiVersion: v1', 'kind: Service', 'metadata:', '  name: a', '  annotations:', '    bad/x: nope # prod', 'spec:', '  type: {}'),
    'prod/p.yaml',
  );
  const root = strategicMerge(base.map(), patch.map(), 'v1', 'Service');
  assert.ok(root);

  function edited(change: Change): Record<string, string> {
    const files = new Map([base.file, patch.file].map((file) => [file.path, file]));
    const plan = planIn([...files.values()], [change]);
    if (!plan.ok) return { refused: plan.reason.id };
    const after = changedFiles(plan.edits, plan.creates, (path) => files.get(path));
    assert.ok(after);
    return Object.fromEntries([...after].map(([path, file]) => [path, file.text]));
  }
  const inner = (...path: string[]): YamlMap => {
    const map = mapAt(root, ...path);
    assert.ok(map);
    return map;
  };

  it('are set in the patch that won', () => {
    const expected = { 'prod/p.yaml': patch.file.text.replace('nope', 'good') };
    assert.deepEqual(edited({ change: 'set-entry', map: root, path: ['metadata', 'annotations', 'bad/x'], value: 'good' }), expected);
    assert.deepEqual(edited({ change: 'set-entry', map: inner('metadata', 'annotations'), path: ['bad/x'], value: 'good' }), expected);
  });

  it('are set in the base that no patch touches', () => {
    const expected = { 'base/svc.yaml': base.file.text.replace('other: x', 'other: z') };
    assert.deepEqual(edited({ change: 'set-entry', map: root, path: ['metadata', 'annotations', 'other'], value: 'z' }), expected);
  });

  it('are added where the map was first written', () => {
    const expected = { 'base/svc.yaml': base.file.text.replace('other: x\n', 'other: x\n    new: z\n') };
    assert.deepEqual(edited({ change: 'set-entry', map: root, path: ['metadata', 'annotations', 'new'], value: 'z' }), expected);
    const typed = { 'prod/p.yaml': patch.file.text.replace('  type: {}', '  type:\n    k: v') };
    assert.deepEqual(edited({ change: 'set-entry', map: root, path: ['spec', 'type', 'k'], value: 'v' }), typed);
  });

  it('are removed from the patch that brought them, emptied parents too', () => {
    const expected = { 'prod/p.yaml': patch.file.text.replace('  annotations:\n    bad/x: nope # prod\n', '') };
    assert.deepEqual(edited({ change: 'remove-entry', map: root, path: ['metadata', 'annotations', 'bad/x'], prune: true }), expected);
  });

  it('are renamed in the patch that brought them', () => {
    const expected = { 'prod/p.yaml': patch.file.text.replace('bad/x', 'fine/x') };
    assert.deepEqual(edited({ change: 'rename-key', map: inner('metadata', 'annotations'), key: 'bad/x', to: 'fine/x' }), expected);
  });

  it('are left alone where the map or the value was computed', () => {
    assert.deepEqual(edited({ change: 'set-entry', map: derivedMap(base.map()), path: ['a'], value: 'z' }), { refused: 'derived' });
    const computed = derivedScalar(base.scalar('metadata', 'name'), 'prod-a');
    assert.deepEqual(edited({ change: 'set-scalar', scalar: computed, text: 'b' }), { refused: 'derived' });
    const resolved = derivedScalar(base.scalar('metadata', 'name'), 'a');
    assert.deepEqual(edited({ change: 'set-scalar', scalar: resolved, text: 'b' }), {
      'base/svc.yaml': base.file.text.replace('name: a', 'name: b'),
    });
  });
});

describe('a new object under a kustomization', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'A-Headless', annotations: { 'good/x': 'yes' } },
    spec: { clusterIP: 'None' },
  };
  const written = lines(
    'apiVersion: v1',
    'kind: Service',
    'metadata:',
    '  name: A-Headless',
    '  annotations:',
    '    good/x: "yes"',
    'spec:',
    '  clusterIP: None',
  );

  function planned(files: Record<string, string>, path = Object.keys(files).find((one) => one.includes('svc')) ?? ''): Map<string, string> {
    const sources = new Map(Object.entries(files).map(([name, text]) => [name, sourceFile(name, text)]));
    const opened = new Opened(files[path] ?? '', path);
    const plan = planIn([...sources.values()], [{ change: 'add-object', beside: opened.map(), object }]);
    assert.ok(plan.ok, plan.ok ? '' : plan.reason.id);
    const after = changedFiles(plan.edits, plan.creates, (name) => sources.get(name));
    assert.ok(after);
    return new Map([...after].map(([name, file]) => [name, file.text]));
  }

  it('gets a file of its own and is listed', () => {
    const after = planned({
      'k/kustomization.yaml': lines('resources: # all', '- ./svc.yaml # one'),
      'k/svc.yaml': service('a', 'x'),
    });
    assert.deepEqual(Object.fromEntries(after), {
      'k/kustomization.yaml': lines('resources: # all', '- ./svc.yaml # one', '- ./a-headless-service.yaml'),
      'k/a-headless-service.yaml': written,
    });
  });

  it('never takes the name of a file that is there', () => {
    const taken = lines('apiVersion: v1', 'kind: ConfigMap', 'metadata: {name: c}');
    const after = planned({
      'k/kustomization.yaml': lines('resources: [svc.yaml]'),
      'k/svc.yaml': service('a', 'x'),
      'k/a-headless-service.yaml': taken,
    });
    assert.equal(after.get('k/a-headless-service-2.yaml'), written);
    assert.equal(after.get('k/kustomization.yaml'), lines('resources: [svc.yaml, a-headless-service-2.yaml]'));
  });

  it('is listed in the kustomization above that lists the file', () => {
    const after = planned({ 'k/kustomization.yaml': lines('resources:', '  - sub/svc.yaml'), 'k/sub/svc.yaml': service('a', 'x') });
    assert.equal(after.get('k/kustomization.yaml'), lines('resources:', '  - sub/svc.yaml', '  - sub/a-headless-service.yaml'));
    assert.equal(after.get('k/sub/a-headless-service.yaml'), written);
  });

  it('joins a file that holds several documents already', () => {
    const two = `${service('a', 'x')}---\n${lines('apiVersion: v1', 'kind: ConfigMap', 'metadata: {name: c}')}`;
    const after = planned({ 'k/kustomization.yaml': lines('resources: [svc.yaml]'), 'k/svc.yaml': two });
    assert.deepEqual([...after.keys()], ['k/svc.yaml']);
  });

  it('goes beside a JSON file', () => {
    const after = planned({ 'svc.json': '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}' });
    assert.deepEqual(JSON.parse(after.get('a-headless-service.json') ?? ''), object);
  });

  it('is another document of a plain file, with CRLF', () => {
    const crlf = service('a', 'x').replaceAll('\n', '\r\n');
    const after = planned({ 'svc.yaml': crlf });
    assert.equal(after.get('svc.yaml'), `${crlf}---\r\n${written.replaceAll('\n', '\r\n')}`);
  });
});
