import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesOf } from '../../src/snapshot/log-matches.ts';
import { limitUses, oomKills, workingSet, workingSets } from '../../src/snapshot/memory.ts';
import { restartSpread } from '../../src/snapshot/restarts.ts';
import { ageMs, DAY_MS, isWithin, runningSince } from '../../src/snapshot/times.ts';
import { container, minutesAgo, NOW, pod, snapshotOf } from '../diagnosis/snapshot-of.ts';

const now = Date.parse(NOW);
const killed = (minutes: number) => ({ reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(minutes) });

describe('OOM kills', () => {
  it('are recent within the window only, its last minute included', () => {
    const pods = [1439, 1440, 1441].map((minutes) =>
      pod(`p${minutes}`, { containers: [container({ lastTermination: killed(minutes), statusAt: '/status/containerStatuses/0' })] }),
    );
    const kills = oomKills(pods, 'app', now, DAY_MS);
    assert.deepEqual(
      kills.map(({ pod: { name }, recent, pointer }) => [name, recent, pointer]),
      [
        ['p1439', true, '/status/containerStatuses/0/lastState/terminated/reason'],
        ['p1440', true, '/status/containerStatuses/0/lastState/terminated/reason'],
        ['p1441', false, '/status/containerStatuses/0/lastState/terminated/reason'],
      ],
    );
  });

  it('of a container that has not been restarted yet stand in its state', () => {
    const ended = container({ state: 'terminated', reason: 'OOMKilled', termination: killed(3), statusAt: '/status/containerStatuses/1' });
    const [kill] = oomKills([pod('a', { containers: [ended] })], undefined, now, DAY_MS);
    assert.equal(kill?.pointer, '/status/containerStatuses/1/state/terminated/reason');
  });

  it('are known behind another end', () => {
    const ended = container({
      state: 'terminated',
      termination: { reason: 'Error', exitCode: 1, finishedAt: minutesAgo(1) },
      lastTermination: killed(9),
    });
    assert.equal(oomKills([pod('a', { containers: [ended] })], undefined, now, DAY_MS)[0]?.at, minutesAgo(9));
  });

  it('without a time are never recent, and exit code 137 alone is none', () => {
    const without = container({ lastTermination: { reason: 'OOMKilled', exitCode: 137 } });
    const probe = container({ lastTermination: { reason: 'Error', exitCode: 137, finishedAt: minutesAgo(1) } });
    assert.deepEqual(
      oomKills([pod('a', { containers: [without] }), pod('b', { containers: [probe] })], 'app', now, DAY_MS).map(({ recent }) => recent),
      [false],
    );
  });

  it('of other containers are left out', () => {
    const sidecar = container({ name: 'agent', lastTermination: killed(1) });
    assert.deepEqual(oomKills([pod('a', { containers: [container(), sidecar] })], 'app', now, DAY_MS), []);
  });
});

describe('working sets', () => {
  const one = pod('one', { containers: [container({ memoryLimitMiB: 1000 })] });
  const two = pod('two', { containers: [container({ memoryLimitMiB: 500 })] });
  const use = (name: string, memoryMiB: number) => ({ namespace: 'shop', pod: name, container: 'app', cpuMillicores: 1, memoryMiB });
  const snapshot = snapshotOf({
    usage: [
      { at: minutesAgo(3), containers: [use('one', 100), use('two', 400)] },
      { at: minutesAgo(0), containers: [use('one', 300)] },
    ],
  });

  it('are those of the newest sample that has the container', () => {
    assert.deepEqual(workingSet(snapshot, one, 'app'), { memoryMiB: 300, at: minutesAgo(0) });
    assert.deepEqual(workingSet(snapshot, two, 'app'), { memoryMiB: 400, at: minutesAgo(3) });
    assert.equal(workingSet(snapshot, one, 'sidecar'), undefined);
    assert.equal(workingSet(snapshot, { ...one, namespace: 'other' }, 'app'), undefined);
    assert.equal(workingSets(snapshot, one, 'app').length, 2);
  });

  it('against the limit, the fullest first', () => {
    assert.deepEqual(
      limitUses(snapshot, [one, two, pod('three')], 'app').map(({ pod: { name }, share }) => [name, share]),
      [
        ['two', 0.8],
        ['one', 0.3],
      ],
    );
  });
});

describe('times, restarts and lines', () => {
  it('no time is no age', () => {
    assert.equal(ageMs(undefined, now), undefined);
    assert.equal(ageMs('yesterday', now), undefined);
    assert.equal(isWithin(undefined, now, DAY_MS), false);
    assert.equal(ageMs(minutesAgo(2), now), 120_000);
  });

  it('only a running container has been running since', () => {
    assert.equal(runningSince(container({ startedAt: minutesAgo(5) })), Date.parse(minutesAgo(5)));
    assert.equal(runningSince(container({ state: 'waiting', startedAt: minutesAgo(5) })), undefined);
  });

  it('restarts of one pod among several are concentrated', () => {
    const pods = [7, 1, 0].map((restarts, at) => pod(`p${at}`, { containers: [container({ restarts })] }));
    const spread = restartSpread(pods, 'app');
    assert.deepEqual([spread.total, spread.worst?.pod.name, spread.concentration, spread.pods], [8, 'p0', 7 / 8, 3]);
    assert.deepEqual(restartSpread([pod('a')]), { total: 0, concentration: 0, pods: 1 });
  });

  it('lines of the present run come first, other signatures and containers not at all', () => {
    const log = { namespace: 'shop', pod: 'a', container: 'app', lines: 9 };
    const match = (signature: string, count: number) => ({ signature, count, line: 'x' });
    const snapshot = snapshotOf({
      logs: [
        { ...log, previous: true, matches: [match('s', 2)] },
        { ...log, previous: false, matches: [match('s', 1), match('t', 5)] },
        { ...log, container: 'other', previous: false, matches: [match('s', 9)] },
      ],
    });
    assert.deepEqual(
      linesOf(snapshot, pod('a'), 'app', 's').map(({ count }) => count),
      [1, 2],
    );
  });
});
