import type { Change } from '../fixes/change.ts';
import type { Anchor } from '../text/source.ts';
import type { YamlMap, YamlNode } from '../text/yaml.ts';
import type { KubeObject, PodTemplate } from './kubernetes/objects.ts';
import type { Value } from './value.ts';

/**
 * One process and its settings, wherever they are written: a container of a pod template, a compose service, a Dockerfile's
 * final stage, the `env` of a Helm values file, a systemd unit or a shell script.
 */
export interface Container {
  readonly surface: 'kubernetes' | 'compose' | 'helm-values' | 'dockerfile' | 'systemd' | 'shell' | 'env-file';
  /** Container or service name; `''` where the surface has none. */
  readonly name: string;
  /** The object that runs it; only for `kubernetes`. */
  readonly workload: KubeObject | undefined;
  readonly pod: PodTemplate | undefined;
  readonly init: boolean;
  /** The map that holds the container's keys (`image`, `env`, `resources`…), where there is one. */
  readonly node: YamlMap | undefined;
  /** `undefined`: the surface names no image (values file of an unknown chart, script). */
  readonly image: Value<string> | undefined;
  readonly env: Environment;
  /** `command` and then `args` (ENTRYPOINT and CMD), one entry a word; a `sh -c` string is one word. */
  readonly args: readonly Value<string>[];
  /** Compose: `deploy.resources.limits.memory` or `mem_limit`. MiB. */
  readonly memoryLimitMiB: Value<number> | undefined;
  readonly cpuLimitCores: Value<number> | undefined;
  /** Where to underline when nothing smaller is there: the image, else the container's name. */
  readonly at: Anchor;
}

/** Effective environment variables. */
export interface Environment {
  readonly variables: ReadonlyMap<string, EnvironmentVariable>;
  /** Some source of variables can't be seen (a Secret, an unmounted ConfigMap, a templated list): a name that isn't here may be set. */
  readonly unseen: readonly string[];
  /** How to add a variable in the place where this container's own variables stand; `undefined` when that place can't be edited. */
  readonly add: ((name: string, text: string) => readonly Change[]) | undefined;
}

export interface EnvironmentVariable {
  readonly name: string;
  /** Where the name is written. */
  readonly nameAt: Anchor;
  readonly value: Value<string>;
  /** The list item or map value that sets it; `undefined` outside YAML. */
  readonly node: YamlNode | undefined;
  /** How to give it another value where the winner stands; `undefined` when that place can't be edited. */
  readonly set: ((text: string) => readonly Change[]) | undefined;
  readonly rename: ((name: string) => readonly Change[]) | undefined;
  readonly remove: (() => readonly Change[]) | undefined;
}
