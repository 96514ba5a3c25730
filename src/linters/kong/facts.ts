import { oncePerPart } from '../../text/once.ts';
import { dockerfileContainer } from '../../model/containers/dockerfile.ts';
import { kubernetesContainers } from '../../model/containers/kubernetes.ts';
import type { Container } from '../../model/container.ts';
import type { Repository, Unit } from '../../model/unit.ts';
import { isVersionKnown, UNKNOWN_VERSION, type VersionRange, versionRange } from '../../model/version.ts';
import type { Change } from '../../fixes/change.ts';
import type { Value } from '../../model/value.ts';
import type { Anchor } from '../../text/source.ts';
import { mapAt, type YamlMap } from '../../text/yaml.ts';
import { type ChartGateway, chartGateways } from './chart.ts';
import { mountedConfig, readConfigFiles } from './config-files.ts';
import { isEnterpriseImage, isEnterpriseTag, isKongImage, kongVersionOfImage, tagAnchor } from './image.ts';
import { type KongConf, type KongSetting, namesKong, settingOfVariable } from './setting.ts';

/** A Kong node as the files of a unit describe it: who runs it, what it is set to, and what of that can't be seen. */
export interface KongInstance {
  readonly surface: Container['surface'] | 'chart' | 'config-file';
  /** By the image, the chart, a neighbour in the unit, or what the user assumes. */
  readonly version: VersionRange;
  /** Kong Enterprise, which has settings of its own and some of Kong's earlier. */
  readonly enterprise: boolean;
  /** An image of Kong's own table, or its chart: not only settings that look like Kong's. */
  readonly proven: boolean;
  /** Winners first: the environment goes before the file. */
  readonly settings: ReadonlyMap<string, KongSetting>;
  /** Everything that is written, losers too, in file order. */
  readonly written: readonly KongSetting[];
  /** A source of settings can't be seen: what is not here may be set all the same. */
  readonly unseen: boolean;
  /** The chart's version, for what the chart sets by itself. */
  readonly chartVersion: VersionRange | undefined;
  readonly container: Container | undefined;
  /** The map that holds the container's keys, or the chart's values. */
  readonly node: YamlMap | undefined;
  readonly memoryLimitMiB: Value<number> | undefined;
  readonly cpuLimitCores: Value<number> | undefined;
  /** Where to point at when no token says the thing: the image's tag, else the block that holds the settings. */
  readonly at: Anchor;
  readonly add: ((name: string, text: string) => readonly Change[]) | undefined;
}

/**
 * The Kong nodes of a unit. Jobs, init containers and `kong migrations` don't serve traffic and are left out.
 * @param repository is asked for the assumed version only
 */
export function kongInstances(unit: Unit, repository: Repository): readonly KongInstance[] {
  return instancesIn(repository, unit);
}

const instancesIn = oncePerPart((repository: Repository, unit: Unit): readonly KongInstance[] => {
  const config = readConfigFiles(unit);
  const taken = new Set<KongConf>();
  const containers = [...unit.containers, ...operatorContainers(unit)].filter(serves);
  const running: KongInstance[] = [];
  const looseContainers: Container[] = [];
  for (const container of containers) {
    const settings = containerSettings(container);
    const built = builtHere(container, unit);
    // What is built from another base may be Kong all the same: its own name says.
    const image = isKong(built?.image) || !container.image?.known ? (built?.image ?? container.image) : container.image;
    const proven = isKong(image);
    // Another program's image may speak to Kong; only an image that isn't known may still be Kong.
    if (!proven && (!namesKong(settings) || (image?.known ?? false))) continue;
    // A values file's `env` is Kong's own only where it names Kong's variables; the chart kong/kong is read as a release.
    if (container.surface === 'helm-values' && !namesKong(settings)) continue;
    if (!container.image && container.surface !== 'compose' && container.surface !== 'kubernetes') {
      looseContainers.push(container);
      continue;
    }
    const mounted = mountedConfig(container, config);
    for (const conf of mounted.confs) taken.add(conf);
    const operated = container.workload?.kind === 'DataPlane' || container.workload?.kind === 'GatewayConfiguration';
    running.push({
      surface: container.surface,
      version: image?.known ? kongVersionOfImage(image.value) : UNKNOWN_VERSION,
      enterprise: image?.known === true && isEnterpriseImage(image.value),
      proven: proven || operated,
      ...layered(settings, [...mounted.confs.flatMap((conf) => conf.settings), ...(built ? containerSettings(built) : [])]),
      unseen: container.env.unseen.length > 0 || mounted.unseen || operated,
      chartVersion: undefined,
      container,
      node: container.node,
      memoryLimitMiB: container.memoryLimitMiB,
      cpuLimitCores: container.cpuLimitCores,
      at: tagAnchor(container.image) ?? container.at,
      add: adderOf(container),
    });
  }
  for (const gateway of unit.releases.flatMap(chartGateways)) running.push(chartInstance(gateway));
  const neighbour = { version: onlyVersion(running), enterprise: running.some(({ enterprise }) => enterprise) };
  const loose = [
    ...looseContainers.flatMap((container) => looseInstance(container, running, neighbour)),
    ...[...config.files, ...config.configMaps.flatMap(({ conf }) => conf ?? [])]
      .filter((conf) => !taken.has(conf))
      .flatMap((conf) => confInstance(conf, running, neighbour)),
  ];
  return [...running, ...loose].map((instance) => assumed(instance, repository));
});

function isKong(image: Value<string> | undefined): boolean {
  return image?.known === true && isKongImage(image.value);
}

function containerSettings(container: Container): KongSetting[] {
  return [...container.env.variables.values()].flatMap((variable) => settingOfVariable(variable) ?? []);
}

function adderOf(container: Container): KongInstance['add'] {
  const { add } = container.env;
  return add && ((name, text) => add(`KONG_${name.toUpperCase()}`, text));
}

const OTHER_COMMAND =
  /(?:^|[\s/;&|"'])kong\s+(?:migrations|config|check|vault|hybrid|version|health|runner)\b|\bwait-for-(?:db|postgres|migrations)\b|\bpg_isready\b/;

/** Also behind a migration: `kong migrations up && kong start`. */
const START_COMMAND = /(?:^|[\s/;&|"'])kong\s+(?:docker-start|start|restart)\b/;

/** Runs as long as Kong does: no Job, no init container, no migration. */
function serves(container: Container): boolean {
  if (container.init || container.workload?.kind === 'Job' || container.workload?.kind === 'CronJob') return false;
  // A script's words are those of all its commands; it may well start Kong after the migrations.
  if (container.surface === 'shell') return true;
  const line = container.args.map((word) => (word.known ? word.value : '')).join(' ');
  return !OTHER_COMMAND.test(line) || START_COMMAND.test(line);
}

const POD_TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['DataPlane', ['spec', 'deployment', 'podTemplateSpec']],
  ['GatewayConfiguration', ['spec', 'dataPlaneOptions', 'deployment', 'podTemplateSpec']],
]);

/** Pods that Kong's operators make: the user's pod template is laid over one of the operator's own. */
function operatorContainers(unit: Unit): Container[] {
  return unit.objects.flatMap((object) => {
    if (!object.apiVersion.startsWith('gateway-operator.konghq.com/')) return [];
    const path = POD_TEMPLATES.get(object.kind);
    const root = path && mapAt(object.root, ...path);
    if (!root) return [];
    const pod = { ...object, kind: 'Pod', root };
    const configMaps = unit.objects.filter((other) => other.kind === 'ConfigMap');
    return kubernetesContainers([pod, ...configMaps])
      .filter((container) => container.name === 'proxy')
      .map((container) => ({ ...container, workload: object }));
  });
}

/** The Dockerfile that makes a container's image in this repository: its ENV holds too. */
function builtHere(container: Container, unit: Unit): Container | undefined {
  if (container.surface === 'dockerfile') return undefined;
  for (const use of unit.components) {
    if (use.join !== 'strong' || !use.containers.includes(container)) continue;
    const [file, ...others] = use.component.dockerfiles;
    if (!file || others.length > 0) continue;
    const build = dockerfileContainer(file);
    if (build?.image?.known) return build;
  }
  return undefined;
}

function layered(winners: readonly KongSetting[], below: readonly KongSetting[]): Pick<KongInstance, 'settings' | 'written'> {
  const settings = new Map<string, KongSetting>();
  // In one file the later of two lines holds.
  for (const setting of below) settings.set(setting.name, setting);
  for (const setting of winners) settings.set(setting.name, setting);
  return { settings, written: [...winners, ...below] };
}

function chartInstance(gateway: ChartGateway): KongInstance {
  return {
    surface: 'chart',
    version: gateway.version,
    enterprise: gateway.enterprise,
    proven: true,
    ...layered(gateway.env.settings, []),
    unseen: gateway.unseen,
    chartVersion: gateway.chartVersion,
    container: undefined,
    node: gateway.values,
    memoryLimitMiB: gateway.memoryLimitMiB,
    cpuLimitCores: gateway.cpuLimitCores,
    at: gateway.at,
    add: gateway.env.add,
  };
}

function onlyVersion(running: readonly KongInstance[]): VersionRange {
  const known = running.map((instance) => instance.version).filter(isVersionKnown);
  const [first] = known;
  return first && known.every((version) => version.text === first.text) ? first : UNKNOWN_VERSION;
}

type Neighbour = Pick<KongInstance, 'version' | 'enterprise'>;

const LOOSE: Pick<KongInstance, 'proven' | 'unseen' | 'chartVersion' | 'node' | 'memoryLimitMiB' | 'cpuLimitCores'> = {
  proven: false,
  unseen: true,
  chartVersion: undefined,
  node: undefined,
  memoryLimitMiB: undefined,
  cpuLimitCores: undefined,
};

/** An env file, script or systemd unit with Kong's variables: part of what a neighbour runs, so that one's version counts. */
function looseInstance(container: Container, running: readonly KongInstance[], neighbour: Neighbour): KongInstance[] {
  const seen = new Set(running.flatMap((instance) => instance.written.map((setting) => place(setting.nameAt))));
  const own = containerSettings(container).filter((setting) => !seen.has(place(setting.nameAt)));
  if (!namesKong(own)) return [];
  return [
    { ...LOOSE, surface: container.surface, ...neighbour, ...layered(own, []), container, at: container.at, add: adderOf(container) },
  ];
}

function confInstance(conf: KongConf, running: readonly KongInstance[], neighbour: Neighbour): KongInstance[] {
  const [only, ...more] = running;
  // What the one Kong of the unit sets in its environment, the file can't change.
  const settings = conf.settings.filter((setting) => more.length > 0 || !only?.settings.has(setting.name));
  const [first] = settings;
  if (!first || !namesKong(settings)) return [];
  return [
    { ...LOOSE, surface: 'config-file', ...neighbour, ...layered([], settings), container: undefined, at: first.nameAt, add: undefined },
  ];
}

function place(at: Anchor): string {
  return `${at.file.path}:${at.start}`;
}

function assumed(instance: KongInstance, repository: Repository): KongInstance {
  const version = isVersionKnown(instance.version) ? undefined : repository.assume(instance.at.file.path).kong;
  if (version === undefined) return instance;
  return { ...instance, version: versionRange(version), enterprise: instance.enterprise || isEnterpriseTag(version) };
}
