import type { Fix } from '../../../fixes/change.ts';
import type { Container, EnvironmentVariable } from '../../../model/container.ts';
import { BYTES_PER_MIB } from '../../../model/quantity.ts';
import type { Unit } from '../../../model/unit.ts';
import { nodeAt, scalarAt, textAt } from '../../../text/yaml.ts';
import type { Report, Rule } from '../../rule.ts';
import { codeOf, effectiveVariable, imageOf } from '../built-from.ts';
import { setsOwnMemoryLimit, shareOfLimit, surelyReadsMemoryLimit, tunesCollector } from '../go-program.ts';
import { ignoresMemoryLimit } from '../go-version.ts';

/**
 * GOMEMLIMIT is what the Go runtime may take for itself before it collects harder; the kernel counts everything in the container. Go's guide
 * leaves 5 to 10 % between the two. Tried with Go 1.26.8 in a cgroup of 512 MiB, 280 MiB alive and 32 MiB mapped beside the heap: without
 * GOMEMLIMIT, with 512MiB and with GOGC=off the process is killed (137); with 460MiB it lives, also with GOGC=off. A `resourceFieldRef` on
 * limits.memory gives the limit itself. `GOGC=off` (or a negative number) switches the collector off until a memory limit is reached.
 */
export const gomemlimitVsLimit: Rule = {
  id: 'runtime/gomemlimit-vs-limit',
  title: { en: 'GOMEMLIMIT leaves no room below the container’s memory limit', zh: 'GOMEMLIMIT 没有在容器内存上限之下留出余量' },
  runbook: 'runtime/go-memory-limit',
  severity: 'warning',
  default: 'on',
  affects: 'Go 1.19 and later; GOGC=off: all versions',
  fixable: 'review',
  sources: [
    'https://go.dev/doc/gc-guide#Memory_limit',
    'https://go.dev/doc/go1.19#runtime',
    'golang/go:src/runtime/mgcpacer.go@go1.26',
    'https://github.com/KimMachineGun/automemlimit',
  ],
  messages: {
    atLimit: {
      en: 'GOMEMLIMIT={value} is not below the container’s limit of {limitMiB} MiB: the kernel kills the process before its collector works harder. Write {suggestion}.',
      zh: 'GOMEMLIMIT={value} 没有低于容器上限 {limitMiB} MiB：GC 还没开始加紧回收，进程就已被内核杀掉。请改为 {suggestion}。',
    },
    fromField: {
      en: 'This is the whole memory limit, with nothing left for what Go’s runtime doesn’t count. Write 90 % of it as MiB, or let automemlimit compute that at start.',
      zh: '这里取到的是内存上限的 100%，没有给 Go 运行时之外的内存留余量。请写成上限的 90%（单位 MiB），或用 automemlimit 在启动时计算。',
    },
    gogcOff: {
      en: 'GOGC={value} without GOMEMLIMIT: nothing is ever collected, and the process grows until it is killed. Set GOMEMLIMIT, or take GOGC out.',
      zh: 'GOGC={value} 且没有 GOMEMLIMIT：永远不会回收，进程会一直增长到被杀掉。请设置 GOMEMLIMIT，或删掉 GOGC。',
    },
    gogcOffUnseen: {
      en: 'GOGC={value}, and no GOMEMLIMIT is set here: unless the program or its image sets a limit, nothing is ever collected and it grows until it is killed. Set GOMEMLIMIT, or take GOGC out.',
      zh: 'GOGC={value}，而这里没有 GOMEMLIMIT：除非程序或镜像自己设了上限，否则永远不会回收，进程会一直增长到被杀掉。请设置 GOMEMLIMIT，或删掉 GOGC。',
    },
    missing: {
      en: 'This Go program doesn’t know its limit of {limitMiB} MiB: its heap may grow to twice the live data before it collects. Set GOMEMLIMIT={suggestion}.',
      zh: '这个 Go 程序不知道自己的上限是 {limitMiB} MiB：堆可能涨到存活数据的两倍才回收。请设置 GOMEMLIMIT={suggestion}。',
    },
    limit: { en: 'The container’s memory limit', zh: '容器的内存上限' },
    inImage: { en: 'The image sets it here', zh: '镜像在这里设置' },
    write: { en: 'Set GOMEMLIMIT={suggestion}', zh: '设置 GOMEMLIMIT={suggestion}' },
    remove: { en: 'Take GOGC out', zh: '删掉 GOGC' },
  },
  check({ unit, report }) {
    for (const container of unit.containers) {
      const found = judge(unit, container);
      if (found && !ignoresMemoryLimit(unit, container)) report(found);
    }
  },
};

function judge(unit: Unit, container: Container): Report | undefined {
  const limit = effectiveVariable(unit, container, 'GOMEMLIMIT');
  if (limit && !isOff(limit)) return limit.value.known ? atLimit(unit, container, limit) : fromField(unit, container, limit);
  // Whoever adds more variables may add this one.
  if (container.env.unseen.length > 0) return undefined;
  return collectorOff(unit, container, limit) ?? (limit ? undefined : missing(unit, container));
}

/** `off` is the same as nothing; the empty string too. */
function isOff({ value }: EnvironmentVariable): boolean {
  return value.known && (value.value === 'off' || value.value === '');
}

function atLimit(unit: Unit, container: Container, variable: EnvironmentVariable): Report | undefined {
  const { memoryLimitMiB } = container;
  if (!variable.value.known || !variable.value.at || !memoryLimitMiB?.known || !memoryLimitMiB.at) return undefined;
  const text = variable.value.value;
  const bytes = parseByteCount(text);
  if (bytes === undefined || bytes < memoryLimitMiB.value * BYTES_PER_MIB) return undefined;
  if (codeOf(unit, container).some(({ sources }) => sources.some((source) => source.text.includes('SetMemoryLimit')))) return undefined;
  const suggestion = suggest(unit, container, memoryLimitMiB.value);
  const data = { value: text, limitMiB: Math.floor(memoryLimitMiB.value), suggestion };
  const own = container.env.variables.has('GOMEMLIMIT');
  // Several workloads may run the image, each with a limit of its own: what is wrong stands at the workload.
  const [at, other] = own ? [variable.value.at, memoryLimitMiB.at] : [memoryLimitMiB.at, variable.value.at];
  return {
    messageId: 'atLimit',
    data,
    at,
    related: [{ at: other, messageId: own ? 'limit' : 'inImage' }],
    fixes: writes(own ? variable.set?.(suggestion) : container.env.add?.('GOMEMLIMIT', suggestion), suggestion),
  };
}

function fromField(unit: Unit, container: Container, { value, node }: EnvironmentVariable): Report | undefined {
  if (value.known || value.unknown.why !== 'fieldRef' || value.unknown.path !== 'limits.memory' || node?.kind !== 'map') return undefined;
  const field = nodeAt(node, 'valueFrom', 'resourceFieldRef');
  const resource = scalarAt(field, 'resource');
  // Without a limit it is the node's memory. Another divisor gives another number.
  if (!resource || !container.memoryLimitMiB || !['0', '1'].includes(textAt(field, 'divisor') ?? '1')) return undefined;
  if (![undefined, container.name].includes(textAt(field, 'containerName'))) return undefined;
  // Istio writes that for its own proxy: nearly all of that memory is Envoy's, and nobody can change it there.
  if (container.name === 'istio-proxy') return undefined;
  const limitMiB = container.memoryLimitMiB.known ? container.memoryLimitMiB.value : undefined;
  const suggestion = limitMiB === undefined ? undefined : suggest(unit, container, limitMiB);
  return {
    messageId: 'fromField',
    severity: 'information',
    at: resource,
    fixes:
      suggestion === undefined
        ? []
        : writes(
            [
              { change: 'remove-entry', map: node, path: ['valueFrom'] },
              { change: 'set-entry', map: node, path: ['value'], value: suggestion },
            ],
            suggestion,
          ),
  };
}

const SHORT_LIVED: ReadonlySet<string> = new Set(['Job', 'CronJob']);

function collectorOff(unit: Unit, container: Container, limit: EnvironmentVariable | undefined): Report | undefined {
  const gogc = effectiveVariable(unit, container, 'GOGC');
  if (!gogc?.value.known || !gogc.value.at || !/^(?:off|-\d+)$/.test(gogc.value.value)) return undefined;
  // Something that ends before its memory does may well do without a collector.
  if (container.init || SHORT_LIVED.has(container.workload?.kind ?? '')) return undefined;
  const code = codeOf(unit, container);
  if (tunesCollector(code)) return undefined;
  const seen = imageOf(unit, container) !== undefined;
  const limitMiB = container.memoryLimitMiB?.known ? container.memoryLimitMiB.value : undefined;
  const suggestion = limitMiB === undefined ? '' : suggest(unit, container, limitMiB);
  const write = suggestion === '' ? undefined : limit ? limit.set?.(suggestion) : container.env.add?.('GOMEMLIMIT', suggestion);
  const remove = gogc.remove?.();
  return {
    messageId: seen ? 'gogcOff' : 'gogcOffUnseen',
    data: { value: gogc.value.value },
    severity: seen ? 'error' : 'warning',
    at: gogc.value.at,
    fixes: [
      ...writes(write, suggestion),
      ...(remove ? [{ id: 'remove-gogc', titleId: 'remove', data: {}, safety: 'review' as const, changes: remove }] : []),
    ],
  };
}

function missing(unit: Unit, container: Container): Report | undefined {
  const { memoryLimitMiB } = container;
  if (container.init || !memoryLimitMiB?.known || !memoryLimitMiB.at) return undefined;
  const code = codeOf(unit, container);
  if (!surelyReadsMemoryLimit(code) || setsOwnMemoryLimit(code) || shareOfLimit(unit, container) < 0.9) return undefined;
  const suggestion = suggest(unit, container, memoryLimitMiB.value);
  return {
    messageId: 'missing',
    data: { limitMiB: Math.floor(memoryLimitMiB.value), suggestion },
    severity: 'hint',
    preview: true,
    at: memoryLimitMiB.at,
    fixes: writes(container.env.add?.('GOMEMLIMIT', suggestion), suggestion),
  };
}

function writes(changes: Fix['changes'] | undefined, suggestion: string): Fix[] {
  return changes ? [{ id: 'leave-room', titleId: 'write', data: { suggestion }, safety: 'review', changes }] : [];
}

function suggest(unit: Unit, container: Container, limitMiB: number): string {
  return `${Math.floor(limitMiB * shareOfLimit(unit, container))}MiB`;
}

/** Go's own reading (`parseByteCount`). What it can't read stops the process: another rule's finding. */
function parseByteCount(text: string): number | undefined {
  const [, digits, unit = 'B'] = /^(\d+)(B|KiB|MiB|GiB|TiB)?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1024 ** ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit);
}
