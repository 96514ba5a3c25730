import type { Fix } from '../../../fixes/change.ts';
import type { Container } from '../../../model/container.ts';
import type { Unit } from '../../../model/unit.ts';
import type { Anchor } from '../../../text/source.ts';
import type { MessageData, Related, Report, Rule } from '../../rule.ts';
import { type JvmMemory, jvmMemory, type Setting } from '../jvm-heap.ts';
import { jvmOptionsOf, knowsPercentages, wantsHalf } from '../jvm-options.ts';
import { rewrite, type Word } from '../jvm-words.ts';

/**
 * The heap is not all that a JVM needs: metaspace, code cache, thread stacks, direct buffers and the collector's own memory come on top. Tried on JDK
 * 17.0.15 in a cgroup of 512 MiB: `-Xmx512m` ends with 137 while the heap fills; `-Xmx460m`, without anything beside the heap, and
 * `-XX:MaxRAMPercentage=75.0` (384 MiB) end with an OutOfMemoryError. A bare HTTP server with 200 threads and a heap of 400 MiB committed 103 MiB beside
 * it (NativeMemoryTracking). `-Xmx` beats MaxRAMPercentage whatever the order; `-Xms` above the percentage raises the maximum to itself. Below
 * 250 MiB of memory the JVM takes MinRAMPercentage (50) instead: that is less than its default heap of 124.8 MiB. Of the variables, JAVA_TOOL_OPTIONS loses
 * to the command line, `_JAVA_OPTIONS` wins.
 */
export const jvmHeapVsLimit: Rule = {
  id: 'runtime/jvm-heap-vs-limit',
  title: { en: 'The JVM’s heap leaves no room below the container’s memory limit', zh: 'JVM 堆没有在容器内存上限之下留出余量' },
  runbook: 'runtime/jvm-memory-limit',
  severity: 'warning',
  default: 'on',
  affects: 'Java 8 and later',
  fixable: 'review',
  sources: [
    'https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html',
    'openjdk/jdk:src/hotspot/share/runtime/arguments.cpp@jdk-17+35',
    'https://bugs.openjdk.org/browse/JDK-8186248',
    'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
  ],
  messages: {
    aboveLimit: {
      en: '{flag}: the heap alone may grow to {heapMiB} MiB, and the container is killed at {limitMiB} MiB (137), without an OutOfMemoryError or a heap dump. Write {suggestion}.',
      zh: '{flag}：仅堆就可能涨到 {heapMiB} MiB，而容器到 {limitMiB} MiB 就会被杀掉（137），既没有 OutOfMemoryError 也没有 heap dump。请改为 {suggestion}。',
    },
    tight: {
      en: '{flag} is {percent} % of the container’s {limitMiB} MiB. The JVM needs more than its heap: a bare HTTP server 103 MiB. Write {suggestion}.',
      zh: '{flag} 占容器上限 {limitMiB} MiB 的 {percent}%。JVM 需要的不只是堆：一个空的 HTTP 服务在堆外就用了 103 MiB。请改为 {suggestion}。',
    },
    percentage: {
      en: 'The heap may take {percent} % of the container’s memory. The JVM needs more than its heap: a bare HTTP server 103 MiB. Write {suggestion}.',
      zh: '堆可以占到容器内存的 {percent}%。JVM 需要的不只是堆：一个空的 HTTP 服务在堆外就用了 103 MiB。请改为 {suggestion}。',
    },
    sum: {
      en: 'Heap ({heapMiB} MiB), metaspace and direct memory may together take {sumMiB} MiB, and the container is killed at {limitMiB} MiB. Lower one of them, or raise the limit.',
      zh: '堆（{heapMiB} MiB）、metaspace 和直接内存加起来可达 {sumMiB} MiB，而容器到 {limitMiB} MiB 就会被杀掉。请调低其中一项，或调高上限。',
    },
    both: {
      en: 'MaxRAMPercentage does nothing here: {flag} beats it. Keep one of the two.',
      zh: '这里的 MaxRAMPercentage 不起作用：{flag} 优先。两者只保留一个。',
    },
    limit: { en: 'The container’s memory limit', zh: '容器的内存上限' },
    inImage: { en: 'The image sets it here', zh: '镜像在这里设置' },
    alsoCounts: { en: '{flag} comes on top', zh: '{flag} 另外计算' },
    beats: { en: '{flag} beats it', zh: '{flag} 优先' },
    beaten: { en: '{flag} does nothing beside it', zh: '有它在，{flag} 不起作用' },
    write: { en: 'Write {suggestion}', zh: '改为 {suggestion}' },
    drop: { en: 'Take MaxRAMPercentage out', zh: '删掉 MaxRAMPercentage' },
    byHand: {
      en: 'The option can’t be edited where it stands. Give the JVM this instead:',
      zh: '无法在原处修改该参数。请改为给 JVM 传入：',
    },
  },
  check({ unit, report }) {
    for (const container of unit.containers) {
      const found = judge(unit, container, jvmMemory(jvmOptionsOf(unit, container)));
      if (found) report(found);
    }
  },
};

/** Part of the limit above which the rest is too little for what isn't heap. */
const MOST_OF_LIMIT = 0.85;
/** With less memory the JVM doesn't ask MaxRAMPercentage (`Arguments::set_heap_size`). */
const LEAST_FOR_PERCENTAGE_MIB = 250;

function judge(unit: Unit, container: Container, memory: JvmMemory): Report | undefined {
  const { most, initial, percentage } = memory;
  // The JVM doesn't start: "Initial heap size set to a larger value than the maximum heap size".
  if (most && initial && initial.value > most.value) return undefined;
  const found = againstLimit(unit, container, memory);
  if (found || !most || !percentage) return found;
  const remove = rewrite(new Map([[percentage.word, undefined]]));
  return {
    messageId: 'both',
    data: { flag: most.word.text },
    severity: 'hint',
    at: percentage.word.at,
    related: elsewhere(percentage.word.at, [{ at: most.word.at, messageId: 'beats', data: { flag: most.word.text } }]),
    tags: ['unnecessary'],
    fixes: remove ? [{ id: 'drop-percentage', titleId: 'drop', data: {}, safety: 'review', changes: remove }] : [],
  };
}

function againstLimit(unit: Unit, container: Container, memory: JvmMemory): Report | undefined {
  const limit = container.memoryLimitMiB;
  // Without a limit there is nothing to compare with: a percentage is one of the node's memory.
  if (!limit?.at) return undefined;
  const place: Place = { limitAt: limit.at, memory, suggestion: suggest(unit, container, memory) };
  if (limit.known) return tooLarge(place, limit.value) ?? tooMuch(place, limit.value);
  const { most, percentage } = memory;
  return percentage && !most && percentage.value > MOST_OF_LIMIT * 100
    ? finding(place, percentage.word, 'percentage', { percent: percentage.value }, [])
    : undefined;
}

interface Place {
  readonly limitAt: Anchor;
  readonly memory: JvmMemory;
  readonly suggestion: Suggestion;
}

/** What the heap may grow to: `-Xmx`, else the larger one of `-Xms`, which raises the maximum, and the percentage. */
function heapOf({ most, initial, percentage }: JvmMemory, limitMiB: number): Setting | undefined {
  if (most) return most;
  const share =
    limitMiB >= LEAST_FOR_PERCENTAGE_MIB && percentage ? { ...percentage, value: (limitMiB * percentage.value) / 100 } : undefined;
  return [share, initial].filter((one) => one !== undefined).toSorted((a, b) => b.value - a.value)[0];
}

function tooLarge(place: Place, limitMiB: number): Report | undefined {
  const { percentage } = place.memory;
  const heap = heapOf(place.memory, limitMiB);
  if (!heap || heap.value <= limitMiB * MOST_OF_LIMIT) return undefined;
  if (heap.word === percentage?.word) return finding(place, heap.word, 'percentage', { percent: percentage.value }, []);
  const above = heap.value >= limitMiB;
  const beaten = percentage ? [{ at: percentage.word.at, messageId: 'beaten', data: { flag: percentage.word.text } }] : [];
  const percent = Math.floor((heap.value / limitMiB) * 100);
  const data = { flag: heap.word.text, heapMiB: Math.floor(heap.value), percent, limitMiB: Math.floor(limitMiB) };
  const report = finding(place, heap.word, above ? 'aboveLimit' : 'tight', data, beaten);
  return above ? { ...report, severity: 'error' } : report;
}

/** Heap, metaspace and direct memory together. */
function tooMuch(place: Place, limitMiB: number): Report | undefined {
  const heap = heapOf(place.memory, limitMiB);
  if (!heap) return undefined;
  const others = [place.memory.metaspace, place.memory.direct].filter((one) => one !== undefined);
  const sumMiB = others.reduce((sum, { value }) => sum + value, heap.value);
  if (sumMiB <= limitMiB) return undefined;
  const related = others.map(({ word }) => ({ at: word.at, messageId: 'alsoCounts', data: { flag: word.text } }));
  const data = { heapMiB: Math.floor(heap.value), sumMiB: Math.floor(sumMiB), limitMiB: Math.floor(limitMiB) };
  return finding(place, heap.word, 'sum', data, related);
}

/** At the flag; or at the limit, when the image has the flag: others may run the same image with another limit. */
function finding(
  { limitAt, memory, suggestion }: Place,
  word: Word,
  messageId: string,
  data: MessageData,
  related: readonly Related[],
): Report {
  const fromImage = word.from === 'image';
  const at = fromImage ? limitAt : word.at;
  const other = fromImage ? { at: word.at, messageId: 'inImage' } : { at: limitAt, messageId: 'limit' };
  return {
    messageId,
    data: { ...data, suggestion: suggestion.most },
    at,
    related: elsewhere(at, [other, ...related]),
    ...(suggestion.fits ? offered(suggestion, rewrite(replacements(memory, word, suggestion))) : {}),
  };
}

/** Words that have no place of their own may all stand where the finding is. */
function elsewhere(at: Anchor, related: readonly Related[]): readonly Related[] {
  return related.filter((one) => one.at !== at);
}

function offered({ most }: Suggestion, changes: Fix['changes'] | undefined): Pick<Report, 'fixes' | 'snippet'> {
  if (!changes) return { snippet: { reasonId: 'byHand', data: {}, language: 'text', text: `${most}\n` } };
  return { fixes: [{ id: 'leave-room', titleId: 'write', data: { suggestion: most }, safety: 'review', changes }] };
}

interface Suggestion {
  readonly most: string;
  readonly initial: string;
  /** MiB of heap that come out; infinite where the limit isn't known. */
  readonly heapMiB: number;
  /** It stays below the limit with all that comes on top. */
  readonly fits: boolean;
}

/** Three quarters of the limit, less where metaspace and direct memory are set high or a smaller share is written; half for servers that want it. */
function suggest(unit: Unit, container: Container, { percentage, metaspace, direct }: JvmMemory): Suggestion {
  const usual = Math.min(75, Math.floor(percentage?.value ?? 75));
  if (!container.memoryLimitMiB?.known) return { ...asShare(usual), heapMiB: Number.POSITIVE_INFINITY, fits: true };
  const limitMiB = container.memoryLimitMiB.value;
  const half = wantsHalf(container);
  const room = Math.floor((1 - ((metaspace?.value ?? 0) + (direct?.value ?? 0)) / limitMiB) * 100);
  const percent = Math.min(half ? 50 : usual, Math.max(25, room));
  const heapMiB = Math.floor((limitMiB * percent) / 100);
  const asSize = { most: `-Xmx${heapMiB}m`, initial: `-Xms${heapMiB}m` };
  return { ...(half || !knowsPercentages(unit, container) ? asSize : asShare(percent)), heapMiB, fits: room >= percent };
}

function asShare(percent: number): Pick<Suggestion, 'most' | 'initial'> {
  return { most: `-XX:MaxRAMPercentage=${percent}.0`, initial: `-XX:InitialRAMPercentage=${percent}.0` };
}

/** One flag for the heap, and an initial size that fits below it. */
function replacements({ initial, heapWords }: JvmMemory, word: Word, suggestion: Suggestion): ReadonlyMap<Word, string | undefined> {
  const texts = new Map<Word, string | undefined>(heapWords.map((one) => [one, undefined]));
  if (initial && initial.value > suggestion.heapMiB) texts.set(initial.word, suggestion.initial);
  return texts.set(heapWords.at(-1) ?? word, suggestion.most);
}
