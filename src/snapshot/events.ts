import { EVENT_REASONS } from './allowed.ts';
import { maskText } from './mask.ts';
import { at, numberAt, textAt } from './raw.ts';
import type { EventState } from './snapshot.ts';

/** An Event of the core group or of events.k8s.io; `undefined` for a reason that no probe asks for. */
export function eventState(raw: unknown): EventState | undefined {
  const reason = textAt(raw, 'reason') ?? '';
  const allowed = Object.hasOwn(EVENT_REASONS, reason) ? EVENT_REASONS[reason] : undefined;
  if (!allowed) return undefined;
  const about = at(raw, 'involvedObject') ?? at(raw, 'regarding');
  const kind = textAt(about, 'kind');
  const name = textAt(about, 'name');
  if (kind === undefined || name === undefined) return undefined;
  const lastAt =
    textAt(raw, 'series', 'lastObservedTime') ??
    textAt(raw, 'lastTimestamp') ??
    textAt(raw, 'deprecatedLastTimestamp') ??
    textAt(raw, 'eventTime');
  const firstAt = textAt(raw, 'firstTimestamp') ?? textAt(raw, 'deprecatedFirstTimestamp') ?? textAt(raw, 'eventTime');
  const message = allowed.message ? (textAt(raw, 'message') ?? textAt(raw, 'note')) : undefined;
  return {
    object: { kind, namespace: textAt(about, 'namespace') ?? '', name },
    type: textAt(raw, 'type') ?? '',
    reason,
    count: numberAt(raw, 'series', 'count') ?? numberAt(raw, 'count') ?? numberAt(raw, 'deprecatedCount') ?? 1,
    ...(firstAt === undefined ? {} : { firstAt }),
    ...(lastAt === undefined ? {} : { lastAt }),
    ...(message === undefined ? {} : { message: maskText(message) }),
  };
}
