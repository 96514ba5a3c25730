import { INSIGHTS } from '../linters/registry.ts';
import { messageText } from '../report/message.ts';
import { offsetAt, type Position, rangeOf } from '../text/source.ts';
import { valuesAt } from './effective-values.ts';
import type { LintService } from './lint-service.ts';
import { findingData } from './plain-data.ts';
import type { HoverData, LensData } from './protocol.ts';
import { isMadeFrom } from './unit-files.ts';

/** What is known of a place: the findings on it, and the effective values of the settings there, each with its layers. */
export function hoverAt(service: LintService, path: string, position: Position): HoverData | undefined {
  const file = service.engine.file(path);
  if (!file) return undefined;
  const offset = offsetAt(file, position);
  const findings = service.findingsIn(path).filter(({ at }) => at.start <= offset && offset <= at.end);
  const values = valuesAt(service.engine.repository().units, path, offset).filter(
    // What a place says itself needs no hover; that it comes from elsewhere, or loses there, does.
    (value) => findings.length > 0 || value.layers.length > 1 || value.layers.some((layer) => layer.at && layer.at.path !== path),
  );
  const [first] = findings;
  if (!first && values.length === 0) return undefined;
  const range = first ? rangeOf(first.at) : { start: position, end: position };
  return { range, findings: findings.map((finding) => findingData(finding, service.settings.language)), values };
}

/** The numbers that stand above lines of a file: what settings come to in effect. */
export function lensesOf(service: LintService, path: string): LensData[] {
  const document = service.document(path);
  if (!service.engine.file(path) || (document && document.state !== 'whole')) return [];
  const repository = service.engine.repository();
  const lenses = new Map<string, LensData>();
  for (const unit of repository.units) {
    if (!isMadeFrom(unit, path)) continue;
    for (const provider of INSIGHTS) {
      for (const { at, messageId, data, runbook } of provider.insights(unit, repository)) {
        const message = provider.messages[messageId];
        if (at.file.path !== path || !message) continue;
        // A code lens is no Markdown.
        const text = messageText(message, data, service.settings.language).replaceAll('`', '');
        const lens: LensData = { range: rangeOf(at), text, runbook };
        lenses.set(JSON.stringify(lens), lens);
      }
    }
  }
  return [...lenses.values()];
}
