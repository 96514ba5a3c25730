import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Configuration, NO_SETTINGS, type Settings } from '../configuration/configuration.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import { nearest } from '../text/nearest.ts';
import type { ConfigurationProblem } from '../configuration/problem.ts';
import type { Rule } from '../linters/rule.ts';
import { messageText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';
import { ALL_RULES, CATALOGUE, readConfiguration as readSettingsFile } from '../service/engine-setup.ts';
import { rangeOf } from '../text/source.ts';
import { decodeText } from '../workspace/decode.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { CannotWork } from './cannot-work.ts';
import { environmentLanguage } from './language.ts';
import type { CommonOptions } from './options.ts';
import { findRoot } from './paths.ts';

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  readonly language: Language;
  readonly notices: readonly Notice[];
}

/**
 * The configuration of a run. Throws `CannotWork` when the file is not there or has errors, or when `--rule` names no rule.
 * The language is that of `--lang`, else of the configuration, else of the environment.
 */
export function loadConfiguration(options: CommonOptions, root: string): LoadedConfiguration {
  const found = readConfiguration(options, root);
  const language = options.lang ?? found?.settings.lang ?? environmentLanguage(process.env);
  const problems = found?.problems ?? [];
  const errors = problems.filter((problem) => problem.kind === 'error');
  if (errors.length > 0) {
    const lines = (wanted: Language): string => errors.map((problem) => problemLine(problem, wanted)).join('\n');
    throw new CannotWork({ en: '{lines}', zh: '{lines}' }, { lines: lines(language) });
  }
  const notices = problems.map((problem): Notice => {
    const line = rangeOf(problem.at).start.line + 1;
    return {
      kind: 'configuration',
      file: problem.at.file.path,
      message: messageText(
        { en: 'line {line}: {said}', zh: '第 {line} 行：{said}' },
        { line, said: messageText(problem.message, problem.data, language) },
        language,
      ),
    };
  });
  const misnamed = otherName(options, root);
  if (misnamed !== undefined) {
    const said = { en: 'not read: the configuration is {file}', zh: '未读取：配置文件名应为 {file}' };
    notices.push({ kind: 'configuration', file: misnamed, message: messageText(said, { file: CONFIGURATION_FILE }, language) });
  }
  for (const id of options.rule) checkRuleId(id);
  const only = options.rule.length > 0 ? new Set(options.rule) : undefined;
  return { configuration: new Configuration(found?.settings ?? NO_SETTINGS, only), language, notices };
}

function readConfiguration(
  options: CommonOptions,
  root: string,
): { settings: Settings; problems: readonly ConfigurationProblem[] } | undefined {
  if (options.config === false) return undefined;
  const path = options.config === undefined ? join(root, CONFIGURATION_FILE) : resolve(options.config);
  // A link to nowhere is somebody's configuration that is lost, not a repository without one.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    if (options.config === undefined) return undefined;
    throw new CannotWork({ en: '--config {path}: there is no such file', zh: '--config {path}：没有这个文件' }, { path: options.config });
  }
  const name = options.config ?? CONFIGURATION_FILE;
  const file = decodeFile(path, name);
  return readSettingsFile(file);
}

/** A file that somebody took for the configuration, where there is none by its right name. */
function otherName(options: CommonOptions, root: string): string | undefined {
  if (options.config !== undefined || existsSync(join(root, CONFIGURATION_FILE))) return undefined;
  return ['.runbook-lens.yml', '.runbook-lens.json', 'runbook-lens.yaml', 'runbook-lens.yml'].find((name) => existsSync(join(root, name)));
}

function decodeFile(path: string, name: string) {
  let reason: string;
  try {
    const decoded = decodeText(name, readFileSync(path));
    if ('text' in decoded) return decoded;
    reason = decoded.message;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new CannotWork({ en: '{name}: {reason}', zh: '{name}：{reason}' }, { name, reason });
}

function problemLine(problem: ConfigurationProblem, language: Language): string {
  const { start } = rangeOf(problem.at);
  const key = problem.key === '' ? '' : `${problem.key}: `;
  return `${problem.at.file.path}:${start.line + 1}:${start.character + 1}: ${key}${messageText(problem.message, problem.data, language)}`;
}

/** Throws `CannotWork`, with the nearest id, when a rule is not in this version. */
export function checkRuleId(id: string): Rule {
  const rule = ALL_RULES.find((candidate) => candidate.id === id);
  if (rule) return rule;
  if (CATALOGUE.has(id)) {
    throw new CannotWork({ en: 'rule {id} is planned but not in this version', zh: '规则 {id} 已列入计划，但本版本尚未包含' }, { id });
  }
  const near = nearest(
    id,
    ALL_RULES.map((candidate) => candidate.id),
  );
  if (near)
    throw new CannotWork({ en: 'unknown rule "{id}"; did you mean "{near}"?', zh: '未知的规则 "{id}"；是否想写 "{near}"？' }, { id, near });
  throw new CannotWork(
    {
      en: 'unknown rule "{id}"; "runbook-lens rules list" shows all',
      zh: '未知的规则 "{id}"；可用 "runbook-lens rules list" 查看全部规则',
    },
    { id },
  );
}

/**
 * The language of a command that needs no configuration otherwise: a broken one must not keep anybody from reading a runbook.
 * A file that was named with `--config` has to be right.
 */
export function languageFor(options: CommonOptions): Language {
  if (options.lang) return options.lang;
  try {
    return loadConfiguration({ ...options, rule: [] }, findRoot(options.root, process.cwd())).language;
  } catch (error) {
    if (!(error instanceof CannotWork) || options.config !== undefined || options.root !== undefined) throw error;
    return environmentLanguage(process.env);
  }
}
