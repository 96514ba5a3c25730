import type { Fence, FenceRisk, Heading, Link } from './types.ts';

/** A line outside front matter and fences, with inline code and link targets blanked out in `prose`. */
export interface ProseLine {
  readonly line: number;
  readonly text: string;
  readonly prose: string;
}

export interface ScannedMarkdown {
  readonly headings: readonly Heading[];
  readonly fences: readonly Fence[];
  readonly links: readonly Link[];
  readonly prose: readonly ProseLine[];
  /** Line of a fence that never ends. */
  readonly openFence?: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
// Lengths are bounded so that a hostile line stays cheap.
const LINK = /\[([^\][]{0,300})\]\(([^)\s]{1,1000})(?:\s+"[^"]{0,300}")?\)/g;
const AUTOLINK = /<(https?:\/\/[^>\s<]{1,1000})>/g;
const INLINE_CODE = /(`+)(?:(?!\1)[\s\S])*?[^`]\1(?!`)/g;
const INFO = /^(\S+)(?:\s+(read|change|output|config))?(?:\s+checked="([^"]*)")?\s*$/;

/** Reads the info string of a fence: language, risk class, `checked="…"`. Unknown words leave risk and checked out. */
export function parseFenceInfo(info: string): { language: string; risk?: FenceRisk; checked?: string } {
  const found = INFO.exec(info.trim());
  if (!found) return { language: info.trim().split(/\s+/)[0] ?? '' };
  return {
    language: found[1] ?? '',
    ...(found[2] === undefined ? {} : { risk: found[2] as FenceRisk }),
    ...(found[3] === undefined ? {} : { checked: found[3] }),
  };
}

/**
 * Finds headings, fences and links, line by line. Enough Markdown for runbooks: ATX headings, fenced code, inline links.
 * `firstLine` is the 1-based line of the file on which `markdown` starts.
 */
export function scanMarkdown(markdown: string, firstLine = 1): ScannedMarkdown {
  const headings: Heading[] = [];
  const fences: Fence[] = [];
  const links: Link[] = [];
  const prose: ProseLine[] = [];
  let open: { line: number; info: string; mark: string; body: string[] } | undefined;
  markdown.split(/\r\n|\n|\r/).forEach((text, index) => {
    const line = firstLine + index;
    if (open) {
      const end = FENCE.exec(text);
      if (end?.[1]?.startsWith(open.mark) && end[2]?.trim() === '') {
        fences.push({ line: open.line, info: open.info, ...parseFenceInfo(open.info), text: open.body.join('\n') });
        open = undefined;
      } else open.body.push(text);
      return;
    }
    const fence = FENCE.exec(text);
    if (fence) {
      open = { line, info: (fence[2] ?? '').trim(), mark: fence[1] ?? '```', body: [] };
      return;
    }
    const heading = HEADING.exec(text);
    if (heading) headings.push({ line, level: (heading[1] ?? '').length, text: heading[2] ?? '' });
    const withoutCode = text.replace(INLINE_CODE, (code) => '`'.padEnd(code.length, '·'));
    for (const found of withoutCode.matchAll(LINK)) links.push({ line, text: found[1] ?? '', target: found[2] ?? '' });
    for (const found of withoutCode.matchAll(AUTOLINK)) links.push({ line, text: found[1] ?? '', target: found[1] ?? '' });
    prose.push({ line, text, prose: withoutCode.replace(LINK, ' ').replace(AUTOLINK, ' ').replace(/`·*/g, ' ') });
  });
  return { headings, fences, links, prose, ...(open ? { openFence: open.line } : {}) };
}

/** GitHub's anchor for a heading: lower case, punctuation dropped, spaces to hyphens. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s+/g, '-');
}
