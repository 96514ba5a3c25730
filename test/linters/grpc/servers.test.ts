import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** What the code behind a Service says of the age of connections, by what is found of a client that is pinned to a pod. */
const CLIENT = 'import os\nimport grpc\n\nchannel = grpc.insecure_channel(os.environ["ORDERS_ADDR"])\n';
const MANIFESTS =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: "example/web:1", env: [{ name: ORDERS_ADDR, value: "orders:9090" }] }] } } }\n---\n' +
  'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { selector: { app: orders }, ports: [{ name: grpc, port: 9090 }] }\n---\n' +
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: 3, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n';

async function said(server: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { findings } = (await engineOf({ 'web/main.py': CLIENT, 'k8s.yaml': MANIFESTS, ...server })).lint();
  const finding = findings.find(({ rule }) => rule === 'grpc/clusterip-pinned');
  const age = finding?.related?.find(({ messageId }) => messageId === 'age');
  return age ? `${finding?.messageId} ${textOf(age.at)}` : finding?.messageId;
}

const POM =
  '<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>shop</groupId><artifactId>orders</artifactId><version>1</version>\n  <dependencies><dependency><groupId>net.devh</groupId><artifactId>grpc-server-spring-boot-starter</artifactId><version>3.1.0.RELEASE</version></dependency></dependencies>\n</project>\n';

function spring(properties: string): Readonly<Record<string, string>> {
  return {
    'orders/pom.xml': POM,
    'orders/src/main/java/shop/Orders.java': 'class Orders { String home = System.getenv("ORDERS_HOME"); }\n',
    'orders/src/main/resources/application.properties': properties,
  };
}

describe('the age of connections', () => {
  it('of the second server in a program', async () => {
    const servers = 'import grpc\n\na = grpc.server(pool)\nb = grpc.server(pool, options=[("grpc.max_connection_age_ms", 300000)])\n';
    assert.match((await said({ 'orders/main.py': servers })) ?? '', /^aged .*300000/);
  });
  it('among Spring’s properties', async () => {
    assert.equal(await said(spring('grpc.server.max-connection-age=5m\ngrpc.server.port=9090\n')), 'aged 5m');
  });
  it('is none of Spring’s other properties', async () => {
    assert.equal(await said(spring('grpc.server.port=9090\nspring.application.name=orders\n')), 'many');
  });
});
