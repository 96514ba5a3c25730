import type { Engine } from '../linters/engine.ts';
import type { LintResult } from '../linters/lint-result.ts';
import { noticeText } from '../report/notice.ts';
import type { Language } from '../runbooks/types.ts';
import { componentNotices } from '../workspace/components.ts';
import type { Notice } from '../workspace/parsed-file.ts';

/**
 * What could not be read, by file, in a language: what the result says, and what came up when rules asked for build files and code.
 * @param more notices of the caller's own
 */
export function readerNotices(engine: Engine, result: LintResult, language: Language, more: readonly Notice[] = []): Notice[] {
  const all = [...result.notices, ...componentNotices(engine.repository().components), ...more];
  return all
    .map((notice) => ({ ...notice, message: noticeText(notice.message, language) }))
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}
