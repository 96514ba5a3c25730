import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTarget, type GrpcChannel, readTarget } from '../../src/code/index.ts';
import { textOf } from '../../src/text/source.ts';
import { factsOf } from './parser-for-tests.ts';

const RR = '{"loadBalancingConfig":[{"round_robin":{}}]}';

async function channelIn(path: string, text: string): Promise<GrpcChannel> {
  const facts = await factsOf({ [path]: text });
  assert.deepEqual(facts.notices, []);
  assert.equal(facts.channels.length, 1);
  const [channel] = facts.channels;
  assert.ok(channel);
  return channel;
}

function names(channel: GrpcChannel): readonly string[] | string {
  return channel.policy.kind === 'named' ? channel.policy.names : channel.policy.kind;
}

/** The file with one option put into its slot. */
function inserted(channel: GrpcChannel, option: string): string {
  const slot = channel.optionSlot;
  assert.ok(slot);
  const { file, start } = slot.at;
  return file.text.slice(0, start) + slot.before + option + slot.after + file.text.slice(start);
}

const go = (inside: string, imports = ''): string =>
  `package main\n\nimport (\n\t"time"\n\n\tggrpc "google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n\t"google.golang.org/grpc/keepalive"\n${imports})\n\nconst ping = 10 * time.Second\n\nfunc connect() {\n${inside}\n}\n`;

test('Go: alias, policy from a service config, its name in place', async () => {
  const channel = await channelIn(
    'a.go',
    go(
      `\tconn, _ := ggrpc.DialContext(ctx, "orders:1", ggrpc.WithTransportCredentials(insecure.NewCredentials()), ggrpc.WithDefaultServiceConfig(\`${RR}\`))\n\tuse(conn)`,
    ),
  );
  assert.equal(channel.api, 'DialContext');
  assert.equal(channel.importName, 'ggrpc');
  assert.equal(channel.credentials, 'plaintext');
  assert.deepEqual(names(channel), ['round_robin']);
  assert.ok(channel.policy.kind === 'named' && channel.policy.nameAt);
  assert.equal(textOf(channel.policy.nameAt), 'round_robin');
  assert.ok(channel.serviceConfig?.plain);
  assert.equal(textOf(channel.serviceConfig.at), RR);
  assert.equal(textOf(channel.targetAt), '"orders:1"');
});

test('Go: options collected in a slice, also under a condition', async () => {
  const channel = await channelIn(
    'a.go',
    go(
      `\topts := []ggrpc.DialOption{ggrpc.WithTransportCredentials(insecure.NewCredentials())}\n\tif balance {\n\t\topts = append(opts, ggrpc.WithDefaultServiceConfig("{\\"loadBalancingPolicy\\":\\"ROUND_ROBIN\\"}"))\n\t}\n\tconn, _ := ggrpc.Dial("orders:1", opts...)\n\tuse(conn)`,
    ),
  );
  assert.ok(channel.optionsComplete);
  assert.deepEqual(names(channel), ['ROUND_ROBIN']);
  assert.equal(channel.policy.kind === 'named' && channel.policy.key, 'loadBalancingPolicy');
});

test('Go: options that come from elsewhere leave the policy unknown', async () => {
  const channel = await channelIn('a.go', go('\tconn, _ := ggrpc.NewClient("orders:1", shared.Options()...)\n\tuse(conn)'));
  assert.equal(channel.optionsComplete, false);
  assert.equal(names(channel), 'unknown');
  assert.equal(channel.optionSlot, undefined);
});

test('Go: keepalive with a constant; a duration that is not known stays undefined', async () => {
  const known = await channelIn(
    'a.go',
    go(
      '\tconn, _ := ggrpc.NewClient("orders:1", ggrpc.WithKeepaliveParams(keepalive.ClientParameters{Time: ping, Timeout: 2 * time.Minute, PermitWithoutStream: true}))\n\tuse(conn)',
    ),
  );
  assert.equal(known.keepalive?.timeMs, 10_000);
  assert.equal(known.keepalive.timeoutMs, 120_000);
  assert.equal(known.keepalive.permitWithoutStream, true);
  const unknown = await channelIn(
    'a.go',
    go(
      '\tconn, _ := ggrpc.NewClient("orders:1", ggrpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 2 * common.Minimum()}))\n\tuse(conn)',
    ),
  );
  assert.ok(unknown.keepalive);
  assert.equal(unknown.keepalive.timeMs, undefined);
});

test('Go: where one more option goes', async () => {
  const plain = await channelIn('a.go', go('\tconn, _ := ggrpc.NewClient(\n\t\t"orders:1",\n\t\tggrpc.WithInsecure(),\n\t)\n\tuse(conn)'));
  assert.match(inserted(plain, 'X()'), /ggrpc\.WithInsecure\(\), X\(\),\n\t\)/);
  const slice = await channelIn(
    'a.go',
    go('\topts := []ggrpc.DialOption{ggrpc.WithInsecure()}\n\tconn, _ := ggrpc.Dial("orders:1", opts...)\n\tuse(conn)'),
  );
  assert.match(inserted(slice, 'X()'), /DialOption\{ggrpc\.WithInsecure\(\), X\(\)\}/);
});

test('Go: other packages with the same function names are not gRPC', async () => {
  const kratos =
    'package main\n\nimport transgrpc "github.com/go-kratos/kratos/v2/transport/grpc"\nimport _ "google.golang.org/grpc/xds"\n\nfunc f() { transgrpc.Dial(ctx); transgrpc.NewClient("x") }\n';
  const facts = await factsOf({ 'a.go': kratos });
  assert.equal(facts.channels.length, 0);
  assert.deepEqual(
    facts.goRegistrations.map((each) => [each.path, each.blank]),
    [['google.golang.org/grpc/xds', true]],
  );
});

test('Go: a connection handed out as a closer is one for each call; one that is kept is not', async () => {
  const text = go('').replace(
    'func connect() {\n\n}',
    `func dial(addr string) (*ggrpc.ClientConn, error) {
	conn, err := ggrpc.NewClient(addr)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

func (c *set) Client() (io.Closer, OrdersClient, error) {
	conn, err := dial("orders:1")
	if err != nil {
		return nil, nil, err
	}
	return conn, NewOrdersClient(conn), nil
}

func keep(addr string) (*ggrpc.ClientConn, error) { return ggrpc.NewClient("users:1") }`,
  );
  const { channels } = await factsOf({ 'a.go': text });
  assert.deepEqual(
    channels.map((channel) => channel.closedPerCall),
    [true, false],
  );
});

test('Go: closed per call, custom dialer, default scheme, test and generated files', async () => {
  const text = go('').replace(
    'func connect() {\n\n}',
    'func (s *S) Get(ctx context.Context) {\n\tconn, _ := ggrpc.Dial("orders:1", ggrpc.WithContextDialer(d))\n\tdefer conn.Close()\n}\n\nfunc main() {\n\tresolver.SetDefaultScheme("dns")\n}',
  );
  const facts = await factsOf({
    'a.go': text.replace('\t"time"', '\t"time"\n\t"google.golang.org/grpc/resolver"'),
    'b_test.go': go('\tggrpc.Dial("x:1")'),
    'c.pb.go': go('\tggrpc.Dial("x:1")'),
  });
  const [first, second, third] = facts.channels;
  assert.equal(first?.closedPerCall, true);
  assert.equal(first.customDialer, true);
  assert.equal(first.userDefaultScheme, 'dns');
  assert.deepEqual([first.test, second?.test, third?.generated], [false, true, true]);
});

test('Go: server policy, age and port', async () => {
  const facts = await factsOf({
    'a.go': go(
      '\tlis, _ := net.Listen("tcp", ":"+os.Getenv("PORT"))\n\ts := ggrpc.NewServer(ggrpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second, PermitWithoutStream: true}), ggrpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 5 * time.Minute}))\n\ts.Serve(lis)',
      '\t"net"\n\t"os"\n',
    ),
  });
  const [server] = facts.servers;
  assert.equal(server?.enforcement?.minTimeMs, 30_000);
  assert.equal(server.enforcement.permitWithoutStream, true);
  assert.equal(server.maxConnectionAgeMs, 300_000);
  assert.equal(server.ports[0]?.env?.name, 'PORT');
  assert.ok(server.optionsComplete);
});

const java = (body: string): string =>
  `package shop;\n\nimport io.grpc.*;\nimport java.util.concurrent.TimeUnit;\n\nclass C {\n  ManagedChannel make() {\n${body}\n  }\n}\n`;

test('Java: chain, keepalive and the slot before build', async () => {
  const channel = await channelIn(
    'C.java',
    java(
      '    return ManagedChannelBuilder.forAddress("orders", 50051).usePlaintext().keepAliveTime(10, TimeUnit.SECONDS).keepAliveWithoutCalls(true).build();',
    ),
  );
  assert.equal(channel.targets[0]?.host, 'orders');
  assert.equal(channel.targets[0]?.port, '50051');
  assert.equal(names(channel), 'default');
  assert.equal(channel.keepalive?.timeMs, 10_000);
  assert.equal(channel.keepalive.permitWithoutStream, true);
  assert.match(
    inserted(channel, '.defaultLoadBalancingPolicy("round_robin")'),
    /keepAliveWithoutCalls\(true\)\.defaultLoadBalancingPolicy\("round_robin"\)\.build\(\)/,
  );
});

test('Java: builder in a variable, and one that is handed on', async () => {
  const own = await channelIn(
    'C.java',
    java(
      '    ManagedChannelBuilder<?> b = ManagedChannelBuilder.forTarget("orders:1");\n    b.defaultLoadBalancingPolicy("round_robin");\n    return b.build();',
    ),
  );
  assert.deepEqual(names(own), ['round_robin']);
  const given = await channelIn(
    'C.java',
    java('    ManagedChannelBuilder<?> b = ManagedChannelBuilder.forTarget("orders:1");\n    tune(b);\n    return b.build();'),
  );
  assert.equal(names(given), 'unknown');
});

test('Java: a service config as a map; credentials as an argument; another package', async () => {
  const channel = await channelIn(
    'C.java',
    java(
      '    return Grpc.newChannelBuilder("orders:1", InsecureChannelCredentials.create()).defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of("round_robin", Map.of())))).build();',
    ),
  );
  assert.deepEqual(names(channel), ['round_robin']);
  assert.equal(channel.credentials, 'plaintext');
  const other = await factsOf({
    'C.java':
      'import com.acme.ManagedChannelBuilder;\nimport io.grpc.Status;\nclass C { Object o = ManagedChannelBuilder.forTarget("x:1").build(); }\n',
  });
  assert.equal(other.channels.length, 0);
});

test('Java: server', async () => {
  const facts = await factsOf({
    'S.java': java(
      '    NettyServerBuilder.forPort(Integer.parseInt(System.getenv("PORT"))).permitKeepAliveTime(30, TimeUnit.SECONDS).maxConnectionAge(5, TimeUnit.MINUTES).build();',
    ).replace('import io.grpc.*;', 'import io.grpc.netty.NettyServerBuilder;'),
  });
  const [server] = facts.servers;
  assert.equal(server?.enforcement?.minTimeMs, 30_000);
  assert.equal(server.enforcement.permitWithoutStream, false);
  assert.equal(server.maxConnectionAgeMs, 300_000);
  assert.equal(server.ports[0]?.env?.name, 'PORT');
});

test('Python: import forms and options', async () => {
  for (const [head, call] of [
    ['import grpc', 'grpc.insecure_channel'],
    ['import grpc.aio', 'grpc.aio.insecure_channel'],
    ['from grpc import aio', 'aio.insecure_channel'],
    ['import grpc.aio as g', 'g.insecure_channel'],
    ['from grpc.aio import insecure_channel as dial', 'dial'],
  ]) {
    const channel = await channelIn(
      'a.py',
      `${head}\nimport json\nOPTIONS = [("grpc.keepalive_time_ms", 10_000)]\nch = ${call}("orders:1", options=OPTIONS + [("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]}))])\n`,
    );
    assert.deepEqual(names(channel), ['round_robin'], head);
    assert.equal(channel.keepalive?.timeMs, 10_000);
    assert.equal(channel.keepalive.maxPingsWithoutData, undefined);
  }
  const named = await channelIn(
    'a.py',
    'import grpc\ncreds = grpc.ssl_channel_credentials()\nch = grpc.secure_channel("orders:1", creds, [("grpc.lb_policy_name", "round_robin")])\n',
  );
  assert.deepEqual(names(named), ['round_robin']);
  assert.equal(named.credentials, 'tls');
  assert.equal(
    (await factsOf({ 'a.py': 'from grpclib.client import Channel\nimport grpc_tools\nch = Channel("x", 1)\n' })).channels.length,
    0,
  );
});

test('Python: slots, with-blocks and unknown options', async () => {
  const plain = await channelIn(
    'a.py',
    'import grpc\n\ndef handle(r):\n    with grpc.insecure_channel("orders:1") as ch:\n        return Stub(ch).Get(r)\n',
  );
  assert.equal(plain.closedPerCall, true);
  assert.match(inserted(plain, 'X'), /insecure_channel\("orders:1", options=\[X\]\)/);
  const listed = await channelIn('a.py', 'import grpc\nch = grpc.insecure_channel("orders:1", options=[("a", 1)])\n');
  assert.match(inserted(listed, 'X'), /\[\("a", 1\), X\]/);
  const unknown = await channelIn(
    'a.py',
    'import grpc\nfrom shared import options\nch = grpc.insecure_channel("orders:1", options=options())\n',
  );
  assert.equal(names(unknown), 'unknown');
});

test('Node: options that grpc-js does not read', async () => {
  const text =
    "const grpc = require('@grpc/grpc-js');\nconst creds = grpc.credentials.createInsecure();\nconst c = new shop.Orders('orders:1', creds, { 'grpc.lb_policy_name': 'round_robin', 'grpc.keepalive_time_ms': 1000, 'grpc.keepalive_permit_without_calls': true, 'grpc.service_config': JSON.stringify({ loadBalancingPolicy: 'round_robin' }) });\n";
  const facts = await factsOf({ 'a.js': text });
  const [channel] = facts.channels;
  assert.ok(channel);
  assert.equal(names(channel), 'default');
  assert.equal(channel.credentials, 'plaintext');
  assert.equal(channel.keepalive?.permitWithoutStream, false, 'only 1 is on');
  assert.deepEqual(
    facts.nodeOptions.map((each) => [each.key, textOf(each.keyAt), textOf(each.valueAt), each.value, each.hasLoadBalancingConfig]),
    [
      ['grpc.lb_policy_name', 'grpc.lb_policy_name', "'round_robin'", 'round_robin', false],
      ['loadBalancingPolicy', 'loadBalancingPolicy', "'round_robin'", 'round_robin', false],
    ],
  );
  const native = await factsOf({ 'a.js': text.replace('@grpc/grpc-js', 'grpc') });
  assert.deepEqual(native.channels[0]?.policy.kind, 'named');
  assert.equal(native.nodeOptions[0]?.package, 'grpc');
});

test('Node: policy, slots and what is no client', async () => {
  const one = await channelIn(
    'a.ts',
    `import { credentials } from '@grpc/grpc-js';\nexport const c = new Orders('orders:1', credentials.createInsecure(), { 'grpc.service_config': '${RR}' });\n`,
  );
  assert.deepEqual(names(one), ['round_robin']);
  assert.equal(one.serviceConfig?.form, 'string');
  assert.match(inserted(one, 'x: 1'), /\{\}\}\]\}', x: 1 \}/);
  const two = await channelIn(
    'a.ts',
    "import * as grpc from '@grpc/grpc-js';\nexport const c = new Orders('orders:1', grpc.credentials.createSsl());\n",
  );
  assert.equal(two.credentials, 'tls');
  assert.match(inserted(two, 'x: 1'), /createSsl\(\), \{ x: 1 \}\)/);
  const none = await factsOf({
    'a.ts':
      "import * as grpc from '@grpc/grpc-js';\nconst c = new Redis('orders:1', options);\nconst d = new HttpClient('orders:1', { credentials: 1 });\n",
  });
  assert.equal(none.channels.length, 0);
});

test('a variable that feeds an HTTP call, too', async () => {
  const facts = await factsOf({
    'a.py': 'import os, grpc, requests\nADDR = os.environ["ORDERS"]\nch = grpc.insecure_channel(ADDR)\nrequests.get(f"{ADDR}/health")\n',
  });
  assert.deepEqual(
    facts.httpEnvs.map((each) => each.name),
    ['ORDERS'],
  );
  assert.deepEqual(
    facts.envReads.map((each) => each.name),
    ['ORDERS'],
  );
});

test('Go: each variable that a helper of the component is asked for, however many call it', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `NAME_${at + 10}`);
  const calls = names.map((name) => `\t_ = env.Text("${name}")\n`).join('');
  const facts = await factsOf({
    'a/main.go': go(`\tggrpc.NewClient("orders:1")\n${calls}`, '\t"example.com/a/env"\n'),
    'a/env/env.go': 'package env\n\nimport "os"\n\nfunc Text(key string) string {\n\treturn os.Getenv(key)\n}\n',
  });
  assert.deepEqual(
    facts.envReads.map((each) => each.name),
    names,
  );
});

test('Go: a file that wants gRPC’s codes alone is read for its variables', async () => {
  const facts = await factsOf({
    'a.go': go('\tggrpc.NewServer()'),
    'b.go':
      'package main\n\nimport (\n\t"os"\n\t"google.golang.org/grpc/codes"\n)\n\nvar c = kube.NewClient(os.Getenv("KUBE"), codes.OK)\n\ntype config struct {\n\tAddr string `env:"ADDR"`\n}\n',
  });
  assert.equal(facts.channels.length, 0);
  assert.deepEqual(
    facts.envReads.map((each) => each.name),
    ['KUBE', 'ADDR'],
  );
});

test('the variables don’t depend on what else was asked before', async () => {
  const files = {
    'a.go': go('\tggrpc.NewServer()\n\tdb, _ := sql.Open("mysql", dsn())\n\tdb.SetMaxIdleConns(5)', '\t"database/sql"\n'),
    'b.go': 'package main\n\nimport "os"\n\nfunc dsn() string {\n\treturn os.Getenv("DSN")\n}\n',
  };
  const [first, second] = [await factsOf(files), await factsOf(files)];
  assert.equal(second.sqlPools.length, 1);
  assert.deepEqual(
    second.envReads.map((each) => each.name),
    first.envReads.map((each) => each.name),
  );
});

test('Go: the stubs of the gateway are not read', async () => {
  const facts = await factsOf({
    'a.go': go('\tggrpc.NewClient("orders:1")'),
    'orders.pb.gw.go': go('\tggrpc.Dial(endpoint)'),
  });
  assert.deepEqual(
    facts.channels.map((each) => each.at.file.path),
    ['a.go'],
  );
});

test('a target is filled from the workload, then from the default', async () => {
  const channel = await channelIn('a.py', 'import os, grpc\nch = grpc.insecure_channel("dns:///" + os.getenv("HOST", "orders") + ":1")\n');
  const parts = channel.targets[0]?.parts ?? [];
  assert.equal(
    fillTarget(parts, () => 'stock'),
    'dns:///stock:1',
  );
  assert.equal(
    fillTarget(parts, () => undefined),
    'dns:///orders:1',
  );
});

test('target texts', () => {
  const none = { scheme: undefined, authority: undefined, host: undefined, port: undefined };
  assert.deepEqual(readTarget('orders'), { ...none, host: 'orders' });
  assert.deepEqual(readTarget('[::1]:80'), { ...none, host: '::1', port: '80' });
  assert.deepEqual(readTarget('dns://orders:80'), { ...none, scheme: 'dns', authority: 'orders:80' });
  assert.deepEqual(readTarget('dns://8.8.8.8/orders:80'), { scheme: 'dns', authority: '8.8.8.8', host: 'orders', port: '80' });
  assert.deepEqual(readTarget('dns:orders:80'), { ...none, scheme: 'dns', host: 'orders', port: '80' });
  assert.deepEqual(readTarget('dns:50051'), { ...none, host: 'dns', port: '50051' });
  assert.deepEqual(readTarget('passthrough:///orders:80'), { ...none, scheme: 'passthrough', host: 'orders', port: '80' });
  assert.deepEqual(readTarget('https://orders/path'), { ...none, scheme: 'https', host: 'orders' });
});
