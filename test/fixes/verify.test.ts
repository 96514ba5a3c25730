import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changedFiles, fixAll } from '../../src/fixes/apply.ts';
import type { Change, Fix } from '../../src/fixes/change.ts';
import { planFixes, verifyFix } from '../../src/fixes/verify.ts';
import type { Engine } from '../../src/linters/engine.ts';
import type { LintEngine, LintFinding, LintResult } from '../../src/linters/lint-result.ts';
import type { Rule, RuleContext, Severity } from '../../src/linters/rule.ts';
import { annotationsOf } from '../../src/model/kubernetes/objects.ts';
import { objectsOfKind } from '../../src/model/unit.ts';
import { mapAt, nodeAt, scalarAt, type YamlMap } from '../../src/text/yaml.ts';
import { type SourceFile, sourceFile } from '../../src/text/source.ts';
import { writtenFile } from '../../src/text/yaml-source.ts';
import { engineOf } from '../helpers/engine.ts';
import { lines, Opened } from './planning.ts';

/** Rules as small as they come, so that each test says what it is about. */
function rule(id: string, severity: Severity, check: (context: RuleContext) => void): Rule {
  const message = { en: id, zh: id };
  return {
    id,
    title: message,
    runbook: 'kong/bar',
    severity,
    default: 'on',
    affects: '',
    fixable: 'review',
    sources: [],
    messages: { bad: message, fix: message },
    check,
  };
}

function fixOf(id: string, changes: readonly Change[], safety: Fix['safety'] = 'review'): Fix {
  return { id, titleId: 'fix', data: {}, safety, changes };
}

/** Every annotation `bad/x` is a finding; its fixes are what the test asks for. */
function badAnnotations(fixes: (annotations: YamlMap, root: YamlMap) => readonly Fix[]): Rule {
  return rule('test/bad', 'warning', ({ unit, report }) => {
    for (const object of objectsOfKind(unit, 'Service')) {
      const annotations = annotationsOf(object);
      const scalar = scalarAt(annotations, 'bad/x');
      if (annotations && scalar && scalar.text !== 'good') report({ messageId: 'bad', at: scalar, fixes: fixes(annotations, object.root) });
    }
  });
}

const heal = (annotations: YamlMap): Fix => {
  const scalar = scalarAt(annotations, 'bad/x');
  assert.ok(scalar);
  return fixOf('heal', [{ change: 'set-scalar', scalar, text: 'good' }], 'safe');
};

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

async function only(engine: Engine, ruleId = 'test/bad'): Promise<{ finding: LintFinding; result: ReturnType<Engine['lint']> }> {
  const result = engine.lint();
  const finding = result.findings.find((one) => one.rule === ruleId);
  assert.ok(finding);
  return { finding, result };
}

function healed(engine: LintEngine, finding: LintFinding, result: LintResult): string {
  const [fix] = finding.fixes ?? [];
  assert.ok(fix);
  const verified = verifyFix(engine, result, finding, fix);
  return verified.ok ? 'ok' : `${verified.refused.reason.id}: ${verified.refused.reason.detail}`;
}

/** The smallest engine in which a finding holds in several units: for what is asked of all of them. */
class SharedBase implements LintEngine {
  private readonly files: Map<string, SourceFile>;

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)]));
  }

  setFile(path: string, file: SourceFile | undefined): void {
    if (file) this.files.set(path, file);
    else this.files.delete(path);
  }

  file(path: string): SourceFile | undefined {
    return this.files.get(path);
  }

  lint(): LintResult {
    const base = this.files.get('base.yaml');
    const two = this.files.get('two.yaml')?.text;
    assert.ok(base);
    const scalar = scalarAt(writtenFile(base).documents[0]?.root, 'a');
    assert.ok(scalar);
    const ill = scalar.text === 'x';
    const units = [...(ill ? ['one'] : []), ...(ill || two === 'ill' ? ['two'] : [])];
    const shared = { rule: 'test/bad', messageId: 'bad', severity: 'warning' as const, runbook: 'kong/bar', at: scalar };
    const findings: LintFinding[] = [];
    const fixes = [fixOf('f', [{ change: 'set-scalar', scalar, text: 'good' }])];
    if (units.length > 0) findings.push({ ...shared, unit: units[0] ?? '', units, fingerprint: '1', fixes });
    if (!ill && two === 'brings another') findings.push({ ...shared, unit: 'two', units: ['two'], fingerprint: '2' });
    return { findings, notices: [], files: 2, documents: 2, units: 2, suppressed: 0 };
  }

  lintWith(changes: ReadonlyMap<string, SourceFile | undefined>): LintResult {
    const fork = new SharedBase({});
    for (const [path, file] of [...this.files, ...changes]) fork.setFile(path, file);
    return fork.lint();
  }
}

describe('a fix is offered only if it heals', () => {
  it('takes one that does, and leaves the engine as it was', async () => {
    const engine = await engineOf({ 'a.yaml': service('a', 'x') }, { rules: [badAnnotations((annotations) => [heal(annotations)])] });
    const { finding, result } = await only(engine);
    const planned = planFixes(engine, result, finding);
    assert.equal(planned.fixes.length, 1);
    const after = changedFiles(planned.fixes[0]?.edits ?? [], [], (path) => engine.file(path));
    assert.equal(after?.get('a.yaml')?.text, service('a', 'good'));
    assert.equal(engine.file('a.yaml')?.text, service('a', 'x'));
    assert.equal(engine.lint().findings.length, 1);
  });

  it('refuses one after which the finding is still there', async () => {
    const stays = badAnnotations((annotations) => [fixOf('f', [{ change: 'set-entry', map: annotations, path: ['other'], value: 'v' }])]);
    const engine = await engineOf({ 'a.yaml': service('a', 'x') }, { rules: [stays] });
    const { finding, result } = await only(engine);
    assert.equal(healed(engine, finding, result), 'not-healed: .');
  });

  it('refuses one that only moves the finding', async () => {
    const moves = badAnnotations((annotations) => {
      const scalar = scalarAt(annotations, 'bad/x');
      return scalar ? [fixOf('f', [{ change: 'set-scalar', scalar, text: 'bad' }])] : [];
    });
    const engine = await engineOf({ 'a.yaml': service('a', 'x') }, { rules: [moves] });
    const { finding, result } = await only(engine);
    assert.match(healed(engine, finding, result), /^not-healed/);
  });

  it('refuses one without an edit, and gives the snippet', async () => {
    const snippet = { reasonId: 'bad', data: {}, language: 'yaml', text: 'x' };
    const nothing = rule('test/bad', 'error', ({ unit, report }) => {
      for (const { root } of unit.objects) {
        const at = scalarAt(root, 'metadata', 'name');
        if (at)
          report({
            messageId: 'bad',
            at,
            fixes: [fixOf('f', [{ change: 'set-entry', map: root, path: ['kind'], value: 'Service' }])],
            snippet,
          });
      }
    });
    const engine = await engineOf({ 'a.yaml': service('a', 'x') }, { rules: [nothing] });
    const { finding, result } = await only(engine);
    const planned = planFixes(engine, result, finding);
    assert.deepEqual(planned.fixes, []);
    assert.equal(planned.refused[0]?.reason.id, 'nothing-to-do');
    assert.equal(planned.snippet, snippet);
  });

  /** Speaks once `bad/x` is good. `place` says whether it stands where the healed finding stood. */
  const afterwards = (severity: Severity, place: 'same' | 'elsewhere'): Rule =>
    rule('test/after', severity, ({ unit, report }) => {
      for (const object of objectsOfKind(unit, 'Service')) {
        const scalar = scalarAt(annotationsOf(object), 'bad/x');
        const at = place === 'same' ? scalar : scalarAt(object.root, 'metadata', 'name');
        if (scalar?.text === 'good' && at) report({ messageId: 'bad', at });
      }
    });

  it('refuses one that brings another finding', async () => {
    const engine = await engineOf(
      { 'a.yaml': service('a', 'x') },
      { rules: [badAnnotations((a) => [heal(a)]), afterwards('hint', 'elsewhere')] },
    );
    const { finding, result } = await only(engine);
    assert.equal(healed(engine, finding, result), 'new-finding: test/after');
  });

  it('lets a masked finding of the same place come to light unless it is more severe', async () => {
    for (const [severity, expected] of [
      ['warning', 'ok'],
      ['hint', 'ok'],
      ['error', 'new-finding: test/after'],
    ] as const) {
      const engine = await engineOf(
        { 'a.yaml': service('a', 'x') },
        { rules: [badAnnotations((a) => [heal(a)]), afterwards(severity, 'same')] },
      );
      const { finding, result } = await only(engine);
      assert.equal(healed(engine, finding, result), expected);
    }
  });

  it('heals one of two alike', async () => {
    const engine = await engineOf(
      { 'a.yaml': `${service('a', 'x')}---\n${service('a', 'z')}` },
      { rules: [badAnnotations((a) => [heal(a)])] },
    );
    const result = engine.lint();
    assert.equal(result.findings.length, 2);
    for (const finding of result.findings) assert.equal(healed(engine, finding, result), 'ok');
  });

  it('refuses when a unit that shares the file stays ill', () => {
    // Two units read the base; in `two` the word in another file keeps the finding, whatever the base says.
    const base = new Opened(lines('a: x'), 'base.yaml');
    const verdict = (keep: string): string => {
      const engine = new SharedBase({ 'base.yaml': base.file.text, 'two.yaml': keep });
      const result = engine.lint();
      const [finding] = result.findings;
      assert.ok(finding);
      assert.deepEqual(finding.units, ['one', 'two']);
      return healed(engine, finding, result);
    };
    assert.equal(verdict('ill'), 'not-healed: two');
    assert.equal(verdict('well'), 'ok');
    assert.equal(verdict('brings another'), 'new-finding: test/bad');
  });
});

describe('fix all', () => {
  it('heals every finding, safe ones only unless asked', async () => {
    const files = { 'a.yaml': `${service('a', 'x')}---\n${service('b', 'y')}`, 'b.yaml': service('c', 'z') };
    const review = rule('test/review', 'warning', ({ unit, report }) => {
      for (const object of unit.objects) {
        const spec = mapAt(object.root, 'spec');
        const ports = nodeAt(spec, 'ports');
        if (spec && ports)
          report({
            messageId: 'bad',
            at: ports,
            fixes: [fixOf('f', [{ change: 'remove-entry', map: object.root, path: ['spec', 'ports'], prune: true }])],
          });
      }
    });
    const engine = await engineOf(files, { rules: [badAnnotations((a) => [heal(a)]), review] });
    const safe = fixAll(engine, { unsafe: false });
    assert.equal(safe.fixed.length, 3);
    assert.equal(safe.rounds, 1);
    assert.equal(safe.files.get('a.yaml')?.text, `${service('a', 'good')}---\n${service('b', 'good')}`);
    assert.deepEqual(new Set(safe.result.findings.map((one) => one.rule)), new Set(['test/review']));
    assert.equal(engine.file('a.yaml')?.text, files['a.yaml']);

    const all = fixAll(engine, { unsafe: true });
    assert.deepEqual(all.result.findings, []);
    assert.equal(all.files.get('b.yaml')?.text, service('c', 'good').replace('spec:\n  ports: []\n', ''));
  });

  it('heals overlapping ones in rounds, a list that all want to extend included', async () => {
    const wanted = ['one', 'two', 'three'].map((name) =>
      rule(`test/${name}`, 'warning', ({ unit, report }) => {
        for (const object of unit.objects) {
          const annotations = annotationsOf(object);
          if (!annotations || annotations.pairs.has(name)) continue;
          report({
            messageId: 'bad',
            at: annotations,
            fixes: [fixOf('f', [{ change: 'set-entry', map: annotations, path: [name], value: '1' }], 'safe')],
          });
        }
      }),
    );
    const engine = await engineOf({ 'a.yaml': service('a', 'good') }, { rules: wanted });
    const all = fixAll(engine, { unsafe: false });
    assert.equal(all.rounds, 3);
    assert.deepEqual(all.result.findings, []);
    assert.equal(
      all.files.get('a.yaml')?.text,
      service('a', 'good').replace('# why\n', '# why\n    one: "1"\n    three: "1"\n    two: "1"\n'),
    );
    assert.equal(fixAll(engine, { unsafe: false, maxRounds: 2 }).result.findings.length, 1);
  });

  it('new files vanish from the engine again', async () => {
    const adds = rule('test/bad', 'warning', ({ unit, report }) => {
      if (unit.objects.length > 1) return;
      for (const one of unit.objects) {
        const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'z' } };
        report({ messageId: 'bad', at: one.root, fixes: [fixOf('f', [{ change: 'add-object', beside: one.root, object }], 'safe')] });
      }
    });
    const engine = await engineOf({ 'kustomization.yaml': lines('resources: [a.yaml]'), 'a.yaml': service('a', 'x') }, { rules: [adds] });
    const all = fixAll(engine, { unsafe: false });
    assert.deepEqual([...all.files.keys()].sort(), ['kustomization.yaml', 'z-service.yaml']);
    assert.equal(engine.file('z-service.yaml'), undefined);
    assert.equal(engine.lint().findings.length, 1);
  });
});
