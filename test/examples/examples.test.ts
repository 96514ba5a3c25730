import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cli, repositoryRoot } from '../cli/harness.ts';

/**
 * What the command line says of the examples, kept in `golden/`. To take over what it says now, after reading the difference:
 *
 *   UPDATE_GOLDEN=1 node --test test/examples/examples.test.ts
 */
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const EXAMPLES = join(repositoryRoot, 'examples');
const GOLDEN = join(repositoryRoot, 'test', 'examples', 'golden');

/** Each example with the runbook that tells its incident. */
const RUNBOOKS: Readonly<Record<string, string>> = {
  'go-memory-limit': 'runtime/go-memory-limit',
  'grpc-one-pod-gets-all-requests': 'grpc/one-pod-gets-all-requests',
  'istio-idle-connection-timeout': 'istio/idle-connection-timeout',
  'kiam-credential-refresh-storm': 'kiam/credential-refresh-storm',
  'kong-cache-ttl-zero': 'kong/cache-ttl-zero',
  'kong-router-rebuild-memory': 'kong/router-rebuild-memory',
};

interface Place {
  readonly file: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

interface Finding extends Place {
  readonly rule: string;
  readonly severity: string;
  readonly messageId: string;
  readonly runbook: string;
  readonly related: readonly Place[];
  readonly fixes: readonly { readonly id: string; readonly safety: string }[];
}

function lint(root: string, ...more: readonly string[]): readonly Finding[] {
  const run = cli(root, ['lint', '--root', root, '--format', 'json', '--severity', 'hint', '--fail-on', 'never', ...more]);
  assert.equal(run.status, 0, run.stderr);
  const report = JSON.parse(run.stdout) as { findings: readonly Finding[]; notices: readonly unknown[] };
  assert.deepEqual(report.notices, [], 'notices');
  return report.findings;
}

const at = ({ file, range: { start } }: Place, folder: string): string =>
  `${file.startsWith(folder) ? file.slice(folder.length) : file}:${start.line + 1}:${start.character + 1}`;

/** `file:line:column severity rule messageId`, the evidence and the fixes below it; paths from the folder on. */
function describeFinding(finding: Finding, folder: string): string {
  return [
    `${at(finding, folder)} ${finding.severity} ${finding.rule} ${finding.messageId}`,
    ...finding.related.map((place) => `  see ${at(place, folder)}`),
    ...finding.fixes.map((fix) => `  fix ${fix.id} (${fix.safety})`),
  ].join('\n');
}

const textOf = (findings: readonly Finding[], folder: string): string =>
  findings.map((finding) => `${describeFinding(finding, folder)}\n`).join('');

describe('examples', () => {
  /** All examples as one repository: what `npm start` and the demo show. */
  let all: readonly Finding[] = [];
  before(() => {
    all = lint(EXAMPLES);
  });

  it('each folder is listed here, and has both sides and a text', () => {
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(folders.map((entry) => entry.name).sort(), Object.keys(RUNBOOKS).sort());
    for (const name of Object.keys(RUNBOOKS))
      for (const part of ['before', 'after', 'README.md']) assert.ok(existsSync(join(EXAMPLES, name, part)), `${name}/${part}`);
    assert.deepEqual(
      readdirSync(GOLDEN).sort(),
      Object.keys(RUNBOOKS)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });

  for (const [name, runbook] of Object.entries(RUNBOOKS)) {
    describe(name, () => {
      it('before: the findings of golden/', () => {
        const folder = `${name}/before/`;
        const text = textOf(
          all.filter((finding) => finding.file.startsWith(folder)),
          folder,
        );
        const path = join(GOLDEN, `${name}.txt`);
        if (UPDATE) writeFileSync(path, text);
        assert.equal(text, readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
      });

      it('before: hits the runbook of the incident, as a warning at least', () => {
        const hits = all.filter(
          (finding) => finding.file.startsWith(`${name}/before/`) && (finding.severity === 'error' || finding.severity === 'warning'),
        );
        assert.ok(
          hits.some((finding) => finding.runbook.replace(/#.*/, '') === runbook),
          [...new Set(hits.map((finding) => finding.runbook))].join(', '),
        );
      });

      it('after: nothing', () => {
        const folder = `${name}/after/`;
        assert.equal(
          textOf(
            all.filter((finding) => finding.file.startsWith(folder)),
            folder,
          ),
          '',
        );
      });

      it('opened alone, each side says the same as among the others', () => {
        for (const side of ['before', 'after']) {
          const folder = `${name}/${side}/`;
          const among = all.filter((finding) => finding.file.startsWith(folder));
          assert.equal(textOf(lint(join(EXAMPLES, name, side)), ''), textOf(among, folder), side);
        }
      });
    });
  }
});

describe('examples, after their own fixes', () => {
  const copy = mkdtempSync(join(tmpdir(), 'runbook-lens-examples-'));
  after(() => rmSync(copy, { recursive: true, force: true }));

  it('what had a fix is gone, nothing new came, and one more run changes nothing', () => {
    cpSync(EXAMPLES, copy, { recursive: true });
    const unfixable = lint(copy).filter((finding) => finding.fixes.length === 0);
    // A fix may show what it had masked: a policy that takes effect now, over an address that is one.
    lint(copy, '--fix', '--unsafe-fixes');
    const rest = lint(copy, '--fix', '--unsafe-fixes');
    const idOf = (finding: Finding): string => `${finding.file} ${finding.rule} ${finding.messageId}`;
    assert.deepEqual(rest.map(idOf).sort(), unfixable.map(idOf).sort());
    assert.equal(
      cli(copy, ['lint', '--root', copy, '--fix-dry-run', '--fix', '--unsafe-fixes', '--fail-on', 'never']).stdout.includes('+++'),
      false,
    );
  });
});
