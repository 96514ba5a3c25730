import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cli, deployment, folderWith, found, jsonReport } from './harness.ts';

const RULE = 'runtime/gomemlimit-malformed';
const BAD = deployment('api', '512Mi');

/** The bad file is found whatever stands beside it. Gives the notices as `kind file`. */
function besideFinding(files: Readonly<Record<string, string | Uint8Array>>, prepare?: (folder: string) => void): string[] {
  const folder = folderWith({ 'z/api.yaml': BAD, ...files });
  prepare?.(folder);
  const run = cli(folder, ['lint', '--format', 'json']);
  assert.equal(run.status, 1, run.stderr);
  assert.ok(found(run).includes(`z/api.yaml ${RULE}`), run.stdout);
  return jsonReport(run).notices.map(({ kind, file }) => `${kind} ${file}`);
}

describe('files that cannot be used leave the others alone', () => {
  const head = 'apiVersion: v1\nkind: Service\n';

  it('broken YAML and JSON', () => {
    assert.deepEqual(besideFinding({ 'a.yaml': `${head}metadata: [\n`, 'b.json': '{"apiVersion": "v1", "kind": "Service", ' }), [
      'unparsable a.yaml',
      'unparsable b.json',
    ]);
  });

  it('broken XML, TOML, lock files and source', () => {
    const service = `${head}metadata: { name: orders }\nspec: { clusterIP: None, selector: { app: orders }, ports: [{ port: 1 }] }\n`;
    assert.deepEqual(
      besideFinding({
        'z/orders.yaml': service,
        'a/client.go': 'package a\n\nimport "google.golang.org/grpc"\n\nfunc f() { grpc.NewClient("dns:///orders:1") }\n\nfunc g( {\n',
        'a/go.mod': 'module a\n\nrequire google.golang.org/grpc v1.50.0\n',
        'b/client.py': 'import grpc\nx = grpc.insecure_channel("orders:1")\n',
        'b/pyproject.toml': '[project\nname = "b"\n',
        'd/pom.xml': '<project><dependencies>',
        'd/C.java': 'import io.grpc.*;\nclass C { void f() { ManagedChannelBuilder.forTarget("orders:1").build(); } }\n',
      }),
      ['unparsable a/client.go', 'unparsable b/pyproject.toml', 'unparsable d/pom.xml'],
    );
  });

  it('merge conflicts', () => {
    const conflict = `${head}<<<<<<< ours\nmetadata: {}\n=======\nmetadata: { name: a }\n>>>>>>> theirs\n`;
    assert.deepEqual(besideFinding({ 'a.yaml': conflict }), ['conflict a.yaml']);
  });

  it('binary content with the name of YAML, and latin-1 text', () => {
    const latin1 = Buffer.from(`${head}metadata: { name: caf\u00e9 }\n`, 'latin1');
    const binary = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 2, 3]);
    assert.deepEqual(besideFinding({ 'a.yaml': binary, 'b.yaml': latin1 }), ['unreadable a.yaml', 'unreadable b.yaml']);
  });

  it('UTF-16 is judged; its fix is refused and the others are made', () => {
    const utf16 = Buffer.from(`\ufeff${BAD}`, 'utf16le');
    const folder = folderWith({ 'a.yaml': utf16, 'b.yaml': BAD });
    const run = cli(folder, ['lint', '--fix', '--format', 'json']);
    assert.equal(run.status, 1, run.stderr);
    assert.deepEqual(found(run), [`a.yaml ${RULE}`]);
    assert.deepEqual(jsonReport(run).findings[0]?.fixes, []);
    assert.deepEqual(readFileSync(join(folder, 'a.yaml')), utf16);
    assert.equal(readFileSync(join(folder, 'b.yaml'), 'utf8'), deployment('api', '512MiB'));
  });

  it('20 MB', () => {
    assert.deepEqual(besideFinding({ 'a.yaml': `${head}data: "${'x'.repeat(20 * 2 ** 20)}"\n` }), ['oversize a.yaml']);
  });

  it('200 levels of nesting, and an alias bomb', () => {
    const nested = `${head}spec: ${'{a: '.repeat(200)}1${'}'.repeat(200)}\n`;
    const levels = Array.from({ length: 12 }, (_, level) => `x${level + 1}: &x${level + 1} [${Array(9).fill(`*x${level}`).join(', ')}]`);
    assert.deepEqual(besideFinding({ 'a.yaml': nested, 'b.yaml': `${head}x0: &x0 [1, 2]\n${levels.join('\n')}\n` }), [
      'unparsable a.yaml',
      'unparsable b.yaml',
    ]);
  });

  it('a loop of links, and a link to nowhere', () => {
    assert.deepEqual(
      besideFinding({ 'a/b/keep.txt': '' }, (folder) => {
        symlinkSync('..', join(folder, 'a/b/up'));
        symlinkSync('nowhere.yaml', join(folder, 'a/dangling.yaml'));
      }),
      [],
    );
  });

  it('a folder and a file without permission', (context) => {
    const folder = folderWith({ 'z/api.yaml': BAD, 'a/x.yaml': BAD, 'b.yaml': BAD });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'a'), 0);
    chmodSync(join(folder, 'b.yaml'), 0);
    // Root may read everything, so the command line runs as nobody then.
    const asNobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
    if (cli(folder, ['--version'], asNobody).status !== 0) {
      process.stderr.write('SKIPPED: another user cannot run the command line from here, so an unreadable folder cannot be tried\n');
      context.skip('run as root, in a folder that others cannot read');
      return;
    }
    const run = cli(folder, ['lint', '--format', 'json'], asNobody);
    chmodSync(join(folder, 'a'), 0o755);
    assert.equal(run.status, 1, run.stderr);
    assert.deepEqual(found(run), [`z/api.yaml ${RULE}`]);
    assert.deepEqual(
      jsonReport(run).notices.map(({ kind, file }) => `${kind} ${file}`),
      ['unreadable a', 'unreadable b.yaml'],
    );
  });

  it('a folder with the name of a YAML file', () => {
    assert.deepEqual(
      besideFinding({}, (folder) => mkdirSync(join(folder, 'a.yaml'))),
      [],
    );
  });
});

it('what could not be read is said in the language that was asked for, in every format', () => {
  const head = 'apiVersion: v1\nkind: Service\n';
  const folder = folderWith({
    'api.yaml': BAD,
    '.runbook-lens.yaml': 'rules: { kong/upstream-slots: off }\n',
    'broken.yaml': `${head}metadata: [\n`,
    'conflict.yaml': `${head}<<<<<<< ours\nmetadata: {}\n=======\n>>>>>>> theirs\n`,
    'binary.yaml': Buffer.from([0, 1, 2]),
    'latin.yaml': Buffer.from(`${head}metadata: { name: caf\u00e9 }\n`, 'latin1'),
    'cut.yaml': Buffer.from([0xff, 0xfe, 1]),
    'deep.yaml': `${head}spec: ${'{a: '.repeat(200)}1${'}'.repeat(200)}\n`,
    'bomb.yaml': `${head}a: &a [1,1,1,1,1,1,1,1,1]\n${Array.from(
      { length: 8 },
      (_, n) =>
        `b${n}: &b${n} [${Array(9)
          .fill(`*${n ? `b${n - 1}` : 'a'}`)
          .join()}]`,
    ).join('\n')}\n`,
    'large.yaml': `${head}data: "${'x'.repeat(5 * 2 ** 20)}"\n`,
    'kong-routes.yaml': `_format_version: "3.0"\nservices: []\n# ${'x'.repeat(5 * 2 ** 20)}\n`,
    'b/C.java': 'import io.grpc.*;\nclass C { void f() { ManagedChannelBuilder.forTarget("orders:1").build( } }\n',
  });
  for (const format of ['text', 'json', 'sarif', 'github']) {
    const run = cli(folder, ['lint', '--format', format, '--lang', 'zh-cn', '--fail-on', 'never']);
    assert.equal(run.status, 0, run.stderr);
    // The rules' pages, which SARIF carries along, are English.
    const said = run.stdout.slice(Math.max(0, run.stdout.indexOf('"invocations"')));
    assert.doesNotMatch(
      said,
      /\b(?:left out|binary content|save it|the file|not in this version|merge conflict|unfold|a character)\b/,
      format,
    );
  }
  const { notices } = jsonReport(cli(folder, ['lint', '--format', 'json', '--lang', 'zh-cn']));
  assert.ok(notices.length >= 10, JSON.stringify(notices));
  for (const { file, message } of notices) assert.match(message, /[\u4e00-\u9fff]/, `${file}: ${message}`);
});

it('a name with a line break or an escape sequence stays in its line', { skip: process.platform === 'win32' }, () => {
  const folder = folderWith({ 'new\nline.yaml': BAD, 'esc\u001b[31m.yaml': BAD });
  const lines = cli(folder, ['lint', '--quiet']).stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /^\S*\ufffd\S*\.yaml:13:22: error /);
});

describe('a configuration that is wrong', () => {
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['a key', 'rule: {}\n', /^runbook-lens: \.runbook-lens\.yaml:1:1: rule: unknown key "rule"; did you mean "rules"\?$/m],
    ['a rule', 'rules:\n  runtime/gomemlimit-malformd: off\n', /:2:3: .*unknown rule .*did you mean "runtime\/gomemlimit-malformed"\?/],
    ['a severity', `rules: { ${RULE}: fatal }\n`, /expected error \| warning \| information \| hint \| on \| off, found "fatal"/],
    ['a key twice', 'lang: en\nignore: []\nlang: en\n', /:3:1: lang: "lang" is set more than once/],
    ['a template', '{{ .Values.lens }}: 1\n', /:1:1: a key must be plain text/],
    ['broken YAML', 'rules: [\n', /not valid YAML/],
    ['binary content', Buffer.from([0, 1, 2]), /binary content/],
  ];
  for (const [name, content, message] of cases) {
    it(`${name}: exit 2, the place, and nothing on standard output`, () => {
      const folder = folderWith({ 'api.yaml': BAD, '.runbook-lens.yaml': content });
      const run = cli(folder, ['lint', '--fix']);
      assert.equal(run.status, 2);
      assert.match(run.stderr, message);
      assert.equal(run.stdout, '');
      assert.equal(readFileSync(join(folder, 'api.yaml'), 'utf8'), BAD, 'nothing is written');
      assert.equal(cli(folder, ['lint', '--no-config']).status, 1);
      assert.equal(cli(folder, ['runbooks', 'list']).status, 0, 'a runbook can still be read');
    });
  }

  it('a rule of a later version is a notice', () => {
    const folder = folderWith({ 'api.yaml': BAD, '.runbook-lens.yaml': 'rules: { kong/upstream-slots: off }\n' });
    const run = cli(folder, ['lint', '--format', 'json']);
    assert.equal(run.status, 1);
    assert.deepEqual(
      jsonReport(run).notices.map(({ kind, file }) => `${kind} ${file}`),
      ['configuration .runbook-lens.yaml'],
    );
    assert.equal(cli(folder, ['lint', '--fail-on', 'never', '--fail-on-notice']).status, 2);
  });

  it('a link to nowhere is exit 2; a file by a name that is nearly right is a notice', () => {
    const folder = folderWith({ 'api.yaml': BAD, '.runbook-lens.yml': 'rules: {}\n' });
    assert.deepEqual(jsonReport(cli(folder, ['lint', '--format', 'json'])).notices, [
      { kind: 'configuration', file: '.runbook-lens.yml', message: 'not read: the configuration is .runbook-lens.yaml' },
    ]);
    symlinkSync('nowhere', join(folder, '.runbook-lens.yaml'));
    const run = cli(folder, ['lint']);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /^runbook-lens: \.runbook-lens\.yaml: ENOENT/);
  });

  it('--config takes its place', () => {
    const folder = folderWith({ 'api.yaml': BAD, '.runbook-lens.yaml': 'nonsense: 1\n', 'other.yaml': `rules: { ${RULE}: off }\n` });
    assert.equal(cli(folder, ['lint', '--config', 'other.yaml']).status, 0);
    assert.equal(cli(folder, ['lint', '--config', 'other.yaml', '--rule', RULE]).status, 1);
  });

  it('ignored files are not read', () => {
    const folder = folderWith({ 'old/api.yaml': BAD, '.runbook-lens.yaml': 'ignore: ["old/**"]\n' });
    assert.equal(jsonReport(cli(folder, ['lint', '--format', 'json'])).summary.files, 0);
  });

  it('overrides hold for their files', () => {
    const folder = folderWith({
      'old/api.yaml': BAD,
      'new/api.yaml': BAD,
      '.runbook-lens.yaml': `overrides: [ { files: ["old/**"], rules: { ${RULE}: information } } ]\n`,
    });
    const { findings } = jsonReport(cli(folder, ['lint', '--format', 'json']));
    assert.deepEqual(
      findings.map(({ file, severity }) => `${file} ${severity}`),
      ['new/api.yaml error', 'old/api.yaml information'],
    );
  });
});
