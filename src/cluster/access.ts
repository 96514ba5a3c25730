import type { JsonValue } from '../snapshot/snapshot.ts';
import { isRecord } from './kubeconfig.ts';
import type { Requests } from './requests.ts';
import type { Run } from './run.ts';

/** `unsure`: the authorizer doesn't tell all; only trying shows. */
export type Allowed = 'yes' | 'no' | 'unsure';

export interface Access {
  /** @param namespace missing: in all namespaces, or cluster-scoped @param name one object; missing: all of them */
  may(verb: string, group: string, resource: string, namespace?: string, name?: string): Allowed;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly names: readonly string[];
}

interface Rules {
  readonly rules: readonly Rule[];
  /** The list is not all there is. */
  readonly incomplete: boolean;
}

const RULES_REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
const ACCESS_REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * A namespace that holds nothing, so that its rules review tells what the user may do in every namespace (RBAC: ClusterRoleBindings only). The
 * name can't be taken: `kube-` is reserved for Kubernetes.
 */
const NO_NAMESPACE = 'kube-no-such-namespace';

/**
 * What the user may do, by one rules review for each namespace and one for all of them.
 * @param namespaces those of the scope
 */
export async function reviewAccess(requests: Requests, run: Run, namespaces: readonly string[]): Promise<Access> {
  const [everywhere, ...each] = await Promise.all([NO_NAMESPACE, ...namespaces].map((namespace) => rulesOf(requests, run, namespace)));
  const byNamespace = new Map(namespaces.map((namespace, index) => [namespace, each[index]]));
  return {
    may: (verb, group, resource, namespace, name) => {
      const own = namespace === undefined ? everywhere : (byNamespace.get(namespace) ?? everywhere);
      if (!own) return 'unsure';
      if (own.rules.some((rule) => grants(rule, verb, group, resource, name))) return 'yes';
      return own.incomplete || (namespace !== undefined && !byNamespace.has(namespace)) ? 'unsure' : 'no';
    },
  };
}

/** One question, to whatever authorizer there is: may the user list the resource in all namespaces? */
export async function mayListEverywhere(requests: Requests, run: Run, group: string, resource: string): Promise<boolean> {
  const answer = await requests.review(run, ACCESS_REVIEW, { resourceAttributes: { verb: 'list', group, resource } });
  if (!answer.ok) return true;
  const status = isRecord(answer.value) && isRecord(answer.value.status) ? answer.value.status : {};
  return status.allowed === true;
}

async function rulesOf(requests: Requests, run: Run, namespace: string): Promise<Rules> {
  const answer = await requests.review(run, RULES_REVIEW, { namespace });
  if (!answer.ok) return { rules: [], incomplete: true };
  const status = isRecord(answer.value) && isRecord(answer.value.status) ? answer.value.status : {};
  const rules = Array.isArray(status.resourceRules) ? status.resourceRules.flatMap(ruleOf) : [];
  return { rules, incomplete: status.incomplete === true || !Array.isArray(status.resourceRules) };
}

function ruleOf(rule: JsonValue): Rule[] {
  if (!isRecord(rule)) return [];
  const { verbs, apiGroups, resources, resourceNames } = rule;
  return [{ verbs: texts(verbs), groups: texts(apiGroups), resources: texts(resources), names: texts(resourceNames) }];
}

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources: a list is not granted by a rule that names objects. */
function grants(rule: Rule, verb: string, group: string, resource: string, name: string | undefined): boolean {
  const [, subresource] = resource.split('/');
  return (
    hasOrAll(rule.verbs, verb) &&
    hasOrAll(rule.groups, group) &&
    (hasOrAll(rule.resources, resource) || (subresource !== undefined && rule.resources.includes(`*/${subresource}`))) &&
    (rule.names.length === 0 || (name !== undefined && rule.names.includes(name)))
  );
}

function hasOrAll(list: readonly string[], wanted: string): boolean {
  return list.includes(wanted) || list.includes('*');
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
