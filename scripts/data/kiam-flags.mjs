#!/usr/bin/env node
/**
 * Makes data/kiam-flags.json from a Git clone of uswitch/kiam: which releases since 2.0 know which command-line flag.
 *
 *     node scripts/data/kiam-flags.mjs <clone of uswitch/kiam>
 *
 * Flags that all of them know are left out.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [clone] = process.argv.slice(2);
if (!clone) {
  console.error('usage: node scripts/data/kiam-flags.mjs <clone of uswitch/kiam>');
  process.exit(2);
}
const git = (...args) => execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8' });

const tags = git('tag', '--sort=version:refname')
  .split('\n')
  .filter((tag) => /^v[2-9]\.\d+$/.test(tag));
const known = new Map(
  tags.map((tag) => [
    tag,
    new Set([...git('grep', '-hoE', 'Flag\\("[a-z0-9-]+"', tag, '--', 'cmd').matchAll(/"([a-z0-9-]+)"/g)].map((match) => match[1])),
  ]),
);
const flags = {};
for (const flag of [...new Set([...known.values()].flatMap((names) => [...names]))].sort()) {
  const has = tags.map((tag) => known.get(tag).has(flag));
  const first = has.indexOf(true);
  const last = has.lastIndexOf(true);
  if (has.slice(first, last + 1).includes(false)) throw new Error(`${flag} comes and goes`);
  if (first === 0 && last === tags.length - 1) continue;
  flags[flag] = {
    ...(first > 0 && { from: tags[first].slice(1) }),
    ...(last < tags.length - 1 && { before: tags[last + 1].slice(1) }),
  };
}
const data = { source: `uswitch/kiam: the Flag("…") calls in cmd/ at the tags ${tags[0]} to ${tags.at(-1)}`, flags };
writeFileSync(join(import.meta.dirname, '../../data/kiam-flags.json'), `${JSON.stringify(data, null, 2)}\n`);
