import { referenceKey } from '../snapshot/reference.ts';
import type { ContainerState, PodState, Snapshot, UsageSample } from '../snapshot/snapshot.ts';
import type { Message } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { DiagnosisReport, SubjectReport } from './diagnosis-report.ts';
import { ageText, objectText } from './diagnosis-words.ts';
import { messageText } from './message.ts';

/**
 * Pictures of the incident report as inline SVG: memory against limits, restarts over time, load per pod. Pure text. Every number stands beside its
 * bar, so that no colour carries meaning alone; classes get the theme's colours from a style sheet, and without one all is `currentColor`.
 */

const WORDS = {
  memory: { en: 'Memory of {subject} against its limits', zh: '{subject} 的内存用量与限制' },
  memoryRow: { en: '{pod}: {used} MiB of {limit} MiB ({percent} %)', zh: '{pod}：{used} MiB / {limit} MiB（{percent} %）' },
  memoryNoLimit: { en: '{pod}: {used} MiB, no limit', zh: '{pod}：{used} MiB，无限制' },
  noLimit: { en: 'no limit', zh: '无限制' },
  restarts: { en: 'Restarts of {subject} in the last {hours} h', zh: '{subject} 最近 {hours} 小时的重启' },
  restartsRow: { en: '{pod}: {count} restarts; the last: {reason}, {age}', zh: '{pod}：重启 {count} 次；最近一次：{reason}，{age}' },
  hoursAgo: { en: '{hours} h ago', zh: '{hours} 小时前' },
  now: { en: 'now', zh: '现在' },
  load: { en: 'CPU of the pods behind {subject}', zh: '{subject} 后端各 Pod 的 CPU' },
  loadRow: {
    en: '{pod}: {mean} m on average of {samples} samples ({least} to {most} m)',
    zh: '{pod}：{samples} 次采样平均 {mean} m（{least} 至 {most} m）',
  },
  more: { en: '… and {count} more', zh: '……另有 {count} 个' },
} as const satisfies Record<string, Message>;

export interface MemoryRow {
  /** `pod` or `pod/container`. */
  readonly label: string;
  readonly usedMiB: number;
  readonly limitMiB: number | undefined;
}

export interface RestartRow {
  readonly label: string;
  readonly restarts: number;
  readonly reason: string;
  /** RFC 3339, of the last end. */
  readonly at: string;
}

export interface LoadRow {
  readonly label: string;
  /** Oldest first. */
  readonly millicores: readonly number[];
}

const WIDTH = 680;
const BAR_END = 520;
const ROW = 24;
/** Below the title. */
const TOP = 28;
/** Rows that a picture holds; the worst come first. */
const MAX_ROWS = 12;
const MAX_LABEL = 34;
/** Of 12-pixel letters, generously. */
const LETTER = 7.2;
/** From here on a bar is marked. */
const FULL_PERCENT = 90;

/** A bar for each container, as long as its working set, and a line where its limit is. */
export function memoryPicture(subject: string, rows: readonly MemoryRow[], language: Language): string {
  const shown = [...rows].sort((a, b) => percentOf(b) - percentOf(a) || (a.label < b.label ? -1 : 1)).slice(0, MAX_ROWS);
  const most = Math.max(1, ...shown.map(({ usedMiB, limitMiB }) => Math.max(usedMiB, limitMiB ?? 0)));
  const left = leftOf(shown);
  const x = (mebibytes: number): number => round(left + (mebibytes / most) * (BAR_END - left));
  const lines = shown.map((row) => {
    const { label, usedMiB, limitMiB } = row;
    const data = { pod: label, used: Math.round(usedMiB), limit: Math.round(limitMiB ?? 0), percent: Math.round(percentOf(row)) };
    return say(limitMiB === undefined ? 'memoryNoLimit' : 'memoryRow', language, data);
  });
  const bars = shown.map((row, index) => {
    const { label, usedMiB, limitMiB } = row;
    const y = TOP + index * ROW;
    const percent = Math.round(percentOf(row));
    const full = percent >= FULL_PERCENT;
    const used = Math.round(usedMiB);
    const at = x(limitMiB ?? 0);
    const mark =
      limitMiB === undefined
        ? ''
        : `<line class="limit" x1="${at}" y1="${y - 1}" x2="${at}" y2="${y + 17}" stroke="currentColor" stroke-width="2"/>`;
    const said =
      limitMiB === undefined ? `${used} MiB, ${say('noLimit', language)}` : `${used} / ${Math.round(limitMiB)} MiB, ${percent} %`;
    return group(lines[index], labelText(label, left, y), bar(left, y, x(usedMiB) - left, full), mark, valueText(said, y, full));
  });
  return picture('memory', say('memory', language, { subject }), lines, bars, rows.length - shown.length, language);
}

/** When containers ended, on a line of the last hours. The last end of each is known, and how many there were. */
export function restartsPicture(subject: string, rows: readonly RestartRow[], takenAt: string, language: Language): string {
  const now = Date.parse(takenAt);
  const shown = [...rows].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.label < b.label ? -1 : 1)).slice(0, MAX_ROWS);
  const oldestHours = Math.max(1, ...shown.map(({ at }) => (now - Date.parse(at)) / HOUR_MS));
  const hours = SPANS_HOURS.find((span) => oldestHours <= span) ?? Math.ceil(oldestHours / 24) * 24;
  const left = leftOf(shown);
  const x = (at: string): number => round(BAR_END - Math.max(0, (now - Date.parse(at)) / (hours * HOUR_MS)) * (BAR_END - left));
  const lines = shown.map(({ label, restarts, reason, at }) =>
    say('restartsRow', language, { pod: label, count: restarts, reason, age: ageText(at, takenAt, language) }),
  );
  const marks = shown.map(({ label, restarts, reason, at }, index) => {
    const y = TOP + index * ROW;
    const axis = `<line class="axis" x1="${left}" y1="${y + 8}" x2="${BAR_END}" y2="${y + 8}" stroke="currentColor" stroke-opacity="0.35"/>`;
    const mark = `<circle class="end${reason === 'OOMKilled' ? ' full' : ''}" cx="${x(at)}" cy="${y + 8}" r="5" fill="currentColor"/>`;
    return group(lines[index], labelText(label, left, y), axis, mark, valueText(`× ${restarts} ${reason}`, y, reason === 'OOMKilled'));
  });
  const y = TOP + shown.length * ROW + 12;
  marks.push(
    `<text class="axis-label" x="${left}" y="${y}" font-size="11" fill="currentColor">${escapeXml(say('hoursAgo', language, { hours }))}</text>` +
      `<text class="axis-label" x="${BAR_END}" y="${y}" font-size="11" text-anchor="end" fill="currentColor">${escapeXml(say('now', language))}</text>`,
  );
  return picture('restarts', say('restarts', language, { subject, hours }), lines, marks, rows.length - shown.length, language, 20);
}

/** A bar for each pod: its mean CPU over the samples, with a line from the least to the most. */
export function loadPicture(subject: string, rows: readonly LoadRow[], language: Language): string {
  const means = rows.map((row) => ({ ...row, mean: mean(row.millicores) }));
  const shown = means.sort((a, b) => b.mean - a.mean || (a.label < b.label ? -1 : 1)).slice(0, MAX_ROWS);
  const most = Math.max(1, ...shown.flatMap(({ millicores }) => millicores));
  const left = leftOf(shown);
  const x = (millicores: number): number => round(left + (millicores / most) * (BAR_END - left));
  const lines = shown.map(({ label, millicores, mean: average }) =>
    say('loadRow', language, {
      pod: label,
      mean: Math.round(average),
      samples: millicores.length,
      least: Math.round(Math.min(...millicores)),
      most: Math.round(Math.max(...millicores)),
    }),
  );
  const bars = shown.map(({ label, millicores, mean: average }, index) => {
    const y = TOP + index * ROW;
    const from = x(Math.min(...millicores));
    const to = x(Math.max(...millicores));
    const range =
      millicores.length > 1
        ? `<line class="range" x1="${from}" y1="${y + 8}" x2="${to}" y2="${y + 8}" stroke="currentColor" stroke-width="2"/>`
        : '';
    return group(
      lines[index],
      labelText(label, left, y),
      bar(left, y, x(average) - left, false),
      range,
      valueText(`${Math.round(average)} m`, y, false),
    );
  });
  return picture('load', say('load', language, { subject }), lines, bars, rows.length - shown.length, language);
}

const HOUR_MS = 3600_000;
/** What the axis of restarts may span. */
const SPANS_HOURS = [1, 6, 24, 72, 168];

/** Subjects of an incident that get pictures: one opens a report to see what is worst. */
const MAX_SUBJECTS = 8;

/** The pictures of a report, by runbook and the subject's place in it: `kong/router-rebuild-memory#0`. */
export function diagnosisPictures(report: DiagnosisReport, snapshot: Snapshot, language: Language): Record<string, readonly string[]> {
  const pods = podIndex(snapshot);
  const pictures: Record<string, readonly string[]> = {};
  for (const { runbook, verdict, subjects } of report.incidents) {
    if (verdict === 'absent' || verdict === 'clear') continue;
    for (const [index, subject] of subjects.slice(0, MAX_SUBJECTS).entries()) {
      const made = subject.verdict === 'clear' ? [] : picturesOf(subject, pods.of(subject), snapshot, language);
      if (made.length > 0) pictures[`${runbook}#${index}`] = made;
    }
  }
  return pictures;
}

function picturesOf(subject: SubjectReport, pods: readonly PodState[], snapshot: Snapshot, language: Language): string[] {
  const name = objectText(subject);
  const about = subject.evidence.map(({ value, source }) => `${source} ${value}`).join('\n');
  const pictures: string[] = [];
  if (subject.kind === 'Service') {
    const rows = loadRows(pods, snapshot.usage);
    if (rows.length > 1) pictures.push(loadPicture(name, rows, language));
  }
  if (/MiB|OOMKilled/.test(about)) {
    const rows = memoryRows(pods, snapshot.usage.at(-1));
    if (rows.length > 0) pictures.push(memoryPicture(name, rows, language));
  }
  const restarted = restartRows(pods, snapshot.takenAt);
  if (restarted.length > 0 && /OOMKilled|exitCode|CrashLoopBackOff/.test(about)) {
    pictures.push(restartsPicture(name, restarted, snapshot.takenAt, language));
  }
  return pictures;
}

function podIndex({ pods, endpoints }: Snapshot): { of(subject: SubjectReport): readonly PodState[] } {
  const key = (kind: string, namespace: string, name: string): string => referenceKey({ kind, namespace, name });
  const byName = new Map(pods.map((pod) => [key('Pod', pod.namespace, pod.name), pod]));
  const groups = new Map<string, Set<PodState>>();
  const put = (at: string, pod: PodState | undefined): void => {
    if (pod) groups.set(at, (groups.get(at) ?? new Set<PodState>()).add(pod));
  };
  for (const pod of pods) put(referenceKey(pod.owner), pod);
  for (const { namespace, service, pod } of endpoints)
    if (pod !== undefined) put(key('Service', namespace, service), byName.get(key('Pod', namespace, pod)));
  return { of: ({ kind, namespace, name }) => [...(groups.get(key(kind, namespace, name)) ?? [])] };
}

function memoryRows(pods: readonly PodState[], sample: UsageSample | undefined): MemoryRow[] {
  const wanted = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  return (sample?.containers ?? []).flatMap(({ namespace, pod: name, container, memoryMiB }) => {
    const pod = wanted.get(`${namespace}/${name}`);
    const state = pod?.containers.find((one) => one.name === container);
    return pod && state ? [{ label: labelOf(pod, state), usedMiB: memoryMiB, limitMiB: state.memoryLimitMiB }] : [];
  });
}

/** Of the last week: what came before says nothing of today. */
function restartRows(pods: readonly PodState[], takenAt: string): RestartRow[] {
  const oldest = Date.parse(takenAt) - 7 * 24 * HOUR_MS;
  return pods.flatMap((pod) =>
    pod.containers.flatMap((state) => {
      const { restarts, lastTermination, termination } = state;
      const end = termination ?? lastTermination;
      const at = end?.finishedAt;
      if (at === undefined || state.role === 'init' || !(Date.parse(at) >= oldest)) return [];
      return [{ label: labelOf(pod, state), restarts, reason: end?.reason ?? '', at }];
    }),
  );
}

function loadRows(pods: readonly PodState[], usage: readonly UsageSample[]): LoadRow[] {
  const rows = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, { label: pod.name, millicores: [] as number[] }]));
  for (const { containers } of usage) {
    const sums = new Map<string, number>();
    for (const { namespace, pod, cpuMillicores } of containers) {
      const key = `${namespace}/${pod}`;
      if (rows.has(key)) sums.set(key, (sums.get(key) ?? 0) + cpuMillicores);
    }
    for (const [key, sum] of sums) rows.get(key)?.millicores.push(sum);
  }
  return [...rows.values()].filter(({ millicores }) => millicores.length > 0);
}

function labelOf(pod: PodState, container: ContainerState): string {
  return pod.containers.filter(({ role }) => role !== 'init').length > 1 ? `${pod.name}/${container.name}` : pod.name;
}

function percentOf({ usedMiB, limitMiB }: MemoryRow): number {
  return limitMiB === undefined ? 0 : (usedMiB / limitMiB) * 100;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
}

function picture(
  kind: 'memory' | 'restarts' | 'load',
  title: string,
  lines: readonly string[],
  rows: readonly string[],
  unseen: number,
  language: Language,
  below = 0,
): string {
  const more = unseen > 0 ? say('more', language, { count: unseen }) : '';
  const height = TOP + lines.length * ROW + below + (more === '' ? 0 : ROW);
  const rest = more === '' ? '' : `<text x="0" y="${height - 8}" font-size="12" fill="currentColor">${escapeXml(more)}</text>`;
  const heading = `<text class="heading" x="0" y="14" font-size="12" fill="currentColor">${escapeXml(title)}</text>`;
  const description = [...lines, ...(more === '' ? [] : [more])].join('\n');
  return (
    `<svg class="picture picture-${kind}" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">` +
    `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>${heading}${rows.join('')}${rest}</svg>`
  );
}

/** A row, with its words for whoever points at it. */
function group(title: string | undefined, ...parts: readonly string[]): string {
  return `<g><title>${escapeXml(title ?? '')}</title>${parts.join('')}</g>`;
}

function bar(x: number, y: number, width: number, full: boolean): string {
  return `<rect class="bar${full ? ' full' : ''}" x="${x}" y="${y + 1}" width="${round(Math.max(1, width))}" height="14" rx="2" fill="currentColor" fill-opacity="0.55" stroke="currentColor"/>`;
}

/** Where the bars begin: behind the longest label. */
function leftOf(rows: readonly { readonly label: string }[]): number {
  return Math.round(Math.max(8, ...rows.map(({ label }) => Math.min(label.length, MAX_LABEL))) * LETTER) + 12;
}

function labelText(label: string, left: number, y: number): string {
  const half = (MAX_LABEL - 1) / 2;
  // Names of pods differ at their end.
  const short = label.length > MAX_LABEL ? `${label.slice(0, Math.floor(half))}…${label.slice(-Math.ceil(half))}` : label;
  return `<text class="label" x="${left - 10}" y="${y + 12}" font-size="12" text-anchor="end" fill="currentColor">${escapeXml(short)}</text>`;
}

function valueText(text: string, y: number, full: boolean): string {
  const weight = full ? ' font-weight="bold"' : '';
  return `<text class="value${full ? ' full' : ''}" x="${BAR_END + 10}" y="${y + 12}" font-size="12"${weight} fill="currentColor">${escapeXml(text)}</text>`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function say(word: keyof typeof WORDS, language: Language, data?: Readonly<Record<string, string | number>>): string {
  return messageText(WORDS[word], data, language);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
