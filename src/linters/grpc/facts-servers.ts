import type { GrpcServer } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { ComponentUse, Repository, Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { frameworkOf, propertiesOf, springDurationMs } from './facts-frameworks.ts';
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
  if (uses.length === 0 || uses.some((use) => use.join !== 'strong')) return UNSEEN;
  const policies = uses.flatMap(({ component }) => policiesOf(component, repository, targetPort));
  const [first] = policies;
  if (!first) return UNSEEN;
  const maxConnectionAgeAt = policies.find((one) => one.maxConnectionAgeAt)?.maxConnectionAgeAt;
  const enforced = policies.map((one) => one.enforcement);
  const loose = enforced.find((one) => one === 'unknown') ?? enforced.find((one) => one === 'none');
  const mildest = policies.reduce((a, b) => (minTime(b) < minTime(a) ? b : a), first);
  return { enforcement: loose ?? mildest.enforcement, maxConnectionAgeAt };
}

function minTime({ enforcement }: ServerPolicy): number {
  return typeof enforcement === 'string' ? 0 : enforcement.minTimeMs;
}

function policiesOf(component: Component, repository: Repository, targetPort: number | undefined): ServerPolicy[] {
  const own = component.code.servers.filter((server) => !server.test && !server.example && !server.generated && !server.vendored);
  const here = own.filter((server) => server.ports.some((port) => targetPort !== undefined && port.port === String(targetPort)));
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

/** Servers that a Spring starter makes: their keys, in `application.yml`. */
function fromFramework(component: Component, repository: Repository): ServerPolicy[] {
  const framework = frameworkOf(component);
  if (framework === undefined || framework === 'quarkus') return [];
  const prefix = framework === 'net.devh' ? 'grpc.server.' : 'spring.grpc.server.';
  const own = propertiesOf(component, repository).filter((property) => property.key.startsWith(prefix));
  const named = (pattern: RegExp) =>
    own.findLast((property) => pattern.test(property.key.slice(prefix.length).toLowerCase().replaceAll('-', '')));
  const time = named(framework === 'net.devh' ? /^permitkeepalivetime$/ : /^keepalive\.permittime$/);
  const age = named(framework === 'net.devh' ? /^maxconnectionage$/ : /^keepalive\.maxage$/);
  const minTimeMs = time && springDurationMs(time.text);
  const enforcement = time && minTimeMs !== undefined ? { minTimeMs, at: time.at, written: true } : 'unknown';
  return [{ enforcement, maxConnectionAgeAt: age?.at }];
}
