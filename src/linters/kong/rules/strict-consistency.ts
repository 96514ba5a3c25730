import type { Unit } from '../../../model/unit.ts';
import { affected } from '../../../model/version.ts';
import { oncePer } from '../../../text/once.ts';
import { parseShell } from '../../../text/shell.ts';
import type { Anchor, SourceFile } from '../../../text/source.ts';
import { milder, mildest, type Related, type Rule, type Severity } from '../../rule.ts';
import { databaseMode, effective, roleOf } from '../effective.ts';
import { type KongInstance, kongInstances } from '../facts.ts';
import { routeCount } from '../routes.ts';

/**
 * With `strict` a request that finds a stale router waits for the rebuild, but at most `pg_timeout` (5 s by default), and then rebuilds by
 * itself without the lock: ROUTER_SYNC_OPTS = { timeout = pg_timeout / 1000, on_timeout = "run_unlocked" } (kong/runloop/handler.lua@1.2.0,
 * 2.2.0, 2.8.5 and, for an explicit strict, 3.9.3). So once a rebuild takes longer, every waiting request reads all routes itself. The
 * timer of `eventual` never runs twice. The setting is `router_consistency` from 1.2.0 to 2.0.x, `worker_consistency` from 2.1.0 on; `strict` was the
 * default until 3.0.0 and is deprecated since.
 */
export const strictConsistency: Rule = {
  id: 'kong/strict-consistency',
  title: { en: 'Requests wait for the router rebuild and then repeat it', zh: '请求会等待路由重建，超时后各自重建' },
  runbook: 'kong/router-rebuild-memory',
  severity: 'information',
  default: 'on',
  affects: 'Kong with a database, 1.2.0 and later (default until 3.0.0)',
  fixable: 'review',
  sources: [
    'Kong/kong:kong/runloop/handler.lua@2.2.0',
    'Kong/kong:kong/concurrency.lua@2.2.0',
    'Kong/kong:kong.conf.default@3.9.3',
    'https://github.com/Kong/kong/issues/4974',
  ],
  messages: {
    strict: {
      en: '`strict` makes requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock: a stampede on the database. Set {name}=eventual; changes then take up to 5 s to arrive.',
      zh: '`strict` 会让请求等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建，引发数据库惊群。请设置 {name}=eventual，变更最多延迟 5 秒生效。',
    },
    'strict-writes': {
      en: '`strict` makes requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock. Routes are written while traffic runs ({evidence}), so this happens at each write. Set {name}=eventual.',
      zh: '`strict` 会让请求等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建。此处会在运行期间写入路由（{evidence}），每次写入都会触发。请设置 {name}=eventual。',
    },
    'strict-routes': {
      en: '`strict` makes requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock. With {routes} routes a rebuild takes longer than that sooner or later. Set {name}=eventual.',
      zh: '`strict` 会让请求等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建。{routes} 条路由时重建迟早会超过这个时间。请设置 {name}=eventual。',
    },
    'default-strict': {
      en: 'Kong {version} is `strict` by default: requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock: a stampede on the database. Set {name}=eventual; changes then take up to 5 s to arrive.',
      zh: 'Kong {version} 默认为 `strict`：请求会等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建，引发数据库惊群。请设置 {name}=eventual，变更最多延迟 5 秒生效。',
    },
    'default-writes': {
      en: 'Kong {version} is `strict` by default: requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock. Routes are written while traffic runs ({evidence}). Set {name}=eventual.',
      zh: 'Kong {version} 默认为 `strict`：请求会等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建。此处会在运行期间写入路由（{evidence}）。请设置 {name}=eventual。',
    },
    'default-routes': {
      en: 'Kong {version} is `strict` by default: requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock. With {routes} routes a rebuild takes longer than that sooner or later. Set {name}=eventual.',
      zh: 'Kong {version} 默认为 `strict`：请求会等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建。{routes} 条路由时重建迟早会超过这个时间。请设置 {name}=eventual。',
    },
    maybe: {
      en: 'If this is Kong 1.2 or later with a database, requests wait up to {timeout} ms for a router rebuild, and then each rebuilds by itself without the lock. The image does not tell the version. Set {name}=eventual.',
      zh: '如果这是 1.2 及以上且使用数据库的 Kong，请求会等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建（从镜像看不出版本）。请设置 {name}=eventual。',
    },
    deprecated: {
      en: '`strict` is deprecated, and requests wait up to {timeout} ms for a router rebuild, after which each rebuilds by itself without the lock. Kong 3 is `eventual` by default: remove this or set {name}=eventual.',
      zh: '`strict` 已弃用：请求会等待路由重建（最多 {timeout} ms），超时后每个请求各自无锁重建。Kong 3 默认就是 `eventual`：请删除该设置，或设置 {name}=eventual。',
    },
    routes: { en: 'routes are declared here', zh: '路由在此处声明' },
    write: { en: 'writes routes', zh: '写入路由' },
    fix: { en: 'Set {name} to eventual', zh: '将 {name} 设为 eventual' },
    'two-names': {
      en: 'The tag {version} floats over two names of this setting. Pin a version, then set the one that it knows.',
      zh: '浮动标签 {version} 涵盖该设置改名前后的版本。请先固定版本，再按该版本的名称设置：',
    },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      if (databaseMode(instance) !== 'database' || roleOf(instance) === 'control_plane' || isTest(instance)) continue;
      const state = strictness(instance);
      if (!state) continue;
      const routes = routeCount(unit, repository, instance.at.file.path);
      const count = routes?.routes ?? 0;
      const write = state.deprecated ? undefined : dynamicWrite(unit);
      const plain: Severity = state.deprecated || write || count >= 1_000 ? 'warning' : 'information';
      const raised: Severity = !state.deprecated && count >= 30_000 ? 'error' : plain;
      const timeout = effective(instance, 'pg_timeout');
      const byCount = count >= 1_000;
      const kind = byCount ? 'routes' : write ? 'writes' : 'strict';
      const base = !state.explicit ? `default-${kind}` : kind === 'strict' ? 'strict' : `strict-${kind}`;
      const data = {
        version: instance.version.text,
        name: state.name,
        timeout: timeout.is === 'unknown' ? DEFAULT_TIMEOUT_MS : Number(timeout.text) || DEFAULT_TIMEOUT_MS,
        routes: count,
        evidence: write?.what ?? '',
      };
      // A version that may not know the name yet would ignore it in silence.
      const unsure = state.twoNames || (!state.certain && !state.explicit);
      const changes = unsure ? undefined : (state.explicit?.set?.('eventual') ?? instance.add?.(state.name, 'eventual'));
      const related: Related[] = [
        ...(byCount && routes?.at ? [{ at: routes.at, messageId: 'routes' }] : []),
        ...(write && !byCount ? [{ at: write.at, messageId: 'write' }] : []),
      ];
      report({
        messageId: state.certain ? (state.deprecated ? 'deprecated' : base) : 'maybe',
        data,
        at: state.explicit?.value.at ?? instance.at,
        severity: state.certain ? raised : mildest(milder(raised), 'warning'),
        related,
        tags: state.deprecated ? ['deprecated'] : [],
        fixes: changes ? [{ id: 'eventual', titleId: 'fix', data, safety: 'review', changes }] : [],
        ...(state.twoNames && {
          snippet: {
            reasonId: 'two-names',
            data,
            language: 'ini',
            text: '# Kong 1.2 to 2.0\nrouter_consistency = eventual\n# Kong 2.1 and later\nworker_consistency = eventual',
          },
        }),
      });
    }
  },
};

/** `pg_timeout` since 0.15; before, the same was built in. */
const DEFAULT_TIMEOUT_MS = 5_000;

interface Strictness {
  readonly name: string;
  readonly explicit: ReturnType<KongInstance['settings']['get']>;
  readonly certain: boolean;
  readonly deprecated: boolean;
  /** The version may be one of either name. */
  readonly twoNames: boolean;
}

function strictness(instance: KongInstance): Strictness | undefined {
  const { version } = instance;
  const oldName = affected(version, { from: '1.2.0', before: '2.1.0' });
  const newName = affected(version, { from: '2.1.0' });
  const from3 = affected(version, { from: '3.0.0' });
  // An old name that this version ignores is another rule's finding, with the same cause.
  if (newName === 'yes' && instance.settings.has('router_consistency')) return undefined;
  if (oldName === 'yes' && instance.settings.has('worker_consistency')) return undefined;
  if (oldName === 'no' && newName === 'no') return undefined;
  const name = oldName === 'yes' ? 'router_consistency' : 'worker_consistency';
  const explicit = instance.settings.get('worker_consistency') ?? instance.settings.get('router_consistency');
  const certain = affected(version, { from: '1.2.0' }) === 'yes';
  const twoNames = oldName !== 'no' && newName !== 'no' && explicit === undefined;
  const told = { name: explicit?.name ?? name, certain, deprecated: from3 === 'yes', twoNames };
  if (explicit) return explicit.value.known && explicit.value.value.trim() === 'strict' ? { ...told, explicit } : undefined;
  // Without a word of it, only versions whose default is strict.
  if (instance.unseen || from3 !== 'no') return undefined;
  return { ...told, explicit: undefined };
}

const TEST_PATH =
  /(?:^|\/)(?:tests?|spec|e2e|integration(?:-?tests?)?|ci|\.ci|\.github)\/|[.-](?:test|tests|e2e|ci|integration)\.ya?ml$|(?:^|\/)docker-compose[.-]?test/i;

/** Integration tests want a write to hold at the next request. */
function isTest(instance: KongInstance): boolean {
  return (instance.surface === 'compose' || instance.surface === 'config-file') && TEST_PATH.test(instance.at.file.path);
}

interface Write {
  readonly at: Anchor;
  readonly what: string;
}

/** A script that writes routes through the Admin API or with decK. */
function dynamicWrite(unit: Unit): Write | undefined {
  for (const parsed of unit.files) {
    const write = parsed.format === 'shell' ? writeIn(parsed.file) : undefined;
    if (write) return write;
  }
  return undefined;
}

const writeIn = oncePer((file: SourceFile): Write | undefined => {
  if (!/curl|deck/.test(file.text)) return undefined;
  for (const { words } of parseShell(file.text).commands) {
    const texts = words.map((word) => word.decoded.text);
    const [program = ''] = texts;
    const word = words.find(({ decoded }) => /:(?:8001|8444)\/(?:services|routes|plugins)\b/.test(decoded.text));
    const writes = texts.some((text) => /^(?:-d|-F|-T|--data.*|--form.*|--json|-X(?:POST|PUT|PATCH)|POST|PUT|PATCH|DELETE)$/.test(text));
    if (/(?:^|\/)curl$/.test(program) && word && writes) return { at: { file, ...word.decoded.at }, what: 'curl' };
    const verb = words.find(({ decoded }) => decoded.text === 'sync' || decoded.text === 'reset');
    if (/(?:^|\/)deck$/.test(program) && verb) return { at: { file, ...verb.decoded.at }, what: `deck ${verb.decoded.text}` };
  }
  return undefined;
});
