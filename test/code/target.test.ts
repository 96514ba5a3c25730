import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetPart } from '../../src/code/index.ts';
import { textOf } from '../../src/text/source.ts';
import { factsOf } from './parser-for-tests.ts';
import { type Client, targetCases } from './target-cases.ts';

const endings: Readonly<Record<Client, string>> = {
  go: 'app/main.go',
  java: 'src/shop/Clients.java',
  python: 'app/main.py',
  typescript: 'src/main.ts',
};
const clients: readonly Client[] = ['go', 'java', 'python', 'typescript'];

function show(parts: readonly TargetPart[]): string {
  const marks = { env: '$', flag: '--', config: '%' };
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'unknown') return '?';
      return `${marks[part.kind]}${part.name}${part.fallback ? `=${show(part.fallback)}` : ''}`;
    })
    .join('');
}

for (const each of targetCases) {
  for (const client of clients) {
    const code = each.code[client];
    if (code === null) continue;
    test(`${each.name} (${client})`, async () => {
      const files = typeof code === 'string' ? { [endings[client]]: code } : code;
      const facts = await factsOf(files);
      assert.deepEqual(facts.notices, []);
      assert.equal(facts.channels.length, 1, 'one channel');
      const [channel] = facts.channels;
      assert.ok(channel);
      assert.deepEqual(channel.targets.map((target) => show(target.parts)).sort(), each.targets);
      const [target] = channel.targets;
      if (each.host !== undefined) assert.equal(target?.host, each.host);
      if (each.port !== undefined) assert.equal(target?.port, each.port);
      if (each.scheme !== undefined) assert.equal(target?.scheme, each.scheme);
      if (each.confidence) assert.deepEqual([...new Set(channel.targets.map((one) => one.confidence))], [each.confidence]);
      for (const { parts } of channel.targets) {
        for (const part of parts) {
          if (part.kind === 'text' && part.plain) assert.equal(textOf(part.at), part.text, 'the anchor holds the text');
          if (part.kind === 'env') assert.equal(textOf(part.at), part.name, 'the anchor holds the name');
        }
      }
      if (each.origin && client !== 'python')
        assert.deepEqual(
          target?.origin.map((one) => one.kind),
          each.origin,
        );
    });
  }
}
