import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageSamples } from '../../src/snapshot/usage.ts';

const metrics = (pod: string, timestamp: string | undefined, cpu: string): unknown => ({
  metadata: { namespace: 'shop', name: pod },
  ...(timestamp === undefined ? {} : { timestamp, window: '15s' }),
  containers: [{ name: 'app', usage: { cpu, memory: '64Mi' } }],
});

describe('samples of metrics.k8s.io', () => {
  it('have the time at which they were measured, not asked for', () => {
    const samples = new UsageSamples();
    samples.add([metrics('a', '2026-11-21T11:59:40Z', '10m'), metrics('b', '2026-11-21T11:59:52Z', '20m')], '2026-11-21T12:00:00Z');
    assert.deepEqual(
      samples
        .samples()
        .map(({ at, containers }) => [at, containers.map(({ pod, cpuMillicores, memoryMiB }) => [pod, cpuMillicores, memoryMiB])]),
      [
        [
          '2026-11-21T11:59:52.000Z',
          [
            ['a', 10, 64],
            ['b', 20, 64],
          ],
        ],
      ],
    );
  });

  it('that say again what they said before are none', () => {
    const samples = new UsageSamples();
    samples.add([metrics('a', '2026-11-21T12:00:00Z', '10m'), metrics('b', '2026-11-21T12:00:00Z', '20m')], 'x');
    samples.add([metrics('a', '2026-11-21T12:00:00Z', '10m'), metrics('b', '2026-11-21T12:00:00Z', '20m')], 'x');
    samples.add([metrics('a', '2026-11-21T12:01:00Z', '11m'), metrics('b', '2026-11-21T12:00:00Z', '20m')], 'x');
    assert.deepEqual(
      samples.samples().map(({ containers }) => containers.map(({ pod }) => pod)),
      [['a', 'b'], ['a']],
    );
  });

  it('without a time of their own have that of the question', () => {
    const samples = new UsageSamples();
    samples.add([metrics('a', undefined, '10m')], '2026-11-21T12:00:00Z');
    samples.add([metrics('a', undefined, '10m')], '2026-11-21T12:00:30Z');
    assert.deepEqual(
      samples.samples().map(({ at }) => at),
      ['2026-11-21T12:00:00Z', '2026-11-21T12:00:30Z'],
    );
  });
});
