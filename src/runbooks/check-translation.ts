import type { Fault } from './check-text.ts';
import { say } from './front-matter.ts';
import { headingKey } from './headings.ts';
import type { ScannedMarkdown } from './markdown.ts';
import type { Fence, Heading } from './types.ts';

const CJK = /[\u3400-\u9fff\uf900-\ufaff]/;
const LATIN_WORD = /[A-Za-z][A-Za-z'’-]*/g;
/** Six or more Latin words with nothing but spaces between them. */
const LATIN_RUN = /\b[A-Za-z][A-Za-z'’-]*(?: +[A-Za-z][A-Za-z'’-]*){5,}/;
/** As many Latin words on a line without any Chinese make a sentence nobody translated. */
const SENTENCE_WORDS = 6;

/** Comments may be translated; everything else in a fence is a command or a file and stays as it is. */
function withoutComments(text: string): string {
  return text
    .split('\n')
    .map((line) => (/^\s*#(?!!)/.test(line) ? '' : line.replace(/\s{2,}# .*$/, '').trimEnd()))
    .filter((line) => line !== '')
    .join('\n');
}

/** Small words that are in every English sentence, and in no name of a command or a file. */
const ENGLISH = new Set(['a', 'an', 'the', 'of', 'on', 'in', 'at', 'by', 'and', 'with', 'without', 'against', 'from', 'for', 'one']);

/** What must not differ: language, risk, how it was checked, and each version, path and number in that. */
function shapeOf({ language, risk, checked = '' }: Fence): string {
  const kind = checked.split(':', 1)[0] ?? '';
  const named = checked.match(/[\w@./:=-]*[\d/@=-][\w@./:=-]*/g) ?? [];
  return [language, risk, kind, ...named.map((word) => word.replace(/[.:]+$/, '')).sort()].join(' ');
}

const samePlace = (target: string): string => target.replace(/\.zh-cn\.md(?=#|$)/, '.md').replace(/(\.md)?#.*$/, '$1');

function headingFaults(en: readonly Heading[], zh: readonly Heading[]): Fault[] {
  const key = ({ level, text }: Heading): string => `${level} ${headingKey(text) ?? ''}`;
  const at = zh.findIndex((heading, index) => {
    const other = en[index];
    return other === undefined || key(heading) !== key(other);
  });
  const extra = at === -1 ? undefined : zh[at];
  const other = at === -1 ? undefined : en[at];
  if (extra)
    return [
      {
        line: extra.line,
        said: say(
          `headings differ between the languages from here on: "${extra.text}" stands where the English file has ${other ? `"${other.text}"` : 'none'}`,
          `从这里起中英文标题不对应：这里是 "${extra.text}"，英文是 ${other ? `"${other.text}"` : '（无）'}`,
        ),
      },
    ];
  const missing = en[zh.length];
  if (!missing) return [];
  return [
    {
      line: zh.at(-1)?.line ?? 1,
      said: say(
        `the English heading "${missing.text}" (line ${missing.line}) has no counterpart`,
        `英文标题 "${missing.text}"（第 ${missing.line} 行）没有对应的中文标题`,
      ),
    },
  ];
}

function fenceFaults(en: readonly Fence[], zh: readonly Fence[]): Fault[] {
  const faults: Fault[] = [];
  for (const [index, fence] of zh.entries()) {
    const other = en[index];
    if (!other) {
      faults.push({ line: fence.line, said: say('the English file has no such fence', '英文文件里没有这个代码块') });
      break;
    }
    if (shapeOf(other) !== shapeOf(fence) || withoutComments(other.text) !== withoutComments(fence.text)) {
      faults.push({
        line: fence.line,
        said: say(
          `this fence differs from the one on line ${other.line} of the English file (only comments and the words of checked may be translated)`,
          `这个代码块与英文文件第 ${other.line} 行的不一致（只有注释和 checked 里的说明可以翻译）`,
        ),
      });
      break;
    }
    if (fence.checked?.split(/[\s;,()]+/).some((word) => ENGLISH.has(word)))
      faults.push({ line: fence.line, said: say('the words of checked are still English', 'checked 里的说明还是英文') });
  }
  const missing = en[zh.length];
  if (missing && faults.length === 0)
    faults.push({
      line: zh.at(-1)?.line ?? 1,
      said: say(`the fence on line ${missing.line} of the English file is missing here`, `缺少英文文件第 ${missing.line} 行的代码块`),
    });
  return faults;
}

function linkFaults(en: ScannedMarkdown, zh: ScannedMarkdown): Fault[] {
  const there = new Set(en.links.map(({ target }) => samePlace(target)));
  const here = new Set(zh.links.map(({ target }) => samePlace(target)));
  const extra = zh.links
    .filter(({ target }) => !there.has(samePlace(target)))
    .map(({ line, target }): Fault => ({ line, said: say(`the English file has no link to ${target}`, `英文文件没有链接到 ${target}`) }));
  const missing = en.links
    .filter(({ target }) => !here.has(samePlace(target)))
    .map(
      ({ line, target }): Fault => ({
        line: 1,
        said: say(
          `the link to ${target} (line ${line} of the English file) is missing here`,
          `缺少指向 ${target} 的链接（英文文件第 ${line} 行）`,
        ),
      }),
    );
  return [...extra, ...missing];
}

/** Lines of a Chinese text that are still English: six Latin words without any Chinese, or six in a row. Code and links don't count. */
export function untranslatedLines(zh: ScannedMarkdown): number[] {
  return zh.prose
    .filter(({ prose }) => {
      const words = prose.match(LATIN_WORD)?.length ?? 0;
      return (words >= SENTENCE_WORDS && !CJK.test(prose)) || LATIN_RUN.test(prose);
    })
    .map(({ line }) => line);
}

/** Faults of the Chinese file against the English one: headings, fences, links, and English left in the text. */
export function translationFaults(en: ScannedMarkdown, zh: ScannedMarkdown): Fault[] {
  return [...headingFaults(en.headings, zh.headings), ...fenceFaults(en.fences, zh.fences), ...linkFaults(en, zh)];
}
