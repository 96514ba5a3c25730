/** Durations in Go's syntax (`time.ParseDuration`), in milliseconds. */

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1h30m`, `60m`, `3600s`, `0`; `undefined` when Go would refuse the text (`3600`, `1d`, `1 h`). */
export function parseGoDurationMs(text: string): number | undefined {
  const match = /^([+-]?)(.+)$/.exec(text);
  if (!match) return undefined;
  const [, sign, rest = ''] = match;
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    sum += Number(number) * (UNIT_MS[unit] ?? 0);
  return sign === '-' ? -sum : sum;
}

/** The shortest usual form: `60m`, `90s`, `1h30m` is written `90m`, `1.5s` is `1500ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  for (const [unit, size] of [
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    if (durationMs % size === 0) return `${durationMs / size}${unit}`;
  }
  return `${durationMs}ms`;
}
