import type { ServiceAnswer, ServiceRequest } from '../../snapshot/snapshot.ts';
import type { ClusterView } from '../probe.ts';
import { portsTo } from '../selecting-services.ts';
import type { KiamWorkload } from './live-kiam.ts';

/** docs/METRICS.md of Kiam; the charts and the shipped manifests listen there on all addresses. */
const METRICS_PORT = '9620';

/** Services of the workload's namespace that select its pods and hand on the port of its metrics. */
function metricsServices(view: ClusterView, { object, pods }: KiamWorkload): string[] {
  const flag = pods[0]?.process.flags.find(({ name }) => name === 'prometheus-listen-addr')?.value;
  const listens = (flag?.known ? /:(\d+)$/.exec(flag.value)?.[1] : undefined) ?? METRICS_PORT;
  const all = portsTo(
    view,
    object.namespace,
    pods.map(({ pod }) => pod),
  );
  return all.filter(({ port, targetPort }) => targetPort === listens || port === listens).map(({ service, port }) => `${service}:${port}`);
}

/** One pod answers, whichever the Service picks. */
export function metricsRequests(view: ClusterView, workload: KiamWorkload): ServiceRequest[] {
  const [service] = metricsServices(view, workload);
  if (service === undefined) return [];
  return [{ namespace: workload.object.namespace, service, path: '/metrics', read: workload.role === 'agent' ? readAgent : readServer }];
}

export function metricsAnswers(view: ClusterView, workload: KiamWorkload): ServiceAnswer[] {
  const services = metricsServices(view, workload);
  return view.snapshot.answers.filter(({ namespace, service }) => namespace === workload.object.namespace && services.includes(service));
}

/** How often the agent handed out credentials since it started (pkg/aws/metadata/metrics.go). */
export function readAgent(body: string): Readonly<Record<string, number>> {
  const fetches = sampleOf(body, /^kiam_metadata_success_total\{(?=[^}]*\bhandler="credentials")[^}]*\}\s+([\d.e+]+)/m);
  return fetches === undefined ? {} : { fetches };
}

/** How often the server's cache was asked since it started, and how often STS refused (pkg/aws/sts/metrics.go). */
export function readServer(body: string): Readonly<Record<string, number>> {
  const hits = sampleOf(body, /^kiam_sts_cache_hit_total(?:\{[^}]*\})?\s+([\d.e+]+)/m);
  const errors = sampleOf(body, /^kiam_sts_issuing_errors_total(?:\{[^}]*\})?\s+([\d.e+]+)/m);
  return { ...(hits === undefined ? {} : { hits }), ...(errors === undefined ? {} : { errors }) };
}

function sampleOf(body: string, pattern: RegExp): number | undefined {
  const value = Number(pattern.exec(body)?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
