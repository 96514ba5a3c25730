/** Reads a rule's page: its cases are the rule's tests. */

export interface Marker {
  readonly file: string;
  /** Zero-based line of the marked text, after the markers are taken out. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** A severity, or `related`. */
  readonly kind: string;
  readonly messageId: string;
  /** What the message is filled in with, as far as the case says. */
  readonly data: ReadonlyMap<string, string>;
}

/** The file after a fix. */
export interface Fixed {
  /** Id of the fix; `''` is the first fix of the first finding. */
  readonly fix: string;
  readonly file: string;
  readonly text: string;
  readonly safety: string | undefined;
  readonly titleId: string | undefined;
}

export interface PageCase {
  readonly title: string;
  /** Line of the heading in the page, one-based. */
  readonly pageLine: number;
  readonly preview: boolean;
  readonly files: ReadonlyMap<string, string>;
  readonly markers: readonly Marker[];
  readonly fixed: readonly Fixed[];
  /** Texts that findings offer to copy where there is no fix. */
  readonly snippets: readonly string[];
  readonly configuration: string | undefined;
}

export interface Page {
  readonly id: string;
  readonly cases: readonly PageCase[];
}

const FENCE = /^(`{3,})(\S*)(.*)$/;
const MARKER = /^(\s*)(\^+) (error|warning|information|hint|related) ([\w-]+)((?: \w+=\S+)*)\s*$/;

/**
 * The format, by example:
 *
 *     ### A title                         (add `{preview}` for cases that are off by default)
 *     ```yaml file=deploy.yaml            (files of the case; squiggle lines below the marked text)
 *           value: 512Mi
 *                  ^^^^^ error malformed         (and what fills the message in, where it is worth a check: `error malformed unit=Mi`; `tags=`, `fixes=none`, `snippet=none`, `related=none` too)
 *     ```
 *     ```yaml file=deploy.yaml fixed      (the file after the fix; `fixed=<fix id>` picks one; `safe`/`review` and `title=<id>` are checked)
 *     ```yaml snippet                     (what a finding without a fix offers to copy; all such texts of the case or none)
 *     ```yaml config                      (`.runbook-lens.yaml`)
 *     ```yaml file=kong.yaml times=1000   (each line with `{n}` stands there so many times, numbered; no squiggles behind it)
 */
export function readPage(text: string): Page {
  const lines = text.split('\n');
  const id = /^# (\S+)/.exec(lines.find((line) => line.startsWith('# ')) ?? '')?.[1] ?? '';
  const cases: PageCase[] = [];
  let open:
    | (PageCase & {
        files: Map<string, string>;
        markers: Marker[];
        fixed: Fixed[];
        snippets: string[];
      })
    | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const heading = /^### (.+)$/.exec(line);
    if (heading) {
      const title = heading[1] ?? '';
      open = {
        title,
        pageLine: at + 1,
        preview: title.includes('{preview}'),
        files: new Map(),
        markers: [],
        fixed: [],
        snippets: [],
        configuration: undefined,
      };
      cases.push(open);
      continue;
    }
    if (/^## /.test(line)) open = undefined;
    const fence = FENCE.exec(line);
    if (!fence) continue;
    const [, ticks = '', , info = ''] = fence;
    const body: string[] = [];
    for (at++; at < lines.length && lines[at] !== ticks; at++) body.push(lines[at] ?? '');
    if (!open) continue;
    const file = /(?:^|\s)file=(\S+)/.exec(info)?.[1];
    const fixed = /(?:^|\s)fixed(?:=(\S+))?(?:\s|$)/.exec(info);
    if (/(?:^|\s)config(?:\s|$)/.test(info)) Object.assign(open, { configuration: `${body.join('\n')}\n` });
    else if (/(?:^|\s)snippet(?:\s|$)/.test(info)) open.snippets.push(join(body));
    else if (file && fixed) {
      const safety = /(?:^|\s)(safe|review)(?:\s|$)/.exec(info)?.[1];
      open.fixed.push({ fix: fixed[1] ?? '', file, text: join(body), safety, titleId: /(?:^|\s)title=(\S+)/.exec(info)?.[1] });
    } else if (file) {
      const { kept, markers } = takeMarkers(file, body);
      const times = Number(/(?:^|\s)times=(\d+)/.exec(info)?.[1] ?? 1);
      open.files.set(file, join(times === 1 ? kept : repeated(kept, times)));
      open.markers.push(...markers);
    }
  }
  return { id, cases: cases.filter((item) => item.files.size > 0) };
}

function join(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function repeated(lines: readonly string[], times: number): string[] {
  return lines.flatMap((line) =>
    line.includes('{n}') ? Array.from({ length: times }, (_, at) => line.replaceAll('{n}', String(at + 1))) : [line],
  );
}

function takeMarkers(file: string, body: readonly string[]): { kept: string[]; markers: Marker[] } {
  const kept: string[] = [];
  const markers: Marker[] = [];
  for (const line of body) {
    const match = MARKER.exec(line);
    if (!match) {
      kept.push(line);
      continue;
    }
    const [, before = '', carets = '', kind = '', messageId = '', written = ''] = match;
    const data = new Map([...written.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
    markers.push({ file, line: kept.length - 1, start: before.length, end: before.length + carets.length, kind, messageId, data });
  }
  return { kept, markers };
}
