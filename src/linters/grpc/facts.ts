import { type GrpcChannel, readTarget, type TargetCandidate, type TargetText } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { dockerfileContainer } from '../../model/containers/dockerfile.ts';
import type { ComponentUse, Repository, Unit } from '../../model/unit.ts';
import type { Anchor } from '../../text/source.ts';
import { inOtherEnvironment } from '../../workspace/plan-units.ts';
import { frameworkClients, type FrameworkClient, propertiesOf } from './facts-frameworks.ts';
import { type GrpcService, portOf, type ServicePort, serviceOfHost, servicesOf } from './facts-services.ts';
import { type ConfigLookup, fillFrom, type FilledTarget, literalTarget } from './facts-targets.ts';

/** A place that makes a channel, with the values that its target has in the unit. */
export interface GrpcClient {
  /** The target, where the channel is made. */
  readonly at: Anchor;
  readonly channel: GrpcChannel | undefined;
  readonly framework: FrameworkClient | undefined;
  readonly component: Component;
  readonly join: ComponentUse['join'] | 'none';
  readonly policy: Policy;
  readonly connections: readonly Connection[];
}

/** `unknown`: options stand where they can't be read. */
export type Policy = 'default' | 'pick-first' | 'balancing' | 'unknown';

/** A value of a target, in one container that runs the code; `container` is missing for a literal whose program wasn't found. */
export interface Connection {
  readonly candidate: Pick<TargetCandidate, 'parts' | 'text'> & Partial<Pick<TargetCandidate, 'confidence' | 'origin'>>;
  readonly container: Container | undefined;
  readonly filled: FilledTarget;
  readonly target: TargetText;
  /** The Service that the target names, if the unit has it. */
  readonly service: GrpcService | undefined;
  readonly port: ServicePort | undefined;
}

const memo = new WeakMap<Repository, WeakMap<Unit, readonly GrpcClient[]>>();

/** The gRPC clients of a unit: those of its components, and those elsewhere in the repository whose literal target names one of its Services. */
export function clientsOf(unit: Unit, repository: Repository): readonly GrpcClient[] {
  const units = memo.get(repository) ?? new WeakMap<Unit, readonly GrpcClient[]>();
  memo.set(repository, units);
  let known = units.get(unit);
  if (!known) {
    known = read(unit, repository);
    units.set(unit, known);
  }
  return known;
}

function read(unit: Unit, repository: Repository): GrpcClient[] {
  const joined = new Set(unit.components.map((use) => use.component));
  const own = unit.components.flatMap((use) => clientsIn(unit, repository, use.component, use.containers, use.join));
  if (servicesOf(unit).length === 0) return own;
  const others = repository.components.filter((component) => !joined.has(component) && !inOtherEnvironment(component.folder, unit.folder));
  const literal = others.flatMap((component) => clientsIn(unit, repository, component, [], 'none'));
  return [...own, ...literal.filter((client) => client.connections.some((connection) => connection.service))];
}

function clientsIn(
  unit: Unit,
  repository: Repository,
  component: Component,
  containers: readonly Container[],
  join: GrpcClient['join'],
): GrpcClient[] {
  const images = component.dockerfiles.flatMap((file) => dockerfileContainer(file) ?? []);
  const fromCode = component.code.channels.flatMap((channel): GrpcClient[] => {
    if (isForeign(channel) || channel.customDialer) return [];
    const config = configOf(component, repository, channel);
    const connections = channel.targets.flatMap((candidate) =>
      connectionsOf(unit, candidate, containers, (container) => fillFrom(unit, candidate, container, images, config)),
    );
    const distinct = withoutDoubles(connections);
    return [{ at: sinkAt(channel), channel, framework: undefined, component, join, policy: policyOf(channel), connections: distinct }];
  });
  const fromFiles = frameworkClients(component, repository).map((framework): GrpcClient => {
    const fill = (container: Container): FilledTarget | undefined => {
      const override = container.env.variables.get(framework.overriddenBy);
      if (!override) return fillFrom(unit, framework.target, container, images, () => 'unknown');
      if (!override.value.known) return undefined;
      const setting = { kind: 'env' as const, name: override.name, at: override.value.at };
      return { text: override.value.value, settings: [setting], set: override.set };
    };
    const connections = withoutDoubles(connectionsOf(unit, framework.target, containers, fill));
    const policy = framework.policy === undefined ? 'default' : (policyNamed([framework.policy]) ?? 'unknown');
    return { at: framework.at, channel: undefined, framework, component, join, policy, connections };
  });
  return [...fromCode, ...fromFiles];
}

/** Tests, generated code and copies of others' code are not what runs. */
function isForeign(channel: GrpcChannel): boolean {
  return channel.test || channel.generated || channel.vendored;
}

function connectionsOf(
  unit: Unit,
  candidate: Connection['candidate'],
  containers: readonly Container[],
  fill: (container: Container) => FilledTarget | undefined,
): Connection[] {
  if (containers.length === 0) {
    const literal = literalTarget(candidate);
    return literal ? [connection(unit, candidate, undefined, literal)] : [];
  }
  return containers.flatMap((container) => {
    const filled = fill(container);
    return filled ? [connection(unit, candidate, container, filled)] : [];
  });
}

function connection(unit: Unit, candidate: Connection['candidate'], container: Container | undefined, filled: FilledTarget): Connection {
  const target = readTarget(filled.text);
  const service = container && !container.workload ? undefined : serviceOf(unit, target, container?.workload?.namespace);
  return { candidate, container, filled, target, service, port: service && portOf(service, target.port) };
}

/** Only names that DNS resolves. */
function serviceOf(unit: Unit, { scheme, authority, host }: TargetText, namespace: string | undefined): GrpcService | undefined {
  if (host === undefined || authority !== undefined || (scheme !== undefined && scheme !== 'dns' && scheme !== 'passthrough'))
    return undefined;
  return serviceOfHost(unit, host, namespace);
}

function withoutDoubles(connections: readonly Connection[]): Connection[] {
  const place = ({ filled }: Connection): string =>
    filled.settings.map((setting) => `${setting.name} ${setting.at?.file.path} ${setting.at?.start}`).join();
  return connections.filter(
    (one, at) =>
      connections.findIndex(
        (other) => other.service === one.service && other.filled.text === one.filled.text && place(other) === place(one),
      ) === at,
  );
}

/** The literal alone where the target is one, else the whole expression. */
export function sinkAt(channel: GrpcChannel): Anchor {
  const { targetAt } = channel;
  const parts = channel.targets.length === 1 ? (channel.targets[0]?.parts ?? []) : [];
  const [first] = parts;
  const inside =
    first?.kind === 'text' &&
    parts.length === 1 &&
    first.at.file === targetAt.file &&
    first.at.start >= targetAt.start &&
    first.at.end <= targetAt.end;
  return inside ? first.at : targetAt;
}

const BALANCING =
  /^(?:round_robin|weighted_round_robin|least_request(?:_experimental)?|ring_hash(?:_experimental)?|random|random_subsetting(?:_experimental)?|weighted_target)$/;

/** The first policy that is known; old names are read without regard to case. */
function policyNamed(names: readonly string[]): Policy | undefined {
  for (const name of names.map((one) => one.toLowerCase())) {
    if (name === 'pick_first') return 'pick-first';
    if (BALANCING.test(name)) return 'balancing';
  }
  return undefined;
}

function policyOf(channel: GrpcChannel): Policy {
  switch (channel.policy.kind) {
    case 'default':
      return 'default';
    case 'named':
      return policyNamed(channel.policy.names) ?? 'unknown';
    case 'unknown':
      return 'unknown';
  }
}

/** Spring's `@Value` keys, from the application files of a component that has some. */
function configOf(component: Component, repository: Repository, channel: GrpcChannel): ConfigLookup {
  const asks = channel.language === 'java' && channel.targets.some((target) => target.parts.some((part) => part.kind === 'config'));
  if (!asks) return () => 'unknown';
  const properties = propertiesOf(component, repository);
  return (key) => {
    const hits = properties.filter((property) => property.key === key);
    const [hit] = hits;
    if (!hit) return properties.length > 0 ? 'unset' : 'unknown';
    // Profiles may differ.
    return new Set(hits.map((one) => one.text)).size === 1 && !hit.text.includes('${') ? hit : 'unknown';
  };
}
