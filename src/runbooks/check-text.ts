import type { Said } from './front-matter.ts';
import { say } from './front-matter.ts';
import type { HeadingPair } from './headings.ts';
import { DETECT_HEADINGS, EXPECT, headingKey, SECTION_HEADINGS, UNDO } from './headings.ts';
import type { ScannedMarkdown } from './markdown.ts';
import type { Fence, Heading, Language } from './types.ts';

/** A problem before it is given a file and a language. */
export interface Fault {
  readonly line: number;
  readonly said: Said;
  readonly severity?: 'warning';
}

const CHECKED = /^(ran|source|docs|help): \S/;
/** `owner/repository:path@ref`, the way source is cited. */
const SOURCE_AT_REF = /[\w.-]+\/[\w.-]+:[^\s@]+@[\w./-]+/;
const CITATION = /https?:\/\/\S+|[\w.-]+\/[\w.-]+:[^\s@`]+@[\w./-]+|[\w.-]+\/[\w.-]+#\d+/;

/** Compares the headings that are there with those that must be: one fault for each missing, unknown or misplaced one. */
function headingFaults(
  found: readonly Heading[],
  wanted: readonly HeadingPair[],
  language: Language,
  mark: string,
  lineIfMissing: number,
): Fault[] {
  const faults: Fault[] = [];
  const titles = wanted.map(({ title }) => title[language]);
  const order = titles.join(' · ');
  for (const heading of found) {
    if (!titles.includes(heading.text))
      faults.push({
        line: heading.line,
        said: say(
          `"${mark} ${heading.text}" is not a heading of a runbook; the headings are, in this order: ${order}`,
          `"${mark} ${heading.text}" 不是 runbook 的标题；标题依次为：${order}`,
        ),
      });
  }
  const known = found.filter(({ text }) => titles.includes(text));
  for (const title of titles) {
    const times = known.filter(({ text }) => text === title);
    const second = times[1];
    if (times.length === 0)
      faults.push({
        line: lineIfMissing,
        said: say(`heading "${mark} ${title}" is missing; the order is: ${order}`, `缺少标题 "${mark} ${title}"；顺序为：${order}`),
      });
    else if (second)
      faults.push({ line: second.line, said: say(`heading "${mark} ${title}" stands twice`, `标题 "${mark} ${title}" 出现了两次`) });
  }
  const misplaced = known.find(
    (heading, index) => index > 0 && titles.indexOf(heading.text) < titles.indexOf(known[index - 1]?.text ?? ''),
  );
  if (misplaced)
    faults.push({
      line: misplaced.line,
      said: say(
        `heading "${mark} ${misplaced.text}" is out of order; the order is: ${order}`,
        `标题 "${mark} ${misplaced.text}" 顺序不对；顺序为：${order}`,
      ),
    });
  return faults;
}

function fenceFaults(fence: Fence): Fault[] {
  const { line } = fence;
  if (fence.risk === undefined)
    return [
      {
        line,
        said: say(
          'a fence needs a risk class after its language: read, change, output or config, then checked="…", for example ```sh read checked="ran: kubectl 1.31"',
          '代码块的语言之后要写风险级别：read、change、output 或 config，再写 checked="…"，例如 ```sh read checked="ran: kubectl 1.31"',
        ),
      },
    ];
  if (fence.checked === undefined || !CHECKED.test(fence.checked))
    return [
      {
        line,
        said: say(
          'say how this was checked: checked="ran: …", "source: owner/repository:path@tag", "docs: …" or "help: …"',
          '请写明如何核对过：checked="ran: …"、"source: owner/repository:path@tag"、"docs: …" 或 "help: …"',
        ),
      },
    ];
  if (fence.checked.startsWith('source: ') && !SOURCE_AT_REF.test(fence.checked))
    return [{ line, said: say('a source is cited as owner/repository:path@tag', '源码请写成 owner/repository:path@tag') }];
  if (fence.text.trim() === '') return [{ line, said: say('the fence is empty', '代码块是空的') }];
  return [];
}

/** Each part (H3) of *Mitigate now* that changes something says how to take it back. */
function undoFaults(scan: ScannedMarkdown, language: Language, from: number, to: number): Fault[] {
  const heads = scan.headings.filter(({ level, line }) => level === 3 && line > from && line < to);
  const starts = [from, ...heads.map(({ line }) => line)];
  return starts.flatMap((start, index): Fault[] => {
    const end = starts[index + 1] ?? to;
    const changes = scan.fences.find(({ risk, line }) => risk === 'change' && line > start && line < end);
    if (!changes || scan.prose.some(({ line, text }) => line > start && line < end && text.includes(UNDO[language]))) return [];
    return [
      {
        line: changes.line,
        said: say(
          `this part changes the system but has no "${UNDO.en}" line: say how to take it back`,
          `这一步会改动系统，却没有 "${UNDO['zh-cn']}" 一行：请写明如何撤销`,
        ),
      },
    ];
  });
}

/** Bullets of *References* without a URL, a `owner/repository#1` or a `owner/repository:path@tag`. */
function referenceFaults(scan: ScannedMarkdown, from: number, to: number): Fault[] {
  const bullets = scan.prose.filter(({ line, text }) => line > from && line < to && /^\s*[-*] /.test(text));
  if (bullets.length === 0)
    return [{ line: from, said: say('References is empty: list what the statements rest on', '参考资料为空：请列出结论的依据') }];
  return bullets
    .filter(({ text }) => !CITATION.test(text))
    .map(({ line }) => ({
      line,
      said: say(
        'a reference needs a URL, owner/repository#number or owner/repository:path@tag',
        '参考资料需要 URL、owner/repository#编号 或 owner/repository:path@tag',
      ),
    }));
}

/** Faults of one file in one language: headings, fences, undo, expected output, references. `firstLine` is where its Markdown starts. */
export function textFaults(
  scan: ScannedMarkdown,
  language: Language,
  title: string | undefined,
  rules: readonly string[],
  firstLine: number,
): Fault[] {
  const faults: Fault[] = [];
  const { headings } = scan;
  const [first] = headings;
  if (first?.level !== 1)
    faults.push({ line: firstLine, said: say('the text starts with "# " and the title', '正文应以 "# " 加标题开头') });
  else if (title !== undefined && first.text !== title)
    faults.push({
      line: first.line,
      said: say(
        `the H1 "${first.text}" differs from the title in the front matter, "${title}"`,
        `一级标题 "${first.text}" 与 front matter 中的标题 "${title}" 不一致`,
      ),
    });
  if (scan.openFence !== undefined) faults.push({ line: scan.openFence, said: say('this fence is never closed', '代码块没有结束') });

  const sections = headings.filter(({ level }) => level === 2);
  faults.push(...headingFaults(sections, SECTION_HEADINGS, language, '##', firstLine));
  const span = (key: string): { from: number; to: number } | undefined => {
    const index = sections.findIndex(({ text }) => headingKey(text) === key);
    const section = sections[index];
    return section && { from: section.line, to: sections[index + 1]?.line ?? Number.POSITIVE_INFINITY };
  };
  const inside = (line: number, part: { from: number; to: number } | undefined): boolean =>
    part !== undefined && line > part.from && line < part.to;

  const detect = span('detect');
  if (detect) {
    const parts = headings.filter(({ level, line }) => level === 3 && inside(line, detect));
    faults.push(...headingFaults(parts, DETECT_HEADINGS, language, '###', detect.from));
    const filesPart = parts.find(({ text }) => headingKey(text) === 'in-your-files');
    if (filesPart) {
      const end = parts.find(({ line }) => line > filesPart.line)?.line ?? detect.to;
      const told = [
        ...scan.prose.filter(({ line }) => line > filesPart.line && line < end),
        ...scan.fences.filter(({ line }) => line > filesPart.line && line < end),
      ];
      for (const rule of rules) {
        if (!told.some(({ text }) => text.includes(rule)))
          faults.push({
            line: filesPart.line,
            said: say(`rule \`${rule}\` of the front matter is not told here`, `front matter 中的规则 \`${rule}\` 没有在这里说明`),
          });
      }
    }
  }
  for (const fence of scan.fences) faults.push(...fenceFaults(fence));
  const mitigate = span('mitigate-now');
  if (mitigate) faults.push(...undoFaults(scan, language, mitigate.from, mitigate.to));
  const verify = span('verify');
  if (verify) {
    if (!scan.fences.some(({ risk, line }) => risk === 'read' && inside(line, verify)))
      faults.push({ line: verify.from, said: say('Verify needs a command of class read', '“验证”需要至少一条 read 级别的命令') });
    if (!scan.prose.some(({ text, line }) => inside(line, verify) && text.includes(EXPECT[language])))
      faults.push({
        line: verify.from,
        said: say(`Verify says what a good answer looks like, after "${EXPECT.en}"`, `“验证”要写明正常结果，以 "${EXPECT['zh-cn']}" 开头`),
      });
  }
  const references = span('references');
  if (references) faults.push(...referenceFaults(scan, references.from, references.to));
  return faults;
}
