import type { Message } from '../linters/rule.ts';
import type { SourceFile } from '../text/source.ts';
import { isVendoredPath } from '../text/vendored.ts';

/** Why no edit is offered. `{detail}` is the file, key or text it is about. */
export const REFUSALS = {
  derived: {
    en: '`{detail}` is put together from several places, so there is no one line to edit.',
    zh: '`{detail}` 由多处内容合并而来，没有唯一可修改的位置。',
  },
  templated: {
    en: '`{detail}` is filled in by a template; the value has to be changed where the template takes it from.',
    zh: '`{detail}` 由模板渲染生成，需要到模板取值的地方修改。',
  },
  generated: {
    en: '`{detail}` is generated: the next run of the generator would undo the edit.',
    zh: '`{detail}` 是自动生成的文件，下次生成时改动会被覆盖。',
  },
  vendored: {
    en: '`{detail}` is a copy of somebody else’s files: the next update would undo the edit.',
    zh: '`{detail}` 是引入的第三方文件，下次更新时改动会被覆盖。',
  },
  locked: {
    en: '`{detail}` is a lock file with hashes; let the package manager rewrite it.',
    zh: '`{detail}` 是带哈希校验的锁文件，请通过包管理器更新。',
  },
  utf16: {
    en: '`{detail}` is UTF-16; save it as UTF-8, then it can be fixed.',
    zh: '`{detail}` 的编码是 UTF-16，请先另存为 UTF-8 再修复。',
  },
  shared: {
    en: '`{detail}` comes through a YAML anchor or merge key, so an edit would change other places too.',
    zh: '`{detail}` 通过 YAML 锚点或合并键引入，修改会影响到其他位置。',
  },
  overlap: {
    en: 'Two steps of the fix would edit the same text (`{detail}`).',
    zh: '该修复的两个步骤会改动同一处文本（`{detail}`）。',
  },
  stale: {
    en: '`{detail}` has changed since it was checked.',
    zh: '`{detail}` 在检查之后已被修改。',
  },
  unsupported: {
    en: 'The text around `{detail}` is written in a way that leaves no clear edit.',
    zh: '`{detail}` 附近的写法比较特殊，无法确定如何安全地修改。',
  },
  missing: { en: '`{detail}` is not there any more.', zh: '`{detail}` 已不存在。' },
  exists: { en: '`{detail}` is already there.', zh: '`{detail}` 已经存在。' },
  unparsable: {
    en: 'After the edit `{detail}` could not be read.',
    zh: '修改后 `{detail}` 将无法解析。',
  },
  'not-healed': {
    en: 'The edit would not remove the finding in `{detail}`.',
    zh: '该修改无法消除 `{detail}` 中的问题。',
  },
  'new-finding': {
    en: 'The edit would cause another finding: {detail}.',
    zh: '该修改会引入新的问题：{detail}。',
  },
  'nothing-to-do': { en: 'There is nothing to edit.', zh: '没有需要修改的内容。' },
} as const satisfies Readonly<Record<string, Message>>;

export type RefusalId = keyof typeof REFUSALS;

export interface Refusal {
  readonly id: RefusalId;
  readonly detail: string;
}

const LOCK_FILES =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Pipfile\.lock|Cargo\.lock|go\.sum|gradle\.lockfile|Chart\.lock|requirements\.lock)$/;

/** Why a file is nobody's to edit by hand, if it is. */
export function protectedFile(file: SourceFile): Refusal | undefined {
  const { path } = file;
  if (file.utf16) return { id: 'utf16', detail: path };
  if (LOCK_FILES.test(path)) return { id: 'locked', detail: path };
  if (/(?:^|\/)requirements[^/]*\.txt$/.test(path) && /--hash=/.test(file.text)) return { id: 'locked', detail: path };
  // A chart's own `charts/` folder holds its dependencies as they were downloaded.
  if (isVendoredPath(path) || /(?:^|\/)charts\/[^/]+\/charts\//.test(path) || path.endsWith('.tgz')) {
    return { id: 'vendored', detail: path };
  }
  const head = file.text
    .slice(0, 2000)
    .split(/\r?\n/, 12)
    .filter((line) => /^\s*(?:#|\/\/|\/\*|\*|--|;|<!--|\{\{-?\s*\/\*)/.test(line));
  // Go's convention (golang.org/s/generatedcode) and the words that most generators use.
  if (head.some((line) => /\bDO NOT EDIT\b|\bCode generated\b|@generated\b|\bautomatically generated\b.*\bdo not\b/i.test(line))) {
    return { id: 'generated', detail: path };
  }
  return undefined;
}
