import { isAbsolute } from 'node:path';
import catalogue from '../../data/rules-catalogue.json' with { type: 'json' };
import type { CodeParser } from '../code/index.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { type LoadedSettings, loadSettings } from '../configuration/load.ts';
import { staleBaseline } from '../linters/baseline.ts';
import { Engine } from '../linters/engine.ts';
import { RULES } from '../linters/registry.ts';
import type { Rule } from '../linters/rule.ts';
import { suppressWith, unusedSuppression } from '../linters/unused-suppression.ts';
import type { SourceFile } from '../text/source.ts';
import { CONFIGURABLE_PROBES } from './probe-options.ts';
import { readSource } from '../workspace/scan.ts';

/** The rules of the registry, and the two that watch over suppressions and the baseline. */
export const ALL_RULES: readonly Rule[] = [...RULES, unusedSuppression, staleBaseline];

export const RULES_BY_ID: ReadonlyMap<string, Rule> = new Map(ALL_RULES.map((rule) => [rule.id, rule]));

/** Ids of all rules, also of those that are not built yet. */
export const CATALOGUE: ReadonlySet<string> = new Set(catalogue);

/** Reads the text of a configuration file against the rules of this version. */
export function readConfiguration(file: SourceFile): LoadedSettings {
  return loadSettings(file, { rules: ALL_RULES, probes: CONFIGURABLE_PROBES, catalogue: CATALOGUE });
}

/** An engine without files, for this configuration. Without a parser no code is read. */
export function newEngine(root: string, configuration: Configuration, preview: boolean, codeParser?: CodeParser): Engine {
  return new Engine({
    rules: RULES.filter((rule) => !configuration.isOffEverywhere(rule.id, rule.default, preview)),
    configuration,
    preview,
    inputs: { readText: (path) => readText(root, path), ...(codeParser ? { codeParser } : {}) },
    suppress: suppressWith(ALL_RULES, configuration, preview),
  });
}

/** Whether a rule runs over a file. */
export function isJudged(rule: string, path: string, configuration: Configuration, preview: boolean): boolean {
  const known = RULES_BY_ID.get(rule);
  const level = configuration.severityOf(rule, path);
  if (!known || level === 'off') return false;
  return preview || level !== 'default' || known.default === 'on';
}

/** Never a file outside of the root, whatever a manifest says. */
function readText(root: string, path: string): string | undefined {
  if (isAbsolute(path) || path.split('/').includes('..')) return undefined;
  const source = readSource(root, path);
  if (!('text' in source)) return undefined;
  return source.bom ? `\ufeff${source.text}` : source.text;
}
