import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportedVariables, parseProcfile, parseShell, shellOfCommand } from '../../src/text/shell.ts';

function words(text: string): (string | undefined)[][] {
  return parseShell(text).commands.map((command) => command.words.map((word) => word.text));
}

test('words of simple commands', () => {
  const table: [string, (string | undefined)[][]][] = [
    ['java -jar app.jar', [['java', '-jar', 'app.jar']]],
    ['a \'b c\' "d e" f\\ g', [['a', 'b c', 'd e', 'f g']]],
    ['a && b || c; d | e &', [['a'], ['b'], ['c'], ['d'], ['e']]],
    ['a --x=$Y "$(date)" `b` ${Z:-1} \'$Q\'', [['a', undefined, undefined, undefined, undefined, '$Q']]],
    ['a -Da="b c"d', [['a', '-Da=b cd']]],
    ['a \\\n  b \\\r\n  c', [['a', 'b', 'c']]],
    ['a > out 2>&1 < in b', [['a', 'b']]],
    ['cat <<EOF\nexport X=1\nEOF\nb', [['cat'], ['b']]],
    ['# c\na # b\nc#d', [['a'], ['c#d']]],
    ['if [ x ]; then a; else b; fi', [['[', 'x', ']'], ['a'], ['b']]],
    ['exec "$@"', [['exec', undefined]]],
    ['', []],
  ];
  for (const [text, expected] of table) assert.deepEqual(words(text), expected, text);
});

test('assignments and exports', () => {
  const text =
    'A=1 B=\'x y\' cmd -f\r\nexport C="d e" F\nG=h\nH=$C\nenv I=j run\nexport G\nif x; then export K=l; fi\nz || export M=1\ndeclare -x N=1';
  const shell = parseShell(text);
  assert.deepEqual(
    shell.commands.flatMap(({ assignments }) =>
      assignments.map(({ name, value, scope, nameAt }) => [
        name,
        value.text,
        scope,
        text.slice(nameAt.start, nameAt.end),
        text.slice(value.decoded.at.start, value.decoded.at.end),
      ]),
    ),
    [
      ['A', '1', 'command', 'A', '1'],
      ['B', 'x y', 'command', 'B', 'x y'],
      ['C', 'd e', 'exported', 'C', 'd e'],
      ['G', 'h', 'shell', 'G', 'h'],
      ['H', undefined, 'shell', 'H', '$C'],
      ['I', 'j', 'command', 'I', 'j'],
      ['K', 'l', 'exported', 'K', 'l'],
      ['M', '1', 'exported', 'M', '1'],
      ['N', '1', 'exported', 'N', '1'],
    ],
  );
  assert.deepEqual(
    exportedVariables(shell).map(({ assignment, conditional }) => [assignment.name, conditional]),
    [
      ['C', false],
      ['G', false],
      ['K', true],
      ['M', true],
      ['N', false],
    ],
  );
});

test('the script of sh -c keeps its places', () => {
  const text = `sh -ec "exec /kiam server --session-duration=15m --x=\\"a\\""`;
  const [command] = parseShell(text).commands;
  const inner = shellOfCommand(command?.words ?? []);
  const word = inner?.commands[0]?.words[3];
  assert.equal(word?.text, '--session-duration=15m');
  assert.equal(text.slice(word?.at.start, word?.at.end), '--session-duration=15m');
  assert.equal(inner?.commands[0]?.words[4]?.text, '--x=a');
  assert.equal(shellOfCommand(parseShell('java -c x').commands[0]?.words ?? []), undefined);
});

test('an unterminated quote is a problem and its word unknown', () => {
  const shell = parseShell('a "b c');
  assert.equal(shell.problems[0]?.offset, 2);
  assert.equal(shell.commands[0]?.words[1]?.text, undefined);
});

test('Procfile', () => {
  const text = 'web: JAVA_OPTS=-Xmx1g java -jar wéb.jar\r\nworker: run\r\n# no\r\n';
  const read = parseProcfile(text);
  assert.deepEqual(
    read.map(({ name, nameAt, shell }) => [
      name,
      text.slice(nameAt.start, nameAt.end),
      shell.commands.map((command) => command.words.map((word) => text.slice(word.at.start, word.at.end))),
    ]),
    [
      ['web', 'web', [['java', '-jar', 'wéb.jar']]],
      ['worker', 'worker', [['run']]],
    ],
  );
  assert.equal(read[0]?.shell.commands[0]?.assignments[0]?.value.text, '-Xmx1g');
});
