import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { baseHash, writeFixed } from '../../src/fixes/write.ts';

const made: string[] = [];
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'runbook-lens-write-'));
  made.push(root);
});
after(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

const plain = (text: string): { text: string; bom: boolean } => ({ text, bom: false });

describe('writing fixed files', () => {
  it('replaces the content, keeps mode and byte-order mark, leaves nothing behind', async () => {
    await mkdir(join(root, 'k'));
    await writeFile(join(root, 'k/a.yaml'), '\ufeffa: 1\r\n');
    await chmod(join(root, 'k/a.yaml'), 0o640);
    const outcome = await writeFixed(root, [
      { path: 'k/a.yaml', text: 'a: 2\r\n', bom: true, base: baseHash({ text: 'a: 1\r\n', bom: true }) },
    ]);
    assert.deepEqual(outcome, { ok: true, written: ['k/a.yaml'] });
    assert.equal(await readFile(join(root, 'k/a.yaml'), 'utf8'), '\ufeffa: 2\r\n');
    if (process.platform !== 'win32') assert.equal((await stat(join(root, 'k/a.yaml'))).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(join(root, 'k')), ['a.yaml']);
  });

  it('writes none when one of them changed meanwhile', async () => {
    await writeFile(join(root, 'a.yaml'), 'a: 1\n');
    await writeFile(join(root, 'b.yaml'), 'b: someone else\n');
    const outcome = await writeFixed(root, [
      { path: 'a.yaml', text: 'a: 2\n', bom: false, base: baseHash(plain('a: 1\n')) },
      { path: 'b.yaml', text: 'b: 2\n', bom: false, base: baseHash(plain('b: 1\n')) },
    ]);
    assert.deepEqual(outcome, { ok: false, written: [], path: 'b.yaml', failure: 'changed', message: 'b.yaml' });
    assert.equal(await readFile(join(root, 'a.yaml'), 'utf8'), 'a: 1\n');
    assert.deepEqual((await readdir(root)).sort(), ['a.yaml', 'b.yaml']);
  });

  it('does not write what it could not read as UTF-8', async () => {
    await writeFile(join(root, 'a.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]));
    const outcome = await writeFixed(root, [{ path: 'a.yaml', text: 'a: x\n', bom: false, base: baseHash(plain('a: \ufffd\n')) }]);
    assert.equal(outcome.ok, false);
    assert.deepEqual([...(await readFile(join(root, 'a.yaml')))], [0x61, 0x3a, 0x20, 0xe9, 0x0a]);
  });

  it('creates a file and never overwrites one', async () => {
    const file = { path: 'new/a.yaml', text: 'a: 1\n', bom: false, base: undefined };
    assert.deepEqual(await writeFixed(root, [file]), { ok: true, written: ['new/a.yaml'] });
    assert.equal(await readFile(join(root, 'new/a.yaml'), 'utf8'), 'a: 1\n');
    const again = await writeFixed(root, [{ ...file, text: 'a: 2\n' }]);
    assert.deepEqual(again, { ok: false, written: [], path: 'new/a.yaml', failure: 'exists', message: 'new/a.yaml' });
    assert.equal(await readFile(join(root, 'new/a.yaml'), 'utf8'), 'a: 1\n');
  });

  it('says that a file is gone', async () => {
    const outcome = await writeFixed(root, [{ path: 'a.yaml', text: '', bom: false, base: baseHash(plain('a')) }]);
    assert.equal(!outcome.ok && outcome.failure, 'missing');
  });

  it('writes nothing outside the root, by path or by link', {
    skip: process.platform === 'win32' ? 'links need rights on Windows' : false,
  }, async () => {
    const outside = await mkdtemp(join(tmpdir(), 'runbook-lens-outside-'));
    made.push(outside);
    await writeFile(join(outside, 'a.yaml'), 'a: 1\n');
    await symlink(outside, join(root, 'folder'));
    await symlink(join(outside, 'a.yaml'), join(root, 'link.yaml'));
    for (const path of ['../a.yaml', 'folder/a.yaml', 'link.yaml']) {
      const outcome = await writeFixed(root, [{ path, text: 'a: 2\n', bom: false, base: baseHash(plain('a: 1\n')) }]);
      assert.equal(!outcome.ok && outcome.failure, 'outside', path);
    }
    const created = await writeFixed(root, [{ path: 'folder/new.yaml', text: 'a: 2\n', bom: false, base: undefined }]);
    assert.equal(!created.ok && created.failure, 'outside');
    assert.deepEqual(await readdir(outside), ['a.yaml']);
    assert.equal(await readFile(join(outside, 'a.yaml'), 'utf8'), 'a: 1\n');
  });

  it('a link inside the root stays a link', { skip: process.platform === 'win32' ? 'links need rights on Windows' : false }, async () => {
    await writeFile(join(root, 'a.yaml'), 'a: 1\n');
    await symlink('a.yaml', join(root, 'link.yaml'));
    const outcome = await writeFixed(root, [{ path: 'link.yaml', text: 'a: 2\n', bom: false, base: baseHash(plain('a: 1\n')) }]);
    assert.equal(outcome.ok, true);
    assert.equal(await readFile(join(root, 'a.yaml'), 'utf8'), 'a: 2\n');
  });
});
