import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RULES } from '../../src/linters/registry.ts';
import { diagnosisMarkdown } from '../../src/report/diagnosis-markdown.ts';
import { type DiagnosisReport, diagnosisReport, isHappeningOrWaiting } from '../../src/report/diagnosis-report.ts';
import { diagnosisText } from '../../src/report/diagnosis-text.ts';
import type { Language } from '../../src/runbooks/types.ts';
import type { ReadOutcome } from '../../src/snapshot/snapshot.ts';
import { SAMPLE_PROBE } from '../diagnosis/sample-probe.ts';
import { container, diagnosisOf, minutesAgo, pod, snapshotOf } from '../diagnosis/snapshot-of.ts';

const APP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app, namespace: shop }
spec: { template: { spec: { containers: [{ name: app, image: "kong:0.12.3", env: [{ name: KONG_DB_CACHE_TTL, value: "0" }] }] } } }
`;

function reportOf(language: Language, outcomes: Readonly<Record<string, ReadOutcome>> = {}, name = 'app-1'): DiagnosisReport {
  const pods = [pod(name, { containers: [container({ restarts: 4, startedAt: minutesAgo(5) })] })];
  return diagnosisReport(diagnosisOf(snapshotOf({ yaml: APP, pods, outcomes }, [SAMPLE_PROBE]), [SAMPLE_PROBE]), {
    language,
    tool: { name: 'runbook-lens', version: '0.0.0' },
    rules: RULES,
    titleOf: () => (language === 'en' ? 'A title' : '标题'),
  });
}

describe('the incident report', () => {
  it('says the verdict first, then where each piece of evidence was read, then what to do', () => {
    const report = reportOf('en');
    const text = diagnosisText(report, { language: 'en', colour: false, brief: false });
    const said = report.incidents[0]?.subjects[0]?.findings[0]?.message ?? '';
    assert.match(said, /KONG_DB_CACHE_TTL=0/);
    assert.equal(
      text,
      [
        'Cluster test https://cluster.example v1.36.0, all namespaces, 1 objects, 1 pods, taken at 2026-11-21T12:00:00Z',
        '',
        'LIVE kong/router-rebuild-memory A title',
        '  1 workload',
        '  LIVE Deployment shop/app',
        '    status restarted 4 times | see (4, 5 min ago; Pod shop/app-1 /status/containerStatuses/0/restartCount)',
        `    error kong/db-cache-ttl-zero ${said} /spec/template/spec/containers/0/env/0/value`,
        '    would prove it: a metric',
        '    read Look',
        '      kubectl logs -n shop app',
        '    change Scale',
        '      kubectl scale',
        '      undo',
        '      kubectl scale back',
        '  Not checked: grpc/clusterip-pinned: judged in files only: it needs source code, build files or an image',
        '  runbook: runbook-lens runbooks show kong/router-rebuild-memory',
        '',
      ].join('\n'),
    );
    assert.equal(
      diagnosisText(reportOf('en'), { language: 'en', colour: false, brief: true }),
      'LIVE kong/router-rebuild-memory 1 workload\n',
    );
  });

  it('tells once what holds for all of whom nothing is known, and what prevents it in a line each', () => {
    const report = reportOf('en');
    const [incident] = report.incidents;
    const [subject] = incident?.subjects ?? [];
    assert.ok(incident && subject);
    const bare = ['cart', 'checkout', 'pay'].map((name) => ({
      ...subject,
      name,
      verdict: 'unknown' as const,
      evidence: [],
      findings: [],
      wouldProve: ['its log'],
      actions: [],
    }));
    const [measured] = subject.evidence;
    assert.ok(measured);
    const held = ['a', 'b', 'c', 'd'].map((name) => {
      const object = { kind: subject.kind, namespace: subject.namespace, name };
      const reason = { source: measured.source, object, pointer: '', value: '', explains: 'It ends there.' };
      return { ...subject, name, verdict: 'mitigated' as const, evidence: [reason, measured] };
    });
    const text = diagnosisText(
      { ...report, incidents: [{ ...incident, verdict: 'unknown', subjects: [...bare, ...held], notChecked: [] }] },
      { language: 'en', colour: false, brief: false },
    );
    assert.equal(
      text.slice(text.indexOf('UNKNOWN')),
      [
        'UNKNOWN kong/router-rebuild-memory A title',
        '  1 workload',
        '  UNKNOWN Deployment shop/cart',
        '    would prove it: its log',
        '  UNKNOWN The same holds for Deployment shop/checkout, Deployment shop/pay',
        '  MITIGATED Deployment shop/a status It ends there.',
        '  MITIGATED Deployment shop/b status It ends there.',
        '  MITIGATED Deployment shop/c status It ends there.',
        '  … and 1 more (--format json has all)',
        '',
      ].join('\n'),
    );
  });

  it('is Chinese to the last word', () => {
    const text = diagnosisText(reportOf('zh-cn', { pods: 'forbidden' }), { language: 'zh-cn', colour: false, brief: false });
    assert.match(text, /【正在发生】 kong\/router-rebuild-memory 标题/);
    const words = text
      .split('\n')
      .filter((line) => !/^\s*(?:kubectl|apiVersion|kind|metadata|name|rules|- apiGroups|resources|verbs)/.test(line))
      .join('\n')
      .replace(/[\w.]+(?:\/[\w.-]+)+|https:\S+|\b(?:runbook-lens|runbooks?|show|Deployment|Pod|API|server|test|pods|T|Z)\b/g, '');
    assert.doesNotMatch(words, /[a-z]{4,} [a-z]{2,}/i);
  });

  it('prints the role for what was refused', () => {
    const report = reportOf('en', { 'deployments.apps': 'forbidden' });
    assert.match(
      diagnosisText(report, { language: 'en', colour: false, brief: false }),
      /What would allow the rest\n\n {2}apiVersion: rbac/,
    );
    assert.match(diagnosisMarkdown(report, 'en'), /```yaml\napiVersion: rbac/);
  });

  it('lets no name of the cluster become markup or steer a terminal', () => {
    const report = reportOf('en', {}, 'x\u001b[31m|<b>`y`\n# z');
    assert.ok(!diagnosisText(report, { language: 'en', colour: false, brief: false }).includes('\u001b'));
    const markdown = diagnosisMarkdown(report, 'en');
    assert.doesNotMatch(markdown, /^# z/m);
    assert.doesNotMatch(markdown, /(?<!\\)<b>/);
  });

  it('is what its schema says, and the same bytes each time', () => {
    const schema = JSON.parse(readFileSync(new URL('../../schemas/diagnosis-report.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ validateFormats: false }).compile(schema);
    for (const outcome of ['read', 'forbidden', 'timeout'] as const) {
      const report = JSON.parse(JSON.stringify(reportOf('en', { pods: outcome }))) as unknown;
      assert.ok(validate(report), JSON.stringify(validate.errors));
    }
    assert.equal(JSON.stringify(reportOf('en')), JSON.stringify(reportOf('en')));
  });

  it('tells whether something is live or latent', () => {
    assert.equal(isHappeningOrWaiting(reportOf('en')), true);
    const { incidents, ...rest } = reportOf('en');
    assert.equal(isHappeningOrWaiting({ ...rest, incidents: incidents.map((one) => ({ ...one, verdict: 'unknown' })) }), false);
  });
});
