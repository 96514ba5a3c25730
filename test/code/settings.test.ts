// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cases are source text
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetPart } from '../../src/code/index.ts';
import { textOf } from '../../src/text/source.ts';
import { factsOf } from './parser-for-tests.ts';

/** Forms that only one language or library has. Parts as `kind:name=default`. */
function show(parts: readonly TargetPart[]): string {
  return parts
    .map((part) =>
      part.kind === 'text'
        ? part.text
        : part.kind === 'unknown'
          ? '?'
          : `${part.kind}:${part.name}${part.fallback ? `=${show(part.fallback)}` : ''}`,
    )
    .join('');
}

async function targets(files: Readonly<Record<string, string>>): Promise<string[]> {
  const facts = await factsOf(files);
  assert.deepEqual(facts.notices, []);
  assert.equal(facts.channels.length, 1);
  for (const target of facts.channels[0]?.targets ?? []) {
    for (const part of target.parts) if (part.kind === 'env') assert.equal(textOf(part.at).toUpperCase(), part.name.toUpperCase());
  }
  return (facts.channels[0]?.targets ?? []).map((target) => show(target.parts)).sort();
}

const go = (imports: string, before: string, inside: string): string =>
  `package main\n\nimport (\n\t"os"\n${imports}\n\t"google.golang.org/grpc"\n)\n\n${before}\n\nfunc connect() {\n${inside}\n}\n`;

const goCases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'helper that writes through a pointer to a field',
    go(
      '',
      'type shop struct{ orders, stock string }\n\nfunc mustMap(target *string, key string) {\n\tv := os.Getenv(key)\n\tif v == "" {\n\t\tpanic(key)\n\t}\n\t*target = v\n}',
      '\ts := new(shop)\n\tmustMap(&s.orders, "ORDERS_ADDR")\n\tmustMap(&s.stock, "STOCK_ADDR")\n\tconn, _ := grpc.NewClient(s.orders)\n\tuse(conn)',
    ),
    ['env:ORDERS_ADDR'],
  ],
  [
    'flag variable of the package',
    go(
      '\t"flag"',
      'var addr string\n\nfunc init() {\n\tflag.StringVar(&addr, "orders", "orders:1", "address")\n}',
      '\tconn, _ := grpc.NewClient(addr)\n\tuse(conn)',
    ),
    ['flag:orders=orders:1'],
  ],
  [
    'cobra flag whose default is the environment',
    go(
      '\t"cmp"',
      'func command() {\n\tvar addr string\n\tc.Flags().StringVarP(&addr, "orders", "o", cmp.Or(os.Getenv("ORDERS_ADDR"), "orders:1"), "address")\n\tdial(addr)\n}\n\nfunc dial(addr string) {\n\tconn, _ := grpc.NewClient(addr)\n\tuse(conn)\n}',
      '',
    ),
    ['flag:orders=env:ORDERS_ADDR=orders:1'],
  ],
  [
    'kingpin',
    go(
      '',
      'type opts struct{ addr string }',
      '\to := &opts{}\n\tapp.Flag("orders", "address").Default("orders:1").Envar("ORDERS_ADDR").StringVar(&o.addr)\n\tconn, _ := grpc.NewClient(o.addr)\n\tuse(conn)',
    ),
    ['env:ORDERS_ADDR=orders:1'],
  ],
  [
    'viper key',
    go(
      '\t"github.com/spf13/viper"',
      '',
      '\tviper.SetDefault("orders.addr", "orders:1")\n\tconn, _ := grpc.NewClient(viper.GetString("orders.addr"))\n\tuse(conn)',
    ),
    ['config:orders.addr=orders:1'],
  ],
  [
    'viper key that is a variable name',
    go('\t"github.com/spf13/viper"', '', '\tconn, _ := grpc.NewClient(viper.GetString("ORDERS_ADDR"))\n\tuse(conn)'),
    ['env:ORDERS_ADDR'],
  ],
  [
    'field that a decoder can overwrite',
    go(
      '',
      'type Config struct {\n\tAddr string `yaml:"addr"`\n}',
      '\tcfg := Config{Addr: "orders:1"}\n\tyaml.Unmarshal(b, &cfg)\n\tconn, _ := grpc.NewClient(cfg.Addr)\n\tuse(conn)',
    ),
    ['?', 'orders:1'],
  ],
  [
    'variable whose address goes to a stranger',
    go('', '', '\taddr := "orders:1"\n\tstranger.Fill(&addr)\n\tconn, _ := grpc.NewClient(addr)\n\tuse(conn)'),
    ['?', 'orders:1'],
  ],
  [
    'shadowed package name',
    go('', '', '\tgrpc := fake{}\n\tgrpc.NewClient("x:1")\n}\n\nfunc other() {\n\tgrpc.NewClient("orders:1")'),
    ['orders:1'],
  ],
];

for (const [name, text, expected] of goCases) {
  test(`Go: ${name}`, async () => assert.deepEqual(await targets({ 'app/main.go': text }), expected));
}

test('Go: call site in another package', async () => {
  assert.deepEqual(
    await targets({
      'app/clients/orders.go':
        'package clients\n\nimport "google.golang.org/grpc"\n\nfunc Dial(addr string) {\n\tconn, _ := grpc.NewClient(addr)\n\tuse(conn)\n}\n',
      'app/main.go':
        'package main\n\nimport (\n\t"os"\n\n\t"example.com/shop/app/clients"\n)\n\nfunc main() { clients.Dial(os.Getenv("ORDERS_ADDR")) }\n',
      'app/main_test.go': 'package main\n\nimport "example.com/shop/app/clients"\n\nfunc f() { clients.Dial("test:1") }\n',
      'app/other.go': 'package main\n\nimport "example.com/elsewhere/net"\n\nfunc g() { net.Dial("no:1") }\n',
    }),
    ['env:ORDERS_ADDR'],
  );
});

test('Go: more call sites than are listed make every candidate weak', async () => {
  const calls = Array.from({ length: 20 }, (_, at) => `\tdial("s${at}:1")`).join('\n');
  const facts = await factsOf({
    'a.go': `package main\n\nimport "google.golang.org/grpc"\n\nfunc dial(addr string) {\n\tconn, _ := grpc.NewClient(addr)\n\tuse(conn)\n}\n\nfunc main() {\n${calls}\n}\n`,
  });
  const found = facts.channels[0]?.targets ?? [];
  assert.equal(found.length, 12);
  assert.ok(found.every((target) => target.confidence === 'low'));
});

const javaCases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    '@Value on a field',
    '  @Value("${orders.addr:orders:1}")\n  private String addr;\n  Object c = ManagedChannelBuilder.forTarget(addr).build();',
    ['config:orders.addr=orders:1'],
  ],
  [
    '@Value that is a variable',
    '  C(@Value("${ORDERS_ADDR}") String addr) { use(ManagedChannelBuilder.forTarget(addr).build()); }',
    ['env:ORDERS_ADDR'],
  ],
  [
    '@Value with an expression',
    '  @Value("#{beans.addr}")\n  private String addr;\n  Object c = ManagedChannelBuilder.forTarget(addr).build();',
    ['?'],
  ],
  [
    'Optional',
    '  Object c = ManagedChannelBuilder.forTarget(Optional.ofNullable(System.getenv("ORDERS_ADDR")).orElse("orders:1")).build();',
    ['env:ORDERS_ADDR=orders:1'],
  ],
  [
    'system property',
    '  Object c = ManagedChannelBuilder.forTarget(System.getProperty("orders.addr", "orders:1")).build();',
    ['config:orders.addr=orders:1'],
  ],
  [
    'setter',
    '  private String addr = "orders:1";\n  void setAddr(String addr) { this.addr = addr; }\n  void go() { ManagedChannelBuilder.forTarget(addr).build(); }',
    ['?', 'orders:1'],
  ],
];

for (const [name, body, expected] of javaCases) {
  test(`Java: ${name}`, async () =>
    assert.deepEqual(await targets({ 'C.java': `import io.grpc.ManagedChannelBuilder;\n\nclass C {\n${body}\n}\n` }), expected));
}

const pythonCases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'pydantic settings',
    'class Settings(BaseSettings):\n    orders_addr: str = "orders:1"\n\nsettings = Settings()\nch = grpc.insecure_channel(settings.orders_addr)\n',
    ['env:ORDERS_ADDR=orders:1'],
  ],
  [
    'pydantic settings with a prefix',
    'class Settings(BaseSettings):\n    orders_addr: str = "orders:1"\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n\nch = grpc.insecure_channel(Settings().orders_addr)\n',
    ['?'],
  ],
  [
    'click option',
    '@click.command()\n@click.option("--orders-addr", default="orders:1", envvar="ORDERS_ADDR")\ndef main(orders_addr):\n    grpc.insecure_channel(orders_addr)\n',
    ['env:ORDERS_ADDR=orders:1'],
  ],
  [
    'try and except',
    'try:\n    addr = os.environ["ORDERS_ADDR"]\nexcept KeyError:\n    addr = "orders:1"\nch = grpc.insecure_channel(addr)\n',
    ['env:ORDERS_ADDR=orders:1'],
  ],
  [
    'names imported from os',
    'from os import environ as e, getenv\nch = grpc.insecure_channel(e["ORDERS_HOST"] + ":" + getenv("ORDERS_PORT", "1"))\n',
    ['env:ORDERS_HOST:env:ORDERS_PORT=1'],
  ],
  ['dictionary', 'ADDRS = {"orders": "orders:1", "stock": "stock:1"}\nch = grpc.insecure_channel(ADDRS["stock"])\n', ['stock:1']],
];

for (const [name, text, expected] of pythonCases) {
  test(`Python: ${name}`, async () => assert.deepEqual(await targets({ 'a.py': `import os\nimport grpc\n\n${text}` }), expected));
}

const nodeCases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'destructured environment',
    "const { ORDERS_ADDR = 'orders:1', STOCK } = process.env;\nnew Orders(ORDERS_ADDR, c);\n",
    ['env:ORDERS_ADDR=orders:1'],
  ],
  ['destructured with a new name', 'const { ORDERS_ADDR: addr } = process.env;\nnew Orders(addr, c);\n', ['env:ORDERS_ADDR']],
  [
    'object parameter',
    "function make({ addr, port = 1 }) { return new Orders(`${addr}:${port}`, c); }\nmake({ addr: 'orders' });\n",
    ['orders:1'],
  ],
  ['static field', "class Names { static ORDERS = 'orders:1'; }\nnew Orders(Names.ORDERS, c);\n", ['orders:1']],
  ['enum', "enum Names { Orders = 'orders:1' }\nnew Orders(Names.Orders, c);\n", ['orders:1']],
  ['spread object', "const names = { ...other, stock: 'stock:1' };\nnew Orders(names.orders, c);\n", ['?']],
];

for (const [name, text, expected] of nodeCases) {
  test(`Node: ${name}`, async () =>
    assert.deepEqual(
      await targets({ 'a.ts': `import { credentials } from '@grpc/grpc-js';\nconst c = credentials.createInsecure();\n${text}` }),
      expected,
    ));
}
