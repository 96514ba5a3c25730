import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnosisHtml, type DiagnosisPage } from '../../src/report/diagnosis-html.ts';
import type { DiagnosisReport, IncidentReport } from '../../src/report/diagnosis-report.ts';
import { NOW } from '../diagnosis/snapshot-of.ts';

const OBJECT = { kind: 'Deployment', namespace: 'edge', name: 'kong' };
const EVIL = '"><img src=x onerror=alert(1)>\u001b[31m';

function incident(over: Partial<IncidentReport> = {}): IncidentReport {
  return {
    runbook: 'kong/a',
    title: 'Kong dies',
    verdict: 'live',
    summary: 'It is dying.',
    subjects: [
      {
        ...OBJECT,
        verdict: 'live',
        evidence: [
          {
            source: 'status',
            object: { ...OBJECT, kind: 'Pod', name: 'kong-a' },
            pointer: '/status/containerStatuses/0',
            value: 'OOMKilled',
            time: '2026-11-21T11:20:00Z',
            explains: 'The kernel killed it.',
          },
        ],
        findings: [{ rule: 'kong/x', severity: 'error', message: 'Too small', object: OBJECT, pointer: '/spec' }],
        wouldProve: ['more samples'],
        actions: [
          { title: 'Look', command: 'kubectl get x', risk: 'read' },
          { title: 'Mend', command: 'kubectl set y', risk: 'change', undo: 'kubectl unset y' },
        ],
      },
    ],
    notChecked: [{ what: 'pods/log', reason: 'forbidden', message: 'not allowed (403)' }],
    ...over,
  };
}

function page(incidents: readonly IncidentReport[], over: Partial<DiagnosisPage> = {}): string {
  const report: DiagnosisReport = {
    version: 1,
    tool: { name: 'runbook-lens', version: '1' },
    takenAt: NOW,
    cluster: { context: 'staging', server: 'https://x', version: 'v1.36.0', namespaces: [], scope: 'all', objects: 1, pods: 1 },
    incidents,
    access: { denied: [], roleYaml: 'kind: Role\n' },
    requests: { count: 1, durationMs: 10 },
  };
  return diagnosisHtml({
    report,
    language: 'en',
    narrowed: false,
    pictures: {},
    drift: [],
    wanted: undefined,
    links: {
      runbook: (id) => `runbook:${id}`,
      object: ({ name }, pointer) => `object:${name}${pointer}`,
      copy: (runbook, subject, action, which) => `copy:${runbook}:${subject}:${action}:${which}`,
    },
    ...over,
  });
}

describe('the report as a page', () => {
  const html = page([incident(), incident({ runbook: 'kong/b', title: 'Leak', verdict: 'clear', subjects: [] })]);

  it('counts verdicts first, then lists what is not right, and folds the rest', () => {
    const counts = html.indexOf('class="counts"');
    const overview = html.indexOf('class="overview"');
    const folded = html.indexOf('<details class="rest"><summary>1 clear</summary>');
    const main = html.indexOf('<main>');
    assert.ok(counts > 0 && counts < overview && overview < folded && folded < main, html);
    assert.ok(html.indexOf('Leak') > folded && !html.slice(main).includes('Leak'));
  });

  it('tells evidence with source, meaning, value, age, and the place that it leads to', () => {
    assert.match(html, /<td>status<\/td><td>The kernel killed it\.<\/td><td><code>OOMKilled<\/code><\/td>/);
    assert.match(html, /<time datetime="2026-11-21T11:20:00Z"[^>]*>40 min ago<\/time>/);
    assert.match(html, /<a href="object:kong-a\/status\/containerStatuses\/0">Pod edge\/kong-a<br>/);
  });

  it('marks the risk of each command; a change goes with its undo', () => {
    assert.match(
      html,
      /risk-read">read<\/span><span class="action-title">Look<\/span><a href="copy:kong\/a:0:0:command" class="copy">Copy<\/a>/,
    );
    assert.match(html, /risk-change">change<[\s\S]*kubectl set y[\s\S]*copy:kong\/a:0:1:undo[\s\S]*kubectl unset y/);
    assert.equal(html.match(/:undo"/g)?.length, 1);
  });

  it('says what was not checked, what would prove it, and the role', () => {
    for (const text of ['pods/log: not allowed (403)', 'more samples', 'kind: Role']) assert.ok(html.includes(text), text);
  });

  it('puts the wanted incident first', () => {
    const two = [incident(), incident({ runbook: 'kong/c', title: 'Later', verdict: 'latent' })];
    const order = (wanted: string | undefined): string[] =>
      [...page(two, { wanted }).matchAll(/<section class="incident" id="([^"]+)"/g)].map(([, id = '']) => id);
    assert.deepEqual(order(undefined), ['kong/a', 'kong/c']);
    assert.deepEqual(order('kong/c'), ['kong/c', 'kong/a']);
  });

  it('shows pictures of their subject, and what differs from the files', () => {
    const drawn = page([incident()], {
      pictures: { 'kong/a#0': ['<svg>mine</svg>'], 'kong/a#1': ['<svg>not</svg>'] },
      drift: [{ object: OBJECT, pointer: '/spec', text: 'fixed' }],
    });
    assert.match(drawn, /<figure><svg>mine<\/svg><\/figure>/);
    assert.ok(!drawn.includes('not</svg>'));
    assert.match(drawn, /<a href="object:kong\/spec">Deployment edge\/kong<\/a>: fixed/);
  });

  it('says that only a namespace was looked at', () => {
    assert.match(page([], { narrowed: true }), /class="narrowed" role="note">Only namespace/);
    assert.doesNotMatch(html, /narrowed/);
  });

  it('holds no markup, script or control character of a cluster', () => {
    const subject = incident().subjects[0];
    assert.ok(subject);
    const evidence = subject.evidence.map((one) => ({
      ...one,
      value: EVIL,
      explains: EVIL,
      pointer: EVIL,
      time: EVIL,
      object: { ...OBJECT, name: EVIL },
    }));
    const findings = subject.findings.map((one) => ({ ...one, rule: EVIL, message: EVIL, pointer: EVIL }));
    const actions = [{ title: EVIL, command: EVIL, risk: 'change' as const, undo: EVIL }];
    const evil = { ...subject, namespace: EVIL, name: EVIL, evidence, findings, actions, wouldProve: [EVIL] };
    const notChecked = [{ what: EVIL, reason: 'forbidden' as const, message: EVIL }];
    const all = page([incident({ runbook: EVIL, title: EVIL, summary: EVIL, subjects: [evil], notChecked })], {
      drift: [{ object: OBJECT, pointer: EVIL, text: EVIL }],
    });
    assert.doesNotMatch(all, /<img|<script|\sonerror=[^&]*"/);
    assert.ok(!all.includes('\u001b'));
    assert.deepEqual(new Set([...all.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag)).has('img'), false);
  });

  it('speaks Chinese', () => {
    const chinese = page([incident()], { language: 'zh-cn' });
    for (const text of ['事故报告', '正在发生', '40 分钟前', '变更', '复制撤销命令', '未检查']) assert.ok(chinese.includes(text), text);
    assert.doesNotMatch(chinese, />(?:Copy|Undo|Source|Value|When|live)</);
  });
});
