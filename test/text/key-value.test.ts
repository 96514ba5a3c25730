import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetsOf, spanWithin } from '../../src/text/decoded.ts';
import { expandParts } from '../../src/text/expansion.ts';
import { type Entries, parseEnvFile, parseKongConf, parseProperties } from '../../src/text/key-value.ts';
import type { Span } from '../../src/text/source.ts';
import { parseServiceUnit } from '../../src/text/systemd.ts';

function rows(text: string, { entries }: Entries): string[][] {
  const cut = ({ start, end }: Span) => text.slice(start, end);
  return entries.map((entry) => [entry.key, entry.value, cut(entry.keyAt), cut(entry.valueAt), cut(entry.at)]);
}

test('kong.conf as Kong reads it', () => {
  const text = [
    '# comment',
    '; comment',
    'database = off',
    '\tpg.host=höst # note',
    'pg_password = a\\#b#c',
    'empty =',
    'only_comment = # nothing',
    'nginx_http_x = one \\',
    '  # between',
    '  two # c',
    'log_level=notice   ',
    'no separator',
    'a = b = c',
    '[section]',
    'hidden = 1',
  ].join('\r\n');
  const read = parseKongConf(text);
  assert.deepEqual(rows(text, read), [
    ['database', 'off', 'database', 'off', 'database = off'],
    ['pg_host', 'höst', 'pg.host', 'höst', 'pg.host=höst # note'],
    ['pg_password', 'a#b', 'pg_password', 'a\\#b', 'pg_password = a\\#b#c'],
    ['empty', '', 'empty', '', 'empty ='],
    ['only_comment', '', 'only_comment', '', 'only_comment = # nothing'],
    ['nginx_http_x', 'one   two', 'nginx_http_x', 'one \\\r\n  # between\r\n  two', 'nginx_http_x = one \\\r\n  # between\r\n  two # c'],
    ['log_level', 'notice', 'log_level', 'notice', 'log_level=notice   '],
    ['a', 'b = c', 'a', 'b = c', 'a = b = c'],
  ]);
  assert.deepEqual(read.problems, [{ message: 'expected "key = value"', offset: text.indexOf('no separator') }]);
});

test('kong.conf inside another text keeps the outer places', () => {
  const inner = 'database = off\nmem_cache_size = 256m # x\n';
  const indent = 4;
  const lines = inner.split('\n');
  const outer = `key: |\r\n${lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\r\n')}`;
  const map = (offset: number): number => {
    const line = inner.slice(0, offset).split('\n').length - 1;
    const column = offset - (inner.lastIndexOf('\n', offset - 1) + 1);
    const start =
      outer
        .split('\r\n')
        .slice(0, line + 1)
        .join('\r\n').length + 2;
    return start + indent + column;
  };
  const second = parseKongConf(inner, map).entries[1];
  assert.ok(second);
  assert.equal(outer.slice(second.keyAt.start, second.keyAt.end), 'mem_cache_size');
  assert.equal(outer.slice(second.valueAt.start, second.valueAt.end), '256m');
  const within = spanWithin(second.decoded, 0, 3);
  assert.equal(outer.slice(within.start, within.end), '256');
});

test('environment files of compose', () => {
  const text = [
    '# c',
    'A=1',
    'export B = "x \\"y\\" #z" # c',
    "C='$NOT \\n'",
    'D=plain # c',
    'E=no#comment',
    'F=${HOST:-höst}:$PORT',
    'G="one',
    'two"',
    'H',
    'I: yaml',
    'J=',
    'K=a$$b\\$c',
    '1+2',
    "Z='open",
  ].join('\r\n');
  const read = parseEnvFile(text, 'compose');
  const by = new Map(read.entries.map((entry) => [entry.key, entry]));
  const values = Object.fromEntries(read.entries.map(({ key, value }) => [key, value]));
  assert.deepEqual(values, {
    A: '1',
    B: 'x "y" #z',
    C: '$NOT \\n',
    D: 'plain',
    E: 'no#comment',
    F: '${HOST:-höst}:$PORT',
    G: 'one\r\ntwo',
    H: '',
    I: 'yaml',
    J: '',
    K: 'a$b$c',
  });
  assert.equal(by.get('H')?.bare, true);
  assert.equal(by.get('J')?.bare, false);
  const b = by.get('B');
  assert.ok(b);
  assert.equal(text.slice(b.valueAt.start, b.valueAt.end), 'x \\"y\\" #z');
  const y = spanWithin(b.decoded, 2, 5);
  assert.equal(text.slice(y.start, y.end), '\\"y\\"');
  const parts = by.get('F')?.parts ?? [];
  assert.equal(
    expandParts(parts, (name) => (name === 'PORT' ? '80' : null)),
    'höst:80',
  );
  assert.equal(
    expandParts(parts, (name) => (name === 'PORT' ? undefined : null)),
    undefined,
  );
  assert.deepEqual(
    parts.map((part) => (typeof part === 'string' ? part : text.slice(part.at.start, part.at.end))),
    ['${HOST:-höst}', ':', '$PORT'],
  );
  assert.deepEqual(by.get('C')?.parts, ['$NOT \\n']);
  assert.deepEqual(
    read.problems.map(({ message, offset }) => [message, offset]),
    [
      ['expected "NAME=value"', text.indexOf('1+2')],
      ['unterminated quoted value', text.indexOf("'open")],
    ],
  );
});

test('raw environment files take everything behind the equals sign', () => {
  const text = 'A="1" # x \n  B= y\n#c\nHOSTNAME\nA B=1\n';
  const read = parseEnvFile(text, 'raw');
  assert.deepEqual(rows(text, read), [
    ['A', '"1" # x ', 'A', '"1" # x ', 'A="1" # x '],
    ['B', ' y', 'B', ' y', 'B= y'],
    ['HOSTNAME', '', 'HOSTNAME', '', 'HOSTNAME'],
  ]);
  assert.equal(read.problems.length, 1);
});

test('Java properties', () => {
  const text = [
    '# c',
    '! c',
    'a.b = 1',
    'c:2',
    'd 3',
    'e\\=f = g\\',
    '   h',
    'u = \\u00e4\\tx',
    'p=${HOST:localhost}:${PORT}',
    'lonely',
  ].join('\r\n');
  const read = parseProperties(text);
  assert.deepEqual(
    read.entries.map(({ key, value }) => [key, value]),
    [
      ['a.b', '1'],
      ['c', '2'],
      ['d', '3'],
      ['e=f', 'gh'],
      ['u', 'ä\tx'],
      ['p', '${HOST:localhost}:${PORT}'],
      ['lonely', ''],
    ],
  );
  const joined = read.entries[3];
  assert.equal(text.slice(joined?.valueAt.start, joined?.valueAt.end), 'g\\\r\n   h');
  assert.equal(
    expandParts(read.entries[5]?.parts ?? [], (name) => (name === 'PORT' ? '1' : null)),
    'localhost:1',
  );
  assert.equal(parseProperties('a=\\u00').problems.length, 1);
});

test('systemd units', () => {
  const text = [
    '[Unit]',
    'Environment=NOT=1',
    '[Service]',
    'Environment="GOMEMLIMIT=512Mi" A=b "C=x y"',
    'Environment=D=%i E=100%%',
    'EnvironmentFile=-/etc/default/kong',
    'ExecStart=/usr/bin/java -Xmx1g \\',
    '  $JAVA_OPTS -jar "a b.jar"',
    'ExecStop=x',
  ].join('\n');
  const unit = parseServiceUnit(text);
  assert.deepEqual(
    unit.environment.map(({ name, value, nameAt, valueAt }) => [
      name,
      value,
      text.slice(nameAt.start, nameAt.end),
      text.slice(valueAt.start, valueAt.end),
    ]),
    [
      ['GOMEMLIMIT', '512Mi', 'GOMEMLIMIT', '512Mi'],
      ['A', 'b', 'A', 'b'],
      ['C', 'x y', 'C', 'x y'],
      ['D', undefined, 'D', '%i'],
      ['E', '100%', 'E', '100%%'],
    ],
  );
  assert.deepEqual(
    unit.environmentFiles.map(({ path, optional }) => [path, optional]),
    [['/etc/default/kong', true]],
  );
  assert.deepEqual(
    unit.execStart.map((words) => words.map((word) => word.text)),
    [['/usr/bin/java', '-Xmx1g', undefined, '-jar', 'a b.jar']],
  );
  assert.deepEqual(
    parseServiceUnit('[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2').environment.map(({ name }) => name),
    ['B'],
  );
});

test('decoded text read again by another reader keeps its places', () => {
  const text = 'A="x\\"y z"';
  const [entry] = parseEnvFile(text, 'compose').entries;
  assert.ok(entry);
  const map = offsetsOf(entry.decoded);
  assert.equal(text.charAt(map(entry.value.indexOf('y'))), 'y');
  assert.equal(text.slice(map(1), map(2)), '\\"');
  assert.equal(map(entry.value.length), text.length - 1);
});
