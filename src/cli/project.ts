import { isAbsolute } from 'node:path';
import type { CodeParser } from '../code/index.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { Engine } from '../linters/engine.ts';
import { RULES } from '../linters/registry.ts';
import type { Rule } from '../linters/rule.ts';
import { suppressWith } from '../linters/unused-suppression.ts';
import type { Language } from '../runbooks/types.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { readSource, scan } from '../workspace/scan.ts';
import { bundledParser } from './grammars.ts';
import { findRoot } from './paths.ts';
import { ALL_RULES, loadConfiguration } from './settings.ts';
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
  const byId = new Map(ALL_RULES.map((rule) => [rule.id, rule]));
  const judged = (id: string, path: string): boolean => {
    const rule = byId.get(id);
    const level = configuration.severityOf(id, path);
    if (!rule || level === 'off') return false;
    return options.preview || level !== 'default' || rule.default === 'on';
  };
  const rules = ALL_RULES.filter((rule) => !configuration.isOffEverywhere(rule.id, rule.default, options.preview));
  return { root, configuration, language, notices, rules, engine, codeParser, scanned, judged };
}

/** An engine without files, for this configuration. */
export function newEngine(root: string, configuration: Configuration, preview: boolean, codeParser: CodeParser): Engine {
  return new Engine({
    rules: RULES.filter((rule) => !configuration.isOffEverywhere(rule.id, rule.default, preview)),
    configuration,
    preview,
    inputs: { readText: (path) => readText(root, path), codeParser },
    suppress: suppressWith(ALL_RULES, configuration, preview),
  });
}

/** Never a file outside of the root, whatever a manifest says. */
function readText(root: string, path: string): string | undefined {
  if (isAbsolute(path) || path.split('/').includes('..')) return undefined;
  const source = readSource(root, path);
  if (!source || !('text' in source)) return undefined;
  return source.bom ? `\ufeff${source.text}` : source.text;
}
