import type { FoundLine } from '../../../snapshot/log-matches.ts';
import type { EventState, LogRequest, LogSignature, ObjectReference, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import { lineEvidence } from '../../evidence.ts';
import type { ClusterView, Evidence, Subject } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { isControllerImage, kongNodes, stateOf } from '../live-nodes.ts';
import { LOOK_AT_EVENTS } from './ignored-settings-actions.ts';

/** The rule whose findings say that a field will be refused. */
export const PLUGIN_RULE = 'kong/plugin-whitelist-blacklist';

/**
 * A plugin's field that its schema does not know, as Kong itself words it (kong/db/schema/init.lua@3.9.1: UNKNOWN): at its start
 * (kong/db/declarative/init.lua: pretty_print_error), in the answer to a pushed configuration (kong/db/errors.lua: declarative config is invalid), or to a
 * single request. Of a setting that it ignores Kong says nothing at all (kong/conf_loader/init.lua): there is no line to look for.
 */
const UNKNOWN_FIELD: LogSignature = {
  id: 'kong/unknown-field',
  pattern: /in '\w+': unknown field|schema violation \([^)]*: unknown field|\w+=\\?"unknown field/,
};

/** The ingress controller's event when Kong refuses a configuration (docs.konghq.com, ingress controller: observability, events). */
const APPLY_FAILED = 'KongConfigurationApplyFailed';

/** Where Kong or the ingress controller said, within the option `window`, that something was refused. */
export interface Refusals {
  readonly lines: readonly FoundLine[];
  readonly events: readonly EventState[];
}

export function refusalsOf(view: ClusterView): Refusals {
  const windowMs = durationOption(view, 'window');
  const { snapshot, now } = view;
  const lines = snapshot.logs
    .flatMap((log) => log.matches.filter(({ signature }) => signature === UNKNOWN_FIELD.id).map((match): FoundLine => ({ ...match, log })))
    .filter(({ at }) => isWithin(at, now, windowMs));
  const events = snapshot.events.filter(({ reason, lastAt }) => reason === APPLY_FAILED && isWithin(lastAt, now, windowMs));
  return { lines, events };
}

/** Kong's containers that do not run, and the controller's, where a plugin is suspected or a push failed. */
export function logRequests(view: ClusterView): LogRequest[] {
  const suspected = view.findings.some(({ rule }) => rule === PLUGIN_RULE) || refusalsOf(view).events.length > 0;
  const kong = kongNodes(view).flatMap((node) =>
    node.pods.flatMap((pod) => {
      const state = stateOf(node, pod);
      const failing = state !== undefined && (state.state !== 'running' || !state.ready);
      return failing || suspected
        ? [requestFor(pod, node.container, false), ...(state?.restarts ? [requestFor(pod, node.container, true)] : [])]
        : [];
    }),
  );
  const controllers = suspected
    ? view.snapshot.pods.flatMap((pod) =>
        pod.containers.filter(({ image }) => isControllerImage(image)).map(({ name }) => requestFor(pod, name, false)),
      )
    : [];
  return [...kong, ...controllers];
}

function requestFor({ namespace, name }: PodState, container: string, previous: boolean): LogRequest {
  return { namespace, pod: name, container, previous, signatures: [UNKNOWN_FIELD] };
}

export function eventEvidence(event: EventState): Evidence {
  return {
    source: 'event',
    object: event.object,
    pointer: '',
    value: event.count > 1 ? `${event.reason} (× ${event.count})` : event.reason,
    ...(event.lastAt === undefined ? {} : { time: event.lastAt }),
    explains: { messageId: 'push-failed' },
  };
}

/** Kong refuses a field that no rule knows, in the words of the ingress controller. */
export function refusalSubjects({ snapshot }: ClusterView, lines: readonly FoundLine[]): Subject[] {
  const byOwner = new Map<string, { readonly object: ObjectReference; readonly lines: FoundLine[] }>();
  for (const line of lines) {
    const pod = snapshot.pods.find(({ namespace, name }) => namespace === line.log.namespace && name === line.log.pod);
    if (!pod) continue;
    const key = `${pod.owner.kind}/${pod.owner.namespace}/${pod.owner.name}`;
    const known = byOwner.get(key) ?? { object: pod.owner, lines: [] };
    known.lines.push(line);
    byOwner.set(key, known);
  }
  return [...byOwner.values()].map(({ object, lines: own }) => ({
    object,
    verdict: 'live',
    evidence: own.map((line) => lineEvidence(line, { messageId: 'refused-line' })),
    findings: [],
    wouldProve: [],
    actions: [LOOK_AT_EVENTS],
  }));
}
