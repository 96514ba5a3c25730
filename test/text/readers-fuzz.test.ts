import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { readDependencies } from '../../src/model/project/read.ts';
import { resolveDependencies } from '../../src/model/project/resolve.ts';
import { type DecodedText, offsetsOf, spanWithin } from '../../src/text/decoded.ts';
import { parseDockerfile } from '../../src/text/dockerfile.ts';
import { effectiveEnv } from '../../src/text/dockerfile-stages.ts';
import { type Entry, parseEnvFile, parseKongConf, parseProperties } from '../../src/text/key-value.ts';
import { type JsonNode, parseJson } from '../../src/text/json.ts';
import { parseProcfile, parseShell, type Shell, type ShellWord } from '../../src/text/shell.ts';
import { type Span, sourceFile } from '../../src/text/source.ts';
import { parseServiceUnit } from '../../src/text/systemd.ts';
import { parseToml, type TomlNode } from '../../src/text/toml.ts';
import { parseXml, type XmlElement } from '../../src/text/xml.ts';

/** One seed text for each reader: what it is made for, so that cuts and changes reach its depths. */
const SEEDS: Readonly<Record<string, string>> = {
  'kong.conf': '# c\ndatabase = off # x\npg.host=hö\\#st \\\n  two\n\nempty=\n',
  '.env': 'A=1\nexport B="x \\"y\\" ${C:-d}" # c\nC=\'s\'\nD=$E$$ # f\nG="a\nb"\nH: i\n',
  'a.properties': 'a.b = 1\\\n  2\nc:\\u00e4${x:y}\n! c\nd e\n',
  'a.service': '[Service]\nEnvironment="A=b c" D=%i E=\\x\nEnvironmentFile=-/x\nExecStart=/a \\\n "b c" $D\n',
  'a.sh': 'export A="b $C" D=\'e\'\nif x; then y && z || (w) ; fi > out 2>&1 <<EOF\nhere\nEOF\nsh -c "a \\"b\\"" `q` $(r s) \\\n t # c\n',
  Procfile: 'web: A=1 java -jar "x y.jar"\nworker: b\n',
  Dockerfile:
    '# escape=\\\nARG V=1\nFROM --platform=x a:${V}-alpine AS b\nENV A="x \\"y\\"" B=c\\ d \\\n # c\n  E=$A\nENV F g  h\nFROM b\nARG V\nRUN --mount=type=x a \\\n && export B=1\nCOPY --from=b ["x", "y"]\nENTRYPOINT ["java", "-j\\"ar"]\nCMD exec $A\nWORKDIR /x\n',
  'pom.xml':
    '<?xml version="1.0"?><!-- c --><project a="b"><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><properties><v>${w}</v><w>ü1&amp;2</w></properties><dependencyManagement><dependencies><dependency><groupId>io.grpc</groupId><artifactId>grpc-bom</artifactId><version>${v}</version><scope>import</scope></dependency></dependencies></dependencyManagement><dependencies><dependency><groupId>io.grpc</groupId><artifactId>grpc-core</artifactId></dependency><dependency><groupId>a</groupId><artifactId>b</artifactId><version><![CDATA[1]]></version></dependency></dependencies></project>',
  'build.gradle':
    "ext.v = '1' // c\ndependencies { /* x */ implementation \"a:b:${v}\"\n api group: 'g', name: 'n', version: v\n implementation(platform(\"io.grpc:grpc-bom:1.2\"))\n implementation libs.aws.s3 }\nsubprojects { }\n",
  'gradle/libs.versions.toml':
    '[versions]\naws = "1.\\u0032" # ü\nx = { strictly = \'1\' }\n[libraries]\naws-s3 = { module = "a:b", version.ref = "aws" }\nq = "a:c:1"\n[bundles]\nz = ["q",\n "aws-s3"]\n',
  'gradle.lockfile': '# c\na:b:1.2=compileClasspath,runtimeClasspath\nempty=\n',
  'requirements.txt': 'a==1.0 \\\n --hash=sha256:x\nb[x]>=1,<2 ; python_version < "3" # c\nc @ https://x\n-r d\n',
  'poetry.lock':
    '[[package]]\nname = "ä"\nversion = "1"\ngroups = ["main"]\n[package.dependencies]\nb = {version = ">=1"}\n[[package]]\nname = "b"\nversion = """2"""\n',
  'Pipfile.lock': '{"default": {"a": {"version": "==1.0"}}, "develop": {"ü\\n": {"version": "==2"}}}',
  'pyproject.toml':
    '[project]\nname = "x"\ndependencies = ["a>=1", "b[c]==2 ; x"]\n[tool.poetry.dependencies]\nc = "^1"\nd = {version = "==3"}\n',
  'go.mod':
    'module x/y // c\ngo 1.21\nrequire (\n\ta/b v1.0.0 // indirect\n\t"c/d" v1.1.0\n)\nreplace a/b v1.0.0 => ../z\nreplace c/d => c/d v1.2.0\n',
  'package.json': '{"name": "x", "dependencies": {"@grpc/grpc-js": "^1.8.0", "y": "npm:z@1"}, "devDependencies": {"t": "file:x"}}',
  'package-lock.json':
    '{"packages": {"node_modules/a": {"version": "1.0.0"}, "node_modules/a/node_modules/b": {"version": "2.0.0", "dev": true}}}',
};

const PIECES = [
  '"',
  "'",
  '\\',
  '\n',
  '\r\n',
  '\r',
  '=',
  '$',
  '${',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '<',
  '>',
  '</',
  '<!--',
  ']]>',
  '&',
  '#',
  ':',
  ',',
  ' ',
  '\t',
  '\u0000',
  'ü',
  '😀',
  '\ufeff',
  '`',
  '<<',
  '"""',
  "'''",
  '%',
  '|',
  ';',
  '//',
  '/*',
];

function check(text: string, span: Span, what: string): void {
  assert.ok(
    Number.isInteger(span.start) && span.start >= 0 && span.start <= span.end && span.end <= text.length,
    `${what}: ${span.start}-${span.end} of ${text.length}`,
  );
}

/** Each run of decoded text that isn't an escape reads as it is written. */
function checkDecoded(text: string, decoded: DecodedText, what: string): void {
  check(text, decoded.at, what);
  let index = 0;
  for (const run of decoded.runs) {
    assert.equal(run.index, index, `${what}: runs without a gap`);
    index += run.length;
    check(text, run, what);
    if (run.end - run.start === run.length && run.length > 1)
      assert.equal(text.slice(run.start, run.end), decoded.text.slice(run.index, index), what);
  }
  assert.equal(index, decoded.text.length, `${what}: runs hold the whole text`);
  const map = offsetsOf(decoded);
  for (let at = 0; at <= decoded.text.length; at += 3) {
    check(text, spanWithin(decoded, at, Math.min(at + 2, decoded.text.length)), what);
    check(text, { start: map(at), end: map(at) }, what);
  }
}

function checkEntries(text: string, entries: readonly Entry[]): void {
  for (const entry of entries) {
    for (const span of [entry.keyAt, entry.valueAt, entry.at]) check(text, span, entry.key);
    assert.ok(entry.at.start <= entry.keyAt.start && entry.keyAt.end <= entry.at.end);
    checkDecoded(text, entry.decoded, entry.key);
    for (const part of entry.parts) if (typeof part !== 'string') check(text, part.at, entry.key);
  }
}

function checkWord(text: string, word: ShellWord): void {
  check(text, word.at, 'word');
  checkDecoded(text, word.decoded, 'word');
}

function checkShell(text: string, { commands, problems }: Shell): void {
  for (const { assignments, words, at } of commands) {
    check(text, at, 'command');
    for (const word of words) checkWord(text, word);
    for (const { nameAt, name, value } of assignments) {
      assert.equal(text.slice(nameAt.start, nameAt.end), name);
      checkWord(text, value);
    }
  }
  for (const { offset } of problems) check(text, { start: offset, end: offset }, 'problem');
}

function checkXml(text: string, element: XmlElement): void {
  assert.equal(text.slice(element.nameAt.start, element.nameAt.end), element.name);
  check(text, element.at, element.name);
  checkDecoded(text, element.text, element.name);
  for (const child of element.children) checkXml(text, child);
}

function checkTree(text: string, node: JsonNode | TomlNode): void {
  check(text, node.at, node.kind);
  if (node.kind === 'literal') assert.equal(text.slice(node.at.start, node.at.end), node.text);
  if (node.kind === 'string' && !node.text.includes('"') && !text.slice(node.at.start, node.at.end).includes('\\'))
    assert.equal(text.slice(node.at.start, node.at.end), node.text);
  if (node.kind === 'array') for (const item of node.items) checkTree(text, item);
  const entries = node.kind === 'object' ? node.members : node.kind === 'table' ? node.entries : new Map<string, never>();
  for (const { keyAt, value } of entries.values()) {
    check(text, keyAt, 'key');
    checkTree(text, value);
  }
}

/** Reads a text with every reader that its path calls for, and checks all places. */
function readAll(path: string, given: string): void {
  const file = sourceFile(path, given);
  const { text } = file;
  checkEntries(text, parseKongConf(text).entries);
  checkEntries(text, parseEnvFile(text, 'compose').entries);
  checkEntries(text, parseEnvFile(text, 'raw').entries);
  checkEntries(text, parseProperties(text).entries);
  checkShell(text, parseShell(text));
  for (const { nameAt, shell } of parseProcfile(text)) {
    check(text, nameAt, 'process');
    checkShell(text, shell);
  }
  const unit = parseServiceUnit(text);
  for (const one of unit.environment) {
    check(text, one.nameAt, one.name);
    checkDecoded(text, one.decoded, one.name);
  }
  for (const { at } of unit.environmentFiles) check(text, at, 'file');
  for (const word of unit.execStart.flat()) checkWord(text, word);
  const { stages, final, problems } = parseDockerfile(file);
  for (const { offset } of problems) check(text, { start: offset, end: offset }, 'problem');
  for (const stage of stages) {
    check(text, stage.at, 'stage');
    check(text, stage.fromAt, 'from');
    for (const one of [...stage.env, ...stage.args]) {
      for (const span of [one.nameAt, one.valueAt, one.at]) check(text, span, one.name);
      if (one.decoded) checkDecoded(text, one.decoded, one.name);
    }
    for (const command of [...stage.runs, stage.cmd, stage.entrypoint]) {
      if (!command) continue;
      check(text, command.argumentsAt, 'arguments');
      for (const word of command.words) checkWord(text, word);
      if (command.shell) checkShell(text, command.shell);
    }
    for (const { sources, target } of stage.copies) for (const word of target ? [...sources, target] : sources) checkWord(text, word);
  }
  if (final) effectiveEnv(final);
  const xml = parseXml(text);
  if (xml.ok) checkXml(text, xml.root);
  else check(text, { start: xml.problem.offset, end: xml.problem.offset }, 'xml');
  const json = parseJson(text);
  if (json.ok) checkTree(text, json.root);
  else check(text, { start: json.problem.offset, end: json.problem.offset }, 'json');
  const toml = parseToml(text);
  if (toml.ok) checkTree(text, toml.root);
  else check(text, { start: toml.problem.offset, end: toml.problem.offset }, 'toml');
  for (const one of readDependencies(file)) {
    check(text, one.nameAt, one.name);
    if (one.version.at) check(text, one.version.at, one.name);
    if (one.editable && one.version.known && one.version.at)
      assert.equal(text.slice(one.version.at.start, one.version.at.end), one.version.value, 'an editable version stands there as it reads');
  }
  resolveDependencies([file]);
}

test('the seeds are read', () => {
  for (const [path, text] of Object.entries(SEEDS)) readAll(path, text);
  assert.ok(readDependencies(sourceFile('pom.xml', SEEDS['pom.xml'] ?? '')).length === 2);
});

const seed = fc.constantFrom(...Object.entries(SEEDS));

test('cut anywhere, nothing throws and all places are inside', () => {
  for (const [path, text] of Object.entries(SEEDS)) {
    for (let at = 0; at <= text.length; at++) {
      readAll(path, text.slice(0, at));
      if (at % 4 === 0) readAll(path, text.slice(at));
    }
  }
});

test('changed anywhere, nothing throws and all places are inside', () => {
  const change = fc.record({ at: fc.nat(1000), remove: fc.nat(6), insert: fc.constantFrom(...PIECES) });
  fc.assert(
    fc.property(seed, fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean(), ([path, text], changes, windows) => {
      let changed = text;
      for (const { at, remove, insert } of changes) {
        const start = at % (changed.length + 1);
        changed = changed.slice(0, start) + insert + changed.slice(start + remove);
      }
      readAll(path, windows ? changed.replaceAll(/\r?\n/gu, '\r\n') : changed);
    }),
    { numRuns: 1500 },
  );
});

test('text made of nothing but punctuation', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(SEEDS)),
      fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 40 }),
      (path, pieces) => readAll(path, pieces.join('')),
    ),
    { numRuns: 1000 },
  );
});
