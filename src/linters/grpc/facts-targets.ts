import type { TargetCandidate, TargetPart } from '../../code/index.ts';
import { fillTarget } from '../../code/index.ts';
import type { Change } from '../../fixes/change.ts';
import type { Container } from '../../model/container.ts';
import { readCommandLine } from '../../model/flags.ts';
import { objectsOfKind, sameNamespace, type Unit } from '../../model/unit.ts';
import type { Anchor } from '../../text/source.ts';
import { mapAt, scalarAt, textAt } from '../../text/yaml.ts';
import { servicesOf } from './facts-services.ts';

/** The value a target has in one container. */
export interface FilledTarget {
  readonly text: string;
  /** The variables and flags that gave it, in order. */
  readonly settings: readonly TargetSetting[];
  /** How to give the whole target another text; `undefined` when it is put together or its place can't be edited. */
  readonly set: ((text: string) => readonly Change[]) | undefined;
}

export interface TargetSetting {
  readonly kind: 'env' | 'flag' | 'config';
  readonly name: string;
  /** Where its value stands; `undefined` for the code's own default. */
  readonly at: Anchor | undefined;
}

export type ConfigLookup = (
  key: string,
) => { readonly text: string; readonly at: Anchor; readonly set?: FilledTarget['set'] } | 'unknown' | 'unset';

interface Found {
  readonly text: string;
  readonly at: Anchor | undefined;
  readonly set: FilledTarget['set'];
}

type Candidate = Pick<TargetCandidate, 'parts' | 'text'>;
type Hole = TargetPart & { kind: 'env' | 'flag' | 'config' };

/**
 * Fills a candidate from a container: what it sets, else what the image's Dockerfile sets, else the code's default. `undefined` as soon as
 * one piece isn't known.
 * @param images the Dockerfiles of the component
 */
export function fillFrom(
  unit: Unit,
  candidate: Candidate,
  container: Container,
  images: readonly Container[],
  config: ConfigLookup,
): FilledTarget | undefined {
  let stuck = false;
  const settings: TargetSetting[] = [];
  const setters = new Map<Hole, Found>();
  const text = fillTarget(candidate.parts, (hole) => {
    const found = lookUp(unit, hole, container, images, config);
    if (found === 'unknown') stuck = true;
    if (found === 'unknown' || found === 'unset') {
      settings.push({ kind: hole.kind, name: hole.name, at: undefined });
      return undefined;
    }
    setters.set(hole, found);
    settings.push({ kind: hole.kind, name: hole.name, at: found.at });
    return found.text;
  });
  if (stuck || text === undefined) return undefined;
  return { text, settings, set: setterOf(candidate, container, setters) };
}

/** A target that is one literal in the code. */
export function literalTarget(candidate: Candidate): FilledTarget | undefined {
  if (candidate.text === undefined) return undefined;
  return { text: candidate.text, settings: [], set: setterOf(candidate, undefined, new Map()) };
}

function setterOf(candidate: Candidate, container: Container | undefined, found: ReadonlyMap<Hole, Found>): FilledTarget['set'] {
  const [part, ...others] = candidate.parts;
  if (!part || others.length > 0 || part.kind === 'unknown') return undefined;
  if (part.kind === 'text') return part.plain ? (text) => [{ change: 'replace-text', at: part.at, text }] : undefined;
  const place = found.get(part);
  if (place) return place.set;
  // Only the code's default says it: the container is given a value rather than everybody another default.
  const add = part.kind === 'env' ? container?.env.add : undefined;
  return add && ((text) => add(part.name, text));
}

function lookUp(
  unit: Unit,
  hole: Hole,
  container: Container,
  images: readonly Container[],
  config: ConfigLookup,
): Found | 'unknown' | 'unset' {
  switch (hole.kind) {
    case 'env':
      return envValue(unit, hole.name, container, images);
    case 'flag':
      return flagValue(hole.name, container, images);
    case 'config': {
      const relaxed = envValue(
        unit,
        hole.name
          .toUpperCase()
          .replace(/-/g, '')
          .replace(/[^A-Z0-9]+/g, '_'),
        container,
        images,
      );
      if (relaxed !== 'unset') return relaxed;
      const found = config(hole.name);
      return typeof found === 'string' ? found : { text: found.text, at: found.at, set: found.set };
    }
  }
}

function envValue(unit: Unit, name: string, container: Container, images: readonly Container[]): Found | 'unknown' | 'unset' {
  const variable = container.env.variables.get(name);
  if (variable) {
    // An empty value is no target: the code falls back as it does without one.
    if (variable.value.known)
      return variable.value.value === '' ? 'unset' : { text: variable.value.value, at: variable.value.at, set: variable.set };
    return isOptionalAndMissing(unit, container, name) ? 'unset' : 'unknown';
  }
  if (container.env.unseen.length > 0) return 'unknown';
  for (const image of images) {
    const given = image.env.variables.get(name);
    if (given?.value.known && given.value.value !== '') return { text: given.value.value, at: given.value.at, set: given.set };
    if (given && !given.value.known) return 'unknown';
  }
  return serviceLink(unit, name, container) ?? 'unset';
}

/** `configMapKeyRef` with `optional: true` whose ConfigMap is there and has no such key. */
function isOptionalAndMissing(unit: Unit, container: Container, name: string): boolean {
  const item = container.env.variables.get(name)?.node;
  const reference = mapAt(item, 'valueFrom', 'configMapKeyRef');
  if (textAt(reference, 'optional') !== 'true') return false;
  const map = objectsOfKind(unit, 'ConfigMap').find((one) => one.name !== undefined && one.name === textAt(reference, 'name'));
  const key = textAt(reference, 'key');
  return map !== undefined && key !== undefined && !mapAt(map.root, 'data')?.open && !scalarAt(map.root, 'data', key);
}

/** Kubernetes gives every pod `ORDERS_SERVICE_HOST` and `_PORT` for each Service of its namespace, with the ClusterIP. */
function serviceLink(unit: Unit, name: string, container: Container): Found | undefined {
  const match = /^([A-Z0-9_]+)_SERVICE_(HOST|PORT)$/.exec(name);
  if (!match || !container.pod || textAt(container.pod.spec, 'enableServiceLinks') === 'false') return undefined;
  const service = servicesOf(unit).find(
    (one) =>
      !one.headless &&
      one.name.toUpperCase().replaceAll('-', '_') === match[1] &&
      sameNamespace(one.object.namespace, container.workload?.namespace),
  );
  const text = match[2] === 'HOST' ? service?.name : service?.ports[0]?.port;
  return text === undefined ? undefined : { text, at: undefined, set: undefined };
}

function flagValue(name: string, container: Container, images: readonly Container[]): Found | 'unknown' | 'unset' {
  const source = container.args.length > 0 ? container : (images.find((image) => image.args.length > 0) ?? container);
  const line = readCommandLine(source);
  const flag = line.flags.findLast((one) => one.name === name);
  if (flag) return flag.value?.known ? { text: flag.value.value, at: flag.value.at, set: flag.set } : 'unknown';
  return line.incomplete ? 'unknown' : 'unset';
}
