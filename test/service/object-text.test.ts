import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liveObject } from '../../src/diagnosis/live-object.ts';
import { objectText } from '../../src/service/object-text.ts';
import { container, minutesAgo, pod, snapshotOf } from '../diagnosis/snapshot-of.ts';

const YAML = `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: edge, name: kong, labels: { "app.kubernetes.io/name": kong } }
spec: { template: { spec: { containers: [{ name: proxy, image: "kong:2.2.0" }] } } }`;

/** What the range of a pointer covers. */
function selected(given: ReturnType<typeof objectText>): string {
  assert.ok(given);
  const { start, end } = given.range;
  const lines = given.text.split('\n');
  if (start.line === end.line) return (lines[start.line] ?? '').slice(start.character, end.character);
  return lines.slice(start.line, end.line + 1).join('\n');
}

describe('live objects as documents', () => {
  const killed = { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(40) };
  const states = [
    container({ name: 'agent', statusAt: '/status/containerStatuses/1' }),
    container({ name: 'proxy', statusAt: '/status/containerStatuses/0', restarts: 9, lastTermination: killed, memoryLimitMiB: 4096 }),
    container({
      name: 'setup',
      role: 'init',
      statusAt: '/status/initContainerStatuses/0',
      state: 'terminated',
      termination: { reason: 'Completed', exitCode: 0 },
    }),
  ];
  const snapshot = snapshotOf({
    yaml: YAML,
    pods: [pod('kong-a', { namespace: 'edge', containers: states })],
    replicaSets: [{ namespace: 'edge', name: 'kong-1', createdAt: minutesAgo(5), replicas: 1 }],
    nodes: [{ name: 'node-1', kubeletVersion: 'v1.36.0', operatingSystem: 'linux', architecture: 'amd64', ready: true }],
  });
  const textOf = (kind: string, name: string, pointer: string, namespace = 'edge') =>
    objectText(liveObject(snapshot, { kind, namespace, name }), pointer);

  it('an object as it was kept, the place of a pointer found', () => {
    assert.equal(selected(textOf('Deployment', 'kong', '/spec/template/spec/containers/0/image')), 'kong:2.2.0');
    assert.equal(selected(textOf('Deployment', 'kong', '/metadata/labels/app.kubernetes.io~1name')), 'kong');
  });

  it('a pod in the shape that pointers of evidence have, containers where the kubelet reports them', () => {
    assert.equal(selected(textOf('Pod', 'kong-a', '/status/containerStatuses/0/lastState/terminated/reason')), 'OOMKilled');
    assert.equal(selected(textOf('Pod', 'kong-a', '/status/containerStatuses/0/restartCount')), '9');
    assert.equal(selected(textOf('Pod', 'kong-a', '/status/containerStatuses/1/name')), 'agent');
    assert.equal(selected(textOf('Pod', 'kong-a', '/status/initContainerStatuses/0/state/terminated/reason')), 'Completed');
    assert.equal(selected(textOf('Pod', 'kong-a', '/spec/containers/1/resources/limits/memory')), '4096Mi');
  });

  it('a pointer that leads too far selects the nearest place above', () => {
    assert.equal(selected(textOf('Deployment', 'kong', '/spec/template/spec/containers/0/image/x')), 'kong:2.2.0');
    assert.equal(selected(textOf('Deployment', 'kong', '/nothing/here')), '');
  });

  it('nodes and ReplicaSets too; of another namespace and of what was not kept there is nothing', () => {
    assert.equal(selected(textOf('Node', 'node-1', '/status/kubeletVersion', '')), 'v1.36.0');
    assert.ok(textOf('ReplicaSet', 'kong-1', ''));
    assert.equal(textOf('Pod', 'kong-a', '', 'shop'), undefined);
    assert.equal(textOf('Secret', 'x', ''), undefined);
  });
});
