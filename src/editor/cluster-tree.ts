import * as vscode from 'vscode';
import type { Evidence, Verdict } from '../linters/probe.ts';
import type { ActionReport, EvidenceReport, FindingReport, IncidentReport, SubjectReport } from '../report/diagnosis-report.ts';
import { ageText, notCheckedLines, objectText, scopeText, SOURCE_WORDS, VERDICT_WORDS, word } from '../report/diagnosis-words.ts';
import { messageText } from '../report/message.ts';
import type { FolderDrift, ObjectReference, Progress } from '../service/cluster-protocol.ts';
import { driftText, driftWord } from './cluster-drift.ts';
import type { Asked, ClusterSession, Running } from './cluster-session.ts';
import { OPEN_OBJECT, REVEAL, SHOW_LOG } from './commands.ts';
import { language } from './preferences.ts';

interface Place {
  readonly runbook: string;
  /** Index among the incident's subjects. */
  readonly subject: number;
}

/** What menus of the view get as their argument. */
export type ClusterNode =
  | { readonly node: 'running'; readonly running: Running }
  | { readonly node: 'progress'; readonly progress: Progress }
  | { readonly node: 'failure'; readonly message: string }
  | { readonly node: 'asked'; readonly asked: Asked }
  | { readonly node: 'incident'; readonly incident: IncidentReport }
  | { readonly node: 'subject'; readonly at: Place; readonly subject: SubjectReport }
  | { readonly node: 'evidence'; readonly at: Place; readonly index: number; readonly evidence: EvidenceReport }
  | { readonly node: 'finding'; readonly at: Place; readonly index: number; readonly finding: FindingReport }
  | { readonly node: 'action'; readonly at: Place; readonly index: number; readonly action: ActionReport }
  | { readonly node: 'note'; readonly id: string; readonly text: string; readonly description: string; readonly icon: string }
  | { readonly node: 'notChecked'; readonly incident: IncidentReport }
  | { readonly node: 'driftGroup'; readonly drift: readonly FolderDrift[] }
  | { readonly node: 'drift'; readonly drift: FolderDrift };

const ICONS: Readonly<Record<Verdict, vscode.ThemeIcon>> = {
  live: new vscode.ThemeIcon('flame', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  latent: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  unknown: new vscode.ThemeIcon('question', new vscode.ThemeColor('problemsInfoIcon.foreground')),
  mitigated: new vscode.ThemeIcon('shield'),
  clear: new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')),
  absent: new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('disabledForeground')),
};

const SOURCE_ICONS: Readonly<Record<Evidence['source'], string>> = {
  status: 'pulse',
  spec: 'file-code',
  event: 'bell',
  log: 'output',
  metrics: 'graph',
  config: 'settings-gear',
};

/** The icon that stands for a verdict everywhere. */
export function verdictIcon(verdict: Verdict): vscode.ThemeIcon {
  return ICONS[verdict];
}

export function verdictText(verdict: Verdict): string {
  return messageText(VERDICT_WORDS[verdict], undefined, language());
}

/** What is read while it is read; then the incidents, what is live first, with their evidence and what to do. */
export class ClusterTree implements vscode.TreeDataProvider<ClusterNode> {
  private readonly session: ClusterSession;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(session: ClusterSession) {
    this.session = session;
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(parent?: ClusterNode): ClusterNode[] {
    if (!parent) return this.roots();
    switch (parent.node) {
      case 'running':
        return [...parent.running.progress.values()].map((progress) => ({ node: 'progress', progress }));
      case 'incident':
        return incidentChildren(parent.incident);
      case 'subject':
        return subjectChildren(parent.at, parent.subject);
      case 'notChecked':
        return notCheckedLines(parent.incident.notChecked, language()).map((text, index) => ({
          node: 'note',
          id: `${parent.incident.runbook} not checked ${index}`,
          text,
          description: '',
          icon: 'circle-slash',
        }));
      case 'driftGroup':
        return parent.drift.map((drift) => ({ node: 'drift', drift }));
      default:
        return [];
    }
  }

  getParent(child: ClusterNode): ClusterNode | undefined {
    const { data } = this.session;
    const at = 'at' in child ? child.at : undefined;
    if (at === undefined || !data) return undefined;
    const incident = this.session.incident(at.runbook);
    const subject = incident?.subjects[at.subject];
    if (!incident || !subject) return undefined;
    return child.node === 'subject' ? { node: 'incident', incident } : { node: 'subject', at, subject };
  }

  private roots(): ClusterNode[] {
    const { session } = this;
    const roots: ClusterNode[] = [];
    if (session.running) return [{ node: 'running', running: session.running }];
    if (session.failure !== undefined) roots.push({ node: 'failure', message: session.failure });
    if (session.asked) roots.push({ node: 'asked', asked: session.asked });
    if (!session.data) return roots;
    const incidents = session.data.report.incidents.map((incident): ClusterNode & { node: 'incident' } => ({ node: 'incident', incident }));
    const { drift } = session;
    if (drift.length === 0) return [...roots, ...incidents];
    // What is happening goes first; the differences explain it.
    const urgent = incidents.filter(({ incident }) => incident.verdict === 'live' || incident.verdict === 'latent');
    return [...roots, ...urgent, { node: 'driftGroup', drift }, ...incidents.slice(urgent.length)];
  }

  getTreeItem(node: ClusterNode): vscode.TreeItem {
    switch (node.node) {
      case 'running':
        return runningItem(node.running);
      case 'progress':
        return progressItem(node.progress);
      case 'failure':
        return failureItem(node.message);
      case 'asked':
        return askedItem(node.asked);
      case 'incident':
        return incidentItem(node.incident);
      case 'subject':
        return subjectItem(node.at, node.subject);
      case 'evidence':
        return this.evidenceItem(node);
      case 'finding':
        return findingItem(node);
      case 'action':
        return actionItem(node);
      case 'note':
        return noteItem(node);
      case 'notChecked': {
        const item = new vscode.TreeItem(word('notChecked', language()), vscode.TreeItemCollapsibleState.Collapsed);
        item.id = `not checked ${node.incident.runbook}`;
        item.description = String(node.incident.notChecked.length);
        return item;
      }
      case 'driftGroup': {
        const item = new vscode.TreeItem(vscode.l10n.t('Drift'), vscode.TreeItemCollapsibleState.Expanded);
        item.id = 'drift';
        item.iconPath = new vscode.ThemeIcon('git-compare');
        item.description = vscode.l10n.t('files against the cluster');
        return item;
      }
      case 'drift':
        return driftItem(node.drift);
    }
  }

  private evidenceItem({ at, index, evidence }: ClusterNode & { node: 'evidence' }): vscode.TreeItem {
    const { source, object, pointer, value, time, explains } = evidence;
    const takenAt = this.session.data?.report.takenAt ?? '';
    const age = time === undefined ? '' : ageText(time, takenAt, language());
    const item = new vscode.TreeItem(explains);
    item.id = `evidence ${at.runbook} ${at.subject} ${index}`;
    item.description = [value, age].filter((part) => part !== '').join(' · ');
    item.iconPath = new vscode.ThemeIcon(SOURCE_ICONS[source]);
    item.contextValue = 'object';
    item.tooltip = [explains, value, [age, time ?? ''].join(' ').trim(), `${objectText(object)} ${pointer}`]
      .filter((part) => part !== '')
      .join('\n');
    const from = messageText(SOURCE_WORDS[source], undefined, language());
    item.accessibilityInformation = { label: `${from}: ${explains}, ${item.description}, ${objectText(object)}` };
    item.command = openObject(object, pointer);
    return item;
  }
}

function incidentChildren(incident: IncidentReport): ClusterNode[] {
  const { runbook, subjects, notChecked, summary } = incident;
  return [
    { node: 'note', id: `summary ${runbook}`, text: summary, description: '', icon: 'note' },
    ...subjects.map((subject, index): ClusterNode => ({ node: 'subject', at: { runbook, subject: index }, subject })),
    ...(notChecked.length > 0 ? [{ node: 'notChecked', incident } as const] : []),
  ];
}

function subjectChildren(at: Place, subject: SubjectReport): ClusterNode[] {
  return [
    ...subject.evidence.map((evidence, index): ClusterNode => ({ node: 'evidence', at, index, evidence })),
    ...subject.findings.map((finding, index): ClusterNode => ({ node: 'finding', at, index, finding })),
    ...subject.wouldProve.map(
      (text, index): ClusterNode => ({
        node: 'note',
        id: `more ${at.runbook} ${at.subject} ${index}`,
        text,
        description: word('wouldProve', language()),
        icon: 'lightbulb',
      }),
    ),
    ...subject.actions.map((action, index): ClusterNode => ({ node: 'action', at, index, action })),
  ];
}

function runningItem({ subject, progress }: Running): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Reading {0}…', subject), vscode.TreeItemCollapsibleState.Expanded);
  item.id = 'running';
  item.iconPath = new vscode.ThemeIcon('loading~spin');
  let count = 0;
  for (const one of progress.values()) if (one.step === 'list') count += one.count;
  item.description = vscode.l10n.t('{0} objects', count);
  return item;
}

function progressItem({ step, resource, count, total, done }: Progress): vscode.TreeItem {
  const item = new vscode.TreeItem(stepText(step, resource));
  item.id = `progress ${step} ${resource}`;
  if (step !== 'access' && step !== 'discovery')
    item.description = total === undefined ? String(count) : vscode.l10n.t('{0} of {1}', count, total);
  item.iconPath = new vscode.ThemeIcon(done ? 'check' : 'loading~spin');
  return item;
}

function stepText(step: Progress['step'], resource: string): string {
  switch (step) {
    case 'access':
      return vscode.l10n.t('What may be read');
    case 'discovery':
      return vscode.l10n.t('What the cluster serves');
    case 'list':
      return resource;
    case 'logs':
      return vscode.l10n.t('Last lines of logs');
    case 'ask':
      return vscode.l10n.t('Status pages');
    case 'observe':
      return vscode.l10n.t('Samples of CPU and memory');
  }
}

function failureItem(message: string): vscode.TreeItem {
  const item = new vscode.TreeItem(message);
  item.id = 'failure';
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground'));
  item.tooltip = message;
  item.command = { command: SHOW_LOG, title: vscode.l10n.t('Show the log') };
  return item;
}

function askedItem({ finding, drift }: Asked): vscode.TreeItem {
  const place = `${finding.path.slice(finding.path.lastIndexOf('/') + 1)}:${finding.range.start.line + 1}`;
  const item = new vscode.TreeItem(place);
  const text = drift ? driftText(drift) : vscode.l10n.t('The finding is not in the files any more');
  item.id = 'asked';
  item.description = drift ? `${driftWord(drift)} · ${text}` : text;
  item.tooltip = text;
  item.iconPath = drift?.state === 'both' ? ICONS.live : new vscode.ThemeIcon('question');
  item.accessibilityInformation = { label: `${place}: ${text}` };
  if (drift?.state === 'both') {
    item.contextValue = 'object';
    item.command = openObject(drift.object, drift.pointer);
  }
  return item;
}

function incidentItem({ runbook, title, verdict, summary, subjects }: IncidentReport): vscode.TreeItem {
  const open = verdict === 'live' ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
  const item = new vscode.TreeItem(title, open);
  item.id = `incident ${runbook}`;
  item.description = verdictText(verdict);
  item.iconPath = ICONS[verdict];
  item.contextValue = 'incident';
  item.tooltip = `${title}\n${verdictText(verdict)}: ${summary}\n${runbook}`;
  const worst = subjects[0] === undefined ? '' : `, ${objectText(subjects[0])}`;
  item.accessibilityInformation = { label: `${verdictText(verdict)}: ${title}${worst}` };
  return item;
}

function subjectItem(at: Place, subject: SubjectReport): vscode.TreeItem {
  const { verdict } = subject;
  const open = verdict === 'live' ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
  const item = new vscode.TreeItem(objectText(subject), open);
  item.id = `subject ${at.runbook} ${at.subject}`;
  item.description = verdictText(verdict);
  item.iconPath = ICONS[verdict];
  item.contextValue = 'object';
  return item;
}

function findingItem({ at, index, finding }: ClusterNode & { node: 'finding' }): vscode.TreeItem {
  const { rule, message, object, pointer, severity } = finding;
  const item = new vscode.TreeItem(rule);
  item.id = `rule ${at.runbook} ${at.subject} ${index}`;
  item.description = message;
  item.tooltip = `${message}\n${objectText(object)} ${pointer}`;
  item.iconPath = new vscode.ThemeIcon(severity === 'error' ? 'error' : severity === 'warning' ? 'warning' : 'info');
  item.contextValue = 'object';
  item.command = openObject(object, pointer);
  return item;
}

function actionItem({ at, index, action }: ClusterNode & { node: 'action' }): vscode.TreeItem {
  const { title, command, risk, undo } = action;
  const item = new vscode.TreeItem(title);
  item.id = `action ${at.runbook} ${at.subject} ${index}`;
  item.description = `${word(risk, language())} · ${command}`;
  item.iconPath =
    risk === 'change'
      ? new vscode.ThemeIcon('tools', new vscode.ThemeColor('problemsWarningIcon.foreground'))
      : new vscode.ThemeIcon('terminal');
  item.contextValue = undo === undefined ? 'action' : 'actionWithUndo';
  const tooltip = new vscode.MarkdownString();
  tooltip.appendText(title);
  tooltip.appendCodeblock(command, 'shellscript');
  if (undo !== undefined) {
    tooltip.appendText(word('undo', language()));
    tooltip.appendCodeblock(undo, 'shellscript');
  }
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: `${word(risk, language())}: ${title}, ${command}` };
  return item;
}

function noteItem({ id, text, description, icon }: ClusterNode & { node: 'note' }): vscode.TreeItem {
  const item = new vscode.TreeItem(text);
  item.id = id;
  item.description = description;
  item.tooltip = text;
  item.iconPath = new vscode.ThemeIcon(icon);
  return item;
}

function driftItem(drift: FolderDrift): vscode.TreeItem {
  const item = new vscode.TreeItem(objectText(drift.object));
  const text = driftText(drift);
  item.id = `drift ${drift.state} ${drift.folder} ${drift.rule} ${objectText(drift.object)} ${drift.finding ?? ''}`;
  item.description = `${driftWord(drift)} · ${drift.rule}`;
  item.tooltip = text;
  item.iconPath = new vscode.ThemeIcon(drift.state === 'fixed-in-files' ? 'cloud' : 'file');
  item.contextValue = 'object';
  item.accessibilityInformation = { label: text };
  item.command = { command: REVEAL, title: vscode.l10n.t('Go to the finding'), arguments: [drift.folder, drift.path, drift.line - 1, 0] };
  return item;
}

function openObject(object: ObjectReference, pointer: string): vscode.Command {
  return { command: OPEN_OBJECT, title: vscode.l10n.t('Open the object'), arguments: [object, pointer] };
}

/** The Cluster view with its badge, which counts what is live. */
export function registerClusterTree(
  session: ClusterSession,
): { view: vscode.TreeView<ClusterNode>; tree: ClusterTree } & vscode.Disposable {
  const tree = new ClusterTree(session);
  const view = vscode.window.createTreeView('runbookLens.cluster', { treeDataProvider: tree, showCollapseAll: true });
  const refresh = (): void => {
    tree.refresh();
    const { data, running } = session;
    const live = data?.report.incidents.filter(({ verdict }) => verdict === 'live').length ?? 0;
    view.badge = live === 0 ? undefined : { value: live, tooltip: liveText(live) };
    view.description = data && !running ? data.report.cluster.context || data.from : undefined;
    view.message = session.message ?? (data && !running && data.narrowed ? scopeText(data.report, language()) : undefined);
  };
  const subscriptions = [session.onChange(refresh), view];
  return { view, tree, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}

function liveText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 incident is live') : vscode.l10n.t('{0} incidents are live', count);
}
