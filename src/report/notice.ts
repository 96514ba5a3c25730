import type { Language } from '../runbooks/types.ts';

/** What the readers say of a file, in Chinese. They know no language, as an engine is asked by people of several. */
const CHINESE: readonly (readonly [RegExp, string])[] = [
  [/^the folder can't be read: no permission to read it$/, '没有权限读取该目录'],
  [/^the folder can't be read: (.+)$/, '无法读取该目录：$1'],
  [/^no permission to read it$/, '没有读取权限'],
  [/^it is not there any more$/, '文件已不存在'],
  [/^binary content$/, '内容是二进制'],
  [/^not UTF-8 text; save it as UTF-8$/, '不是 UTF-8 文本，请另存为 UTF-8'],
  [/^UTF-16 text that ends within a character$/, 'UTF-16 文本在字符中间截断'],
  [/^merge conflict markers; the file is left out until they are resolved$/, '含有合并冲突标记，解决之前略过该文件'],
  [/^([\d.]+ MiB); files over (\d+ MiB) are left out$/, '$1；超过 $2 的文件不予读取'],
  [
    /^([\d.]+ MiB); files over (\d+ MiB) are left out, but for the number of routes in it \((\d+)\)$/,
    '$1；超过 $2 的文件不予读取，仅统计其中的路由数（$3）',
  ],
  [/^no "version": it is no baseline$/, '没有 "version"：不是 baseline 文件'],
  [/^version (.+) is not known$/, '无法识别的版本 $1'],
  [/^an entry lacks its rule, file or fingerprint$/, '有条目缺少 rule、file 或 fingerprint'],
  [/^line (\d+): syntax error$/, '第 $1 行：语法错误'],
  [/^(?:line (\d+): )?aliases unfold to more than (\d+) nodes$/, '别名展开后超过 $2 个节点'],
  [/^line (\d+): nesting exceeded maxDepth \((\d+)\)$/, '第 $1 行：嵌套超过 $2 层'],
  [/^line (\d+): (.+)$/s, '第 $1 行：无法解析（$2）'],
  [/^(\d+) characters; source files over (\d+) are left out$/, '$1 个字符；超过 $2 个字符的源代码文件不予读取'],
];

/** A notice's message in a language. What a parser or the system said word for word stays as it is. */
export function noticeText(message: string, language: Language): string {
  if (language !== 'zh-cn') return message;
  const known = CHINESE.find(([pattern]) => pattern.test(message));
  return known ? message.replace(known[0], known[1]) : message;
}
