import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { dnsSettings, readMetrics } from '../../../src/linters/dns/cluster-dns.ts';
import { slowLookups as probe } from '../../../src/linters/dns/probes/slow-lookups.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { ContainerState, LogState, PodState, ServiceAnswer } from '../../../src/snapshot/snapshot.ts';
import { container, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { checkSaid } from '../grpc/said.ts';
import { told } from '../told.ts';

const COREFILE = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    forward . /etc/resolv.conf
    cache 30
}
`;
const AUTOPATH = COREFILE.replace('pods insecure', 'pods verified').replace('    cache 30', '    autopath @kubernetes\n    cache 30');
const UNCACHED = COREFILE.replace('    cache 30\n', '');

function coreYaml(corefile = COREFILE, namespace = 'kube-system'): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: coredns, namespace: ${namespace}, labels: { k8s-app: kube-dns } }
spec:
  replicas: 2
  selector: { matchLabels: { k8s-app: kube-dns } }
  template:
    metadata: { labels: { k8s-app: kube-dns } }
    spec:
      dnsPolicy: Default
      containers: [{ name: coredns, image: "registry.k8s.io/coredns/coredns:v1.11.1", args: [-conf, /etc/coredns/Corefile] }]
      volumes: [{ name: config, configMap: { name: coredns } }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: ${namespace} }
data:
  Corefile: ${JSON.stringify(corefile)}
---
apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: ${namespace} }
spec: { selector: { k8s-app: kube-dns }, ports: [{ name: dns, port: 53 }, { name: metrics, port: 9153 }] }
`;
}

function corePod(state: Partial<ContainerState> = {}, over: Partial<PodState> = {}): PodState {
  return pod('coredns-1', {
    namespace: 'kube-system',
    owner: { kind: 'Deployment', namespace: 'kube-system', name: 'coredns' },
    labels: { 'k8s-app': 'kube-dns' },
    dnsPolicy: 'Default',
    containers: [container({ name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.11.1', ...state })],
    ...over,
  });
}

function dns(parts: SnapshotParts = {}, corefile?: string): SnapshotParts {
  return { pods: [corePod()], ...parts, yaml: `${coreYaml(corefile)}${parts.yaml ?? ''}` };
}

function answered(values: ServiceAnswer['values']): ServiceAnswer[] {
  return [{ namespace: 'kube-system', service: 'kube-dns:9153', path: '/metrics', values }];
}

const GOOD = answered({ responses: 10_000, nxdomain: 5_000, p99Ms: 100 });
const NODE_LOCAL = `
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: node-local-dns, namespace: kube-system }
spec: { selector: {}, template: { spec: { hostNetwork: true, dnsPolicy: Default, containers: [{ name: node-cache, image: "registry.k8s.io/dns/k8s-dns-node-cache:1.23.1" }] } } }
`;

function lines(signature: string, count: number, minutes: number, of: PodState = corePod(), name = 'coredns'): LogState {
  const match = { signature, count, line: 'plugin/errors: 2 api.example.com. A: read udp: i/o timeout', at: minutesAgo(minutes) };
  return { namespace: of.namespace, pod: of.name, container: name, previous: false, lines: 500, matches: [match] };
}

function webYaml(ndots: string, host: string, image = 'python:3.12-alpine'): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      dnsPolicy: ClusterFirst
      dnsConfig: { options: [{ name: single-request }, { name: ndots, value: "${ndots}" }] }
      containers:
        - name: app
          image: ${image}
          env: [{ name: ORDERS_HOST, valueFrom: { serviceAddress: { namespace: pay, name: orders, host: "${host}" } } }]
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: pay }
spec: { ports: [{ port: 80 }] }
`;
}

const web = pod('web-1', { owner: { kind: 'Deployment', namespace: 'shop', name: 'web' } });

function jvmYaml(flag: string): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: billing, namespace: shop }
spec: { template: { spec: { containers: [{ name: app, image: example/billing, env: [{ name: JAVA_TOOL_OPTIONS, value: "${flag}" }] }] } } }
`;
}

const ended = (reason: string, exitCode: number, minutes: number): Partial<ContainerState> => ({
  restarts: 2,
  lastTermination: { reason, exitCode, finishedAt: minutesAgo(minutes) },
});
const LISTED = { context: '', server: '', version: '', scope: 'listed', namespaces: ['shop'] } as const;

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['more than half are NXDOMAIN', 'live', dns({ answers: answered({ responses: 10_000, nxdomain: 5_001, p99Ms: 2 }) })],
  ['half are NXDOMAIN, within 100 ms', 'clear', dns({ answers: GOOD })],
  ['slower than 100 ms', 'live', dns({ answers: answered({ responses: 10_000, nxdomain: 100, p99Ms: 101 }) })],
  ['999 answers say nothing', 'unknown', dns({ answers: answered({ responses: 999, nxdomain: 999, p99Ms: 500 }) })],
  ['1,000 do', 'live', dns({ answers: answered({ responses: 1_000, nxdomain: 999 }) })],
  ['an answer without counters', 'unknown', dns({ answers: answered({}) })],
  [
    'an answer of another Service',
    'unknown',
    dns({ answers: [{ namespace: 'kube-system', service: 'kong:8001', path: '/', values: { responses: 9999, nxdomain: 9999 } }] }),
  ],
  ['CoreDNS was killed for memory', 'live', dns({ pods: [corePod(ended('OOMKilled', 137, 60))] })],
  ['it was killed the day before yesterday', 'unknown', dns({ pods: [corePod(ended('OOMKilled', 137, 25 * 60))] })],
  ['it keeps ending', 'live', dns({ pods: [corePod(ended('Error', 1, 10))] })],
  ['it ended yesterday', 'unknown', dns({ pods: [corePod(ended('Error', 1, 900))] })],
  ['it ended once', 'unknown', dns({ pods: [corePod({ ...ended('Error', 1, 10), restarts: 1 })] })],
  ['it was stopped', 'unknown', dns({ pods: [corePod(ended('Completed', 0, 10))] })],
  ['it waits for its next start', 'live', dns({ pods: [corePod({ state: 'waiting', reason: 'CrashLoopBackOff' })] })],
  [
    'another container of the pod ended',
    'unknown',
    dns({
      pods: [
        corePod(
          {},
          {
            containers: [
              container({ name: 'coredns', image: 'coredns/coredns:1.11.1' }),
              container({ name: 'other', ...ended('Error', 1, 10) }),
            ],
          },
        ),
      ],
    }),
  ],
  ['240 timeouts in a day', 'live', dns({ logs: [lines('dns/upstream-timeout', 240, 5)] })],
  ['239, only the last of which has a time', 'unknown', dns({ answers: GOOD, logs: [lines('dns/upstream-timeout', 239, 5)] })],
  ['nine', 'clear', dns({ answers: GOOD, logs: [lines('dns/upstream-timeout', 9, 5)] })],
  ['the last one long ago', 'clear', dns({ answers: GOOD, logs: [lines('dns/upstream-timeout', 500, 61)] })],
  [
    'ten within the first hour',
    'live',
    dns({ pods: [corePod({ startedAt: minutesAgo(10) })], logs: [lines('dns/upstream-timeout', 10, 5)] }),
  ],
  [
    'nobody knows since when it runs',
    'unknown',
    dns({ pods: [corePod({ state: 'unknown' })], logs: [lines('dns/upstream-timeout', 500, 5)] }),
  ],
  ['no cache', 'latent', dns({ answers: GOOD }, UNCACHED)],
  ['no cache, but one on each node', 'clear', dns({ answers: GOOD, yaml: NODE_LOCAL }, UNCACHED)],
  ['musl loses a Service’s short name', 'latent', dns({ answers: GOOD, yaml: webYaml('1', 'orders.pay') })],
  [
    'musl, and the program says so',
    'live',
    dns({ answers: GOOD, yaml: webYaml('1', 'orders.pay'), pods: [corePod(), web], logs: [lines('dns/name-not-found', 3, 5, web, 'app')] }),
  ],
  [
    'musl, it said so yesterday',
    'latent',
    dns({
      answers: GOOD,
      yaml: webYaml('1', 'orders.pay'),
      pods: [corePod(), web],
      logs: [lines('dns/name-not-found', 3, 900, web, 'app')],
    }),
  ],
  ['musl, ndots above the name’s dots', 'clear', dns({ answers: GOOD, yaml: webYaml('2', 'orders.pay') })],
  ['musl, the whole name', 'clear', dns({ answers: GOOD, yaml: webYaml('1', 'orders.pay.svc.cluster.local') })],
  ['musl, a bare name', 'clear', dns({ answers: GOOD, yaml: webYaml('1', 'orders') })],
  ['glibc', 'clear', dns({ answers: GOOD, yaml: webYaml('1', 'orders.pay', 'python:3.12-bookworm') })],
  [
    'a program did not find a name: not this probe’s without ndots',
    'clear',
    dns({ answers: GOOD, pods: [corePod(), web], logs: [lines('dns/name-not-found', 3, 5, web, 'app')] }),
  ],
  [
    'a flag that no JVM reads, for failed lookups',
    'latent',
    dns({ answers: GOOD, yaml: jvmYaml('-Dnetworkaddress.cache.negative.ttl=2') }),
  ],
  ['a flag that grpc-java may read', 'clear', dns({ answers: GOOD, yaml: jvmYaml('-Dnetworkaddress.cache.ttl=5') })],
  ['the same, and no CoreDNS', 'unknown', { yaml: jvmYaml('-Dnetworkaddress.cache.ttl=5') }],
  ['autopath, not measured', 'mitigated', dns({}, AUTOPATH)],
  ['autopath that does not know the pods', 'unknown', dns({}, AUTOPATH.replace('pods verified', 'pods insecure'))],
  ['NodeLocal DNSCache, not measured', 'mitigated', dns({ yaml: NODE_LOCAL })],
  ['autopath, and still mostly NXDOMAIN', 'live', dns({ answers: answered({ responses: 10_000, nxdomain: 6_000 }) }, AUTOPATH)],
  ['not measured', 'unknown', dns()],
  ['pods alone', 'unknown', { pods: [corePod()] }],
  [
    'CoreDNS by its label, elsewhere',
    'unknown',
    {
      yaml: coreYaml(COREFILE, 'dns'),
      pods: [corePod({}, { namespace: 'dns', owner: { kind: 'Deployment', namespace: 'dns', name: 'coredns' } })],
    },
  ],
  [
    'a CoreDNS that serves a zone of its own',
    'absent',
    { pods: [corePod({}, { namespace: 'edge', labels: {}, owner: { kind: 'Deployment', namespace: 'edge', name: 'zone' } })] },
  ],
  ['no CoreDNS', 'absent', { pods: [pod('shop-1')] }],
  ['no CoreDNS where one namespace was read', 'unknown', { pods: [pod('shop-1')], cluster: LISTED }],
];

describe('dns/slow-lookups', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  describe('never clear, mitigated or absent without', () => {
    const safe: readonly (readonly [string, SnapshotParts])[] = [
      ['measured', dns({ answers: GOOD })],
      ['NodeLocal DNSCache', dns({ yaml: NODE_LOCAL })],
      ['no CoreDNS', { pods: [pod('shop-1')] }],
    ];
    for (const need of probe.needs.filter(({ optional }) => !optional)) {
      const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
      for (const [name, parts] of safe) {
        it(`${resource}: ${name}`, () => {
          const { verdict, notChecked } = judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } });
          assert.equal(verdict, 'unknown');
          assert.ok(notChecked.some(({ what, reason }) => what === resource && reason === 'forbidden'));
        });
      }
    }
  });

  it('options move the thresholds', () => {
    const storm = dns({ answers: answered({ responses: 10_000, nxdomain: 5_001, p99Ms: 101 }) });
    assert.equal(judge(probe, storm, { nxdomainPercent: 60, p99: '200ms' }).verdict, 'clear');
    const timeouts = dns({ answers: GOOD, logs: [lines('dns/upstream-timeout', 48, 90)] });
    assert.equal(judge(probe, timeouts, { window: '2h', timeouts: 2 }).verdict, 'live');
  });

  it('says what code or an image alone can tell', () => {
    const parts = dns({ pods: [corePod(), pod('billing-1', { containers: [container({ env: { JAVA_TOOL_OPTIONS: '' } })] })] });
    const what = (of: SnapshotParts): string[] =>
      judge(probe, of)
        .notChecked.filter(({ reason }) => reason === 'needs-code')
        .map((one) => one.what);
    assert.deepEqual(what(parts), ['java.security', 'dns/ndots-search-storm']);
    assert.deepEqual(what(dns()), ['dns/ndots-search-storm']);
  });

  it('counts the workloads that have ndots:5', () => {
    const more = `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: a, namespace: shop }
spec: { template: { spec: { containers: [{ name: app, image: a }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: b, namespace: shop }
spec: { template: { spec: { dnsPolicy: ClusterFirst, dnsConfig: { options: [{ name: ndots, value: "2" }] }, containers: [{ name: app, image: b }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: c, namespace: shop }
spec: { template: { spec: { dnsPolicy: ClusterFirst, hostNetwork: true, containers: [{ name: app, image: c }] } } }
`;
    const [subject] = judge(probe, dns({ yaml: more })).subjects;
    const spread = subject?.evidence.find(({ explains }) => explains.messageId === 'ndots-spread');
    assert.equal(spread?.value, 'ndots:5 × 1 / 4');
  });

  describe('what it tells', () => {
    const of = (parts: SnapshotParts): string[] => told(probe, parts).filter((one) => !one.includes('ndots-spread'));
    const line = 'plugin/errors: 2 api.example.com. A: read udp: i/o timeout';
    it('what is bad before what is good', () => {
      const parts = dns({
        answers: answered({ responses: 10_000, nxdomain: 100, p99Ms: 250 }),
        logs: [lines('dns/upstream-timeout', 240, 5)],
      });
      assert.deepEqual(of(parts), [
        'live Deployment/coredns',
        `  timeout: coredns-1 = ${line} (× 240) (${minutesAgo(5)})`,
        '  slow: kube-dns = p99 250.0 ms (2026-11-21T12:00:00Z)',
        '  nxdomain: kube-dns = NXDOMAIN 1.0 % (2026-11-21T12:00:00Z)',
      ]);
      assert.deepEqual(of(dns({ answers: answered({ responses: 10_000, nxdomain: 6_000, p99Ms: 2 }) })), [
        'live Deployment/coredns',
        '  nxdomain-storm: kube-dns = NXDOMAIN 60.0 % (2026-11-21T12:00:00Z)',
        '  quick: kube-dns = p99 2.0 ms (2026-11-21T12:00:00Z)',
      ]);
    });
    it('how it ended', () => {
      assert.deepEqual(of(dns({ pods: [corePod({ ...ended('Error', 1, 10), statusAt: '/status/containerStatuses/0' })] })), [
        'live Deployment/coredns',
        `  crashes: coredns-1 /status/containerStatuses/0/restartCount = coredns: 2 restarts (${minutesAgo(10)})`,
      ]);
      assert.deepEqual(of(dns({ pods: [corePod(ended('OOMKilled', 137, 10))] })), [
        'live Deployment/coredns',
        `  killed: coredns-1 = coredns: OOMKilled (${minutesAgo(10)})`,
      ]);
    });
    it('the Corefile and the cache on the nodes', () => {
      assert.deepEqual(of(dns({}, UNCACHED)), [
        'latent Deployment/coredns',
        '  no-cache: coredns /data/Corefile = no cache',
        '  ? prove-metrics',
      ]);
      assert.deepEqual(of(dns({ yaml: NODE_LOCAL }, AUTOPATH)), [
        'mitigated Deployment/coredns',
        '  autopath: coredns /data/Corefile = autopath',
        '  node-cache: node-local-dns = NodeLocal DNSCache',
        '  ? prove-metrics',
      ]);
    });
    it('what is missing', () => {
      assert.deepEqual(of(dns()), ['unknown Deployment/coredns', '  ? prove-metrics']);
      assert.deepEqual(of(dns({ answers: GOOD, logs: [lines('dns/upstream-timeout', 100, 5)] })).slice(-1), ['  ? prove-timeouts']);
      assert.deepEqual(of({ pods: [], cluster: LISTED }), ['unknown Namespace/kube-system', '  ? prove-coredns']);
      assert.deepEqual(of(dns({ answers: GOOD, yaml: webYaml('1', 'orders.pay') })).slice(0, 2), [
        'latent Deployment/web',
        '  ? prove-getent',
      ]);
    });
  });

  describe('actions', () => {
    const changes = (parts: SnapshotParts): (readonly [string, string | undefined])[] =>
      judge(probe, parts).subjects.flatMap(({ actions }) =>
        actions.filter(({ risk }) => risk === 'change').map(({ command, undo }) => [command, undo] as const),
      );
    it('an ndots that finds the name, beside the other options', () => {
      const patch = (ndots: string): string =>
        `kubectl -n shop patch deployment web -p '{"spec":{"template":{"spec":{"dnsConfig":{"options":[{"name":"single-request"},{"name":"ndots","value":"${ndots}"}]}}}}}'`;
      assert.deepEqual(changes(dns({ yaml: webYaml('1', 'orders.pay') })), [[patch('2'), patch('1')]]);
    });
    it('more replicas where CoreDNS itself fails', () => {
      const scale = (count: number): string => `kubectl -n kube-system scale deployment/coredns --replicas=${count}`;
      assert.deepEqual(changes(dns({ pods: [corePod(ended('OOMKilled', 137, 60))] })), [[scale(4), scale(2)]]);
      assert.deepEqual(changes(dns({ answers: answered({ responses: 10_000, nxdomain: 5_001 }) })), []);
    });
  });

  it('asks for three logs of CoreDNS, those of programs that lose names, and for counters where a Service leads', () => {
    const pods = [...['d', 'c', 'b', 'a'].map((n) => corePod({}, { name: `coredns-${n}` })), web];
    const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
    const { logs, asks } = followUp(snapshotOf(dns({ pods, yaml: webYaml('1', 'orders.pay') }), [probe]), settings);
    assert.deepEqual(
      logs.map(({ pod: name }) => name),
      ['coredns-a', 'coredns-b', 'coredns-c', 'web-1'],
    );
    assert.deepEqual(
      asks.map(({ namespace, service, path }) => `${namespace} ${service} ${path}`),
      ['kube-system kube-dns:9153 /metrics'],
    );
  });

  describe('CoreDNS’s own words', () => {
    it('answers and times, summed over zones and types', () => {
      const body = `# TYPE coredns_dns_responses_total counter
coredns_dns_responses_total{plugin="",rcode="NOERROR",server="dns://:53",view="",zone="."} 100
coredns_dns_responses_total{plugin="kubernetes",rcode="NXDOMAIN",server="dns://:53",view="",zone="cluster.local."} 1.5e+03
coredns_dns_responses_total{plugin="",rcode="NXDOMAIN",server="dns://:53",view="",zone="."} 400
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="A",zone=".",le="0.064"} 50
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="A",zone=".",le="0.128"} 60
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="A",zone=".",le="+Inf"} 60
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="AAAA",zone=".",le="0.064"} 40
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="AAAA",zone=".",le="0.128"} 40
coredns_dns_request_duration_seconds_bucket{server="dns://:53",type="AAAA",zone=".",le="+Inf"} 40
`;
      const { p99Ms = 0, ...rest } = readMetrics(body);
      assert.deepEqual(rest, { responses: 2000, nxdomain: 1900 });
      assert.equal(p99Ms.toFixed(1), '121.6');
    });
    it('before 1.7, beyond the last bucket, and no counters', () => {
      const old = 'coredns_dns_response_rcode_count_total{rcode="NXDOMAIN",server="dns://:53",zone="."} 7';
      assert.deepEqual(readMetrics(old), { responses: 7, nxdomain: 7 });
      const slow = `${old}\ncoredns_dns_request_duration_seconds_bucket{le="8.192"} 1\ncoredns_dns_request_duration_seconds_bucket{le="+Inf"} 9`;
      assert.equal(readMetrics(slow).p99Ms, 8192);
      assert.deepEqual(readMetrics('<html></html>'), {});
    });
    it('a Corefile', () => {
      assert.deepEqual(dnsSettings(COREFILE), { caches: true, autopath: false });
      assert.deepEqual(dnsSettings(AUTOPATH), { caches: true, autopath: true });
      assert.deepEqual(dnsSettings(UNCACHED), { caches: false, autopath: false });
    });
  });
});
