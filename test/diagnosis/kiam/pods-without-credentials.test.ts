import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { podsWithoutCredentials as probe } from '../../../src/linters/kiam/probes/pods-without-credentials.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { ContainerState, PodState } from '../../../src/snapshot/snapshot.ts';
import { container, event, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { checkSaid } from '../grpc/said.ts';
import { told } from '../told.ts';
import { agentPod, agentYaml, dependant, IMAGE, line, logOf, ordersYaml, serverPod, serverYaml } from './kiam-cluster.ts';

const BASE = ['--role-base-arn=arn:aws:iam::111122223333:role/'];
const OLD_IMAGE = 'quay.io/uswitch/kiam:v3.6';
const PERMITTED = '{ iam.amazonaws.com/permitted: ".*role/shop-.*" }';

function namespaceYaml(annotations = PERMITTED): string {
  return `\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop, annotations: ${annotations} }\n`;
}

interface Parts extends SnapshotParts {
  readonly server?: readonly string[];
  readonly image?: string;
  readonly agent?: readonly string[];
  readonly permitted?: string;
}

/** Everything holds, but for what a case changes. */
function kiam({ server = BASE, image = IMAGE, agent, permitted, ...parts }: Parts = {}): SnapshotParts {
  return {
    pods: [serverPod(server, {}, {}, image), agentPod(), dependant()],
    ...parts,
    yaml: `${serverYaml(server, image)}${agentYaml(agent)}${namespaceYaml(permitted)}${parts.yaml ?? ''}`,
  };
}

const CRASHING: Partial<ContainerState> = {
  state: 'waiting',
  reason: 'CrashLoopBackOff',
  ready: false,
  restarts: 7,
  lastTermination: { reason: 'Error', exitCode: 1, finishedAt: minutesAgo(2) },
};
const NOT_READY = { readySince: undefined } as unknown as Partial<PodState>;
const crashed = (over: Partial<PodState> = {}): PodState => serverPod(BASE, { name: 'kiam-server-b', ...NOT_READY, ...over }, CRASHING);
const words = (of: PodState, minutes: number) => logOf(of, 'kiam', line('kiam/stops-at-start', minutes), true);
const POD = { kind: 'Pod', namespace: 'shop', name: 'orders-1' };
const misplaced = ordersYaml('{}', '{ iam.amazonaws.com/role: shop-orders }');
const bare = (over: Partial<PodState> = {}, state: Partial<ContainerState> = {}): PodState =>
  dependant({ annotations: {}, ...over }, state);
const NODE = (image: string, name: string): string => `
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: ${name}, namespace: kube-system }
spec: { selector: {}, template: { spec: { containers: [{ name: main, image: "${image}" }] } } }
`;
const AWS = NODE('602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.18.0', 'aws-node');
const CALICO = NODE('docker.io/calico/node:v3.28.0', 'calico-node');
const CILIUM = NODE('quay.io/cilium/cilium:v1.16.0', 'cilium');
const KUBE2IAM = NODE('jtblin/kube2iam:0.10.11', 'kube2iam');
const kube2iamPod = (over: Partial<PodState> = {}): PodState =>
  pod('kube2iam-1', {
    namespace: 'kube-system',
    owner: { kind: 'DaemonSet', namespace: 'kube-system', name: 'kube2iam' },
    containers: [container({ name: 'main', image: 'jtblin/kube2iam:0.10.11' })],
    ...over,
  });
const noCredentials = (of: PodState, minutes = 5) => logOf(of, 'app', line('kiam/no-credentials', minutes));

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['all four links hold', 'clear', kiam()],
  ['forbidden five minutes ago', 'live', kiam({ events: [event(POD, 'KiamRoleForbidden')] })],
  ['forbidden an hour ago', 'clear', kiam({ events: [event(POD, 'KiamRoleForbidden', { lastAt: minutesAgo(61) })] })],
  [
    'forbidden a quarter of an hour ago, permitted by now',
    'clear',
    kiam({ events: [event(POD, 'KiamRoleForbidden', { lastAt: minutesAgo(15) })] }),
  ],
  [
    'forbidden a quarter of an hour ago, and still',
    'live',
    kiam({ permitted: '{}', events: [event(POD, 'KiamRoleForbidden', { lastAt: minutesAgo(15) })] }),
  ],
  ['STS refused a quarter of an hour ago', 'live', kiam({ events: [event(POD, 'KiamCredentialError', { lastAt: minutesAgo(15) })] })],
  ['an event of another kind', 'clear', kiam({ events: [event(POD, 'BackOff')] })],
  ['an event of a pod that is gone', 'clear', kiam({ events: [event({ ...POD, name: 'orders-0' }, 'KiamRoleForbidden')] })],
  [
    'a server that says why it ends',
    'live',
    kiam({ pods: [serverPod(BASE), crashed(), agentPod(), dependant()], logs: [words(crashed(), 3)] }),
  ],
  [
    'a server that keeps ending, for a reason nobody read',
    'unknown',
    kiam({ pods: [serverPod(BASE), crashed(), agentPod(), dependant()] }),
  ],
  [
    'what it said two hours ago',
    'unknown',
    kiam({ pods: [serverPod(BASE), crashed(), agentPod(), dependant()], logs: [words(crashed(), 120)] }),
  ],
  [
    'a flag of another version, and it keeps ending',
    'live',
    kiam({
      server: [...BASE, '--session-refresh=5m'],
      image: 'quay.io/uswitch/kiam:v2.8',
      pods: [serverPod(BASE), crashed(), agentPod(), dependant()],
    }),
  ],
  [
    'a flag of another version, old pods still run',
    'latent',
    kiam({ server: [...BASE, '--whitelist-route-regexp=x'], pods: [serverPod(BASE), agentPod(), dependant()] }),
  ],
  [
    'it ended once',
    'clear',
    kiam({
      pods: [
        serverPod(BASE, {}, { restarts: 1, lastTermination: { reason: 'Error', exitCode: 1, finishedAt: minutesAgo(9) } }),
        agentPod(),
        dependant(),
      ],
    }),
  ],
  [
    'it ended twice, but yesterday',
    'clear',
    kiam({
      pods: [
        serverPod(BASE, {}, { restarts: 2, lastTermination: { reason: 'Error', exitCode: 1, finishedAt: minutesAgo(900) } }),
        agentPod(),
        dependant(),
      ],
    }),
  ],
  [
    'it was stopped twice',
    'clear',
    kiam({
      pods: [
        serverPod(BASE, {}, { restarts: 2, lastTermination: { reason: 'Completed', exitCode: 0, finishedAt: minutesAgo(9) } }),
        agentPod(),
        dependant(),
      ],
    }),
  ],
  ['no server is Ready', 'live', kiam({ pods: [serverPod(BASE, NOT_READY), agentPod(), dependant()] })],
  ['no server is Ready, nobody depends on it', 'latent', kiam({ pods: [serverPod(BASE, NOT_READY), agentPod()] })],
  ['no server at all', 'live', kiam({ pods: [agentPod(), dependant()] })],
  [
    'the server starts just now',
    'unknown',
    kiam({ pods: [serverPod(BASE, { ...NOT_READY, createdAt: minutesAgo(1) }), agentPod(), dependant()] }),
  ],
  ['a node without an agent', 'live', kiam({ pods: [serverPod(BASE), agentPod({ node: 'node-2' }), dependant()] })],
  ['a node whose agent is not Ready', 'live', kiam({ pods: [serverPod(BASE), agentPod(NOT_READY), dependant()] })],
  ['a node whose agent is going', 'live', kiam({ pods: [serverPod(BASE), agentPod({ deleting: true }), dependant()] })],
  [
    'a node whose agent starts just now',
    'unknown',
    kiam({ pods: [serverPod(BASE), agentPod(NOT_READY, { startedAt: minutesAgo(1) }), dependant()] }),
  ],
  ['a new node, both are young', 'clear', kiam({ pods: [serverPod(BASE), dependant({ createdAt: minutesAgo(4) })] })],
  ['on the node’s network nobody is intercepted', 'clear', kiam({ pods: [serverPod(BASE), dependant({ hostNetwork: true })] })],
  ['not scheduled yet', 'clear', kiam({ pods: [serverPod(BASE), dependant({ phase: 'Pending', node: '' })] })],
  [
    'a pod with a token needs no agent',
    'clear',
    kiam({ pods: [serverPod(BASE), dependant({}, { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } })] }),
  ],
  ['the Namespace permits nothing', 'latent', kiam({ permitted: '{}' })],
  ['the Namespace permits others', 'latent', kiam({ permitted: '{ iam.amazonaws.com/permitted: ".*role/pay-.*" }' })],
  ['written for 3.6, run by 4.0', 'latent', kiam({ permitted: '{ iam.amazonaws.com/permitted: "^shop-orders$" }' })],
  ['written for 3.6, run by 3.6', 'clear', kiam({ permitted: '{ iam.amazonaws.com/permitted: "^shop-orders$" }', image: OLD_IMAGE })],
  [
    'written for 3.6, run by 4.0 that is not strict',
    'clear',
    kiam({ permitted: '{ iam.amazonaws.com/permitted: "shop-orders" }', server: [...BASE, '--disable-strict-namespace-regexp'] }),
  ],
  [
    'permitted by one version only, and nobody knows which',
    'unknown',
    kiam({ permitted: '{ iam.amazonaws.com/permitted: "^shop-orders$" }', image: 'uswitch/kiam:master' }),
  ],
  [
    'a flag that only 4.0 has tells the version',
    'latent',
    kiam({
      permitted: '{ iam.amazonaws.com/permitted: "^shop-orders$" }',
      server: [...BASE, '--disable-strict-namespace-regexp'],
      image: 'uswitch/kiam:master',
    }),
  ],
  ['permitted by no version', 'latent', kiam({ permitted: '{ iam.amazonaws.com/permitted: "pay" }', image: 'uswitch/kiam:master' })],
  ['the base of the roles is detected', 'unknown', kiam({ server: ['--role-base-arn-autodetect'] })],
  ['an expression that nobody can tell', 'unknown', kiam({ permitted: '{ iam.amazonaws.com/permitted: "(?!pay).*" }' })],
  ['what is permitted is not shown', 'unknown', kiam({ permitted: '{ iam.amazonaws.com/permitted: { dropped: {} } }' })],
  ['the Namespace is not there', 'unknown', { ...kiam(), yaml: `${serverYaml(BASE)}${agentYaml()}` }],
  ['the role on the Deployment', 'latent', kiam({ yaml: misplaced, pods: [serverPod(BASE), agentPod(), bare()] })],
  [
    'the role on the Deployment, and the application says so',
    'live',
    kiam({ yaml: misplaced, pods: [serverPod(BASE), agentPod(), bare()], logs: [noCredentials(bare())] }),
  ],
  [
    'the role on the Deployment, the pods have a token',
    'mitigated',
    kiam({ yaml: misplaced, pods: [serverPod(BASE), agentPod(), bare({}, { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } })] }),
  ],
  [
    'the role on both',
    'clear',
    kiam({ yaml: ordersYaml('{ iam.amazonaws.com/role: shop-orders }', '{ iam.amazonaws.com/role: shop-orders }') }),
  ],
  [
    'the role on the ServiceAccount',
    'latent',
    kiam({
      yaml: '\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: orders, namespace: shop, annotations: { iam.amazonaws.com/role: shop-orders } }\n',
    }),
  ],
  ['a forbidden role, and the application says so', 'live', kiam({ permitted: '{}', logs: [noCredentials(dependant())] })],
  ['the application said so yesterday', 'latent', kiam({ permitted: '{}', logs: [noCredentials(dependant(), 90)] })],
  ['Calico’s interface on the AWS VPC CNI', 'latent', kiam({ yaml: AWS })],
  ['Calico’s interface, Calico', 'clear', kiam({ yaml: CALICO })],
  [
    'everything but eth0 on the AWS VPC CNI',
    'clear',
    kiam({
      yaml: AWS,
      agent: ['--iptables', '--host-interface=!ens5'],
      pods: [serverPod(BASE), agentPod({}, {}, ['--iptables', '--host-interface=!ens5']), dependant()],
    }),
  ],
  ['the AWS VPC CNI with Calico’s policies', 'latent', kiam({ yaml: AWS + CALICO })],
  ['two plugins: nobody knows', 'clear', kiam({ yaml: AWS + CILIUM })],
  [
    'Docker’s interface by default',
    'latent',
    kiam({ yaml: CILIUM, agent: ['--iptables'], pods: [serverPod(BASE), agentPod({}, {}, ['--iptables']), dependant()] }),
  ],
  [
    'an interface out of a variable',
    'clear',
    kiam({
      yaml: AWS,
      agent: ['--iptables', '--host-interface=$(IF)'],
      pods: [serverPod(BASE), agentPod({}, {}, ['--iptables', '--host-interface=$(IF)']), dependant()],
    }),
  ],
  [
    'the agent does not intercept itself',
    'unknown',
    kiam({ agent: ['--host-interface=cali+'], pods: [serverPod(BASE), agentPod({}, {}, ['--host-interface=cali+']), dependant()] }),
  ],
  [
    'a server that asks the metadata service beside an agent',
    'latent',
    kiam({ server: ['--role-base-arn-autodetect'], pods: [serverPod(['--role-base-arn-autodetect'], { node: 'node-1' }), agentPod()] }),
  ],
  [
    'the same on the node’s network',
    'clear',
    kiam({
      server: ['--role-base-arn-autodetect'],
      pods: [serverPod(['--role-base-arn-autodetect'], { node: 'node-1', hostNetwork: true }), agentPod()],
    }),
  ],
  ['a pod that has ended needs no agent', 'clear', kiam({ pods: [serverPod(BASE), dependant({ phase: 'Succeeded' })] })],
  [
    'five minutes old counts',
    'live',
    kiam({ pods: [serverPod(BASE), agentPod({ node: 'node-2' }), dependant({ createdAt: minutesAgo(5) })] }),
  ],
  ['an event of ten minutes may still go on', 'live', kiam({ events: [event(POD, 'KiamRoleForbidden', { lastAt: minutesAgo(10) })] })],
  [
    'servers that run judge, not the manifest',
    'latent',
    kiam({
      image: OLD_IMAGE,
      permitted: '{ iam.amazonaws.com/permitted: "^shop-orders$" }',
      pods: [serverPod(BASE), agentPod(), dependant()],
    }),
  ],
  [
    'the agent’s flags are not all seen',
    'clear',
    kiam({ agent: ['$(FLAGS)'], pods: [serverPod(BASE), agentPod({}, {}, ['$(FLAGS)']), dependant()] }),
  ],
  ['a plugin’s image that is no DaemonSet', 'clear', kiam({ yaml: AWS.replace('DaemonSet', 'Deployment') })],
  ['three plugins: nobody knows', 'clear', kiam({ yaml: AWS + CALICO + CILIUM })],
  [
    'Calico beside another plugin: nobody knows',
    'clear',
    kiam({
      yaml: CALICO + CILIUM,
      agent: ['--iptables', '--host-interface=lxc+'],
      pods: [serverPod(BASE), agentPod({}, {}, ['--iptables', '--host-interface=lxc+']), dependant()],
    }),
  ],
  [
    'one container of two has a token',
    'live',
    kiam({
      pods: [
        serverPod(BASE),
        agentPod({ node: 'node-2' }),
        dependant({ containers: [container({ env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } }), container({ name: 'other' })] }),
      ],
    }),
  ],
  [
    'a sidecar needs none',
    'clear',
    kiam({
      pods: [
        serverPod(BASE),
        agentPod({ node: 'node-2' }),
        dependant({
          containers: [
            container({ env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } }),
            container({ name: 'istio-proxy' }),
            container({ name: 'init', role: 'init' }),
          ],
        }),
      ],
    }),
  ],
  ['kube2iam, a node without it', 'live', { yaml: KUBE2IAM, pods: [kube2iamPod({ node: 'node-2' }), dependant()] }],
  ['kube2iam', 'clear', { yaml: KUBE2IAM, pods: [kube2iamPod(), dependant()] }],
  ['kube2iam and a role on the Deployment', 'latent', { yaml: KUBE2IAM + misplaced, pods: [kube2iamPod(), bare()] }],
  ['no Kiam', 'absent', { pods: [pod('shop-1')] }],
  ['roles without Kiam: left behind', 'absent', { yaml: misplaced, pods: [dependant()] }],
  [
    'roles, and only this namespace was read',
    'unknown',
    { pods: [dependant()], cluster: { context: '', server: '', version: '', scope: 'listed', namespaces: ['shop'] } },
  ],
  [
    'servers, and the agents’ namespace was not read',
    'unknown',
    {
      yaml: serverYaml(BASE) + namespaceYaml(),
      pods: [serverPod(BASE), dependant()],
      cluster: { context: '', server: '', version: '', scope: 'listed', namespaces: ['shop', 'kube-system'] },
    },
  ],
];

describe('kiam/pods-without-credentials', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  describe('never clear, mitigated or absent without', () => {
    const safe: readonly (readonly [string, SnapshotParts])[] = [
      ['all holds', kiam()],
      ['own credentials', kiam({ yaml: misplaced, pods: [serverPod(BASE), bare({}, { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' } })] })],
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

  it('the option moves the window', () => {
    const parts = kiam({ permitted: '{}', events: [event(POD, 'KiamRoleForbidden', { lastAt: minutesAgo(61) })] });
    assert.equal(judge(probe, parts).verdict, 'latent');
    assert.equal(judge(probe, parts, { window: '2h' }).verdict, 'live');
  });

  describe('what it tells', () => {
    const of = (parts: SnapshotParts): string[] => told(probe, parts);
    it('events with their text and count, and what is permitted', () => {
      const events = [
        event(POD, 'KiamRoleForbidden', { message: 'failed assuming role', count: 12 }),
        event(POD, 'KiamCredentialError', { lastAt: minutesAgo(9) }),
        event({ ...POD, kind: 'Service' }, 'KiamRoleForbidden'),
        event({ ...POD, namespace: 'pay' }, 'KiamRoleForbidden'),
      ];
      assert.deepEqual(of(kiam({ permitted: '{}', events })).slice(0, 4), [
        'live Deployment/orders',
        `  forbidden-event: orders-1 = KiamRoleForbidden: failed assuming role (× 12) (${minutesAgo(5)})`,
        `  credential-event: orders-1 = KiamCredentialError (${minutesAgo(9)})`,
        '  permitted-none: shop = iam.amazonaws.com/permitted: ',
      ]);
    });
    it('an expression that does not match, and one that nobody can tell', () => {
      assert.deepEqual(of(kiam({ permitted: '{ iam.amazonaws.com/permitted: pay }' })).slice(0, 2), [
        'latent Deployment/orders',
        '  permitted-not: shop /metadata/annotations/iam.amazonaws.com~1permitted = iam.amazonaws.com/permitted: pay',
      ]);
      assert.deepEqual(of(kiam({ permitted: '{ iam.amazonaws.com/permitted: "(?!pay).*" }' })).slice(0, 3), [
        'unknown Deployment/orders',
        '  permitted-unknown: shop /metadata/annotations/iam.amazonaws.com~1permitted = iam.amazonaws.com/permitted: (?!pay).*',
        '  ? prove-permitted',
      ]);
      assert.deepEqual(of({ ...kiam(), yaml: `${serverYaml(BASE)}${agentYaml()}` }).slice(0, 2), [
        'unknown Deployment/orders',
        '  ? prove-namespace',
      ]);
    });
    it('what Kiam said before it ended, or that nobody read it', () => {
      const pods = [serverPod(BASE), crashed(), agentPod(), dependant()];
      const ended = `  crashes: kiam-server-b = kiam: 7 restarts (${minutesAgo(2)})`;
      assert.deepEqual(of(kiam({ pods, logs: [words(crashed(), 3)] })).slice(0, 3), [
        'live DaemonSet/kiam-server',
        `  own-words: kiam-server-b = kiam/stops-at-start (${minutesAgo(3)})`,
        ended,
      ]);
      assert.deepEqual(of(kiam({ pods })).slice(0, 3), ['unknown DaemonSet/kiam-server', ended, '  ? prove-words']);
      const placed = serverPod(BASE, { name: 'kiam-server-b', ...NOT_READY }, { ...CRASHING, statusAt: '/status/containerStatuses/0' });
      assert.match(
        of(kiam({ pods: [serverPod(BASE), placed, agentPod()] }))[1] ?? '',
        /kiam-server-b \/status\/containerStatuses\/0\/restartCount = /,
      );
    });
    it('the node, its agent and who is on it', () => {
      const pods = [serverPod(BASE), agentPod(NOT_READY), ...['d', 'c', 'b', 'a'].map((n) => dependant({ name: `orders-${n}` }))];
      assert.deepEqual(of(kiam({ pods })).slice(0, 5), [
        'live Node/node-1',
        '  agent-not-ready: kiam-agent-a /status/conditions = not Ready',
        '  dependant-here: orders-a /spec/nodeName = node-1',
        '  dependant-here: orders-b /spec/nodeName = node-1',
        '  dependant-here: orders-c /spec/nodeName = node-1',
      ]);
      const soon = [serverPod(BASE), agentPod(NOT_READY, { startedAt: minutesAgo(1) }), dependant()];
      assert.ok(of(kiam({ pods: soon })).includes('  ? prove-again'));
    });
    it('the interface and the plugin, in the manifest and in old pods', () => {
      const old = agentPod({}, {}, ['--iptables', '--host-interface=!eth0']);
      assert.deepEqual(of(kiam({ yaml: AWS, pods: [serverPod(BASE), old] })).slice(0, 2), [
        'latent DaemonSet/kiam-agent',
        '  interface: kiam-agent /spec/template/spec/containers/0/args/2 = --host-interface=cali+',
      ]);
      assert.deepEqual(
        of(kiam({ yaml: AWS, agent: ['--iptables', '--host-interface=!eth0'], pods: [serverPod(BASE), agentPod()] })).slice(0, 2),
        ['latent DaemonSet/kiam-agent', '  interface: kiam-agent = --host-interface=cali+'],
      );
      assert.ok(
        of(kiam({ agent: ['--host-interface=cali+'], pods: [agentPod({}, {}, ['--host-interface=cali+'])] })).includes(
          '  ? prove-intercepted',
        ),
      );
    });
    it('a pod without its role, or with credentials of its own', () => {
      const without = of(kiam({ yaml: misplaced, pods: [serverPod(BASE), agentPod(), bare()] }));
      assert.deepEqual(without.slice(0, 3), [
        'latent Deployment/orders',
        '  without-role: orders-1 /metadata/annotations = no iam.amazonaws.com/role',
        '  ? prove-asks',
      ]);
      const own = of(kiam({ yaml: misplaced, pods: [serverPod(BASE), bare({}, { env: { AWS_ACCESS_KEY_ID: '' } })] }));
      assert.deepEqual(own.slice(0, 2), [
        'mitigated Deployment/orders',
        '  own-credentials: orders-1 /metadata/annotations = no iam.amazonaws.com/role',
      ]);
    });
    it('servers that are not Ready, one that an agent catches', () => {
      assert.deepEqual(of(kiam({ pods: [serverPod(BASE, NOT_READY), agentPod()] })).slice(0, 2), [
        'latent DaemonSet/kiam-server',
        '  server-not-ready: kiam-server-a /status/phase = Running',
      ]);
      assert.deepEqual(of(kiam({ pods: [agentPod()] })).slice(0, 2), [
        'latent DaemonSet/kiam-server',
        '  server-has-no-pods: kiam-server = 0 pods',
      ]);
      const detects = ['--role-base-arn-autodetect'];
      const caught = kiam({ server: detects, pods: [serverPod(detects, { node: 'node-1' }), agentPod()] });
      assert.deepEqual(of(caught).slice(0, 2), ['latent DaemonSet/kiam-server', '  server-caught: kiam-server-a /status/phase = Running']);
      assert.equal(judge(probe, kiam({ pods: [serverPod(BASE, { node: 'node-1' }), agentPod()] })).verdict, 'clear', 'it detects nothing');
    });
  });

  describe('actions', () => {
    const changes = (parts: SnapshotParts): (readonly [string, string | undefined])[] =>
      judge(probe, parts).subjects.flatMap(({ actions }) =>
        actions.filter(({ risk }) => risk === 'change').map(({ command, undo }) => [command, undo] as const),
      );
    it('permit exactly this role, beside those that are permitted', () => {
      assert.deepEqual(changes(kiam({ permitted: '{}' })), [
        [
          'kubectl annotate namespace shop iam.amazonaws.com/permitted=arn:aws:iam::111122223333:role/shop-orders --overwrite',
          'kubectl annotate namespace shop iam.amazonaws.com/permitted-',
        ],
      ]);
      assert.deepEqual(changes(kiam({ permitted: '{ iam.amazonaws.com/permitted: "^pay$" }', image: OLD_IMAGE })), [
        [
          "kubectl annotate namespace shop 'iam.amazonaws.com/permitted=^pay$|^shop-orders$' --overwrite",
          "kubectl annotate namespace shop 'iam.amazonaws.com/permitted=^pay$' --overwrite",
        ],
      ]);
    });
    it('nothing where servers judge differently', () => {
      assert.deepEqual(changes(kiam({ permitted: '{ iam.amazonaws.com/permitted: "pay" }', image: 'uswitch/kiam:master' })), []);
    });
    it('the running pods, then the template', () => {
      assert.deepEqual(changes(kiam({ yaml: misplaced, pods: [serverPod(BASE), agentPod(), bare()] })), [
        [
          'kubectl -n shop annotate pods -l app=orders iam.amazonaws.com/role=shop-orders',
          'kubectl -n shop annotate pods -l app=orders iam.amazonaws.com/role-',
        ],
        [
          `kubectl -n shop patch deployment orders -p '{"spec":{"template":{"metadata":{"annotations":{"iam.amazonaws.com/role":"shop-orders"}}}}}'`,
          `kubectl -n shop patch deployment orders -p '{"spec":{"template":{"metadata":{"annotations":{"iam.amazonaws.com/role":null}}}}}'`,
        ],
      ]);
    });
    it('back to what ran', () => {
      const parts = kiam({ pods: [serverPod(BASE), crashed(), agentPod(), dependant()], logs: [words(crashed(), 3)] });
      const undo = 'kubectl -n kube-system rollout undo daemonset/kiam-server';
      assert.deepEqual(changes(parts), [[undo, undo]]);
    });
  });

  it('asks for six logs at most: crashes first', () => {
    const apps = Array.from({ length: 9 }, (_, n) =>
      dependant({ name: `app-${n}`, owner: { kind: 'Deployment', namespace: 'shop', name: `app${n}` } }),
    );
    const parts = kiam({ permitted: '{}', yaml: misplaced, pods: [serverPod(BASE), crashed(), bare(), ...apps] });
    const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
    const asked = followUp(snapshotOf(parts, [probe]), settings).logs.map(
      ({ pod: name, previous }) => `${name}${previous ? ' previous' : ''}`,
    );
    assert.deepEqual(asked, ['kiam-server-b previous', 'orders-1', 'app-0', 'app-1', 'app-2', 'app-3']);
    assert.deepEqual(followUp(snapshotOf({ yaml: misplaced, pods: apps }, [probe]), settings).logs, []);
    assert.deepEqual(followUp(snapshotOf(kiam(), [probe]), settings).logs, []);
  });
});
