import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changedFiles } from '../../../src/fixes/apply.ts';
import { verifyFix } from '../../../src/fixes/verify.ts';
import { Engine } from '../../../src/linters/engine.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** What the rules say and mend must not depend on the language a client is written in: the same targets, once in each. */
interface Language {
  readonly file: string;
  /** A program that makes one channel. `before` stands above it, `target` is the expression, `policy` is round_robin. */
  readonly program: (before: string, target: string, policy: boolean) => string;
  readonly literal: string;
  readonly env: string;
  readonly envWithDefault: string;
  readonly pieces: string;
  readonly constant: string;
  readonly parameter: readonly [before: string, name: string];
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  Go: {
    file: 'web/main.go',
    program: (before, target, policy) =>
      `package main\n\nimport (\n\t"cmp"\n\t"fmt"\n\t"os"\n\n\t"google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n)\n\n${before}\nfunc connect(addr string) *grpc.ClientConn {\n\tconn, err := grpc.NewClient(${target}, grpc.WithTransportCredentials(insecure.NewCredentials())${policy ? ', grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`)' : ''})\n\tcheck(err)\n\treturn conn\n}\n`,
    literal: '"orders:9090"',
    env: 'os.Getenv("ORDERS_ADDR")',
    envWithDefault: 'cmp.Or(os.Getenv("ORDERS_ADDR"), "orders:9090")',
    pieces: 'fmt.Sprintf("%s:%s", os.Getenv("ORDERS_HOST"), "9090")',
    constant: 'const ADDR = "orders:9090"\n',
    parameter: ['func start() { use(connect(os.Getenv("ORDERS_ADDR"))) }\n', 'addr'],
  },
  Java: {
    file: 'web/Clients.java',
    program: (before, target, policy) =>
      `package shop;\n\nimport io.grpc.ManagedChannel;\nimport io.grpc.ManagedChannelBuilder;\n\nclass Clients {\n${before}\n  static ManagedChannel connect(String addr) {\n    return ManagedChannelBuilder.forTarget(${target})${policy ? '.defaultLoadBalancingPolicy("round_robin")' : ''}.usePlaintext().build();\n  }\n}\n`,
    literal: '"orders:9090"',
    env: 'System.getenv("ORDERS_ADDR")',
    envWithDefault: 'System.getenv().getOrDefault("ORDERS_ADDR", "orders:9090")',
    pieces: 'System.getenv("ORDERS_HOST") + ":" + "9090"',
    constant: '  static final String ADDR = "orders:9090";\n',
    parameter: ['  static void start() { use(connect(System.getenv("ORDERS_ADDR"))); }\n', 'addr'],
  },
  Python: {
    file: 'web/main.py',
    program: (before, target, policy) =>
      `import os\nimport grpc\n\n${before}\ndef connect(addr):\n    return grpc.insecure_channel(${target}${policy ? `, options=[("grpc.lb_policy_name", "round_robin")]` : ''})\n`,
    literal: '"orders:9090"',
    env: 'os.environ["ORDERS_ADDR"]',
    envWithDefault: 'os.environ.get("ORDERS_ADDR", "orders:9090")',
    pieces: `f"{os.environ['ORDERS_HOST']}:9090"`,
    constant: 'ADDR = "orders:9090"\n',
    parameter: ['def start():\n    use(connect(os.environ["ORDERS_ADDR"]))\n', 'addr'],
  },
  TypeScript: {
    file: 'web/clients.ts',
    program: (before, target, policy) =>
      `import { credentials } from '@grpc/grpc-js';\nimport { OrdersClient } from './gen/orders';\n\n${before}\nexport function connect(addr: string) {\n  return new OrdersClient(${target}, credentials.createInsecure()${policy ? `, { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) }` : ''});\n}\n`,
    literal: "'orders:9090'",
    env: 'process.env.ORDERS_ADDR',
    envWithDefault: "process.env.ORDERS_ADDR ?? 'orders:9090'",
    pieces: '`${process.env.ORDERS_HOST}:9090`',
    constant: "const ADDR = 'orders:9090';\n",
    parameter: ['export const start = () => use(connect(process.env.ORDERS_ADDR));\n', 'addr'],
  },
};

const ORDERS = (headless: boolean): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { ${headless ? 'clusterIP: None, ' : ''}selector: { app: orders }, ports: [{ name: grpc, port: 9090 }] }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: 3, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n`;

function web(env: string): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers:\n        - name: web\n          image: example/web:1\n${env}---\n`;
}

const NOTHING = web('');
const VALUE = web('          env:\n            - name: ORDERS_ADDR\n              value: orders:9090\n');
const HOST = web('          env:\n            - name: ORDERS_HOST\n              value: orders\n');
const FROM_MAP =
  web('          envFrom:\n            - configMapRef: { name: shop }\n') +
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop }\ndata:\n  ORDERS_ADDR: orders:9090\n---\n';

interface Situation {
  readonly title: string;
  readonly target: (language: Language) => readonly [before: string, target: string];
  readonly manifests: string;
  /** The target's text in the manifests or the code after the fix; `undefined`: no edit is clear, a snippet. */
  readonly fixed: 'code' | 'manifest' | undefined;
  /** A related place that the finding names, by its text. */
  readonly related?: string;
}

const SITUATIONS: readonly Situation[] = [
  { title: 'a literal', target: ({ literal }) => ['', literal], manifests: NOTHING, fixed: 'code' },
  { title: 'a constant', target: ({ constant }) => [constant, 'ADDR'], manifests: NOTHING, fixed: 'code' },
  { title: 'a variable', target: ({ env }) => ['', env], manifests: VALUE, fixed: 'manifest', related: 'orders:9090' },
  { title: 'a variable of a ConfigMap', target: ({ env }) => ['', env], manifests: FROM_MAP, fixed: 'manifest', related: 'orders:9090' },
  { title: 'a default that nobody overrides', target: ({ envWithDefault }) => ['', envWithDefault], manifests: NOTHING, fixed: 'manifest' },
  { title: 'a default that the pod overrides', target: ({ envWithDefault }) => ['', envWithDefault], manifests: VALUE, fixed: 'manifest' },
  { title: 'a parameter', target: ({ parameter }) => parameter, manifests: VALUE, fixed: 'manifest', related: 'orders:9090' },
  { title: 'a host and a port', target: ({ pieces }) => ['', pieces], manifests: HOST, fixed: undefined, related: 'orders' },
];

const RULES_IN_PLAY = [
  { rule: 'grpc/clusterip-pinned', messageId: 'many', policy: false, headless: false },
  { rule: 'grpc/round-robin-over-clusterip', messageId: 'many', policy: true, headless: false },
  { rule: 'grpc/headless-pick-first', messageId: 'by-default', policy: false, headless: true },
] as const;

for (const [name, language] of Object.entries(LANGUAGES)) {
  describe(`a client in ${name}`, () => {
    for (const { title, target, manifests, fixed, related } of SITUATIONS) {
      for (const { rule, messageId, policy, headless } of RULES_IN_PLAY) {
        it(`${title}: ${rule}`, async () => {
          const program = language.program(...target(language), policy);
          const engine = await engineOf({ [language.file]: program, 'k8s.yaml': manifests + ORDERS(headless) });
          const result = engine.lint();
          const [finding, ...others] = result.findings.filter((one) => one.rule.startsWith('grpc/'));
          assert.ok(finding, 'nothing found');
          assert.deepEqual(others, []);
          assert.deepEqual([finding.rule, finding.messageId, finding.severity], [rule, messageId, 'warning']);
          assert.equal(finding.at.file.path, language.file);
          if (related !== undefined) {
            const settings = finding.related?.filter((one) => one.messageId === 'setting').map((one) => textOf(one.at));
            assert.deepEqual(settings, [related]);
          }
          const [fix] = finding.fixes ?? [];
          // Over a headless Service only the policy is missing: that needs no target.
          if (fixed === undefined && !headless) {
            assert.equal(fix, undefined);
            assert.equal(finding.snippet?.reasonId, 'by-hand');
            return;
          }
          assert.ok(fix, 'no fix');
          const verified = verifyFix(engine, result, finding, fix);
          assert.ok(verified.ok, verified.ok ? '' : verified.refused.reason.id);
          const changed = changedFiles(verified.planned.edits, verified.planned.creates, (path) => engine.file(path)) ?? new Map();
          const after = new Engine(engine.options, engine);
          for (const [path, file] of changed) after.setFile(path, file);
          assert.deepEqual(
            after.lint().findings.filter((one) => one.rule.startsWith('grpc/')),
            [],
          );
          const code = after.file(language.file)?.text ?? '';
          const yaml = after.file('k8s.yaml')?.text ?? '';
          assert.match(code, /round_robin/);
          if (headless) return assert.equal(yaml, manifests + ORDERS(true));
          assert.match(yaml, /name: orders-headless\n/);
          assert.match(fixed === 'code' ? code : yaml, /dns:\/\/\/orders-headless:9090/);
        });
      }
    }
  });
}
