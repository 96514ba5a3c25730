import { formatDuration, parseGoDurationMs } from '../../../model/duration.ts';
import type { Rule } from '../../rule.ts';
import { type IdleSetting, idleSettings } from '../facts-idle-settings.ts';

/**
 * istiod reads the proxy's metadata IDLE_TIMEOUT with Go's `time.ParseDuration` and drops the error (parseDuration in
 * istio/istio:pilot/pkg/networking/core/listener_builder.go): `3600` or `1d` means the default of one hour. Metadata values are text by their
 * type, so a bare number in YAML fails whatever holds it: injection for the annotation (ApplyYAML in pkg/kube/inject/validate.go), the
 * whole MeshConfig for defaultConfig (pkg/config/mesh/meshwatcher/collection.go: "invalid mesh config, using last known state").
 */
export const idleTimeoutUnparsable: Rule = {
  id: 'istio/idle-timeout-unparsable',
  title: { en: 'ISTIO_META_IDLE_TIMEOUT is no Go duration', zh: 'ISTIO_META_IDLE_TIMEOUT 不是 Go 时长' },
  runbook: 'istio/idle-connection-timeout',
  severity: 'error',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'safe',
  sources: [
    'istio/istio:pilot/pkg/networking/core/listener_builder.go@1.24.2',
    'istio/istio:pkg/kube/inject/validate.go@1.24.2',
    'https://pkg.go.dev/time#ParseDuration',
  ],
  messages: {
    ignored: {
      en: 'Istio can’t read ISTIO_META_IDLE_TIMEOUT={value} and ignores it without a word: connections still close after 1 h without traffic. Write {suggestion}.',
      zh: 'Istio 无法解析 ISTIO_META_IDLE_TIMEOUT={value}，会静默忽略：连接空闲 1 小时仍会被断开。请写成 {suggestion}。',
    },
    ignoredUnclear: {
      en: 'Istio can’t read ISTIO_META_IDLE_TIMEOUT={value} and ignores it without a word: connections still close after 1 h without traffic. Write a Go duration such as 24h.',
      zh: 'Istio 无法解析 ISTIO_META_IDLE_TIMEOUT={value}，会静默忽略：连接空闲 1 小时仍会被断开。请写成 24h 这样的 Go 时长。',
    },
    blocksInjection: {
      en: 'A bare {value} is no text: the injector refuses the pod, and no new pod starts. Write {suggestion}, in quotes.',
      zh: '不加引号的 {value} 不是字符串：注入器会拒绝该 Pod，新 Pod 起不来。请加引号写成 {suggestion}。',
    },
    breaksMeshConfig: {
      en: 'A bare {value} is no text: istiod rejects the whole MeshConfig and goes on with the last one it could read. Write {suggestion}, in quotes.',
      zh: '不加引号的 {value} 不是字符串：istiod 会拒绝整个 MeshConfig，继续使用上一份可解析的配置。请加引号写成 {suggestion}。',
    },
    rejected: {
      en: 'A bare {value} is no text: the object is rejected when it is applied. Write {suggestion}, in quotes.',
      zh: '不加引号的 {value} 不是字符串：apply 时对象会被拒绝。请加引号写成 {suggestion}。',
    },
    fix: { en: 'Write "{suggestion}"', zh: '改为 "{suggestion}"' },
  },
  check({ unit, report }) {
    for (const setting of idleSettings(unit)) {
      const { text, at, notText, set } = setting;
      if (text === '' || (!notText && parseGoDurationMs(text) !== undefined)) continue;
      const meant = meaning(text);
      const suggestion = meant ?? '24h';
      report({
        messageId: messageOf(setting, meant !== undefined),
        data: { value: text, suggestion },
        at,
        fixes:
          meant !== undefined && set
            ? [{ id: 'write-duration', titleId: 'fix', data: { suggestion }, safety: 'safe', changes: set(meant) }]
            : [],
      });
    }
  },
};

function messageOf({ notText, place }: IdleSetting, clear: boolean): string {
  if (!notText) return clear ? 'ignored' : 'ignoredUnclear';
  if (place === 'annotation') return 'blocksInjection';
  return place === 'mesh-config' ? 'breaksMeshConfig' : 'rejected';
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};
/** A bare number above a week of seconds was rather meant as milliseconds: nobody can tell. */
const MOST_BARE_SECONDS = 604_800;

/** The duration that a text can only mean: bare numbers are seconds, as in most other settings; units in words or capitals, days, blanks. */
function meaning(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+$/.test(trimmed)) return Number(trimmed) <= MOST_BARE_SECONDS ? `${Number(trimmed)}s` : undefined;
  if (parseGoDurationMs(trimmed) !== undefined) return trimmed;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(trimmed);
  const word = match?.[2] ?? '';
  const unitMs = UNIT_MS[word] ?? UNIT_MS[word.replace(/s$/, '')];
  if (!match || unitMs === undefined) return undefined;
  const durationMs = Number(match[1]) * unitMs;
  const hours = durationMs / 3_600_000;
  return Number.isInteger(hours) ? `${hours}h` : formatDuration(durationMs);
}
