/** JVM flags that rules and probes read (runtime/jvm-heap-vs-limit, dns/jvm-ttl-no-effect), with values that can only be numbers, sizes or switches. */
const KEPT = [
  /^-X(?:mx|ms|mn|ss)\d{1,12}[kKmMgGtT]?$/,
  /^-XX:(?:(?:Max|Min|Initial)RAMPercentage|(?:Max|Min|Initial)RAMFraction)=\d{1,3}(?:\.\d+)?$/,
  /^-XX:(?:MaxRAM|MaxHeapSize|InitialHeapSize|NewSize|MaxNewSize|SoftMaxHeapSize|MaxMetaspaceSize|MetaspaceSize|CompressedClassSpaceSize|MaxDirectMemorySize|ReservedCodeCacheSize|ThreadStackSize)=\d{1,12}[kKmMgGtT]?$/,
  /^-XX:[+-](?:UseContainerSupport|UseCGroupMemoryLimitForHeap|UnlockExperimentalVMOptions|UnlockDiagnosticVMOptions|AlwaysPreTouch|AggressiveHeap|ExitOnOutOfMemoryError|HeapDumpOnOutOfMemoryError|CrashOnOutOfMemoryError|Use[A-Z]\w{0,20}GC|ZGenerational|UseCompressedOops)$/,
  /^-XX:(?:ActiveProcessorCount|ParallelGCThreads|ConcGCThreads|MaxGCPauseMillis|GCTimeRatio)=\d{1,6}$/,
  /^-XX:NativeMemoryTracking=(?:off|summary|detail)$/,
  /^-Dnetworkaddress\.cache\.(?:negative\.|stale\.)?ttl=-?\d{1,9}$/,
  /^-Dsun\.net\.inetaddr\.(?:negative\.)?ttl=-?\d{1,9}$/,
  /^-Dio\.netty\.maxDirectMemory=-?\d{1,15}$/,
];

/** Options that other options come from: a file, whose content nobody sees. */
const INDIRECT = /^(?:@\S|-XX:(?:Flags|VMOptionsFile)=)/;

/** Kubernetes' own references to other variables, by whose names nothing is given away. */
const REFERENCE = /^\$\([A-Za-z_]\w*\)$/;

/** Flags that are read, with whatever behind: one with a value of another form is set all the same. */
const READ =
  /^(?:-X(?:mx|ms|mn|ss)|-XX:(?:(?:Max|Min|Initial)RAM|(?:SoftMax|Max|Initial)HeapSize|MaxMetaspaceSize|MaxDirectMemorySize|ReservedCodeCacheSize)|-Dnetworkaddress\.cache|-Dsun\.net\.inetaddr|-Dio\.netty\.maxDirectMemory)/;

/** A flag that is read, but in a form that is not kept, or options from elsewhere. */
export function hidesJvmFlag(word: string): boolean {
  return (
    INDIRECT.test(word) || /\$\{?\w/.test(word) || (READ.test(word) && !isJvmFlag(word)) || (/\$\(/.test(word) && !REFERENCE.test(word))
  );
}

export function isJvmFlag(word: string): boolean {
  return KEPT.some((form) => form.test(word));
}

/**
 * The allow-listed flags among a JVM's options.
 * @returns `undefined`: others may come out of a file or a shell's variable, so that what is missing may be set all the same
 */
export function keptJvmOptions(text: string): string | undefined {
  const words = text.split(/\s+/).map((word) => word.replace(/^["']|["']$/g, ''));
  if (words.some(hidesJvmFlag)) return undefined;
  return words.filter((word) => isJvmFlag(word) || REFERENCE.test(word)).join(' ');
}
