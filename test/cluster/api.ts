import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAll } from 'js-yaml';

/**
 * A small client of the API server for staging. It shares no code with the client under test, and none with its library.
 */

/** A Kubernetes object as JSON. */
export interface KubeJson {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly [field: string]: unknown;
}

/** Enough of an object to find it again. */
export interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; undefined if it is no JSON. */
  readonly json: unknown;
}

export interface CallOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As RBAC writes it. `apiGroups: ['']` is the core group. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Connection {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** Connections that are kept open, at most. Default 16. */
  readonly maxSockets?: number;
}

/** Objects, or YAML text with any number of documents. */
export type Manifests = string | KubeJson | readonly KubeJson[];

interface Resource {
  readonly path: string;
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
}

const MERGE_PATCH = 'application/merge-patch+json';
/** These must be there before others: the namespace around an object, the definition of a custom resource. */
const FIRST = ['Namespace', 'CustomResourceDefinition'];

/** Opens a client; connections are made when needed and closed with `close`. */
export function connect(connection: Connection): Api {
  return new Api(connection);
}

/** Every method but `call` throws an Error with the API server's own message when the answer isn't a success. */
export class Api {
  readonly #connection: Connection;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<ReadonlyMap<string, Resource>>>();
  readonly #namespaces = new Map<string, Promise<void>>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connection.maxSockets ?? 16, ca: connection.ca });
  }

  /** One request, whatever its outcome. `body` is sent as JSON, a string as it is. Rejects only if the connection breaks. */
  call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Reply> {
    const { server, token } = this.#connection;
    const data = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'runbook-lens-tests',
      ...(data === undefined ? {} : { 'content-type': options.contentType ?? 'application/json', 'content-length': String(data.length) }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const sent = request(server + path, { method, agent: this.#agent, headers }, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('error', reject);
        reply.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, json: parsed(text) });
        });
      });
      sent.on('error', reject);
      sent.end(data);
    });
  }

  /** Makes an object, with its status if it has one. Its namespace is made if need be. Gives back what the server stored. */
  async create(object: KubeJson): Promise<KubeJson> {
    const resource = await this.#resource(object);
    await this.#ensureNamespace(object, resource);
    const made = asObject(success(await this.call('POST', collectionPath(resource, object), object)));
    return object.status !== undefined && resource.hasStatus ? this.#writeStatus(resource, made, object.status) : made;
  }

  /**
   * Makes or changes objects as `kubectl apply --server-side` does, status included. Namespaces and definitions go first, the rest in
   * parallel; missing namespaces are made.
   */
  async apply(manifests: Manifests, options: { readonly namespace?: string } = {}): Promise<KubeJson[]> {
    const { namespace = 'default' } = options;
    const objects = objectsOf(manifests);
    const early: KubeJson[] = [];
    for (const kind of FIRST) for (const object of objects) if (object.kind === kind) early.push(await this.#applyOne(object, namespace));
    const rest = objects.filter(({ kind }) => !FIRST.includes(kind));
    return [...early, ...(await inParallel(rest, (object) => this.#applyOne(object, namespace)))];
  }

  async #applyOne(object: KubeJson, namespace: string): Promise<KubeJson> {
    const resource = await this.#resource(object);
    const target = resource.namespaced ? { ...object, metadata: { namespace, ...object.metadata } } : withoutNamespace(object);
    await this.#ensureNamespace(target, resource);
    const path = `${objectPath(resource, target)}?fieldManager=tests&force=true`;
    const made = asObject(success(await this.call('PATCH', path, target, { contentType: 'application/apply-patch+yaml' })));
    if (object.kind === 'CustomResourceDefinition') await this.#established(resource, made);
    return object.status !== undefined && resource.hasStatus ? this.#writeStatus(resource, made, object.status) : made;
  }

  /** Merges into the status of an object that exists. */
  async patchStatus(reference: Reference, status: unknown): Promise<KubeJson> {
    return this.#writeStatus(await this.#resource(reference), reference, status);
  }

  /** Merges into an object that exists (JSON merge patch: null removes a field). */
  async patch(reference: Reference, change: unknown): Promise<KubeJson> {
    const path = objectPath(await this.#resource(reference), reference);
    return asObject(success(await this.call('PATCH', path, change, { contentType: MERGE_PATCH })));
  }

  async #writeStatus(resource: Resource, reference: Reference, status: unknown): Promise<KubeJson> {
    const path = `${objectPath(resource, reference)}/status`;
    return asObject(success(await this.call('PATCH', path, { status }, { contentType: MERGE_PATCH })));
  }

  /** The object as it is now; undefined if it isn't there. */
  async get(reference: Reference): Promise<KubeJson | undefined> {
    const reply = await this.call('GET', objectPath(await this.#resource(reference), reference));
    return reply.status === 404 ? undefined : asObject(success(reply));
  }

  /** All objects of a kind, of one namespace or of all. */
  async list(apiVersion: string, kind: string, namespace?: string): Promise<KubeJson[]> {
    const resource = await this.#resource({ apiVersion, kind });
    const path = namespace === undefined ? `${resource.path}` : collectionPath(resource, { metadata: { namespace } });
    const list = success(await this.call('GET', path));
    const items = isRecord(list) && Array.isArray(list.items) ? list.items : [];
    return items.map((item) => asObject({ apiVersion, kind, ...item }));
  }

  /** Takes an object away at once, without grace; nothing happens if it isn't there. */
  async delete(reference: Reference): Promise<void> {
    const path = objectPath(await this.#resource(reference), reference);
    const reply = await this.call('DELETE', `${path}?gracePeriodSeconds=0`);
    if (reply.status !== 404) success(reply);
  }

  /**
   * Gives a user the rights of `rules`: in one namespace (Role), or everywhere (ClusterRole). Waits until they count.
   * @param user name, or `namespace:serviceaccount` written as RBAC does: `system:serviceaccount:NAMESPACE:NAME`
   */
  async grant(user: string, rules: readonly PolicyRule[], options: { readonly namespace?: string } = {}): Promise<void> {
    const scope = options.namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = { name: `granted-${user.replaceAll(':', '-')}-${++grants}`, ...options };
    await this.create({ apiVersion: RBAC, kind: scope, metadata, rules });
    await this.#bind(user, scope, metadata, rules);
  }

  /**
   * Applies Roles and ClusterRoles from YAML text and binds a user to each: a Role in its namespace, a ClusterRole everywhere. Bindings in
   * the text are applied as they are. Waits until the rights count.
   */
  async grantFromYaml(user: string, text: string, options: { readonly namespace?: string } = {}): Promise<void> {
    for (const { kind, metadata, rules } of await this.apply(text, options)) {
      if (kind !== 'Role' && kind !== 'ClusterRole') continue;
      const { name, namespace } = metadata;
      await this.#bind(user, kind, { name, ...(namespace === undefined ? {} : { namespace }) }, policyRules(rules));
    }
  }

  async #bind(user: string, scope: 'Role' | 'ClusterRole', role: ObjectMeta, rules: readonly PolicyRule[]): Promise<void> {
    const metadata = { ...role, name: `${role.name}-${user.replaceAll(':', '-')}` };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: scope, name: role.name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
    await this.create({ apiVersion: RBAC, kind: `${scope}Binding`, metadata, roleRef, subjects });
    for (const rule of rules) await this.#counts(user, rule, role.namespace);
  }

  /** The authorizer learns of roles through a watch, some milliseconds later. We ask it in the user's place, not as the user. */
  async #counts(user: string, rule: PolicyRule, namespace: string | undefined): Promise<void> {
    const [verb, path] = [rule.verbs[0], rule.nonResourceURLs?.[0]];
    const [resource, subresource] = rule.resources?.[0]?.split('/') ?? [];
    const asked = { namespace, verb, group: rule.apiGroups?.[0], resource, subresource, name: rule.resourceNames?.[0] };
    const spec = path === undefined ? { user, resourceAttributes: asked } : { user, nonResourceAttributes: { path, verb } };
    for (let round = 0; round < 200; round++) {
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      const review = success(await this.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', body));
      if (isRecord(review) && isRecord(review.status) && review.status.allowed === true) return;
      await sleep(20);
    }
    throw new Error(`${user} still may not ${verb} ${path ?? rule.resources?.[0]}`);
  }

  /** Makes a ServiceAccount if need be, and a token of it (TokenRequest) that lasts `seconds`, at least 600. */
  async serviceAccountToken(namespace: string, name: string, seconds = 3600): Promise<string> {
    await this.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } });
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: seconds } };
    const made = success(await this.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body));
    const status = isRecord(made) ? made.status : undefined;
    if (!isRecord(status) || typeof status.token !== 'string') throw new Error('no token in the answer');
    return status.token;
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #ensureNamespace(object: Reference, resource: Resource): Promise<void> {
    const name = object.metadata.namespace;
    if (!resource.namespaced || name === undefined) return;
    let making = this.#namespaces.get(name);
    if (making === undefined) {
      making = this.#makeNamespace(name);
      this.#namespaces.set(name, making);
    }
    await making;
  }

  async #makeNamespace(name: string): Promise<void> {
    const reply = await this.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (reply.status !== 409) success(reply);
  }

  async #established(resource: Resource, definition: KubeJson): Promise<void> {
    for (let round = 0; round < 400; round++) {
      const now = asObject(success(await this.call('GET', objectPath(resource, definition))));
      const conditions = isRecord(now.status) && Array.isArray(now.status.conditions) ? now.status.conditions : [];
      if (conditions.some((each) => isRecord(each) && each.type === 'Established' && each.status === 'True')) return;
      await sleep(50);
    }
    throw new Error(`${definition.metadata.name} is not established`);
  }

  /** Where objects of a kind live, asked from the server. A kind that isn't there yet is asked for again: definitions take a moment. */
  async #resource({ apiVersion, kind }: Pick<Reference, 'apiVersion' | 'kind'>): Promise<Resource> {
    for (let round = 0; round < 100; round++) {
      let known = this.#resources.get(apiVersion);
      if (known === undefined) {
        known = this.#discover(apiVersion);
        this.#resources.set(apiVersion, known);
      }
      const resource = (await known).get(kind);
      if (resource !== undefined) return resource;
      this.#resources.delete(apiVersion);
      if (!apiVersion.includes('.') || apiVersion.includes('.k8s.io/')) break;
      await sleep(100);
    }
    throw new Error(`the server has no ${kind} in ${apiVersion}`);
  }

  async #discover(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const reply = await this.call('GET', root);
    const found = new Map<string, Resource>();
    if (reply.status === 404) return found;
    const answer = success(reply);
    const resources = (isRecord(answer) && Array.isArray(answer.resources) ? answer.resources : []).filter(isRecord);
    const names = new Set(resources.map(({ name }) => name));
    for (const { name, kind, namespaced } of resources) {
      if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) continue;
      found.set(kind, { path: `${root}/${name}`, namespaced: namespaced === true, hasStatus: names.has(`${name}/status`) });
    }
    return found;
  }
}

const RBAC = 'rbac.authorization.k8s.io/v1';
let grants = 0;

/** The objects of manifests; a `List` is taken apart, empty documents are left out. */
export function objectsOf(manifests: Manifests): KubeJson[] {
  if (typeof manifests !== 'string') return [manifests].flat();
  return loadAll(manifests).flatMap((document) => {
    if (document === null || document === undefined) return [];
    if (isRecord(document) && document.kind === 'List' && Array.isArray(document.items)) return document.items.map(asObject);
    return [asObject(document)];
  });
}

/** Runs `work` for each item, `width` at a time. Results are in the order of the items. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>, width = 16): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

function collectionPath(resource: Resource, { metadata }: Pick<Reference, 'metadata'>): string {
  if (!resource.namespaced) return resource.path;
  const slash = resource.path.lastIndexOf('/');
  return `${resource.path.slice(0, slash)}/namespaces/${metadata.namespace ?? 'default'}${resource.path.slice(slash)}`;
}

function objectPath(resource: Resource, object: Reference): string {
  return `${collectionPath(resource, object)}/${object.metadata.name}`;
}

function withoutNamespace(object: KubeJson): KubeJson {
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function policyRules(rules: unknown): PolicyRule[] {
  return Array.isArray(rules) ? rules : [];
}

function success(reply: Reply): unknown {
  if (reply.status >= 200 && reply.status < 300) return reply.json;
  const message = isRecord(reply.json) && typeof reply.json.message === 'string' ? reply.json.message : reply.text.slice(0, 500);
  throw new Error(`${reply.status}: ${message}`);
}

function asObject(value: unknown): KubeJson {
  if (!isRecord(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string' || !isRecord(value.metadata)) {
    throw new Error(`not a Kubernetes object: ${JSON.stringify(value)?.slice(0, 200)}`);
  }
  return { ...value, apiVersion: value.apiVersion, kind: value.kind, metadata: value.metadata };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
