import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressInText, addressInVariable, isOutside } from '../../../src/linters/istio/database-address.ts';
import { istioAnnotations } from '../../../src/linters/istio/facts-annotations.ts';
import { lookupHost, meshHosts } from '../../../src/linters/istio/facts-hosts.ts';
import { injectedPods } from '../../../src/linters/istio/facts-injection.ts';
import { istioVersion } from '../../../src/linters/istio/facts-version.ts';
import { isAddress, isPrefix } from '../../../src/linters/istio/ip-prefix.ts';
import { nearestNames } from '../../../src/linters/istio/nearest-annotation.ts';
import type { Repository, Unit } from '../../../src/model/unit.ts';
import { engineOf } from '../../helpers/engine.ts';

async function unitOf(text: string, settings?: string): Promise<{ unit: Unit; repository: Repository }> {
  const engine = await engineOf({ 'a.yaml': text }, settings === undefined ? {} : { settings });
  const repository = engine.repository();
  const [unit] = repository.units;
  assert.ok(unit);
  return { unit, repository };
}

describe('protocol of a Service port', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{ port: 80 }', 'sniffed'],
    ['{ port: 3306 }', 'tcp'],
    ['{ port: 25, name: mail }', 'tcp'],
    ['{ port: 3307, name: TCP }', 'tcp'],
    ['{ port: 3307, name: mysql-x }', 'tcp'],
    ['{ port: 3307, name: mysql8 }', 'sniffed'],
    ['{ port: 80, name: grpc-web-x }', 'http'],
    ['{ port: 80, name: GRPC-WEB }', 'http'],
    ['{ port: 80, name: http_proxy }', 'http'],
    ['{ port: 80, name: http3 }', 'sniffed'],
    ['{ port: 443, name: https }', 'tcp'],
    ['{ port: 53, name: dns, protocol: UDP }', 'udp'],
    ['{ port: 80, name: tcp, appProtocol: http2 }', 'http'],
    ['{ port: 80, appProtocol: kubernetes.io/h2c }', 'http'],
    ['{ port: 80, appProtocol: kubernetes.io/wss }', 'tcp'],
    ['{ port: 80, name: tcp, appProtocol: postgres }', 'sniffed'],
    ['{ port: 80, name: "{{ .Values.name }}" }', 'unknown'],
    ['{ port: "{{ .Values.port }}" }', 'unknown'],
  ];
  for (const [port, expected] of cases) {
    it(`${port} is ${expected}`, async () => {
      const { unit } = await unitOf(`apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [${port}] }\n`);
      assert.equal(meshHosts(unit)[0]?.ports[0]?.protocol, expected);
    });
  }

  it('counts only protocol in a ServiceEntry', async () => {
    const ports = '[{ number: 3306, name: tcp }, { number: 1, protocol: Tcp }, { number: 2, protocol: GRPC }, { number: 3, protocol: x }]';
    const { unit } = await unitOf(
      `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: a }\nspec: { hosts: [a.example.com], ports: ${ports} }\n`,
    );
    assert.deepEqual(
      meshHosts(unit)[0]?.ports.map(({ protocol }) => protocol),
      ['sniffed', 'tcp', 'http', 'sniffed'],
    );
  });
});

describe('host of a DestinationRule', () => {
  const objects = `apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: out, namespace: shop }
spec: { hosts: ["*.example.com"] }
`;
  const cases: readonly (readonly [string, string, string])[] = [
    ['db', 'shop', 'found'],
    ['db', '', 'found'],
    ['db', 'other', 'unseen'],
    ['db.shop', 'shop', 'unseen'],
    ['db.shop.svc.cluster.local', 'other', 'found'],
    ['db.other.svc.cluster.local', 'shop', 'unseen'],
    ['*.shop.svc.cluster.local', 'shop', 'found'],
    ['a.example.com', 'shop', 'found'],
    ['*.example.com', 'shop', 'found'],
    ['example.com', 'shop', 'unseen'],
  ];
  for (const [host, namespace, expected] of cases) {
    it(`${host} in ${namespace || 'no namespace'}: ${expected}`, async () => {
      const { unit } = await unitOf(objects);
      assert.equal(lookupHost(unit, host, namespace, false).is, expected);
    });
  }

  it('is absent only when the user says that nothing else exists', async () => {
    const { unit } = await unitOf(objects);
    assert.equal(lookupHost(unit, 'gone', 'shop', true).is, 'absent');
  });
});

describe('Istio version', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'an image',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: p, image: gcr.io/istio-release/proxyv2:1.24.2-distroless }] }\n',
      '1.24.2',
    ],
    [
      'an IstioOperator',
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: a }\nspec: { tag: 1.20.3 }\n',
      '1.20.3',
    ],
    ['an Istio', 'apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: a }\nspec: { version: v1.25-latest }\n', '1.25'],
    [
      'an Argo CD release of the chart',
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: istiod }\nspec:\n  source: { chart: istiod, repoURL: https://istio-release.storage.googleapis.com/charts, targetRevision: 1.23.0 }\n',
      '1.23.0',
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`of ${what}`, async () => {
      const { unit, repository } = await unitOf(text, 'assume: { istio: "1.9" }\n');
      assert.equal(istioVersion(unit, repository).from?.join('.'), expected);
    });
  }

  it('is assumed only where nothing says it, and spans all that is said', async () => {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: p, image: example/a:1 }] }\n';
    const assumed = await unitOf(pod, 'assume: { istio: "1.22" }\n');
    assert.equal(istioVersion(assumed.unit, assumed.repository).from?.join('.'), '1.22');
    const two = pod.replace(
      '{ name: p, image: example/a:1 }',
      '{ name: p, image: "istio/pilot:1.20.1" }, { name: q, image: "istio/proxyv2:1.22.0" }',
    );
    const both = await unitOf(two);
    const { from, before } = istioVersion(both.unit, both.repository);
    assert.deepEqual(
      [from, before],
      [
        [1, 20, 1],
        [1, 22, 1],
      ],
    );
  });
});

describe('injection', () => {
  it('prefers what the files say over what is assumed', async () => {
    const text = `apiVersion: v1
kind: Pod
metadata: { name: off, labels: { sidecar.istio.io/inject: "false" } }
spec: { containers: [{ name: a, image: example/a:1 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: open }
spec: { containers: [{ name: a, image: example/a:1 }] }
`;
    const { unit } = await unitOf(text);
    const states = (mesh: 'none' | 'istio' | 'ambient') => injectedPods(unit, { mesh }).all.map(({ injection }) => injection.state);
    assert.deepEqual(states('istio'), ['refuted', 'proven']);
    assert.deepEqual(states('none'), ['refuted', 'refuted']);
    assert.deepEqual(states('ambient'), ['refuted', 'refuted']);
  });
});

describe('annotations', () => {
  it('are listed once, with what they are for', async () => {
    const { unit } = await unitOf(`apiVersion: v1
kind: Pod
metadata: { name: a, annotations: { sidecar.istio.io/proxyCPU: 50m } }
spec: { containers: [{ name: a, image: example/a:1 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: b, annotations: { sidecar.istio.io/proxyMemory: 64Mi } }
spec:
  template:
    metadata: { annotations: { sidecar.istio.io/logLevel: debug } }
    spec: { containers: [{ name: b, image: example/b:1 }] }
`);
    assert.deepEqual(
      istioAnnotations(unit).map(({ key, place, object }) => `${key} ${place} ${object?.name}`),
      ['sidecar.istio.io/proxyCPU pod a', 'sidecar.istio.io/proxyMemory object b', 'sidecar.istio.io/logLevel pod b'],
    );
  });
});

describe('texts', () => {
  it('reads IP ranges as Go does', () => {
    for (const text of ['10.0.0.0/8', '0.0.0.0/0', 'fd00::/8', '::/0', '1:2:3:4:5:6:7:8/128', '::ffff:10.0.0.0/104', '255.255.255.255/32'])
      assert.ok(isPrefix(text), text);
    const wrong = [
      '10.0.0.0',
      '010.0.0.0/8',
      '10.0.0.0/08',
      '10.0.0.0/33',
      '10.0.0/8',
      '256.0.0.0/8',
      'fd00::/129',
      '1:2:3/8',
      'fe80::1%eth0/64',
      '::1::/8',
      '/8',
      '104',
      ' 10.0.0.0/8',
    ];
    for (const text of wrong) assert.ok(!isPrefix(text), text);
    for (const text of ['10.0.0.1', '::', 'fd00::1']) assert.ok(isAddress(text), text);
    const none = [
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8:9',
      'a.b.c.d',
      'fd00',
      '1:2::3:4:5:6::7:8',
      // `::` stands for one group at least, and an IPv4 address for the last two.
      '1:2:3:4::5:6:7:8',
      '10.0.0.1::',
      '::10.0.0.1:5',
    ];
    for (const text of none) assert.ok(!isAddress(text), text);
  });

  it('finds the annotation that was meant', () => {
    const names = ['a.istio.io/excludeOutboundPorts', 'a.istio.io/excludeInboundPorts', 'istio.io/rev'];
    assert.deepEqual(nearestNames('a.istio.io/excludeOutboundPort', names), ['a.istio.io/excludeOutboundPorts']);
    assert.deepEqual(nearestNames('a.istio.io/excludeOutbuondPorts', names), ['a.istio.io/excludeOutboundPorts']);
    assert.deepEqual(nearestNames('b.istio.io/EXCLUDEINBOUNDPORTS', names), ['a.istio.io/excludeInboundPorts']);
    assert.deepEqual(nearestNames('istio.io/env', names), []);
    assert.deepEqual(nearestNames('istio.io/xev', ['istio.io/rev', 'istio.io/dev']), ['istio.io/rev', 'istio.io/dev']);
    // The nearest alone, whatever came first; and two letters swapped are one edit.
    assert.deepEqual(nearestNames('istio.io/timeout', ['istio.io/timeoutMs', 'istio.io/timeouts']), ['istio.io/timeouts']);
    assert.deepEqual(nearestNames('istio.io/rve', names), ['istio.io/rev']);
    assert.deepEqual(nearestNames('istio.io/rab', ['istio.io/rbc']), []);
  });

  it('finds database addresses', () => {
    const at = (text: string) => {
      const found = addressInText(text);
      return found && [found.product, found.host, found.port, text.slice(found.start, found.start + found.host.length)];
    };
    assert.deepEqual(at('mysql://u:p@db.example.com/x'), ['MySQL', 'db.example.com', 3306, 'db.example.com']);
    assert.deepEqual(at('u:p@tcp(db.example.com:3307)/x'), ['MySQL', 'db.example.com', 3307, 'db.example.com']);
    assert.deepEqual(at('jdbc:postgresql://db.example.com:6432/x?a=b@c'), ['PostgreSQL', 'db.example.com', 6432, 'db.example.com']);
    assert.deepEqual(at('rediss://:p@db.example.com:6380'), ['Redis', 'db.example.com', 6380, 'db.example.com']);
    assert.deepEqual(at('user=a host=db.example.com'), ['PostgreSQL', 'db.example.com', 5432, 'db.example.com']);
    assert.deepEqual(at('host=db.example.com port=6432 dbname=x'), ['PostgreSQL', 'db.example.com', 6432, 'db.example.com']);
    assert.equal(at('host=logs.example.com level=info'), undefined);
    assert.equal(at('https://db.example.com'), undefined);
    assert.equal(at('mongodb+srv://db.example.com/x'), undefined);
    assert.equal(at('mongodb://a.example.com,b.example.com/x'), undefined);
    assert.equal(addressInVariable('APP_MONGODB_HOST', 'a.example.com', undefined)?.port, 27017);
    assert.equal(addressInVariable('DB_HOST', 'a.example.com', undefined), undefined);
    // As Docker's links set it.
    assert.equal(addressInVariable('MYSQL_HOST', 'a.example.com', 'tcp://172.17.0.5:3306')?.port, 3306);
    assert.equal(addressInVariable('DB_HOST', 'a.example.com', 'mysql'), undefined);
    assert.equal(addressInVariable('SMTP_HOST', 'a.example.com', '25'), undefined);
  });

  it('knows what is surely outside the cluster', () => {
    for (const host of ['db.example.com', 'a.b.rds.amazonaws.com.cn', 'x.c.project.internal']) assert.ok(isOutside(host), host);
    for (const host of [
      'db',
      'db.shop',
      'db-0.db.shop',
      'db.shop.svc',
      'db.shop.svc.cluster.local',
      'a.b.local',
      '10.0.0.1',
      'example.com',
      'db-0.mysql.db',
    ])
      assert.ok(!isOutside(host), host);
  });
});
