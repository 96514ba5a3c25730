import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { type CodeFacts, MAX_SOURCE_CHARS, mayHoldGrpc, openCodeParser, readCode } from '../../src/code/index.ts';
import { type Anchor, sourceFile } from '../../src/text/source.ts';
import { factsOf, parserWithAll } from './parser-for-tests.ts';
import { type Client, targetCases } from './target-cases.ts';

const endings: Readonly<Record<Client, string>> = { go: 'a/main.go', java: 'a/Clients.java', python: 'a/main.py', typescript: 'a/main.ts' };
const samples = targetCases.flatMap((each) =>
  (['go', 'java', 'python', 'typescript'] as const).flatMap((client) => {
    const code = each.code[client];
    return typeof code === 'string' ? [{ path: endings[client], text: code }] : [];
  }),
);

/** Every anchor in the facts, wherever it stands. */
function anchors(value: unknown, found: Anchor[] = []): Anchor[] {
  if (Array.isArray(value)) for (const each of value) anchors(each, found);
  else if (typeof value === 'object' && value !== null) {
    if ('file' in value && 'start' in value && 'end' in value) found.push(value as Anchor);
    else for (const each of Object.values(value)) anchors(each, found);
  }
  return found;
}

function assertInside(facts: CodeFacts): void {
  for (const anchor of anchors(facts)) {
    assert.ok(
      anchor.start >= 0 && anchor.start <= anchor.end && anchor.end <= anchor.file.text.length,
      `${anchor.start}..${anchor.end} of ${anchor.file.text.length}`,
    );
  }
}

test('broken source never throws and no span leaves its file', async () => {
  const parser = await parserWithAll();
  const noise = fc.constantFrom(
    '"',
    '`',
    '{',
    '}',
    '(',
    ')',
    '\\',
    '/*',
    '#',
    '\0',
    '\ud83d',
    '中',
    '${',
    "'''",
    '\n',
    ':=',
    'grpc.NewClient(',
    '...',
    '&',
    '*',
  );
  fc.assert(
    fc.property(fc.nat(samples.length - 1), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), noise, (pick, at, cut, insert) => {
      const sample = samples[pick];
      assert.ok(sample);
      const offset = Math.floor(at * sample.text.length);
      const text = sample.text.slice(0, offset) + insert + sample.text.slice(offset + cut);
      const facts = readCode([sourceFile(sample.path, text)], parser);
      assertInside(facts);
      // Text that was damaged may say so; no reader may fail over it.
      assert.deepEqual(
        facts.notices.filter(({ kind }) => kind !== 'syntax'),
        [],
      );
    }),
    { numRuns: 600 },
  );
});

test('truncated source', async () => {
  const parser = await parserWithAll();
  for (const sample of samples) {
    for (let end = 0; end < sample.text.length; end += 37)
      assertInside(readCode([sourceFile(sample.path, sample.text.slice(0, end))], parser));
  }
});

test('a very deep expression is cut, not fatal', async () => {
  const deep = `"a"${' + "b"'.repeat(20_000)}`;
  const facts = await factsOf({
    'a.go': `package main\n\nimport "google.golang.org/grpc"\n\nfunc f() { grpc.NewClient(${deep}) }\n`,
    'b.py': `import grpc\ngrpc.insecure_channel(${'('.repeat(5000)}"x:1"${')'.repeat(5000)})\n`,
  });
  assertInside(facts);
});

test('names that refer to each other end', async () => {
  const facts = await factsOf({
    'a.ts':
      "import * as grpc from '@grpc/grpc-js';\nlet a = b;\nlet b = a;\nfunction f(x) { return f(x); }\nexport const c = new Orders(a, grpc.credentials.createInsecure());\nexport const d = new Orders(f(a), grpc.credentials.createInsecure());\n",
  });
  assert.equal(facts.channels.length, 2);
  for (const channel of facts.channels) assert.ok(channel.targets.every((target) => target.text === undefined));
});

test('a file past the limit is a notice', async () => {
  const facts = await factsOf({ 'a.py': `import grpc\ngrpc.insecure_channel("x:1")\n${'#'.repeat(MAX_SOURCE_CHARS)}` });
  assert.deepEqual(
    facts.notices.map((each) => [each.path, each.kind]),
    [['a.py', 'oversize']],
  );
});

test('a grammar that is not there is a notice', async () => {
  const parser = openCodeParser({ readBytes: () => Promise.reject(new Error('no such file')) });
  assert.equal((await parser.load(['go']))[0]?.kind, 'grammar');
  const facts = readCode([sourceFile('a.go', 'package a\nimport "google.golang.org/grpc"\nfunc f() { grpc.NewClient("x") }\n')], parser);
  assert.deepEqual(
    facts.notices.map((each) => each.kind),
    ['grammar'],
  );
});

test('the gate keeps other code out', () => {
  assert.equal(mayHoldGrpc(sourceFile('a.go', 'package a\nfunc f() { sql.NewClient("x") }')), false);
  assert.equal(mayHoldGrpc(sourceFile('a.py', 'import requests\nrequests.get("x")')), false);
  assert.equal(mayHoldGrpc(sourceFile('a.rb', 'grpc')), false);
});

test('a Go file holds gRPC where it calls the package by the name that it gives it', () => {
  const file = (imports: string, body: string) =>
    mayHoldGrpc(sourceFile('a.go', `package a\n\nimport (\n${imports}\n)\n\nfunc f() { ${body} }\n`));
  const grpc = '"google.golang.org/grpc"';
  assert.equal(file(`\t${grpc}`, 'grpc.NewClient("x")'), true);
  assert.equal(file(`\t${grpc}`, 'grpc.\n\t\tDialContext(ctx, "x")'), true);
  assert.equal(file(`\tggrpc ${grpc}`, 'ggrpc.NewServer()'), true);
  assert.equal(file(`\t. ${grpc}`, 'Dial("x")'), true);
  assert.equal(file(`\t"google.golang.org/grpc/resolver"`, 'resolver.SetDefaultScheme("dns")'), true);
  assert.equal(mayHoldGrpc(sourceFile('a.go', `package a\n\nimport ${grpc}\n\nvar c, _ = grpc.NewClient("x")\n`)), true);
  assert.equal(file(`\tggrpc ${grpc}\n\tgrpc "example.com/x"`, 'grpc.NewClient("x")'), false);
  assert.equal(file('\t"google.golang.org/grpc/codes"', 'kube.NewClient(codes.OK)'), false);
  assert.equal(file(`\t${grpc}`, 'kube.NewClient(grpc.Code(err))'), false);
});

test('a syntax error is a notice with its line, and the rest of the file is read', async () => {
  const facts = await factsOf({
    'a.go': 'package a\n\nimport "google.golang.org/grpc"\n\nfunc f() { grpc.NewClient("x:1") }\n\nfunc g( {\n',
    'b.py': 'import grpc\ngrpc.insecure_channel("y:1")\ndef f(:\n',
    'C.java': 'import io.grpc.*;\nclass C { void f() { ManagedChannelBuilder.forTarget("z:1").build(); } void g( { }\n',
    'd.ts': "import * as grpc from '@grpc/grpc-js';\nnew Orders('w:1', grpc.credentials.createInsecure());\nlet = = 3;\n",
  });
  assert.deepEqual(
    facts.notices.map(({ path, kind, detail }) => `${path} ${kind} ${detail}`),
    [
      'a.go syntax line 7: syntax error',
      'b.py syntax line 3: syntax error',
      'C.java syntax line 2: syntax error',
      'd.ts syntax line 3: syntax error',
    ],
  );
  assert.deepEqual(facts.channels.flatMap((channel) => channel.targets.map((target) => target.text)).sort(), ['w:1', 'x:1', 'y:1', 'z:1']);
});

test('what the language allows and the grammar does not is no notice', async () => {
  const facts = await factsOf({
    'a.go':
      'package a\n\nimport "google.golang.org/grpc"\n\nvar size = new(int64(3))\n\nfunc f() { grpc.NewClient("x:1"); g(new("word")) }\n',
    'b.tsx':
      'import * as grpc from "@grpc/grpc-js";\nnew Orders("y:1", grpc.credentials.createInsecure());\nconst a = <a href="/p?q=1&display=swap" />;\n',
  });
  assert.deepEqual(facts.notices, []);
  assert.deepEqual(facts.channels.flatMap((channel) => channel.targets.map((target) => target.text)).sort(), ['x:1', 'y:1']);
});

test('Go’s `new` takes a value, and still a type', async () => {
  const values = [
    'a.B.C',
    'a[0]',
    'a["k"]',
    'a.b[i].c',
    '&T{}',
    'T{A: 1}',
    '[]string{"a"}',
    '[...]int{1}',
    'map[string]int{}',
    'a == b',
    'a*b',
    '!a',
  ];
  const types = [
    'T',
    'a.T',
    'List[int]',
    'a.List[int]',
    '*T',
    '[4]int',
    '[]T',
    'map[string]int',
    'struct{ a int }',
    'func() int',
    'chan int',
  ];
  const uses = [...values, ...types].map((word, n) => `var v${n} = new(${word})`);
  const facts = await factsOf({
    'a.go': `package a\n\nimport "google.golang.org/grpc"\n\n${uses.join('\n')}\n\nfunc f() { grpc.NewClient("x:1") }\n`,
  });
  assert.deepEqual(facts.notices, []);
});
