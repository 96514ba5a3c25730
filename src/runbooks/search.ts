import { headingKey } from './headings.ts';
import { scanMarkdown } from './markdown.ts';
import type { Language, Runbook } from './types.ts';
import { LANGUAGES } from './types.ts';

/** Why a runbook was found. `text` is the pattern, name or words that matched. */
export interface SearchReason {
  readonly kind: 'log' | 'metric' | 'alert' | 'rule' | 'id' | 'title' | 'symptoms' | 'body';
  readonly text: string;
}

export interface SearchHit {
  readonly id: string;
  /** Comparable within one search only; rounded to three decimals. */
  readonly score: number;
  readonly reasons: readonly SearchReason[];
}

type Field = 'title' | 'symptoms' | 'body';

interface Entry {
  readonly runbook: Runbook;
  readonly logs: readonly { pattern: string; parts: readonly string[] }[];
  /** Term to the number of times it stands in each field. */
  readonly terms: ReadonlyMap<string, Readonly<Record<Field, number>>>;
}

export interface RunbookIndex {
  readonly entries: readonly Entry[];
  /** In how many runbooks a term stands. */
  readonly spread: ReadonlyMap<string, number>;
}

/** An exact signal outweighs any heap of common words: a pasted log line names its incident. */
const LOG_SCORE = 100;
const NAME_SCORE = 60;
const FIELD_WEIGHT: Readonly<Record<Field, number>> = { title: 5, symptoms: 3, body: 1 };
/** Below this part of the best score a hit is noise. */
const NOISE = 0.1;
const STOP = new Set(
  'a an and are as at be been but by can do does for from get has have i if in is it its me my no not of on or our so that the their then there they this to up was we what when which while why will with you your'.split(
    ' ',
  ),
);
const CJK_RUN = /[\u3400-\u9fff\uf900-\ufaff]+/g;
const WORD = /[\p{L}\p{N}_]+(?:[./-][\p{L}\p{N}_]+)*/gu;
/** What differs in every log line: times, addresses, long ids. */
const NOISY_TEXT =
  /\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{12,}\b/gi;

const normalise = (text: string): string => text.toLowerCase().replace(/[’‘]/g, "'").replace(/[“”]/g, '"').replace(/\s+/g, ' ').trim();

/** Terms of a text: Latin words (whole, and the parts of dotted or hyphenated ones), Chinese bigrams. Order is kept, repetitions too. */
export function terms(text: string): string[] {
  const plain = normalise(text).replace(NOISY_TEXT, ' ');
  const found: string[] = [];
  for (const [run] of plain.matchAll(CJK_RUN)) {
    if (run.length === 1) found.push(run);
    for (let at = 0; at + 2 <= run.length; at++) found.push(run.slice(at, at + 2));
  }
  for (const [word] of plain.replace(CJK_RUN, ' ').matchAll(WORD)) {
    const pieces = word.split(/[./_-]/).filter((piece) => piece !== '');
    const all = pieces.length > 1 ? [word, ...pieces] : [word];
    for (const piece of all) if (piece.length > 1 && !STOP.has(piece) && !/^\d+$/.test(piece)) found.push(piece);
  }
  return found;
}

const literalParts = (pattern: string): string[] =>
  normalise(pattern)
    .split('*')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Whether the parts stand in the line one after the other. Linear, so a team's own patterns cannot hang a search. */
function standsIn(line: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = line.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return parts.length > 0;
}

function entryOf(runbook: Runbook): Entry {
  const counts = new Map<string, Record<Field, number>>();
  const count = (field: Field, text: string): void => {
    for (const term of terms(text)) {
      const fields = counts.get(term) ?? { title: 0, symptoms: 0, body: 0 };
      fields[field] += 1;
      counts.set(term, fields);
    }
  };
  for (const language of LANGUAGES) {
    count('title', runbook.title[language]);
    const body = runbook.body[language];
    for (const section of body?.sections ?? []) {
      const field: Field = headingKey(section.heading) === 'symptoms' ? 'symptoms' : 'body';
      if (section.key === 'references') continue;
      const { prose, fences } = scanMarkdown(section.markdown);
      count(field, prose.map(({ text }) => text).join('\n'));
      count('body', fences.map(({ text }) => text).join('\n'));
    }
  }
  count('title', `${runbook.id.replaceAll(/[/-]/g, ' ')} ${runbook.technologies.join(' ')}`);
  const { alerts, logs, metrics } = runbook.signals;
  count('symptoms', [...alerts, ...logs, ...metrics].join('\n'));
  return { runbook, logs: logs.map((pattern) => ({ pattern, parts: literalParts(pattern) })), terms: counts };
}

/** Builds the index over all runbooks, both languages. Cheap enough to build at start (tens of runbooks, a few milliseconds each). */
export function indexRunbooks(runbooks: readonly Runbook[]): RunbookIndex {
  const entries = runbooks.map(entryOf);
  const spread = new Map<string, number>();
  for (const entry of entries) for (const term of entry.terms.keys()) spread.set(term, (spread.get(term) ?? 0) + 1);
  return { entries, spread };
}

function signalReasons(
  entry: Entry,
  query: string,
  lines: readonly string[],
  words: ReadonlySet<string>,
): { score: number; reasons: SearchReason[] } {
  const { runbook } = entry;
  const reasons: SearchReason[] = [];
  let score = 0;
  const best = entry.logs
    .filter(({ parts }) => lines.some((line) => standsIn(line, parts)))
    .sort((a, b) => b.pattern.length - a.pattern.length);
  for (const { pattern } of best) reasons.push({ kind: 'log', text: pattern });
  // The longest pattern counts: a longer text in the line is the more particular one.
  if (best[0]) score += LOG_SCORE + best[0].pattern.length;
  const named = (kind: SearchReason['kind'], names: readonly string[]): void => {
    for (const name of names) {
      if (!words.has(normalise(name))) continue;
      reasons.push({ kind, text: name });
      score += NAME_SCORE;
    }
  };
  named('metric', runbook.signals.metrics);
  named('alert', runbook.signals.alerts);
  named('rule', runbook.rules);
  if (query === runbook.id || words.has(runbook.id)) {
    reasons.push({ kind: 'id', text: runbook.id });
    score += NAME_SCORE * 2;
  }
  return { score, reasons };
}

function wordReasons(entry: Entry, asked: readonly string[], index: RunbookIndex): { score: number; reasons: SearchReason[] } {
  const matched: Record<Field, string[]> = { title: [], symptoms: [], body: [] };
  let score = 0;
  for (const term of asked) {
    const fields = entry.terms.get(term);
    if (!fields) continue;
    const rarity = Math.log(1 + index.entries.length / (index.spread.get(term) ?? 1));
    for (const field of ['title', 'symptoms', 'body'] as const) {
      if (fields[field] === 0) continue;
      matched[field].push(term);
      // Repetition counts less and less, as in BM25 without length: runbooks are about as long as each other.
      score += (FIELD_WEIGHT[field] * rarity * fields[field]) / (fields[field] + 1.2);
    }
  }
  const found = (['title', 'symptoms', 'body'] as const).filter((field) => matched[field].length > 0);
  const covered = new Set(found.flatMap((field) => matched[field])).size;
  return {
    // A runbook that knows all the words of the question beats one that repeats a single one.
    score: asked.length === 0 ? 0 : score * (0.3 + 0.7 * (covered / asked.length)),
    reasons: found.map((field) => ({ kind: field, text: matched[field].slice(0, 6).join(' ') })),
  };
}

/**
 * Ranks runbooks for a question: a log line as it was pasted, a symptom in English or Chinese, an alert, metric, rule or runbook id.
 * Deterministic: the same runbooks and question give the same scores; equal scores are ordered by id. Empty when nothing matches.
 */
export function searchRunbooks(index: RunbookIndex, question: string, limit = 10): SearchHit[] {
  const query = normalise(question);
  const lines = question.split(/\r\n|\n|\r/).map(normalise);
  const words = new Set(query.split(/[\s"'`(){}[\],;=<>|]+/).map((word) => word.replace(/[.:?!]+$/, '')));
  const asked = [...new Set(terms(question))];
  const hits = index.entries
    .map((entry): SearchHit => {
      const signals = signalReasons(entry, query, lines, words);
      const text = wordReasons(entry, asked, index);
      return {
        id: entry.runbook.id,
        score: Math.round((signals.score + text.score) * 1000) / 1000,
        reasons: [...signals.reasons, ...text.reasons],
      };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  const best = hits[0]?.score ?? 0;
  return hits.filter(({ score }) => score >= best * NOISE).slice(0, limit);
}

/** The language a question is asked in: Chinese as soon as it holds a Chinese character. */
export function languageOf(question: string): Language {
  return /[\u3400-\u9fff]/.test(question) ? 'zh-cn' : 'en';
}
