import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { median, rankCorrelation, skewOf, type SkewKind } from '../../../src/linters/grpc/probes/skew.ts';

const QUIET = 20;

/** mulberry32: the same draws in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

/** Box-Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = integer(random, 0, at);
    const [a, b] = [copy[at], copy[other]];
    if (a !== undefined && b !== undefined) [copy[at], copy[other]] = [b, a];
  }
  return copy;
}

/** Loads of any shape: from alike to all on one. */
function anyLoads(random: Random): number[] {
  const power = integer(random, 0, 6);
  return Array.from({ length: integer(random, 2, 30) }, () => 50 + 2000 * random() ** power);
}

const RANK: Readonly<Record<SkewKind, number>> = { few: 0, quiet: 0, even: 1, uneven: 2, weak: 3, strong: 4 };

function near(a: number, b: number, say = ''): void {
  assert.ok(a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)), `${a} and ${b} ${say}`);
}

describe('skew: what it says of loads', () => {
  const cases: readonly (readonly [string, readonly number[], SkewKind])[] = [
    ['no pod', [], 'few'],
    ['one pod', [500], 'few'],
    ['the incident: 17 times between pods', [850, 50, 50, 60], 'strong'],
    ['after the cure: 1.8 times', [90, 70, 50, 60], 'even'],
    ['two pods, four times', [400, 100], 'strong'],
    ['two pods, three times', [300, 100], 'weak'],
    ['two pods, a bit more than twice: I is above 0.35 and it is normal', [220, 100], 'uneven'],
    ['two pods, less than twice', [199, 100], 'even'],
    ['two of six busy, four idle', [600, 600, 10, 10, 10, 10], 'strong'],
    ['one of three idle at twice the mean', [600, 290, 10], 'strong'],
    ['one of four idle at twice the mean: not a third', [800, 400, 390, 10], 'weak'],
    ['one of ten a bit cold: nobody is hot', [100, 100, 100, 100, 100, 100, 100, 100, 100, 30], 'uneven'],
    ['half as much again and a third', [300, 200, 200, 100], 'weak'],
    ['an idle pod among nothing', [0, 0, 0], 'quiet'],
    ['ticking over', [5, 9, 1, 6], 'quiet'],
    ['ticking over in many pods', Array.from({ length: 30 }, (_, at) => 2 + (at % 9)), 'quiet'],
    ['one busy among many idle ones: a mean of 16', [150, ...Array.from({ length: 9 }, () => 1)], 'strong'],
    ['nothing at all on one of two', [100, 0], 'strong'],
    ['just at the gate', [20, 20], 'even'],
    ['just below the gate', [20, 19.9], 'quiet'],
  ];
  for (const [name, loads, kind] of cases) it(`${name}: ${kind}`, () => assert.equal(skewOf(loads, QUIET).kind, kind));

  it('numbers of an example', () => {
    const skew = skewOf([300, 100, 100, 100], QUIET);
    near(skew.mean, 150);
    near(skew.concentration, 1 / 3);
    near(skew.peakRatio, 2);
    near(skew.maxToMin, 3);
    assert.equal(skew.idleShare, 0);
  });

  it('all on one is 1 and N', () => {
    for (let pods = 2; pods <= 40; pods++) {
      const skew = skewOf([1000 * pods, ...Array.from({ length: pods - 1 }, () => 0)], QUIET);
      near(skew.concentration, 1);
      near(skew.peakRatio, pods);
      assert.equal(skew.maxToMin, Number.POSITIVE_INFINITY);
    }
  });
});

describe('skew: properties', () => {
  it('bounds: I in [0, 1], R in [1, N], idle share in [0, 1)', () => {
    const random = generator(1);
    for (let draw = 0; draw < 2000; draw++) {
      const loads = anyLoads(random).map((load) => (random() < 0.2 ? 0 : load));
      const skew = skewOf(loads, QUIET);
      assert.ok(skew.concentration >= 0 && skew.concentration <= 1, `${skew.concentration}`);
      assert.ok(skew.peakRatio >= 1 && skew.peakRatio <= loads.length, `${skew.peakRatio}`);
      assert.ok(skew.idleShare >= 0 && skew.idleShare < 1, `${skew.idleShare}`);
      assert.ok(skew.maxToMin >= 1);
    }
  });

  it('the order of the pods means nothing', () => {
    const random = generator(2);
    for (let draw = 0; draw < 1000; draw++) {
      const loads = anyLoads(random);
      const [a, b] = [skewOf(loads, QUIET), skewOf(shuffled(random, loads), QUIET)];
      assert.equal(a.kind, b.kind);
      near(a.concentration, b.concentration);
      near(a.peakRatio, b.peakRatio);
    }
  });

  it('twice the load everywhere is as uneven as before, above the gate', () => {
    const random = generator(3);
    for (let draw = 0; draw < 1000; draw++) {
      const loads = anyLoads(random);
      const factor = 1 + 9 * random();
      const [a, b] = [
        skewOf(loads, QUIET),
        skewOf(
          loads.map((load) => load * factor),
          QUIET,
        ),
      ];
      near(a.concentration, b.concentration);
      near(a.peakRatio, b.peakRatio);
      near(a.maxToMin, b.maxToMin);
      assert.equal(a.idleShare, b.idleShare);
      assert.equal(a.kind, b.kind);
    }
  });

  it('load that moves from any pod to the hottest makes it no more even', () => {
    const random = generator(4);
    for (let draw = 0; draw < 3000; draw++) {
      const loads = anyLoads(random);
      const hottest = loads.indexOf(Math.max(...loads));
      const donor = integer(random, 0, loads.length - 1);
      if (donor === hottest) continue;
      const amount = (loads[donor] ?? 0) * random();
      const moved = loads.map((load, at) => (at === hottest ? load + amount : at === donor ? load - amount : load));
      const [a, b] = [skewOf(loads, QUIET), skewOf(moved, QUIET)];
      assert.ok(b.concentration >= a.concentration - 1e-9);
      assert.ok(b.peakRatio >= a.peakRatio - 1e-9);
      assert.ok(b.idleShare >= a.idleShare);
      assert.ok(RANK[b.kind] >= RANK[a.kind], `${a.kind} ${loads} became ${b.kind} ${moved}`);
    }
  });
});

describe('skew: simulations', () => {
  it('balanced load with 5 to 20 % noise is never called live, over 2,000 draws of three samples each', () => {
    const random = generator(2026);
    for (let draw = 0; draw < 2000; draw++) {
      const noise = 0.05 + 0.15 * random();
      const mean = 20 + 1500 * random();
      const loads = Array.from({ length: integer(random, 2, 20) }, () =>
        median([0, 1, 2].map(() => Math.max(0, mean * (1 + noise * normal(random))))),
      ).map((load) => load ?? 0);
      const { kind } = skewOf(loads, QUIET);
      assert.ok(kind !== 'strong' && kind !== 'weak', `draw ${draw}: ${kind} of ${loads.map(Math.round)}`);
    }
  });

  it('one pod with at least 80 % of the load is always strong, however the rest is spread', () => {
    const random = generator(80);
    for (let draw = 0; draw < 2000; draw++) {
      const pods = integer(random, 2, 40);
      const share = 0.8 + 0.2 * random();
      const weights = Array.from({ length: pods - 1 }, () => random() ** integer(random, 0, 4) + 1e-6);
      const sum = weights.reduce((a, b) => a + b, 0);
      const total = 100 + 5000 * random();
      const loads = shuffled(random, [total * share, ...weights.map((weight) => (total * (1 - share) * weight) / sum)]);
      assert.equal(skewOf(loads, QUIET).kind, 'strong', `${share} of ${pods}`);
    }
    for (let pods = 2; pods <= 40; pods++)
      assert.equal(skewOf([800, ...Array.from({ length: pods - 1 }, () => 200 / (pods - 1))], QUIET).kind, 'strong');
  });
});

describe('median and rank correlation', () => {
  it('median', () => {
    assert.equal(median([]), undefined);
    assert.equal(median([3]), 3);
    assert.equal(median([9, 1, 2]), 2);
    assert.equal(median([10, 1, 2, 4]), 3);
  });

  it('one outlier of three does not move it', () => assert.equal(median([100, 100, 4000]), 100));

  it('ranks: any growing function is 1, any falling one -1', () => {
    const times = [1, 2, 3, 4, 5];
    near(rankCorrelation(times.map((t) => [t, t ** 3])) ?? 0, 1);
    near(rankCorrelation(times.map((t) => [t, 1 / t])) ?? 0, -1);
  });

  it('known value with ties', () =>
    near(
      rankCorrelation([
        [1, 1],
        [2, 2],
        [2, 3],
        [4, 4],
      ]) ?? 0,
      0.9486832980505138,
    ));

  it('says nothing of three pairs, or where all started together', () => {
    assert.equal(
      rankCorrelation([
        [1, 3],
        [2, 2],
        [3, 1],
      ]),
      undefined,
    );
    assert.equal(
      rankCorrelation([
        [1, 3],
        [1, 2],
        [1, 1],
        [1, 0],
      ]),
      undefined,
    );
  });

  it('stays in [-1, 1] and changes its sign with the order', () => {
    const random = generator(9);
    for (let draw = 0; draw < 500; draw++) {
      const pairs = Array.from({ length: integer(random, 4, 20) }, () => [integer(random, 0, 9), random()] as const);
      const forward = rankCorrelation(pairs);
      if (forward === undefined) continue;
      assert.ok(Math.abs(forward) <= 1 + 1e-9);
      near(forward, -(rankCorrelation(pairs.map(([x, y]) => [x, -y])) ?? 0));
    }
  });
});
