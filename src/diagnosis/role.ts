import type { Probe } from '../linters/probe.ts';
import { RESOURCES } from '../snapshot/resources.ts';
import type { ResourceRead, Snapshot } from '../snapshot/snapshot.ts';

export interface Denied {
  readonly verb: string;
  /** With its group: `pods.metrics.k8s.io`. */
  readonly resource: string;
  /** Missing: in all namespaces, or cluster-scoped. */
  readonly namespace?: string;
}

/** What was refused, and the smallest Roles that would allow it. */
export interface Access {
  readonly denied: readonly Denied[];
  /** Empty when nothing was refused. */
  readonly roleYaml: string;
}

interface RoleRule {
  readonly group: string;
  readonly verb: string;
  readonly resources: string[];
}

export function accessOf({ reads }: Snapshot): Access {
  const refused = reads.filter(({ outcome }) => outcome === 'forbidden');
  const denied = refused.map(({ verb, group, resource, namespace }) => ({
    verb,
    resource: group === '' ? resource : `${resource}.${group}`,
    ...(namespace === undefined ? {} : { namespace }),
  }));
  const namespaces = [...new Set(refused.map(({ namespace }) => namespace))].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const documents = namespaces.map((namespace) =>
    roleDocument(
      namespace,
      refused.filter((read) => read.namespace === namespace),
    ),
  );
  return { denied, roleYaml: documents.join('---\n') };
}

/** The ClusterRole of a robot that reads all that a snapshot holds, `--deep` left out. */
export function robotRole(probes: readonly Probe[]): string {
  const lists = RESOURCES.map(({ group, resource }) => ({ verb: 'list' as const, group, resource }));
  return roleDocument(undefined, [...lists, ...probes.flatMap(({ needs }) => needs)]);
}

function roleDocument(namespace: string | undefined, reads: readonly Pick<ResourceRead, 'verb' | 'group' | 'resource'>[]): string {
  const rules = new Map<string, RoleRule>();
  for (const { verb, group, resource } of reads) {
    const key = `${group} ${verb}`;
    const rule = rules.get(key) ?? { group, verb, resources: [] };
    if (!rule.resources.includes(resource)) rule.resources.push(resource);
    rules.set(key, rule);
  }
  const lines = [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${namespace === undefined ? 'ClusterRole' : 'Role'}`,
    'metadata:',
    '  name: runbook-lens',
    ...(namespace === undefined ? [] : [`  namespace: ${namespace}`]),
    'rules:',
  ];
  for (const { group, verb, resources } of [...rules.values()].sort((a, b) => (`${a.group} ${a.verb}` < `${b.group} ${b.verb}` ? -1 : 1))) {
    lines.push(`  - apiGroups: ["${group}"]`, `    resources: [${resources.sort().join(', ')}]`, `    verbs: [${verb}]`);
  }
  return `${lines.join('\n')}\n`;
}
