import { objectReference } from '../linters/evidence.ts';
import type { LintConfiguration } from '../linters/lint-result.ts';
import type { LiveFinding } from '../linters/probe.ts';
import { compareSeverity, type Report, type Rule } from '../linters/rule.ts';
import { objectSuppressions } from '../linters/suppress.ts';
import { jsonPointer } from '../text/json-tree.ts';
import type { LiveUnit } from './live-unit.ts';

/** What the rules say of the live objects; a rule that `runbook-lens.dev/ignore` names on an object is silent there. Most severe first. */
export function lintLive(live: LiveUnit, rules: readonly Rule[], configuration: LintConfiguration, preview = false): LiveFinding[] {
  const found = new Map<string, LiveFinding>();
  for (const rule of rules) {
    if (configuration.severityOf(rule.id, live.unit.folder) === 'off') continue;
    rule.check({
      unit: live.unit,
      repository: live.repository,
      option: (name) => configuration.optionsOf(rule.id, live.unit.folder)[name] ?? rule.options?.[name]?.default ?? '',
      report: (report) => {
        const finding = findingOf(rule, report, live, configuration, preview);
        const key =
          finding && [finding.rule, finding.object.kind, finding.object.namespace, finding.object.name, finding.pointer].join(' ');
        if (!finding || key === undefined) return;
        const known = found.get(key);
        if (!known || compareSeverity(finding.severity, known.severity) < 0) found.set(key, finding);
      },
    });
  }
  return [...found.values()].sort((a, b) => compareSeverity(a.severity, b.severity));
}

function findingOf(
  rule: Rule,
  report: Report,
  live: LiveUnit,
  configuration: LintConfiguration,
  preview: boolean,
): LiveFinding | undefined {
  const object = live.objectOf.get(report.at.file.path);
  if (!object) return undefined;
  const configured = configuration.severityOf(rule.id, live.unit.folder);
  if (report.preview === true && !preview) return undefined;
  if (rule.default === 'preview' && report.preview !== false && !preview && configured === 'default') return undefined;
  if (objectSuppressions([object]).some(({ rules }) => rules.some(({ id }) => id === rule.id))) return undefined;
  return {
    rule: rule.id,
    severity: configured === 'default' || configured === 'on' || configured === 'off' ? (report.severity ?? rule.severity) : configured,
    messageId: report.messageId,
    ...(report.data ? { data: report.data } : {}),
    object: objectReference(object),
    pointer: jsonPointer(object.root, report.at),
  };
}
