import { maskText } from '../snapshot/mask.ts';
import type { JsonValue, ResourceRead } from '../snapshot/snapshot.ts';
import type { ServedResource } from './discovery.ts';
import { isRecord } from './kubeconfig.ts';
import type { Failure, Requests } from './requests.ts';
import type { Run } from './run.ts';

/** Objects in a page. */
export const PAGE_SIZE = 500;

/** ConfigMaps may hold a megabyte each. The next pages grow when these turn out small. */
const FIRST_PAGE: Readonly<Record<string, number>> = { configmaps: 100 };
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
  let position = '';
  let count = 0;
  let restarted = false;
  for (;;) {
    const answer = await requests.get(run, pathOf(list, limit, position));
    if (!answer.ok) {
      const { failure } = answer;
      if (failure.tooLarge && limit > 1 && list.unpaged !== true) {
        limit = Math.max(1, Math.floor(limit / 4));
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
    const page = pageOf(answer.value);
    if (!page) return { ...about, outcome: 'server-error', count, detail: 'the answer is no list' };
    take(page.items);
    count += page.items.length;
    onProgress({ count, ...(page.remaining === undefined ? {} : { total: count + page.remaining }) });
    if (page.next === '') {
      return { ...about, outcome: 'read', count, ...(restarted ? { detail: RESTARTED } : {}) };
    }
    position = page.next;
    if (answer.value.length < SMALL_PAGE_BYTES) limit = PAGE_SIZE;
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

interface Page {
  readonly items: readonly JsonValue[];
  /** Empty at the end. */
  readonly next: string;
  readonly remaining?: number;
}

function pageOf(body: string): Page | undefined {
  try {
    const list: JsonValue = JSON.parse(body);
    if (!isRecord(list)) return undefined;
    // Go writes an empty list as null.
    const items = list.items ?? [];
    if (!Array.isArray(items)) return undefined;
    const metadata = isRecord(list.metadata) ? list.metadata : {};
    const remaining = metadata.remainingItemCount;
    return {
      items,
      next: typeof metadata.continue === 'string' ? metadata.continue : '',
      ...(typeof remaining === 'number' ? { remaining } : {}),
    };
  } catch {
    return undefined;
  }
}
