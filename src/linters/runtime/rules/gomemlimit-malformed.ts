import { BYTES_PER_MIB, parseQuantity } from '../../../model/quantity.ts';
import type { Rule } from '../../rule.ts';
import { ignoresMemoryLimit } from '../go-version.ts';

/**
 * Go's runtime parses GOMEMLIMIT itself (`runtime/mgcpacer.go`, `parseByteCount`): digits and one of B, KiB, MiB, GiB, TiB, or `off`.
 * Anything else stops the process at start with "malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`". Kubernetes
 * writes the same amount as `512Mi`, which is the usual slip. Tried on Go 1.19.8 and 1.26: 512Mi, 512M, 400m, 1GB, 0.5GiB, 460mib and 80%
 * all stop the process; 460MiB, plain bytes, `off` and the empty string don't.
 */
export const gomemlimitMalformed: Rule = {
  id: 'runtime/gomemlimit-malformed',
  title: { en: 'GOMEMLIMIT is not in Go’s syntax', zh: 'GOMEMLIMIT 不符合 Go 的写法' },
  runbook: 'runtime/go-memory-limit',
  severity: 'error',
  default: 'on',
  affects: 'Go 1.19 and later',
  fixable: 'safe',
  sources: ['https://pkg.go.dev/runtime#hdr-Environment_Variables', 'golang/go:src/runtime/mgcpacer.go@go1.26'],
  messages: {
    malformed: {
      en: 'Go does not understand GOMEMLIMIT={value} and stops at start ("malformed GOMEMLIMIT"). Write {suggestion}.',
      zh: 'Go 无法解析 GOMEMLIMIT={value}，进程启动即退出（“malformed GOMEMLIMIT”）。应写成 {suggestion}。',
    },
    unreadable: {
      en: 'Go does not understand GOMEMLIMIT={value} and stops at start ("malformed GOMEMLIMIT"). Write bytes or an amount such as 460MiB.',
      zh: 'Go 无法解析 GOMEMLIMIT={value}，进程启动即退出（“malformed GOMEMLIMIT”）。请写字节数，或 460MiB 这样的写法。',
    },
    fix: { en: 'Write {suggestion}', zh: '改为 {suggestion}' },
    percentage: {
      en: 'GOMEMLIMIT takes no percentage. Set 90 % of the container’s memory limit, as MiB.',
      zh: 'GOMEMLIMIT 不支持百分比。请按容器内存上限的 90% 换算成 MiB 填写。',
    },
  },
  check({ unit, report }) {
    for (const container of unit.containers) {
      const variable = container.env.variables.get('GOMEMLIMIT');
      if (!variable?.value.known || !variable.value.at) continue;
      const value = variable.value.value;
      if (value === '' || value === 'off' || /^\d+(?:B|KiB|MiB|GiB|TiB)?$/.test(value)) continue;
      if (ignoresMemoryLimit(unit, container)) continue;
      const at = variable.value.at;
      const limitMiB = container.memoryLimitMiB?.known ? container.memoryLimitMiB.value : undefined;
      const suggestion = suggest(value, limitMiB);
      if (suggestion !== undefined) {
        const data = { value, suggestion };
        const fix = variable.set && {
          id: 'write-mib',
          titleId: 'fix',
          data: { suggestion },
          safety: 'safe' as const,
          changes: variable.set(suggestion),
        };
        report({ messageId: 'malformed', data, at, fixes: fix ? [fix] : [] });
      } else {
        const percentage = value.endsWith('%');
        report({
          messageId: 'unreadable',
          data: { value },
          at,
          ...(percentage
            ? { snippet: { reasonId: 'percentage', data: {}, language: 'yaml', text: '- name: GOMEMLIMIT\n  value: "460MiB"\n' } }
            : {}),
        });
      }
    }
  },
};

/** The same amount in Go's syntax, but never above 90 % of the container's limit: the runtime counts only its own memory. */
function suggest(value: string, limitMiB: number | undefined): string | undefined {
  const mostMiB = limitMiB === undefined ? Number.POSITIVE_INFINITY : Math.floor(limitMiB * 0.9);
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(value);
  if (percent) return limitMiB === undefined ? undefined : `${Math.min(mostMiB, Math.floor((limitMiB * Number(percent[1])) / 100))}MiB`;
  const text = value.trim().replace(/\s+/g, '');
  // `512M` is 10^6 bytes for Kubernetes; `m` means milli there but mega for whoever wrote it here; `1GB`, `460mib` are what they say.
  const amount = /^(\d+(?:\.\d+)?)(k|m|g|t)(i?)b?$/i.exec(text);
  const bytes = amount
    ? Number(amount[1]) * (amount[3] === '' ? 1000 : 1024) ** (1 + 'kmgt'.indexOf((amount[2] ?? 'k').toLowerCase()))
    : parseQuantity(text);
  if (bytes === undefined || bytes < BYTES_PER_MIB) return undefined;
  return `${Math.min(mostMiB, Math.floor(bytes / BYTES_PER_MIB))}MiB`;
}
