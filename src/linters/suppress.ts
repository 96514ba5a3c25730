import { oncePer } from '../text/once.ts';
import { annotationsOf, entryOf, type KubeObject } from '../model/kubernetes/objects.ts';
import { type Anchor, positionAt, type SourceFile, type Span } from '../text/source.ts';
import { offsetMap } from '../text/yaml.ts';
import { commentAt } from './comment-syntax.ts';

/** The annotation that does for a Kubernetes object what the comments do for a line, in files and in the cluster. */
export const IGNORE_ANNOTATION = 'runbook-lens.dev/ignore';

export interface SuppressedRule {
  readonly id: string;
  readonly at: Anchor;
}

/** What is not to be reported, and where that is said. */
export interface Suppression {
  /** The words of the directive, or the annotation's value. */
  readonly at: Anchor;
  readonly rules: readonly SuppressedRule[];
  /** Zero-based line, everything in the file, or everything in a span (an object). */
  readonly scope: { readonly line: number } | 'file' | Span;
  readonly reason?: string;
}

const DIRECTIVE = /runbook-lens-ignore(-next-line|-file)?(?![\w-])([^\r\n]*)/g;
const RULE_LIST = /^[ \t]+([A-Za-z0-9][\w./-]*(?:[ \t]*,[ \t]*[A-Za-z0-9][\w./-]*)*)/;
const REASON = /^[ \t]*--(?!>)[ \t]*(.*?)[ \t]*(?:\*\/(?:[ \t]*-?\}\})?|-->)?[ \t]*$/;

const NONE: readonly Suppression[] = [];

/**
 * The suppressions in a file's comments, in the file's own comment syntax. What stands in a string or in a YAML scalar is no comment.
 * Kept for as long as the file object lives.
 */
export const findSuppressions = oncePer((file: SourceFile): readonly Suppression[] =>
  file.text.includes('runbook-lens-ignore') ? read(file) : NONE,
);

function read(file: SourceFile): readonly Suppression[] {
  const found: { suppression: Suppression; nextLine: boolean; alone: boolean; line: number }[] = [];
  for (const match of file.text.matchAll(DIRECTIVE)) {
    const comment = commentAt(file, match.index);
    if (!comment) continue;
    const [directive, form = '', tail = ''] = match;
    const list = RULE_LIST.exec(tail);
    const tailStart = match.index + directive.length - tail.length;
    const rules = list ? ruleNames(file, list[1] ?? '', tailStart + list[0].length - (list[1] ?? '').length) : [];
    const end = list ? tailStart + list[0].length : tailStart;
    const reason = REASON.exec(list ? tail.slice(list[0].length) : tail)?.[1];
    const { line } = positionAt(file, match.index);
    const suppression: Suppression = {
      at: { file, start: match.index, end },
      rules,
      scope: form === '-file' ? 'file' : { line },
      ...(reason ? { reason } : {}),
    };
    found.push({ suppression, nextLine: form === '-next-line', alone: comment.alone, line });
  }
  const stacked = new Set(found.filter((item) => item.nextLine && item.alone).map((item) => item.line));
  return found.map(({ suppression, nextLine, line }) => {
    if (!nextLine) return suppression;
    // Several such comments on top of each other all mean the line below the last one.
    let target = line + 1;
    while (stacked.has(target)) target++;
    return { ...suppression, scope: { line: target } };
  });
}

function ruleNames(file: SourceFile, list: string, start: number): SuppressedRule[] {
  return [...list.matchAll(/[^\s,]+/g)].map((match) => {
    const at = start + match.index;
    return { id: match[0], at: { file, start: at, end: at + match[0].length } };
  });
}

/** The suppressions that Kubernetes objects carry as an annotation: they hold for all that is written in the object. */
export function objectSuppressions(objects: readonly KubeObject[]): Suppression[] {
  return objects.flatMap((object) => {
    const value = entryOf(annotationsOf(object), IGNORE_ANNOTATION);
    if (!value || value.unknown) return [];
    const at: Anchor = { file: value.file, start: value.start, end: value.end };
    const place = offsetMap(value);
    const rules = [...value.text.matchAll(/[^\s,]+/g)].map((match): SuppressedRule => {
      const id = match[0];
      return { id, at: place ? { file: value.file, start: place(match.index), end: place(match.index + id.length - 1) + 1 } : at };
    });
    return [{ at, rules, scope: { start: object.root.start, end: object.root.end } }];
  });
}

/** A rule that a suppression names but that it kept nothing of; `undefined`: the suppression names no rule at all. */
export interface UnusedSuppression {
  readonly suppression: Suppression;
  readonly rule: SuppressedRule | undefined;
}

export interface Suppressed<F> {
  readonly kept: F[];
  readonly suppressed: F[];
  readonly unused: UnusedSuppression[];
}

/**
 * Takes suppressed findings out.
 * @param findings anything with a rule and a place
 * @param suppressions of all files that were looked at
 */
export function applySuppressions<F extends { readonly rule: string; readonly at: Anchor }>(
  findings: readonly F[],
  suppressions: readonly Suppression[],
): Suppressed<F> {
  const byFile = new Map<string, Suppression[]>();
  for (const suppression of suppressions) {
    const { path } = suppression.at.file;
    const list = byFile.get(path);
    if (list) list.push(suppression);
    else byFile.set(path, [suppression]);
  }
  const kept: F[] = [];
  const suppressed: F[] = [];
  const used = new Set<SuppressedRule>();
  for (const finding of findings) {
    let hit = false;
    for (const suppression of byFile.get(finding.at.file.path) ?? NONE) {
      for (const rule of suppression.rules) {
        if (rule.id !== finding.rule || !covers(suppression, finding.at)) continue;
        hit = true;
        used.add(rule);
      }
    }
    (hit ? suppressed : kept).push(finding);
  }
  const unused = suppressions.flatMap((suppression): UnusedSuppression[] => {
    if (suppression.rules.length === 0) return [{ suppression, rule: undefined }];
    return suppression.rules.filter((rule) => !used.has(rule)).map((rule) => ({ suppression, rule }));
  });
  return { kept, suppressed, unused };
}

function covers({ scope }: Suppression, at: Anchor): boolean {
  if (scope === 'file') return true;
  if ('line' in scope) return lineOf(at) === scope.line;
  return scope.start <= at.start && at.end <= scope.end;
}

function lineOf(at: Anchor): number {
  return positionAt(at.file, at.start).line;
}
