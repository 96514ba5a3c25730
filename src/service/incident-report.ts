import { type DiagnoseSettings, type Diagnosis, diagnose, type FollowUp, followUp } from '../diagnosis/diagnose.ts';
import type { LintConfiguration } from '../linters/lint-result.ts';
import { PROBES } from '../linters/probes.ts';
import { RULES } from '../linters/registry.ts';
import { type DiagnosisReport, diagnosisReport } from '../report/diagnosis-report.ts';
import { loadRunbooks } from '../runbooks/load.ts';
import type { Language } from '../runbooks/types.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { PRODUCT_NAME, productVersion } from './product.ts';
import { shippedRunbooks } from './runbook-files.ts';

/** What the probes need of a cluster: the same for the command line and the editor. */
export const NEEDS = PROBES.flatMap(({ needs }) => needs);

export interface ReportSettings {
  readonly configuration: LintConfiguration;
  /** Also rules and cases that are off by default. */
  readonly preview: boolean;
  /** Of probes, by their ids: `Settings.probes` of the configuration. */
  readonly options?: DiagnoseSettings['options'];
  readonly language: Language;
}

/** Which logs the probes want to read, and what they want to ask. */
export function followUpOf(snapshot: Snapshot, settings: Omit<ReportSettings, 'language'>): FollowUp {
  return followUp(snapshot, withAll(settings));
}

/** The incident report of a snapshot. Pure but for the runbooks' titles, which it reads from the product's own folder. */
export function incidentReport(snapshot: Snapshot, settings: ReportSettings): DiagnosisReport {
  return reportOf(judgeSnapshot(snapshot, settings), settings.language);
}

export interface Judged {
  readonly diagnosis: Diagnosis;
}

/** What a snapshot comes to, before anybody puts it into words. */
export function judgeSnapshot(snapshot: Snapshot, settings: Omit<ReportSettings, 'language'>): Judged {
  return { diagnosis: diagnose(snapshot, withAll(settings)) };
}

/** The same diagnosis in one language. */
export function reportOf({ diagnosis }: Judged, language: Language): DiagnosisReport {
  const titles = new Map(loadRunbooks(shippedRunbooks()).runbooks.map(({ id, title }) => [id, title[language]]));
  return diagnosisReport(diagnosis, {
    language,
    tool: { name: PRODUCT_NAME, version: productVersion() },
    rules: RULES,
    titleOf: (runbook) => titles.get(runbook) ?? runbook,
  });
}

function withAll({ configuration, preview, options = {} }: Omit<ReportSettings, 'language'>): DiagnoseSettings {
  return { rules: RULES, configuration, preview, probes: PROBES, options };
}
