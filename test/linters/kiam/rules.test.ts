import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LintFinding } from '../../../src/linters/lint-result.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

async function findings(rule: string, files: Readonly<Record<string, string>>): Promise<readonly LintFinding[]> {
  return (await engineOf(files)).lint().findings.filter((finding) => finding.rule === rule);
}

/** Severity, message, fixes with their safety, and the snippet's text on one line. */
function described({ severity, messageId, fixes, snippet }: LintFinding): string {
  const offered = (fixes ?? []).map((fix) => `${fix.id}:${fix.safety}`);
  return [severity, messageId, ...offered, ...(snippet ? [snippet.text.trim().split(/\s+/).join(' ')] : [])].join(' ');
}

function deployment(name: string, settings: { own?: string; pod?: string; account?: string; namespace?: string }): string {
  const annotations = (role: string | undefined): string => (role === undefined ? '{}' : `{ iam.amazonaws.com/role: ${role} }`);
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${settings.namespace ?? 'shop'}, annotations: ${annotations(settings.own)} }
spec:
  template:
    metadata: { annotations: ${annotations(settings.pod)} }
    spec: { serviceAccountName: ${settings.account ?? 'default'}, containers: [{ name: a, image: example/a }] }
---
`;
}

describe('a role annotation that is not on the pod', () => {
  const judged = async (...objects: readonly string[]): Promise<readonly string[]> =>
    (await findings('kiam/role-annotation-misplaced', { 'a.yaml': objects.join('') })).map(described);

  it('is moved without asking, a copy removed without asking if it is the same', async () => {
    assert.deepEqual(await judged(deployment('a', { own: 'a' })), ['error workload move-to-pod:safe']);
    assert.deepEqual(await judged(deployment('a', { own: 'a', pod: 'a' })), ['hint deadCopy remove-copy:safe']);
    assert.deepEqual(await judged(deployment('a', { own: 'a', pod: 'b' })), ['hint deadCopy remove-copy:review']);
  });

  const account =
    'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, namespace: shop, annotations: { iam.amazonaws.com/role: a } }\n---\n';
  const line = 'template: metadata: annotations: iam.amazonaws.com/role: a';

  it('on a ServiceAccount is judged by the pods that use it', async () => {
    assert.deepEqual(await judged(account, deployment('a', { account: 'a' })), [`error owner ${line}`]);
    assert.deepEqual(await judged(account), [`warning owner ${line}`]);
    const others = [deployment('b', { account: 'b' }), deployment('c', { account: 'a', namespace: 'other' })];
    assert.deepEqual(await judged(account, deployment('a', { account: 'a', pod: 'a' }), ...others), ['hint deadCopy']);
    const both = [deployment('a', { account: 'a', pod: 'a' }), deployment('b', { account: 'a' })];
    assert.deepEqual(await judged(account, ...both), [`error owner ${line}`]);
  });

  it('on a Namespace is judged by the pods in it', async () => {
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, annotations: { iam.amazonaws.com/role: a } }\n---\n';
    assert.deepEqual(await judged(namespace, deployment('a', { pod: 'a' }), deployment('b', { namespace: 'other' })), ['hint deadCopy']);
    assert.deepEqual(await judged(namespace, deployment('a', {})), [`error owner ${line}`]);
  });
});

function server(tag: string, ...args: readonly string[]): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: kiam }\nspec:\n  containers:\n    - { name: kiam, image: "uswitch/kiam:${tag}", args: ${JSON.stringify(['server', ...args])} }\n---\n`;
}

/** The only finding: severity, message, data, the underlined text. */
async function window(files: Readonly<Record<string, string>>): Promise<unknown> {
  const [finding, ...others] = await findings('kiam/session-window', files);
  assert.equal(others.length, 0);
  return finding && [finding.severity, finding.messageId, finding.data, textOf(finding.at)];
}

describe('the life that Kiam leaves', () => {
  const dependant = deployment('orders', { pod: 'orders' }).replace('example/a', 'registry.example.com/orders:1');
  const go = { 'orders/go.mod': 'module example.com/orders\n\ngo 1.22\n\nrequire github.com/aws/aws-sdk-go v1.44.0\n' };
  const java = {
    'orders/pom.xml':
      '<project><groupId>a</groupId><artifactId>orders</artifactId><version>1</version><dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>aws-java-sdk-s3</artifactId><version>1.11.634</version></dependency></dependencies></project>',
  };

  it('is told with the SDK and its window', async () => {
    const at2m = server('v3.6', '--session-refresh=2m') + dependant;
    const sdk = 'AWS SDK for Go v1 v1.44.0';
    assert.deepEqual(await window({ 'a.yaml': at2m, ...go }), ['error', 'storm', { low: '2m', sdk, window: '5m' }, '2m']);
    const at5m = server('v3.6') + dependant;
    const storm = ['error', 'storm', { low: '5m', sdk: 'AWS SDK for Java v1 1.11.634', window: '15m' }, 'v3.6'];
    assert.deepEqual(await window({ 'a.yaml': at5m, ...java }), storm);
  });

  it('counts as the worst of the versions that it may be', async () => {
    // 3.0 leaves 5m, 2.7 leaves 10m.
    const some = server('master', '--session-duration=20m');
    assert.deepEqual(await window({ 'a.yaml': some }), ['warning', 'window', { low: '5m' }, '20m']);
    const maybe = server('master', '--session-duration=60m');
    assert.deepEqual(await window({ 'a.yaml': maybe }), ['information', 'maybe', { low: '5m' }, '60m']);
    assert.deepEqual(await window({ 'a.yaml': maybe + dependant, ...java }), ['warning', 'maybe', { low: '5m' }, '60m']);
  });

  it('is an error below 15m for a storm, whoever else depends on it', async () => {
    const at12m = server('v3.6', '--session-duration=60m', '--session-refresh=12m');
    const storm = ['error', 'storm', { low: '12m', sdk: 'AWS SDK for Java v1 1.11.634', window: '15m' }, '12m'];
    assert.deepEqual(await window({ 'a.yaml': at12m + dependant, ...java }), storm);
    // The same code as a weaker join, in units before and behind.
    const elsewhere = { 'a/other.yaml': dependant, 'z/other.yaml': dependant };
    assert.deepEqual(await window({ 'k/a.yaml': at12m + dependant, ...elsewhere, ...java }), storm);
    assert.deepEqual(await window({ 'k/a.yaml': at12m, ...elsewhere, ...java }), ['warning', ...storm.slice(1)]);
  });

  it('is not called safe while the code of a dependant isn’t known', async () => {
    assert.deepEqual(await window({ 'a.yaml': server('v3.6') + dependant, ...go }), [
      'information',
      'safe',
      { low: '5m', count: 1 },
      'v3.6',
    ]);
    assert.deepEqual(await window({ 'a.yaml': server('v3.6') + dependant }), ['warning', 'window', { low: '5m' }, 'v3.6']);
  });

  it('is no error for code that gives its clients keys', async () => {
    const at5m = server('v3.6') + dependant;
    const source = (text: string): Readonly<Record<string, string>> => ({
      'orders/src/Main.java': `class Main { String key = System.getenv("KEY"); ${text} }\n`,
    });
    const keys = source('Object a = new AWSStaticCredentialsProvider(new BasicAWSCredentials(key, key));');
    assert.deepEqual(await window({ 'a.yaml': at5m, ...java, ...keys }), ['warning', 'window', { low: '5m' }, 'v3.6']);
    assert.deepEqual(await findings('aws/sdk-refresh-window', { 'a.yaml': at5m, ...java, ...keys }), []);
    const both = source('Object a = new BasicAWSCredentials(key, key), b = new DefaultAWSCredentialsProviderChain();');
    assert.equal((await findings('aws/sdk-refresh-window', { 'a.yaml': at5m, ...java, ...both })).length, 1);
  });
});

describe('Kiam by its chart', () => {
  const chart = 'https://uswitch.github.io/kiam-helm-charts/charts/';
  it('in Terraform, helmfile and kustomize', async () => {
    const terraform = `resource "helm_release" "kiam" {
  name       = "kiam"
  repository = "${chart}"
  chart      = "kiam"
  version    = "6.1.2"
  set {
    name  = "server.sessionDuration"
    value = "60m"
  }
}
`;
    assert.deepEqual(await window({ 'main.tf': terraform }), ['warning', 'window', { low: '5m' }, '60m']);
    const helmfile = `repositories: [{ name: uswitch, url: "${chart}" }]
releases:
  - name: kiam
    chart: uswitch/kiam
    version: 6.1.2
    values:
      - server: { sessionDuration: 30m }
`;
    assert.deepEqual(await window({ 'helmfile.yaml': helmfile }), ['warning', 'window', { low: '5m' }, '30m']);
  });
});
