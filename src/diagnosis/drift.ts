import { referenceKey } from '../snapshot/reference.ts';
import { groupBy } from '../text/group-by.ts';
import { escapeToken, pointerTokens } from '../text/json-tree.ts';
import type { JsonValue, LiveObject, ObjectReference, Snapshot } from '../snapshot/snapshot.ts';

/** An object as a file of the workspace has it. */
export interface ManifestObject {
  readonly kind: string;
  /** Empty where the manifest leaves it to whoever applies it. */
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** One-based. */
  readonly line: number;
  /** The object as data; scalars are their text. */
  readonly value: JsonValue;
  /** Something in it is filled in later (a template, a substitution): that a rule says nothing of it means nothing. */
  readonly open: boolean;
  /** Rules that are told to be silent about it. */
  readonly silenced: readonly string[];
}

export interface ManifestFinding {
  /** Names it in answers. */
  readonly id: string;
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  /** Indexes of the objects in which it stands, with the place in each. Empty: it stands in no manifest (code, Helm values). */
  readonly places: readonly { readonly object: number; readonly pointer: string }[];
}

export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly findings: readonly ManifestFinding[];
}

/** What is known of the cluster, for a comparison with files. */
export interface LiveSide {
  readonly snapshot: Pick<Snapshot, 'objects' | 'reads' | 'replicaSets'>;
  readonly findings: readonly { readonly rule: string; readonly object: ObjectReference; readonly pointer: string }[];
  /** Rules that need code, build files or an image. */
  readonly notInCluster: ReadonlySet<string>;
}

/**
 * - `both`: in the file and in the cluster
 * - `fixed-in-files`: only in the cluster · `fixed-in-cluster`: only in the file, so that the next deploy brings it back
 * - `other-manifest`: another manifest of the same object does not have it, and the cluster does not either
 * - `unsure`: the cluster's value is not known, or the same, and yet the rule says nothing there
 * - `not-judged`: the rule needs more than a cluster tells · `not-there` · `not-read` · `several`: objects of that name in several namespaces
 * - `no-object`: the finding stands in no manifest
 */
export type DriftState =
  | 'both'
  | 'fixed-in-files'
  | 'fixed-in-cluster'
  | 'other-manifest'
  | 'unsure'
  | 'not-judged'
  | 'not-there'
  | 'not-read'
  | 'several'
  | 'no-object';

export interface Drift {
  readonly state: DriftState;
  readonly rule: string;
  /** In the cluster where it is there, else as the file names it. */
  readonly object: ObjectReference;
  /** In the live object: where the finding stands there, else where the file's would. */
  readonly pointer: string;
  readonly path: string;
  readonly line: number;
  /** Of the file's finding; missing where the file has none. */
  readonly finding?: string;
  /** When the newest of the object's files was changed. */
  readonly changedAt?: string;
  /** When the pod template in force came into force. */
  readonly rolledOutAt?: string;
}

/**
 * Compares what rules say of manifests with what they say of the same objects in a cluster. Says `fixed-…` only where both sides are known: a rule
 * that is silent because it could not see is no proof of anything.
 * @param changedAt when a file was last changed, RFC 3339; `undefined` where that isn't known
 */
export function compareDrift(manifests: Manifests, live: LiveSide, changedAt: (path: string) => string | undefined): Drift[] {
  const liveByName = groupBy(live.snapshot.objects, (object) => `${object.kind}/${object.metadata.name}`);
  const findingsOf = groupBy(live.findings, ({ rule, object }) => `${rule} ${referenceKey(object)}`);
  const found: Drift[] = [];
  /** Which manifests describe which live object. */
  const described = new Map<LiveObject, number[]>();
  const matches = manifests.objects.map((manifest, index) => {
    const same = (liveByName.get(`${manifest.kind}/${manifest.name}`) ?? []).filter(
      (object) => manifest.namespace === '' || namespaceOf(object) === '' || namespaceOf(object) === manifest.namespace,
    );
    const [only] = same;
    if (only && same.length === 1) described.set(only, [...(described.get(only) ?? []), index]);
    return same;
  });
  for (const finding of manifests.findings) found.push(...judgeFinding(finding));
  for (const [object, indexes] of described) found.push(...onlyLive(object, indexes));
  return found;

  function judgeFinding(finding: ManifestFinding): Drift[] {
    const { rule, path, line, id } = finding;
    const base = { rule, path, line, finding: id };
    if (finding.places.length === 0) {
      return [{ ...base, state: 'no-object', object: { kind: '', namespace: '', name: '' }, pointer: '' }];
    }
    const answers = finding.places.flatMap(({ object: index, pointer }): Drift[] => {
      const manifest = manifests.objects[index];
      if (!manifest) return [];
      const { kind, namespace, name } = manifest;
      const [object, another] = matches[index] ?? [];
      if (!object) {
        const state = isRead(live.snapshot, kind, namespace) ? 'not-there' : 'not-read';
        return [{ ...base, state, object: { kind, namespace, name }, pointer }];
      }
      if (another) return [{ ...base, state: 'several', object: { kind, namespace, name }, pointer }];
      const reference = referenceOf(object);
      const times = timesOf(object, [manifest.path]);
      const [same] = findingsOf.get(`${rule} ${referenceKey(reference)}`) ?? [];
      if (same) return [{ ...base, ...times, state: 'both', object: reference, pointer: same.pointer }];
      const there = translate(manifest.value, object, pointer);
      return [
        { ...base, ...times, state: stateOfFile(finding, manifest, object, pointer), object: reference, pointer: there?.pointer ?? '' },
      ];
    });
    // One answer for an object, however many units the finding stands in.
    return [...new Map(answers.map((answer) => [`${answer.state} ${referenceKey(answer.object)}`, answer])).values()];
  }

  function stateOfFile(finding: ManifestFinding, manifest: ManifestObject, object: LiveObject, pointer: string): DriftState {
    if (live.notInCluster.has(finding.rule)) return 'not-judged';
    const here = at(manifest.value, pointer);
    const there = translate(manifest.value, object, pointer);
    if (there?.unknown === true || typeof here === 'object' || here === undefined || there === undefined) return 'unsure';
    if (there.value !== undefined && String(there.value) === String(here)) return 'unsure';
    const all = described.get(object) ?? [];
    const have = new Set(
      manifests.findings.filter(({ rule }) => rule === finding.rule).flatMap(({ places }) => places.map((place) => place.object)),
    );
    return all.every((index) => have.has(index)) ? 'fixed-in-cluster' : 'other-manifest';
  }

  function onlyLive(object: LiveObject, indexes: readonly number[]): Drift[] {
    const reference = referenceOf(object);
    const mine = live.findings.filter(({ object: own }) => referenceKey(own) === referenceKey(reference));
    const objects = indexes.flatMap((index) => manifests.objects[index] ?? []);
    return mine.flatMap(({ rule, pointer }): Drift[] => {
      const inFile = manifests.findings.some((one) => one.rule === rule && one.places.some((place) => indexes.includes(place.object)));
      const [manifest] = objects;
      if (inFile || !manifest || objects.some((one) => one.open || one.silenced.includes(rule))) return [];
      const value = at(object, pointer);
      const known = objects.every((one) => {
        const here = translate(object, one.value, pointer);
        return here !== undefined && here.unknown !== true && (here.value === undefined || String(here.value) !== String(value));
      });
      if (!known || typeof value === 'object') return [];
      const times = timesOf(
        object,
        objects.map(({ path }) => path),
      );
      return [{ state: 'fixed-in-files', rule, object: reference, pointer, path: manifest.path, line: manifest.line, ...times }];
    });
  }

  function timesOf(object: LiveObject, paths: readonly string[]): Pick<Drift, 'changedAt' | 'rolledOutAt'> {
    const changed = paths.flatMap((path) => changedAt(path) ?? []).sort((a, b) => Date.parse(b) - Date.parse(a))[0];
    const rolled = rolledOutAt(live.snapshot, referenceOf(object));
    return { ...(changed === undefined ? {} : { changedAt: changed }), ...(rolled === undefined ? {} : { rolledOutAt: rolled }) };
  }
}

/** Whether the change of the file came after what runs now; `undefined` where one of the times isn't known. */
export function isOlderThanChange({ changedAt, rolledOutAt }: Pick<Drift, 'changedAt' | 'rolledOutAt'>): boolean | undefined {
  if (changedAt === undefined || rolledOutAt === undefined) return undefined;
  return Date.parse(rolledOutAt) < Date.parse(changedAt);
}

/** When the ReplicaSet in force was made. */
function rolledOutAt({ replicaSets }: LiveSide['snapshot'], { kind, namespace, name }: ObjectReference): string | undefined {
  if (kind !== 'Deployment') return undefined;
  const own = replicaSets.filter(
    ({ owner, namespace: where }) => owner !== undefined && where === namespace && owner.kind === kind && owner.name === name,
  );
  return [...own].sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0]?.createdAt;
}

/** Only of kinds that are listed under their plural; of others nothing is said to be missing. */
function isRead({ reads }: LiveSide['snapshot'], kind: string, namespace: string): boolean {
  const resource = `${kind
    .toLowerCase()
    .replace(/y$/, 'ie')
    .replace(/(s|x|ch)$/, '$1e')}s`;
  const own = reads.filter(
    (read) => read.resource === resource && (read.namespace === undefined || namespace === '' || read.namespace === namespace),
  );
  return own.length > 0 && own.every(({ outcome }) => outcome === 'read' || outcome === 'absent');
}

interface Translated {
  readonly pointer: string;
  /** Missing: there is nothing at this place. */
  readonly value?: JsonValue;
  /** Something is there whose value nobody knows. */
  readonly unknown?: true;
}

/** The same place in another version of an object: entries of lists that have a name are found by it. */
function translate(from: JsonValue, to: JsonValue, pointer: string): Translated | undefined {
  let here: JsonValue | undefined = from;
  let there: JsonValue | undefined = to;
  let path = '';
  for (const token of pointerTokens(pointer)) {
    here = child(here, token);
    if (isList(there)) {
      const name = isMap(here) ? here.name : undefined;
      if (name === undefined) return undefined;
      const index = there.findIndex((item) => isMap(item) && item.name === name);
      path += `/${index < 0 ? '-' : index}`;
      there = index < 0 ? undefined : there[index];
    } else {
      // A variable whose value isn't kept, or comes from elsewhere.
      if (token === 'value' && isMap(there) && there.valueFrom !== undefined) return { pointer: path, unknown: true };
      path += `/${escapeToken(token)}`;
      there = child(there, token);
    }
    if (there === undefined) return { pointer: path };
  }
  return { pointer: path, value: there };
}

function at(value: JsonValue, pointer: string): JsonValue | undefined {
  let here: JsonValue | undefined = value;
  for (const token of pointerTokens(pointer)) here = child(here, token);
  return here;
}

function child(value: JsonValue | undefined, token: string): JsonValue | undefined {
  if (isList(value)) return value[Number(token)];
  return isMap(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function namespaceOf({ metadata }: LiveObject): string {
  return typeof metadata.namespace === 'string' ? metadata.namespace : '';
}

function referenceOf(object: LiveObject): ObjectReference {
  return { kind: object.kind, namespace: namespaceOf(object), name: object.metadata.name };
}
