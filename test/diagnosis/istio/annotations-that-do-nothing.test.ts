import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { annotationsThatDoNothing as probe } from '../../../src/linters/istio/probes/annotations-that-do-nothing.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { eventState } from '../../../src/snapshot/events.ts';
import type { EventState, ReplicaSetState } from '../../../src/snapshot/snapshot.ts';
import { checkMessages, checkSaid } from '../grpc/said.ts';
import { container, judge, minutesAgo, pod, type SnapshotParts } from '../snapshot-of.ts';
import { orders, ordersPod, type OrdersPod, type Shop } from './mesh-cluster.ts';

const EXCLUDE = 'traffic.sidecar.istio.io/excludeOutboundPorts';

/** As the ReplicaSet controller words it, and the snapshot keeps it. */
function refusal(
  value: string,
  minutes: number,
  kind = 'ReplicaSet',
  name = 'orders-2',
  webhook = 'namespace.sidecar-injector.istio.io',
): EventState {
  const raw = {
    reason: 'FailedCreate',
    type: 'Warning',
    count: 14,
    lastTimestamp: minutesAgo(minutes),
    involvedObject: { kind, namespace: 'shop', name },
    message: `Error creating: admission webhook "${webhook}" denied the request: failed to run injection template: 1 error occurred:\n\t* invalid value '${value}' for annotation '${EXCLUDE}': excludeOutboundPorts invalid: failed parsing port '${value}': failed parsing port '${value}': strconv.ParseUint: parsing "${value}": invalid syntax\n\n`,
  };
  const state = eventState(raw);
  if (!state) throw new Error('the event is not kept');
  return state;
}

const replicaSet = (name: string, revision: number): ReplicaSetState => ({
  namespace: 'shop',
  name,
  owner: { kind: 'Deployment', namespace: 'shop', name: 'orders' },
  createdAt: minutesAgo(60),
  revision,
  replicas: 1,
});
const SETS = [replicaSet('orders-1', 1), replicaSet('orders-2', 2)];

function shop(over: Shop & { readonly pod?: OrdersPod } = {}, parts: SnapshotParts = {}): SnapshotParts {
  const { pod: own, ...manifest } = over;
  return { pods: [ordersPod(own)], replicaSets: SETS, ...parts, yaml: orders(manifest) + (parts.yaml ?? '') };
}

const RANGE = { podAnnotations: `${EXCLUDE}: 3306-3308` };
const MISPLACED = { annotations: `${EXCLUDE}: "3307"` };
const PLAIN = ordersPod({ containers: [container()] });

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['a pod is refused', 'live', shop(RANGE, { events: [refusal('3306-3308', 5)] })],
  ['of a StatefulSet', 'live', shop(RANGE, { events: [refusal('3306-3308', 5, 'StatefulSet', 'db')] })],
  [
    'and ReplicaSets can’t be listed',
    'live',
    shop(RANGE, { replicaSets: [], events: [refusal('3306-3308', 5, 'ReplicaSet', 'orders-5d9f7c6b4')] }),
  ],
  [
    'by the webhook of a revision',
    'live',
    shop(RANGE, { events: [refusal('x', 5, 'ReplicaSet', 'orders-2', 'rev.object.sidecar-injector.istio.io')] }),
  ],
  ['a value that no rule knows as wrong', 'live', shop({}, { events: [refusal('x', 5)] })],
  ['the last try is an hour ago', 'latent', shop(RANGE, { events: [refusal('3306-3308', 60)] })],
  ['another template has replaced it', 'clear', shop({}, { events: [refusal('3306-3308', 5, 'ReplicaSet', 'orders-1')] })],
  ['a pod came since', 'clear', shop({ pod: { via: 'orders-2', createdAt: minutesAgo(2) } }, { events: [refusal('3306-3308', 5)] })],
  [
    'a pod of the old template came since',
    'live',
    shop({ pod: { via: 'orders-1', createdAt: minutesAgo(2) } }, { events: [refusal('3306-3308', 5)] }),
  ],
  ['another webhook', 'clear', shop({}, { events: [refusal('x', 5, 'ReplicaSet', 'orders-2', 'policy.example.com')] })],
  [
    'the injector can’t be reached',
    'clear',
    shop(
      {},
      {
        events: [
          { ...refusal('x', 5), message: 'Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": timeout' },
        ],
      },
    ),
  ],
  ['on the controller, and the pods lack it', 'live', shop(MISPLACED)],
  ['on the controller, and the pods have another list', 'live', shop({ ...MISPLACED, pod: { annotations: { [EXCLUDE]: '6379' } } })],
  [
    'on the controller, and the pods have it mesh-wide',
    'mitigated',
    shop({ ...MISPLACED, pod: { annotations: { [EXCLUDE]: '6379,3307' } } }),
  ],
  ['on the controller, and the pods have no sidecar', 'latent', shop(MISPLACED, { pods: [PLAIN] })],
  ['on the controller, and nothing runs', 'latent', shop(MISPLACED, { pods: [] })],
  ['on the controller, and the pods don’t come up', 'latent', shop({ ...MISPLACED, pod: { phase: 'Pending' } })],
  ['asks for no sidecar, and there is one', 'live', shop({ annotations: 'sidecar.istio.io/inject: "false"' })],
  ['asks for no sidecar, and there is none', 'mitigated', shop({ annotations: 'sidecar.istio.io/inject: "false"' }, { pods: [PLAIN] })],
  ['asks for a sidecar, and there is none', 'live', shop({ annotations: 'sidecar.istio.io/inject: "true"' }, { pods: [PLAIN] })],
  ['asks for a sidecar, and there is one', 'mitigated', shop({ annotations: 'sidecar.istio.io/inject: "true"' })],
  ['a misspelt one', 'latent', shop({ podAnnotations: 'sidecar.istio.io/excludeOutboundPorts: "3307"' })],
  ['a range, nothing refused yet', 'latent', shop(RANGE)],
  ['an address without its length', 'latent', shop({ podAnnotations: 'traffic.sidecar.istio.io/excludeOutboundIPRanges: 10.0.0.1' })],
  ['right ones', 'clear', shop({ podAnnotations: `${EXCLUDE}: "3306,3307"` })],
  ['no annotation at all', 'clear', shop()],
  ['no Istio', 'absent', { pods: [pod('shop-1')], outcomes: { 'destinationrules.networking.istio.io': 'absent' } }],
  [
    'no Istio, and annotations for it',
    'absent',
    { ...shop(MISPLACED, { pods: [PLAIN] }), outcomes: { 'destinationrules.networking.istio.io': 'absent' } },
  ],
  [
    'nobody knows whether Istio is there',
    'unknown',
    { pods: [pod('shop-1')], outcomes: { 'destinationrules.networking.istio.io': 'not-asked' } },
  ],
];

describe('istio/annotations-that-do-nothing', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('both languages say the same', () => checkMessages(probe));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['right ones', shop({ podAnnotations: `${EXCLUDE}: "3306,3307"` })],
    ['fulfilled', shop({ annotations: 'sidecar.istio.io/inject: "true"' })],
    ['no Istio', { pods: [pod('shop-1')] }],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } }).verdict, 'unknown');
      });
    }
  }

  it('a refusal is shown with what to write instead, and with the way back', () => {
    const [subject] = judge(probe, shop(RANGE, { events: [refusal('3306-3308', 5)] })).subjects;
    assert.deepEqual(subject?.object, { kind: 'Deployment', namespace: 'shop', name: 'orders' });
    const [event] = subject?.evidence ?? [];
    assert.equal(event?.object.name, 'orders-2');
    assert.match(event?.value ?? '', /denied the request.*invalid value '3306-3308' for annotation .* \(× 14\)$/);
    const annotation = (text: string): string =>
      `kubectl -n shop patch deployment orders -p '{"spec":{"template":{"metadata":{"annotations":{"${EXCLUDE}":"${text}"}}}}}'`;
    assert.deepEqual(
      subject?.actions.map(({ command, undo, risk }) => [risk, command, undo]),
      [
        ['read', 'kubectl -n shop get events --field-selector reason=FailedCreate', undefined],
        ['change', annotation('3306,3307,3308'), annotation('3306-3308')],
        ['change', 'kubectl -n shop rollout undo deployment/orders', 'kubectl -n shop rollout undo deployment/orders --to-revision=2'],
      ],
    );
  });

  it('an ignored annotation goes to the pod template, injection as a label', () => {
    const commands = (over: Shop): (string | undefined)[] =>
      judge(probe, shop(over)).subjects.flatMap(({ actions }) => actions.flatMap(({ command, undo }) => [command, undo]));
    const patch = (metadata: string): string =>
      `kubectl -n shop patch deployment orders -p '{"spec":{"template":{"metadata":${metadata}}}}'`;
    assert.deepEqual(commands(MISPLACED), [patch(`{"annotations":{"${EXCLUDE}":"3307"}}`), patch(`{"annotations":{"${EXCLUDE}":null}}`)]);
    assert.deepEqual(commands({ annotations: 'sidecar.istio.io/inject: "false"' }), [
      patch('{"labels":{"sidecar.istio.io/inject":"false"}}'),
      patch('{"labels":{"sidecar.istio.io/inject":null}}'),
    ]);
  });

  it('the evidence of an ignored annotation is the place and a pod', () => {
    const [subject] = judge(probe, shop(MISPLACED)).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ object, pointer, explains }) => [object.kind, pointer, explains.messageId]),
      [
        ['Deployment', '/metadata/annotations/traffic.sidecar.istio.io~1excludeOutboundPorts', 'misplaced-ignored'],
        ['Pod', '/metadata/annotations', 'pod-lacks'],
      ],
    );
  });

  it('the window is an option', () => {
    const parts = shop({}, { events: [refusal('3306-3308', 60)] });
    assert.equal(judge(probe, parts).verdict, 'clear');
    assert.equal(judge(probe, parts, { window: '2h' }).verdict, 'live');
  });
});
