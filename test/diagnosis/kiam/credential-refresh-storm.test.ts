import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { readAgent, readServer } from '../../../src/linters/kiam/live-metrics.ts';
import { credentialRefreshStorm as probe } from '../../../src/linters/kiam/probes/credential-refresh-storm.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { ServiceAnswer, Snapshot } from '../../../src/snapshot/snapshot.ts';
import { container, event, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { checkSaid } from '../grpc/said.ts';
import { told } from '../told.ts';
import { agentPod, agentYaml, DEFAULTS, dependant, line, logOf, RIGHT, serverPod, serverYaml } from './kiam-cluster.ts';

function kiam(flags: readonly string[], parts: SnapshotParts = {}, image?: string): SnapshotParts {
  return {
    pods: [serverPod(flags, {}, {}, image), agentPod(), dependant()],
    ...parts,
    yaml: `${serverYaml(flags, image)}${agentYaml()}${parts.yaml ?? ''}`,
  };
}

const EXPIRED = logOf(dependant(), 'app', line('kiam/expired-token', 5));
const OLD_EXPIRED = logOf(dependant(), 'app', line('kiam/expired-token', 61));
const THROTTLED = logOf(serverPod(), 'kiam', line('kiam/sts-throttled', 5));
const POD = { kind: 'Pod', namespace: 'shop', name: 'orders-1' };
const RATE = 'failed retrieving credentials: *** Rate exceeded';
const METRICS = `
---
apiVersion: v1
kind: Service
metadata: { name: kiam-agent, namespace: kube-system }
spec: { clusterIP: None, selector: { app: kiam-agent }, ports: [{ name: metrics, port: 9620 }] }
---
apiVersion: v1
kind: Service
metadata: { name: kiam-server-metrics, namespace: kube-system }
spec: { selector: { app: kiam-server }, ports: [{ port: 80, targetPort: 9620 }, { port: 443 }] }
`;

function answer(service: string, values: ServiceAnswer['values']): ServiceAnswer {
  return { namespace: 'kube-system', service, path: '/metrics', values };
}

/** Agents and servers run for a day: 86,400 s. One dependant is on the agent's node. */
const fetches = (count: number): ServiceAnswer[] => [answer('kiam-agent:9620', { fetches: count })];

const OUT_OF_SECRET: readonly string[] = ['--session-duration=$(DURATION)'];

const KUBE2IAM = (args: readonly string[]): SnapshotParts => ({
  yaml: `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: kube2iam, namespace: kube-system }
spec:
  selector: { matchLabels: { app: kube2iam } }
  template:
    spec: { containers: [{ name: kube2iam, image: "jtblin/kube2iam:0.10.11", args: ${JSON.stringify(args)} }] }
`,
  pods: [dependant()],
});

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['an ended key, default flags', 'live', kiam(DEFAULTS, { logs: [EXPIRED] })],
  ['an ended key an hour ago', 'latent', kiam(DEFAULTS, { logs: [OLD_EXPIRED] })],
  ['the same without a time', 'latent', kiam(DEFAULTS, { logs: [logOf(dependant(), 'app', line('kiam/expired-token', undefined))] })],
  ['an ended key although the flags are right is another matter', 'mitigated', kiam(RIGHT, { logs: [EXPIRED] })],
  ['an ended key, flags that cannot be seen', 'live', kiam(OUT_OF_SECRET, { logs: [EXPIRED] })],
  ['STS refuses for the rate', 'live', kiam(DEFAULTS, { logs: [THROTTLED] })],
  ['STS refuses for the rate, whatever the flags', 'live', kiam(RIGHT, { logs: [THROTTLED] })],
  ['the event says so', 'live', kiam(RIGHT, { events: [event(POD, 'KiamCredentialError', { message: RATE })] })],
  [
    'the event is of yesterday',
    'mitigated',
    kiam(RIGHT, { events: [event(POD, 'KiamCredentialError', { message: RATE, lastAt: minutesAgo(61) })] }),
  ],
  [
    'the event says something else',
    'mitigated',
    kiam(RIGHT, { events: [event(POD, 'KiamCredentialError', { message: 'failed retrieving credentials: AccessDenied' })] }),
  ],
  ['more than three fetches a minute', 'live', kiam(DEFAULTS, { yaml: METRICS, answers: fetches(4400) })],
  ['three fetches a minute', 'latent', kiam(DEFAULTS, { yaml: METRICS, answers: fetches(4320) })],
  ['the counter tells of the time before the fix', 'mitigated', kiam(RIGHT, { yaml: METRICS, answers: fetches(90_000) })],
  [
    'more than three a minute, but by how many pods?',
    'latent',
    kiam(DEFAULTS, {
      pods: [serverPod(), agentPod(), ...[1, 2, 3].map((n) => dependant({ name: `orders-${n}` }))],
      yaml: METRICS,
      answers: fetches(4400),
    }),
  ],
  [
    'the agent has just started',
    'latent',
    kiam(DEFAULTS, {
      pods: [serverPod(), agentPod({}, { startedAt: minutesAgo(9) }), dependant()],
      yaml: METRICS,
      answers: fetches(500),
    }),
  ],
  [
    'nobody knows when the agent started',
    'latent',
    kiam(DEFAULTS, { pods: [serverPod(), agentPod({}, { state: 'waiting' }), dependant()], yaml: METRICS, answers: fetches(90_000) }),
  ],
  [
    'a server is asked all the time',
    'live',
    kiam(DEFAULTS, { yaml: METRICS, answers: [answer('kiam-server-metrics:80', { hits: 4400, errors: 0 })] }),
  ],
  ['the default flags', 'latent', kiam([])],
  ['only the duration raised', 'latent', kiam(['--session-duration=60m'])],
  ['a refresh of 15 minutes and the default duration', 'latent', kiam(['--session-refresh=15m'])],
  ['a minute between the two', 'latent', kiam(['--session-duration=60m', '--session-refresh=59m'])],
  ['the default flags, nobody depends on them', 'latent', kiam(DEFAULTS, { pods: [serverPod()] })],
  [
    'old pods after the fix',
    'latent',
    kiam(RIGHT, { pods: [serverPod(RIGHT), serverPod(DEFAULTS, { name: 'kiam-server-b' }), dependant()] }),
  ],
  ['new pods, the manifest went back', 'latent', kiam(DEFAULTS, { pods: [serverPod(RIGHT), dependant()] })],
  ['2.8 with the default flags', 'latent', kiam([], {}, 'quay.io/uswitch/kiam:v2.8')],
  ['2.6 has no flags', 'latent', kiam([], {}, 'quay.io/uswitch/kiam:v2.6')],
  ['both flags', 'mitigated', kiam(RIGHT)],
  ['a refresh of exactly 15 minutes', 'mitigated', kiam(['--session-duration=60m', '--session-refresh=15m'])],
  ['2.8, the duration is enough', 'mitigated', kiam(['--session-duration=60m'], {}, 'quay.io/uswitch/kiam:v2.8')],
  [
    'an old pod that is going',
    'mitigated',
    kiam(RIGHT, { pods: [serverPod(RIGHT), serverPod(DEFAULTS, { deleting: true }), dependant()] }),
  ],
  ['both flags, and nobody depends on it', 'clear', kiam(RIGHT, { pods: [serverPod(RIGHT), agentPod()] })],
  [
    'both flags, those who wear the role have a token',
    'clear',
    kiam(RIGHT, { pods: [serverPod(RIGHT), dependant({}, { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } })] }),
  ],
  ['both flags, those who wear the role have ended', 'clear', kiam(RIGHT, { pods: [serverPod(RIGHT), dependant({ phase: 'Succeeded' })] })],
  ['flags out of a variable', 'unknown', kiam(OUT_OF_SECRET)],
  ['a word that may be any flag', 'unknown', { pods: [serverPod(['$(FLAGS)']), dependant()] }],
  ['the same in the manifest', 'unknown', kiam(['$(FLAGS)'])],
  ['only the duration raised, version unknown', 'unknown', kiam(['--session-duration=60m'], {}, 'quay.io/uswitch/kiam:master')],
  ['agents without a server', 'unknown', { yaml: agentYaml(), pods: [agentPod(), dependant()] }],
  ['pods alone, default flags', 'latent', { pods: [serverPod(), dependant()] }],
  ['pods alone, both flags', 'mitigated', { pods: [serverPod(RIGHT), dependant()] }],
  ['kube2iam as it comes', 'mitigated', KUBE2IAM(['--iptables=true'])],
  ['kube2iam with 10 minutes', 'latent', KUBE2IAM(['--iam-role-session-ttl=600s'])],
  ['kube2iam with 10 minutes, and an ended key', 'live', { ...KUBE2IAM(['--iam-role-session-ttl=600s']), logs: [EXPIRED] }],
  ['kube2iam as it comes, and an ended key', 'mitigated', { ...KUBE2IAM([]), logs: [EXPIRED] }],
  ['kube2iam, out of a variable', 'unknown', KUBE2IAM(['--iam-role-session-ttl=$(TTL)'])],
  ['kube2iam, nobody depends on it', 'clear', { ...KUBE2IAM([]), pods: [] }],
  [
    'kube2iam, pods alone',
    'latent',
    {
      pods: [
        dependant(),
        pod('kube2iam-1', { containers: [container({ image: 'jtblin/kube2iam:0.10.11', args: ['--iam-role-session-ttl=5m'] })] }),
      ],
    },
  ],
  ['no Kiam', 'absent', { pods: [pod('shop-1')] }],
  ['roles without Kiam: left behind', 'absent', { pods: [dependant()] }],
  [
    'roles, and only this namespace was read',
    'unknown',
    { pods: [dependant()], cluster: { context: '', server: '', version: '', scope: 'listed', namespaces: ['shop'] } },
  ],
];

describe('kiam/credential-refresh-storm', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  describe('never clear, mitigated or absent without', () => {
    const safe: readonly (readonly [string, SnapshotParts])[] = [
      ['right flags', kiam(RIGHT)],
      ['nobody depends', kiam(RIGHT, { pods: [serverPod(RIGHT)] })],
      ['no Kiam', { pods: [pod('shop-1')] }],
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

  it('says what code alone can tell', () => {
    const { notChecked } = judge(probe, kiam(DEFAULTS));
    assert.ok(notChecked.some(({ what, reason }) => what === 'aws/sdk-refresh-window' && reason === 'needs-code'));
  });

  it('options move the thresholds', () => {
    assert.equal(judge(probe, kiam(DEFAULTS, { logs: [OLD_EXPIRED] }), { window: '2h' }).verdict, 'live');
    assert.equal(judge(probe, kiam(DEFAULTS, { yaml: METRICS, answers: fetches(4400) }), { fetchesPerMinute: 10 }).verdict, 'latent');
  });

  it('mixed pods are named, the old one is replaced', () => {
    const old = serverPod(DEFAULTS, { name: 'kiam-server-b' });
    const [subject] = judge(probe, kiam(RIGHT, { pods: [serverPod(RIGHT), old, dependant()] })).subjects;
    const mixed = subject?.evidence.filter(({ explains }) => explains.messageId.endsWith('-mixed')) ?? [];
    assert.deepEqual(
      mixed.map(({ object, value }) => [object.name, value]),
      [
        ['kiam-server-a', 'session-duration 60m, session-refresh 26m'],
        ['kiam-server-b', 'session-duration 15m, session-refresh 5m'],
      ],
    );
    assert.deepEqual(
      subject?.actions.filter(({ risk }) => risk === 'change').map(({ command }) => command),
      ['kubectl -n kube-system delete pod kiam-server-b'],
    );
  });

  it('both flags are set at once, and only where the version is known', () => {
    const changes = (parts: SnapshotParts): string[] =>
      judge(probe, parts).subjects.flatMap(({ actions }) => actions.filter(({ risk }) => risk === 'change').map(({ command }) => command));
    const [command = ''] = changes(kiam(DEFAULTS));
    assert.match(
      command,
      /get daemonset kiam-server -o json \| jq '.*duration\|refresh.*"--session-duration=60m","--session-refresh=26m".*' \| kubectl replace -f -$/,
    );
    const [older = ''] = changes(kiam([], {}, 'quay.io/uswitch/kiam:v2.8'));
    assert.match(older, /"--session-duration=60m"\]/);
    assert.doesNotMatch(older, /refresh/);
    assert.deepEqual(changes(kiam([], {}, 'quay.io/uswitch/kiam:master')), []);
    assert.deepEqual(changes(kiam([], {}, 'quay.io/uswitch/kiam:v2.6')), []);
    assert.deepEqual(changes(kiam(['--session-duration', '15m'])), [], 'two words');
  });

  describe('what it tells', () => {
    it('lines, rates and settings, strongest first', () => {
      const parts = kiam(DEFAULTS, { logs: [EXPIRED, THROTTLED], yaml: METRICS, answers: fetches(4400) });
      assert.deepEqual(told(probe, parts), [
        'live DaemonSet/kiam-server',
        `  expired: orders-1 = kiam/expired-token (${minutesAgo(5)})`,
        `  throttled: kiam-server-a = kiam/sts-throttled (${minutesAgo(5)})`,
        '  rate-agent: kiam-agent = 4400 in at most 1440 min (2026-11-21T12:00:00Z)',
        '  life-short: kiam-server-a /spec/containers = session-duration 15m, session-refresh 5m',
        '  dependant: orders = 1 × iam.amazonaws.com/role',
      ]);
    });
    it('events with their count; pods that are alike are counted', () => {
      const events = [event(POD, 'KiamCredentialError', { message: RATE, count: 3 })];
      const pods = [serverPod(RIGHT), serverPod(RIGHT, { name: 'kiam-server-b' }), dependant()];
      assert.deepEqual(told(probe, kiam(RIGHT, { pods, events })).slice(1, 3), [
        `  throttled-event: orders-1 = KiamCredentialError: ${RATE} (× 3) (${minutesAgo(5)})`,
        '  life-right: kiam-server-a /spec/containers = session-duration 60m, session-refresh 26m (× 2)',
      ]);
    });
    it('the manifest, where it differs from what runs', () => {
      assert.deepEqual(told(probe, kiam(DEFAULTS, { pods: [serverPod(RIGHT)] })), [
        'latent DaemonSet/kiam-server',
        '  life-right-mixed: kiam-server-a /spec/containers = session-duration 60m, session-refresh 26m',
        '  life-short-mixed: kiam-server /spec/template/spec/containers/0/args/2 = session-duration 15m, session-refresh 5m',
        '  ? prove-sdk',
        '  ? prove-rate',
      ]);
    });
    it('what is missing', () => {
      assert.ok(told(probe, kiam(OUT_OF_SECRET)).includes('  ? prove-flags'));
      assert.ok(told(probe, kiam(['--session-duration=60m'], {}, 'quay.io/uswitch/kiam:master')).includes('  ? prove-version'));
      assert.deepEqual(told(probe, { yaml: agentYaml(), pods: [agentPod()] }), ['unknown DaemonSet/kiam-agent', '  ? prove-server']);
    });
    it('kube2iam', () => {
      assert.deepEqual(told(probe, KUBE2IAM([])), [
        'mitigated DaemonSet/kube2iam',
        '  life-kube2iam: kube2iam /spec/template/spec/containers = iam-role-session-ttl 15m',
        '  dependant: orders = 1 × iam.amazonaws.com/role',
      ]);
      assert.deepEqual(told(probe, KUBE2IAM(['--iam-role-session-ttl=$(TTL)'])).slice(0, 2), [
        'unknown DaemonSet/kube2iam',
        '  life-unknown: kube2iam /spec/template/spec/containers = ?',
      ]);
    });
    it('five dependants at most', () => {
      const many = Array.from({ length: 7 }, (_, n) =>
        dependant({ name: `a-${n}`, owner: { kind: 'Deployment', namespace: 'shop', name: `a${n}` } }),
      );
      const lines = told(probe, kiam(DEFAULTS, { pods: [serverPod(), ...many] })).filter((one) => one.includes('dependant:'));
      assert.deepEqual(
        lines,
        [0, 1, 2, 3, 4].map((n) => `  dependant: a${n} = 1 × iam.amazonaws.com/role`),
      );
    });
  });

  it('applications that signed with an ended key are restarted, no others', () => {
    const other = dependant({ name: 'pay-1', owner: { kind: 'Deployment', namespace: 'shop', name: 'pay' } });
    const parts = kiam(DEFAULTS, { pods: [serverPod(), dependant(), other], logs: [EXPIRED] });
    const restarts = judge(probe, parts)
      .subjects.flatMap(({ actions }) => actions.map(({ command }) => command))
      .filter((one) => one.includes('restart'));
    assert.deepEqual(restarts, ['kubectl -n shop rollout restart deployment/orders']);
  });

  it('a runtime is a hint', () => {
    const java = dependant({}, { env: { JAVA_TOOL_OPTIONS: '' } });
    const [subject] = judge(probe, kiam(DEFAULTS, { pods: [serverPod(), java] })).subjects;
    assert.ok(subject?.evidence.some(({ explains }) => explains.messageId === 'dependant-runtime' && explains.data?.runtime === 'Java'));
  });

  describe('logs', () => {
    const asked = (parts: SnapshotParts): string[] => {
      const snapshot: Snapshot = snapshotOf(parts, [probe]);
      return followUp(snapshot, { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] }).logs.map(
        ({ pod: name }) => name,
      );
    };
    const many = Array.from({ length: 9 }, (_, n) =>
      dependant(
        { name: `app-${n}`, owner: { kind: 'Deployment', namespace: 'shop', name: `app${n}` } },
        n === 7 ? { env: { JAVA_OPTS: '' } } : {},
      ),
    );
    it('six at most: servers, then dependants, those with an SDK that suffers first', () => {
      const pods = [...many, ...['c', 'b', 'a'].map((n) => serverPod(DEFAULTS, { name: `kiam-server-${n}` }))];
      assert.deepEqual(asked(kiam(DEFAULTS, { pods })), ['kiam-server-a', 'kiam-server-b', 'app-7', 'app-0', 'app-1', 'app-2']);
    });
    it('of dependants only where the flags may be wrong', () => {
      assert.deepEqual(asked(kiam(RIGHT, { pods: [...many, serverPod(RIGHT)] })), ['kiam-server-a']);
      assert.deepEqual(asked({ pods: many }), []);
    });
  });

  describe('metrics', () => {
    const BODY = `# HELP kiam_metadata_success_total Number of successful responses from a handler
kiam_metadata_success_total{handler="credentials"} 1.25e+06
kiam_metadata_success_total{handler="roleName"} 7
kiam_sts_cache_hit_total 4711
kiam_sts_issuing_errors_total 3
`;
    it('the counters', () => {
      assert.deepEqual(readAgent(BODY), { fetches: 1_250_000 });
      assert.deepEqual(readServer(BODY), { hits: 4711, errors: 3 });
      assert.deepEqual(readAgent('<html>'), {});
      assert.deepEqual(readServer(''), {});
    });
    it('asked where a Service leads there', () => {
      const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
      const asks = (parts: SnapshotParts): string[] => followUp(snapshotOf(parts, [probe]), settings).asks.map(({ service }) => service);
      assert.deepEqual(asks(kiam(DEFAULTS, { yaml: METRICS })), ['kiam-server-metrics:80', 'kiam-agent:9620']);
      assert.deepEqual(asks(kiam(DEFAULTS)), []);
    });
  });
});
