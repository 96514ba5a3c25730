import { add, append, drop, insert, J, NAMED, object, remove, rename, replace, run, set, text } from './plan-cases.ts';
import { lines } from './planning.ts';

run('set-scalar', [
  { name: 'keeps single quotes', before: lines("b: 'y'"), make: text("it's", ['b']), after: lines("b: 'it''s'") },
  { name: 'escapes in double quotes', before: lines('b: "y"'), make: text('a "b" \\', ['b']), after: lines('b: "a \\"b\\" \\\\"') },
  {
    name: 'changes single to double quotes for a control character',
    before: lines("b: 'y'"),
    make: text('a\tb', ['b']),
    after: lines('b: "a\\tb"'),
  },
  ...[
    '1.20',
    '0x1f',
    '1e3',
    'null',
    '~',
    'off',
    '2024-01-01',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '- a',
    'a: b',
    'a #b',
    '',
    ' a',
    'a ',
    '{a',
    '12:30:45',
    '.inf',
    '<<',
    '=',
  ].map((value) => ({
    name: `quotes ${JSON.stringify(value)}`,
    before: lines('c: z'),
    make: text(value, ['c']),
    after: lines(`c: "${value}"`),
  })),
  ...['-a', 'a:b', 'a#b', ':x', '?x', 'dns:///a.b:80', '512Mi', '2.8.1', 'a,b'].map((value) => ({
    name: `leaves ${value} plain`,
    before: lines('c: z'),
    make: text(value, ['c']),
    after: lines(`c: ${value}`),
  })),
  { name: 'quotes a comma in flow style', before: lines('c: [z]'), make: text('a,b', ['c', 0]), after: lines('c: ["a,b"]') },
  { name: 'lets a number be one', before: lines('a: 1 # c'), make: text('20', ['a']), after: lines('a: 20 # c') },
  { name: 'asString quotes a number', before: lines('a: 1'), make: text('2', ['a'], true), after: lines('a: "2"') },
  { name: 'asString quotes the number that is there', before: lines('a: 350'), make: text('350', ['a'], true), after: lines('a: "350"') },
  { name: 'on becomes off without quotes', before: lines('a: on'), make: text('off', ['a']), after: lines('a: off') },
  { name: 'fills an empty value', before: 'a:\r\nb: 1\r\n', make: text('x', ['a']), after: 'a: x\r\nb: 1\r\n' },
  { name: 'JSON strings stay JSON', before: '{"a": "x"}', make: text('y"', ['a']), after: '{"a": "y\\""}', path: J },
  { name: 'JSON numbers become strings', before: '{"a": 5}', make: text('5s', ['a']), after: '{"a": "5s"}', path: J },
  {
    name: 'rewrites a literal block',
    before: lines('a: |', '    x', '    y', '', 'b: 1'),
    make: text('p\n\nq\n', ['a']),
    after: lines('a: |', '    p', '', '    q', '', 'b: 1'),
  },
  {
    name: 'strips when the text does not end in a line break',
    before: lines('a: |', '  x'),
    make: text('p', ['a']),
    after: lines('a: |-', '  p'),
  },
  { name: 'a text after a byte-order mark', before: '\ufeffa: x\n', make: text('v', ['a']), after: lines('a: v') },
  { name: 'refuses an aliased scalar', before: lines('a: &x 1', 'b: *x'), make: text('2', ['a']), after: 'refused: shared' },
  { name: 'keeps an anchor that nobody uses', before: lines('a: &x 1'), make: text('2', ['a']), after: lines('a: &x 2') },
  { name: 'refuses what a template fills in', before: lines('a: {{ .Values.x }}'), make: text('2', ['a']), after: 'refused: templated' },
]);

run('remove-entry', [
  {
    name: 'refuses a map without braces in a flow list',
    before: lines('l: [a, b: c]'),
    make: remove(['b'], false, 'l', 1),
    after: 'refused: unsupported',
  },
  { name: 'with its comment', before: lines('a: 1', 'b: 2 # b', '# c', 'c: 3'), make: remove(['b']), after: lines('a: 1', '# c', 'c: 3') },
  { name: 'the last line without a line break', before: 'a: 1\r\nb: 2', make: remove(['b']), after: 'a: 1' },
  {
    name: 'prunes emptied parents',
    before: lines('a:', '  b:', '    c: 1', '    # in b', '  e: 1'),
    make: remove(['a', 'b', 'c'], true),
    after: lines('a:', '  e: 1'),
  },
  {
    name: 'leaves {} without pruning',
    before: lines('a:', '  b: # why', '    c: 1', '  e: 1'),
    make: remove(['a', 'b', 'c']),
    after: lines('a:', '  b: {} # why', '  e: 1'),
  },
  {
    name: 'never prunes the map that it was given',
    before: lines('a:', '  b: 1', 'c: 1'),
    make: remove(['b'], true, 'a'),
    after: lines('a: {}', 'c: 1'),
  },
  { name: 'the first entry of an item', before: lines('- a: 1', '  b: 2'), make: remove(['a'], false, 0), after: lines('- b: 2') },
  {
    name: 'the first entry of an item before a comment',
    before: lines('- a: 1 # x', '  # m', '  b: 2'),
    make: remove(['a'], false, 0),
    after: lines('-', '  # m', '  b: 2'),
  },
  { name: 'the only entry of an item', before: lines('- a: 1', '- b: 2'), make: remove(['a'], false, 0), after: lines('- {}', '- b: 2') },
  { name: 'the first in flow style', before: lines('a: {b: 1, c: 2}'), make: remove(['a', 'b']), after: lines('a: {c: 2}') },
  { name: 'the last in flow style', before: lines('a: {b: 1, c: [x]}'), make: remove(['a', 'c']), after: lines('a: {b: 1}') },
  { name: 'the only one in flow style', before: lines('a: { b: 1 }'), make: remove(['a', 'b']), after: lines('a: {}') },
  {
    name: 'the last in JSON',
    before: lines('{', '  "a": 1,', '  "b": {"c": 1}', '}'),
    make: remove(['b', 'c'], true),
    after: lines('{', '  "a": 1', '}'),
    path: J,
  },
  {
    name: 'the first in JSON',
    before: lines('{', '  "a": 1,', '  "b": 2', '}'),
    make: remove(['a']),
    after: lines('{', '  "b": 2', '}'),
    path: J,
  },
  {
    name: 'an alias, not what it names',
    before: lines('a: &x', '  k: 1', 'b: *x', 'c: 1'),
    make: remove(['b']),
    after: lines('a: &x', '  k: 1', 'c: 1'),
  },
  { name: 'refuses an anchor that others use', before: lines('a: &x', '  k: 1', 'b: *x'), make: remove(['a']), after: 'refused: shared' },
  { name: 'what is not there is no work', before: lines('a: 1'), make: remove(['b', 'c']), after: lines('a: 1') },
  {
    name: 'all entries and then another',
    before: lines('a: 1', 'b: 2'),
    make: [remove(['a']), remove(['b']), set(['z', 'w'], 1)],
    after: lines('z:', '  w: 1'),
  },
  {
    name: 'moves an entry',
    before: lines('m:', '  a: 1', '  k: x', 'n:', '  b: 2'),
    make: [remove(['m', 'k']), set(['n', 'k'], 'x')],
    after: lines('m:', '  a: 1', 'n:', '  b: 2', '  k: x'),
  },
]);

run('rename-key', [
  { name: 'keeps quotes and value', before: lines('"a":   5 # c'), make: rename('a', 'b c'), after: lines('"b c":   5 # c') },
  { name: 'quotes where needed', before: lines('a: 5'), make: rename('a', 'on'), after: lines('"on": 5') },
  { name: 'refuses a name that is there', before: lines('a: 5', 'b: 6'), make: rename('a', 'b'), after: 'refused: exists' },
  { name: 'then adds to the same map', before: lines('a: 5'), make: [rename('a', 'b'), set(['c'], 1)], after: lines('b: 5', 'c: 1') },
]);

run('add-item', [
  {
    name: 'not indented, before the next key’s comment',
    before: lines('l:', '- a', '- b # x', '# for c', 'c: 1'),
    make: add({ name: 'A', value: '1' }, 'l'),
    after: lines('l:', '- a', '- b # x', '- name: A', '  value: "1"', '# for c', 'c: 1'),
  },
  {
    name: 'indented, behind its own comment',
    before: lines('l:', '  - a', '  # own', 'c: 1'),
    make: add('b', 'l'),
    after: lines('l:', '  - a', '  # own', '  - b', 'c: 1'),
  },
  {
    name: 'wide dashes, no final line break',
    before: 'l:\n  -   a\n  -   b: 1',
    make: add({ k: 'A', v: 'B' }, 'l'),
    after: 'l:\n  -   a\n  -   b: 1\n  -   k: A\n      v: B',
  },
  { name: 'an empty list', before: lines('m:', '- 1', 'l: []'), make: add('a', 'l'), after: lines('m:', '- 1', 'l:', '- a') },
  { name: 'flow style', before: lines('l: [a, b]'), make: add('c', 'l'), after: lines('l: [a, b, c]') },
  {
    name: 'flow style over lines',
    before: lines('l: [', '  a, # x', '  b # z', ']'),
    make: add('c', 'l'),
    after: lines('l: [', '  a, # x', '  b, # z', '  c', ']'),
  },
  {
    name: 'JSON',
    before: lines('{', '  "l": [', '    "a"', '  ]', '}'),
    make: add({ n: 'b' }, 'l'),
    after: lines('{', '  "l": [', '    "a",', '    {', '      "n": "b"', '    }', '  ]', '}'),
    path: J,
  },
]);

run('remove-item', [
  {
    name: 'the last with its comment',
    before: lines('l:', '- a', '- b # x', '# for c', 'c: 1'),
    make: drop(1, 'l'),
    after: lines('l:', '- a', '# for c', 'c: 1'),
  },
  {
    name: 'the first',
    before: lines('l:', '  - a: 1', '    b: 2', '  # about b', '  - b'),
    make: drop(0, 'l'),
    after: lines('l:', '  # about b', '  - b'),
  },
  { name: 'the only one', before: lines('l: # why', '  - a', 'c: 1'), make: drop(0, 'l'), after: lines('l: [] # why', 'c: 1') },
  { name: 'two of three', before: lines('l:', '- a', '- b', '- c'), make: [drop(0, 'l'), drop(2, 'l')], after: lines('l:', '- b') },
  { name: 'flow', before: lines('l: [a, b, c]'), make: drop(1, 'l'), after: lines('l: [a, c]') },
]);

run('text', [
  {
    name: 'replaces a span inside a literal block',
    before: lines('d: |', '  a = 1', '  b = 2'),
    make: replace('2', '3'),
    after: lines('d: |', '  a = 1', '  b = 3'),
  },
  {
    name: 'indents a line put into a literal block',
    before: lines('d: |', '  a = 1', '  b = 2'),
    make: insert((t) => t.indexOf('b ='), 'x = 1\n'),
    after: lines('d: |', '  a = 1', '  x = 1', '  b = 2'),
  },
  {
    name: 'indents a line added at a literal block’s end',
    before: lines('d: |', '  a = 1'),
    make: insert((t) => t.length, 'x = 1\n'),
    after: lines('d: |', '  a = 1', '  x = 1'),
  },
  {
    name: 'indents a line added behind the last',
    before: 'd: |\r\n  a = 1\r\nz: 1\r\n',
    make: insert((t) => t.indexOf('= 1') + 3, '\nx = 1'),
    after: 'd: |\r\n  a = 1\r\n  x = 1\r\nz: 1\r\n',
  },
  { name: 'escapes inside quotes', before: lines('d: "-a b"'), make: replace('b', '"c"'), after: lines('d: "-a \\"c\\""') },
  { name: 'refuses what a plain scalar can’t hold', before: lines('d: -a b'), make: replace('b', 'b # c'), after: 'refused: unsupported' },
  {
    name: 'keeps CRLF in code',
    before: 'a()\r\nb()\r\n',
    make: replace('a()', 'a()\nc()'),
    after: 'a()\r\nc()\r\nb()\r\n',
    path: 'main.go',
  },
  {
    name: 'refuses to edit the same text twice',
    before: 'a()\n',
    make: [replace('a()', 'b()'), replace('a()', 'c()')],
    after: 'refused: overlap',
    path: 'main.go',
  },
  {
    name: 'the same edit twice is one',
    before: 'a()\n',
    make: [replace('a()', 'b()'), replace('a()', 'b()')],
    after: 'b()\n',
    path: 'main.go',
  },
  { name: 'appends a line', before: 'a=1\r\n', make: append('x=1'), after: 'a=1\r\nx=1\r\n', path: 'app.env' },
  { name: 'appends a line where the last has no break', before: 'a=1', make: append('x=1'), after: 'a=1\nx=1', path: 'app.env' },
  { name: 'a line that is there is not added', before: 'x=1\n', make: append('x=1'), after: 'x=1\n', path: 'app.env' },
]);

run('add-object in the same file', [
  {
    name: 'behind its document',
    before: lines('kind: A', '# t', '---', 'kind: B'),
    make: object(NAMED),
    after: lines('kind: A', '# t', '---', 'kind: S', 'metadata:', '  name: q', '---', 'kind: B'),
  },
  { name: 'at the end, no final line break', before: 'kind: A', make: object(NAMED), after: 'kind: A\n---\nkind: S\nmetadata:\n  name: q' },
  {
    name: 'as an item of a List',
    before: lines('kind: List', 'items:', '- kind: A'),
    make: (o) => ({ change: 'add-object', beside: o.map('items', 0), object: NAMED }),
    after: lines('kind: List', 'items:', '- kind: A', '- kind: S', '  metadata:', '    name: q'),
  },
  {
    name: 'not twice',
    before: lines('kind: A', '---', 'kind: S', 'metadata:', '  name: q'),
    make: object(NAMED),
    after: lines('kind: A', '---', 'kind: S', 'metadata:', '  name: q'),
  },
]);

run('templates', [
  {
    name: 'adds to a literal map of a template',
    before: lines('metadata:', '  annotations:', '    a: {{ .Values.a }}', 'spec: {}'),
    make: set(['metadata', 'annotations', 'b'], 'x'),
    after: lines('metadata:', '  annotations:', '    a: {{ .Values.a }}', '    b: x', 'spec: {}'),
    path: 'chart/templates/a.yaml',
  },
  {
    name: 'refuses a map that a template adds to',
    before: lines('metadata:', '  annotations:', '    a: b', '    {{- toYaml .Values.a | nindent 4 }}', 'spec: {}'),
    make: set(['metadata', 'annotations', 'b'], 'x'),
    after: 'refused: templated',
    path: 'chart/templates/a.yaml',
  },
  {
    name: 'refuses to add inside an if',
    before: lines('a:', '  b: 1', '  {{- if .Values.c }}', '  c: 1', '  {{- end }}', 'd: 1'),
    make: set(['a', 'x'], 'y1'),
    after: 'refused: templated',
    path: 'chart/templates/a.yaml',
  },
]);

run('files that are not ours to edit', [
  { name: 'generated', before: lines('# Code generated by x. DO NOT EDIT.', 'a: 1'), make: set(['b'], 1), after: 'refused: generated' },
  {
    name: 'vendored chart',
    before: lines('a: 1'),
    make: set(['b'], 1),
    after: 'refused: vendored',
    path: 'charts/app/charts/kong/values.yaml',
  },
  { name: 'vendor folder', before: lines('a: 1'), make: set(['b'], 1), after: 'refused: vendored', path: 'vendor/x/a.yaml' },
  {
    name: 'a chart of the repository',
    before: lines('a: 1'),
    make: set(['b'], 1),
    after: lines('a: 1', 'b: 1'),
    path: 'charts/app/values.yaml',
  },
  { name: 'lock file', before: '{"a": 1}', make: set(['b'], 1), after: 'refused: locked', path: 'web/package-lock.json' },
  {
    name: 'hashed requirements',
    before: 'a==1 --hash=sha256:0\n',
    make: append('b==1'),
    after: 'refused: locked',
    path: 'requirements.txt',
  },
]);
