/** One table: what a target resolves to must not depend on the language it is written in. */

export type Client = 'go' | 'java' | 'python' | 'typescript';

export interface TargetCase {
  readonly name: string;
  /** Parts as text: `orders:50051`, `$ENV`, `$ENV=default`, `--flag=default`, `%config=default`, `?`. Several candidates: sorted. */
  readonly targets: readonly string[];
  readonly host?: string;
  readonly port?: string;
  readonly scheme?: string;
  readonly confidence?: 'high' | 'medium' | 'low';
  readonly origin?: readonly string[];
  /** Files per language; a plain string is the only file. Null: the language has no such form. */
  readonly code: Readonly<Record<Client, string | Readonly<Record<string, string>> | null>>;
}

const go = (before: string, inside: string, target = 'addr'): string =>
  `package main\n\nimport (\n\t"cmp"\n\t"flag"\n\t"fmt"\n\t"net"\n\t"os"\n\n\t"google.golang.org/grpc"\n)\n\n${before}\n\nfunc connect() {\n${inside}\n\tconn, _ := grpc.NewClient(${target}, opts)\n\tuse(conn)\n}\n`;
const java = (before: string, inside: string, target = 'addr'): string =>
  `package shop;\n\nimport io.grpc.ManagedChannel;\nimport io.grpc.ManagedChannelBuilder;\n\nclass Clients {\n${before}\n  void connect() {\n${inside}\n    ManagedChannel channel = ManagedChannelBuilder.forTarget(${target}).usePlaintext().build();\n  }\n}\n`;
const python = (before: string, inside: string, target = 'addr'): string =>
  `import argparse\nimport os\nimport grpc\n\n${before}\n\ndef connect():\n${inside === '' ? '    pass' : inside}\n    return grpc.insecure_channel(${target})\n`;
const ts = (before: string, inside: string, target = 'addr'): string =>
  `import * as grpc from '@grpc/grpc-js';\nimport { OrdersClient } from './gen/orders';\n\n${before}\n\nexport function connect() {\n${inside}\n  return new OrdersClient(${target}, grpc.credentials.createInsecure());\n}\n`;

export const targetCases: readonly TargetCase[] = [
  {
    name: 'literal',
    targets: ['orders:50051'],
    host: 'orders',
    port: '50051',
    confidence: 'high',
    code: {
      go: go('', '', '"orders:50051"'),
      java: java('', '', '"orders:50051"'),
      python: python('', '', '"orders:50051"'),
      typescript: ts('', '', "'orders:50051'"),
    },
  },
  {
    name: 'literal after other alphabets',
    targets: ['orders:50051'],
    host: 'orders',
    port: '50051',
    code: {
      go: go('// 订单服务 😀 é', '\tlog("中文😀")', '"orders:50051"'),
      java: java('  // 订单服务 😀 é', '    log("中文😀");', '"orders:50051"'),
      python: python('# 订单服务 😀 é', '    log("中文😀")', '"orders:50051"'),
      typescript: ts('// 订单服务 😀 é', "  log('中文😀');", "'orders:50051'"),
    },
  },
  {
    name: 'local variable',
    targets: ['orders:50051'],
    confidence: 'high',
    code: {
      go: go('', '\taddr := "orders:50051"'),
      java: java('', '    String addr = "orders:50051";'),
      python: python('', '    addr = "orders:50051"'),
      typescript: ts('', "  const addr = 'orders:50051';"),
    },
  },
  {
    name: 'constant of the file or class',
    targets: ['orders:50051'],
    confidence: 'high',
    origin: ['constant', 'literal'],
    code: {
      go: go('const ordersAddr = "orders:50051"', '', 'ordersAddr'),
      java: java('  private static final String ADDR = "orders:50051";', '', 'ADDR'),
      python: python('ADDR = "orders:50051"', '', 'ADDR'),
      typescript: ts("const ADDR = 'orders:50051';", '', 'ADDR'),
    },
  },
  {
    name: 'constant of another file',
    targets: ['orders:50051'],
    confidence: 'high',
    code: {
      go: { 'app/main.go': go('', '', 'ordersAddr'), 'app/names.go': 'package main\n\nconst ordersAddr = "orders:50051"\n' },
      java: {
        'src/shop/Clients.java': java('', '', 'Names.ORDERS'),
        'src/shop/Names.java': 'package shop;\n\nfinal class Names {\n  static final String ORDERS = "orders:50051";\n}\n',
      },
      python: { 'app/main.py': python('from .names import ORDERS', '', 'ORDERS'), 'app/names.py': 'ORDERS = "orders:50051"\n' },
      typescript: {
        'src/main.ts': ts("import { ORDERS } from './names';", '', 'ORDERS'),
        'src/names.ts': "export const ORDERS = 'orders:50051';\n",
      },
    },
  },
  {
    name: 'concatenation',
    targets: ['orders:50051'],
    host: 'orders',
    port: '50051',
    code: {
      go: go('const host = "orders"', '\taddr := host + ":" + "50051"'),
      java: java('  static final String HOST = "orders";', '    String addr = HOST + ":" + "50051";'),
      python: python('HOST = "orders"', '    addr = HOST + ":" + "50051"'),
      typescript: ts("const HOST = 'orders';", "  const addr = HOST + ':' + '50051';"),
    },
  },
  {
    name: 'format with an environment host and a number',
    targets: ['$ORDERS_HOST:50051'],
    code: {
      go: go('', '\taddr := fmt.Sprintf("%s:%d", os.Getenv("ORDERS_HOST"), 50051)'),
      java: java('', '    String addr = String.format("%s:%d", System.getenv("ORDERS_HOST"), 50051);'),
      python: python('', '    addr = f"{os.environ[\'ORDERS_HOST\']}:{50051}"'),
      typescript: ts('', '  const addr = `${process.env.ORDERS_HOST}:${50051}`;'),
    },
  },
  {
    name: 'host known, port from the environment',
    targets: ['orders.shop:$ORDERS_PORT'],
    host: 'orders.shop',
    code: {
      go: go('', '\taddr := net.JoinHostPort("orders.shop", os.Getenv("ORDERS_PORT"))'),
      java: java('', '    String addr = "orders.shop:" + System.getenv("ORDERS_PORT");'),
      python: python('', '    addr = "orders.shop:{}".format(os.environ["ORDERS_PORT"])'),
      typescript: ts('', "  const addr = ['orders.shop', process.env.ORDERS_PORT].join(':');"),
    },
  },
  {
    name: 'environment',
    targets: ['$ORDERS_ADDR'],
    confidence: 'high',
    code: {
      go: go('', '', 'os.Getenv("ORDERS_ADDR")'),
      java: java('', '', 'System.getenv("ORDERS_ADDR")'),
      python: python('', '', 'os.environ["ORDERS_ADDR"]'),
      typescript: ts('', '', "process.env['ORDERS_ADDR']!"),
    },
  },
  {
    name: 'environment, its name a constant',
    targets: ['$ORDERS_ADDR'],
    code: {
      go: go('const key = "ORDERS_ADDR"', '', 'os.Getenv(key)'),
      java: java('  static final String KEY = "ORDERS_ADDR";', '', 'System.getenv(KEY)'),
      python: python('KEY = "ORDERS_ADDR"', '', 'os.getenv(KEY)'),
      typescript: ts("const KEY = 'ORDERS_ADDR';", '', "process.env[KEY] ?? ''"),
    },
  },
  {
    name: 'environment with a default',
    targets: ['$ORDERS_ADDR=orders:50051'],
    confidence: 'high',
    code: {
      go: go('', '', 'cmp.Or(os.Getenv("ORDERS_ADDR"), "orders:50051")'),
      java: java('', '', 'System.getenv().getOrDefault("ORDERS_ADDR", "orders:50051")'),
      python: python('', '', 'os.environ.get("ORDERS_ADDR", "orders:50051")'),
      typescript: ts('', '', "process.env.ORDERS_ADDR || 'orders:50051'"),
    },
  },
  {
    name: 'environment with a default set by a condition',
    targets: ['$ORDERS_ADDR=orders:50051'],
    code: {
      go: go('', '\taddr := "orders:50051"\n\tif v := os.Getenv("ORDERS_ADDR"); v != "" {\n\t\taddr = v\n\t}'),
      java: java('', '    String addr = System.getenv("ORDERS_ADDR");\n    if (addr == null) {\n      addr = "orders:50051";\n    }'),
      python: python('', '    addr = os.getenv("ORDERS_ADDR")\n    if not addr:\n        addr = "orders:50051"'),
      typescript: ts('', "  let addr = process.env.ORDERS_ADDR;\n  if (!addr) {\n    addr = 'orders:50051';\n  }"),
    },
  },
  {
    name: 'helper that reads the environment',
    targets: ['$ORDERS_ADDR=orders:50051'],
    code: {
      go: go(
        'func env(key, fallback string) string {\n\tif v, ok := os.LookupEnv(key); ok {\n\t\treturn v\n\t}\n\treturn fallback\n}',
        '',
        'env("ORDERS_ADDR", "orders:50051")',
      ),
      java: java(
        '  static String env(String key, String fallback) {\n    String v = System.getenv(key);\n    return v != null ? v : fallback;\n  }',
        '',
        'env("ORDERS_ADDR", "orders:50051")',
      ),
      python: python('def env(key, fallback):\n    return os.environ.get(key) or fallback', '', 'env("ORDERS_ADDR", "orders:50051")'),
      typescript: ts(
        'function env(key: string, fallback: string): string {\n  const v = process.env[key];\n  return v ?? fallback;\n}',
        '',
        "env('ORDERS_ADDR', 'orders:50051')",
      ),
    },
  },
  {
    name: 'parameter, two call sites',
    targets: ['$ORDERS_ADDR', 'stock:50051'],
    confidence: 'high',
    code: {
      go: 'package main\n\nimport (\n\t"os"\n\n\t"google.golang.org/grpc"\n)\n\nfunc dial(addr string) *grpc.ClientConn {\n\tconn, _ := grpc.NewClient(addr)\n\treturn conn\n}\n\nfunc main() {\n\tdial(os.Getenv("ORDERS_ADDR"))\n\tdial("stock:50051")\n}\n',
      java: 'package shop;\n\nimport io.grpc.*;\n\nclass Clients {\n  static ManagedChannel dial(String addr) {\n    return ManagedChannelBuilder.forTarget(addr).usePlaintext().build();\n  }\n\n  void connect() {\n    dial(System.getenv("ORDERS_ADDR"));\n    dial("stock:50051");\n  }\n}\n',
      python:
        'import os\nimport grpc\n\ndef dial(addr):\n    return grpc.insecure_channel(addr)\n\ndef main():\n    dial(os.environ["ORDERS_ADDR"])\n    dial(addr="stock:50051")\n',
      typescript:
        "import { credentials } from '@grpc/grpc-js';\n\nconst dial = (addr: string) => new OrdersClient(addr, credentials.createInsecure());\n\ndial(process.env.ORDERS_ADDR!);\ndial('stock:50051');\n",
    },
  },
  {
    name: 'field given to the constructor',
    targets: ['$ORDERS_ADDR'],
    code: {
      go: 'package main\n\nimport (\n\t"os"\n\n\t"google.golang.org/grpc"\n)\n\ntype server struct {\n\taddr string\n}\n\nfunc (s *server) dial() {\n\tconn, _ := grpc.NewClient(s.addr)\n\tuse(conn)\n}\n\nfunc main() {\n\ts := &server{addr: os.Getenv("ORDERS_ADDR")}\n\ts.dial()\n}\n',
      java: 'package shop;\n\nimport io.grpc.*;\n\nclass Clients {\n  private final String addr;\n\n  Clients(String addr) {\n    this.addr = addr;\n  }\n\n  void connect() {\n    var channel = ManagedChannelBuilder.forTarget(this.addr).usePlaintext().build();\n  }\n\n  public static void main(String[] args) {\n    new Clients(System.getenv("ORDERS_ADDR")).connect();\n  }\n}\n',
      python:
        'import os\nimport grpc\n\nclass Clients:\n    def __init__(self, addr):\n        self.addr = addr\n\n    def connect(self):\n        return grpc.insecure_channel(self.addr)\n\nClients(os.environ["ORDERS_ADDR"]).connect()\n',
      typescript:
        "import { credentials } from '@grpc/grpc-js';\n\nclass Clients {\n  constructor(private readonly addr: string) {}\n\n  connect() {\n    return new OrdersClient(this.addr, credentials.createInsecure());\n  }\n}\n\nnew Clients(process.env.ORDERS_ADDR!).connect();\n",
    },
  },
  {
    name: 'config object of another file',
    targets: ['$ORDERS_ADDR=orders:50051'],
    code: {
      go: {
        'app/main.go':
          'package main\n\nimport (\n\t"example.com/shop/app/config"\n\t"google.golang.org/grpc"\n)\n\nfunc connect(cfg *config.Config) {\n\tconn, _ := grpc.NewClient(cfg.OrdersAddr)\n\tuse(conn)\n}\n',
        'app/config/config.go':
          'package config\n\ntype Config struct {\n\tOrdersAddr string `env:"ORDERS_ADDR" envDefault:"orders:50051"`\n}\n',
      },
      java: {
        'src/shop/Clients.java': java('  private final Config config = new Config();\n', '', 'config.getOrdersAddr()'),
        'src/shop/Config.java':
          'package shop;\n\nclass Config {\n  private String ordersAddr = System.getenv().getOrDefault("ORDERS_ADDR", "orders:50051");\n\n  String getOrdersAddr() {\n    return ordersAddr;\n  }\n}\n',
      },
      python: {
        'app/main.py': python('from app import config', '', 'config.ORDERS_ADDR'),
        'app/config.py': 'import os\n\nORDERS_ADDR = os.getenv("ORDERS_ADDR", "orders:50051")\n',
      },
      typescript: {
        'src/main.ts': ts("import { config } from './config.js';", '', 'config.orders.addr'),
        'src/config.ts': "export const config = { orders: { addr: process.env.ORDERS_ADDR ?? 'orders:50051' } };\n",
      },
    },
  },
  {
    name: 'flag',
    targets: ['--orders-addr=orders:50051'],
    code: {
      go: go('var addr = flag.String("orders-addr", "orders:50051", "address")', '', '*addr'),
      java: java('  @Option(names = {"-o", "--orders-addr"}, defaultValue = "orders:50051")\n  private String addr;\n', ''),
      python: python(
        'parser = argparse.ArgumentParser()\nparser.add_argument("--orders-addr", default="orders:50051")\nargs = parser.parse_args()',
        '',
        'args.orders_addr',
      ),
      typescript: null,
    },
  },
  {
    name: 'scheme before an environment value',
    targets: ['dns:///$ORDERS_ADDR'],
    scheme: 'dns',
    code: {
      go: go('', '', '"dns:///" + os.Getenv("ORDERS_ADDR")'),
      java: java('', '', '"dns:///" + System.getenv("ORDERS_ADDR")'),
      python: python('', '', '"dns:///%s" % os.environ["ORDERS_ADDR"]'),
      typescript: ts('', '', '`dns:///${process.env.ORDERS_ADDR}`'),
    },
  },
  {
    name: 'dns scheme in a literal',
    targets: ['dns:///orders.shop.svc.cluster.local:50051'],
    scheme: 'dns',
    host: 'orders.shop.svc.cluster.local',
    port: '50051',
    code: {
      go: go('', '', '"dns:///orders.shop.svc.cluster.local:50051"'),
      java: java('', '', '"dns:///orders.shop.svc.cluster.local:50051"'),
      python: python('', '', "'dns:///orders.shop.svc.cluster.local:50051'"),
      typescript: ts('', '', '"dns:///orders.shop.svc.cluster.local:50051"'),
    },
  },
  {
    name: 'URL',
    targets: ['http://orders:50051'],
    scheme: 'http',
    host: 'orders',
    port: '50051',
    code: {
      go: go('', '', '`http://orders:50051`'),
      java: java('', '', '"http://orders:50051"'),
      python: python('', '', 'r"http://orders:50051"'),
      typescript: ts('', '', '`http://orders:50051`'),
    },
  },
  {
    name: 'localhost',
    targets: ['localhost:50051'],
    host: 'localhost',
    code: {
      go: go('', '', '"localhost:50051"'),
      java: java('', '', '"localhost:50051"'),
      python: python('', '', '"localhost:50051"'),
      typescript: ts('', '', '"localhost:50051"'),
    },
  },
  {
    name: 'unix socket',
    targets: ['unix:///run/orders.sock'],
    scheme: 'unix',
    code: {
      go: go('', '', '"unix:///run/orders.sock"'),
      java: java('', '', '"unix:///run/orders.sock"'),
      python: python('', '', '"unix:///run/orders.sock"'),
      typescript: ts('', '', '"unix:///run/orders.sock"'),
    },
  },
  {
    name: 'a later assignment does not count',
    targets: ['orders:50051'],
    code: {
      go: go('', '\taddr := "stock:1"\n\taddr = "orders:50051"\n\tdefer func() { addr := "other:2"; use(addr) }()'),
      java: java('', '    String addr = "stock:1";\n    addr = "orders:50051";'),
      python: python('', '    addr = "stock:1"\n    addr = "orders:50051"'),
      typescript: ts('', "  let addr = 'stock:1';\n  addr = 'orders:50051';\n  { const addr = 'other:2'; use(addr); }"),
    },
  },
  {
    name: 'two branches',
    targets: ['orders:50051', 'stock:50051'],
    confidence: 'medium',
    code: {
      go: go('', '\tvar addr string\n\tif ok() {\n\t\taddr = "orders:50051"\n\t} else {\n\t\taddr = "stock:50051"\n\t}'),
      java: java('', '    String addr = ok() ? "orders:50051" : "stock:50051";'),
      python: python('', '    addr = "orders:50051" if ok() else "stock:50051"'),
      typescript: ts('', "  const addr = ok() ? 'orders:50051' : 'stock:50051';"),
    },
  },
  {
    name: 'call of something unknown is not guessed',
    targets: ['?'],
    code: {
      go: go('', '', 'discovery.Find("orders:50051")'),
      java: java('', '', 'discovery.find("orders:50051")'),
      python: python('', '', 'discovery.find("orders:50051")'),
      typescript: ts('', '', "discovery.find('orders:50051')"),
    },
  },
  {
    name: 'value changed in place is not guessed',
    targets: ['?'],
    code: {
      go: go('', '\taddr := "orders"\n\taddr += port()'),
      java: java('', '    String addr = "orders";\n    addr += port();'),
      python: python('', '    addr = "orders"\n    addr += port()'),
      typescript: ts('', "  let addr = 'orders';\n  addr += port();"),
    },
  },
  {
    name: 'loop variable is not guessed',
    targets: ['?'],
    code: {
      go: go('', '\tfor _, addr := range addrs() {\n\t\tconn, _ := grpc.NewClient(addr)\n\t\tuse(conn)\n\t}\n\treturn', '').replace(
        /\tconn, _ := grpc\.NewClient\(, opts\)\n\tuse\(conn\)\n/,
        '',
      ),
      java: java(
        '',
        '    for (String addr : addrs()) {\n      ManagedChannelBuilder.forTarget(addr).usePlaintext().build();\n    }',
        '',
      ).replace(/.*forTarget\(\).*\n/, ''),
      python: 'import grpc\n\ndef connect():\n    for addr in addrs():\n        grpc.insecure_channel(addr)\n',
      typescript:
        "import { credentials } from '@grpc/grpc-js';\nfor (const addr of addrs()) {\n  new OrdersClient(addr, credentials.createInsecure());\n}\n",
    },
  },
  {
    name: 'parameter nobody passes is not guessed',
    targets: ['?'],
    code: {
      go: 'package main\n\nimport "google.golang.org/grpc"\n\nfunc Dial(addr string) { conn, _ := grpc.NewClient(addr); use(conn) }\n',
      java: 'import io.grpc.*;\nclass C { void dial(String addr) { ManagedChannelBuilder.forTarget(addr).build(); } }\n',
      python: 'import grpc\n\ndef dial(addr="orders:50051"):\n    return grpc.insecure_channel(addr)\n',
      typescript:
        "import * as grpc from '@grpc/grpc-js';\nexport function dial(addr = 'orders:50051') { return new OrdersClient(addr, grpc.credentials.createInsecure()); }\n",
    },
  },
];
