import { parseImage } from '../../model/version.ts';
import { configEvidence } from '../evidence.ts';
import type { ClusterView, Evidence, Said, Verdict } from '../probe.ts';
import { type KiamWorkload, processesOf } from './live-kiam.ts';

/** Network plugins, by the image of their DaemonSet, with the interfaces of their pods (Kiam's README, "Typical CNI Interface Names"). */
const PLUGINS: readonly { readonly image: RegExp; readonly name: string; readonly interfaces: RegExp }[] = [
  { image: /(?:^|\/)amazon-k8s-cni$/, name: 'AWS VPC CNI', interfaces: /^(?:!|eni)/ },
  { image: /(?:^|\/)calico\/node$|(?:^|\/)calico-node$/, name: 'Calico', interfaces: /^(?:!|cali)/ },
  { image: /(?:^|\/)cilium$/, name: 'Cilium', interfaces: /^(?:!|lxc)/ },
  { image: /(?:^|\/)weave-kube$/, name: 'Weave', interfaces: /^(?:!|weave)/ },
  { image: /(?:^|\/)kube-router$/, name: 'kube-router', interfaces: /^(?:!|kube-bridge)/ },
];

/** cmd/kiam/agent.go */
const DEFAULT_INTERFACE = 'docker0';

interface Interception {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  readonly wouldProve: readonly Said[];
}

/** Whether an agent's flags let it get the requests to 169.254.169.254. Rules of other programs in the nodes' iptables can't be seen. */
export function interfaceOf(view: ClusterView, agent: KiamWorkload): Interception {
  const clear: Interception = { verdict: 'clear', evidence: [], wouldProve: [] };
  const { manifest } = agent.workload;
  const plugin = pluginOf(view);
  for (const process of processesOf(agent)) {
    if (process.incomplete) continue;
    const flag = process.flags.find(({ name }) => name === 'host-interface');
    const said = (messageId: string, value: string, data: Said['data'] = {}): Evidence[] => [
      manifest && agent.manifest === process
        ? configEvidence(manifest, flag?.value?.at ?? process.at, value, { messageId, data })
        : { source: 'spec', object: agent.object, pointer: '', value, explains: { messageId, data } },
    ];
    if (!process.flags.some(({ name }) => name === 'iptables'))
      return { verdict: 'unknown', evidence: said('no-iptables', 'no --iptables'), wouldProve: [{ messageId: 'prove-intercepted' }] };
    const name = flag ? (flag.value?.known ? flag.value.value : undefined) : DEFAULT_INTERFACE;
    if (name === undefined || !plugin || plugin.interfaces.test(name)) continue;
    return { verdict: 'latent', evidence: said('interface', `--host-interface=${name}`, { name, plugin: plugin.name }), wouldProve: [] };
  }
  return clear;
}

/** The one network plugin; Calico beside the AWS VPC CNI only enforces policies there. With any other two nobody knows. */
function pluginOf({ unit }: ClusterView): (typeof PLUGINS)[number] | undefined {
  const paths = unit.containers.flatMap(({ workload, image }) =>
    workload?.kind === 'DaemonSet' && image?.known ? [parseImage(image.value)?.path ?? ''] : [],
  );
  const [first, second, ...more] = PLUGINS.filter(({ image }) => paths.some((path) => image.test(path)));
  if (second && !(first?.name === 'AWS VPC CNI' && second.name === 'Calico' && more.length === 0)) return undefined;
  return first;
}
