import type { GrpcServer } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { ComponentUse, Repository, Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { type Framework, frameworkOf, propertiesOf, springDurationMs } from './facts-frameworks.ts';
import type { GrpcService } from './facts-services.ts';

/** Go's, Java's and C-core's servers close a connection that is pinged more often than this. */
export const DEFAULT_MIN_TIME_MS = 300_000;

/** What the code behind a Service says of its connections. */
export interface ServerPolicy {
  /** `none`: a server that takes any pings (grpc-js); `unknown`: no server was found, or its options can't be read. */
  readonly enforcement: { readonly minTimeMs: number; readonly at: Anchor; readonly written: boolean } | 'none' | 'unknown';
  /** It closes connections by age, so that clients connect anew. */
  readonly maxConnectionAgeAt: Anchor | undefined;
}

const usesByWorkload = oncePer((unit: Unit): ReadonlyMap<KubeObject, readonly ComponentUse[]> => {
  const uses = new Map<KubeObject, ComponentUse[]>();
  for (const use of unit.components) {
    for (const workload of new Set(use.containers.map((one) => one.workload))) {
      const group = workload && uses.get(workload);
      if (group) group.push(use);
      else if (workload) uses.set(workload, [use]);
    }
  }
  return uses;
});

const UNSEEN: ServerPolicy = { enforcement: 'unknown', maxConnectionAgeAt: undefined };

export function serverBehind(unit: Unit, repository: Repository, service: GrpcService, targetPort: number | undefined): ServerPolicy {
  const running = usesByWorkload(unit);
  const uses = [...new Set(service.backends.flatMap((pod) => running.get(pod.workload) ?? []))];
  if (uses.some((use) => use.join !== 'strong')) return UNSEEN;
  const policies = uses.flatMap(({ component }) => policiesOf(component, repository, targetPort));
  const [mildest] = policies.toSorted((a, b) => minTime(a) - minTime(b));
  if (!mildest) return UNSEEN;
  const maxConnectionAgeAt = policies.find((one) => one.maxConnectionAgeAt)?.maxConnectionAgeAt;
  const enforced = policies.map((one) => one.enforcement);
  const loose = enforced.find((one) => one === 'unknown') ?? enforced.find((one) => one === 'none');
  return { enforcement: loose ?? mildest.enforcement, maxConnectionAgeAt };
}

function minTime({ enforcement }: ServerPolicy): number {
  return typeof enforcement === 'string' ? 0 : enforcement.minTimeMs;
}

function policiesOf(component: Component, repository: Repository, targetPort: number | undefined): ServerPolicy[] {
  const own = component.code.servers.filter((server) => !server.test && !server.example && !server.generated && !server.vendored);
  const here = own.filter((server) => server.ports.some(({ port }) => port === String(targetPort)));
  const servers = here.length > 0 ? here : own;
  return servers.length > 0 ? servers.map(fromCode) : fromFramework(component, repository);
}

function fromCode(server: GrpcServer): ServerPolicy {
  const { enforcement, maxConnectionAgeAt } = server;
  if (server.language === 'typescript' || server.language === 'javascript') {
    const minTimeMs = enforcement?.minTimeMs;
    if (enforcement && minTimeMs !== undefined)
      return { enforcement: { minTimeMs, at: enforcement.at, written: true }, maxConnectionAgeAt };
    return { enforcement: 'none', maxConnectionAgeAt };
  }
  if (!enforcement) {
    const byDefault = { minTimeMs: DEFAULT_MIN_TIME_MS, at: server.at, written: false };
    return { enforcement: server.optionsComplete ? byDefault : 'unknown', maxConnectionAgeAt };
  }
  if (enforcement.minTimeAt && enforcement.minTimeMs === undefined) return { enforcement: 'unknown', maxConnectionAgeAt };
  const minTimeMs = enforcement.minTimeMs ?? DEFAULT_MIN_TIME_MS;
  return { enforcement: { minTimeMs, at: enforcement.minTimeAt ?? enforcement.at, written: true }, maxConnectionAgeAt };
}

/** The keys of the Spring starters' servers in `application.yml`, without regard to case and dashes. */
const SERVER_KEYS: Readonly<Partial<Record<Framework, { readonly minTime: string; readonly maxAge: string }>>> = {
  'net.devh': { minTime: 'grpc.server.permitkeepalivetime', maxAge: 'grpc.server.maxconnectionage' },
  'spring-grpc': { minTime: 'spring.grpc.server.keepalive.permittime', maxAge: 'spring.grpc.server.keepalive.maxage' },
};

/** A server that a framework makes: by its settings where it is a Spring starter. */
function fromFramework(component: Component, repository: Repository): ServerPolicy[] {
  const framework = frameworkOf(component);
  if (framework === undefined) return [];
  const keys = SERVER_KEYS[framework];
  const named = (wanted: string | undefined) =>
    propertiesOf(component, repository).findLast(({ key }) => key.toLowerCase().replaceAll('-', '') === wanted);
  const time = named(keys?.minTime);
  const minTimeMs = time && springDurationMs(time.text);
  const enforcement = time && minTimeMs !== undefined ? { minTimeMs, at: time.at, written: true } : 'unknown';
  return [{ enforcement, maxConnectionAgeAt: named(keys?.maxAge)?.at }];
}
