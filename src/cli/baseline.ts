import { join } from 'node:path';
import { BASELINE_FILE, updateBaseline, writeBaseline } from '../linters/baseline.ts';
import { messageText } from '../report/message.ts';
import { loadBaseline } from './baseline-file.ts';
import type { CommonOptions } from './options.ts';
import { emit, note, writeWhole } from './output.ts';
import { Focus, pathInRoot } from './paths.ts';
import { openProject } from './project.ts';

/** `baseline`: writes today's findings; with paths, only the entries of those paths are replaced. */
export async function baseline(paths: readonly string[], options: CommonOptions): Promise<number> {
  const project = await openProject(options, process.cwd());
  const focus = new Focus(paths.map((path) => pathInRoot(path, project.root, process.cwd())));
  const { findings } = project.engine.lint();
  const old = loadBaseline(project.root) ?? [];
  const entries = updateBaseline(old, findings, (path) => focus.has(path));
  const text = writeBaseline(entries);
  if (options.output === undefined) writeWhole(join(project.root, BASELINE_FILE), text);
  else emit(text, options.output);
  if (!options.quiet) {
    const said = { en: 'findings in {file}: {count}', zh: '{file} 中的发现：{count} 条' };
    note(messageText(said, { file: options.output ?? BASELINE_FILE, count: entries.length }, project.language));
  }
  return 0;
}
