import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptJvmOptions } from '../../src/snapshot/jvm-options.ts';
import { keptProbeCommand, keptWords, programOf } from '../../src/snapshot/programs.ts';

function kept(command: readonly string[], args: readonly string[] = [], name = 'app', image = 'example/app:1'): string[][] {
  const program = programOf(name, image, [...command, ...args]);
  return [keptWords(command, program, true), keptWords(args, program, false)];
}

describe('what is kept of a command line', () => {
  const cases: readonly (readonly [string, string[][], string[][]])[] = [
    [
      'any program: its name alone',
      [
        ['/opt/bin/orders', '--token=abc', 'serve'],
        ['--db', 'mysql://u:p@h/d'],
      ],
      [['orders'], []],
    ],
    ['without a command the first argument is no program', [[], ['secret-word', '--x=y']], [[], []]],
    ['a runtime wherever it stands', [[], ['node', 'server.js', '--password', 'abc']], [[], ['node']]],
    [
      'a JVM: its memory flags',
      [['java', '-Xmx512m', '-Dpassword=abc', '-XX:MaxRAMPercentage=75.0', '-jar', '/app.jar']],
      [['java', '-Xmx512m', '-XX:MaxRAMPercentage=75.0'], []],
    ],
    ['a JVM in a shell', [['sh', '-c', 'export P=abc; exec java -Xmx1g $OPTS -jar /a.jar']], [['sh', 'java -Xmx1g $dropped'], []]],
    ['a flag that is read, in another form', [['java', '-Xmxbig', '@/etc/args']], [['java', '@dropped', '@dropped'], []]],
    ['a reference to another variable', [['java', '$(JAVA_FLAGS)', '-jar']], [['java', '$(JAVA_FLAGS)'], []]],
  ];
  for (const [title, [command = [], args = []], expected] of cases) it(title, () => assert.deepEqual(kept(command, args), expected));

  it('Kiam: durations with their values, other flags by name', () => {
    const args = ['server', '--session-duration=15m', '--role-base-arn=arn:aws:iam::123:role/', '--cert', '/etc/x', '--json-log'];
    assert.deepEqual(kept(['/kiam'], args, 'server', 'quay.io/uswitch/kiam:v3.6'), [
      ['/kiam'],
      ['server', '--session-duration=15m', '--role-base-arn=$(dropped)', '--cert', '$(dropped)', '--json-log'],
    ]);
  });

  it('Kiam: the base of its roles where it is one', () => {
    const base = '--role-base-arn=arn:aws:iam::111122223333:role/';
    assert.deepEqual(kept(['/kiam'], ['server', base], 'server', 'quay.io/uswitch/kiam:v3.6')[1], ['server', base]);
  });

  it('kube2iam: how long its sessions last', () => {
    const args = ['--iam-role-session-ttl=900s', '--base-role-arn=arn:aws:iam::111122223333:role/', '--api-token', 'abc'];
    assert.deepEqual(kept([], args, 'kube2iam', 'jtblin/kube2iam:0.10.11')[1], ['--iam-role-session-ttl=900s']);
  });

  it('Kiam in a shell', () => {
    assert.deepEqual(kept(['sh', '-c', 'exec /kiam server --session-refresh=26m --key=/a/b'], [], 'kiam', 'uswitch/kiam:v3.1')[0], [
      'sh',
      "/kiam server --session-refresh=26m '--key=$(dropped)'",
    ]);
  });

  it('istio-init: what is captured', () => {
    const args = ['istio-iptables', '-p', '15001', '-i', '*', '-x', '10.0.0.0/8', '-d', '15090,3306', '--log_output_level=default:info'];
    assert.deepEqual(kept([], args, 'istio-init', 'istio/proxyv2:1.24.2')[1], [
      'istio-iptables',
      '-p',
      '15001',
      '-i',
      '*',
      '-x',
      '10.0.0.0/8',
      '-d',
      '15090,3306',
    ]);
  });

  it('Kong: that it migrates', () => {
    assert.deepEqual(
      kept(['sh', '-c', 'until kong migrations list -c /x; do sleep 1; done'], [], 'wait', 'kong:3.4')[0]?.at(-1),
      'kong migrations list',
    );
  });

  it('the controller and CoreDNS', () => {
    assert.deepEqual(kept([], ['--ingress-class=kong', '--kong-admin-token=abc'], 'ingress-controller')[1], ['--ingress-class=kong']);
    assert.deepEqual(kept([], ['-conf', '/etc/coredns/Corefile'], 'coredns', 'registry.k8s.io/coredns/coredns:v1.11.1')[1], [
      '-conf',
      '/etc/coredns/Corefile',
    ]);
  });

  it('probes: who asks, and the container’s own addresses', () => {
    assert.deepEqual(keptProbeCommand(['sh', '-c', 'curl -H "X-Key: abc" http://localhost:8001/?token=abc || exit 1']), [
      'sh',
      'curl',
      'http://localhost:8001/',
    ]);
    assert.deepEqual(keptProbeCommand(['/bin/grpc_health_probe', '-addr=:50051', '-tls-client-key=/x']), [
      'grpc_health_probe',
      '-addr=:50051',
    ]);
  });
});

describe('options of a JVM', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['-Xmx1g -Dspring.datasource.password=abc -XX:+UseG1GC', '-Xmx1g -XX:+UseG1GC'],
    ['-Dpassword=abc', ''],
    ['"-Xmx512m"', '-Xmx512m'],
    ['-Dnetworkaddress.cache.ttl=10 -javaagent:/a.jar', '-Dnetworkaddress.cache.ttl=10'],
    ['$(BASE_OPTS) -Xms1g', '$(BASE_OPTS) -Xms1g'],
    ['@/etc/jvm.options -Xms1g', undefined],
    ['-Xmx$(SIZE)', undefined],
    ['-Xmx${SIZE}', undefined],
    ['-XX:MaxRAMPercentage=lots', undefined],
    ['-XX:VMOptionsFile=/x', undefined],
  ];
  for (const [text, expected] of cases) it(text, () => assert.equal(keptJvmOptions(text), expected));
});
