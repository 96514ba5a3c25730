import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import type { Change, Plain } from '../../src/fixes/change.ts';
import { isNull, type YamlNode } from '../../src/text/yaml.ts';
import { writtenFile } from '../../src/text/yaml-source.ts';
import { plainKind } from '../../src/text/yaml-write.ts';
import { sourceFile } from '../../src/text/source.ts';
import { after, Opened } from './planning.ts';

/** Random documents in random layouts, with numbered comments in every place that YAML allows one. */
interface Layout {
  readonly indent: number;
  readonly dashIndent: number;
  readonly lineBreak: string;
  readonly finalBreak: boolean;
  /** Drawn from for every comment, blank line and quote. */
  readonly dice: readonly number[];
}

type Tree = Plain;

const key = fc.constantFrom('alpha', 'beta', 'gamma.io/delta', 'on', '8080', 'a b', 'name');
const leaf: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom<Plain>(
    'x',
    'two words',
    'off',
    '1.20',
    'null',
    "it's",
    'say "hi"',
    'a: b',
    '# no',
    '',
    '中文 ☃',
    'line one\nline two\n',
    '- dash',
    12,
    0.5,
    true,
    null,
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const tree: fc.Arbitrary<Tree> = fc.letrec<{ node: Tree; map: Tree; list: Tree }>((tie) => ({
  node: fc.oneof({ maxDepth: 3, depthIdentifier: 'tree' }, leaf, tie('map'), tie('list')),
  map: fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  list: fc.array(tie('node'), { maxLength: 3 }),
})).node;
const root = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const layout: fc.Arbitrary<Layout> = fc.record({
  indent: fc.constantFrom(2, 4, 3),
  dashIndent: fc.constantFrom(0, 2, 4),
  lineBreak: fc.constantFrom('\n', '\r\n'),
  finalBreak: fc.boolean(),
  dice: fc.array(fc.nat(11), { minLength: 7, maxLength: 23 }),
});

function render(value: Plain, style: Layout): string {
  let throws = 0;
  let comments = 0;
  const die = (): number => style.dice[throws++ % style.dice.length] ?? 0;
  const comment = (): string => `# note ${++comments}!`;
  const trailing = (): string => (die() === 0 ? ` ${comment()}` : '');
  const between = (margin: string): string[] => {
    const roll = die();
    if (roll === 1) return [''];
    if (roll === 2) return [margin + comment()];
    return [];
  };
  const scalar = (one: Plain): string => {
    if (typeof one !== 'string') return one === null && die() < 6 ? '' : String(one);
    const bare = plainKind(one) === 'string' && /^[a-z][a-z ]*[a-z]$|^[a-z]$/.test(one);
    const roll = die();
    if (bare && roll < 6) return one;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: single quotes can't hold them
    if (roll % 2 === 0 && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\n]|\p{Cs}/u.test(one)) return `'${one.replaceAll("'", "''")}'`;
    return JSON.stringify(one).replace(
      /[\u007f-\u009f\u2028\u2029\ufeff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  };
  const flow = (one: Plain): string => {
    if (Array.isArray(one)) return `[${one.map(flow).join(', ')}]`;
    if (typeof one === 'object' && one !== null)
      return `{${Object.entries(one)
        .map(([name, inner]) => `${JSON.stringify(name)}: ${flow(inner as Plain)}`)
        .join(', ')}}`;
    return one === null ? 'null' : typeof one === 'string' ? scalar(one) : String(one);
  };
  const block = (one: Plain, margin: string): string[] => {
    if (Array.isArray(one)) {
      return one.flatMap((item: Plain) => {
        const body = value2(item, `${margin}  `);
        const [first = '', ...rest] = body.inline === undefined ? body.lines : [];
        if (body.inline !== undefined) return [...between(margin), `${margin}-${body.inline === '' ? '' : ` ${body.inline}`}${trailing()}`];
        return [...between(margin), `${margin}- ${first.trimStart()}`, ...rest];
      });
    }
    return Object.entries(one as { [name: string]: Plain }).flatMap(([name, inner], index) => {
      const head = `${margin}${scalar(name)}:`;
      const lead = index > 0 ? between(margin) : [];
      if (typeof inner === 'string' && /^[a-z][^\r]*[a-z]\n$/.test(inner) && die() < 8) {
        return [
          ...lead,
          `${head} |${trailing()}`,
          ...inner
            .slice(0, -1)
            .split('\n')
            .map((line) => margin + ' '.repeat(style.indent) + line),
          ...(die() === 3 ? [''] : []),
        ];
      }
      const body = value2(inner, margin + ' '.repeat(Array.isArray(inner) ? style.dashIndent : style.indent));
      if (body.inline !== undefined) return [...lead, `${head}${body.inline === '' ? '' : ` ${body.inline}`}${trailing()}`];
      return [...lead, head + trailing(), ...body.lines];
    });
  };
  const value2 = (one: Plain, margin: string): { inline: string; lines: string[] } | { inline: undefined; lines: string[] } => {
    const size = Array.isArray(one) ? one.length : typeof one === 'object' && one !== null ? Object.keys(one).length : -1;
    if (size < 0) return { inline: scalar(one), lines: [] };
    if (size === 0 || die() === 5) return { inline: flow(one), lines: [] };
    // A list in a list shares the dash's line; a comment can't stand before its first entry there.
    const all = block(one, margin);
    while (all[0]?.trim() === '' || all[0]?.trimStart().startsWith('#')) all.shift();
    return { inline: undefined, lines: all };
  };
  const text = block(value, '').join(style.lineBreak);
  return text + (style.finalBreak ? style.lineBreak : '');
}

function plainOf(node: YamlNode | undefined): Plain {
  if (!node) return null;
  if (node.kind === 'map') return Object.fromEntries([...node.pairs].map(([name, pair]) => [name, plainOf(pair.value)]));
  if (node.kind === 'sequence') return node.items.map(plainOf);
  if (isNull(node)) return null;
  if (node.style !== 'plain' || plainKind(node.text) === 'string') return node.text;
  if (node.text === 'true' || node.text === 'false') return node.text === 'true';
  const number = Number(node.text);
  return Number.isFinite(number) ? number : node.text;
}

function read(text: string): Plain {
  const file = writtenFile(sourceFile('a.yaml', text));
  assert.equal(file.problem, undefined, `does not parse: ${file.problem?.message}\n${text}`);
  return plainOf(file.documents[0]?.root);
}

function notes(text: string): string[] {
  return [...text.matchAll(/# note \d+!/g)].map((match) => match[0]).sort();
}

function checkLayout(before: string, result: string): void {
  const expected = before.includes('\r\n') ? /(?<!\r)\n/ : /\r\n/;
  if (/\n/.test(before)) assert.ok(!expected.test(result), `line breaks are mixed:\n${JSON.stringify(result)}`);
  if (result !== '')
    assert.equal(/\n$/.test(result), /\n$/.test(before), `final line break:\n${JSON.stringify(before)}\n${JSON.stringify(result)}`);
}

type Path = (string | number)[];

function pathsOf(value: Plain, at: Path = []): Path[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item, index) => pathsOf(item, [...at, index]))];
  if (typeof value === 'object' && value !== null)
    return [at, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner as Plain, [...at, name]))];
  return [at];
}

/** A copy with one place changed: the model that the text is compared with. */
function changed(value: Plain, path: Path, change: (at: Plain) => Plain | undefined): Plain {
  const [step, ...rest] = path;
  if (step === undefined) return change(value) ?? null;
  if (Array.isArray(value)) {
    return value.flatMap((item: Plain, index) => {
      if (index !== step) return [item];
      if (rest.length > 0) return [changed(item, rest, change)];
      const next = change(item);
      return next === undefined ? [] : [next];
    });
  }
  const entries = Object.entries(value as { [name: string]: Plain }).flatMap(([name, inner]) => {
    if (name !== step) return [[name, inner]];
    if (rest.length > 0) return [[name, changed(inner, rest, change)]];
    const next = change(inner);
    return next === undefined ? [] : [[name, next]];
  });
  return Object.fromEntries(entries);
}

const at = (value: Plain, path: Path): Plain =>
  path.reduce<Plain>((inner, step) => (inner as { [name: string]: Plain })[step] ?? null, value);
const isMap = (value: Plain): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const documentAndPlace = fc.tuple(root, layout, fc.nat(), tree, fc.constantFrom('fresh', 'alpha', 'new.io/key'));
const RUNS = { numRuns: 1500 };

function refusedIsRare(): { count: (result: string) => boolean; check: () => void } {
  let refused = 0;
  let all = 0;
  return {
    count: (result) => {
      all++;
      if (result.startsWith('refused: ')) refused++;
      return result.startsWith('refused: ');
    },
    check: () => assert.ok(refused * 100 < all, `${refused} of ${all} refused`),
  };
}

describe('edits of random documents', () => {
  it('the generator writes what it was given', () => {
    fc.assert(
      fc.property(root, layout, (value, style) => assert.deepEqual(read(render(value, style)), value)),
      RUNS,
    );
  });

  it('set-entry sets that entry and nothing else, and once is enough', () => {
    const rare = refusedIsRare();
    fc.assert(
      fc.property(documentAndPlace, ([value, style, pick, written, name]) => {
        const before = render(value, style);
        const maps = pathsOf(value).filter((path) => isMap(at(value, path)));
        const path = maps[pick % maps.length] ?? [];
        const edit = (text: string): string => {
          const opened = new Opened(text);
          return after(opened, [{ change: 'set-entry', map: opened.map(...path), path: [name], value: written }]);
        };
        const result = edit(before);
        if (rare.count(result)) return;
        const wanted = changed(value, path, (map) => ({ ...(map as { [name: string]: Plain }), [name]: written }));
        assert.deepEqual(read(result), wanted, `${before}\n=>\n${result}`);
        checkLayout(before, result);
        const inside = Object.hasOwn(at(value, path) as object, name);
        if (!inside) assert.deepEqual(notes(result), notes(before), `${before}\n=>\n${result}`);
        assert.equal(edit(result), result);
      }),
      RUNS,
    );
    rare.check();
  });

  it('set-scalar with asString sets that text and nothing else', () => {
    const rare = refusedIsRare();
    fc.assert(
      fc.property(
        root,
        layout,
        fc.nat(),
        fc.oneof(fc.constantFrom('off', '5', '', 'a: b', "it's", 'x\ty'), fc.string({ unit: 'grapheme', maxLength: 8 })),
        (value, style, pick, text) => {
          const before = render(value, style);
          const scalars = pathsOf(value).filter((path) => typeof at(value, path) === 'string');
          const path = scalars[pick % scalars.length];
          if (!path) return;
          const edit = (source: string): string => {
            const opened = new Opened(source);
            return after(opened, [{ change: 'set-scalar', scalar: opened.scalar(...path), text, asString: true }]);
          };
          const result = edit(before);
          if (rare.count(result)) return;
          assert.deepEqual(
            read(result),
            changed(value, path, () => text),
            `${before}\n=>\n${result}`,
          );
          checkLayout(before, result);
          assert.deepEqual(notes(result), notes(before));
          assert.equal(edit(result), result);
        },
      ),
      RUNS,
    );
    rare.check();
  });

  it('remove-entry removes that entry, keeps the others’ comments', () => {
    const rare = refusedIsRare();
    fc.assert(
      fc.property(root, layout, fc.nat(), (value, style, pick) => {
        const before = render(value, style);
        const entries = pathsOf(value).filter((path) => typeof path.at(-1) === 'string');
        const path = entries[pick % entries.length];
        if (!path) return;
        const opened = new Opened(before);
        const change: Change = { change: 'remove-entry', map: opened.map(...path.slice(0, -1)), path: [String(path.at(-1))] };
        const result = after(opened, [change]);
        if (rare.count(result)) return;
        assert.deepEqual(
          read(result),
          changed(value, path, () => undefined),
          `${before}\n=>\n${result}`,
        );
        if (notes(before).length > 0 && /\n/.test(result)) checkLayout(before, result);
        // Only comments on its own lines, or between its own entries, may go with it.
        const lineOf = (offset: number): number => before.slice(0, offset).split('\n').length;
        const map = opened.map(...path.slice(0, -1));
        const pair = map.pairs.get(String(path.at(-1)));
        assert.ok(pair);
        const nextKey = [...map.pairs.values()]
          .map((other) => other.key.start)
          .filter((start) => start > pair.key.start)
          .sort((a, b) => a - b)[0];
        for (const note of notes(before).filter((one) => !notes(result).includes(one))) {
          const line = lineOf(before.indexOf(note));
          assert.ok(line >= lineOf(pair.key.start), `${note} stood above\n${before}\n=>\n${result}`);
          assert.ok(nextKey === undefined || line <= lineOf(nextKey), `${note} stood below\n${before}\n=>\n${result}`);
        }
      }),
      RUNS,
    );
    rare.check();
  });

  it('add-item and remove-item change that list and nothing else', () => {
    const rare = refusedIsRare();
    fc.assert(
      fc.property(root, layout, fc.nat(), tree, fc.boolean(), (value, style, pick, item, adding) => {
        const before = render(value, style);
        const lists = pathsOf(value).filter(
          (path) => Array.isArray(at(value, path)) && (adding || (at(value, path) as Plain[]).length > 0),
        );
        const path = lists[pick % lists.length];
        if (!path) return;
        const opened = new Opened(before);
        const sequence = opened.list(...path);
        const index = pick % Math.max(1, sequence.items.length);
        const gone = sequence.items[index];
        const change: Change =
          adding || !gone ? { change: 'add-item', sequence, value: item } : { change: 'remove-item', sequence, item: gone };
        const result = after(opened, [change]);
        if (rare.count(result)) return;
        const wanted = changed(value, path, (list) =>
          adding ? [...(list as Plain[]), item] : (list as Plain[]).filter((_, n) => n !== index),
        );
        assert.deepEqual(read(result), wanted, `${before}\n=>\n${result}`);
        if (adding) assert.deepEqual(notes(result), notes(before));
        if (adding) checkLayout(before, result);
      }),
      RUNS,
    );
    rare.check();
  });

  it('rename-key changes the key only', () => {
    const rare = refusedIsRare();
    fc.assert(
      fc.property(root, layout, fc.nat(), fc.constantFrom('fresh', 'no', 'x: y', '123', "it's"), (value, style, pick, to) => {
        const before = render(value, style);
        const entries = pathsOf(value).filter((path) => typeof path.at(-1) === 'string');
        const path = entries[pick % entries.length];
        if (!path) return;
        const opened = new Opened(before);
        const from = String(path.at(-1));
        const result = after(opened, [{ change: 'rename-key', map: opened.map(...path.slice(0, -1)), key: from, to }]);
        if (rare.count(result)) return;
        const wanted = changed(value, path.slice(0, -1), (map) =>
          Object.fromEntries(Object.entries(map as { [name: string]: Plain }).map(([name, inner]) => [name === from ? to : name, inner])),
        );
        assert.deepEqual(read(result), wanted, `${before}\n=>\n${result}`);
        assert.deepEqual(notes(result), notes(before));
        checkLayout(before, result);
      }),
      RUNS,
    );
    rare.check();
  });
});
