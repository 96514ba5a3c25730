import { parseGoDurationMs } from '../model/duration.ts';
import type { ClusterView } from './probe.ts';

/** A probe's option of the type `duration`, in milliseconds. What a configuration sets is checked when it is read, and defaults by a test. */
export function durationOption({ option }: Pick<ClusterView, 'option'>, name: string): number {
  return parseGoDurationMs(String(option(name))) ?? 0;
}
