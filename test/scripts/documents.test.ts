import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { scanMarkdown } from '../../src/runbooks/markdown.ts';

const root = resolve(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path).replaceAll('\\', '/'));
const pages = [...readdirSync(root), ...below('docs'), ...below('examples'), ...below('runbooks')].filter((path) => path.endsWith('.md'));

/** A heading's address on a Git host. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

describe('documents', () => {
  it('links lead to files and headings that are there', () => {
    const broken: string[] = [];
    let links = 0;
    for (const page of pages) {
      const text = read(page);
      for (const { target } of scanMarkdown(text).links) {
        if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
        links++;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? join(root, page) : resolve(root, dirname(page), decodeURI(path));
        if (!existsSync(file)) broken.push(`${page}: ${target}`);
        else if (anchor && file.endsWith('.md')) {
          const headings = scanMarkdown(readFileSync(file, 'utf8')).headings.map((heading) => slug(heading.text));
          if (!headings.includes(decodeURI(anchor))) broken.push(`${page}: ${target}: no such heading`);
        }
      }
    }
    assert.deepEqual(broken, []);
    assert.ok(links > 100, `${links} links`);
  });

  it('both READMEs carry the same commands, pictures and configuration', () => {
    const parts = (path: string) => {
      const text = read(path);
      return {
        headings: scanMarkdown(text).headings.map((heading) => heading.level),
        pictures: [...text.matchAll(/!\[[^\]]*\]\((\S+?)(?:\.zh-cn)?\.png\)/g)].map(([, target]) => target),
        // Comments are translated.
        fences: [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code = '']) => [
          language,
          code.replace(/( #|--(?= )).*$/gm, ''),
        ]),
        rules: [...text.matchAll(/\]\((docs\/rules\/[\w/-]+\.md)\)/g)].map(([, target]) => target),
      };
    };
    assert.deepEqual(parts('README.zh-cn.md'), parts('README.md'));
  });

  it('the scripts that the documents name are in package.json', () => {
    const manifest: { scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));
    for (const page of ['README.md', 'README.zh-cn.md', 'CONTRIBUTING.md']) {
      for (const [, name = ''] of read(page).matchAll(/npm run ([\w:-]+)/g)) assert.ok(manifest.scripts[name], `${page}: npm run ${name}`);
    }
  });
});
