import type { LintEngine, LintFinding, LintResult } from '../linters/lint-result.ts';
import { compareSeverity } from '../linters/rule.ts';
import { oncePer } from '../text/once.ts';
import type { Anchor } from '../text/source.ts';
import { lineEndAt, lineStartAt } from '../text/yaml-source.ts';
import { changedFiles } from './apply.ts';
import type { Fix, Snippet, TextEdit } from './change.ts';
import { type NewFile, planChanges } from './plan.ts';
import type { Refusal } from './refusals.ts';

/** A fix that was tried: after it the finding is gone and nothing new came. */
export interface PlannedFix {
  readonly fix: Fix;
  readonly edits: readonly TextEdit[];
  readonly creates: readonly NewFile[];
}

export interface RefusedFix {
  readonly fix: Fix;
  readonly reason: Refusal;
}

export type VerifiedFix = { readonly ok: true; readonly planned: PlannedFix } | { readonly ok: false; readonly refused: RefusedFix };

/** Plans a fix and has the engine judge the files as they would be. The engine stays as it is. */
export function verifyFix(engine: LintEngine, result: LintResult, finding: LintFinding, fix: Fix): VerifiedFix {
  const refuse = (id: Refusal['id'], detail: string): VerifiedFix => ({ ok: false, refused: { fix, reason: { id, detail } } });
  const plan = planChanges(fix.changes, engine);
  if (!plan.ok) return { ok: false, refused: { fix, reason: plan.reason } };
  if (plan.edits.length === 0 && plan.creates.length === 0) return refuse('nothing-to-do', finding.at.file.path);
  const changed = changedFiles(plan.edits, plan.creates, (path) => engine.file(path));
  if (!changed) return refuse('overlap', finding.at.file.path);
  const after = engine.lintWith(changed);

  const notices = noticesOf(result);
  const newNotice = after.notices.find((notice) => !notices.has(noticeKey(notice)));
  if (newNotice) return refuse('unparsable', newNotice.file);

  // In whichever of its units it is still there, it isn't healed; that it became milder is not enough.
  const left = after.findings.find((other) => isSame(other, finding) && !wasThereBeside(result, finding, other, after));
  if (left) return refuse('not-healed', left.units.join(', '));
  const newcomer = newFinding(result, after, finding, plan.edits);
  if (newcomer) return refuse('new-finding', newcomer.rule);
  return { ok: true, planned: { fix, edits: plan.edits, creates: plan.creates } };
}

/** By rule and place; the fingerprint names the place without offsets, so it holds across the edit. */
function isSame(a: LintFinding, b: LintFinding): boolean {
  return a.fingerprint === b.fingerprint;
}

/**
 * The ordinal in a fingerprint counts like findings of one place: when the first of two is healed, the second takes its
 * number. So a finding counts as healed when one fewer of its kind is left.
 */
function wasThereBeside(before: LintResult, finding: LintFinding, left: LintFinding, after: LintResult): boolean {
  const kin = (findings: readonly LintFinding[]): number => findings.filter((one) => isKin(one, finding)).length;
  return (
    left.fingerprint === finding.fingerprint &&
    kin(before.findings) > 1 &&
    kin(after.findings) < kin(before.findings) &&
    !sameToken(left, finding)
  );
}

function isKin(a: LintFinding, b: LintFinding): boolean {
  return a.rule === b.rule && a.messageId === b.messageId && a.at.file.path === b.at.file.path;
}

function sameToken(a: LintFinding, b: LintFinding): boolean {
  return a.at.start === b.at.start;
}

const noticesOf = oncePer((result: LintResult) => new Set(result.notices.map(noticeKey)));

function noticeKey(notice: { kind: string; file: string; message: string }): string {
  return `${notice.kind} ${notice.file} ${notice.message}`;
}

/**
 * A finding that was not there. One that the healed finding had masked (another rule's, in its place) doesn't count unless it is
 * more severe: then the fix would leave the unit worse off.
 */
function newFinding(before: LintResult, after: LintResult, healed: LintFinding, edits: readonly TextEdit[]): LintFinding | undefined {
  const { byFingerprint: known, counts: had } = kindsOf(before);
  const { counts: has } = kindsOf(after);
  for (const finding of after.findings) {
    const old = known.get(finding.fingerprint);
    if (old) {
      if (compareSeverity(finding.severity, old.severity) < 0 || finding.units.some((unit) => !old.units.includes(unit))) return finding;
      continue;
    }
    const key = kindOf(finding);
    // A moved node gives an old finding a new fingerprint; then there are no more of its kind than before.
    const healedOne =
      finding.rule === healed.rule && finding.messageId === healed.messageId && finding.at.file.path === healed.at.file.path ? 1 : 0;
    if ((has.get(key) ?? 0) <= (had.get(key) ?? 0) - healedOne) continue;
    if (finding.rule !== healed.rule && isMilderNow(before, after, finding, edits)) continue;
    if (isUnmasked(finding, healed, edits) && compareSeverity(finding.severity, healed.severity) >= 0) continue;
    return finding;
  }
  return undefined;
}

function kindOf(finding: LintFinding): string {
  return `${finding.rule}\u0000${finding.messageId}\u0000${finding.at.file.path}`;
}

/** Every fix is compared with the same result before it. */
const kindsOf = oncePer(({ findings }: LintResult) => {
  const counts = new Map<string, number>();
  for (const finding of findings) counts.set(kindOf(finding), (counts.get(kindOf(finding)) ?? 0) + 1);
  return { byFingerprint: new Map(findings.map((finding) => [finding.fingerprint, finding])), counts };
});

/** Another rule says of the same token, in other words, nothing worse than it said before. */
function isMilderNow(before: LintResult, after: LintResult, finding: LintFinding, edits: readonly TextEdit[]): boolean {
  return before.findings.some(
    (old) =>
      old.rule === finding.rule &&
      old.at.file.path === finding.at.file.path &&
      moved(old.at, old.at.start, edits, false) === finding.at.start &&
      compareSeverity(finding.severity, old.severity) >= 0 &&
      !after.findings.some((left) => left.fingerprint === old.fingerprint),
  );
}

/** Another rule's word on the same line as the healed one or its evidence, which was silent while that one spoke. */
function isUnmasked(finding: LintFinding, healed: LintFinding, edits: readonly TextEdit[]): boolean {
  if (finding.rule === healed.rule || !finding.units.every((unit) => healed.units.includes(unit))) return false;
  const places = [healed.at, ...(healed.related ?? []).map((related) => related.at)];
  const own = [finding.at, ...(finding.related ?? []).map((related) => related.at)];
  return own.some((at) =>
    places.some((place) => {
      if (place.file.path !== at.file.path) return false;
      const start = lineStartAt(at.file.text, moved(place, place.start, edits, false));
      const end = lineEndAt(at.file.text, moved(place, place.end, edits, true));
      return at.start <= end && at.end >= start;
    }),
  );
}

/** Where an offset stands after the edits; one inside an edit moves to an end of what was written there. */
function moved(place: Anchor, offset: number, edits: readonly TextEdit[], toEnd: boolean): number {
  let shift = 0;
  for (const edit of edits) {
    if (edit.file !== place.file.path || edit.start > offset || (edit.start === offset && !toEnd)) continue;
    if (edit.end > offset) return edit.start + shift + (toEnd ? edit.newText.length : 0);
    shift += edit.newText.length - (edit.end - edit.start);
  }
  return offset + shift;
}

export interface PlannedFixes {
  readonly fixes: readonly PlannedFix[];
  readonly refused: readonly RefusedFix[];
  /** What to paste by hand: the rule's own, offered when no fix holds. */
  readonly snippet: Snippet | undefined;
}

/** All fixes of a finding that hold, in the rule's order. @param max stops after so many */
export function planFixes(
  engine: LintEngine,
  result: LintResult,
  finding: LintFinding,
  candidates: readonly Fix[] = finding.fixes ?? [],
  max = Number.POSITIVE_INFINITY,
): PlannedFixes {
  const fixes: PlannedFix[] = [];
  const refused: RefusedFix[] = [];
  for (const fix of candidates) {
    if (fixes.length >= max) break;
    const verified = verifyFix(engine, result, finding, fix);
    if (verified.ok) fixes.push(verified.planned);
    else refused.push(verified.refused);
  }
  return { fixes, refused, snippet: fixes.length === 0 ? finding.snippet : undefined };
}
