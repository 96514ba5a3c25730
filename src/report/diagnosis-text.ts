import type { Verdict } from '../linters/probe.ts';
import type { Language } from '../runbooks/types.ts';
import { harmless, harmlessPath, palette, type Palette } from './colour.ts';
import type { DiagnosisReport, EvidenceReport, IncidentReport, SubjectReport } from './diagnosis-report.ts';
import { ageText, notCheckedLines, objectText, scopeText, SOURCE_WORDS, VERDICT_WORDS, word } from './diagnosis-words.ts';
import { messageText } from './message.ts';

export interface DiagnosisTextOptions {
  readonly language: Language;
  readonly colour: boolean;
  /** One line an incident and nothing else. */
  readonly brief: boolean;
}

/** Subjects of one incident that are written out; the JSON has all. */
const MAX_SUBJECTS = 10;
const MAX_MITIGATED = 3;

/** The incident report for a terminal at 3 a.m.: verdict first, evidence, then the command to copy. */
export function diagnosisText(report: DiagnosisReport, options: DiagnosisTextOptions): string {
  const printer = new Printer(report, options);
  return printer.print();
}

class Printer {
  private readonly report: DiagnosisReport;
  private readonly options: DiagnosisTextOptions;
  private readonly paint: Palette;
  private readonly lines: string[] = [];

  constructor(report: DiagnosisReport, options: DiagnosisTextOptions) {
    this.report = report;
    this.options = options;
    this.paint = palette(options.colour);
  }

  print(): string {
    const { report, options, paint } = this;
    const { language } = options;
    if (!options.brief) this.lines.push(`${paint.bold(word('cluster', language))} ${line(scopeText(report, language))}`, '');
    for (const incident of report.incidents) this.incident(incident);
    if (!options.brief) this.ending();
    return `${this.lines.join('\n').trimEnd()}\n`;
  }

  private incident(incident: IncidentReport): void {
    const { paint, options, lines } = this;
    const { language, brief } = options;
    const verdict = this.verdict(incident.verdict);
    // Nothing to do, nothing to read: one line each.
    const quiet = incident.verdict === 'clear' || incident.verdict === 'absent';
    lines.push(`${verdict} ${paint.bold(incident.runbook)} ${line(brief || quiet ? incident.summary : incident.title)}`);
    if (brief || quiet) return;
    lines.push(`  ${line(incident.summary)}`);
    const told = incident.subjects.filter(({ verdict: own }) => own !== 'clear');
    // Where nothing speaks for or against, what to do next is the same for all of them: told of the first.
    const [firstBare, ...bare] = told.filter(isBare);
    const full = told.filter((subject) => subject === firstBare || !(isBare(subject) || subject.verdict === 'mitigated'));
    for (const subject of full.slice(0, MAX_SUBJECTS)) this.subject(subject);
    if (bare.length > 0) lines.push(`  ${this.verdict('unknown')} ${line(word('sameFor', language, { names: namesOf(bare, language) }))}`);
    if (full.length > MAX_SUBJECTS) lines.push(`  ${word('more', language, { count: full.length - MAX_SUBJECTS })}`);
    this.mitigated(told.filter((subject) => subject.verdict === 'mitigated'));
    for (const text of notCheckedLines(incident.notChecked, language))
      lines.push(`  ${paint.faint(`${word('notChecked', language)}${language === 'zh-cn' ? '：' : ': '}${line(text)}`)}`);
    if (incident.verdict === 'live' || incident.verdict === 'latent')
      lines.push(`  ${paint.faint(`${word('runbook', language)}: runbook-lens runbooks show ${incident.runbook}`)}`);
    lines.push('');
  }

  /** Nothing to do: what prevents it, so that nobody takes it away, in one line each. */
  private mitigated(subjects: readonly SubjectReport[]): void {
    for (const subject of subjects.slice(0, MAX_MITIGATED)) {
      const [reason] = subject.evidence;
      const because = reason === undefined ? '' : ` ${this.evidence(reason, subject)}`;
      this.lines.push(`  ${this.verdict('mitigated')} ${this.paint.bold(harmlessPath(objectText(subject)))}${because}`);
    }
    if (subjects.length > MAX_MITIGATED)
      this.lines.push(`  ${word('more', this.options.language, { count: subjects.length - MAX_MITIGATED })}`);
  }

  private subject(subject: SubjectReport): void {
    const { paint, lines } = this;
    const { language } = this.options;
    lines.push(`  ${this.verdict(subject.verdict)} ${paint.bold(harmlessPath(objectText(subject)))}`);
    for (const evidence of subject.evidence) lines.push(`    ${this.evidence(evidence, subject)}`);
    for (const { rule, severity, message, pointer } of subject.findings)
      lines.push(`    ${paint[severity](severity)} ${rule} ${line(message)} ${paint.faint(line(pointer))}`);
    for (const text of subject.wouldProve) lines.push(`    ${paint.faint(`${word('wouldProve', language)}: ${line(text)}`)}`);
    for (const { title, command, risk, undo } of subject.actions) {
      const mark = risk === 'change' ? paint.warning(word('change', language)) : paint.good(word('read', language));
      lines.push(`    ${mark} ${line(title)}`, ...commandLines(command));
      if (undo !== undefined) lines.push(`      ${paint.faint(word('undo', language))}`, ...commandLines(undo));
    }
  }

  private evidence(evidence: EvidenceReport, subject: SubjectReport): string {
    const { paint, report } = this;
    const { language } = this.options;
    const { source, object, pointer, value, time, explains } = evidence;
    const own = object.kind === subject.kind && object.name === subject.name && object.namespace === subject.namespace;
    const where = [own ? '' : objectText(object), pointer].filter((part) => part !== '').join(' ');
    const age = time === undefined ? '' : ageText(time, report.takenAt, language);
    const from = messageText(SOURCE_WORDS[source], undefined, language);
    const read = [value, age].filter((part) => part !== '').join(language === 'zh-cn' ? '，' : ', ');
    const origin = [read, where].filter((part) => part !== '').join('; ');
    return `${paint.information(from)} ${line(explains)}${origin === '' ? '' : ` ${paint.faint(line(`(${origin})`))}`}`;
  }

  private ending(): void {
    const { report, lines, paint } = this;
    const { language } = this.options;
    if (report.access.roleYaml === '') return;
    lines.push('', paint.bold(word('access', language)), '');
    for (const text of report.access.roleYaml.trimEnd().split('\n')) lines.push(`  ${harmless(text)}`);
  }

  private verdict(verdict: Verdict): string {
    const text = messageText(VERDICT_WORDS[verdict], undefined, this.options.language);
    const upper = this.options.language === 'zh-cn' ? `【${text}】` : text.toUpperCase();
    const { paint } = this;
    const colour = {
      live: paint.error,
      latent: paint.warning,
      unknown: paint.information,
      mitigated: paint.hint,
      clear: paint.good,
      absent: paint.faint,
    };
    return colour[verdict](upper);
  }
}

/** Nobody knows, and nothing was read that says either. */
function isBare({ verdict, evidence, findings }: SubjectReport): boolean {
  return verdict === 'unknown' && evidence.length === 0 && findings.length === 0;
}

function namesOf(subjects: readonly SubjectReport[], language: Language): string {
  const names = subjects.slice(0, MAX_SUBJECTS).map((subject) => harmlessPath(objectText(subject)));
  if (subjects.length > MAX_SUBJECTS) names.push(word('more', language, { count: subjects.length - MAX_SUBJECTS }));
  return names.join(language === 'zh-cn' ? '、' : ', ');
}

/** One line, whatever a cluster's names and messages hold. */
function line(text: string): string {
  return harmless(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

function commandLines(command: string): string[] {
  return harmless(command)
    .trimEnd()
    .split('\n')
    .map((text) => `      ${text}`);
}
