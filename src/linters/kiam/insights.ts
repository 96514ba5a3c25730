import { formatDuration } from '../../model/duration.ts';
import { durationOf, kiamProcesses } from '../../model/kiam-process.ts';
import { isRefreshTooLate, kiamService } from '../../model/kiam-window.ts';
import type { Insight, InsightProvider } from '../insight.ts';

/** The life that is left in credentials when pods get them, beside the flag that makes it. */
export const kiamInsights: InsightProvider = {
  id: 'kiam',
  messages: {
    life: { en: 'Kiam: pods get credentials with {low} to {high} left', zh: 'Kiam：Pod 拿到的凭证剩余有效期为 {low} 到 {high}' },
    versions: {
      en: 'Kiam: pods get credentials with {low} to {high} left, depending on its version (not known here)',
      zh: 'Kiam：Pod 拿到的凭证剩余有效期为 {low} 到 {high}，视 Kiam 版本而定（此处未知）',
    },
  },
  insights(unit, repository) {
    return kiamProcesses(unit).flatMap((process): Insight[] => {
      const service = process.role === 'server' ? kiamService(process, repository) : undefined;
      // With a refresh too close to the duration the cache doesn't work at all: its rule says that.
      if (!service || isRefreshTooLate(service)) return [];
      const flag = durationOf(process, 'session-refresh').flag ?? durationOf(process, 'session-duration').flag;
      const lows = service.lives.map(({ lowMs }) => lowMs);
      const highs = service.lives.map(({ highMs }) => highMs);
      // Versions that agree in the least life agree in the most.
      const alike = new Set(lows).size === 1;
      const data = { low: formatDuration(Math.min(...lows)), high: formatDuration(Math.max(...highs)) };
      const at = flag?.value?.at ?? process.at;
      return [{ at, messageId: alike ? 'life' : 'versions', data, runbook: 'kiam/credential-refresh-storm' }];
    });
  },
};
