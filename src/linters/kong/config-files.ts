import type { Container } from '../../model/container.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import { objectsOfKind, sameNamespace, type Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import { itemsAt, mapAt, nodeAt, textAt } from '../../text/yaml.ts';
import { folderOf, resolvePath } from '../../model/kubernetes/kustomize/kustomization-file.ts';
import { type KongConf, readEmbeddedKongConf, readKongConf } from './setting.ts';

/** The kong.conf texts of a unit. */
export interface ConfigFiles {
  readonly files: readonly KongConf[];
  readonly configMaps: readonly { readonly object: KubeObject; readonly key: string; readonly conf: KongConf | undefined }[];
}

export function readConfigFiles(unit: Unit): ConfigFiles {
  return {
    files: unit.files.flatMap((parsed) => (parsed.format === 'kong.conf' ? [confOf(parsed.file)] : [])),
    configMaps: objectsOfKind(unit, 'ConfigMap').flatMap(confsIn),
  };
}

const confOf = oncePer(readKongConf);

const confsIn = oncePer((object: KubeObject): ConfigFiles['configMaps'] =>
  [...(mapAt(object.root, 'data')?.pairs ?? [])].flatMap(([key, { value }]) =>
    key.endsWith('kong.conf') && value.kind === 'scalar' ? [{ object, key, conf: readEmbeddedKongConf(value) }] : [],
  ),
);

/** Where Kong looks by itself (kong/constants.lua: DEFAULT_PATHS), or a file of that name elsewhere. */
function mayHoldConfig(path: string): boolean {
  return /^\/etc\/kong\/?$|^\/etc$|kong\.conf$/.test(path);
}

export interface MountedConfig {
  readonly confs: readonly KongConf[];
  /** A configuration file is mounted that can't be seen. */
  readonly unseen: boolean;
}

/** The configuration file that a container gets through its volumes. */
export function mountedConfig(container: Container, config: ConfigFiles): MountedConfig {
  if (container.surface === 'kubernetes') return mountedInPod(container, config);
  if (container.surface === 'compose') return mountedInCompose(container, config);
  return { confs: [], unseen: false };
}

function mountedInPod(container: Container, config: ConfigFiles): MountedConfig {
  const confs: KongConf[] = [];
  let unseen = false;
  for (const mount of itemsAt(container.node, 'volumeMounts')) {
    const name = textAt(mount, 'name');
    const path = textAt(mount, 'mountPath') ?? '';
    const volume = itemsAt(container.pod?.spec, 'volumes').find((item) => textAt(item, 'name') === name);
    const configMap = textAt(volume, 'configMap', 'name');
    const subPath = textAt(mount, 'subPath');
    const held = config.configMaps.filter(
      ({ object, key }) =>
        configMap !== undefined &&
        object.name === configMap &&
        sameNamespace(object.namespace, container.workload?.namespace) &&
        (subPath === undefined ||
          subPath === key ||
          itemsAt(volume, 'configMap', 'items').some((item) => textAt(item, 'path') === subPath)),
    );
    for (const { conf } of held) {
      if (conf) confs.push(conf);
      else unseen = true;
    }
    const empty = nodeAt(volume, 'emptyDir') !== undefined;
    if (held.length === 0 && !empty && mayHoldConfig(path)) unseen = true;
  }
  return { confs, unseen };
}

function mountedInCompose(container: Container, config: ConfigFiles): MountedConfig {
  const confs: KongConf[] = [];
  let unseen = false;
  for (const item of itemsAt(container.node, 'volumes')) {
    const [source = '', target = ''] =
      item.kind === 'map' ? [textAt(item, 'source'), textAt(item, 'target')] : (textAt(item)?.split(':') ?? ['', '']);
    if (!mayHoldConfig(target)) continue;
    const path = /^\.{0,2}\//.test(source) ? resolvePath(folderOf(item.file.path), source) : undefined;
    const conf = config.files.find(({ file }) => file.path === path || file.path === `${path}/kong.conf`);
    if (conf) confs.push(conf);
    else unseen = true;
  }
  return { confs, unseen };
}
