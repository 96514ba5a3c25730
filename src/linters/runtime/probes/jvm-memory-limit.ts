import { conclude } from '../../conclude.ts';
import { configEvidence } from '../../evidence.ts';
import type { ClusterView, Evidence, Probe } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { effectiveVariable } from '../built-from.ts';
import { jvmMemory } from '../jvm-heap.ts';
import { jvmOptionsOf } from '../jvm-options.ts';
import { type Word, wordsOfVariable } from '../jvm-words.ts';
import { findingsOf, type LiveContainer, liveContainers } from '../live-containers.ts';
import { type Judged, judgeMemory, moreMemory, NEEDS, OPTIONS, subjectsOf, summaryOf } from '../live-memory.ts';
import { JVM_MESSAGES } from './jvm-memory-limit-messages.ts';

const RULE = 'runtime/jvm-heap-vs-limit';

/**
 * Live: a container of a JVM was killed for memory within `window`. A JVM is proven by its own settings in the environment, by the program that is started, or by
 * an image that everybody knows. The heap's own bound keeps the rest free only where the rule finds nothing wrong with it; a JVM that has no heap flag takes
 * a quarter of the memory that it sees, which before 8u191 is the node's: then the working set tells, or nobody. Thresholds: OPTIONS in live-memory.ts.
 */
export const jvmMemoryLimit: Probe = {
  id: 'runtime/jvm-memory-limit',
  needs: NEEDS,
  options: OPTIONS,
  messages: JVM_MESSAGES,
  judge(view) {
    const windowMs = durationOption(view, 'window');
    const judged = liveContainers(view, windowMs)
      .filter(({ sign }) => sign?.runtime === 'jvm')
      .map((one) => [one, judgeJvm(view, one)] as const);
    const subjects = subjectsOf(judged);
    return conclude(view, jvmMemoryLimit, { subjects, summary: summaryOf(subjects) });
  },
};

function judgeJvm(view: ClusterView, one: LiveContainer): Judged {
  const findings = findingsOf(view, one, RULE);
  const judged = judgeMemory(view, one, findings, { bounds: heapBound(view, one), mayBeFull: false });
  const doubt = judged.verdict === 'clear' ? doubtfulHeap(view, one) : undefined;
  if (doubt) return { ...judged, verdict: 'unknown', evidence: [doubt, ...judged.evidence], wouldProve: [{ messageId: 'prove-reader' }] };
  return judged.verdict === 'live' ? { ...judged, actions: [...judged.actions, ...moreMemory(one)] } : judged;
}

/** Variables that start scripts hand to `java`, by custom only: the JVM itself reads none of them. */
const BY_CUSTOM = [
  'JAVA_OPTS',
  'JAVA_OPTIONS',
  'JAVA_ARGS',
  'JAVA_FLAGS',
  'JVM_OPTS',
  'JVM_OPTIONS',
  'JVM_ARGS',
  'JVM_FLAGS',
  'CATALINA_OPTS',
];

/** A heap as large as the limit in a variable of which nobody can tell whether the image's start script reads it. */
function doubtfulHeap(view: ClusterView, { workload, container, limitMiB }: LiveContainer): Evidence | undefined {
  if (!container || !workload.manifest || limitMiB === undefined) return undefined;
  for (const name of BY_CUSTOM) {
    const variable = effectiveVariable(view.unit, container, name);
    const heap = variable && heapOf(wordsOfVariable(container, variable) ?? [], limitMiB);
    if (!heap || heap.heapMiB < limitMiB) continue;
    const value = `${name}: ${heap.word.text}, limit ${Math.floor(limitMiB)} MiB`;
    return configEvidence(workload.manifest, heap.word.at, value, { messageId: 'by-custom' });
  }
  return undefined;
}

function heapOf(words: readonly Word[], limitMiB: number): { readonly word: Word; readonly heapMiB: number } | undefined {
  const { most, percentage } = jvmMemory(words);
  const bound = most ?? percentage;
  return bound && { word: bound.word, heapMiB: bound === most ? bound.value : (limitMiB * bound.value) / 100 };
}

/** The flag that bounds the heap below the limit. */
function heapBound(view: ClusterView, { workload, container, limitMiB }: LiveContainer): Evidence | undefined {
  if (!container || !workload.manifest || limitMiB === undefined) return undefined;
  const bound = heapOf(jvmOptionsOf(view.unit, container), limitMiB);
  if (!bound || bound.heapMiB >= limitMiB) return undefined;
  const value = `${bound.word.text}, limit ${Math.floor(limitMiB)} MiB`;
  return configEvidence(workload.manifest, bound.word.at, value, { messageId: 'bounded' });
}
