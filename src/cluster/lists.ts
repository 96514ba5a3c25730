import { setImmediate } from 'node:timers/promises';
import { maskText } from '../snapshot/mask.ts';
import type { JsonValue, ResourceRead } from '../snapshot/snapshot.ts';
import type { ServedResource } from './discovery.ts';
import { type ListBody, listBody } from './list-body.ts';
import type { Failure, Requests } from './requests.ts';
import type { Run } from './run.ts';

/** Objects in a page. */
export const PAGE_SIZE = 500;

/** ConfigMaps may hold a megabyte each. The next pages grow when these turn out small. */
const FIRST_PAGE: Readonly<Record<string, number>> = { configmaps: 100 };
/** Items that are parsed and projected before others get a turn. */
const ITEMS_AT_ONCE = 50;
const SMALL_PAGE_BYTES = 2 * 1024 * 1024;

export interface ListRequest {
  readonly group: string;
  readonly resource: string;
  readonly served: ServedResource;
  /** Missing: in all namespaces, or cluster-scoped. */
  readonly namespace?: string;
  readonly fieldSelector?: string;
  /** The server gives all at once whatever is asked (metrics.k8s.io). */
  readonly unpaged?: true;
}

export interface ListProgress {
  readonly count: number;
  /** As far as the server tells. */
  readonly total?: number;
}

/**
 * Reads a list page by page and gives each away as it comes; nothing is kept. Never rejects.
 * @param take gets the items of a page, which may come again when the list had to be restarted
 */
export async function readList(
  requests: Requests,
  run: Run,
  list: ListRequest,
  take: (items: readonly JsonValue[]) => void,
  onProgress: (progress: ListProgress) => void,
): Promise<ResourceRead> {
  const about = {
    verb: 'list',
    group: list.group,
    resource: list.resource,
    ...(list.namespace === undefined ? {} : { namespace: list.namespace }),
  } as const;
  let limit = FIRST_PAGE[list.resource] ?? PAGE_SIZE;
  let mostAtOnce = PAGE_SIZE;
  let position = '';
  let count = 0;
  let restarted = false;
  for (;;) {
    const answer = await requests.get(run, pathOf(list, limit, position));
    if (!answer.ok) {
      const { failure } = answer;
      if (failure.tooLarge && limit > 1 && list.unpaged !== true) {
        limit = Math.max(1, Math.floor(limit / 4));
        mostAtOnce = limit;
        continue;
      }
      if (failure.status === 410 && position !== '' && !restarted) {
        restarted = true;
        position = '';
        count = 0;
        continue;
      }
      // What is served must not pass for absent because something in between has lost its way.
      const outcome = failure.outcome === 'absent' && list.served.certain ? 'server-error' : failure.outcome;
      return { ...about, outcome, count, detail: endedInTheMiddle(failure, count, restarted) };
    }
    const page = listBody(answer.value);
    const taken = page ? await takeItems(page, run, take) : 'broken';
    if (!page || taken === 'broken') return { ...about, outcome: 'server-error', count, detail: 'the answer is no list' };
    if (run.over) return { ...about, outcome: run.over, count, detail: `ended after ${count} objects` };
    count += page.count;
    onProgress({ count, ...(page.remaining === undefined ? {} : { total: count + page.remaining }) });
    if (page.next === '') {
      return { ...about, outcome: 'read', count, ...(restarted ? { detail: RESTARTED } : {}) };
    }
    position = page.next;
    if (answer.value.length < SMALL_PAGE_BYTES) limit = mostAtOnce;
  }
}

const RESTARTED = 'read from the start again, as the continue token had expired (410)';

function endedInTheMiddle(failure: Failure, count: number, restarted: boolean): string {
  const detail = count === 0 ? failure.detail : `${failure.detail}; ended after ${count} objects`;
  return maskText(restarted ? `${detail}; ${RESTARTED}` : detail);
}

/** `/apis/apps/v1/namespaces/shop/deployments?limit=500` */
function pathOf({ served, resource, namespace, fieldSelector, unpaged }: ListRequest, limit: number, position: string): string {
  const query = new URLSearchParams();
  if (unpaged !== true) query.set('limit', String(limit));
  if (position !== '') query.set('continue', position);
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
  const folder = namespace === undefined ? served.root : `${served.root}/namespaces/${encodeURIComponent(namespace)}`;
  return `${folder}/${resource}${query.size === 0 ? '' : `?${query}`}`;
}

/** The editor has other things to do between, and cancelling must not wait for a page: it may end before all is taken. */
async function takeItems(page: ListBody, run: Run, take: (items: readonly JsonValue[]) => void): Promise<'taken' | 'broken'> {
  try {
    for (let from = 0; from < page.count && !run.over; from += ITEMS_AT_ONCE) {
      if (from > 0) await setImmediate();
      take(page.items(from, from + ITEMS_AT_ONCE));
    }
    return 'taken';
  } catch (error) {
    if (error instanceof SyntaxError) return 'broken';
    throw error;
  }
}
