import { parseImage } from '../../model/version.ts';
import type { PodState, ServiceAnswer, ServiceRequest } from '../../snapshot/snapshot.ts';
import { itemsAt, mapAt, textAt } from '../../text/yaml.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { ClusterView, LiveWorkload } from '../probe.ts';
import { portsTo } from '../selecting-services.ts';

/** The cluster's DNS: CoreDNS, as a rule. */
export interface ClusterDns {
  readonly workload: LiveWorkload;
  readonly pods: readonly PodState[];
  /** Name of the container that answers. */
  readonly container: string;
  /** The ConfigMap that holds its Corefile, and the text; missing where it can't be seen. */
  readonly corefile: { readonly object: KubeObject; readonly text: string } | undefined;
}

/** CoreDNS of the cluster itself: in kube-system, or with the label that the Service kube-dns selects; others serve zones of their own. */
export function clusterDns(view: ClusterView): ClusterDns[] {
  return view.workloads.flatMap((workload): ClusterDns[] => {
    const pods = workload.pods.filter(({ deleting, phase }) => !deleting && phase !== 'Succeeded' && phase !== 'Failed');
    const images = [
      ...workload.containers.flatMap(({ name, image }) => (image?.known ? [{ name, image: image.value }] : [])),
      ...pods.flatMap(({ containers }) => containers.map(({ name, image }) => ({ name, image }))),
    ];
    const own = images.find(({ image }) => /(?:^|-)coredns$/.test(parseImage(image)?.name ?? ''));
    const isCluster = workload.object.namespace === 'kube-system' || pods.some(({ labels }) => labels['k8s-app'] === 'kube-dns');
    if (!own || !isCluster) return [];
    return [{ workload, pods, container: own.name, corefile: corefileOf(view, workload) }];
  });
}

function corefileOf(view: ClusterView, { object, manifest }: LiveWorkload): ClusterDns['corefile'] {
  const mounted = itemsAt(manifest?.root, 'spec', 'template', 'spec', 'volumes').map((volume) => textAt(volume, 'configMap', 'name'));
  const found = view.unit.objects.flatMap((one) => {
    const text = one.kind === 'ConfigMap' && one.namespace === object.namespace ? textAt(mapAt(one.root, 'data'), 'Corefile') : undefined;
    return text !== undefined && (mounted.includes(one.name) || one.name === 'coredns') ? [{ object: one, text }] : [];
  });
  return found.find((one) => mounted.includes(one.object.name)) ?? found[0];
}

/** What a Corefile does about repeated questions. */
export interface DnsSettings {
  readonly caches: boolean;
  /** Answers the whole search list at once; it needs to know the pods (https://coredns.io/plugins/autopath). */
  readonly autopath: boolean;
}

export function dnsSettings(text: string): DnsSettings {
  const has = (pattern: RegExp): boolean => pattern.test(text);
  return { caches: has(/^\s*cache(?:\s|$)/m), autopath: has(/^\s*autopath\s/m) && has(/^\s*pods\s+verified\b/m) };
}

/** NodeLocal DNSCache: a cache on each node (k8s.gcr.io/dns/k8s-dns-node-cache). */
export function nodeCache(view: ClusterView): LiveWorkload | undefined {
  return view.workloads.find(
    ({ object, containers, pods }) =>
      object.kind === 'DaemonSet' &&
      [
        ...containers.flatMap(({ image }) => (image?.known ? [image.value] : [])),
        ...pods.flatMap((pod) => pod.containers.map(({ image }) => image)),
      ].some((image) => parseImage(image)?.name === 'k8s-dns-node-cache'),
  );
}

/** Where CoreDNS serves its metrics (https://coredns.io/plugins/metrics). */
const METRICS_PORT = '9153';

function metricsServices(view: ClusterView, { workload, pods }: ClusterDns): string[] {
  return portsTo(view, workload.object.namespace, pods)
    .filter(({ port, targetPort }) => port === METRICS_PORT || targetPort === METRICS_PORT)
    .map(({ service, port }) => `${service}:${port}`);
}

/** One pod answers, whichever the Service picks. */
export function metricsRequests(view: ClusterView, dns: ClusterDns): ServiceRequest[] {
  const [service] = metricsServices(view, dns);
  return service === undefined ? [] : [{ namespace: dns.workload.object.namespace, service, path: '/metrics', read: readMetrics }];
}

export function metricsAnswers(view: ClusterView, dns: ClusterDns): ServiceAnswer[] {
  const services = metricsServices(view, dns);
  return view.snapshot.answers.filter(
    ({ namespace, service }) => namespace === dns.workload.object.namespace && services.includes(service),
  );
}

/** Since 1.7.0; before that `coredns_dns_response_rcode_count_total`. */
const RESPONSES = /^coredns_dns_(?:responses_total|response_rcode_count_total)\{([^}]*)\}\s+([\d.e+]+)/;
const BUCKET = /^coredns_dns_request_duration_seconds_bucket\{([^}]*)\}\s+([\d.e+]+)/;

/** Since the start: how many answers, how many of them NXDOMAIN, and the time within which 99 of 100 were given. */
export function readMetrics(body: string): Readonly<Record<string, number>> {
  let responses = 0;
  let nxdomain = 0;
  const buckets = new Map<number, number>();
  for (const line of body.split('\n')) {
    const answered = RESPONSES.exec(line);
    if (answered) {
      const count = Number(answered[2]);
      if (!Number.isFinite(count)) continue;
      responses += count;
      if (/\brcode="NXDOMAIN"/.test(answered[1] ?? '')) nxdomain += count;
      continue;
    }
    const timed = BUCKET.exec(line);
    const bound = /\ble="([^"]+)"/.exec(timed?.[1] ?? '')?.[1];
    const count = Number(timed?.[2]);
    if (bound === undefined || !Number.isFinite(count)) continue;
    const seconds = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    buckets.set(seconds, (buckets.get(seconds) ?? 0) + count);
  }
  const p99Ms = quantileMs(buckets, 0.99);
  return responses === 0 ? {} : { responses, nxdomain, ...(p99Ms === undefined ? {} : { p99Ms }) };
}

/** As Prometheus' histogram_quantile: linear within the bucket; the last bound where it lies beyond. */
function quantileMs(buckets: ReadonlyMap<number, number>, quantile: number): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const wanted = total * quantile;
  let below = { bound: 0, count: 0 };
  for (const [bound, count] of sorted) {
    if (count >= wanted) {
      if (!Number.isFinite(bound)) break;
      const part = count > below.count ? (wanted - below.count) / (count - below.count) : 1;
      return (below.bound + (bound - below.bound) * part) * 1000;
    }
    below = { bound, count };
  }
  return below.bound * 1000;
}
