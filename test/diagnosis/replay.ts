import assert from 'node:assert/strict';
import { type DiagnoseSettings, diagnose, followUp, type Incident } from '../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import type { Probe } from '../../src/linters/probe.ts';
import { RULES } from '../../src/linters/registry.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { LogMatcher } from '../../src/snapshot/match-log.ts';
import type { LogState, ResourceRead } from '../../src/snapshot/snapshot.ts';
import { ago, type Stage } from './stage.ts';

/** What `diagnose` says of a stage: raw objects are cut down, logs are asked for and searched, as against a cluster that lets everything be read. */
export function incidentOf(probe: Probe, stage: Stage, now: Date): Incident {
  const settings: DiagnoseSettings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const builder = new SnapshotBuilder();
  for (const object of stage.objects) builder.add(object);
  for (const [at, pods] of stage.samples.entries()) {
    const items = pods.map(({ namespace, pod, containers }) => ({
      metadata: { namespace, name: pod },
      containers: Object.entries(containers).map(([name, usage]) => ({ name, usage })),
    }));
    builder.addUsage(items, ago(now, stage.samples.length - 1 - at));
  }
  const reads = probe.needs.map(({ verb, group, resource }): ResourceRead => ({ verb, group, resource, outcome: 'read', count: 0 }));
  const cluster = { context: 'test', server: 'https://cluster.example', version: 'v1.36.0', scope: 'all', namespaces: [] } as const;
  const lists = builder.finish({ takenAt: ago(now, 0), cluster, reads });
  const logs = followUp(lists, settings).logs.flatMap(({ namespace, pod, container, previous, signatures }): LogState[] => {
    const found = stage.logs.find((one) => one.namespace === namespace && one.pod === pod && one.container === container);
    const lines = previous ? found?.log.previous : found?.log.current;
    if (!lines) return [];
    const matcher = new LogMatcher(signatures);
    for (const line of lines) matcher.line(typeof line === 'string' ? `${ago(now, 1)} ${line}` : `${line.time.toISOString()} ${line.text}`);
    return [{ namespace, pod, container, previous, ...matcher.state() }];
  });
  const [incident] = diagnose({ ...lists, logs }, settings).incidents;
  assert.ok(incident);
  return incident;
}
