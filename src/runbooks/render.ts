import type { MarkdownIt, Token } from 'markdown-it';
import { headingKey } from './headings.ts';
import { parseFenceInfo, slug } from './markdown.ts';
import type { FenceRisk } from './types.ts';

/** The class that the `markdown-it` module exports. Handed in, so that importing this file does not load it. */
export type MarkdownItClass = new (options: { html: boolean; linkify: boolean; typographer: boolean }) => MarkdownIt;

export interface RenderedFence {
  readonly code: string;
  readonly language: string;
  readonly risk?: FenceRisk;
  readonly checked?: string;
  /** Ordinal of the fence in the text, from 0: an editor finds the command again without it passing through HTML. */
  readonly index: number;
}

/** What an editor puts in. Every hook may be left out. */
export interface RenderHooks {
  /** The address for a link as written; undefined drops the link and keeps its text. Without the hook https, http, mailto, # and relative links stay. */
  readonly link?: (target: string) => string | undefined;
  /** The address for inline code such as `kong/strict-consistency` that names a rule or a runbook; undefined leaves it code. */
  readonly code?: (text: string) => string | undefined;
  /** Trusted HTML that stands before the code of a fence: a copy button, a risk badge. Must escape what it takes from the fence. */
  readonly fence?: (fence: RenderedFence) => string;
}

const SAFE_TARGET = /^(https?:\/\/|mailto:|#|\.{0,2}\/|[^:/?#]+([/?#]|$))/i;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const CONTROL_END = 0x20;

function isSafeTarget(target: string): boolean {
  return SAFE_TARGET.test(target) && ![...target].some((character) => character.charCodeAt(0) < CONTROL_END);
}

function headingId(text: string): string {
  return headingKey(text) ?? slug(text);
}

/**
 * Makes a function from a runbook's Markdown (without front matter) to HTML that is safe to show: HTML in the text is escaped, addresses are
 * limited to web, mail, anchors and relative paths, images become their alternative text. Headings get the same ids in both languages.
 */
export function createRenderer(MarkdownItModule: MarkdownItClass, hooks: RenderHooks = {}): (markdown: string) => string {
  const markdown = new MarkdownItModule({ html: false, linkify: false, typographer: false });
  const { rules } = markdown.renderer;
  let fences = 0;
  markdown.validateLink = isSafeTarget;

  const attribute = (token: Token | undefined, name: string): string => String(token?.attrGet(name) ?? '');
  // A dropped link loses both of its tags; links don't nest, so one flag is enough.
  let dropped = false;
  rules.link_open = (tokens, at) => {
    const target = attribute(tokens[at], 'href');
    const address = hooks.link ? hooks.link(target) : target;
    dropped = address === undefined || !isSafeTargetOrCommand(address, hooks.link !== undefined);
    return dropped ? '' : `<a href="${escapeHtml(address ?? '')}">`;
  };
  rules.link_close = () => {
    const open = !dropped;
    dropped = false;
    return open ? '</a>' : '';
  };
  rules.image = (tokens, at) => escapeHtml(tokens[at]?.content ?? '');
  rules.code_inline = (tokens, at) => {
    const text = tokens[at]?.content ?? '';
    const address = hooks.code?.(text);
    const code = `<code>${escapeHtml(text)}</code>`;
    return address === undefined ? code : `<a href="${escapeHtml(address)}">${code}</a>`;
  };
  rules.heading_open = (tokens, at) => {
    const tag = tokens[at]?.tag ?? 'h2';
    return `<${tag} id="${escapeHtml(headingId(tokens[at + 1]?.content ?? ''))}">`;
  };
  rules.fence = (tokens, at) => {
    const token = tokens[at];
    const info = parseFenceInfo(token?.info ?? '');
    const code = token?.content ?? '';
    const fence: RenderedFence = { code, index: fences++, ...info };
    const kind = info.risk === undefined ? '' : ` fence-${info.risk}`;
    const title = info.checked === undefined ? '' : ` title="${escapeHtml(info.checked)}"`;
    return `<div class="fence${kind}"${title}>${hooks.fence?.(fence) ?? ''}<pre><code class="language-${escapeHtml(info.language)}">${escapeHtml(code)}</code></pre></div>\n`;
  };
  rules.code_block = (tokens, at) => `<pre><code>${escapeHtml(tokens[at]?.content ?? '')}</code></pre>\n`;

  return (text) => {
    fences = 0;
    return markdown.render(text);
  };
}

/** A hook may also give `command:` addresses of its own; it never may give script ones. */
function isSafeTargetOrCommand(address: string, fromHook: boolean): boolean {
  return isSafeTarget(address) || (fromHook && /^(command|vscode):/i.test(address));
}
