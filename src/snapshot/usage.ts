import { parseMemoryMiB, parseQuantity } from '../model/quantity.ts';
import { itemsAt, textAt } from './raw.ts';
import type { ContainerUsage, UsageSample } from './snapshot.ts';

/** PodMetrics of metrics.k8s.io, all of one moment. @param at RFC 3339 */
export function usageSample(items: readonly unknown[], at: string): UsageSample {
  return { at, containers: items.flatMap(containersOf) };
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
