import { itemsAt, textAt } from '../../../text/yaml.ts';
import { canBeSet, kubectl, target } from '../../kubectl.ts';
import type { Action } from '../../probe.ts';
import { shellWord } from '../../shell-word.ts';
import type { KiamWorkload, LiveDependant } from '../live-kiam.ts';
import type { Served } from '../served-credentials.ts';

/** The one answer for every SDK: no storm, nothing signed with ended keys, one STS call per role and server every 34 minutes. */
const DURATION = '60m';
const REFRESH = '26m';

/** Both flags together; for 2.7 and 2.8 the one that they have. Nothing where the version isn't known: a flag that it doesn't take ends the process. */
export function raiseFlags(workload: KiamWorkload, served: Served | undefined): Action[] {
  const { object, container } = workload;
  const generation = served?.generations.length === 1 ? served.generations[0] : undefined;
  if (!container || !canBeSet(object) || generation === undefined || generation === '2.6') return [];
  if (served?.life === 'right' || !hasPlainFlags(workload)) return [];
  const names = generation === '3.0' ? 'duration|refresh' : 'duration';
  const flags = [`--session-duration=${DURATION}`, ...(generation === '3.0' ? [`--session-refresh=${REFRESH}`] : [])];
  const filter =
    `.spec.template.spec.containers |= map(if .name == ${JSON.stringify(container.name)} then ` +
    `.args |= (map(select(test("^--session-(${names})=") | not)) + ${JSON.stringify(flags)}) else . end)`;
  const get = kubectl(object.namespace, 'get', object.kind.toLowerCase(), object.name, '-o', 'json');
  const command = `${get} | jq ${shellWord(filter)} | kubectl replace -f -`;
  const titleId = generation === '3.0' ? 'raise-both' : 'raise-duration';
  return [{ title: { messageId: titleId }, command, risk: 'change', undo: undo(workload) }];
}

/** The flags stand in `args`, a word each, or not at all: only then the command's filter does what it says. */
function hasPlainFlags({ container, manifest }: KiamWorkload): boolean {
  const args = itemsAt(container?.node, 'args').map((item) => textAt(item) ?? '');
  if (args.length === 0 || args.some((word) => /\s/.test(word))) return false;
  const flags = manifest?.flags.filter(({ name }) => /^session-(?:duration|refresh)$/.test(name)) ?? [];
  return flags.every(({ name }) => args.some((word) => word.startsWith(`--${name}=`)));
}

/** Old pods of an `OnDelete` workload, one after the other. */
export function replacePods(workload: KiamWorkload, isOld: (pod: KiamWorkload['pods'][number]) => boolean): Action[] {
  const { object, pods } = workload;
  const [old] = pods.filter(isOld).sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1));
  if (!old || !canBeSet(object)) return [];
  const command = kubectl(object.namespace, 'delete', 'pod', old.pod.name);
  return [{ title: { messageId: 'replace-pods' }, command, risk: 'change', undo: undo(workload) }];
}

function undo({ object }: KiamWorkload): string {
  return kubectl(object.namespace, 'rollout', 'undo', target(object));
}

/** New processes fetch new credentials: it buys a few minutes. */
export function restartDependants(dependants: readonly LiveDependant[]): Action[] {
  return dependants
    .filter(({ object }) => canBeSet(object))
    .map(({ object }) => ({
      title: { messageId: 'restart', data: { workload: target(object) } },
      command: kubectl(object.namespace, 'rollout', 'restart', target(object)),
      risk: 'change',
      undo: kubectl(object.namespace, 'rollout', 'undo', target(object)),
    }));
}

/** The rate of one agent, to be asked twice. */
export function lookAtRate(agents: readonly KiamWorkload[]): Action[] {
  const [agent] = agents.flatMap(({ pods }) => pods).sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1));
  if (!agent) return [];
  const { namespace, name } = agent.pod;
  const raw = kubectl('', 'get', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}:9620/proxy/metrics`);
  const command = `${raw} | grep 'kiam_metadata_success_total{handler="credentials"}'`;
  return [{ title: { messageId: 'look-rate' }, command, risk: 'read' }];
}
