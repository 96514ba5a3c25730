import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openCluster } from '../../src/cluster/cluster.ts';
import { robotRole } from '../../src/diagnosis/role.ts';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { PROBES } from '../../src/linters/probes.ts';
import type { IncidentReport } from '../../src/report/diagnosis-report.ts';
import { followUpOf, incidentReport, NEEDS } from '../../src/service/incident-report.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { KubeJson } from './api.ts';
import { describeCluster } from './control-plane.ts';
import { GATEWAY_DEFINITIONS, ISTIO_DEFINITIONS, KONG_DEFINITIONS } from './definitions.ts';
import { type Fakes, startFakes } from './fakes.ts';
import type { Stage } from '../diagnosis/stage.ts';

/** Each incident as `live` and after its runbook's fix; the commands are those that the report offers and that make the difference. */
interface StagedIncident {
  readonly COMMANDS?: readonly string[];
  live(now: Date): Stage;
  fixed(now: Date): Stage;
}

const SETTINGS = { configuration: NO_CONFIGURATION, preview: false };
/** Long enough for each staged sample to be asked for. */
const OBSERVE_MS = 1_200;
const MINUTE_MS = 60_000;
const HEALED: ReadonlySet<string> = new Set(['mitigated', 'clear']);
/** The fix is a line of code: in a cluster the trouble only stops to be seen, which proves nothing. */
const HEALED_IN_CODE: ReadonlySet<string> = new Set(['grpc/connections-closed-by-keepalive']);
const hasKubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).status === 0;

describeCluster('incidents in a real API server', { users: ['robot'] }, (cluster) => {
  let fakes: Fakes;
  before(async () => {
    fakes = await startFakes(cluster());
    await fakes.registerNode('node-1');
    await fakes.registerMetrics();
    await cluster().admin.apply([...ISTIO_DEFINITIONS, ...KONG_DEFINITIONS, ...GATEWAY_DEFINITIONS]);
    await cluster().admin.grantFromYaml('robot', robotRole(PROBES));
  });
  after(() => fakes.stop());

  /** Makes the objects, each with the uids of its owners as the server gave them, and lets kubelet and metrics say what the stage does. */
  async function play(stage: Stage, made: KubeJson[]): Promise<void> {
    const uids = new Map<string, string>();
    for (const object of stage.objects) {
      const there = await cluster()
        .admin.create(withOwners(object, uids))
        .catch((error: unknown) => {
          // The namespace, and nodes that several stages share.
          if (object.kind === 'Namespace' || object.kind === 'Node') return undefined;
          throw error;
        });
      if (!there) continue;
      uids.set(`${there.kind}/${there.metadata.name}`, String(there.metadata.uid));
      if (object.kind !== 'Namespace') made.push(there);
    }
    for (const { namespace, pod, container, log } of stage.logs) fakes.setLog(namespace, pod, container, log);
    let asked = -1;
    fakes.setMetrics({
      pods: () => {
        asked = Math.min(asked + 1, stage.samples.length - 1);
        // A minute between samples, the last of them now: the metrics server's own times count, not the test's.
        const time = new Date(Date.now() - (stage.samples.length - 1 - asked) * MINUTE_MS);
        return (stage.samples[asked] ?? []).map((usage) => ({ ...usage, time }));
      },
    });
  }

  async function read(stage: Stage): Promise<Snapshot> {
    const opened = await openCluster({ version: '0.0.0-test', kubeconfig: cluster().kubeconfig('robot') });
    assert.ok(opened.ok, JSON.stringify(opened));
    try {
      return await opened.value.collect({
        scope: { kind: 'default' },
        needs: NEEDS,
        followUp: (snapshot) => followUpOf(snapshot, SETTINGS),
        ...(stage.samples.length > 1 ? { observeMs: OBSERVE_MS } : {}),
      });
    } finally {
      opened.value.close();
    }
  }

  function incidentIn(snapshot: Snapshot, id: string): IncidentReport {
    const report = incidentReport(snapshot, { ...SETTINGS, language: 'en' });
    const incident = report.incidents.find(({ runbook }) => runbook === id);
    assert.ok(incident, `${id} is not in the report`);
    return incident;
  }

  function kubectl(command: string): void {
    const done = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { ...process.env, KUBECONFIG: cluster().kubeconfig('admin') } });
    assert.equal(done.status, 0, `${command}\n${done.stderr}`);
  }

  for (const { id } of PROBES) {
    it(`${id}: live, then the runbook's fix`, async (context) => {
      const path = join(import.meta.dirname, '../diagnosis', `${id}-stage.ts`);
      assert.ok(existsSync(path), `${id} has no stage: ${path}`);
      const staged = (await import(pathToFileURL(path).href)) as StagedIncident;

      const live = staged.live(new Date());
      await during(live, (sick) => {
        assert.equal(sick.verdict, live.verdict, describeIncident(sick));
        assert.equal(sick.verdict, 'live');
        assert.ok(sick.subjects[0]?.evidence.length, 'a verdict without evidence');
        const offered = sick.subjects.flatMap(({ actions }) => actions.map(({ command }) => command));
        for (const command of staged.COMMANDS ?? []) {
          assert.ok(offered.includes(command), `${command} is not offered:\n${offered.join('\n')}`);
          if (hasKubectl) kubectl(command);
          else context.diagnostic('kubectl is not here: the commands were not run');
        }
      });

      const fixed = staged.fixed(new Date());
      await during(fixed, (well) => {
        assert.equal(well.verdict, fixed.verdict, describeIncident(well));
        assert.ok(HEALED.has(well.verdict) || HEALED_IN_CODE.has(id), `${id} is ${well.verdict} after its fix`);
      });

      async function during(stage: Stage, check: (incident: IncidentReport) => void): Promise<void> {
        const made: KubeJson[] = [];
        try {
          await play(stage, made);
          check(incidentIn(await read(stage), id));
        } finally {
          for (const object of made.reverse()) await cluster().admin.delete(object);
        }
      }
    });
  }
});

function withOwners(object: KubeJson, uids: ReadonlyMap<string, string>): KubeJson {
  const owners = object.metadata.ownerReferences as readonly { readonly uid: string }[] | undefined;
  if (!owners) return object;
  const ownerReferences = owners.map((owner) => ({ ...owner, uid: uids.get(owner.uid) ?? owner.uid }));
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function describeIncident({ summary, subjects, notChecked }: IncidentReport): string {
  return JSON.stringify(
    { summary, subjects: subjects.map(({ kind, name, verdict, evidence }) => ({ kind, name, verdict, evidence })), notChecked },
    null,
    1,
  );
}
