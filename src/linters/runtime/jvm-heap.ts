import { BYTES_PER_MIB } from '../../model/quantity.ts';
import type { Word } from './jvm-words.ts';

/** A memory setting of a JVM with the word that makes it. */
export interface Setting {
  readonly word: Word;
  /** MiB; percent for `percentage`. */
  readonly value: number;
}

/** What a JVM's options say of its memory; of several the last counts. */
export interface JvmMemory {
  /** `-Xmx`, `-XX:MaxHeapSize`. */
  readonly most: Setting | undefined;
  /** `-Xms`, `-XX:InitialHeapSize`. Without `most` it raises the maximum to itself. */
  readonly initial: Setting | undefined;
  /** `-XX:MaxRAMPercentage`; `undefined` also where `-XX:MaxRAM` says what to take it of. */
  readonly percentage: Setting | undefined;
  readonly metaspace: Setting | undefined;
  readonly direct: Setting | undefined;
  /** All words that set the heap's maximum, the losers too. */
  readonly heapWords: readonly Word[];
}

const MOST = /^(?:-Xmx|-XX:MaxHeapSize=)(.*)$/;
const INITIAL = /^(?:-Xms|-XX:InitialHeapSize=)(.*)$/;
const PERCENTAGE = /^-XX:MaxRAMPercentage=(.*)$/;

export function jvmMemory(words: readonly Word[]): JvmMemory {
  const last = (pattern: RegExp, read: (text: string) => number | undefined): Setting | undefined => {
    const word = words.findLast(({ text }) => pattern.test(text));
    const value = word && read(pattern.exec(word.text)?.[1] ?? '');
    return word && value !== undefined ? { word, value } : undefined;
  };
  const ofMachine = words.some(({ text }) => text.startsWith('-XX:MaxRAM='));
  return {
    most: last(MOST, sizeMiB),
    initial: last(INITIAL, sizeMiB),
    percentage: ofMachine ? undefined : last(PERCENTAGE, percent),
    metaspace: last(/^-XX:MaxMetaspaceSize=(.*)$/, sizeMiB),
    direct: last(/^-XX:MaxDirectMemorySize=(.*)$/, sizeMiB),
    heapWords: words.filter(({ text }) => MOST.test(text) || PERCENTAGE.test(text)),
  };
}

/** `512m`, `1G`, plain bytes: powers of 1024. What the JVM refuses (`512Mi`, `1.5g`, `80%`) is no size. */
function sizeMiB(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([kmgt]?)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : (Number(digits) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase())) / BYTES_PER_MIB;
}

/** The JVM refuses what is above 100. */
function percent(text: string): number | undefined {
  const value = Number(text);
  return value <= 100 ? value : undefined;
}
