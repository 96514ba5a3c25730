import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { SourceFile } from '../../src/text/source.ts';
import { decodeText } from '../../src/workspace/decode.ts';
import { MAX_FILE_BYTES } from '../../src/workspace/parse-file.ts';
import type { Notice } from '../../src/workspace/parsed-file.ts';
import { type ScanOptions, scan, wouldRead } from '../../src/workspace/scan.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder on disk with these files. */
function tree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), 'runbook-lens-scan-'));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

function scanned(root: string, options: ScanOptions = {}): { files: SourceFile[]; paths: string[]; notices: Notice[] } {
  const files: SourceFile[] = [];
  const notices: Notice[] = [];
  scan(root, { file: (file) => files.push(file), notice: (notice) => notices.push(notice) }, options);
  return { files, paths: files.map(({ path }) => path).sort(), notices };
}

describe('a scan', () => {
  it('reads what a rule may want, by name', () => {
    const root = tree({ 'a.yaml': 'a', 'b/Dockerfile': 'b', 'c.md': 'c', 'd.png': 'd', 'e/.env': 'e', 'f.go': 'f', 'g/kong.conf': 'g' });
    assert.deepEqual(scanned(root).paths, ['a.yaml', 'b/Dockerfile', 'e/.env', 'f.go', 'g/kong.conf']);
  });

  it('leaves out what is nobody’s own', () => {
    const root = tree({ '.git/a.yaml': 'a', 'x/node_modules/a.yaml': 'a', '.terraform/a.tf': 'a', 'vendor/a.go': 'a', 'own/a.yaml': 'a' });
    assert.deepEqual(scanned(root).paths, ['own/a.yaml']);
  });

  it('leaves out what a package manager or a bundler wrote', () => {
    const root = tree({
      '.yarn/releases/yarn-4.cjs': 'a',
      '.pnp.cjs': 'a',
      '.pnp.loader.mjs': 'a',
      'a.min.js': 'a',
      'b.bundle.js': 'a',
      'pnp.cjs': 'a',
      'mini.js': 'a',
    });
    assert.deepEqual(scanned(root).paths, ['mini.js', 'pnp.cjs']);
  });

  it('ignores as Git does: nested files, later lines win, a folder’s content can’t be taken back', () => {
    const root = tree({
      '.gitignore': '*.env\n!keep.env\n/out/\ncache/\n',
      'a.env': '1',
      'keep.env': '1',
      'out/a.yaml': '1',
      'sub/out/a.yaml': '1',
      'sub/.gitignore': '!a.env\nsecret.yaml\n',
      'sub/a.env': '1',
      'sub/secret.yaml': '1',
      'secret.yaml': '1',
      'cache/.gitignore': '!a.yaml\n',
      'cache/a.yaml': '1',
      'deep/cache/a.yaml': '1',
    });
    const expected = ['keep.env', 'secret.yaml', 'sub/a.env', 'sub/out/a.yaml'];
    assert.deepEqual(scanned(root).paths, expected);
    for (const path of ['a.env', 'out/a.yaml', 'sub/secret.yaml', 'cache/a.yaml', 'deep/cache/a.yaml'])
      assert.ok(!wouldRead(root, path), path);
    for (const path of expected) assert.ok(wouldRead(root, path), path);
    assert.ok(!wouldRead(root, 'readme.md'));
    assert.ok(!wouldRead(root, 'node_modules/a.yaml'));
    assert.ok(wouldRead(root, 'sub/not-there-yet.yaml'));
  });

  it('asks the configuration too', () => {
    const root = tree({ 'a.yaml': '1', 'gen/b.yaml': '1' });
    assert.deepEqual(scanned(root, { isIgnored: (path) => path === 'gen/' }).paths, ['a.yaml']);
    assert.deepEqual(scanned(root, { isIgnored: (path) => path === 'a.yaml' }).paths, ['gen/b.yaml']);
  });

  it('ends at links that lead back, and reads each real folder once, by its real name', () => {
    const root = tree({ 'k8s/a.yaml': '1', 'k8s/deep/b.yaml': '1' });
    symlinkSync('..', join(root, 'k8s/deep/up'));
    symlinkSync('.', join(root, 'self'));
    symlinkSync('k8s', join(root, 'current'));
    assert.deepEqual(scanned(root).paths, ['k8s/a.yaml', 'k8s/deep/b.yaml']);
  });

  it('follows a link to a folder that is not read otherwise, and says nothing of broken links', () => {
    const root = tree({ 'a.yaml': '1' });
    const elsewhere = tree({ 'b.yaml': '1' });
    symlinkSync(elsewhere, join(root, 'shared'));
    symlinkSync('nowhere', join(root, 'broken'));
    symlinkSync('nowhere.yaml', join(root, 'broken.yaml'));
    symlinkSync('loop.yaml', join(root, 'loop.yaml'));
    const { paths, notices } = scanned(root);
    assert.deepEqual(paths, ['a.yaml', 'shared/b.yaml']);
    assert.deepEqual(notices, []);
  });

  it('says what it could not read, and reads the rest', (context) => {
    const root = tree({ 'a.yaml': '1', 'locked/b.yaml': '1', 'locked.yaml': '1' });
    chmodSync(join(root, 'locked'), 0);
    chmodSync(join(root, 'locked.yaml'), 0);
    try {
      if (process.getuid?.() === 0) return context.skip('the superuser reads everything');
      const { paths, notices } = scanned(root);
      assert.deepEqual(paths, ['a.yaml']);
      assert.deepEqual(
        notices.map(({ kind, file }) => [kind, file]),
        [
          ['unreadable', 'locked'],
          ['unreadable', 'locked.yaml'],
        ],
      );
      assert.ok(notices.every(({ message }) => message.includes('no permission')));
    } finally {
      chmodSync(join(root, 'locked'), 0o755);
    }
  });

  it('says that the root is not there', () => {
    assert.deepEqual(
      scanned(join(tmpdir(), 'runbook-lens-not-there')).notices.map(({ kind, file }) => [kind, file]),
      [['unreadable', '.']],
    );
  });

  it('leaves large files out by a byte', () => {
    const root = tree({ 'full.yaml': Buffer.alloc(MAX_FILE_BYTES, 'a'), 'over.yaml': Buffer.alloc(MAX_FILE_BYTES + 1, 'a') });
    const { paths, files, notices } = scanned(root);
    assert.deepEqual(paths, ['full.yaml']);
    assert.equal(files[0]?.text.length, MAX_FILE_BYTES);
    assert.deepEqual(
      notices.map(({ kind, file }) => [kind, file]),
      [['oversize', 'over.yaml']],
    );
  });

  it('stops when told to', () => {
    const root = tree(Object.fromEntries(Array.from({ length: 450 }, (_, at) => [`f${at}.yaml`, 'a'])));
    const seen: number[] = [];
    assert.equal(scanned(root, { onProgress: (files) => seen.push(files) < 1 }).paths.length, 200);
    assert.deepEqual(seen, [200]);
    assert.equal(scanned(root).paths.length, 450);
  });

  it('takes a folder named like a file for a folder', () => {
    assert.deepEqual(scanned(tree({ 'conf.yaml/a.yaml': '1' })).paths, ['conf.yaml/a.yaml']);
  });
});

describe('bytes as text', () => {
  const decoded = (bytes: Uint8Array): string => {
    const result = decodeText('a.yaml', bytes);
    return 'text' in result ? `${result.bom ? 'mark ' : ''}${result.text}` : result.kind;
  };
  const utf16 = Buffer.from('\ufeffkind: Größe', 'utf16le');

  it('UTF-8, with and without a mark', () => {
    assert.equal(decoded(Buffer.from('kind: Größe 😀')), 'kind: Größe 😀');
    assert.equal(decoded(Buffer.from('\ufeffkind: Größe')), 'mark kind: Größe');
    assert.equal(decoded(Buffer.alloc(0)), '');
  });

  it('a real replacement character is text', () => assert.equal(decoded(Buffer.from('a: \ufffd')), 'a: \ufffd'));

  it('UTF-16 with a mark, both ways round; the bytes are left as they are', () => {
    assert.equal(decoded(utf16), 'mark kind: Größe');
    const swapped = Buffer.from(utf16).swap16();
    const before = Buffer.from(swapped);
    assert.equal(decoded(swapped), 'mark kind: Größe');
    assert.deepEqual(swapped, before);
  });

  it('latin-1 and cut UTF-8 are not guessed', () => {
    assert.equal(decoded(Buffer.from('kind: Größe', 'latin1')), 'unreadable');
    assert.equal(decoded(Buffer.from('kind: ö').subarray(0, -1)), 'unreadable');
    assert.equal(decoded(Buffer.concat([Buffer.from('\ufffd '), Buffer.from('ö', 'latin1')])), 'unreadable');
  });

  it('binary content, and UTF-16 that is cut', () => {
    assert.equal(decoded(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1])), 'unreadable');
    assert.equal(decoded(Buffer.concat([Buffer.alloc(20_000, 'a'), Buffer.from([0])])), 'unreadable');
    assert.equal(decoded(Buffer.from(utf16).swap16().subarray(0, -1)), 'unreadable');
  });

  it('a view into a larger buffer is read by its own bounds', () => {
    const whole = Buffer.from('xxxkind: Podyyy');
    assert.equal(decoded(new Uint8Array(whole.buffer, whole.byteOffset + 3, 9)), 'kind: Pod');
  });
});
