import { maskText } from '../snapshot/mask.ts';
import type { ResourceRead, ServiceAnswer, ServiceRequest } from '../snapshot/snapshot.ts';
import type { Access } from './access.ts';
import { reasonOf } from './errors.ts';
import type { Failure, Requests } from './requests.ts';
import type { Run } from './run.ts';

/** Questions at most, and bytes of an answer. */
const QUESTIONS = 20;
const ANSWER_BYTES = 4 * 1024 * 1024;

export interface ServicesAsked {
  readonly answers: readonly ServiceAnswer[];
  readonly reads: readonly ResourceRead[];
}

/** GETs through the API server's service proxy (`--deep`); of an answer only what the question reduces it to is kept. */
export async function askServices(requests: Requests, run: Run, asks: readonly ServiceRequest[], access: Access): Promise<ServicesAsked> {
  const answers: ServiceAnswer[] = [];
  const reads = await Promise.all(
    asks.slice(0, QUESTIONS).map(async (ask): Promise<ResourceRead> => {
      const failure = await askService(requests, run, ask, access, (answer) => answers.push(answer));
      return {
        ...readOf(ask.namespace),
        outcome: failure?.outcome ?? 'read',
        count: failure ? 0 : 1,
        ...(failure ? { detail: failure.detail } : {}),
      };
    }),
  );
  if (asks.length > QUESTIONS)
    reads.push({ ...readOf(undefined), outcome: 'limit', count: 0, detail: `${asks.length - QUESTIONS} questions were not asked` });
  return { answers, reads: reads.length > 0 ? reads : [{ ...readOf(undefined), outcome: 'read', count: 0 }] };
}

/** Nobody said `--deep`. */
export function servicesNotAsked(): ResourceRead {
  return { ...readOf(undefined), outcome: 'not-asked', count: 0 };
}

async function askService(
  requests: Requests,
  run: Run,
  { namespace, service, path, read }: ServiceRequest,
  access: Access,
  take: (answer: ServiceAnswer) => void,
): Promise<Pick<Failure, 'outcome' | 'detail'> | undefined> {
  if (access.may('get', '', 'services/proxy', namespace, service) === 'no') {
    return { outcome: 'forbidden', detail: '' };
  }
  const target = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(service)}/proxy`;
  const answer = await requests.get(run, `${target}/${path.replace(/^\/+/, '')}`, {
    accept: '*/*',
    foreign: true,
    bytesLimit: ANSWER_BYTES,
  });
  if (!answer.ok) {
    const { outcome, detail } = answer.failure;
    // A page that the service doesn't have is not a resource that the API server doesn't serve.
    return { outcome: outcome === 'absent' || outcome === 'unauthorized' ? 'server-error' : outcome, detail };
  }
  try {
    take({ namespace, service, path, values: read(answer.value) });
    return undefined;
  } catch (error) {
    return {
      outcome: 'server-error',
      detail: maskText(`the answer could not be read: ${error instanceof SyntaxError ? 'not JSON' : reasonOf(error)}`),
    };
  }
}

function readOf(namespace: string | undefined): Pick<ResourceRead, 'verb' | 'group' | 'resource' | 'namespace'> {
  return { verb: 'get', group: '', resource: 'services/proxy', ...(namespace === undefined ? {} : { namespace }) };
}
