import { maskText } from './mask.ts';
import type { LogMatch, LogSignature, LogState } from './snapshot.ts';

/** Longer lines are cut before they are looked at. */
const MAX_RAW_LINE = 16_384;
const MOST_NUMBERS = 50;

interface Found {
  count: number;
  line: string;
  span: { readonly start: number; readonly end: number };
  at: string | undefined;
  readonly numbers: Map<string, number[]>;
}

/** Looks for signatures in a log, a line at a time; of the lines it keeps the last one of each signature. */
export class LogMatcher {
  private readonly signatures: readonly LogSignature[];
  private readonly found = new Map<string, Found>();
  private lines = 0;

  constructor(signatures: readonly LogSignature[]) {
    this.signatures = signatures;
  }

  /** @param raw without its line break; with or without the time that `--timestamps` puts before it */
  line(raw: string): void {
    this.lines += 1;
    const cut = raw.length > MAX_RAW_LINE ? raw.slice(0, MAX_RAW_LINE) : raw;
    const prefix = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) /.exec(cut);
    const text = prefix ? cut.slice(prefix[0].length) : cut;
    for (const signature of this.signatures) {
      const { pattern } = signature;
      pattern.lastIndex = 0;
      const match = pattern.exec(text);
      if (match) this.note(signature.id, text, match, () => (prefix ? rfc3339(prefix[1] ?? '') : timeIn(text)));
    }
  }

  private note(id: string, text: string, match: RegExpExecArray, time: () => string | undefined): void {
    const span = { start: match.index, end: match.index + match[0].length };
    const known = this.found.get(id);
    const numbers = known?.numbers ?? new Map<string, number[]>();
    this.found.set(id, { count: (known?.count ?? 0) + 1, line: text, span, at: time() ?? known?.at, numbers });
    for (const [name, caught] of Object.entries(match.groups ?? {})) {
      const value = caught === undefined || caught === '' ? Number.NaN : Number(caught);
      if (!Number.isFinite(value)) continue;
      const all = numbers.get(name) ?? [];
      all.push(value);
      if (all.length > MOST_NUMBERS) all.shift();
      numbers.set(name, all);
    }
  }

  /** What was found so far, in the order of the signatures. Lines are masked here. */
  state(): Pick<LogState, 'lines' | 'matches'> {
    const matches = this.signatures.flatMap(({ id }): LogMatch[] => {
      const found = this.found.get(id);
      if (!found) return [];
      const { count, line, span, at, numbers } = found;
      return [
        {
          signature: id,
          count,
          line: maskText(line, span),
          ...(at === undefined ? {} : { at }),
          ...(numbers.size > 0 ? { numbers: Object.fromEntries(numbers) } : {}),
        },
      ];
    });
    return { lines: this.lines, matches };
  }
}

/** A whole log. */
export function matchLog(text: string, signatures: readonly LogSignature[]): Pick<LogState, 'lines' | 'matches'> {
  const matcher = new LogMatcher(signatures);
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    matcher.line(text.slice(from, text[to - 1] === '\r' && to > from ? to - 1 : to));
    from = to + 1;
  }
  return matcher.state();
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time that a line gives itself, RFC 3339. One without a zone is taken for UTC, as containers have it unless somebody sets TZ. */
export function timeIn(line: string): string | undefined {
  const head = line.slice(0, 400);
  const iso = /\b(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/.exec(head);
  if (iso) {
    const [, year = '', month = '', day = '', clock = '', fraction, zone = 'Z'] = iso;
    const offset = zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
    return rfc3339(`${year}-${month}-${day}T${clock}${fraction === undefined ? '' : `.${fraction.slice(0, 3)}`}${offset}`);
  }
  const access = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)\]/.exec(head);
  if (access) {
    const [, day = '', name = '', year = '', clock = '', hours = '', minutes = ''] = access;
    const month = String(MONTHS.indexOf(name) + 1).padStart(2, '0');
    return rfc3339(`${year}-${month}-${day}T${clock}${hours}:${minutes}`);
  }
  const epoch = /"(?:ts|time|timestamp)"\s?:\s?"?(\d{10})(?:\.\d{1,9}|\d{3})?\b/.exec(head);
  return epoch ? rfc3339(Number(epoch[1]) * 1000) : undefined;
}

function rfc3339(time: string | number): string | undefined {
  const milliseconds = typeof time === 'number' ? time : Date.parse(time);
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString().replace('.000Z', 'Z') : undefined;
}
