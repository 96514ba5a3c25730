import type { SourceFile } from '../text/source.ts';
import { itemsAt, scalarAt, textAt, type YamlScalar } from '../text/yaml.ts';
import { parseYaml } from '../text/yaml-parse.ts';
import type { LintFinding } from './lint-result.ts';
import { mergeFindings } from './merge-findings.ts';
import type { Finding, Rule } from './rule.ts';

/** Where findings that a team has decided to live with for now are kept, at the root. */
export const BASELINE_FILE = '.runbook-lens-baseline.json';

export interface BaselineEntry {
  readonly rule: string;
  readonly file: string;
  readonly fingerprint: string;
}

/** An entry with its place, so that one that matches nothing any more can be pointed at. */
export interface PlacedEntry extends BaselineEntry {
  readonly at: YamlScalar;
}

export type Baseline = { readonly ok: true; readonly entries: readonly PlacedEntry[] } | { readonly ok: false; readonly problem: string };

/** Says which entries of the baseline can go. Its findings come from `applyBaseline`. */
export const staleBaseline: Rule = {
  id: 'runbook-lens/stale-baseline',
  title: { en: 'A baseline entry that matches nothing any more', zh: '基线中已无对应发现的条目' },
  runbook: '',
  severity: 'hint',
  default: 'on',
  affects: BASELINE_FILE,
  fixable: 'no',
  sources: [],
  messages: {
    stale: {
      en: '{rule} in {file} is not found any more: write the baseline anew (runbook-lens baseline).',
      zh: '{file} 中已没有 {rule} 的这条发现：请重新生成基线（runbook-lens baseline）。',
    },
  },
  check() {},
};

/** Reads a baseline. The text is JSON, which YAML reads too, with places. */
export function readBaseline(file: SourceFile): Baseline {
  const parsed = parseYaml(file);
  if (!parsed.ok) return { ok: false, problem: parsed.problem.message };
  const root = parsed.roots[0];
  const version = textAt(root, 'version');
  if (version !== '1')
    return { ok: false, problem: version === undefined ? 'no "version": it is no baseline' : `version ${version} is not known` };
  const entries: PlacedEntry[] = [];
  for (const item of itemsAt(root, 'findings')) {
    const rule = textAt(item, 'rule');
    const path = textAt(item, 'file');
    const at = scalarAt(item, 'fingerprint');
    if (rule === undefined || path === undefined || !at) return { ok: false, problem: 'an entry lacks its rule, file or fingerprint' };
    entries.push({ rule, file: path, fingerprint: at.text, at });
  }
  return { ok: true, entries };
}

/** The text of a baseline: one line an entry, sorted, so that merges stay small. */
export function writeBaseline(entries: readonly BaselineEntry[]): string {
  const lines = entries
    .map(({ rule, file, fingerprint }) => JSON.stringify({ file, rule, fingerprint }))
    .sort()
    .filter((line, index, all) => line !== all[index - 1]);
  return lines.length === 0
    ? '{ "version": 1, "findings": [] }\n'
    : `{ "version": 1, "findings": [\n${lines.map((line) => `  ${line}`).join(',\n')}\n] }\n`;
}

export interface BaselineOutcome {
  readonly findings: readonly LintFinding[];
  /** How many findings the baseline took out. */
  readonly known: number;
}

/**
 * Takes out the findings that the baseline holds and adds a hint for each entry that matches nothing.
 * @param judged whether a rule ran over a file in this run: only then can its entry be called stale
 */
export function applyBaseline(
  findings: readonly LintFinding[],
  entries: readonly PlacedEntry[],
  judged: (rule: string, file: string) => boolean,
): BaselineOutcome {
  const fingerprints = new Set(entries.map((entry) => entry.fingerprint));
  const left = findings.filter((finding) => !fingerprints.has(finding.fingerprint));
  const present = new Set(findings.map((finding) => finding.fingerprint));
  const stale = entries
    .filter((entry) => !present.has(entry.fingerprint) && judged(entry.rule, entry.file))
    .map(
      (entry): Finding => ({
        rule: staleBaseline.id,
        severity: staleBaseline.severity,
        unit: '.',
        messageId: 'stale',
        data: { rule: entry.rule, file: entry.file },
        at: entry.at,
        tags: ['unnecessary'],
      }),
    );
  return { findings: [...left, ...mergeFindings(stale, [staleBaseline], () => undefined)], known: findings.length - left.length };
}

/**
 * The entries of a new baseline: today's findings in `inScope` files, and the old entries of all other files.
 */
export function updateBaseline(
  old: readonly BaselineEntry[],
  findings: readonly LintFinding[],
  inScope: (path: string) => boolean,
): BaselineEntry[] {
  const kept = old.filter((entry) => !inScope(entry.file));
  const today = findings
    .filter((finding) => inScope(finding.at.file.path) && !finding.rule.startsWith('runbook-lens/'))
    .map((finding) => ({ rule: finding.rule, file: finding.at.file.path, fingerprint: finding.fingerprint }));
  return [...kept, ...today];
}
