import type { Change, Fix, Snippet } from '../../../fixes/change.ts';
import type { CredentialWindow } from '../../../model/aws-credentials.ts';
import { type Dependant, type DependantSdk, dependantsOf } from '../../../model/credential-dependants.ts';
import { formatDuration } from '../../../model/duration.ts';
import { durationOf, kiamProcesses } from '../../../model/kiam-process.ts';
import {
  type CredentialServices,
  credentialServices,
  EXPIRED_WINDOW_MS,
  harmOf,
  type KiamService,
  type ServedLife,
} from '../../../model/kiam-window.ts';
import type { Unit } from '../../../model/unit.ts';
import type { Anchor } from '../../../text/source.ts';
import { milder, type Related, type Report, type Rule, type Severity } from '../../rule.ts';

/**
 * The AWS SDK for Java v1 before 1.12.187, v2 before 2.17.159 and botocore before 1.25.0 take credentials with less than 15 minutes left
 * for stale and fetch them anew on every call; Java v2 2.17.159 to .163 waits 15 minutes at least, past their end. On EC2 nobody notices:
 * its credentials live for hours. Kiam hands out such credentials by default.
 * Sources: aws-sdk-java CHANGELOG 1.12.187, aws-sdk-java-v2 CHANGELOG 2.17.159 and 2.17.164 and issue 3142, botocore commit 5d49e9e.
 */
export const sdkRefreshWindow: Rule = {
  id: 'aws/sdk-refresh-window',
  title: {
    en: 'This AWS SDK can’t live with the short credentials of Kiam',
    zh: '该版本 AWS SDK 无法应对 Kiam 下发的短有效期凭证',
  },
  runbook: 'kiam/credential-refresh-storm',
  severity: 'information',
  default: 'on',
  affects: 'AWS SDK for Java 1 before 1.12.187 and 2 before 2.17.164, botocore before 1.25.0',
  fixable: 'review',
  sources: [
    'aws/aws-sdk-java:CHANGELOG.md@1.12.187',
    'aws/aws-sdk-java-v2:CHANGELOG.md@2.17.164',
    'https://github.com/aws/aws-sdk-java-v2/issues/3142',
    'https://github.com/boto/botocore/issues/2670',
  ],
  messages: {
    storm: {
      en: '{sdk} {version} fetches credentials anew on every call while less than 15m are left, and {workload} gets them from {service} with as little as {low} left. {fixed} and later don’t.',
      zh: '{sdk} {version} 在凭证剩余不足 15m 时每次调用都会重新获取，而 {workload} 从 {service} 拿到的凭证最少只剩 {low}。{fixed} 及以上没有这个问题。',
    },
    stormUnseen: {
      en: '{sdk} {version} fetches credentials anew on every call while less than 15m are left. {workload} gets its from Kiam or kube2iam, whose settings aren’t known here; Kiam’s defaults leave 5m. {fixed} and later don’t.',
      zh: '{sdk} {version} 在凭证剩余不足 15m 时每次调用都会重新获取。{workload} 的凭证来自 Kiam 或 kube2iam，其配置在这里未知；Kiam 默认最少只剩 5m。{fixed} 及以上没有这个问题。',
    },
    raisedWait: {
      en: '{sdk} {version} waits 15m before it asks for credentials again, and {workload} gets them from {service} with as little as {low} left: it signs with expired ones. {fixed} and later ask in time.',
      zh: '{sdk} {version} 至少等 15m 才会重新获取凭证，而 {workload} 从 {service} 拿到的凭证最少只剩 {low}：会用过期凭证签名。{fixed} 及以上会及时获取。',
    },
    raisedWaitUnseen: {
      en: '{sdk} {version} waits 15m before it asks for credentials again. {workload} gets its from Kiam or kube2iam, whose settings aren’t known here; with Kiam’s defaults it signs with expired ones. {fixed} and later ask in time.',
      zh: '{sdk} {version} 至少等 15m 才会重新获取凭证。{workload} 的凭证来自 Kiam 或 kube2iam，其配置在这里未知；按 Kiam 默认值会用过期凭证签名。{fixed} 及以上会及时获取。',
    },
    botocore: {
      en: '{sdk} {version} fetches credentials anew on every call while less than 15m are left, and {workload} gets them from {service} with as little as {low} left. A newer botocore alone would sign with expired ones instead: first let none have less than 10m left, best 26m.',
      zh: '{sdk} {version} 在凭证剩余不足 15m 时每次调用都会重新获取，而 {workload} 从 {service} 拿到的凭证最少只剩 {low}。只升级 botocore 会变成用过期凭证签名：请先让凭证剩余不少于 10m，最好 26m。',
    },
    botocoreUnseen: {
      en: '{sdk} {version} fetches credentials anew on every call while less than 15m are left. {workload} gets its from Kiam or kube2iam, whose settings aren’t known here; Kiam’s defaults leave 5m. A newer botocore alone would sign with expired ones instead.',
      zh: '{sdk} {version} 在凭证剩余不足 15m 时每次调用都会重新获取。{workload} 的凭证来自 Kiam 或 kube2iam，其配置在这里未知；Kiam 默认最少只剩 5m。只升级 botocore 会变成用过期凭证签名。',
    },
    maybe: {
      en: '{sdk} {version} allows versions (before {fixed}) that can’t live with credentials of less than 15m, and {workload} gets its from Kiam or kube2iam.',
      zh: '{sdk} {version} 可能解析到 {fixed} 之前的版本，这些版本无法应对剩余有效期不足 15m 的凭证，而 {workload} 的凭证正来自 Kiam 或 kube2iam。',
    },
    dependant: { en: '{workload} takes its credentials by this role', zh: '{workload} 通过该角色获取凭证' },
    served: { en: 'Served with as little as {low} left', zh: '下发时最少只剩 {low}' },
    raise: { en: 'Raise {sdk} to {to}', zh: '把 {sdk} 升级到 {to}' },
    relock: {
      en: 'The version stands in a lock file. Raise it in the build file and lock again.',
      zh: '该版本写在锁文件里。请在构建文件中升级后重新生成锁文件。',
    },
    kiamFirst: {
      en: 'Raising botocore trades the storm for expired signatures as long as Kiam serves less than 10m. Set Kiam’s flags first.',
      zh: '只要 Kiam 下发的凭证剩余不足 10m，升级 botocore 只会把请求风暴换成过期签名。请先设置 Kiam 的参数。',
    },
  },
  check({ unit, repository, report }) {
    const dependants = dependantsOf(unit);
    if (dependants.length === 0) return;
    const services = credentialServices(repository);
    for (const dependant of dependants) {
      for (const sdk of dependant.sdks) {
        const found = judge(dependant, sdk, unit, services);
        if (found) report(found);
      }
    }
  },
};

/** From which version on the SDK copes, and which one to take: for Java the first that does for EKS Pod Identity, too. */
const CURES: Partial<Readonly<Record<CredentialWindow['sdk'], { readonly fixed: string; readonly to: string | undefined }>>> = {
  'AWS SDK for Java v1': { fixed: '1.12.187', to: '1.12.782' },
  'AWS SDK for Java v2': { fixed: '2.17.164', to: '2.21.30' },
  botocore: { fixed: '1.25.0', to: undefined },
};

function judge(dependant: Dependant, { window, join }: DependantSdk, unit: Unit, services: CredentialServices): Report | undefined {
  const cure = CURES[window.sdk];
  const { behaviour, dependency } = window;
  if (!cure || (behaviour !== 'storm' && behaviour !== 'raised-wait') || dependency.scope === 'provided') return undefined;
  // A range without an upper end gets the newest, which copes.
  if (dependency.range.before === undefined) return undefined;
  const served = worstServed(window, unit, services);
  if (served === 'enough') return undefined;
  const { sdk, version } = window;
  const data = { sdk, version, workload: dependant.name, fixed: cure.fixed };
  const related: Related[] = [{ at: dependant.annotation, messageId: 'dependant', data: { workload: dependant.name } }];
  if (served !== 'unseen' && served.at)
    related.push({ at: served.at, messageId: 'served', data: { low: formatDuration(served.life.lowMs) } });
  const base = { at: window.at, related, ...repair(window, cure) };
  const severity = severityOf(window, join, served);
  if (!window.certain) return { ...base, messageId: 'maybe', data, severity: milder(severity) };
  const id = sdk === 'botocore' ? 'botocore' : behaviour === 'storm' ? 'storm' : 'raisedWait';
  if (served === 'unseen') return { ...base, messageId: `${id}Unseen`, data, severity };
  return { ...base, messageId: id, data: { ...data, service: served.service, low: formatDuration(served.life.lowMs) }, severity };
}

interface Served {
  readonly service: 'Kiam' | 'kube2iam';
  readonly life: ServedLife;
  readonly at: Anchor | undefined;
  readonly sameUnit: boolean;
}

/**
 * What serves the workload: Kiam in its unit, else anywhere in the repository, else kube2iam; the worst for this SDK. `enough`: what is
 * there leaves enough life; `unseen`: nothing is there, or its settings aren't known.
 */
function worstServed(window: CredentialWindow, unit: Unit, services: CredentialServices): Served | 'enough' | 'unseen' {
  const own = kiamProcesses(unit);
  const inUnit = services.kiam.filter((service) => own.includes(service.server));
  const kiam = inUnit.length > 0 ? inUnit : services.kiam;
  const candidates: Served[] = kiam.flatMap((service) =>
    service.lives.map((life) => ({ service: 'Kiam' as const, life, at: placeOf(service), sameUnit: inUnit.length > 0 })),
  );
  let open = inUnit.length === 0 && services.unknownKiam;
  if (kiam.length === 0 && !open) {
    open = services.kube2iam.length === 0 || services.kube2iam.includes(undefined);
    for (const life of services.kube2iam) if (life) candidates.push({ service: 'kube2iam', life, at: undefined, sameUnit: false });
  }
  const harmful = candidates.filter(({ life }) => harmOf(window.behaviour, life) !== 'none');
  const [first] = harmful;
  if (!first) return open ? 'unseen' : 'enough';
  return harmful.reduce((a, b) => (b.life.lowMs < a.life.lowMs ? b : a), first);
}

function placeOf({ server }: KiamService): Anchor {
  const flag = durationOf(server, 'session-refresh').flag ?? durationOf(server, 'session-duration').flag;
  return flag?.value?.at ?? server.at;
}

function severityOf(window: CredentialWindow, join: DependantSdk['join'], served: Served | 'unseen'): Severity {
  // A version that only comes with another library may be replaced by the build.
  if (join !== 'strong' || !window.dependency.declared) return 'information';
  if (served === 'unseen') return 'warning';
  const harm = harmOf(window.behaviour, served.life);
  if (harm === 'partly') return 'information';
  return harm === 'expired' && served.life.lowMs < EXPIRED_WINDOW_MS && served.sameUnit ? 'error' : 'warning';
}

function repair(window: CredentialWindow, { to }: { readonly to: string | undefined }): { fixes?: readonly Fix[]; snippet?: Snippet } {
  if (to === undefined) {
    const text = 'args:\n  - --session-duration=60m\n  - --session-refresh=26m\n';
    return { snippet: { reasonId: 'kiamFirst', data: {}, language: 'yaml', text } };
  }
  const changes = window.dependencies.flatMap(({ editable, version }): Change[] =>
    editable && version.known && version.at && version.value === window.version
      ? [{ change: 'replace-text', at: version.at, text: to }]
      : [],
  );
  if (changes.length === 0)
    return { snippet: { reasonId: 'relock', data: {}, language: 'text', text: `${window.dependency.name}:${to}\n` } };
  return { fixes: [{ id: 'raise-sdk', titleId: 'raise', data: { sdk: window.sdk, to }, safety: 'review', changes }] };
}
