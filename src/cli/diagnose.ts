import { resolve } from 'node:path';
import type { CollectRequest, Progress } from '../cluster/cluster.ts';
import { parseGoDurationMs } from '../model/duration.ts';
import { wantsColour } from '../report/colour.ts';
import { type DiagnosisReport, isHappeningOrWaiting } from '../report/diagnosis-report.ts';
import { diagnosisMarkdown } from '../report/diagnosis-markdown.ts';
import { diagnosisText } from '../report/diagnosis-text.ts';
import { messageText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';
import { followUpOf, incidentReport, NEEDS, type ReportSettings } from '../service/incident-report.ts';
import { productVersion } from '../service/product.ts';
import { readSavedCluster } from '../service/saved-cluster.ts';
import { snapshotText } from '../snapshot/save.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { CannotWork } from './cannot-work.ts';
import type { CommonOptions } from './options.ts';
import { emit, note, writeWhole } from './output.ts';
import { findRoot } from './paths.ts';
import { type LoadedConfiguration, loadConfiguration } from './settings.ts';

export interface DiagnoseOptions extends CommonOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly from?: string;
  readonly save?: string;
  readonly observe?: string;
  readonly deep?: boolean;
  readonly deadline?: string;
  readonly strict?: boolean;
}

/** `diagnose`: gives the exit status. Throws `CannotWork` for what makes it 2. */
export async function diagnoseCommand(options: DiagnoseOptions): Promise<number> {
  const loaded = loadConfiguration(options, findRoot(options.root, process.cwd()));
  const { language } = loaded;
  checkOptions(options);
  const snapshot = options.from === undefined ? await readCluster(options, loaded) : await readFrom(options.from, options, loaded);
  if (options.save !== undefined) writeWhole(resolve(options.save), snapshotText(snapshot));
  const report = incidentReport(snapshot, { ...judging(options, loaded), language });
  emit(format(report, options, language), options.output);
  if (snapshot.cluster.narrowed === true && !options.quiet)
    note(messageText(NARROWED, { namespace: snapshot.cluster.namespaces.join(' ') }, language));
  return exitStatus(report, options, language);
}

const NARROWED = {
  en: 'looked at namespace {namespace} only: these credentials may not list pods in all namespaces (--namespace names others)',
  zh: '只检查了命名空间 {namespace}：当前凭据无权列出全部命名空间的 Pod（可用 --namespace 指定其他命名空间）',
};

const STOPPED = { en: 'stopped', zh: '已停止' };

const SKIPPED = {
  en: '{count} files hold no objects that could be read; the first: {first}',
  zh: '有 {count} 个文件不含可读取的对象，第一个：{first}',
};

function judging({ preview }: DiagnoseOptions, { configuration }: LoadedConfiguration): Omit<ReportSettings, 'language'> {
  return { configuration, preview, options: configuration.settings.probes };
}

function checkOptions(options: DiagnoseOptions): void {
  const { from, namespace = [], allNamespaces, kubeconfig, context, observe, deep } = options;
  if (allNamespaces && namespace.length > 0) {
    throw new CannotWork({ en: '--namespace and --all-namespaces exclude each other', zh: '--namespace 与 --all-namespaces 不能同时使用' });
  }
  if (from === undefined) return;
  const live = { '--kubeconfig': kubeconfig, '--context': context, '--namespace': namespace[0], '--all-namespaces': allNamespaces };
  const given = Object.entries({ ...live, '--observe': observe, '--deep': deep }).find(
    ([, value]) => value !== undefined && value !== false,
  );
  if (given) {
    const option = given[0];
    throw new CannotWork(
      { en: '{option} asks a cluster; with --from there is none', zh: '{option} 需要连接集群，不能与 --from 同时使用' },
      { option },
    );
  }
}

async function readFrom(path: string, options: DiagnoseOptions, loaded: LoadedConfiguration): Promise<Snapshot> {
  const { language } = loaded;
  const saved = await readSavedCluster(path, (snapshot) => followUpOf(snapshot, judging(options, loaded)));
  if ('error' in saved) throw new CannotWork(saved.error.message, saved.error.data);
  const [first] = saved.skipped;
  if (first !== undefined && !options.quiet) note(messageText(SKIPPED, { first, count: saved.skipped.length }, language));
  return saved.snapshot;
}

async function readCluster(options: DiagnoseOptions, loaded: LoadedConfiguration): Promise<Snapshot> {
  const { language } = loaded;
  const deadlineMs = durationOf('--deadline', options.deadline);
  const observeMs = durationOf('--observe', options.observe);
  const cancel = new AbortController();
  const stop = (): void => cancel.abort();
  process.once('SIGINT', stop);
  const meter = new ProgressLine(language, process.stderr.isTTY === true && !options.quiet);
  try {
    const { openCluster } = await import('../cluster/cluster.ts');
    const opened = await openCluster({
      version: productVersion(),
      interactive: process.stdin.isTTY === true,
      onPluginOutput: (text) => process.stderr.write(text),
      signal: cancel.signal,
      ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
      ...(options.context === undefined ? {} : { context: options.context }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    if (!opened.ok) throw cancel.signal.aborted ? new CannotWork(STOPPED) : new CannotWork(opened.error.message, opened.error.data);
    try {
      const snapshot = await opened.value.collect({
        scope: scopeOf(options),
        needs: NEEDS,
        deep: options.deep ?? false,
        signal: cancel.signal,
        onProgress: (progress) => meter.show(progress),
        followUp: (snapshotSoFar) => followUpOf(snapshotSoFar, judging(options, loaded)),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ...(observeMs === undefined ? {} : { observeMs }),
      });
      if (cancel.signal.aborted) throw new CannotWork(STOPPED);
      return snapshot;
    } finally {
      opened.value.close();
    }
  } finally {
    meter.clear();
    process.removeListener('SIGINT', stop);
  }
}

function scopeOf({ namespace = [], allNamespaces }: DiagnoseOptions): CollectRequest['scope'] {
  if (allNamespaces) return { kind: 'all' };
  return namespace.length > 0 ? { kind: 'listed', namespaces: namespace } : { kind: 'default' };
}

function durationOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const durationMs = parseGoDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  throw new CannotWork(
    { en: '{option} {text}: a duration is written like 3m or 90s', zh: '{option} {text}：时长应写作 3m 或 90s' },
    { option, text },
  );
}

function format(report: DiagnosisReport, options: DiagnoseOptions, language: Language): string {
  if (options.format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  if (options.format === 'markdown') return diagnosisMarkdown(report, language);
  const toTerminal = options.output === undefined && process.stdout.isTTY === true;
  return diagnosisText(report, { language, colour: wantsColour(options.color, process.env, toTerminal), brief: options.quiet });
}

function exitStatus(report: DiagnosisReport, options: DiagnoseOptions, language: Language): number {
  const unknown = report.incidents.filter(({ verdict }) => verdict === 'unknown').map(({ runbook }) => runbook);
  if (options.strict && unknown.length > 0) {
    const ids = unknown.join(language === 'zh-cn' ? '、' : ', ');
    throw new CannotWork({ en: '--strict: no verdict on {ids}', zh: '--strict：无法判断 {ids}' }, { ids });
  }
  return options.failOn !== 'never' && isHappeningOrWaiting(report) ? 1 : 0;
}

/** One line on a terminal, written over and over. */
class ProgressLine {
  private readonly language: Language;
  private readonly shown: boolean;
  private wrote = false;

  constructor(language: Language, shown: boolean) {
    this.language = language;
    this.shown = shown;
  }

  show({ step, resource, count, total }: Progress): void {
    if (!this.shown) return;
    const of = total === undefined ? '' : `/${total}`;
    process.stderr.write(`\r\u001b[K${STEPS[step][this.language === 'zh-cn' ? 'zh' : 'en']} ${resource} ${count}${of}`);
    this.wrote = true;
  }

  clear(): void {
    if (this.wrote) process.stderr.write('\r\u001b[K');
  }
}

const STEPS: Readonly<Record<Progress['step'], { readonly en: string; readonly zh: string }>> = {
  access: { en: 'asking what may be read', zh: '查询读取权限' },
  discovery: { en: 'asking what is served', zh: '查询可用的 API' },
  list: { en: 'reading', zh: '读取' },
  logs: { en: 'reading logs', zh: '读取日志' },
  ask: { en: 'asking services', zh: '查询服务' },
  observe: { en: 'observing', zh: '观察' },
};
