import type { CodeParser } from '../code/index.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Engine } from '../linters/engine.ts';
import type { Rule } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { scan } from '../workspace/scan.ts';
import { ALL_RULES, isJudged, newEngine } from '../service/engine-setup.ts';
import { bundledParser } from '../service/grammars.ts';
import { findRoot } from './paths.ts';
import { loadConfiguration } from './settings.ts';
import type { CommonOptions } from './options.ts';

/** A repository, its configuration and an engine that has all its files. */
export interface Project {
  readonly root: string;
  readonly configuration: Configuration;
  readonly language: Language;
  /** Of the configuration; the engine has the others. */
  readonly notices: readonly Notice[];
  /** Those that are not switched off. */
  readonly rules: readonly Rule[];
  readonly engine: Engine;
  readonly codeParser: CodeParser;
  /** Paths that the scan handed on, read or not. */
  readonly scanned: ReadonlySet<string>;
  /** Whether a rule ran over a file. */
  judged(rule: string, path: string): boolean;
}

/** Reads a repository. Throws `CannotWork` for a root or a configuration that is not right. */
export async function openProject(options: CommonOptions, workingFolder: string): Promise<Project> {
  const root = findRoot(options.root, workingFolder);
  const { configuration, language, notices } = loadConfiguration(options, root);
  const codeParser = bundledParser();
  const engine = newEngine(root, configuration, options.preview, codeParser);
  const scanned = new Set<string>();
  scan(
    root,
    {
      file: (file) => {
        scanned.add(file.path);
        engine.setFile(file.path, file);
      },
      notice: (notice) => {
        scanned.add(notice.file);
        engine.workspace.setNotice(notice.file, notice);
      },
    },
    { isIgnored: (path) => configuration.isIgnored(path) },
  );
  await engine.prepare();
  const judged = (id: string, path: string): boolean => isJudged(id, path, configuration, options.preview);
  const rules = ALL_RULES.filter((rule) => !configuration.isOffEverywhere(rule.id, rule.default, options.preview));
  return { root, configuration, language, notices, rules, engine, codeParser, scanned, judged };
}
