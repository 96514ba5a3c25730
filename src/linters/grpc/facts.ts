import { type GrpcChannel, readTarget, type TargetCandidate, type TargetText } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { dockerfileContainer } from '../../model/containers/dockerfile.ts';
import { componentsOf, type ComponentUse, type Repository, type Unit } from '../../model/unit.ts';
import { ObjectMemo, oncePer, oncePerPart } from '../../text/once.ts';
import { type Anchor, covers } from '../../text/source.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';
import { inOtherEnvironment } from '../../workspace/plan-units.ts';
import { applicationFiles, frameworkClients, type FrameworkClient, frameworkOf, propertiesOf } from './facts-frameworks.ts';
import { type GrpcService, portOf, type ServicePort, serviceOfHost, servicesOf } from './facts-services.ts';
import { type ConfigLookup, fillFrom, type FilledTarget, literalTarget } from './facts-targets.ts';

/** A place that makes a channel, with the values that its target has in the unit. */
export interface GrpcClient {
  /** The target, where the channel is made. */
  readonly at: Anchor;
  readonly channel: GrpcChannel | undefined;
  readonly framework: FrameworkClient | undefined;
  readonly component: Component;
  readonly policy: Policy;
  readonly connections: readonly Connection[];
}

/** `unknown`: options stand where they can't be read. */
export type Policy = 'default' | 'pick-first' | 'balancing' | 'unknown';

/** A value of a target, in one container that runs the code; `container` is missing for a literal whose program wasn't found. */
export interface Connection {
  readonly candidate: Pick<TargetCandidate, 'parts' | 'text'> & Partial<Pick<TargetCandidate, 'confidence' | 'origin'>>;
  readonly container: Container | undefined;
  /** How sure it is that this container runs the code; `none` without one. */
  readonly join: ComponentUse['join'] | 'none';
  readonly filled: FilledTarget;
  readonly target: TargetText;
  /** The Service that the target names, if the unit has it. */
  readonly service: GrpcService | undefined;
  readonly port: ServicePort | undefined;
}

/**
 * The gRPC clients of a unit: those of its components, and those elsewhere in the repository whose literal target names one of its Services.
 * The list itself lives as long as one look at the repository, so that each look notes what it depends on; its pieces are kept for each
 * component and unit.
 */
export function clientsOf(unit: Unit, repository: Repository): readonly GrpcClient[] {
  return clientsIn(repository, unit);
}

const NONE: readonly GrpcClient[] = [];

const clientsIn = oncePerPart((repository: Repository, unit: Unit): readonly GrpcClient[] => {
  const own = [
    ...codeClients(unit),
    ...placesOf(unit).flatMap((place) => [...configuredClients(unit, repository, place), ...fileClients(unit, repository, place)]),
  ];
  const elsewhere = literalClients(unit, repository);
  return [...own, ...elsewhere];
});

/** Channels of a component that other people's code, tests and dialers of its own don't make. */
const channelsOf = oncePer((component: Component): readonly GrpcChannel[] =>
  component.code.channels.filter((channel) => !isForeign(channel) && !channel.customDialer),
);

const imagesOf = oncePer((component: Component): readonly Container[] =>
  component.dockerfiles.flatMap((file) => dockerfileContainer(file) ?? []),
);

const NO_CONFIG: ConfigLookup = () => 'unknown';

/** Depends on nothing but the unit. */
const codeClients = oncePer((unit: Unit): readonly GrpcClient[] =>
  placesOf(unit).flatMap((place) =>
    channelsOf(place.component).flatMap((channel) => (asksConfig(channel) ? [] : [codeClient(unit, place, channel, NO_CONFIG)])),
  ),
);

/** Targets in Spring's `@Value` need the component's application files. */
function configuredClients(unit: Unit, repository: Repository, place: Place): GrpcClient[] {
  return channelsOf(place.component).flatMap((channel) =>
    asksConfig(channel) ? [codeClient(unit, place, channel, configOf(place.component, repository))] : [],
  );
}

function asksConfig({ targets }: GrpcChannel): boolean {
  return targets.some((target) => target.parts.some((part) => part.kind === 'config'));
}

/** A component with the containers of a unit that may run it. */
interface Place {
  readonly component: Component;
  readonly uses: readonly Pick<ComponentUse, 'containers' | 'join'>[];
}

function placesOf(unit: Unit): Place[] {
  return componentsOf(unit).map((component) => ({ component, uses: unit.components.filter((use) => use.component === component) }));
}

function codeClient(unit: Unit, { component, uses }: Place, channel: GrpcChannel, config: ConfigLookup): GrpcClient {
  const connections = channel.targets.flatMap((candidate) =>
    connectionsOf(unit, candidate, uses, (container) => fillFrom(unit, candidate, container, imagesOf(component), config)),
  );
  return {
    at: sinkAt(channel),
    channel,
    framework: undefined,
    component,
    policy: policyOf(channel),
    connections: withoutDoubles(connections),
  };
}

function fileClients(unit: Unit, repository: Repository, place: Place): GrpcClient[] {
  return frameworkClients(place.component, repository).map((framework) => fileClient(unit, place, framework));
}

function fileClient(unit: Unit, { component, uses }: Place, framework: FrameworkClient): GrpcClient {
  const fill = (container: Container): FilledTarget | undefined => {
    const override = container.env.variables.get(framework.overriddenBy);
    if (!override) return fillFrom(unit, framework.target, container, imagesOf(component), NO_CONFIG);
    if (!override.value.known) return undefined;
    const setting = { kind: 'env' as const, name: override.name, at: override.value.at };
    return { text: override.value.value, settings: [setting], set: override.set };
  };
  const connections = withoutDoubles(connectionsOf(unit, framework.target, uses, fill));
  const policy = framework.policy === undefined ? 'default' : (policyNamed([framework.policy]) ?? 'unknown');
  return { at: framework.at, channel: undefined, framework, component, policy, connections };
}

/** A client anywhere in the repository with a literal target. */
interface Literal {
  readonly component: Component;
  readonly channel: GrpcChannel | undefined;
  readonly framework: FrameworkClient | undefined;
  /** The first labels of the hosts that its targets name. */
  readonly labels: readonly string[];
}

/** The first labels of the hosts that literal targets name. */
function labelsOf(candidates: readonly Connection['candidate'][]): string[] {
  return candidates.flatMap(({ text }) => {
    const host = text === undefined ? undefined : readTarget(text).host;
    return host === undefined ? [] : [host.split('.', 1)[0] ?? ''];
  });
}

const literalsOf = oncePer((component: Component): readonly Literal[] =>
  channelsOf(component).flatMap((channel) => {
    const labels = labelsOf(channel.targets);
    return labels.length > 0 ? [{ component, channel, framework: undefined, labels }] : [];
  }),
);

const codeLiterals = oncePer(byLabel);

const withFramework = oncePer((component: Component): readonly Component[] => (frameworkOf(component) ? [component] : []));

interface FrameworkLiterals {
  readonly files: readonly ParsedFile[];
  readonly byLabel: ReadonlyMap<string, ReadonlySet<Literal>>;
}

const knownFrameworkLiterals = new ObjectMemo<readonly Component[], FrameworkLiterals>();

/** Only repositories with such components make a result depend on the other units' files. */
function frameworkLiterals(repository: Repository): FrameworkLiterals['byLabel'] | undefined {
  const components = repository.everyComponent(withFramework);
  if (components.length === 0) return undefined;
  const files = repository.everyUnit(applicationFiles);
  let known = knownFrameworkLiterals.get(components);
  if (known?.files !== files) {
    const literals = components.flatMap((component) =>
      frameworkClients(component, repository).map(
        (framework): Literal => ({ component, channel: undefined, framework, labels: labelsOf([framework.target]) }),
      ),
    );
    known = { files, byLabel: byLabel(literals) };
    knownFrameworkLiterals.set(components, known);
  }
  return known.byLabel;
}

function byLabel(literals: readonly Literal[]): ReadonlyMap<string, ReadonlySet<Literal>> {
  const index = new Map<string, Set<Literal>>();
  for (const literal of literals) {
    for (const label of literal.labels) {
      const group = index.get(label);
      if (group) group.add(literal);
      else index.set(label, new Set([literal]));
    }
  }
  return index;
}

/** A literal target needs no deployment that runs it: it is judged wherever there is such a Service. */
function literalClients(unit: Unit, repository: Repository): readonly GrpcClient[] {
  if (unit.objects.length === 0) return NONE;
  const indexes = [codeLiterals(repository.everyComponent(literalsOf)), frameworkLiterals(repository)];
  const hits = new Set<Literal>();
  for (const { name } of servicesOf(unit)) {
    for (const index of indexes) for (const literal of index?.get(name) ?? []) hits.add(literal);
  }
  const joined = new Set(unit.components.map((use) => use.component));
  return [...hits].flatMap(({ component, channel, framework }): GrpcClient[] => {
    if (joined.has(component) || inOtherEnvironment(component.folder, unit.folder)) return [];
    const place: Place = { component, uses: [] };
    const client = channel ? codeClient(unit, place, channel, NO_CONFIG) : framework && fileClient(unit, place, framework);
    return client?.connections.some((connection) => connection.service) ? [client] : [];
  });
}

/** Tests, generated code and copies of others' code are not what runs. */
function isForeign(channel: GrpcChannel): boolean {
  return channel.test || channel.generated || channel.vendored;
}

function connectionsOf(
  unit: Unit,
  candidate: Connection['candidate'],
  uses: Place['uses'],
  fill: (container: Container) => FilledTarget | undefined,
): Connection[] {
  if (uses.every(({ containers }) => containers.length === 0)) {
    const literal = literalTarget(candidate);
    return literal ? [connection(unit, candidate, undefined, uses[0]?.join ?? 'none', literal)] : [];
  }
  return uses.flatMap(({ containers, join }) =>
    containers.flatMap((container) => {
      const filled = fill(container);
      return filled ? [connection(unit, candidate, container, join, filled)] : [];
    }),
  );
}

function connection(
  unit: Unit,
  candidate: Connection['candidate'],
  container: Container | undefined,
  join: Connection['join'],
  filled: FilledTarget,
): Connection {
  const target = readTarget(filled.text);
  const service = container && !container.workload ? undefined : serviceOf(unit, target, container?.workload?.namespace);
  return { candidate, container, join, filled, target, service, port: service && portOf(service, target.port) };
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
  return first?.kind === 'text' && parts.length === 1 && covers(targetAt, first.at) ? first.at : targetAt;
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
function configOf(component: Component, repository: Repository): ConfigLookup {
  const properties = propertiesOf(component, repository);
  return (key) => {
    const hits = properties.filter((property) => property.key === key);
    const [hit] = hits;
    if (!hit) return properties.length > 0 ? 'unset' : 'unknown';
    // Profiles may differ.
    return hits.every(({ text, unknown }) => text === hit.text && !unknown) && !hit.text.includes('${') ? hit : 'unknown';
  };
}
