import { plainDocuments } from './plain.ts';

/** A file that kubectl wrote. Its text is read when it is wanted, so that never all of them are in memory. */
export interface SavedFile {
  /** With `/`, for messages; the last parts tell a dump's logs. */
  readonly path: string;
  readonly text: () => Promise<string>;
}

const START = /^==== START logs for container (\S+) of pod (\S+)\/(\S+) ====$/;
const END = /^==== END logs for container /;

/** The documents of a file: JSON, several JSON documents in a row with logs between (`kubectl cluster-info dump` to standard output), or YAML. */
export function documentsIn(text: string): readonly unknown[] | undefined {
  const body = text.replace(/^\uFEFF/, '');
  if (!/^\s*[{[]/.test(body)) return /^\s*$/.test(body) ? [] : plainDocuments(withoutLogs(body));
  try {
    return [JSON.parse(body) as unknown];
  } catch {
    return documentsInRow(body) ?? plainDocuments(body);
  }
}

/** `kubectl cluster-info dump -o yaml` writes the logs between the documents. */
function withoutLogs(text: string): string {
  if (!text.includes('==== START logs')) return text;
  let inLogs = false;
  const kept: string[] = [];
  for (const { line } of linesOf(text)) {
    if (START.test(line)) inLogs = true;
    else if (inLogs && END.test(line)) inLogs = false;
    else if (!inLogs) kept.push(line);
  }
  return kept.join('\n');
}

/** Each document starts and ends with a brace at the margin, as kubectl indents them. */
function documentsInRow(text: string): readonly unknown[] | undefined {
  const documents: unknown[] = [];
  let inLogs = false;
  let from: number | undefined;
  for (const { line, start, end } of linesOf(text)) {
    if (from === undefined && START.test(line)) inLogs = true;
    else if (inLogs && END.test(line)) inLogs = false;
    else if (!inLogs && from === undefined && line.startsWith('{')) from = start;
    if (from !== undefined && line.startsWith('}')) {
      try {
        documents.push(JSON.parse(text.slice(from, end)));
      } catch {
        return undefined;
      }
      from = undefined;
    }
  }
  return from === undefined && documents.length > 0 ? documents : undefined;
}

/** Pods whose logs a text holds, as `namespace/name`. */
export function podsWithLogs(text: string): string[] {
  const pods = new Set<string>();
  for (const match of text.matchAll(/^==== START logs for container \S+ of pod (\S+\/\S+) ====\r?$/gm)) pods.add(match[1] ?? '');
  return [...pods];
}

/**
 * Hands on the lines of one container's log, as `kubectl cluster-info dump` writes it.
 * @returns whether it was there; where kubectl could not read it, it wrote `Request log error: …` instead
 */
export function readLog(
  text: string,
  { namespace, pod, container }: { readonly namespace: string; readonly pod: string; readonly container: string },
  take: (line: string) => void,
): boolean {
  const head = `==== START logs for container ${container} of pod ${namespace}/${pod} ====`;
  let found = false;
  let inside = false;
  for (const { line } of linesOf(text)) {
    if (line === head) {
      found = true;
      inside = true;
    } else if (inside && END.test(line)) inside = false;
    else if (inside && line.startsWith('Request log error: ')) return false;
    else if (inside) take(line);
  }
  return found;
}

function* linesOf(text: string): Generator<{ readonly line: string; readonly start: number; readonly end: number }> {
  let start = 0;
  while (start < text.length) {
    const eol = text.indexOf('\n', start);
    const end = eol < 0 ? text.length : eol;
    yield { line: text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end), start, end };
    start = end + 1;
  }
}
