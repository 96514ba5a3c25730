import { J, run, set } from './plan-cases.ts';
import { lines, type Opened } from './planning.ts';

run('set-entry', [
  {
    name: 'goes behind the last entry and its comments, before the blank line',
    before: lines('a:', '  b: 1 # c', '  # own', '', '# next', 'd: 2'),
    make: set(['a', 'x'], 'v'),
    after: lines('a:', '  b: 1 # c', '  # own', '  x: v', '', '# next', 'd: 2'),
  },
  { name: 'quotes what YAML 1.1 reads as a bool', before: lines('a: 1'), make: set(['x'], 'off'), after: lines('a: 1', 'x: "off"') },
  {
    name: 'uses single quotes where the file does',
    before: lines("a: 'x'"),
    make: set(['x'], '1.20'),
    after: lines("a: 'x'", "x: '1.20'"),
  },
  {
    name: 'makes the maps between, with CRLF, 4 spaces and no final line break',
    before: 'a:\r\n    b: 1\r\nd: 2',
    make: set(['e', 'f', 'g'], 5),
    after: 'a:\r\n    b: 1\r\nd: 2\r\ne:\r\n    f:\r\n        g: 5',
  },
  {
    name: 'writes nested values in the step of the file',
    before: lines('a:', '    b: 1', '    l:', '    - 1', 'd: 2'),
    make: set(['a', 'f'], [1, { x: 'p', z: ['q'] }]),
    after: lines('a:', '    b: 1', '    l:', '    - 1', '    f:', '    - 1', '    - x: p', '      z:', '      - q', 'd: 2'),
  },
  {
    name: 'adds behind an empty value and its comment',
    before: lines('a:', '  b: # none', 'c: 1'),
    make: set(['a', 'x'], 'v'),
    after: lines('a:', '  b: # none', '  x: v', 'c: 1'),
  },
  { name: 'fills an empty value', before: lines('a:', 'b: 1'), make: set(['a', 'x'], 'v'), after: lines('a:', '  x: v', 'b: 1') },
  { name: 'fills an empty value at the end of a file', before: 'a:', make: set(['a', 'x'], 'v'), after: 'a:\n  x: v' },
  {
    name: 'keeps the comment of an empty value',
    before: lines('a: # hi', 'b: 1'),
    make: set(['a', 'x'], 'v'),
    after: lines('a: # hi', '  x: v', 'b: 1'),
  },
  {
    name: 'takes null for empty',
    before: lines('a: null # hi', 'b: 1'),
    make: set(['a', 'x'], 'v'),
    after: lines('a: # hi', '  x: v', 'b: 1'),
  },
  {
    name: 'turns {} into a block',
    before: lines('a: {} # hi', 'b: 1'),
    make: set(['a', 'x'], 'v'),
    after: lines('a: # hi', '  x: v', 'b: 1'),
  },
  { name: 'turns a root {} into a block', before: lines('{}'), make: set(['a', 'x'], 'v'), after: lines('a:', '  x: v') },
  { name: 'stays in flow style', before: lines('a: {b: 1}'), make: set(['a', 'x'], 'v, w'), after: lines('a: {b: 1, x: "v, w"}') },
  { name: 'keeps a trailing comma', before: lines('a: { b: 1, }'), make: set(['a', 'x'], 'v'), after: lines('a: { b: 1, x: v, }') },
  {
    name: 'works in a flow map over lines with tabs',
    before: lines('a: {', '  \tb: 1, # one', '  \tc: 2 # two', '  }'),
    make: set(['a', 'x'], 'v'),
    after: lines('a: {', '  \tb: 1, # one', '  \tc: 2, # two', '  \tx: v', '  }'),
  },
  { name: 'writes JSON in one line', before: '{"a": {"b": 1}}', make: set(['a', 'x'], true), after: '{"a": {"b": 1, "x": true}}', path: J },
  {
    name: 'writes JSON over lines',
    before: lines('{', '  "a": {', '    "b": 1', '  }', '}'),
    make: set(['a', 'x'], { p: '1' }),
    after: lines('{', '  "a": {', '    "b": 1,', '    "x": {', '      "p": "1"', '    }', '  }', '}'),
    path: J,
  },
  {
    name: 'fills an empty JSON object',
    before: lines('{', '\t"a": {}', '}'),
    make: set(['a', 'x'], 'v'),
    after: lines('{', '\t"a": {', '\t\t"x": "v"', '\t}', '}'),
    path: J,
  },
  { name: 'writes compact JSON as compact', before: '{"a":{"b":1}}', make: set(['a', 'x'], 'q'), after: '{"a":{"b":1,"x":"q"}}', path: J },
  {
    name: 'adds to a map in a list item',
    before: lines('- a: 1', '  b: 2', '- c: 1'),
    make: set(['x'], 'v', 0),
    after: lines('- a: 1', '  b: 2', '  x: v', '- c: 1'),
  },
  {
    name: 'does not cut a kept block scalar',
    before: lines('b:', '  k: |+', '    t', '', 'c: 1'),
    make: set(['b', 'z'], 'l1\nl2\n'),
    after: lines('b:', '  k: |+', '    t', '', '  z: |', '    l1', '    l2', 'c: 1'),
  },
  {
    name: 'adds inside YAML in a block scalar',
    before: lines('data:', '  c.yaml: |', '    a:', '      b: 1', 'z: 1'),
    make: (o) => ({ change: 'set-entry', map: embeddedMap(o), path: ['x'], value: 2 }),
    after: lines('data:', '  c.yaml: |', '    a:', '      b: 1', '      x: 2', 'z: 1'),
  },
  { name: 'replaces a scalar in its quotes', before: lines("a: 'x' # c"), make: set(['a'], 'y'), after: lines("a: 'y' # c") },
  { name: 'replaces a text by a number', before: lines('a: "5" # c'), make: set(['a'], 6), after: lines('a: 6 # c') },
  { name: 'replaces a scalar by a map', before: lines('a: 5 # c'), make: set(['a'], { k: 1 }), after: lines('a: # c', '  k: 1') },
  {
    name: 'replaces a block by a scalar',
    before: lines('a:', '  b: 1', '  c:', '  - x', 'd: 1'),
    make: set(['a'], 'v'),
    after: lines('a: v', 'd: 1'),
  },
  {
    name: 'replaces a list by a map',
    before: lines('a:', '  c:', '  - x', 'd: 1'),
    make: set(['a', 'c'], { k: 1 }),
    after: lines('a:', '  c:', '    k: 1', 'd: 1'),
  },
  {
    name: 'does nothing where the text says so already',
    before: lines('a: {x: "1", y: [2]}'),
    make: set(['a'], { y: [2], x: '1' }),
    after: lines('a: {x: "1", y: [2]}'),
  },
  {
    name: 'builds on what an earlier step added',
    before: lines('a: 1'),
    make: [set(['m', 'x'], 'p'), set(['m', 'z'], 'q')],
    after: lines('a: 1', 'm:', '  x: p', '  z: q'),
  },
  {
    name: 'refuses a merged entry',
    before: lines('x: &q', '  b: 1', 'z:', '  <<: *q'),
    make: set(['z', 'b'], 2),
    after: 'refused: shared',
  },
  {
    name: 'refuses a map that is merged elsewhere',
    before: lines('x: &q', '  b: 1', 'z:', '  <<: *q'),
    make: set(['x', 'n'], 2),
    after: 'refused: shared',
  },
  { name: 'refuses behind an alias', before: lines('x: &q', '  b: 1', 'z: *q'), make: set(['z', 'n'], 2), after: 'refused: shared' },
  {
    name: 'adds beside a merge key',
    before: lines('x: &q', '  b: 1', 'z:', '  <<: *q'),
    make: set(['z', 'k'], 2),
    after: lines('x: &q', '  b: 1', 'z:', '  <<: *q', '  k: 2'),
  },
]);

function embeddedMap(opened: Opened): ReturnType<Opened['map']> {
  const start = opened.file.text.indexOf('b: 1');
  return { kind: 'map', file: opened.file, start, end: start + 4, flow: false, open: false, pairs: new Map() };
}
