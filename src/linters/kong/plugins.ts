import type { Change } from '../../fixes/change.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import { objectsOfKind, type Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { mapAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';
import { type DeclaredConfig, declaredConfigs, entitiesOf } from './declared.ts';

/** A plugin that is declared in YAML: a KongPlugin, or an entry of a declarative configuration. */
export interface DeclaredPlugin {
  /** `acl`, `bot-detection`. */
  readonly name: YamlScalar;
  readonly config: YamlMap | undefined;
  readonly file: SourceFile;
  /** The document's `_format_version`; `undefined` for a KongPlugin. */
  readonly formatVersion: string | undefined;
}

/** A plugin's field, where it is written and how it is renamed. */
export interface PluginField {
  readonly plugin: string;
  readonly name: string;
  readonly at: Anchor;
  readonly formatVersion: string | undefined;
  readonly rename: (to: string) => { readonly changes: readonly Change[]; readonly merged: boolean };
}

export const declaredPlugins = oncePer((unit: Unit): readonly DeclaredPlugin[] => [
  ...objectsOfKind(unit, 'KongPlugin', 'KongClusterPlugin').flatMap(pluginOfObject),
  ...declaredConfigs(unit).flatMap(pluginsOfConfig),
]);

const pluginOfObject = oncePer((object: KubeObject): readonly DeclaredPlugin[] => {
  const name = scalarAt(object.root, 'plugin');
  return name ? [{ name, config: mapAt(object.root, 'config'), file: object.file, formatVersion: undefined }] : [];
});

const pluginsOfConfig = oncePer(({ root, file }: DeclaredConfig): readonly DeclaredPlugin[] =>
  entitiesOf(root, 'plugins').flatMap((plugin) => {
    const name = scalarAt(plugin, 'name');
    return name ? [{ name, config: mapAt(plugin, 'config'), file, formatVersion: textAt(root, '_format_version') }] : [];
  }),
);
