import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { actionsAt, fixAllIn } from '../../src/service/edits.ts';
import { LintService } from '../../src/service/lint-service.ts';
import { completeConfiguration } from '../../src/service/complete-configuration.ts';
import { hoverAt, lensesOf } from '../../src/service/questions.ts';
import { Listener, places, SETTINGS, serviceOn, withFolder, write } from './folders.ts';

const RULE = 'runtime/gomemlimit-malformed';

function deployment(name: string, limit: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: app
          image: registry.example.com/${name}:1.0.0
          env:
            - name: GOMEMLIMIT
              value: ${limit}
          resources:
            limits: { memory: 512Mi }
`;
}

async function open(service: LintService): Promise<Listener> {
  const listener = new Listener();
  service.scan();
  listener.take(await service.update());
  return listener;
}

describe('the lint service of a folder', () => {
  it('says nothing of a folder whose reading was ended, and keeps what it said when it was read before', async () => {
    const files: Record<string, string> = { 'a.yaml': deployment('a', '1Gi') };
    for (let at = 0; at < 450; at++) files[`more/${at}.yaml`] = 'kind: ConfigMap\n';
    await withFolder(files, async (root) => {
      // A wish from before the scan is dropped: the first question is asked at its start.
      const answers = [true, true];
      const isCancelled = (): boolean => answers.shift() ?? false;
      const service = new LintService({ folder: root, root, settings: SETTINGS, isCancelled });
      service.scan();
      service.openDocument('a.yaml', 1, deployment('a', '1Gi'));
      const first = await service.update();
      assert.deepEqual([first.stopped, first.files], [true, []]);
      const listener = new Listener();
      service.scan();
      const second = await service.update();
      listener.take(second);
      assert.deepEqual([second.stopped, listener.of('a.yaml').length], [false, 1]);
      answers.push(false, true);
      service.scan();
      const third = await service.update();
      listener.take(third);
      assert.deepEqual([third.stopped, listener.of('a.yaml').length], [true, 1]);
    });
  });

  it('tells only what changed', async () => {
    await withFolder({ 'a.yaml': deployment('a', '1Gi'), 'b.yaml': deployment('b', '1Gi') }, async (root) => {
      const service = serviceOn(root);
      const listener = await open(service);
      assert.deepEqual(places(listener.of('a.yaml')), [`${RULE} at 12:22`]);
      service.openDocument('b.yaml', 1, deployment('b', '400MiB'));
      const update = await service.update();
      assert.deepEqual(
        update.files.map(({ path, findings }) => [path, findings.length]),
        [['b.yaml', 0]],
      );
      assert.deepEqual((await service.update()).files, []);
    });
  });

  it('judges unsaved text, and the disk again when the document is closed', async () => {
    await withFolder({ 'a.yaml': deployment('a', '400MiB') }, async (root) => {
      const service = serviceOn(root);
      const listener = await open(service);
      service.openDocument('a.yaml', 1, deployment('a', '1Gi'));
      listener.take(await service.update());
      assert.equal(listener.of('a.yaml').length, 1);
      service.filesChanged(['a.yaml']);
      listener.take(await service.update());
      assert.equal(listener.of('a.yaml').length, 1, 'the disk must not win over an open document');
      service.closeDocument('a.yaml');
      listener.take(await service.update());
      assert.deepEqual(listener.all, {});
    });
  });

  it('keeps the other findings while a line does not parse, and says nothing new', async () => {
    const text = `${deployment('a', '1Gi')}---\n${deployment('b', '2Gi')}`;
    await withFolder({ 'a.yaml': text }, async (root) => {
      const service = serviceOn(root);
      const listener = await open(service);
      service.openDocument('a.yaml', 1, text);
      listener.take(await service.update());
      const before = places(listener.of('a.yaml'));
      assert.equal(before.length, 2);
      for (const [version, broken] of ['          command: ["/bin', '         x', '   "', '          env2: {'].entries()) {
        const typed = text.replace('          env:\n', `${broken}\n          env:\n`);
        service.openDocument('a.yaml', version + 2, typed);
        assert.notEqual(service.document('a.yaml')?.state, 'whole', broken);
        listener.take(await service.update());
        const now = listener.of('a.yaml');
        assert.ok(
          now.every((finding) => finding.rule === RULE),
          broken,
        );
        assert.equal(now.length, 2, broken);
      }
      service.openDocument('a.yaml', 9, text);
      listener.take(await service.update());
      assert.deepEqual(places(listener.of('a.yaml')), before);
    });
  });

  it('follows files, folders and ignore files on disk', async () => {
    await withFolder({ 'a.yaml': deployment('a', '1Gi') }, async (root) => {
      const service = serviceOn(root);
      const listener = await open(service);
      const told = async (...paths: string[]): Promise<string[]> => {
        service.filesChanged(paths);
        listener.take(await service.update());
        return Object.keys(listener.all);
      };
      write(root, 'x/y/b.yaml', deployment('b', '1Gi'));
      assert.deepEqual(await told('x'), ['a.yaml', 'x/y/b.yaml']);
      write(root, '.gitignore', 'x/\n');
      assert.deepEqual(await told('.gitignore'), ['a.yaml']);
      write(root, 'x/y/c.yaml', deployment('c', '1Gi'));
      assert.deepEqual(await told('x/y/c.yaml'), ['a.yaml'], 'an ignored file');
      rmSync(join(root, '.gitignore'));
      assert.deepEqual(await told('.gitignore'), ['a.yaml', 'x/y/b.yaml', 'x/y/c.yaml']);
      rmSync(join(root, 'x'), { recursive: true });
      assert.deepEqual(await told('x'), ['a.yaml']);
      rmSync(join(root, 'a.yaml'));
      assert.deepEqual(await told('a.yaml'), []);
    });
  });

  it('says in the reader’s language what could not be read, broken build files and client code included', async () => {
    const files = {
      'a.yaml': deployment('a', '1Gi'),
      'b.yaml': 'apiVersion: v1\nkind: Service\nmetadata: [\n',
      'c/client.go': 'package c\n\nimport "google.golang.org/grpc"\n\nfunc f() { grpc.NewClient("dns:///a:1") }\n\nfunc g( {\n',
      'c/go.mod': 'module c\n\nrequire google.golang.org/grpc v1.50.0\n',
      'svc.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { selector: { app: a }, ports: [{ port: 1 }] }\n',
      '.runbook-lens-baseline.json': '{"findings": []}',
    };
    await withFolder(files, async (root) => {
      const noticesIn = async (language: 'en' | 'zh-cn'): Promise<string[]> => {
        const service = serviceOn(root, { ...SETTINGS, language });
        service.scan();
        return (await service.update()).notices.map(({ path, kind, message }) => `${path} ${kind} ${message}`);
      };
      const [baseline, yaml, code, ...others] = await noticesIn('en');
      assert.deepEqual(others, []);
      assert.equal(baseline, '.runbook-lens-baseline.json configuration no "version": it is no baseline');
      assert.match(yaml ?? '', /^b\.yaml unparsable line \d+: /);
      assert.equal(code, 'c/client.go unparsable line 7: syntax error');
      const chinese = await noticesIn('zh-cn');
      assert.equal(chinese[0], '.runbook-lens-baseline.json configuration 没有 "version"：不是 baseline 文件');
      assert.match(chinese[1] ?? '', /^b\.yaml unparsable 第 \d+ 行：/);
      assert.equal(chinese[2], 'c/client.go unparsable 第 7 行：语法错误');
    });
  });

  it('offers fixes for the text as it is, also of a closed file that changed without notice', async () => {
    await withFolder({ 'a.yaml': deployment('a', '1Gi') }, async (root) => {
      const service = serviceOn(root);
      await open(service);
      service.openDocument('a.yaml', 7, deployment('a', '1Gi'));
      await service.update();
      const at = { line: 11, character: 22 };
      const { fixes, ignores } = await actionsAt(service, 'a.yaml', { start: at, end: at });
      assert.deepEqual(
        fixes.map(({ title, safety, versions }) => [title, safety, versions]),
        [['Write 460MiB', 'safe', [{ path: 'a.yaml', version: 7 }]]],
      );
      assert.deepEqual(
        ignores.map(({ scope }) => scope),
        ['next-line', 'file', 'object'],
      );
      service.closeDocument('a.yaml');
      await service.update();
      write(root, 'a.yaml', `# moved\n${deployment('a', '1Gi')}`);
      const { edits } = await fixAllIn(service, 'a.yaml', undefined);
      assert.deepEqual(
        edits.map(({ range, newText }) => [range.start.line, newText]),
        [[12, '460MiB']],
      );
    });
  });

  it('applies the configuration and the baseline, and keeps the last good configuration while a key is typed', async () => {
    await withFolder({ 'a.yaml': deployment('a', '1Gi'), '.runbook-lens.yaml': `rules:\n  ${RULE}: hint\n` }, async (root) => {
      const service = serviceOn(root);
      const listener = await open(service);
      assert.equal(listener.of('a.yaml')[0]?.severity, 'hint');
      service.openDocument('.runbook-lens.yaml', 2, `rules:\n  ${RULE}: hint\n  nonsense: off\n`);
      listener.take(await service.update());
      assert.equal(listener.of('a.yaml')[0]?.severity, 'hint');
      assert.match(listener.of('.runbook-lens.yaml')[0]?.message ?? '', /unknown rule "nonsense"/);
      service.closeDocument('.runbook-lens.yaml');
      const [finding] = listener.of('a.yaml');
      const entry = { file: 'a.yaml', rule: RULE, fingerprint: finding?.id };
      write(root, '.runbook-lens-baseline.json', JSON.stringify({ version: 1, findings: [entry] }));
      service.filesChanged(['.runbook-lens-baseline.json']);
      listener.take(await service.update());
      assert.deepEqual(listener.all, {});
      service.configure({ ...SETTINGS, severity: 'error' });
      listener.take(await service.update());
      assert.deepEqual(listener.all, {});
    });
  });

  it('says all in Chinese when asked to', async () => {
    await withFolder({ 'a.yaml': deployment('a', '1Gi') }, async (root) => {
      const service = serviceOn(root);
      await open(service);
      service.configure({ ...SETTINGS, language: 'zh-cn' });
      const { files } = await service.update();
      assert.match(files[0]?.findings[0]?.message ?? '', /[\u4e00-\u9fff]/);
    });
  });

  it('tells the effective value of a variable with the layer that it comes from', async () => {
    const files = {
      'a.yaml': `${deployment('a', '1Gi').replace('            - name: GOMEMLIMIT\n              value: 1Gi\n', '')}`.replace(
        '          env:\n',
        '          envFrom: [{ configMapRef: { name: limits } }]\n',
      ),
      'limits.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: limits, namespace: shop }\ndata:\n  GOMEMLIMIT: 1Gi\n',
    };
    await withFolder(files, async (root) => {
      const service = serviceOn(root);
      await open(service);
      const hover = hoverAt(service, 'limits.yaml', { line: 4, character: 15 });
      assert.deepEqual(
        hover?.values.map(({ name, value, layers }) => [name, value, layers.map(({ origin, at }) => `${origin} ${at?.path}`)]),
        [['GOMEMLIMIT', '1Gi', ['configmap limits.yaml']]],
      );
    });
  });

  it('tells the effective value of a flag, and what comes of it', async () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: kiam }\nspec:\n  containers:\n    - name: kiam\n      image: quay.io/uswitch/kiam:v3.6\n      args: [server, --session-duration=30m]\n`;
    await withFolder({ 'kiam.yaml': text }, async (root) => {
      const service = serviceOn(root);
      await open(service);
      const hover = hoverAt(service, 'kiam.yaml', { line: 7, character: text.split('\n')[7]?.indexOf('30m') ?? 0 });
      assert.deepEqual(
        hover?.values.map(({ name, value }) => [name, value]),
        [['--session-duration', '30m']],
      );
      assert.deepEqual(
        lensesOf(service, 'kiam.yaml').map(({ text: said }) => said),
        ['Kiam: pods get credentials with 5m to 30m left'],
      );
    });
  });
});

describe('completion of .runbook-lens.yaml', () => {
  const at = (text: string): string[] => {
    const line = text.split('\n').length - 1;
    const character = (text.split('\n').at(-1) ?? '').length;
    return completeConfiguration(text, { line, character }, 'en').map(({ label }) => label);
  };

  it('gives keys where keys stand', () => {
    assert.deepEqual(at(''), ['rules', 'ignore', 'assume', 'probes', 'runbooks', 'lang', 'overrides']);
    assert.ok(at('rules:\n  ').includes(RULE));
    assert.deepEqual(at('assume:\n  k').slice(0, 4), ['kong', 'istio', 'kubernetes', 'kiam']);
    assert.deepEqual(at('overrides:\n  - '), ['files', 'rules', 'assume']);
    assert.ok(at('overrides:\n  - files: [a]\n    rules:\n      ').includes(RULE));
  });

  it('gives values where values stand', () => {
    assert.deepEqual(at(`rules:\n  ${RULE}: `), ['error', 'warning', 'information', 'hint', 'on', 'off']);
    assert.deepEqual(at('assume:\n  mesh: i'), ['none', 'istio', 'ambient', 'linkerd']);
    assert.deepEqual(at('assume:\n  complete: '), ['true', 'false']);
    assert.deepEqual(at(`rules:\n  ${RULE}:\n    severity: `), ['error', 'warning', 'information', 'hint', 'on', 'off']);
  });

  it('gives what belongs below the key above, indented, where the editor did not indent', () => {
    assert.ok(at(`rules:\n`).includes(RULE));
    assert.ok(at(`rules:\n  ${RULE}: off\nr`).includes('rules'));
    assert.ok(!at(`rules:\n  ${RULE}: off\nr`).includes(RULE));
    const insert = (label: string): string | undefined =>
      completeConfiguration('overrides:\n  - files: [a]\n    assume:\n    k', { line: 3, character: 5 }, 'en').find(
        (item) => item.label === label,
      )?.insert;
    assert.deepEqual([insert('kong'), insert('rules')], ['  kong: ', 'rules:\n  ']);
  });

  it('gives probes, their thresholds and what these are', () => {
    assert.ok(at('probes:\n  ').includes('kong/router-rebuild-memory'));
    assert.ok(at('probes:\n  kong/router-rebuild-memory:\n    ').includes('window'));
    assert.deepEqual(at('probes:\n  kong/router-rebuild-memory:\n    window: '), ['24h']);
    assert.deepEqual(at('probes:\n  kong/nothing:\n    '), []);
  });

  it('gives nothing where anything may stand', () => {
    assert.deepEqual(at('ignore:\n  - x'), []);
    assert.deepEqual(at('assume:\n  kong: '), []);
  });
});
