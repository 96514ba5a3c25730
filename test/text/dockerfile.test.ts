import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libcOf } from '../../src/model/project/base-image.ts';
import { parseImage } from '../../src/model/version.ts';
import { type DockerCommand, type DockerfileFacts, parseDockerfile } from '../../src/text/dockerfile.ts';
import { baseStage, effectiveCommand, effectiveEnv } from '../../src/text/dockerfile-stages.ts';
import { type Span, sourceFile } from '../../src/text/source.ts';

function read(lines: readonly string[], eol = '\n'): { facts: DockerfileFacts; cut: (span: Span | undefined) => string } {
  const text = lines.join(eol);
  const file = sourceFile('Dockerfile', text);
  return { facts: parseDockerfile(file), cut: (span) => file.text.slice(span?.start, span?.end) };
}

const wordsOf = (command: DockerCommand | undefined) =>
  command?.form === 'exec'
    ? command.words.map((word) => word.text)
    : command?.shell?.commands.map(({ words }) => words.map((word) => word.text));

for (const eol of ['\n', '\r\n']) {
  test(`stages, variables and commands (${JSON.stringify(eol)})`, () => {
    const { facts, cut } = read(
      [
        '\ufeff# syntax=docker/dockerfile:1',
        'ARG JAVA=17',
        'ARG NONE',
        'FROM golang:1.21 AS build',
        'RUN go build \\',
        '  # höh',
        '  -o /x && export A=1',
        'FROM --platform=linux/amd64 eclipse-temurin:${JAVA}-alpine as base',
        'ARG JAVA',
        'ENV A="b c" D=e\\ f \\',
        "  H='x' V=$JAVA",
        'ENV JAVA_OPTS -Xmx1g  -Dä=1',
        'ENV G=$A N=$PATH:/x',
        'CMD ["java", "-jar", "a\\"b"]',
        'FROM base',
        'ENV A=2 GOMEMLIMIT="512Mi"',
        'COPY --from=build /x /y/ /z',
        'WORKDIR /app',
        'ENTRYPOINT exec java $JAVA_OPTS -jar x.jar',
      ],
      eol,
    );
    assert.deepEqual(facts.problems, []);
    assert.deepEqual(
      facts.stages.map((stage) => [stage.name, stage.imageText, cut(stage.fromAt), stage.viaArg, stage.base?.name]),
      [
        ['build', 'golang:1.21', 'golang:1.21', false, undefined],
        ['base', 'eclipse-temurin:17-alpine', 'eclipse-temurin:${JAVA}-alpine', true, undefined],
        [undefined, 'base', 'base', false, 'base'],
      ],
    );
    const { final } = facts;
    assert.ok(final);
    assert.deepEqual(
      [...effectiveEnv(final).values()].map((one) => [one.name, one.value, one.viaArg, cut(one.nameAt), cut(one.valueAt)]),
      [
        ['D', 'e f', false, 'D', 'e\\ f'],
        ['H', 'x', false, 'H', 'x'],
        ['V', '17', true, 'V', '$JAVA'],
        ['JAVA_OPTS', '-Xmx1g  -Dä=1', false, 'JAVA_OPTS', '-Xmx1g  -Dä=1'],
        ['G', 'b c', false, 'G', '$A'],
        ['N', undefined, false, 'N', '$PATH:/x'],
        ['A', '2', false, 'A', '2'],
        ['GOMEMLIMIT', '512Mi', false, 'GOMEMLIMIT', '512Mi'],
      ],
    );
    assert.deepEqual(wordsOf(facts.stages[1]?.cmd), ['java', '-jar', 'a"b']);
    const command = effectiveCommand(final);
    assert.equal(command.cmd, undefined);
    assert.equal(command.entrypoint?.form, 'shell');
    assert.deepEqual(wordsOf(command.entrypoint), [['exec', 'java', undefined, '-jar', 'x.jar']]);
    assert.equal(cut(command.entrypoint?.argumentsAt), 'exec java $JAVA_OPTS -jar x.jar');
    assert.deepEqual(wordsOf(facts.stages[0]?.runs[0]), [['go', 'build', '-o', '/x'], ['export']]);
    assert.deepEqual(
      final.copies.map(({ from, sources, target }) => [from, sources.map((word) => word.text), target?.text]),
      [['build', ['/x', '/y/'], '/z']],
    );
    assert.equal(final.workdir?.text, '/app');
    assert.match(baseStage(final).imageText ?? '', /:17-alpine$/);
  });
}

test('forms of ENV, CMD and directives', () => {
  assert.deepEqual(wordsOf(read(['FROM a', 'CMD ["a",', ']']).facts.final?.cmd), [['[a,']], 'no JSON: shell form');
  assert.deepEqual(wordsOf(read(['FROM a', 'CMD []']).facts.final?.cmd), []);
  assert.deepEqual(wordsOf(read(['FROM a', 'ENTRYPOINT [ "a" , \\', ' "b" ]']).facts.final?.entrypoint), ['a', 'b']);
  const windows = read(['# escape=`', 'FROM a', 'ENV P=C:\\x `', ' Q=1']).facts.final?.env ?? [];
  assert.deepEqual(
    windows.map(({ name, value }) => [name, value]),
    [
      ['P', 'C:\\x'],
      ['Q', '1'],
    ],
  );
  const { facts, cut } = read(['FROM a', 'ENV X="-Da=1 \\"q\\" -Db" EMPTY=']);
  assert.deepEqual(
    facts.final?.env.map((one) => [one.value, cut(one.valueAt)]),
    [
      ['-Da=1 "q" -Db', '-Da=1 \\"q\\" -Db'],
      ['', ''],
    ],
  );
  assert.equal(read(['FROM ${X}']).facts.final?.imageText, undefined);
  assert.equal(read(['ARG X=a', 'FROM ${X:-b}']).facts.final?.imageText, 'a');
  assert.equal(read(['RUN x']).facts.final, undefined);
  assert.equal(read(['FROM']).facts.problems.length, 1);
  const overridden = read(['FROM a', 'ENV V=1', 'ARG V=2', 'ENV W=$V']).facts.final?.env;
  assert.equal(overridden?.[1]?.value, '1', 'ENV wins over ARG');
});

test('the C library is told by name and tag alone', () => {
  const table: [string, string][] = [
    ['alpine:3.19', 'musl'],
    ['python:3.12-alpine3.19', 'musl'],
    ['registry.corp/base/alpine-java:17', 'musl'],
    ['python:3.12', 'glibc'],
    ['python:3.12-slim-bookworm', 'glibc'],
    ['debian', 'glibc'],
    ['registry.corp/python:3.12', 'unknown'],
    ['registry.corp/python:3.12-slim', 'glibc'],
    ['gcr.io/distroless/java17-debian12', 'glibc'],
    ['gcr.io/distroless/static', 'unknown'],
    ['scratch', 'unknown'],
    ['node@sha256:ab', 'unknown'],
    ['node:${V}', 'unknown'],
    ['acme/orders:1.2', 'unknown'],
    ['kong:2.8', 'unknown'],
  ];
  for (const [image, expected] of table) assert.equal(libcOf(parseImage(image)), expected, image);
});

test('a value that doubles on each line is unknown before it is large', () => {
  const { facts } = read(['FROM a', 'ENV A=xxxxxxxx', ...Array.from({ length: 60 }, () => 'ENV A=$A$A')]);
  assert.equal(facts.final?.env[1]?.value, 'x'.repeat(16));
  assert.equal(facts.final?.env.at(-1)?.value, undefined);
});
