import { ObjectMemo, oncePer } from '../text/once.ts';
import type { ParsedFile } from '../workspace/parsed-file.ts';
import { fingerprintOf, pointerOf } from './fingerprint.ts';
import type { LintFinding } from './lint-result.ts';
import { compareSeverity, type Finding, type Rule } from './rule.ts';

/**
 * One finding per rule and anchor over all units, with the severity of the worst unit, sorted by file, range and rule.
 */
export function mergeFindings(
  findings: readonly Finding[],
  rules: readonly Rule[],
  parsed: (path: string) => ParsedFile | undefined,
): LintFinding[] {
  const runbooks = runbooksOf(rules);
  const byPlace = new Map<string, { worst: Finding; units: string[] }>();
  for (const finding of findings) {
    const key = placeOf(finding);
    const known = byPlace.get(key);
    if (!known) byPlace.set(key, { worst: finding, units: [finding.unit] });
    else {
      if (!known.units.includes(finding.unit)) known.units.push(finding.unit);
      if (compareSeverity(finding.severity, known.worst.severity) < 0) known.worst = finding;
    }
  }
  const merged = [...byPlace.values()].sort((a, b) => compare(a.worst, b.worst));
  const ordinals = new Map<string, number>();
  return merged.map(({ worst, units }) => {
    const { identity, fingerprint } = identityOf(worst, parsed(worst.at.file.path));
    const ordinal = ordinals.get(identity) ?? 0;
    ordinals.set(identity, ordinal + 1);
    if (units.length > 1) units.sort();
    return {
      ...worst,
      unit: units[0] ?? worst.unit,
      units,
      runbook: runbooks.get(worst.rule) ?? '',
      fingerprint: ordinal === 0 ? fingerprint : fingerprintOf(identity, ordinal),
    };
  });
}

const runbooksOf = oncePer((rules: readonly Rule[]) => new Map(rules.map((rule) => [rule.id, rule.runbook])));

const placeOf = oncePer(({ rule, at }: Finding): string => `${rule}\u0000${at.file.path}\u0000${at.start}\u0000${at.end}`);

interface Identity {
  readonly parsed: ParsedFile | undefined;
  readonly identity: string;
  /** Of the first finding with this identity. */
  readonly fingerprint: string;
}

const identities = new ObjectMemo<Finding, Identity>();

/** Rule, file, place and message: what the fingerprint is made of. Most findings are the same objects as last time. */
function identityOf(finding: Finding, parsed: ParsedFile | undefined): Identity {
  const known = identities.get(finding);
  if (known && known.parsed === parsed) return known;
  const identity = [finding.rule, finding.at.file.path, pointerOf(parsed, finding.at), finding.messageId].join('\u0000');
  const made = { parsed, identity, fingerprint: fingerprintOf(identity, 0) };
  identities.set(finding, made);
  return made;
}

function compare(a: Finding, b: Finding): number {
  return (
    order(a.at.file.path, b.at.file.path) ||
    a.at.start - b.at.start ||
    a.at.end - b.at.end ||
    order(a.rule, b.rule) ||
    order(a.messageId, b.messageId)
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
