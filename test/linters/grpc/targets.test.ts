import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LintFinding } from '../../../src/linters/lint-result.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** Where a target's value comes from, and what a finding over several of them says and mends. */
type Files = Readonly<Record<string, string>>;

async function foundIn(files: Files): Promise<readonly LintFinding[]> {
  return (await engineOf(files)).lint().findings.filter(({ rule }) => rule === 'grpc/clusterip-pinned');
}

async function only(files: Files): Promise<LintFinding> {
  const [finding, ...others] = await foundIn(files);
  assert.ok(finding, 'nothing found');
  assert.equal(others.length, 0);
  return finding;
}

/** A Service and its pods. */
function server(name: string, port = 9090, space = ''): string {
  const metadata = `{ name: ${name}${space} }`;
  return `apiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: { selector: { app: ${name} }, ports: [{ name: grpc, port: ${port} }] }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: ${metadata}\nspec: { replicas: 3, template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: ${name}, image: "example/${name}:1" }] } } }\n---\n`;
}

/** A Deployment that runs the program in `web/`, with more keys of its container. */
function web(container: string, name = 'web', space = ''): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}${space} }\nspec: { template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: web, image: "example/web:1", ${container} }] } } }\n---\n`;
}

function python(target: string, before = ''): string {
  return `import os\nimport grpc\n\n${before}channel = grpc.insecure_channel(${target})\n`;
}

function go(target: string, before = ''): string {
  return `package main\n\nimport (\n\t"google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n\t"google.golang.org/grpc/resolver"\n)\n\n${before}\nvar orders, err = grpc.NewClient(${target}, grpc.WithTransportCredentials(insecure.NewCredentials()))\n`;
}

const ENV = python('os.environ["ORDERS_ADDR"]');
const WITH_DEFAULT = python('os.environ.get("ORDERS_ADDR", "orders:9090")');

function relatedTexts({ related = [] }: LintFinding, messageId: string): string[] {
  return related.filter((one) => one.messageId === messageId).map(({ at }) => textOf(at));
}

/** Kinds of edits with the place or object that they are about. */
function edits({ fixes = [] }: LintFinding): string[] {
  return (fixes[0]?.changes ?? []).map((change) => {
    if (change.change === 'add-object') return `add ${JSON.stringify(change.object).match(/"name":"([\w-]+)"/)?.[1]}`;
    return change.change === 'set-scalar' ? `set ${change.text}` : change.change;
  });
}

describe('a resolver of the program’s own', () => {
  const register = 'func init() { resolver.Register(builder) }\n';
  it('is not asked for dns:///', async () =>
    assert.equal((await only({ 'main.go': go('"dns:///orders:9090"', register), 'k8s.yaml': server('orders') })).messageId, 'many'));
  for (const scheme of ['dns', 'passthrough']) {
    it(`is none as the default scheme ${scheme}`, async () => {
      const files = {
        'main.go': go('"orders:9090"', `func init() { resolver.SetDefaultScheme("${scheme}") }\n`),
        'k8s.yaml': server('orders'),
      };
      assert.equal((await only(files)).messageId, 'many');
    });
  }
});

describe('what is said', () => {
  const mesh = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: users }\nspec: { host: users }\n';
  it('one pod is one pod, with a mesh in sight, too', async () => {
    const one = server('orders').replace('replicas: 3', 'replicas: 1');
    assert.equal((await only({ 'web/main.py': python('"orders:9090"'), 'k8s.yaml': one, 'mesh.yaml': mesh })).messageId, 'one');
  });
  it('a Service bears its namespace', async () => {
    const files = { 'web/main.py': python('"orders.shop:9090"'), 'k8s.yaml': server('orders', 9090, ', namespace: shop') };
    assert.equal((await only(files)).data?.service, 'shop/orders');
  });
  it('a target with very many values is doubtful', async () => {
    const callers = Array.from({ length: 40 }, (_, n) => `connect("host${n}:9090")\n`).join('');
    const code = (calls: string): string =>
      `import grpc\n\ndef connect(addr):\n    return grpc.insecure_channel(addr)\n\nconnect("orders:9090")\n${calls}`;
    assert.equal((await only({ 'web/main.py': code(''), 'k8s.yaml': server('orders') })).severity, 'warning');
    assert.equal((await only({ 'web/main.py': code(callers), 'k8s.yaml': server('orders') })).severity, 'information');
  });
});

describe('related places', () => {
  it('of one Service stand there once', async () => {
    const both = web('env: [{ name: A, value: "orders:9090" }, { name: B, value: "dns:///orders:9090" }]');
    const code =
      'import os\nimport grpc\n\ndef connect(addr):\n    return grpc.insecure_channel(addr)\n\na = connect(os.environ["A"])\nb = connect(os.environ["B"])\n';
    const finding = await only({ 'web/main.py': code, 'k8s.yaml': both + server('orders') });
    assert.deepEqual(relatedTexts(finding, 'clusterip'), ['orders']);
    assert.equal(relatedTexts(finding, 'caller').length, 2);
  });
  it('of files that are laid out alike all stand there', async () => {
    const code =
      'import grpc\n\ndef connect(addr):\n    return grpc.insecure_channel(addr)\n\na = connect("orders:9090")\nb = connect("basket:9090")\n';
    const finding = await only({ 'web/main.py': code, 'k8s/a.yaml': server('orders'), 'k8s/b.yaml': server('basket') });
    assert.deepEqual(relatedTexts(finding, 'clusterip'), ['orders', 'basket']);
  });
  it('a function called in the target itself is no caller', async () => {
    const finding = await only({
      'main.go': go('withPort("orders")', 'func withPort(host string) string { return host + ":9090" }\n'),
      'k8s.yaml': server('orders'),
    });
    assert.deepEqual(relatedTexts(finding, 'caller'), []);
  });
});

describe('the finding stands', () => {
  const placeOf = async (code: string): Promise<string> => textOf((await only({ 'web/main.py': code, 'k8s.yaml': server('orders') })).at);
  it('at a literal without its quotes', async () => assert.equal(await placeOf(python('"orders:9090"')), 'orders:9090'));
  it('at a constant’s use', async () => assert.equal(await placeOf(python('ADDR', 'ADDR = "orders:9090"\n')), 'ADDR'));
  it('at the choice between two', async () =>
    assert.equal(await placeOf(python('"orders:9090" if LIVE else "localhost:9090"')), '"orders:9090" if LIVE else "localhost:9090"'));
  it('at a function’s result', async () => {
    const code = 'import grpc\n\ndef connect(addr):\n    return grpc.insecure_channel(addr)\n\nconnect("orders:9090")\n';
    assert.equal(await placeOf(code), 'addr');
  });
});

describe('several values', () => {
  it('of one ConfigMap are one', async () => {
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop }\ndata:\n  ORDERS_ADDR: orders:9090\n---\n';
    const from = 'envFrom: [{ configMapRef: { name: shop } }]';
    const finding = await only({ 'web/main.py': ENV, 'k8s.yaml': web(from) + web(from, 'web-canary') + map + server('orders') });
    assert.deepEqual(edits(finding), ['add orders-headless', 'set dns:///orders-headless:9090', 'replace-text']);
  });
  it('of two Deployments are mended in both, with one headless Service', async () => {
    const env = 'env: [{ name: ORDERS_ADDR, value: "orders:9090" }]';
    const finding = await only({ 'web/main.py': ENV, 'k8s.yaml': web(env) + web(env, 'web-canary') + server('orders') });
    const set = 'set dns:///orders-headless:9090';
    assert.deepEqual(edits(finding), ['add orders-headless', set, set, 'replace-text']);
  });
  it('of one place may be Services of two namespaces', async () => {
    const spaces = [', namespace: a', ', namespace: b'];
    const manifests = spaces.map((space) => web('', 'web', space) + server('orders', 9090, space)).join('');
    assert.equal((await only({ 'web/main.py': python('"orders:9090"'), 'k8s.yaml': manifests })).data?.services, 'a/orders, b/orders');
  });
  it('of the code alone are each judged', async () => {
    const choice = python('"orders:9090" if LIVE else "orders:9091"');
    const two = server('orders').replace('port: 9090 }', 'port: 9090 }, { name: old, port: 9091 }');
    assert.deepEqual(edits(await only({ 'web/main.py': choice, 'k8s.yaml': two })).filter((edit) => edit === 'replace-text').length, 3);
  });
});

describe('the image', () => {
  const image = (lines: string): Files => ({ 'web/main.py': WITH_DEFAULT, 'web/Dockerfile': `FROM python\n${lines}\n` });
  it('with an empty variable leaves the code its default', async () =>
    assert.equal((await foundIn({ ...image('ENV ORDERS_ADDR=""'), 'k8s.yaml': web('') + server('orders') })).length, 1));
  it('with a variable of its build says nothing', async () =>
    assert.equal((await foundIn({ ...image('ARG ADDR\nENV ORDERS_ADDR=$ADDR'), 'k8s.yaml': web('') + server('orders') })).length, 0));

  const flagged =
    'package main\n\nimport (\n\t"flag"\n\n\t"google.golang.org/grpc"\n\t"google.golang.org/grpc/credentials/insecure"\n)\n\nvar addr = flag.String("orders", "orders:9090", "address")\n\nfunc main() {\n\tflag.Parse()\n\tuse(grpc.NewClient(*addr, grpc.WithTransportCredentials(insecure.NewCredentials())))\n}\n';
  const run = (command: string, container = ''): Files => ({
    'web/main.go': flagged,
    'web/Dockerfile': `FROM scratch\n${command}\n`,
    'k8s.yaml': web(container) + server('orders'),
  });
  it('gives a flag', async () => assert.equal((await foundIn(run('ENTRYPOINT ["/web", "--orders=localhost:9090"]'))).length, 0));
  it('gives no flag where the pod says how to run it', async () =>
    assert.equal((await foundIn(run('ENTRYPOINT ["/web", "--orders=localhost:9090"]', 'command: ["/web"]'))).length, 1));
  it('without a command leaves it to the pod', async () =>
    assert.equal((await foundIn(run('USER 1000', 'args: ["--orders=localhost:9090"]'))).length, 0));
  it('that says how to run it goes before one that doesn’t', async () => {
    const files = { ...run('USER 1000'), 'web/Dockerfile.release': 'FROM scratch\nENTRYPOINT ["/web", "--orders=localhost:9090"]\n' };
    assert.equal((await foundIn(files)).length, 0);
  });
  it('and the pod without the flag: nothing to edit but by hand', async () =>
    assert.equal((await only(run('ENTRYPOINT ["/web"]'))).snippet?.reasonId, 'by-hand'));
});
