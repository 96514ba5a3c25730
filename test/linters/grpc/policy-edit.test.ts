import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineOf } from '../../helpers/engine.ts';

/** Where round_robin is written into a channel of each language, over a headless Service, where nothing else is missing. */
const HEADLESS =
  'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { clusterIP: None, selector: { app: orders }, ports: [{ port: 9090 }] }\n---\n' +
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: 3, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n';

/** The program after the fix; the reason where none is offered. */
async function mended(path: string, code: string): Promise<string | undefined> {
  const { findings } = (await engineOf({ [path]: code, 'k8s.yaml': HEADLESS })).lint();
  const finding = findings.find(({ rule }) => rule === 'grpc/headless-pick-first');
  const [fix] = finding?.fixes ?? [];
  if (!fix) return finding?.snippet?.reasonId;
  let text = code;
  for (const change of fix.changes) {
    if (change.change === 'replace-text') text = text.slice(0, change.at.start) + change.text + text.slice(change.at.end);
  }
  return text;
}

const CONFIG = '{"loadBalancingConfig":[{"round_robin":{}}]';

function go(...options: readonly string[]): string {
  const all = ['grpc.WithTransportCredentials(insecure.NewCredentials())', ...options].join(', ');
  return `package main\n\nimport (\n\t"google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n)\n\nvar orders, err = grpc.NewClient("orders:9090", ${all})\n`;
}

describe('Go', () => {
  it('an empty service config', async () =>
    assert.equal(await mended('main.go', go('grpc.WithDefaultServiceConfig(`{}`)')), go(`grpc.WithDefaultServiceConfig(\`${CONFIG}}\`)`)));
  it('a service config that speaks of a service of that name', async () => {
    const rest = '"methodConfig":[{"name":[{"service":"shop.LoadBalancing"}]}]}';
    assert.equal(
      await mended('main.go', go(`grpc.WithDefaultServiceConfig(\`{${rest}\`)`)),
      go(`grpc.WithDefaultServiceConfig(\`${CONFIG},${rest}\`)`),
    );
  });
  it('a service config between double quotes', async () =>
    assert.equal(await mended('main.go', go('grpc.WithDefaultServiceConfig("{}")')), 'by-hand'));
  it('a service config in pieces', async () =>
    assert.equal(await mended('main.go', go('grpc.WithDefaultServiceConfig(`{"methodConfig":` + `[]}`)')), 'by-hand'));
  it('the package imported into the file’s own names', async () => {
    const dotted = (option = ''): string =>
      `package main\n\nimport (\n\t. "google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n)\n\nvar orders, err = NewClient("orders:9090", WithTransportCredentials(insecure.NewCredentials())${option})\n`;
    assert.equal(await mended('main.go', dotted()), dotted(`, WithDefaultServiceConfig(\`${CONFIG}}\`)`));
  });
});

it('Java: a service config stays beside the policy', async () => {
  const java = (policy = ''): string =>
    `package shop;\n\nimport io.grpc.ManagedChannel;\nimport io.grpc.ManagedChannelBuilder;\nimport java.util.Map;\n\nclass Clients {\n  static ManagedChannel connect() {\n    return ManagedChannelBuilder.forTarget("orders:9090").defaultServiceConfig(Map.of("retryThrottling", Map.of("maxTokens", 10.0))).usePlaintext()${policy}.build();\n  }\n}\n`;
  assert.equal(await mended('Clients.java', java()), java('.defaultLoadBalancingPolicy("round_robin")'));
});

it('Python: a service config between double quotes', async () =>
  assert.equal(
    await mended('main.py', 'import grpc\n\nchannel = grpc.insecure_channel("orders:9090", options=[("grpc.service_config", "{}")])\n'),
    'by-hand',
  ));
