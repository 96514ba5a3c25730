import type { Probe } from '../../src/linters/probe.ts';
import { judge, type SnapshotParts } from './snapshot-of.ts';

/** What a probe tells, a line each: subjects with their verdicts, evidence with its place, value and time, what would prove more. */
export function told(probe: Probe, parts: SnapshotParts): string[] {
  return judge(probe, parts).subjects.flatMap(({ object, verdict, evidence, wouldProve }) => [
    `${verdict} ${object.kind}/${object.name}`,
    ...evidence.map(
      (one) =>
        `  ${one.explains.messageId}: ${one.object.name}${one.pointer === '' ? '' : ` ${one.pointer}`} = ${one.value}${one.time === undefined ? '' : ` (${one.time})`}`,
    ),
    ...wouldProve.map(({ messageId }) => `  ? ${messageId}`),
  ]);
}
