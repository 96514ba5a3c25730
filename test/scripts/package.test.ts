import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

interface PackageScript {
  shippedPage(text: string, manifest: { readonly repository?: string }): string;
}
const { shippedPage }: PackageScript = await import(new URL('../../scripts/package.mjs', import.meta.url).href);

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const RELATIVE = /\]\((?!https?:|mailto:|#)[^)]*\)/;

describe('the README of the packaged extension', () => {
  it('without a repository has no picture and no link that the Extensions view can’t show', () => {
    const shown = shippedPage(README, {});
    assert.match(README, RELATIVE);
    assert.doesNotMatch(shown, RELATIVE);
    assert.doesNotMatch(shown, /!\[/);
    assert.doesNotMatch(shown, /\n{3}/);
    assert.doesNotMatch(shown, /^[|\s-]*$\n^[|\s-]+$/m);
  });

  it('keeps the words, the commands and the table of rules', () => {
    const shown = shippedPage(README, {});
    const commands = (text: string): readonly string[] => text.match(/^```[\s\S]*?^```/gm) ?? [];
    assert.ok(commands(README).length > 3);
    assert.deepEqual(commands(shown), commands(README));
    assert.match(shown, /\| kong\/db-cache-ttl-zero \| error \|/);
    assert.match(shown, /in English and Chinese\./);
  });

  it('drops a row of links and a table of pictures, keeps addresses', () => {
    const text =
      '# A\n\n[b](b.md) · [c](c/)\n\n| | |\n|---|---|\n| ![x](x.png) | ![y](y.png) |\n\nSee [d](d.md#e), [f](https://f.example/) and [g](#g).\n';
    const code = '```sh\n[ -f [x](y) ]\n\n![x](y.png)\n```\n';
    assert.equal(
      shippedPage(`${text}\n${code}\nEnd [h](h.md).\n`, {}),
      `# A\n\nSee d, [f](https://f.example/) and [g](#g).\n\n${code}\nEnd h.\n`,
    );
    assert.equal(shippedPage(text, {}), '# A\n\nSee d, [f](https://f.example/) and [g](#g).\n');
  });

  it('with a repository is the README, whose links vsce completes', () => {
    assert.equal(shippedPage(README, { repository: 'https://example.com/a' }), README);
  });
});
