import { textAt } from '../../../text/yaml.ts';
import { objectReference } from '../../evidence.ts';
import { kubectl, setMemoryLimit } from '../../kubectl.ts';
import type { Action, ClusterView, LiveFinding } from '../../probe.ts';
import { isKongSetting } from '../settings-history.ts';
import { type KongNode, settingChange } from '../live-nodes.ts';
import { limitText } from '../memory.ts';
import type { Situation } from './router-rebuild-memory.ts';

/** Continuous writes took the pod of the incident from 2.3 to 6.9 GiB. */
const WRITES_FACTOR = 3;

/** What the runbook says under "Mitigate now", with this cluster's names. */
export function actionsFor(view: ClusterView, situation: Situation): Action[] {
  const { node } = situation;
  return [...looks(node), ...writers(view), ...moreMemory(situation), ...fewerWorkers(situation), ...eventually(situation)];
}

function looks({ object, container, pods }: KongNode): Action[] {
  const [pod] = pods;
  if (!pod) return [];
  const filter = "grep -E 'exited on signal 9|bypassing .* lock: timeout|could not rebuild router'";
  const log = (name: string): string =>
    `${kubectl(object.namespace, 'logs', name, '-c', container, '--since=24h', '--tail=-1', '--prefix')} | ${filter}`;
  return [
    { title: { messageId: 'look-logs' }, command: log(`pod/${pod.name}`), risk: 'read' },
    { title: { messageId: 'look-memory' }, command: kubectl(object.namespace, 'top', 'pod', pod.name, '--containers'), risk: 'read' },
  ];
}

/** CronJobs that run decK, which writes routes. */
function writers(view: ClusterView): Action[] {
  return view.unit.objects.flatMap((object): Action[] => {
    if (object.kind !== 'CronJob' || textAt(object.root, 'spec', 'suspend') === 'true') return [];
    const containers = view.unit.containers.filter(({ workload }) => workload === object);
    const isDeck = containers.some(
      ({ image, args }) =>
        (image?.known === true && /(?:^|\/)deck(?::|@|$)/.test(image.value)) ||
        args.some((word) => word.known && /(?:^|\/)deck$/.test(word.value)),
    );
    if (!isDeck) return [];
    const { namespace, name } = objectReference(object);
    const suspend = (on: boolean): string => kubectl(namespace, 'patch', 'cronjob', name, '-p', `{"spec":{"suspend":${on}}}`);
    return [{ title: { messageId: 'stop-writes', data: { name } }, command: suspend(true), risk: 'change', undo: suspend(false) }];
  });
}

function moreMemory({ node, memory, findings }: Situation): Action[] {
  const limit = node.instance?.memoryLimitMiB;
  if (!limit?.known) return [];
  const before = limit.layers[0]?.text ?? '';
  const needs = findings.flatMap(({ rule, data }) => (rule === 'kong/limit-below-rebuild-headroom' ? [Number(data?.need)] : []));
  const needMiB = Math.max(...needs, (memory.steady?.memoryMiB ?? 0) * WRITES_FACTOR);
  if (!(needMiB > limit.value) || before === '') return [];
  const wanted = limitText(needMiB, false);
  const change = setMemoryLimit(node.object, node.container, wanted, before);
  return change ? [{ title: { messageId: 'more-memory', data: { limit: wanted, before } }, risk: 'change', ...change }] : [];
}

function fewerWorkers({ node, findings }: Situation): Action[] {
  const data = dataOf(findings, 'kong/workers-auto-in-container');
  const workers = data?.workers;
  if (workers === undefined) return [];
  const change = settingChange(node, 'nginx_worker_processes', String(workers));
  return change ? [{ title: { messageId: 'fewer-workers', data: { workers } }, risk: 'change', ...change }] : [];
}

/** Only where the version surely knows the name that the rule gives. */
function eventually({ node, findings }: Situation): Action[] {
  const finding = findings.find(({ rule }) => rule === 'kong/strict-consistency');
  const name = finding?.data?.name;
  if (!finding || finding.messageId === 'maybe' || typeof name !== 'string' || !isKongSetting(name)) return [];
  const change = settingChange(node, name, 'eventual');
  return change ? [{ title: { messageId: 'eventually' }, risk: 'change', ...change }] : [];
}

function dataOf(findings: readonly LiveFinding[], rule: string): LiveFinding['data'] {
  return findings.find((finding) => finding.rule === rule)?.data;
}
