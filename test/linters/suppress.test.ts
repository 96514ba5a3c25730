import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Configuration, NO_SETTINGS } from '../../src/configuration/configuration.ts';
import { Engine } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { applySuppressions, findSuppressions, objectSuppressions } from '../../src/linters/suppress.ts';
import { suppressWith, unusedSuppression } from '../../src/linters/unused-suppression.ts';
import { readObjects } from '../../src/model/kubernetes/objects.ts';
import { sourceFile, textOf } from '../../src/text/source.ts';
import { parseYaml } from '../../src/text/yaml-parse.ts';

/** `scope rule,rule reason` of every suppression in a text. */
function found(path: string, text: string): string[] {
  return findSuppressions(sourceFile(path, text)).map(({ scope, rules, reason }) => {
    for (const rule of rules) assert.equal(textOf(rule.at), rule.id);
    const where = scope === 'file' ? 'file' : 'line' in scope ? `line ${scope.line}` : 'object';
    return `${where} [${rules.map((rule) => rule.id).join(' ')}] ${reason ?? ''}`.trim();
  });
}

describe('suppressions in comments', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a.yaml', 'a: 1 # runbook-lens-ignore kong/x -- known\n', ['line 0 [kong/x] known']],
    ['a.yaml', '# runbook-lens-ignore-next-line kong/x, istio/y -- two\na: 1\n', ['line 1 [kong/x istio/y] two']],
    ['a.yaml', '# runbook-lens-ignore-file kong/x\n---\na: 1\n', ['file [kong/x]']],
    ['a.yaml', '# runbook-lens-ignore-next-line a/b\n# runbook-lens-ignore-next-line c/d\na: 1\n', ['line 2 [a/b]', 'line 2 [c/d]']],
    ['a.yaml', 'a: "# runbook-lens-ignore kong/x"\n', []],
    ['a.yaml', 'a: |\n  x\n  # runbook-lens-ignore kong/x\nb: 1\n', []],
    ['a.yaml', 'a: | # runbook-lens-ignore kong/x\n  x\n', ['line 0 [kong/x]']],
    ['a.yaml', "a: 'it\n\n  # runbook-lens-ignore kong/x'\n", []],
    ['a.yaml', 'a: http://x#runbook-lens-ignore kong/x\n', []],
    ['a.yaml', 'a: runbook-lens-ignore kong/x\n', []],
    ['a.yaml', '# please runbook-lens-ignore kong/x\n', []],
    ['a.yaml', 'a: 1 # runbook-lens-ignore\n', ['line 0 []']],
    ['a.yaml', 'a: 1 # runbook-lens-ignore -- why\n', ['line 0 [] why']],
    ['a.yaml', 'a: 1 # runbook-lens-ignored kong/x\n', []],
    ['a.yaml', 'a: 1\r\n# runbook-lens-ignore-next-line kong/x -- r\r\nb: 2\r\n', ['line 2 [kong/x] r']],
    ['t/templates/a.yaml', '{{- /* runbook-lens-ignore-file kong/x -- r */ -}}\na: {{ .x }}\n', ['file [kong/x] r']],
    ['a.json', '{"a": 1} // runbook-lens-ignore kong/x\n', []],
    ['pom.xml', '<a/> <!-- runbook-lens-ignore kong/x -- r -->\n', ['line 0 [kong/x] r']],
    ['pom.xml', '<!-- runbook-lens-ignore-next-line kong/x -->\n<a/>\n', ['line 1 [kong/x]']],
    ['main.go', 'x := 1 // runbook-lens-ignore grpc/x -- r\n', ['line 0 [grpc/x] r']],
    ['main.go', 'x := "a // runbook-lens-ignore grpc/x"\n', []],
    ['main.go', '/* runbook-lens-ignore-next-line grpc/x */\nx := 1\n', ['line 1 [grpc/x]']],
    ['A.java', "char c = '\"'; // runbook-lens-ignore grpc/x\n", ['line 0 [grpc/x]']],
    ['a.py', 'x = "it\'s" # runbook-lens-ignore grpc/x\n', ['line 0 [grpc/x]']],
    ['a.py', "x = '# runbook-lens-ignore grpc/x'\n", []],
    ['a.py', 'x = 1 // runbook-lens-ignore grpc/x\n', []],
    ['Dockerfile', 'ENV A=1 # runbook-lens-ignore kong/x\n', []],
    ['Dockerfile', '# runbook-lens-ignore-next-line kong/x\nENV A=1\n', ['line 1 [kong/x]']],
    ['application.properties', '! runbook-lens-ignore-file kong/x\na=1\n', ['file [kong/x]']],
    ['kong.service', '; runbook-lens-ignore-file kong/x\n', ['file [kong/x]']],
    ['kong.conf', 'db_cache_ttl = 0 # runbook-lens-ignore kong/x\n', ['line 0 [kong/x]']],
    ['prod.env', 'A=1 # runbook-lens-ignore kong/x\n', ['line 0 [kong/x]']],
    ['main.tf', 'a = "x" // runbook-lens-ignore kong/x\n', ['line 0 [kong/x]']],
    ['notes.txt', '# runbook-lens-ignore-file kong/x\n', []],
  ];
  for (const [path, text, expected] of cases) {
    it(`${path}: ${JSON.stringify(text)}`, () => assert.deepEqual(found(path, text), expected));
  }
});

describe('which findings a suppression takes out', () => {
  const file = sourceFile('a.yaml', 'a: 1\n# runbook-lens-ignore-next-line kong/x, kong/y\nb: 2\nc: 3\n');
  const at = (token: string) => ({ file, start: file.text.indexOf(token), end: file.text.indexOf(token) + 1 });

  it('only the named rule on the named line; the rest of the list is unused', () => {
    const findings = [
      { rule: 'kong/x', at: at('2') },
      { rule: 'kong/z', at: at('2') },
      { rule: 'kong/x', at: at('3') },
    ];
    const { kept, suppressed, unused } = applySuppressions(findings, findSuppressions(file));
    assert.deepEqual(suppressed, findings.slice(0, 1));
    assert.deepEqual(kept, findings.slice(1));
    assert.deepEqual(
      unused.map((item) => item.rule?.id),
      ['kong/y'],
    );
  });

  it('never a finding in another file', () => {
    const other = sourceFile('b.yaml', file.text);
    const finding = { rule: 'kong/x', at: { ...at('2'), file: other } };
    assert.deepEqual(applySuppressions([finding], findSuppressions(file)).kept, [finding]);
  });

  it('an annotation covers its own object and no other', () => {
    const text = `apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Service, metadata: { name: a, annotations: { runbook-lens.dev/ignore: "kong/x, kong/y" } } }
  - { apiVersion: v1, kind: Service, metadata: { name: b } }
`;
    const source = sourceFile('list.yaml', text);
    const parsed = parseYaml(source);
    assert.ok(parsed.ok);
    const suppressions = objectSuppressions(readObjects(source, parsed.roots[0], false));
    const [suppression] = suppressions;
    assert.deepEqual(
      suppression?.rules.map((rule) => textOf(rule.at)),
      ['kong/x', 'kong/y'],
    );
    const finding = (name: string) => ({ rule: 'kong/x', at: { file: source, start: text.indexOf(name), end: text.indexOf(name) + 1 } });
    const { kept, suppressed } = applySuppressions([finding('a, anno'), finding('b }')], suppressions);
    assert.equal(suppressed.length, 1);
    assert.equal(kept.length, 1);
  });
});

describe('suppressions in the engine', () => {
  const manifest = (comment: string, value = '512Mi', annotations = '') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
${annotations}spec:
  template:
    spec:
      containers:
        - name: api
          image: example.org/api:1
          env:
            - name: GOMEMLIMIT
              value: ${value}${comment}
`;
  function lint(text: string, configuration = new Configuration(), preview = false) {
    const suppress = suppressWith([...RULES, unusedSuppression], configuration, preview);
    const engine = new Engine({ rules: RULES, configuration, preview, inputs: { readText: () => undefined }, suppress });
    engine.setFile('api.yaml', sourceFile('api.yaml', text));
    const { findings, suppressed } = engine.lint();
    return { found: findings.map((finding) => `${finding.severity} ${finding.rule} ${finding.messageId}`), suppressed, findings };
  }

  it('takes the finding out and counts it', () => {
    assert.deepEqual(lint(manifest('')).found, ['error runtime/gomemlimit-malformed malformed']);
    const { found: after, suppressed } = lint(manifest(' # runbook-lens-ignore runtime/gomemlimit-malformed -- until Friday'));
    assert.deepEqual([after, suppressed], [[], 1]);
  });

  it('the annotation does the same', () => {
    const annotations = '  annotations:\n    runbook-lens.dev/ignore: runtime/gomemlimit-malformed\n';
    assert.deepEqual(lint(manifest('', '512Mi', annotations)).found, []);
  });

  it('an unused suppression, one of a rule that does not exist, and one without a rule are hints with fingerprints', () => {
    assert.deepEqual(lint(manifest(' # runbook-lens-ignore runtime/gomemlimit-malformed', '460MiB')).found, [
      'hint runbook-lens/unused-suppression unused',
    ]);
    assert.deepEqual(lint(manifest(' # runbook-lens-ignore go/memory', '460MiB')).found, [
      'hint runbook-lens/unused-suppression unknown-rule',
    ]);
    const { found: bare, findings } = lint(manifest(' # runbook-lens-ignore', '460MiB'));
    assert.deepEqual(bare, ['hint runbook-lens/unused-suppression no-rule']);
    assert.match(findings[0]?.fingerprint ?? '', /^[0-9a-f]{16,}$/);
  });

  it('a suppression of a rule that is switched off is not called unused', () => {
    const off = new Configuration({ ...NO_SETTINGS, rules: new Map([['runtime/gomemlimit-malformed', { level: 'off' }]]) });
    assert.deepEqual(lint(manifest(' # runbook-lens-ignore runtime/gomemlimit-malformed'), off).found, []);
  });

  it('the hint itself can be suppressed, switched off, or made severe', () => {
    const unused = ' # runbook-lens-ignore runtime/gomemlimit-malformed';
    assert.deepEqual(lint(`# runbook-lens-ignore-file runbook-lens/unused-suppression\n${manifest(unused, '460MiB')}`).found, []);
    const set = (level: 'off' | 'error') => new Configuration({ ...NO_SETTINGS, rules: new Map([[unusedSuppression.id, { level }]]) });
    assert.deepEqual(lint(manifest(unused, '460MiB'), set('off')).found, []);
    assert.deepEqual(lint(manifest(unused, '460MiB'), set('error')).found, ['error runbook-lens/unused-suppression unused']);
  });
});
