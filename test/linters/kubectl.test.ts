import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kubectl, setEnvironment, setMemoryLimit } from '../../src/linters/kubectl.ts';
import { shellWord } from '../../src/linters/shell-word.ts';

describe('commands for a person to copy', () => {
  const words: readonly (readonly [string, string])[] = [
    ['deployment/kong', 'deployment/kong'],
    ['--limits=memory=6Gi', '--limits=memory=6Gi'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['$(id)', "'$(id)'"],
    ['a;b', "'a;b'"],
    ['*', "'*'"],
    ['~', "'~'"],
    ['a\nb', "'a\nb'"],
  ];
  for (const [text, written] of words) it(`quotes ${JSON.stringify(text)}`, () => assert.equal(shellWord(text), written));

  const kong = { kind: 'Deployment', namespace: 'edge', name: 'kong' };

  it('name the namespace where there is one', () => {
    assert.equal(kubectl('edge', 'get', 'pods'), 'kubectl -n edge get pods');
    assert.equal(kubectl('', 'get', 'nodes'), 'kubectl get nodes');
  });

  it('a change comes with what takes it back', () => {
    assert.deepEqual(setEnvironment(kong, 'proxy', 'KONG_DB_CACHE_TTL', '3600', '0'), {
      command: 'kubectl -n edge set env deployment/kong -c proxy KONG_DB_CACHE_TTL=3600',
      undo: 'kubectl -n edge set env deployment/kong -c proxy KONG_DB_CACHE_TTL=0',
    });
    assert.equal(setEnvironment(kong, 'proxy', 'X', '1', undefined)?.undo, 'kubectl -n edge set env deployment/kong -c proxy X-');
    assert.deepEqual(setMemoryLimit(kong, 'proxy', '6Gi', '4Gi'), {
      command: 'kubectl -n edge set resources deployment/kong -c proxy --limits=memory=6Gi',
      undo: 'kubectl -n edge set resources deployment/kong -c proxy --limits=memory=4Gi',
    });
  });

  it('what kubectl cannot change gets no command', () => {
    assert.equal(setMemoryLimit({ ...kong, kind: 'Pod' }, 'proxy', '6Gi', '4Gi'), undefined);
    assert.equal(setEnvironment({ ...kong, kind: 'Rollout' }, 'proxy', 'X', '1', undefined), undefined);
  });
});
