import { podTemplateOf } from '../../../model/kubernetes/objects.ts';
import { itemsAt, nodeAt, textAt } from '../../../text/yaml.ts';
import { canBeSet, kubectl, target } from '../../kubectl.ts';
import type { Action, LiveFinding, LiveWorkload } from '../../probe.ts';
import type { ClusterDns } from '../cluster-dns.ts';

/** What to look at first; where CoreDNS runs out of something, more replicas share it. */
export function dnsActions({ workload, pods, container }: ClusterDns, isFailing: boolean): Action[] {
  const { object, manifest } = workload;
  const [pod] = [...pods].sort((a, b) => (a.name < b.name ? -1 : 1));
  const log = pod && kubectl(pod.namespace, 'logs', pod.name, '-c', container, '--since=10m', '--tail=-1');
  const raw = kubectl('', 'get', '--raw', `/api/v1/namespaces/${object.namespace}/pods/${pod?.name ?? ''}:9153/proxy/metrics`);
  const replicas = Number(textAt(manifest?.root, 'spec', 'replicas') ?? Number.NaN);
  const scale = (count: number): string => kubectl(object.namespace, 'scale', target(object), `--replicas=${count}`);
  return [
    ...(log === undefined
      ? []
      : ([
          { title: { messageId: 'look-timeouts' }, command: `${log} | grep -c 'i/o timeout'`, risk: 'read' },
          { title: { messageId: 'look-metrics' }, command: `${raw} | grep '^coredns_dns_responses_total'`, risk: 'read' },
        ] as const)),
    ...(isFailing && object.kind === 'Deployment' && replicas > 0
      ? [
          {
            title: { messageId: 'more-replicas', data: { before: replicas, after: replicas * 2 } },
            command: scale(replicas * 2),
            risk: 'change' as const,
            undo: scale(replicas),
          },
        ]
      : []),
  ];
}

/** The `ndots` that finds the names again. The list of options is one value to the API: the others are written with it. */
export function raiseNdots({ object, manifest }: LiveWorkload, findings: readonly LiveFinding[]): Action[] {
  const needed = findings.find(({ rule }) => rule === 'dns/ndots-musl')?.data?.needed;
  const spec = manifest && podTemplateOf(manifest)?.spec;
  if (typeof needed !== 'number' || !canBeSet(object)) return [];
  const options = itemsAt(nodeAt(spec, 'dnsConfig'), 'options').map((option) => {
    const [name, value] = [textAt(option, 'name'), textAt(option, 'value')];
    return { name: name ?? '', ...(value === undefined ? {} : { value }) };
  });
  if (options.some(({ name }) => name === '')) return [];
  const patch = (to: readonly object[]): string =>
    kubectl(
      object.namespace,
      'patch',
      object.kind.toLowerCase(),
      object.name,
      '-p',
      JSON.stringify({ spec: { template: { spec: { dnsConfig: { options: to } } } } }),
    );
  const raised = options.map((option) => (option.name === 'ndots' ? { name: 'ndots', value: String(needed) } : option));
  return [{ title: { messageId: 'raise-ndots', data: { needed } }, command: patch(raised), risk: 'change', undo: patch(options) }];
}
