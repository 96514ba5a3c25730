/** What the editor says: every string in both languages, none left over. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const json = (path: string): Record<string, string> => JSON.parse(read(path));
const placeholders = (text: string): string[] => (text.match(/\{\d+\}/g) ?? []).sort();

it('each string of the code is in the Chinese bundle, with the same placeholders', () => {
  const sources = ['src/extension.ts', ...readdirSync(new URL('src/editor', root)).map((name) => `src/editor/${name}`)];
  const used = new Set<string>();
  for (const path of sources) {
    for (const [, single, double] of read(path).matchAll(/l10n\.t\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/g))
      used.add(single ?? double ?? '');
    assert.equal((read(path).match(/l10n\.t\(\s*[^'"\s]/g) ?? []).length, 0, `${path} has a string that can't be found`);
  }
  const bundle = json('l10n/bundle.l10n.zh-cn.json');
  assert.deepEqual(Object.keys(bundle).sort(), [...used].sort());
  for (const [english, chinese] of Object.entries(bundle)) {
    assert.deepEqual(placeholders(chinese), placeholders(english), english);
    assert.match(chinese.replace('ConfigMap', ''), /[\u4e00-\u9fff]|Helm values|patch/, english);
  }
});

it('each string of the manifest is there in both languages', () => {
  const named = new Set([...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? ''));
  const english = json('package.nls.json');
  const chinese = json('package.nls.zh-cn.json');
  assert.deepEqual(Object.keys(english).sort(), [...named].sort());
  assert.deepEqual(Object.keys(chinese).sort(), [...named].sort());
  const links = (text: string): string[] => text.match(/\(command:[\w.]+\)|`[^`]+`/g) ?? [];
  for (const [key, text] of Object.entries(english)) {
    assert.match(chinese[key] ?? '', /[\u4e00-\u9fff]|^Runbook$/, key);
    assert.deepEqual(links(chinese[key] ?? '').sort(), links(text).sort(), key);
  }
});
