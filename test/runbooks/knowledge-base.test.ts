import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import MarkdownIt from 'markdown-it';
import { checkRunbooks } from '../../src/runbooks/check.ts';
import { loadRunbooks, parseFrontMatter, splitFrontMatter } from '../../src/runbooks/load.ts';
import { ALL_RULES } from '../../src/service/engine-setup.ts';
import { scanMarkdown } from '../../src/runbooks/markdown.ts';
import { createRenderer } from '../../src/runbooks/render.ts';
import { indexRunbooks, searchRunbooks } from '../../src/runbooks/search.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = new Map(
  readdirSync(`${root}runbooks`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => [`runbooks/${path.replaceAll('\\', '/')}`, readFileSync(`${root}runbooks/${path}`, 'utf8')]),
);
const { runbooks, problems } = loadRunbooks(files);

test('every runbook is as runbooks/README.md demands, in both languages', () => {
  assert.ok(runbooks.length >= 6, `${runbooks.length} runbooks`);
  assert.deepEqual(problems, []);
  const found = checkRunbooks(files, { languages: ['en', 'zh-cn'], knownRules: new Set(ALL_RULES.map((rule) => rule.id)) });
  assert.deepEqual(
    found.map(({ file, line, message }) => `${file}:${line} ${message}`),
    [],
  );
});

test('every front matter satisfies the JSON schema', () => {
  const validate = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(`${root}schemas/runbook.schema.json`, 'utf8')));
  for (const [path, content] of files) {
    const { yaml } = splitFrontMatter(content);
    if (yaml === undefined) continue;
    const parsed = parseFrontMatter(yaml);
    assert.ok(parsed.ok && validate(parsed.value), `${path}: ${JSON.stringify(validate.errors)}`);
  }
});

test('every command says how it was checked, in both languages', () => {
  let commands = 0;
  for (const [path, content] of files) {
    if (path.endsWith('README.md')) continue;
    const { markdown, firstLine } = splitFrontMatter(content);
    for (const { line, risk, checked } of scanMarkdown(markdown, firstLine).fences) {
      assert.ok(risk && checked && /^(ran|source|docs|help): /.test(checked), `${path}:${line}`);
      if (risk === 'read' || risk === 'change') commands += 1;
    }
  }
  assert.ok(commands >= runbooks.length * 2 * 3, `${commands} commands`);
});

const index = indexRunbooks(runbooks);

test('every log signal, filled in and wrapped in a log line, arrives at its runbook', () => {
  for (const runbook of runbooks) {
    for (const pattern of runbook.signals.logs) {
      const line = `2026-11-21T03:12:44.123Z stderr F 10.1.2.3 ${pattern.replaceAll('*', '4711')} while logging request`;
      const hit = searchRunbooks(index, line).find(({ id }) => id === runbook.id);
      assert.ok(
        hit?.reasons.some(({ kind, text }) => kind === 'log' && text === pattern),
        `${runbook.id}: ${pattern}`,
      );
    }
  }
});

test('titles find their runbook first', () => {
  for (const { id, title } of runbooks) {
    assert.equal(searchRunbooks(index, title.en)[0]?.id, id);
    assert.equal(searchRunbooks(index, title['zh-cn'])[0]?.id, id);
  }
});

const asked: readonly (readonly [question: string, id: string])[] = [
  ['调用 admin 接口导致内存一直上涨', 'kong/router-rebuild-memory'],
  ['workers OOM after an Admin API write', 'kong/router-rebuild-memory'],
  ['2026/11/21 03:12:40 [warn] 23#0: *1 [kong] concurrency.lua:95 bypassing router lock: timeout', 'kong/router-rebuild-memory'],
  ['一个 worker 内存持续上升', 'kong/cache-ttl-zero'],
  ['bot-detection memory leak', 'kong/cache-ttl-zero'],
  ['whitelist: unknown field', 'kong/settings-that-kong-ignores'],
  ['升级后设置没有生效 也没有报错', 'kong/settings-that-kong-ignores'],
  ['idle_timeout 没有解决 mysql invalid connection', 'istio/idle-connection-timeout'],
  ['HikariPool-1 - Connection marked as broken because of SQLSTATE(08S01), ErrorCode(0)', 'istio/idle-connection-timeout'],
  ['excludeOutboundPorts 不生效', 'istio/annotations-that-do-nothing'],
  [
    "Error creating: admission webhook \"x.sidecar-injector.istio.io\" denied the request: invalid value '3306-3310' for annotation 'y'",
    'istio/annotations-that-do-nothing',
  ],
  ["Lost connection to MySQL server at 'reading initial communication packet', system error: 110", 'istio/wrong-port-protocol'],
  ['新建数据库连接卡住 3307', 'istio/wrong-port-protocol'],
  ['每次 AWS 请求都去 169.254.169.254 取凭证', 'kiam/credential-refresh-storm'],
  ['gRPC 负载不均衡 只有几个 pod 有流量', 'grpc/one-pod-gets-all-requests'],
];

test('what people on call would type arrives first', () => {
  for (const [question, id] of asked) assert.equal(searchRunbooks(index, question)[0]?.id, id, question);
});

test('every page renders without stray marks, and its links are kept', () => {
  const render = createRenderer(MarkdownIt);
  for (const [path, content] of files) {
    const { markdown } = splitFrontMatter(content);
    const html = render(markdown);
    const prose = html.replace(/<pre>[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, '');
    assert.doesNotMatch(prose, /\*\*|\]\(|```/, path);
    assert.equal(html.match(/<a href=/g)?.length ?? 0, scanMarkdown(markdown).links.length, path);
  }
});
