import type { Fault } from './check-text.ts';
import { textFaults } from './check-text.ts';
import { translationFaults, untranslatedLines } from './check-translation.ts';
import type { Said } from './front-matter.ts';
import { frontMatterFaults, say } from './front-matter.ts';
import type { RunbookPair } from './load.ts';
import { pairFiles, parseFrontMatter, splitFrontMatter } from './load.ts';
import type { ScannedMarkdown } from './markdown.ts';
import { scanMarkdown } from './markdown.ts';
import type { Language, RunbookFiles, RunbookProblem } from './types.ts';

export interface CheckOptions {
  /** Language of the messages; English when left out. */
  readonly lang?: Language;
  /** Languages in which every runbook must be written. A team's own may be in one; those we ship are in both. */
  readonly languages?: readonly Language[];
  /** Rule and probe ids that exist. Left out, any id is believed. */
  readonly knownRules?: ReadonlySet<string>;
  readonly knownProbes?: ReadonlySet<string>;
}

interface ReadText {
  readonly file: string;
  readonly language: Language;
  readonly scan: ScannedMarkdown;
  readonly firstLine: number;
}

/** The 1-based line of a top-level key of front matter; the first line when it is not there. */
function lineOfKey(yaml: string, key: string): number {
  const index = yaml.split('\n').findIndex((line) => line.startsWith(`${key}:`));
  return index === -1 ? 1 : index + 2;
}

function frontMatterOf(
  pair: RunbookPair,
  main: string,
  yaml: string | undefined,
  options: CheckOptions,
): { faults: Fault[]; front: Readonly<Record<string, unknown>> } {
  if (yaml === undefined)
    return {
      faults: [
        {
          line: 1,
          said: say(
            'no front matter: a runbook starts with --- and keys such as id, title, severity (see runbooks/README.md)',
            '没有 front matter：runbook 以 --- 和 id、title、severity 等键开头（见 runbooks/README.md）',
          ),
        },
      ],
      front: {},
    };
  const parsed = parseFrontMatter(yaml);
  if (!parsed.ok)
    return {
      faults: [
        { line: parsed.line, said: say(`front matter does not parse: ${parsed.reason}`, `front matter 解析失败：${parsed.reason}`) },
      ],
      front: {},
    };
  const front = parsed.value;
  const faults: Fault[] = frontMatterFaults(front).map(({ key, said }) => ({ line: lineOfKey(yaml, key), said }));
  const { id } = front;
  const path = pair.base.slice(0, -'.md'.length);
  if (typeof id === 'string' && path !== id && !path.endsWith(`/${id}`))
    faults.push({
      line: lineOfKey(yaml, 'id'),
      said: say(`id "${id}" differs from the path of the file, ${main}`, `id "${id}" 与文件路径 ${main} 不一致`),
    });
  for (const [key, known] of [
    ['rules', options.knownRules],
    ['probes', options.knownProbes],
  ] as const) {
    const ids = front[key];
    if (!known || !Array.isArray(ids)) continue;
    for (const item of ids) {
      if (typeof item === 'string' && !known.has(item))
        faults.push({
          line: lineOfKey(yaml, key),
          said: say(
            `"${item}" is not the id of a ${key === 'rules' ? 'rule' : 'probe'}`,
            `"${item}" 不是已有的${key === 'rules' ? '规则' : '探测'} id`,
          ),
        });
    }
  }
  return { faults, front };
}

/** Relative links to Markdown files that were not handed in. Links that leave the set of given folders are not judged. */
function brokenLinks(text: ReadText, files: RunbookFiles): Fault[] {
  const folders = new Set([...files.keys()].map((path) => path.replace(/\/[^/]*$/, '')));
  return text.scan.links.flatMap(({ line, target }): Fault[] => {
    if (/^[a-z][a-z0-9+.-]*:|^#|^\//i.test(target)) return [];
    const parts = text.file.split('/').slice(0, -1);
    for (const part of target.replace(/[#?].*$/, '').split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '') parts.push(part);
    }
    const path = parts.join('/');
    if (!path.endsWith('.md') || files.has(path) || !folders.has(path.replace(/\/[^/]*$/, ''))) return [];
    return [{ line, said: say(`the link goes to ${path}, which does not exist`, `链接指向不存在的文件 ${path}`) }];
  });
}

/**
 * Judges runbook files: front matter, headings and their order, what every fence does and how it was checked, undo and expected output,
 * references, and that both languages say the same. Pure: takes contents, gives problems sorted by file and line.
 * README files are not runbooks.
 */
export function checkRunbooks(files: RunbookFiles, options: CheckOptions = {}): RunbookProblem[] {
  const lang = options.lang ?? 'en';
  const problems: RunbookProblem[] = [];
  const add = (file: string, faults: readonly Fault[]): void => {
    for (const { line, said, severity } of faults) problems.push({ file, line, message: said[lang], severity: severity ?? 'error' });
  };
  const idFiles = new Map<string, string>();
  for (const pair of pairFiles(files.keys())) {
    const main = pair.files.en ?? pair.files['zh-cn'] ?? pair.base;
    const { yaml } = splitFrontMatter(files.get(main) ?? '');
    const { faults, front } = frontMatterOf(pair, main, yaml, options);
    add(main, faults);
    const { id } = front;
    if (typeof id === 'string') {
      const other = idFiles.get(id);
      if (other !== undefined)
        add(main, [
          { line: lineOfKey(yaml ?? '', 'id'), said: say(`id "${id}" is already taken by ${other}`, `id "${id}" 已被 ${other} 使用`) },
        ]);
      else idFiles.set(id, main);
    }
    for (const language of options.languages ?? []) {
      if (pair.files[language] === undefined) add(main, [{ line: 1, said: missingLanguage(language) }]);
    }
    const titles =
      typeof front.title === 'object' && front.title !== null ? new Map(Object.entries(front.title)) : new Map<string, unknown>();
    const rules = Array.isArray(front.rules) ? front.rules.filter((rule) => typeof rule === 'string') : [];
    const texts: Partial<Record<Language, ReadText>> = {};
    for (const language of ['en', 'zh-cn'] as const) {
      const file = pair.files[language];
      if (file === undefined) continue;
      const cut = splitFrontMatter(files.get(file) ?? '');
      if (file !== main && cut.yaml !== undefined)
        add(file, [
          { line: 1, said: say(`front matter stands only in ${main}: remove it here`, `front matter 只写在 ${main} 中，请从这里删除`) },
        ]);
      const text: ReadText = { file, language, scan: scanMarkdown(cut.markdown, cut.firstLine), firstLine: cut.firstLine };
      texts[language] = text;
      const title = titles.get(language);
      add(file, textFaults(text.scan, language, typeof title === 'string' ? title : undefined, rules, cut.firstLine));
      add(file, brokenLinks(text, files));
    }
    const zh = texts['zh-cn'];
    if (texts.en && zh) add(zh.file, translationFaults(texts.en.scan, zh.scan));
    if (zh)
      add(
        zh.file,
        untranslatedLines(zh.scan).map((line) => ({
          line,
          said: say('an English sentence in a Chinese text: translate it', '中文页面里有英文句子，请翻译'),
        })),
      );
  }
  return problems.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}

function missingLanguage(language: Language): Said {
  return language === 'en'
    ? say('the English file is missing', '缺少英文文件')
    : say('the Chinese file (.zh-cn.md) is missing', '缺少中文文件（.zh-cn.md）');
}
