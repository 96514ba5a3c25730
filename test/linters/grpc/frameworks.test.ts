import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** Clients that a framework makes from its settings, and targets that a program takes from them. */
type Files = Readonly<Record<string, string>>;

function pom(...artifacts: readonly string[]): string {
  const dependencies = artifacts.map((one) => {
    const [group, artifact] = one.split(':');
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>1.0.0</version></dependency>\n`;
  });
  return `<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>shop</groupId><artifactId>web</artifactId><version>1</version>\n  <dependencies>\n${dependencies.join('')}  </dependencies>\n</project>\n`;
}

const NET_DEVH = 'net.devh:grpc-client-spring-boot-starter';
const SPRING_GRPC = 'org.springframework.grpc:spring-grpc-spring-boot-starter';
const QUARKUS = 'io.quarkus:quarkus-grpc';
const DISCOVERY = 'org.springframework.cloud:spring-cloud-starter-netflix-eureka-client';

function server(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: ${name} }, ports: [{ name: grpc, port: 9090 }] }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name} }\nspec: { replicas: 3, template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: ${name}, image: "example/${name}:1" }] } } }\n---\n`;
}

function web(container = ''): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: "example/web:1", ${container} }] } } }\n---\n`;
}

const SHOP = web() + server('orders');

/** A program of `web/` with its settings, and the shop. */
function program(artifacts: readonly string[], properties: string, more: Files = {}): Files {
  return { 'web/pom.xml': pom(...artifacts), 'web/src/main/resources/application.properties': properties, 'k8s.yaml': SHOP, ...more };
}

/** Rule, message and place of what is found. */
async function found(files: Files): Promise<string[]> {
  const { findings } = (await engineOf(files)).lint();
  return findings
    .filter(({ rule }) => rule.startsWith('grpc/'))
    .map(({ rule, messageId, at, fixes, snippet }) =>
      [rule.slice(5), messageId, textOf(at), fixes?.[0]?.id ?? snippet?.reasonId ?? ''].join(' ').trim(),
    );
}

const ORDERS = 'grpc.client.orders.address=dns:///orders:9090\n';
const PLAIN = 'grpc.client.orders.negotiation-type=plaintext\n';
const OVER = 'round-robin-over-clusterip many dns:///orders:9090';

const CASES: readonly (readonly [title: string, expected: readonly string[], files: Files])[] = [
  ['a Spring starter has round_robin, and TLS unless it is told otherwise', [`${OVER} with-tls`], program([NET_DEVH], ORDERS)],
  ['its plain text', [`${OVER} headless-twin`], program([NET_DEVH], ORDERS + PLAIN)],
  ['another client’s plain text', [`${OVER} with-tls`], program([NET_DEVH], `${ORDERS}grpc.client.basket.negotiation-type=plaintext\n`)],
  [
    'plain text for all clients',
    [`${OVER} headless-twin`],
    program([NET_DEVH], `${ORDERS}grpc.client.GLOBAL.negotiation-type=plaintext\n`),
  ],
  [
    'pick_first as set',
    ['clusterip-pinned many dns:///orders:9090 by-hand'],
    program([NET_DEVH], `${ORDERS}${PLAIN}grpc.client.orders.default-load-balancing-policy=pick_first\n`),
  ],
  [
    'a policy that a template fills in may be any',
    ['clusterip-pinned many dns:///orders:9090 with-tls'],
    {
      ...program([NET_DEVH], ''),
      'web/src/main/resources/application.yml':
        'grpc:\n  client:\n    orders:\n      address: dns:///orders:9090\n      default-load-balancing-policy: {{ policy }}\n',
    },
  ],
  [
    'an address that a template fills in',
    [],
    {
      ...program([NET_DEVH], ''),
      'web/src/main/resources/application.yml': 'grpc:\n  client:\n    orders:\n      address: http://{{ orders_host }}:9090\n',
    },
  ],
  [
    'a profile with an address has its own policy',
    ['clusterip-pinned many dns:///orders:9090 by-hand', `${OVER} headless-twin`],
    program([NET_DEVH], `${ORDERS}${PLAIN}grpc.client.orders.default-load-balancing-policy=round_robin\n`, {
      'web/src/main/resources/application-canary.properties': `${ORDERS}${PLAIN}grpc.client.orders.default-load-balancing-policy=pick_first\n`,
    }),
  ],
  [
    'spring-grpc speaks plain text',
    [`${OVER} headless-twin`],
    program([SPRING_GRPC], 'spring.grpc.client.channels.orders.address=dns:///orders:9090\n'),
  ],
  [
    'spring-grpc with TLS',
    [`${OVER} with-tls`],
    program(
      [SPRING_GRPC],
      'spring.grpc.client.channels.orders.address=dns:///orders:9090\nspring.grpc.client.channels.orders.negotiation-type=TLS\n',
    ),
  ],
  [
    'spring-grpc doesn’t read what was net.devh’s',
    [`${OVER} headless-twin`],
    program(
      [SPRING_GRPC],
      'spring.grpc.client.channels.orders.address=dns:///orders:9090\ngrpc.client.GLOBAL.default-load-balancing-policy=pick_first\n',
    ),
  ],
  [
    'Quarkus: the port stands apart',
    ['clusterip-pinned many orders with-tls'],
    program([QUARKUS], 'quarkus.grpc.clients.orders.host=orders\nquarkus.grpc.clients.orders.port=9090\n'),
  ],
  [
    'Quarkus: plain text',
    ['clusterip-pinned many orders by-hand'],
    program(
      [QUARKUS],
      'quarkus.grpc.clients.orders.host=orders\nquarkus.grpc.clients.orders.port=9090\nquarkus.grpc.clients.orders.plain-text=true\n',
    ),
  ],
  [
    'Quarkus: a port that isn’t the Service’s',
    [],
    program([QUARKUS], 'quarkus.grpc.clients.orders.host=orders\nquarkus.grpc.clients.orders.port=9999\n'),
  ],
  ['Quarkus: 9000 where no port is set', [], program([QUARKUS], 'quarkus.grpc.clients.orders.host=orders\n')],
  ['a registry takes names without a scheme', [], program([NET_DEVH, DISCOVERY], 'grpc.client.orders.address=orders:9090\n')],
  ['a registry leaves dns:/// alone', [`${OVER} headless-twin`], program([NET_DEVH, DISCOVERY], ORDERS + PLAIN)],
  [
    'a file that is no application’s',
    [],
    program([NET_DEVH], '', {
      'web/docs/example.properties': ORDERS,
      'web/docs/sample.yaml': 'grpc.client.orders.address: dns:///orders:9090\n',
    }),
  ],
  ['a copy that the build left', [], program([NET_DEVH], '', { 'web/target/classes/application.properties': ORDERS })],
  [
    'a program in the root folder',
    [`${OVER} with-tls`],
    {
      'pom.xml': pom(NET_DEVH),
      'src/main/resources/application.properties': ORDERS,
      'build/resources/main/application.properties': ORDERS,
      'k8s/all.yaml': SHOP,
    },
  ],
  [
    'nobody sets the variable: the placeholder’s default',
    ['round-robin-over-clusterip many ${ORDERS_ADDR:dns:///orders:9090} headless-twin'],
    program([NET_DEVH], `grpc.client.orders.address=\${ORDERS_ADDR:dns:///orders:9090}\n${PLAIN}`),
  ],
  [
    'the pod sets the variable of a placeholder',
    ['round-robin-over-clusterip many ${ORDERS_ADDR} headless-twin'],
    {
      ...program([NET_DEVH], `grpc.client.orders.address=\${ORDERS_ADDR}\n${PLAIN}`),
      'k8s.yaml': web('env: [{ name: ORDERS_ADDR, value: "dns:///orders:9090" }]') + server('orders'),
    },
  ],
  [
    'another property in a placeholder isn’t followed',
    [],
    program([NET_DEVH], `grpc.client.orders.address=dns:///\${orders.host:orders}:9090\norders.host=basket\n${PLAIN}`),
  ],
  [
    'nor is a placeholder in a placeholder',
    [],
    program([NET_DEVH], 'grpc.client.orders.address=http://${ORDERS_HOST:${SHOP_HOST:orders}}:9090\n'),
  ],
  ['a URL', ['target-http-url literal http:// strip-scheme'], program([NET_DEVH], 'grpc.client.orders.address=http://orders:9090\n')],
  [
    'a URL whose host the pod sets',
    ['target-http-url given http:// in-pieces'],
    {
      ...program([NET_DEVH], 'grpc.client.orders.address=http://${ORDERS_HOST}:9090\n'),
      'k8s.yaml': web('env: [{ name: ORDERS_HOST, value: orders }]') + server('orders'),
    },
  ],
  [
    'a URL in pieces',
    ['target-http-url given http:// in-pieces'],
    program([NET_DEVH], 'grpc.client.orders.address=http://${ORDERS_HOST:orders}:9090\n'),
  ],
];

for (const [title, expected, files] of CASES) it(title, async () => assert.deepEqual(await found(files), expected));

describe('a program that nobody is known to run', () => {
  const elsewhere = (properties: string): Files => ({
    'tools/web/pom.xml': pom(NET_DEVH),
    'tools/web/src/main/resources/application.properties': properties,
    'k8s/all.yaml': server('orders'),
  });
  it('is judged where its Service is', async () => assert.deepEqual(await found(elsewhere(ORDERS)), [`${OVER} with-tls`]));
  it('is not where a variable is part of the name', async () =>
    assert.deepEqual(await found(elsewhere('grpc.client.orders.address=dns:///orders${SUFFIX}:9090\n')), []));
  it('is not where the name is another’s', async () =>
    assert.deepEqual(await found(elsewhere('grpc.client.orders.address=dns:///orders.example.com:9090\n')), []));
});

describe('Spring’s @Value', () => {
  const java = (placeholder: string): string =>
    `package shop;\n\nimport io.grpc.ManagedChannel;\nimport io.grpc.ManagedChannelBuilder;\nimport org.springframework.beans.factory.annotation.Value;\n\nclass Clients {\n  @Value("${placeholder}")\n  String address;\n\n  ManagedChannel connect() {\n    return ManagedChannelBuilder.forTarget(address).usePlaintext().build();\n  }\n}\n`;
  const shop = (properties: string, placeholder = '${orders.address}', more: Files = {}): Files =>
    program(['io.grpc:grpc-netty'], properties, { 'web/src/main/java/shop/Clients.java': java(placeholder), ...more });
  const PINNED = 'clusterip-pinned many address headless-twin';

  it('takes the value of its key', async () =>
    assert.deepEqual(await found(shop('users.address=users:9090\norders.address=orders:9090\n')), [PINNED]));
  it('takes no other key’s', async () => assert.deepEqual(await found(shop('users.address=orders:9090\norders.address=users:9090\n')), []));
  it('takes the default where the key is not set', async () =>
    assert.deepEqual(await found(shop('users.address=users:9090\n', '${orders.address:orders:9090}')), [
      'clusterip-pinned many address by-hand',
    ]));
  it('says nothing where no settings were seen', async () => assert.deepEqual(await found(shop('', '${orders.address:orders:9090}')), []));
  it('says nothing where profiles differ', async () =>
    assert.deepEqual(
      await found(
        shop('orders.address=users:9090\n', undefined, {
          'web/src/main/resources/application-prod.properties': 'orders.address=orders:9090\n',
        }),
      ),
      [],
    ));
  it('takes what profiles agree on', async () =>
    assert.deepEqual(
      await found(
        shop('orders.address=orders:9090\n', undefined, {
          'web/src/main/resources/application-prod.properties': 'orders.address=orders:9090\n',
        }),
      ),
      [PINNED],
    ));
  it('doesn’t follow a placeholder', async () => assert.deepEqual(await found(shop('orders.address=http://${ORDERS_HOST}:9090\n')), []));
  it('takes no value that a template fills in', async () =>
    assert.deepEqual(
      await found(shop('', undefined, { 'web/src/main/resources/application.yml': 'orders.address: http://{{ orders }}:9090\n' })),
      [],
    ));
  it('gives way to the environment', async () => {
    const set = { 'k8s.yaml': web('env: [{ name: ORDERS_ADDRESS, value: "orders:9090" }]') + server('orders') };
    assert.deepEqual(await found(shop('orders.address=users:9090\n', undefined, set)), [PINNED]);
  });
  it('in one container and not in the other: both values are one finding', async () => {
    const env = 'env: [{ name: ORDERS_ADDRESS, value: "orders:9090" }]';
    const manifests = web(env) + web().replace('name: web }', 'name: web-canary }') + server('orders') + server('basket');
    assert.deepEqual(await found(shop('orders.address=basket:9090\n', undefined, { 'k8s.yaml': manifests })), [
      'clusterip-pinned several address headless-twin',
    ]);
  });
});

describe('keepalive in the settings', () => {
  const orders = { 'orders/main.py': 'import grpc\n\nserver = grpc.server(pool)\n' };
  const pings = (client: string): string =>
    `${client}.enable-keep-alive=true\n${client}.keep-alive-time=30s\n${client}.keep-alive-without-calls=true\n`;
  const rules = async (artifact: string, properties: string): Promise<string[]> =>
    (await found(program([artifact], properties, orders))).map((one) => one.split(' ', 1)[0] ?? '');
  it('for all clients', async () =>
    assert.deepEqual(await rules(NET_DEVH, ORDERS + pings('grpc.client.GLOBAL')), [
      'round-robin-over-clusterip',
      'keepalive-too-many-pings',
    ]));
  it('of another client', async () =>
    assert.deepEqual(await rules(NET_DEVH, ORDERS + pings('grpc.client.basket')), ['round-robin-over-clusterip']));
  it('that spring-grpc doesn’t read', async () =>
    assert.deepEqual(
      await rules(SPRING_GRPC, `spring.grpc.client.channels.orders.address=dns:///orders:9090\n${pings('grpc.client.GLOBAL')}`),
      ['round-robin-over-clusterip'],
    ));
});
