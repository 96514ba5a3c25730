import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiagnosisReport, SubjectReport } from '../../src/report/diagnosis-report.ts';
import { diagnosisPictures, loadPicture, memoryPicture, restartsPicture } from '../../src/report/diagnosis-pictures.ts';
import { container, endpoint, minutesAgo, NOW, pod, snapshotOf } from '../diagnosis/snapshot-of.ts';

/** Rows of a picture: the title of each. */
function rows(svg: string): string[] {
  return [...svg.matchAll(/<g><title>([^<]*)<\/title>/g)].map(([, title = '']) => title);
}

function attributes(svg: string, element: string, name: string): number[] {
  return [...svg.matchAll(new RegExp(`<${element} [^>]*\\b${name}="([\\d.]+)"`, 'g'))].map(([, value]) => Number(value));
}

/** Well-formed as far as it matters: every tag that opens closes, and nothing else holds an angle bracket. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (self) continue;
    if (close) assert.equal(open.pop(), name);
    else open.push(name);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg.replace(/<\/?[a-z]+[^<>]*>/g, ''), /[<>]/);
}

describe('memory against limits', () => {
  const svg = memoryPicture(
    'Deployment edge/kong',
    [
      { label: 'kong-a', usedMiB: 1024, limitMiB: 4096 },
      { label: 'kong-b', usedMiB: 3890.4, limitMiB: 4096 },
      { label: 'kong-c', usedMiB: 500, limitMiB: undefined },
    ],
    'en',
  );

  it('has a row for each container, the fullest first, with its numbers in words', () => {
    assert.deepEqual(rows(svg), [
      'kong-b: 3890 MiB of 4096 MiB (95 %)',
      'kong-a: 1024 MiB of 4096 MiB (25 %)',
      'kong-c: 500 MiB, no limit',
    ]);
    assertWellFormed(svg);
  });

  it('draws to scale: a quarter of the limit is a quarter of its way', () => {
    const [full = 0, quarter = 0] = attributes(svg, 'rect', 'width');
    const [x = 0] = attributes(svg, 'rect', 'x');
    const [limit = 0] = attributes(svg, 'line', 'x1');
    assert.ok(Math.abs(quarter - (limit - x) / 4) < 0.2, `${quarter} of ${limit - x}`);
    assert.ok(full > quarter * 3 && full < limit - x);
  });

  it('marks what is full by weight and words, not by colour alone', () => {
    const [first = '', second = ''] = svg.split('<g>').slice(1);
    assert.match(first, /class="bar full"/);
    assert.match(first, /font-weight="bold"[^>]*>3890 \/ 4096 MiB, 95 %</);
    assert.doesNotMatch(second, /full|bold/);
  });

  it('is an image with a title and a description for who cannot see it', () => {
    assert.match(
      svg,
      /^<svg [^>]*role="img"[^>]*><title>Memory of Deployment edge\/kong against its limits<\/title><desc>kong-b: 3890 MiB/,
    );
  });

  it('needs no style and no script, and escapes what a cluster says', () => {
    const evil = memoryPicture('<script>alert(1)</script>', [{ label: '"><script>', usedMiB: 1, limitMiB: 2 }], 'en');
    assert.doesNotMatch(evil, /<script|style=|\son\w+=/);
    assertWellFormed(evil);
  });

  it('shortens a long name in the middle, and says how many rows are left out', () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ label: `${'a'.repeat(40)}-${at}`, usedMiB: at, limitMiB: 100 }));
    const large = memoryPicture('x', many, 'zh-cn');
    assert.equal(rows(large).length, 12);
    assert.match(large, />a{16}…a{14}-19</);
    assert.match(large, /……另有 8 个/);
  });
});

describe('restarts over time', () => {
  const row = (label: string, minutes: number, reason = 'OOMKilled') => ({ label, restarts: 3, reason, at: minutesAgo(minutes) });
  const svg = restartsPicture('Deployment edge/kong', [row('old', 300), row('new', 60), row('other', 120, 'Error')], NOW, 'en');

  it('puts each last end on a line of hours, the newest first', () => {
    assert.deepEqual(rows(svg), [
      'new: 3 restarts; the last: OOMKilled, 60 min ago',
      'other: 3 restarts; the last: Error, 2 h ago',
      'old: 3 restarts; the last: OOMKilled, 5 h ago',
    ]);
    const [recent = 0, middle = 0, old = 0] = attributes(svg, 'circle', 'cx');
    assert.ok(Math.abs(recent - old - (4 * (middle - old)) / 3) < 0.5, `${recent} ${middle} ${old}`);
    assert.match(svg, />6 h ago</);
    assertWellFormed(svg);
  });

  it('spans a day when the last end is older than six hours', () =>
    assert.match(restartsPicture('x', [row('a', 400)], NOW, 'en'), />24 h ago</));

  it('speaks Chinese', () => assert.match(restartsPicture('x', [row('a', 60)], NOW, 'zh-cn'), /重启 3 次；最近一次：OOMKilled，60 分钟前/));
});

describe('load per pod', () => {
  const svg = loadPicture(
    'Service shop/orders',
    [
      { label: 'idle', millicores: [20, 30] },
      { label: 'busy', millicores: [800, 900, 1000] },
    ],
    'en',
  );

  it('shows the mean of the samples and their range, the busiest first', () => {
    assert.deepEqual(rows(svg), ['busy: 900 m on average of 3 samples (800 to 1000 m)', 'idle: 25 m on average of 2 samples (20 to 30 m)']);
    const [busy = 0, idle = 0] = attributes(svg, 'rect', 'width');
    assert.ok(Math.abs(busy / idle - 36) < 1, `${busy} ${idle}`);
    assertWellFormed(svg);
  });

  it('has no range for one sample', () => assert.doesNotMatch(loadPicture('x', [{ label: 'a', millicores: [5] }], 'en'), /class="range"/));
});

describe('which pictures a report has', () => {
  const kong = { kind: 'Deployment', namespace: 'edge', name: 'kong' };
  const killed = { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(40) };
  const own = pod('kong-a', {
    namespace: 'edge',
    owner: kong,
    containers: [container({ name: 'proxy', memoryLimitMiB: 4096, restarts: 9, lastTermination: killed })],
  });
  const other = pod('web-a', { namespace: 'edge', owner: { ...kong, name: 'web' } });
  const orders = [pod('orders-a'), pod('orders-b')];
  const usage = [
    {
      at: NOW,
      containers: [own, other, ...orders].map(({ namespace, name, containers }) => use(namespace, name, containers[0]?.name ?? '')),
    },
  ];
  const snapshot = snapshotOf({ pods: [own, other, ...orders], endpoints: orders.map((one) => endpoint('orders', one)), usage });

  function use(namespace: string, name: string, containerName: string) {
    return { namespace, pod: name, container: containerName, cpuMillicores: 5, memoryMiB: 2300 };
  }
  function subject(over: Partial<SubjectReport>): SubjectReport {
    return { ...kong, verdict: 'live', evidence: [], findings: [], wouldProve: [], actions: [], ...over };
  }
  function said(value: string): SubjectReport['evidence'] {
    return [{ source: 'status', object: kong, pointer: '', value, explains: '' }];
  }
  function of(subjects: readonly SubjectReport[], verdict: SubjectReport['verdict'] = 'live') {
    const incidents = [{ runbook: 'kong/x', title: '', verdict, summary: '', subjects, notChecked: [] }];
    return diagnosisPictures({ incidents } as unknown as DiagnosisReport, snapshot, 'en');
  }

  it("memory and restarts of a workload's own pods, where the evidence is about memory", () => {
    const [memory = '', restarts = '', ...more] = of([subject({ evidence: said('OOMKilled') })])['kong/x#0'] ?? [];
    assert.deepEqual(rows(memory), ['kong-a: 2300 MiB of 4096 MiB (56 %)']);
    assert.deepEqual(rows(restarts), ['kong-a: 9 restarts; the last: OOMKilled, 40 min ago']);
    assert.deepEqual(more, []);
  });

  it('none where the evidence is about something else', () => assert.deepEqual(of([subject({ evidence: said('cluster') })]), {}));

  it('load of the pods behind a Service', () => {
    const [load = ''] = of([subject({ kind: 'Service', namespace: 'shop', name: 'orders' })])['kong/x#0'] ?? [];
    assert.equal(rows(load).length, 2);
  });

  it('none for what is clear', () => {
    assert.deepEqual(of([subject({ evidence: said('OOMKilled') })], 'clear'), {});
    assert.deepEqual(of([subject({ evidence: said('OOMKilled'), verdict: 'clear' })]), {});
  });

  it('none of a kill that is older than a week', () => {
    const old = { ...own, containers: [container({ name: 'proxy', lastTermination: { ...killed, finishedAt: minutesAgo(60 * 24 * 8) } })] };
    const incidents = [
      { runbook: 'kong/x', title: '', verdict: 'live', summary: '', subjects: [subject({ evidence: said('OOMKilled') })], notChecked: [] },
    ];
    assert.deepEqual(diagnosisPictures({ incidents } as unknown as DiagnosisReport, snapshotOf({ pods: [old] }), 'en'), {});
  });
});
