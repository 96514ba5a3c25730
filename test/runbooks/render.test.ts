import assert from 'node:assert/strict';
import { test } from 'node:test';
import MarkdownIt from 'markdown-it';
import type { RenderedFence } from '../../src/runbooks/render.ts';
import { createRenderer, escapeHtml } from '../../src/runbooks/render.ts';

const plain = createRenderer(MarkdownIt);

test('HTML in the text is shown, not obeyed', () => {
  const html = plain('<script>alert(1)</script> <img src=x onerror=y>\n\n`<b>`\n\n```<i>"\n</code><script>\n```\n');
  assert.doesNotMatch(html, /<script|<img|<b>|<i>/);
  assert.match(html, /&lt;script&gt;|&#60;script&#62;/);
});

test('only web, mail, anchors and relative addresses stay links', () => {
  assert.match(plain('[a](https://x.example/?a=1&b="2")'), /<a href="https:\/\/x\.example/);
  assert.match(plain('[a](other.md#fix) [b](#fix) [c](../x/y.md)'), /href="other\.md#fix".*href="#fix".*href="\.\.\/x\/y\.md"/s);
  for (const target of ['javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'command:x'])
    assert.doesNotMatch(plain(`[a](${target})`), /href/, target);
  assert.doesNotMatch(plain('![logo](https://x.example/i.png)'), /<img/);
});

test('the link hook rewrites and drops links, but cannot make script ones', () => {
  const render = createRenderer(MarkdownIt, {
    link: (target) => (target === 'a.md' ? 'command:runbookLens.open?a' : target === 'b.md' ? undefined : 'javascript:x'),
  });
  assert.equal(
    render('[A](a.md) [B](b.md) [C](c.md) [A](a.md)').trim(),
    '<p><a href="command:runbookLens.open?a">A</a> B C <a href="command:runbookLens.open?a">A</a></p>',
  );
});

test('inline code that names a rule becomes a link', () => {
  const render = createRenderer(MarkdownIt, { code: (text) => (text === 'kong/a' ? '#rule' : undefined) });
  assert.equal(render('`kong/a` `kong/b<`').trim(), '<p><a href="#rule"><code>kong/a</code></a> <code>kong/b&#60;</code></p>');
});

test('fences carry class and check, and the hook gets code, class and ordinal anew on each rendering', () => {
  const seen: RenderedFence[] = [];
  const render = createRenderer(MarkdownIt, {
    fence: (fence) => {
      seen.push(fence);
      return `<button data-fence="${fence.index}">copy</button>`;
    },
  });
  const text = '```sh change checked="ran: \'x\' <y>"\nrm <a>\n```\n\n```yaml\nb: 1\n```\n';
  const html = render(text);
  assert.match(
    html,
    /<div class="fence fence-change" title="ran: &#39;x&#39; &#60;y&#62;"><button data-fence="0">copy<\/button><pre><code class="language-sh">rm &#60;a&#62;/,
  );
  assert.deepEqual(
    seen.map(({ index, code, risk }) => [index, code, risk]),
    [
      [0, 'rm <a>\n', 'change'],
      [1, 'b: 1\n', undefined],
    ],
  );
  assert.equal(render(text), html);
});

test('headings have the same anchors in both languages', () => {
  assert.match(plain('## Mitigate now\n'), /<h2 id="mitigate-now">/);
  assert.match(plain('## 立即止血\n'), /<h2 id="mitigate-now">/);
  assert.match(plain('### 1. Step, two\n'), /<h3 id="1-step-two">/);
  assert.equal(escapeHtml(`<a href="x">'&`), '&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
});
