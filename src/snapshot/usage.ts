import { parseMemoryMiB, parseQuantity } from '../model/quantity.ts';
import { itemsAt, textAt } from './raw.ts';
import type { ContainerUsage, UsageSample } from './snapshot.ts';

/**
 * Samples of what containers use, as they are asked for. A metrics server measures every 15 s to a minute and answers in between with what it has: what it
 * said before is no second sample.
 */
export class UsageSamples {
  private readonly measured = new Map<string, string>();
  private readonly all: UsageSample[] = [];

  /** PodMetrics of metrics.k8s.io. @param askedAt RFC 3339, for metrics that don't tell their own time */
  add(items: readonly unknown[], askedAt: string): void {
    const fresh = items.filter((item) => this.isFresh(item));
    if (items.length > 0 && fresh.length === 0) return;
    const times = fresh.map((item) => Date.parse(textAt(item, 'timestamp') ?? '')).filter(Number.isFinite);
    const at = times.length === 0 ? askedAt : new Date(times.reduce((a, b) => Math.max(a, b))).toISOString();
    this.all.push({ at, containers: fresh.flatMap(containersOf) });
  }

  /** Oldest first. */
  samples(): readonly UsageSample[] {
    return [...this.all];
  }

  private isFresh(item: unknown): boolean {
    const time = textAt(item, 'timestamp');
    if (time === undefined) return true;
    const key = `${textAt(item, 'metadata', 'namespace') ?? ''}/${textAt(item, 'metadata', 'name') ?? ''}`;
    if (this.measured.get(key) === time) return false;
    this.measured.set(key, time);
    return true;
  }
}

function containersOf(raw: unknown): ContainerUsage[] {
  const namespace = textAt(raw, 'metadata', 'namespace') ?? '';
  const pod = textAt(raw, 'metadata', 'name');
  if (pod === undefined) return [];
  return itemsAt(raw, 'containers').flatMap((one): ContainerUsage[] => {
    const container = textAt(one, 'name');
    const cpu = parseQuantity(textAt(one, 'usage', 'cpu') ?? '');
    const memoryMiB = parseMemoryMiB(textAt(one, 'usage', 'memory') ?? '');
    // Without a number nothing was measured, which is not the same as zero.
    if (container === undefined || !isNumber(cpu) || !isNumber(memoryMiB)) return [];
    return [
      { namespace, pod, container, cpuMillicores: Math.round(cpu * 1000 * 1000) / 1000, memoryMiB: Math.round(memoryMiB * 1000) / 1000 },
    ];
  });
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}
