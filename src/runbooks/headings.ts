import type { Language } from './types.ts';

export interface HeadingPair {
  /** Stable key and anchor: the English heading's slug. */
  readonly key: string;
  readonly title: Readonly<Record<Language, string>>;
}

const pair = (key: string, en: string, zh: string): HeadingPair => ({ key, title: { en, 'zh-cn': zh } });

/** The H2 headings of a runbook, all required, in this order: relief comes before theory can tire anybody, look-alikes before the reader gives up. */
export const SECTION_HEADINGS: readonly HeadingPair[] = [
  pair('symptoms', 'Symptoms', '症状'),
  pair('impact', 'Impact', '影响'),
  pair('why-it-happens', 'Why it happens', '为什么会发生'),
  pair('detect', 'Detect', '定位'),
  pair('mitigate-now', 'Mitigate now', '立即止血'),
  pair('fix', 'Fix', '根治'),
  pair('verify', 'Verify', '验证'),
  pair('prevent', 'Prevent', '预防'),
  pair('when-this-is-not-it', 'When this is not it', '什么时候不是它'),
  pair('references', 'References', '参考资料'),
];

/** The H3 headings of *Detect*, all required, in this order. */
export const DETECT_HEADINGS: readonly HeadingPair[] = [
  pair('in-your-files', 'In your files', '在文件中'),
  pair('in-the-cluster', 'In the cluster', '在集群中'),
  pair('by-hand', 'By hand', '手工检查'),
];

/** The word before the way back, required in each part of *Mitigate now* that changes something. */
export const UNDO: Readonly<Record<Language, string>> = { en: '**Undo:**', 'zh-cn': '**撤销：**' };

/** The word before what a good answer looks like, required in *Verify*. */
export const EXPECT: Readonly<Record<Language, string>> = { en: '**You should see:**', 'zh-cn': '**应当看到：**' };

/** The key of a heading's text in either language, or undefined for a heading that is none of ours. */
export function headingKey(text: string): string | undefined {
  return [...SECTION_HEADINGS, ...DETECT_HEADINGS].find(({ title }) => title.en === text || title['zh-cn'] === text)?.key;
}
