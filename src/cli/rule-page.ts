import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from '../linters/rule.ts';
import { productFolder } from '../service/product.ts';

/** The headings of a rule's page from which on it is examples for tests, not text for readers. */
const EXAMPLES = /^## (?:Findings|No findings|Cases)\b/m;

/** What a rule's page tells people: its Markdown up to the examples. `undefined` when the rule has no page. */
export function rulePage(rule: Pick<Rule, 'id'>): string | undefined {
  const path = join(productFolder(), 'docs', 'rules', `${rule.id}.md`);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8').replace(/\r\n/g, '\n');
  const end = text.search(EXAMPLES);
  const head = end < 0 ? text : text.slice(0, end);
  return `${head
    // What the block says, the command says above the page, in the user's language.
    .replace(/<!-- rule:begin -->[\s\S]*?<!-- rule:end -->\n?/, '')
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
