import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRunbooks } from '../../src/runbooks/load.ts';
import { indexRunbooks, languageOf, searchRunbooks, terms } from '../../src/runbooks/search.ts';
import { CHINESE, ENGLISH, plant, sampleFiles } from './sample.ts';

const files = sampleFiles();
files.set(
  'runbooks/shop/door-stuck.md',
  plant(
    plant(
      plant(plant(ENGLISH, 'id: shop/till-jams', 'id: shop/door-stuck'), 'drawer process * exited on signal 9', 'door hinge * is rusty'),
      'till_jams_total',
      'door_stuck_total',
    ),
    'Customers wait; the drawer stays shut.',
    'The door squeaks.',
  )
    .replaceAll('The till jams after midnight', 'The door is stuck')
    .replace('shop/paper-tray]', 'shop/hinge]'),
);
files.set(
  'runbooks/shop/door-stuck.zh-cn.md',
  CHINESE.replaceAll('收银台午夜后卡死', '大门打不开了').replace('顾客在等，钱箱打不开。', '门轴吱吱响。'),
);
const index = indexRunbooks(loadRunbooks(files).runbooks);
const first = (question: string): string | undefined => searchRunbooks(index, question)[0]?.id;

test('a pasted log line arrives at its runbook and says which pattern', () => {
  const line = '2026/11/21 03:12:44 [alert] 1#0: drawer process 2310 exited on signal 9, client: 10.0.0.7';
  const [hit] = searchRunbooks(index, `kubectl logs till\n${line}\n`);
  assert.equal(hit?.id, 'shop/till-jams');
  assert.deepEqual(hit?.reasons[0], { kind: 'log', text: 'drawer process * exited on signal 9' });
});

test('parts of a pattern must stand in order', () => {
  const hits = searchRunbooks(index, 'exited on signal 9: drawer process');
  assert.ok(hits.every(({ reasons }) => reasons.every(({ kind }) => kind !== 'log')));
});

test('symptoms in English and in Chinese', () => {
  assert.equal(first('the drawer stays shut and customers wait'), 'shop/till-jams');
  assert.equal(first('顾客说钱箱打不开'), 'shop/till-jams');
  assert.equal(first('门轴响'), 'shop/door-stuck');
  assert.equal(first('门'), undefined, 'one character is no bigram of these texts');
});

test('metric, alert, rule and runbook id', () => {
  assert.deepEqual(searchRunbooks(index, 'rate(door_stuck_total[5m])')[0]?.reasons[0], { kind: 'metric', text: 'door_stuck_total' });
  assert.equal(searchRunbooks(index, 'TillJammed')[0]?.reasons[0]?.kind, 'alert');
  assert.equal(first('shop/hinge'), 'shop/door-stuck');
  assert.equal(first('shop/door-stuck'), 'shop/door-stuck');
});

test('the same question gives the same scores, whatever the order of the runbooks', () => {
  const { runbooks } = loadRunbooks(files);
  const again = indexRunbooks([...runbooks].reverse());
  for (const question of ['drawer shut', '打不开', 'process 1 exited on signal 9'])
    assert.deepEqual(searchRunbooks(again, question), searchRunbooks(index, question));
});

test('nothing found is empty, and an empty question too', () => {
  assert.deepEqual(searchRunbooks(index, 'zebra'), []);
  assert.deepEqual(searchRunbooks(index, '  '), []);
  assert.deepEqual(searchRunbooks(index, '2026-11-21T00:00:00Z 10.0.0.1'), []);
});

test('terms: bigrams, parts of dotted names, no stop words, no times', () => {
  assert.deepEqual(terms('内存涨 OOM'), ['内存', '存涨', 'oom']);
  assert.deepEqual(terms('the kube-system/pod_a'), ['kube-system/pod_a', 'kube', 'system', 'pod']);
  assert.equal(languageOf('kong 内存'), 'zh-cn');
  assert.equal(languageOf('kong memory'), 'en');
});
