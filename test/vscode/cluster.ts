/**
 * The cluster of the editor tests and of the documentation's pictures: a real API server with staged incidents, and a kubeconfig with contexts that
 * work, that hang and that lead nowhere.
 */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { deploymentYaml, objectsOf, podUsage, type StagedDeployment } from '../diagnosis/deployment-stage.ts';
import type { KubeJson } from '../cluster/api.ts';
import { type ControlPlane, startControlPlane, whyNoControlPlane } from '../cluster/control-plane.ts';
import { type Fakes, startFakes } from '../cluster/fakes.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import { brokenPromises } from '../cluster/read-only.ts';
import * as cacheTtlZero from '../diagnosis/kong/cache-ttl-zero-stage.ts';
import * as routerRebuild from '../diagnosis/kong/router-rebuild-memory-stage.ts';
import * as goMemory from '../diagnosis/runtime/go-memory-limit-stage.ts';
import * as jvmMemory from '../diagnosis/runtime/jvm-memory-limit-stage.ts';
import type { Stage } from '../diagnosis/stage.ts';

export interface EditorCluster {
  /** For the extension host. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it. Gives one line for each request that broke what the product promises. */
  stop(): Promise<string[]>;
}

/** As in the workspace's `gateway/gateway.yaml`, but mended: the file would bring the incident back. */
const GATEWAY: StagedDeployment = {
  namespace: 'edge',
  name: 'gateway',
  revision: 3,
  container: 'proxy',
  image: 'kong:2.2.0',
  env: { KONG_DATABASE: 'postgres', KONG_NGINX_WORKER_PROCESSES: '4' },
  memoryLimit: '16Gi',
  minutes: 600,
};

/** What is staged: for the tests, and for the pictures. */
const STAGES: Readonly<Record<'tests' | 'pictures', (now: Date) => readonly Stage[]>> = {
  tests: (now) => [cacheTtlZero.live(now), goMemory.live(now), gateway(now)],
  pictures: (now) => [scaled(routerRebuild.live(now)), withoutKills(jvmMemory.live(now)), goMemory.fixed(now)],
};

/** Why there can be none on this machine. */
export function whyNoEditorCluster(): string | undefined {
  return whyNoControlPlane();
}

export async function startEditorCluster(what: 'tests' | 'pictures' = 'tests'): Promise<EditorCluster> {
  const plane = await startControlPlane();
  try {
    const fakes = await startFakes(plane);
    await fakes.registerNode('node-1');
    await fakes.registerMetrics();
    await play(plane, fakes, STAGES[what](new Date()));
    const proxy = await startFaultProxy(plane);
    proxy.inject({ path: /\/api\/v1\/pods\?/, fault: { kind: 'stall', at: 'before-headers' } });
    const kubeconfig = join(plane.dir, 'editor.kubeconfig');
    const ca = Buffer.from(plane.ca).toString('base64');
    const servers = { staging: plane.server, stuck: proxy.server, gone: 'https://127.0.0.1:1' };
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(servers, ca, plane.token())), { mode: 0o600 });
    return {
      env: { KUBECONFIG: kubeconfig, RUNBOOK_LENS_TEST_CLUSTER: plane.server },
      stop: async () => {
        try {
          return brokenPromises(await plane.auditEvents());
        } finally {
          await proxy.stop();
          await fakes.stop();
          await plane.stop();
        }
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

function gateway(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(GATEWAY, now)), samples: [[podUsage(GATEWAY, '2300Mi')]], logs: [], verdict: 'clear' };
}

async function play({ admin }: ControlPlane, fakes: Fakes, stages: readonly Stage[]): Promise<void> {
  const uids = new Map<string, string>();
  for (const { objects, logs } of stages) {
    for (const object of objects) {
      if (object.kind === 'Namespace') continue;
      const made = await admin.create(withOwners(object, uids));
      uids.set(uidKey(made), String(made.metadata.uid));
    }
    for (const { namespace, pod, container, log } of logs) fakes.setLog(namespace, pod, container, log);
  }
  fakes.setMetrics({ pods: stages.flatMap(({ samples }) => samples.at(-1) ?? []) });
}

function uidKey({ kind, metadata }: KubeJson): string {
  return `${metadata.namespace ?? ''} ${kind}/${metadata.name}`;
}

/** A staged owner's uid is `Kind/name` until the server has given it one. */
function withOwners(object: KubeJson, uids: ReadonlyMap<string, string>): KubeJson {
  const owners = object.metadata.ownerReferences as readonly { readonly uid: string }[] | undefined;
  if (!owners) return object;
  const namespace = object.metadata.namespace ?? '';
  const ownerReferences = owners.map((owner) => ({ ...owner, uid: uids.get(`${namespace} ${owner.uid}`) ?? owner.uid }));
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

const PEERS = [
  { suffix: 'k8q7m', memory: '3980Mi', ip: '10.1.3.8', restarts: 6, minutesLater: 22 },
  { suffix: 'z4d9w', memory: '2710Mi', ip: '10.1.3.9', restarts: 11, minutesLater: -31 },
];

/** Two more pods of the workload, as replicas of it would be. */
function scaled(stage: Stage): Stage {
  const pod = stage.objects.find(({ kind }) => kind === 'Pod');
  const [usage] = stage.samples.at(-1) ?? [];
  if (!pod || !usage) return stage;
  const peers = PEERS.map(({ suffix, memory, ip, restarts, minutesLater }) => {
    const name = (pod.metadata.name ?? '').replace(/[a-z0-9]+$/, suffix);
    const text = JSON.stringify(pod)
      .replaceAll('10.1.3.7', ip)
      .replace(/"restartCount":\d+/, `"restartCount":${restarts}`);
    const moved = text.replace(/"finishedAt":"([^"]+)"/, (_, time: string) => `"finishedAt":"${later(time, minutesLater)}"`);
    const object = JSON.parse(moved) as KubeJson;
    const container = Object.keys(usage.containers)[0] ?? '';
    return {
      object: { ...object, metadata: { ...object.metadata, name } },
      usage: { ...usage, pod: name, containers: { [container]: { cpu: '250m', memory } } },
    };
  });
  return {
    ...stage,
    objects: [...stage.objects, ...peers.map(({ object }) => object)],
    samples: [[usage, ...peers.map((peer) => peer.usage)]],
  };
}

function later(time: string, minutes: number): string {
  return new Date(Date.parse(time) + minutes * 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The same configuration before it has killed anything. */
function withoutKills(stage: Stage): Stage {
  const text = JSON.stringify(stage)
    .replaceAll(/"lastState":\{"terminated":\{[^}]*\}\}/g, '"lastState":{}')
    .replaceAll(/"restartCount":\d+/g, '"restartCount":0')
    .replaceAll('980Mi', '610Mi');
  return JSON.parse(text) as Stage;
}

function kubeconfigOf(servers: Readonly<Record<string, string>>, ca: string, token: string): object {
  const names = Object.keys(servers);
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': names[0],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: 'tester', namespace: 'edge' } })),
    clusters: names.map((name) => ({ name, cluster: { server: servers[name], 'certificate-authority-data': ca } })),
    users: [{ name: 'tester', user: { token } }],
  };
}
