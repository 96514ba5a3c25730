import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { verifyFix } from '../../src/fixes/verify.ts';
import type { Engine } from '../../src/linters/engine.ts';
import type { LintResult } from '../../src/linters/lint-result.ts';
import type { Anchor } from '../../src/text/source.ts';
import { engineOf } from '../helpers/engine.ts';
import { type Files, JOINED_CASES, PAGE_CASES } from '../workspace/sample-files.ts';
import { damage, damaged } from './damage.ts';

const RUNS = Number(process.env.RUNBOOK_LENS_TEST_RUNS ?? 600);
const CASES: readonly Files[] = [...PAGE_CASES, ...JOINED_CASES];

/** Large on purpose: it only ends a run that would never end. fast-check prints the seed of what fails. */
const TIMEOUT_MS = 600_000;

function checkAnchor(engine: Engine, at: Anchor, what: string): void {
  const { file, start, end } = at;
  assert.equal(engine.file(file.path)?.text, file.text, `${what}: ${file.path} is not the file of the workspace`);
  assert.ok(0 <= start && start <= end && end <= file.text.length, `${what}: ${start}-${end} in ${file.path} of ${file.text.length}`);
}

/** Everything that a result points at is there, and each fix can be tried. */
function checkResult(engine: Engine, result: LintResult): void {
  for (const finding of result.findings) {
    checkAnchor(engine, finding.at, `${finding.rule} ${finding.messageId}`);
    for (const related of finding.related ?? []) checkAnchor(engine, related.at, `${finding.rule} ${related.messageId}`);
    for (const fix of finding.fixes ?? []) {
      const verified = verifyFix(engine, result, finding, fix);
      if (!verified.ok) continue;
      for (const edit of verified.planned.edits) {
        const length = engine.file(edit.file)?.text.length ?? -1;
        assert.ok(
          0 <= edit.start && edit.start <= edit.end && edit.end <= length,
          `${fix.id}: edit ${edit.start}-${edit.end} of ${length}`,
        );
      }
    }
  }
  for (const unit of engine.repository().units) {
    for (const container of unit.containers) {
      checkAnchor(engine, container.at, `container ${container.name}`);
      for (const [name, { value }] of container.env.variables) if (value.at) checkAnchor(engine, value.at, `variable ${name}`);
    }
    for (const { component } of unit.components) {
      for (const channel of component.code.channels) checkAnchor(engine, channel.at, `channel of ${component.folder}`);
      assert.ok(component.dependencies);
    }
  }
}

describe('damaged files', { timeout: TIMEOUT_MS }, () => {
  it('never stop the engine, and everything that is found stands inside its file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CASES), fc.nat(), damage, async (files, which, blows) => {
        const paths = Object.keys(files);
        const path = paths[which % paths.length] ?? '';
        const engine = await engineOf({ ...files, [path]: damaged(files[path] ?? '', blows) }, { preview: true });
        checkResult(engine, engine.lint());
      }),
      { numRuns: RUNS },
    );
  });

  it('of all formats at once neither', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...CASES), { minLength: 2, maxLength: 4 }),
        fc.array(damage, { minLength: 8, maxLength: 8 }),
        async (cases, all) => {
          const files = Object.assign({}, ...cases) as Files;
          const broken = Object.entries(files).map(([path, text], at) => [path, damaged(text, all[at % all.length] ?? [])] as const);
          const engine = await engineOf(Object.fromEntries(broken), { preview: true });
          checkResult(engine, engine.lint());
        },
      ),
      { numRuns: Math.ceil(RUNS / 6) },
    );
  });

  it('under the name of another format neither', async () => {
    const texts = CASES.flatMap((files) => Object.values(files));
    const names = [
      'a.yaml',
      'Chart.yaml',
      'values.yaml',
      'kustomization.yaml',
      'compose.yaml',
      'a.json',
      'kong.conf',
      '.env',
      'a.sh',
      'Procfile',
      'a.service',
    ]
      .concat([
        'Dockerfile',
        'main.tf',
        'application.properties',
        'application.yml',
        'pom.xml',
        'build.gradle',
        'libs.versions.toml',
        'gradle.lockfile',
      ])
      .concat([
        'requirements.txt',
        'poetry.lock',
        'uv.lock',
        'go.mod',
        'package-lock.json',
        'package.json',
        'skaffold.yaml',
        'helmfile.yaml',
      ])
      .concat(['main.go', 'Main.java', 'main.py', 'main.ts', 'main.js', 'mesh.yaml', 'templates/a.yaml']);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), fc.constantFrom(...names), damage, async (text, name, blows) => {
        const engine = await engineOf({ [name]: damaged(text, blows), 'Chart.yaml': 'name: x\nversion: 1.0.0\n' }, { preview: true });
        checkResult(engine, engine.lint());
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
  });
});

describe('a file without a document that is read', { timeout: TIMEOUT_MS }, () => {
  it('is a file of the workspace where a rule names it as evidence of a mesh', async () => {
    const cases = PAGE_CASES.filter((files) => files['mesh/rule.yaml']?.includes('kind: DestinationRule'));
    assert.ok(cases.length > 3, `${cases.length} cases`);
    for (const files of cases) {
      const text = (files['mesh/rule.yaml'] ?? '').replace('DestinationRule', 'D\restinationRule');
      const engine = await engineOf({ ...files, 'mesh/rule.yaml': text }, { preview: true });
      checkResult(engine, engine.lint());
    }
  });
});

describe('a broken file', { timeout: TIMEOUT_MS }, () => {
  const broken: Files = {
    'staging/broken.yaml': 'kind: Service\nmetadata: {name: [\n',
    'staging/conflict.yaml': '<<<<<<< ours\nkind: Service\n=======\nkind: Pod\n>>>>>>> theirs\n',
    'staging/deep.yaml': `kind: ConfigMap\ndata: ${'['.repeat(5000)}\n`,
    'staging/broken.json': '{"apiVersion": "v1", "kind": "Service", "metadata": {',
    'staging/Chart.yaml': 'name: [\n',
    'staging/kustomization.yaml': 'resources: {\n',
    'staging/main.go': 'package main\nimport "google.golang.org/grpc"\nfunc main() { grpc.Dial(((\n',
    'staging/pom.xml': '<project><dependencies><dependency',
    'staging/kong.conf': 'database\n= = =\n\\',
    'staging/Dockerfile': 'ENV\nFROM\n\\',
  };

  it('leaves the others judged as before', async () => {
    let findings = 0;
    for (const files of PAGE_CASES) {
      const inProd = Object.fromEntries(Object.entries(files).map(([path, text]) => [`prod/${path}`, text]));
      const alone = (await engineOf(inProd, { preview: true })).lint().findings;
      const engine = await engineOf({ ...inProd, ...broken }, { preview: true });
      const beside = engine.lint();
      const named = (list: LintResult['findings']): unknown =>
        list.map((one) => [one.rule, one.at.file.path, one.at.start, one.severity, one.messageId]);
      assert.deepEqual(named(beside.findings.filter(({ at }) => at.file.path.startsWith('prod/'))), named(alone));
      for (const path of ['staging/broken.yaml', 'staging/conflict.yaml', 'staging/deep.yaml', 'staging/broken.json'])
        assert.ok(
          beside.notices.some(({ file }) => file === path),
          `no notice for ${path}`,
        );
      findings += alone.length;
    }
    assert.ok(findings > 100, `${findings} findings`);
  });
});

describe('texts that grow without bound', { timeout: TIMEOUT_MS }, () => {
  const bombs = Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]\n`).join('');
  const many = 20_000;
  const texts: Readonly<Record<string, string>> = {
    'nested.yaml': `kind: ConfigMap\ndata: ${'{a: '.repeat(200)}1${'}'.repeat(200)}\n`,
    'nested-block.yaml': `kind: ConfigMap\n${Array.from({ length: 400 }, (_, at) => `${' '.repeat(at)}a:\n`).join('')}`,
    'brackets.yaml': `kind: ConfigMap\ndata: ${'['.repeat(many)}`,
    'bomb.yaml': `kind: ConfigMap\na0: &a0 [x, x]\n${bombs}data: *a9\n`,
    'merge.yaml': `kind: ConfigMap\nx: &x {a: 1}\n${Array.from({ length: 2000 }, (_, at) => `y${at}: {<<: *x, b: 2}\n`).join('')}`,
    'line.yaml': `kind: ConfigMap\ndata: {a: "${'x '.repeat(many * 10)}"}\n`,
    'spaces.yaml': `kind: ConfigMap\ndata:${' '.repeat(many * 10)}x\n`,
    'documents.yaml': 'kind: Service\n---\n'.repeat(many),
    'actions.yaml': `kind: ConfigMap\ndata: ${'{{'.repeat(many)}\n`,
    'ifs.yaml': `kind: ConfigMap\n${'{{- if .x }}\n'.repeat(many)}`,
    'quotes.yaml': `kind: ConfigMap\ndata: "${"\\'".repeat(many)}`,
    'comments.yaml': `kind: ConfigMap\n${'# runbook-lens-ignore x\n'.repeat(many)}`,
    'istio.yaml': `istio${' '.repeat(many * 5)}\n${'istio.io/\n'.repeat(many)}`,
    'deep.json': `{"kind": "List", "items": ${'['.repeat(many)}`,
    Dockerfile: `FROM a\nENV ${'A=$A '.repeat(many)}\n`,
    'continued.Dockerfile': `FROM a\nRUN ${'\\\n'.repeat(many)}`,
    '.env': `A=${'${'.repeat(many)}\n`,
    'kong.conf': `database = ${'\\\n'.repeat(many)}`,
    'kong.sh': `kong ${'$('.repeat(many)}\n`,
    'kong.service': `[Service]\nExecStart=kong ${'\\\n'.repeat(many)}`,
    'pom.xml': '<a>'.repeat(many),
    'build.gradle': `dependencies ${'{'.repeat(many)}`,
    'go.mod': `require (\n${'a/b v1.0.0\n'.repeat(many)}`,
    'poetry.lock': `a = ${'['.repeat(many)}`,
    'package-lock.json': `{"packages": ${'{"a":'.repeat(many)}`,
    'requirements.txt': `a${'[b'.repeat(many)}\n`,
    'main.go': `package main\nimport "google.golang.org/grpc"\nfunc main() { grpc.Dial(${'('.repeat(many)}\n`,
    'main.py': `import grpc\ngrpc.insecure_channel(${'"a" + '.repeat(many / 10)}"b")\n`,
    'main.ts': `import * as grpc from '@grpc/grpc-js';\nconst x = ${'{a: '.repeat(many)}\n`,
    'Main.java': `import io.grpc.ManagedChannelBuilder;\nclass A { Object x = ${'f('.repeat(many)}\n`,
    'main.tf': `resource "helm_release" "x" { values = [${'<<EOF\n'.repeat(many)}`,
    'application.properties': `grpc.a = ${'${'.repeat(many)}`,
  };
  for (const [path, text] of Object.entries(texts)) {
    it(`end: ${path}`, async () => {
      const engine = await engineOf(
        { [path]: text, 'ok.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: cart}\n' },
        { preview: true },
      );
      checkResult(engine, engine.lint());
      assert.ok(engine.repository().units.some(({ objects }) => objects.some(({ name }) => name === 'cart')));
    });
  }
});
