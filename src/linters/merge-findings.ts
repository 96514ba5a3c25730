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
  const runbooks = new Map(rules.map((rule) => [rule.id, rule.runbook]));
  const byPlace = new Map<string, { worst: Finding; units: Set<string> }>();
  for (const finding of findings) {
    const key = `${finding.rule}\u0000${finding.at.file.path}\u0000${finding.at.start}\u0000${finding.at.end}`;
    const known = byPlace.get(key);
    if (!known) byPlace.set(key, { worst: finding, units: new Set([finding.unit]) });
    else {
      known.units.add(finding.unit);
      if (compareSeverity(finding.severity, known.worst.severity) < 0) known.worst = finding;
    }
  }
  const merged = [...byPlace.values()].sort((a, b) => compare(a.worst, b.worst));
  const ordinals = new Map<string, number>();
  return merged.map(({ worst, units }) => {
    const base = identityOf(worst, parsed(worst.at.file.path));
    const ordinal = ordinals.get(base) ?? 0;
    ordinals.set(base, ordinal + 1);
    const sorted = [...units].sort();
    const fingerprint = fingerprintOf(`${base}\u0000${ordinal}`);
    return { ...worst, unit: sorted[0] ?? worst.unit, units: sorted, runbook: runbooks.get(worst.rule) ?? '', fingerprint };
  });
}

interface Identity {
  readonly parsed: ParsedFile | undefined;
  readonly identity: string;
}

const identities = new WeakMap<Finding, Identity>();

/** Rule, file, place and message: what the fingerprint is made of. Most findings are the same objects as last time. */
function identityOf(finding: Finding, parsed: ParsedFile | undefined): string {
  const known = identities.get(finding);
  if (known && known.parsed === parsed) return known.identity;
  const identity = [finding.rule, finding.at.file.path, pointerOf(parsed, finding.at), finding.messageId].join('\u0000');
  identities.set(finding, { parsed, identity });
  return identity;
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
