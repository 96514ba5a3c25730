import { linesOf } from '../../../snapshot/log-matches.ts';
import { limitUses, oomKills, type WorkingSet, workingSets } from '../../../snapshot/memory.ts';
import type { LogSignature, PodState, ServiceRequest } from '../../../snapshot/snapshot.ts';
import { isWithin, MINUTE_MS, runningSince } from '../../../snapshot/times.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { configEvidence, killEvidence, lineEvidence, podReference, useEvidence } from '../../evidence.ts';
import { kubectl } from '../../kubectl.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { Action, ClusterView, Evidence, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { effective, workerCount } from '../effective.ts';
import { adminAnswers, adminPorts, readPlugins } from '../live-admin.ts';
import { findingsOf, type KongNode, kongNodes, runs, settingChange, stateOf, versionText } from '../live-nodes.ts';
import { nodeLogs, WORKER_KILLED } from '../live-rebuild.ts';
import { declaredPlugins } from '../plugins.ts';
import { MESSAGES } from './cache-ttl-zero-messages.ts';

const RULE = 'kong/db-cache-ttl-zero';
/** kong/mlcache.lua@0.11.0 to 0.13.0, line 224; 0.13.1 brought another cache. */
const LEAKING = { from: '0.11.0', before: '0.13.1' } as const;

/** LuaJIT without GC64, as those versions have it, ends at 1 to 2 GiB of its own. */
const LUA_PANIC: LogSignature = {
  id: 'kong/lua-out-of-memory',
  pattern: /PANIC: unprotected error in call to Lua API \(not enough memory\)/,
};

const BOT_DETECTION_PATH = '/plugins?name=bot-detection';

/** A container that has just started fills its caches for a while, leak or not. */
const WARM_UP_MS = 10 * MINUTE_MS;
/** Fewer samples can't tell growth from noise. */
const LEAST_SAMPLES = 3;

/**
 * A Kong from 0.11.0 to 0.13.0 with `db_cache_ttl = 0` and more than one worker caches nothing, and with bot-detection leaks 240 KB a request (the rule's
 * header has the sources). /status shows no worker's memory before 1.2.0, so growth is measured from outside: the container's working set over several samples.
 * - `growthMiB` 24: a hundred leaking requests; each sample at least as large as the one before, none of them in the first ten minutes of a container
 * - `window` 24h: as for any kill; the API keeps the last end of a container only
 */
export const cacheTtlZero: Probe = {
  id: 'kong/cache-ttl-zero',
  needs: [
    ...lists('', 'pods', 'configmaps'),
    ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
    ...optionalLists('', 'services'),
    ...optionalLists('metrics.k8s.io', 'pods'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '24h',
      description: { en: 'how old a kill or a log line may be to count as live', zh: '多久以内的 OOM 或日志才算正在发生' },
    },
    growthMiB: {
      type: 'integer',
      default: 24,
      description: { en: 'growth over the samples of --observe that counts as a leak', zh: '--observe 各次采样间增长多少 MiB 算泄漏' },
    },
  },
  messages: MESSAGES,
  logs: (view) => leaking(view).flatMap((node) => nodeLogs(node, [WORKER_KILLED, LUA_PANIC])),
  asks: (view) =>
    leaking(view).flatMap((node) =>
      adminPorts(view, node)
        .filter(({ is }) => is === 'admin')
        .slice(0, 1)
        .map(({ namespace, service }): ServiceRequest => ({ namespace, service, path: BOT_DETECTION_PATH, read: readPlugins })),
    ),
  judge(view) {
    const subjects = kongNodes(view).map((node) => subjectOf(view, node));
    return conclude(view, cacheTtlZero, { subjects, summary: summaries({ count: worstCount(subjects) }) });
  },
};

function leaking(view: ClusterView): KongNode[] {
  return kongNodes(view).filter((node) => findingsOf(view, node, RULE).length > 0);
}

function subjectOf(view: ClusterView, node: KongNode): Subject {
  const findings = findingsOf(view, node, RULE);
  const evidence = findings.length > 0 ? measured(view, node) : [];
  const proven = findings.some(({ severity }) => severity === 'error');
  const verdict = findings.length === 0 ? verdictWithout(node) : proven && evidence.length > 0 ? 'live' : 'latent';
  const at = node.instance?.settings.get('db_cache_ttl')?.value.at;
  const manifest = node.workload.manifest;
  const why: Said = {
    messageId: `${verdict === 'live' || verdict === 'latent' ? 'leaks' : verdict}-why`,
    data: { version: versionText(node) },
  };
  const value = ttlOf(node) === undefined ? versionText(node) : `${versionText(node)}, db_cache_ttl = ${ttlOf(node)}`;
  return {
    object: node.object,
    verdict,
    evidence: [
      ...evidence,
      manifest
        ? configEvidence(manifest, at ?? node.instance?.at, value, why)
        : { source: 'config', object: node.object, pointer: '', value, explains: why },
      ...(findings.length > 0 ? [...plugins(view, node), ...fullness(view, node)] : []),
    ],
    findings,
    wouldProve:
      verdict === 'latent'
        ? [{ messageId: 'prove-growth' }, { messageId: 'prove-plugin' }]
        : verdict === 'unknown'
          ? [{ messageId: 'prove-setting' }]
          : [],
    actions: findings.length > 0 ? actionsFor(node) : [],
  };
}

function ttlOf({ instance }: KongNode): string | undefined {
  const ttl = instance && effective(instance, 'db_cache_ttl');
  return ttl && ttl.is !== 'unknown' ? ttl.text : undefined;
}

/** The rule is silent: why? */
function verdictWithout(node: KongNode): Verdict {
  const { instance } = node;
  const affected = runs(node, LEAKING);
  if (affected === 'no') return 'clear';
  if (!instance) return 'unknown';
  const ttl = effective(instance, 'db_cache_ttl');
  // Where nobody sets it, old versions have 3600 and newer ones no fault.
  const isZero =
    ttl.is === 'unknown' ? instance.settings.has('db_cache_ttl') || instance.unseen : ttl.is === 'set' && Number(ttl.text) === 0;
  if (!isZero) return 'clear';
  return workerCount(instance) === 1 ? 'mitigated' : 'unknown';
}

/** What proves that it leaks now: kills, panics, growth. */
function measured(view: ClusterView, node: KongNode): Evidence[] {
  const { snapshot, now } = view;
  const windowMs = durationOption(view, 'window');
  const kills = oomKills(node.pods, node.container, now, windowMs).filter(({ recent }) => recent);
  const lines = node.pods
    .flatMap((pod) => linesOf(snapshot, pod, node.container, WORKER_KILLED.id, LUA_PANIC.id))
    .filter(({ at }) => isWithin(at, now, windowMs));
  return [
    ...kills.map((kill) => killEvidence(kill, { messageId: 'killed' })),
    ...lines.map((line) => lineEvidence(line, { messageId: line.signature === LUA_PANIC.id ? 'panic' : 'worker-killed' })),
    ...node.pods.flatMap((pod) => growth(view, node, pod)),
  ];
}

function growth(view: ClusterView, node: KongNode, pod: PodState): Evidence[] {
  const container = stateOf(node, pod);
  const since = container && runningSince(container);
  const samples = workingSets(view.snapshot, pod, node.container).filter(
    ({ at }) => since !== undefined && Date.parse(at) - since >= WARM_UP_MS,
  );
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || samples.length < LEAST_SAMPLES || !isRising(samples)) return [];
  if (last.memoryMiB - first.memoryMiB < Number(view.option('growthMiB'))) return [];
  const minutes = Math.round((Date.parse(last.at) - Date.parse(first.at)) / MINUTE_MS);
  return [
    {
      source: 'metrics',
      object: podReference(pod),
      pointer: '',
      value: `${node.container}: ${Math.round(first.memoryMiB)} → ${Math.round(last.memoryMiB)} MiB`,
      time: last.at,
      explains: { messageId: 'growth', data: { samples: samples.length, minutes } },
    },
  ];
}

function isRising(samples: readonly WorkingSet[]): boolean {
  return samples.every(({ memoryMiB }, at) => at === 0 || memoryMiB >= (samples[at - 1]?.memoryMiB ?? 0));
}

function fullness(view: ClusterView, node: KongNode): Evidence[] {
  const [fullest] = limitUses(view.snapshot, node.pods, node.container);
  return fullest ? [useEvidence(fullest, { messageId: 'use' })] : [];
}

/** bot-detection is what turns the waste into a leak. */
function plugins(view: ClusterView, node: KongNode): Evidence[] {
  const explains: Said = { messageId: 'bot-detection' };
  const declared = declaredPlugins(view.unit).find(({ name }) => name.text === 'bot-detection');
  const object = declared && view.unit.objects.find(({ file }) => file === declared.file);
  if (declared && object) return [configEvidence(object, declared.name, 'bot-detection', explains)];
  const answer = adminAnswers(view, node).find(({ values }) => typeof values.plugins === 'number');
  const count = Number(answer?.values.plugins ?? 0);
  return count > 0 ? [{ source: 'config', object: node.object, pointer: '', value: `bot-detection = ${count}`, explains }] : [];
}

function actionsFor(node: KongNode): Action[] {
  const { object, container, pods } = node;
  const [pod] = pods;
  const change = settingChange(node, 'db_cache_ttl', '3600');
  return [
    ...(pod
      ? [
          {
            title: { messageId: 'look-memory' },
            command: kubectl(object.namespace, 'top', 'pod', pod.name, '--containers'),
            risk: 'read' as const,
          },
        ]
      : []),
    ...(pod
      ? [
          {
            title: { messageId: 'look-logs' },
            command: `${kubectl(object.namespace, 'logs', `pod/${pod.name}`, '-c', container, '--since=24h', '--tail=-1')} | grep 'exited on signal 9'`,
            risk: 'read' as const,
          },
        ]
      : []),
    ...(change ? [{ title: { messageId: 'default-ttl' }, risk: 'change' as const, ...change }] : []),
  ];
}
