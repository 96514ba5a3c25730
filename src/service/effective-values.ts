import type { Container } from '../model/container.ts';
import { readCommandLine } from '../model/flags.ts';
import type { Unit } from '../model/unit.ts';
import type { Layer, Value } from '../model/value.ts';
import type { Anchor } from '../text/source.ts';
import type { YamlMap, YamlNode, YamlScalar } from '../text/yaml.ts';
import { placeOf } from './plain-data.ts';
import type { ValueData } from './protocol.ts';
import { isMadeFrom } from './unit-files.ts';

/** A long list of units says less than its head. */
const MAX_VALUES = 4;

/** The settings that a place of a file names or sets, each with its effective value and where that comes from, unit by unit. */
export function valuesAt(units: readonly Unit[], path: string, offset: number): ValueData[] {
  const found = new Map<string, ValueData>();
  const covers = (at: Anchor | undefined): boolean => at !== undefined && at.file.path === path && at.start <= offset && offset <= at.end;
  for (const unit of units) {
    if (found.size >= MAX_VALUES) break;
    if (!isMadeFrom(unit, path) && !unit.containers.some((container) => mentions(container, path))) continue;
    const add = (name: string, value: Value<string | number>): void => {
      const data = valueData(name, value, unit.id);
      // The same value by the same layers in another unit says nothing new.
      const key = JSON.stringify([data.name, data.value, data.layers]);
      if (!found.has(key) && found.size < MAX_VALUES) found.set(key, data);
    };
    const touches = (value: Value<unknown>): boolean => covers(value.at) || value.layers.some((layer) => covers(layer.at));
    for (const container of unit.containers) {
      for (const variable of container.env.variables.values()) {
        if (covers(variable.nameAt) || touches(variable.value)) add(variable.name, variable.value);
      }
      for (const flag of readCommandLine(container).flags) {
        if (flag.value && (covers(flag.nameAt) || touches(flag.value))) add(`--${flag.name}`, flag.value);
      }
      if (container.image && touches(container.image)) add('image', container.image);
      if (container.memoryLimitMiB && touches(container.memoryLimitMiB)) add('limits.memory (MiB)', container.memoryLimitMiB);
    }
    for (const release of unit.releases) {
      const hit = scalarAtOffset(release.values, '', covers);
      if (hit) add(hit.name, scalarValue(hit.scalar));
    }
  }
  return [...found.values()];
}

function mentions(container: Container, path: string): boolean {
  for (const { value } of container.env.variables.values()) if (value.layers.some((layer) => layer.at?.file.path === path)) return true;
  return container.image?.layers.some((layer) => layer.at?.file.path === path) ?? false;
}

/** The scalar of a release's values that stands, or has a losing layer that stands, at the place. */
function scalarAtOffset(
  node: YamlNode,
  name: string,
  covers: (at: Anchor) => boolean,
): { readonly name: string; readonly scalar: YamlScalar } | undefined {
  if (node.kind === 'scalar') return covers(node) || (node.overrides ?? []).some(covers) ? { name, scalar: node } : undefined;
  const children: readonly (readonly [string, YamlNode])[] =
    node.kind === 'map' ? entriesOf(node) : node.items.map((item, index) => [`${name}[${index}]`, item] as const);
  for (const [child, value] of children) {
    const hit = scalarAtOffset(value, node.kind === 'map' && name !== '' ? `${name}.${child}` : child, covers);
    if (hit) return hit;
  }
  return undefined;
}

function entriesOf(map: YamlMap): (readonly [string, YamlNode])[] {
  return [...map.pairs].map(([key, { value }]) => [key, value] as const);
}

function scalarValue(scalar: YamlScalar): Value<string> {
  const losers = (scalar.overrides ?? []).map(
    (node): Layer => ({ origin: 'values', text: node.kind === 'scalar' ? node.text : '…', at: node }),
  );
  const layers: Layer[] = [{ origin: 'values', text: scalar.text, at: scalar }, ...losers];
  return scalar.unknown
    ? { known: false, unknown: scalar.unknown, at: scalar, layers }
    : { known: true, value: scalar.text, at: scalar, layers };
}

function valueData(name: string, value: Value<string | number>, unit: string): ValueData {
  return {
    name,
    value: value.known ? String(value.value) : undefined,
    why: value.known ? undefined : whyUnknown(value.unknown),
    layers: value.layers.map((layer) => ({ origin: layer.origin, text: layer.text, at: layer.at && placeOf(layer.at) })),
    unit,
  };
}

function whyUnknown(reason: (Value<unknown> & { known: false })['unknown']): NonNullable<ValueData['why']> {
  switch (reason.why) {
    case 'templated':
      return { kind: 'templated', detail: reason.expression };
    case 'secret':
      return { kind: 'secret', detail: reason.name };
    case 'fieldRef':
      return { kind: 'fieldRef', detail: reason.path };
    case 'outside':
      return { kind: 'outside', detail: reason.what };
  }
}
