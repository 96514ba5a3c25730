import { ROLE_ANNOTATION } from '../../../model/credential-dependants.ts';
import { annotationsOf, entryOf, type KubeObject } from '../../../model/kubernetes/objects.ts';
import type { Unit } from '../../../model/unit.ts';
import { type FoundLine, linesOf } from '../../../snapshot/log-matches.ts';
import type { EventState, LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { ageMs, isWithin, MINUTE_MS } from '../../../snapshot/times.ts';
import { oncePer } from '../../../text/once.ts';
import { configEvidence, lineEvidence } from '../../evidence.ts';
import { kubectl } from '../../kubectl.ts';
import type { Action, ClusterView, Evidence, Subject, Verdict } from '../../probe.ts';
import { type KiamWorkload, type LiveDependant, mainContainer, versionOf } from '../live-kiam.ts';
import { type Permission, permission, type PermissionPolicy, permitting, policiesOf, roleBaseOf } from '../permitted-role.ts';

const PERMITTED = 'iam.amazonaws.com/permitted';

/** How SDKs say that they found nothing: botocore, Go v1 and v2, Java, JavaScript. */
const NO_CREDENTIALS: LogSignature = {
  id: 'kiam/no-credentials',
  pattern:
    /Unable to locate credentials|NoCredentialsError|NoCredentialProviders|no EC2 IMDS role found|Unable to load (?:AWS )?credentials|Could not load credentials from any providers/,
};

/** client-go's recorder lets through one event of a kind for an object in five minutes at least (tools/record/events_cache.go: defaultSpamQPS): what goes on stays younger. */
const OVER_MS = 10 * MINUTE_MS;

/** What a server's pods do with a role. */
interface Judge {
  readonly policy: PermissionPolicy;
  readonly base: string | undefined;
}

/** How the servers that run judge; the manifest where none runs. */
export function judgesOf(view: ClusterView, servers: readonly KiamWorkload[]): Judge[] {
  const running = servers.flatMap(({ pods }) => pods.map(({ process }) => process));
  const processes = running.length > 0 ? running : servers.flatMap(({ manifest }) => manifest ?? []);
  const all = processes.flatMap((process) =>
    policiesOf(process, versionOf(view, process)).map((policy) => ({ policy, base: roleBaseOf(process) })),
  );
  return [...new Map(all.map((judge) => [JSON.stringify(judge), judge])).values()];
}

interface Permitted {
  readonly answer: Permission;
  readonly role: string;
  readonly namespace: KubeObject | undefined;
  /** `undefined`: its text can't be seen. */
  readonly expression: string | undefined;
}

const namespacesOf = oncePer(
  (unit: Unit): ReadonlyMap<string, KubeObject> =>
    new Map(
      unit.objects.flatMap((object) => (object.kind === 'Namespace' && object.name !== undefined ? [[object.name, object] as const] : [])),
    ),
);

export function permittedOf(view: ClusterView, pod: PodState, judges: readonly Judge[]): Permitted {
  const role = pod.annotations[ROLE_ANNOTATION] ?? '';
  const namespace = namespacesOf(view.unit).get(pod.namespace);
  const annotations = namespace && annotationsOf(namespace);
  const expression = annotations?.pairs.has(PERMITTED) ? entryOf(annotations, PERMITTED)?.text : '';
  if (!namespace || expression === undefined) return { answer: 'unknown', role, namespace, expression: undefined };
  const answers = new Set(judges.map(({ policy, base }) => permission(expression, role, base, policy)));
  const [only = 'unknown', ...others] = answers;
  return { answer: others.length > 0 ? 'unknown' : only, role, namespace, expression };
}

/** One pod each of dependants that may be forbidden, and of workloads whose annotation nobody reads. */
export function applicationLogs(pods: readonly PodState[]): LogRequest[] {
  return pods.flatMap((pod) => {
    const container = mainContainer(pod);
    return container
      ? [{ namespace: pod.namespace, pod: pod.name, container: container.name, previous: false, signatures: [NO_CREDENTIALS] }]
      : [];
  });
}

export function noCredentialsLines(view: ClusterView, pods: readonly PodState[], windowMs: number): FoundLine[] {
  return pods
    .flatMap((pod) => pod.containers.flatMap(({ name }) => linesOf(view.snapshot, pod, name, NO_CREDENTIALS.id)))
    .filter(({ at }) => isWithin(at, view.now, windowMs));
}

/** Events that Kiam wrote about the pods; those of a refusal that is over don't count. */
function refusals(view: ClusterView, pods: readonly PodState[], answer: Permission, windowMs: number): EventState[] {
  return view.snapshot.events.filter(({ object, reason, lastAt }) => {
    if (reason !== 'KiamRoleForbidden' && reason !== 'KiamCredentialError') return false;
    if (!isWithin(lastAt, view.now, windowMs)) return false;
    if (!pods.some(({ namespace, name }) => object.kind === 'Pod' && object.namespace === namespace && object.name === name)) return false;
    return !(reason === 'KiamRoleForbidden' && answer === 'yes' && (ageMs(lastAt, view.now) ?? 0) > OVER_MS);
  });
}

/** A workload that wears the annotation; `undefined`: nothing speaks against it. */
export function dependantSubject(
  view: ClusterView,
  { object, pods }: LiveDependant,
  judges: readonly Judge[],
  windowMs: number,
): Subject | undefined {
  const [first] = pods;
  if (!first) return undefined;
  // Without Kiam's server, as with kube2iam, nothing is compared.
  const permitted = judges.length > 0 ? permittedOf(view, first, judges) : undefined;
  const events = refusals(view, pods, permitted?.answer ?? 'unknown', windowMs);
  const lines = noCredentialsLines(view, pods, windowMs);
  const answer = permitted?.answer ?? 'yes';
  if (events.length + lines.length === 0 && answer === 'yes') return undefined;
  const verdict: Verdict = events.length + lines.length > 0 ? 'live' : answer === 'no' ? 'latent' : 'unknown';
  return {
    object,
    verdict,
    evidence: [
      ...events.map(
        (event): Evidence => ({
          source: 'event',
          object: event.object,
          pointer: '',
          value: `${event.reason}${event.message === undefined ? '' : `: ${event.message}`}${event.count > 1 ? ` (× ${event.count})` : ''}`,
          ...(event.lastAt === undefined ? {} : { time: event.lastAt }),
          explains: { messageId: event.reason === 'KiamRoleForbidden' ? 'forbidden-event' : 'credential-event' },
        }),
      ),
      ...lines.map((line) => lineEvidence(line, { messageId: 'no-credentials' })),
      ...(permitted && answer !== 'yes' ? permittedEvidence(permitted) : []),
    ],
    findings: [],
    wouldProve: answer === 'unknown' ? [{ messageId: permitted?.namespace ? 'prove-permitted' : 'prove-namespace' }] : [],
    actions: permitted && verdict !== 'unknown' ? permit(permitted, judges) : [],
  };
}

function permittedEvidence({ answer, role, namespace, expression }: Permitted): Evidence[] {
  if (!namespace) return [];
  const at = entryOf(annotationsOf(namespace), PERMITTED);
  const messageId = answer === 'unknown' ? 'permitted-unknown' : expression === '' ? 'permitted-none' : 'permitted-not';
  return [configEvidence(namespace, at, `${PERMITTED}: ${expression ?? '?'}`, { messageId, data: { role } })];
}

/** Only where the Namespace surely forbids it, and all servers judge alike. */
function permit({ answer, role, namespace, expression }: Permitted, judges: readonly Judge[]): Action[] {
  const [judge, ...others] = judges;
  const name = namespace?.name;
  if (answer !== 'no' || !judge || others.length > 0 || name === undefined || expression === undefined) return [];
  const wanted = permitting(expression, role, judge.base, judge.policy);
  if (wanted === undefined) return [];
  const annotate = (word: string): string => kubectl('', 'annotate', 'namespace', name, word, '--overwrite');
  const undo = expression === '' ? kubectl('', 'annotate', 'namespace', name, `${PERMITTED}-`) : annotate(`${PERMITTED}=${expression}`);
  return [{ title: { messageId: 'permit', data: { role } }, command: annotate(`${PERMITTED}=${wanted}`), risk: 'change', undo }];
}
