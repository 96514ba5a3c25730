import type { ManifestFinding, ManifestObject, Manifests } from '../diagnosis/drift.ts';
import type { LintFinding } from '../linters/lint-result.ts';
import { findSuppressions, objectSuppressions } from '../linters/suppress.ts';
import type { KubeObject } from '../model/kubernetes/objects.ts';
import { escapeToken, type JsonValue } from '../text/json-tree.ts';
import { type Anchor, positionAt } from '../text/source.ts';
import type { YamlNode } from '../text/yaml.ts';
import { RULES_BY_ID } from './engine-setup.ts';
import type { LintService } from './lint-service.ts';

/** A template's action, or a variable that is filled in when the manifest is applied. */
const FILLED_IN_LATER = /\{\{|\$\{/;

/**
 * The manifests of a folder that a cluster's findings can be compared with: those in which a finding stands, those that are wanted, and every other
 * one that describes the same object.
 * @param wanted `Kind/name` of objects that the cluster has findings on
 */
export async function manifestsOf(service: LintService, wanted: readonly string[]): Promise<Manifests> {
  const result = service.result ?? (await service.judge());
  // Several units may hold one object; an overlay's copy is another one.
  const objects = [...new Set(service.engine.repository().units.flatMap((unit) => [...unit.objects]))];
  const placed = result.findings.map((finding) => ({ finding, places: placesOf(finding, objects) }));
  const names = new Set([...wanted, ...placed.flatMap(({ places }) => places.map(({ object }) => nameOf(object)))]);
  const kept = objects.filter((object) => object.name !== undefined && names.has(nameOf(object)));
  const indexOf = new Map(kept.map((object, index) => [object, index]));
  return {
    objects: kept.map((object) => manifestObject(object, service)),
    findings: placed.map(({ finding, places }): ManifestFinding => {
      const { at, rule, fingerprint } = finding;
      return {
        id: fingerprint,
        rule,
        path: at.file.path,
        line: positionAt(at.file, at.start).line + 1,
        places: places.flatMap(({ object, pointer }) => {
          const index = indexOf.get(object);
          return index === undefined ? [] : [{ object: index, pointer }];
        }),
      };
    }),
  };
}

function nameOf({ kind, name }: KubeObject): string {
  return `${kind}/${name}`;
}

function placesOf({ at }: LintFinding, objects: readonly KubeObject[]): { object: KubeObject; pointer: string }[] {
  return objects.flatMap((object) => {
    const pointer = pointerTo(object.root, at);
    return pointer === undefined ? [] : [{ object, pointer }];
  });
}

/** RFC 6901 to the smallest node that holds a place. A patch's nodes stand in another file than the object that they change. */
function pointerTo(node: YamlNode, at: Anchor): string | undefined {
  if (node.kind === 'map') {
    for (const [name, { key, value }] of node.pairs) {
      const below = holds(key, at) ? '' : pointerTo(value, at);
      if (below !== undefined) return `/${escapeToken(name)}${below}`;
    }
  } else if (node.kind === 'sequence') {
    for (const [index, item] of node.items.entries()) {
      const below = pointerTo(item, at);
      if (below !== undefined) return `/${index}${below}`;
    }
  }
  return holds(node, at) ? '' : undefined;
}

/** A finding may name a scalar with its quotes. */
function holds(node: YamlNode, at: Anchor): boolean {
  const quote = node.kind === 'scalar' && (node.style === 'single' || node.style === 'double') ? 1 : 0;
  return node.file === at.file && node.start - quote <= at.start && at.end <= node.end + quote;
}

function manifestObject(object: KubeObject, service: LintService): ManifestObject {
  const { kind, namespace, name, root, file, templated } = object;
  const text = file.text.slice(root.start, root.end);
  return {
    kind,
    namespace: namespace ?? '',
    name: name ?? '',
    path: file.path,
    line: positionAt(file, root.start).line + 1,
    value: dataOf(root),
    open: templated || namespace === undefined || FILLED_IN_LATER.test(text),
    silenced: silenced(object, service),
  };
}

function silenced(object: KubeObject, service: LintService): string[] {
  const told = [...findSuppressions(object.file), ...objectSuppressions([object])].flatMap(({ rules }) => rules.map(({ id }) => id));
  return [...new Set([...told, ...[...RULES_BY_ID.keys()].filter((rule) => !service.judges(rule, object.file.path))])];
}

function dataOf(node: YamlNode): JsonValue {
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'sequence') return node.items.map(dataOf);
  return Object.fromEntries([...node.pairs].map(([name, { value }]) => [name, dataOf(value)]));
}
