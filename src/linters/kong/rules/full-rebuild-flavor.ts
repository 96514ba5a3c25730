import type { KubeObject } from '../../../model/kubernetes/objects.ts';
import { objectsOfKind, type Unit } from '../../../model/unit.ts';
import { affected } from '../../../model/version.ts';
import { oncePer } from '../../../text/once.ts';
import type { Anchor } from '../../../text/source.ts';
import { itemsAt, mapAt, textAt, type YamlNode } from '../../../text/yaml.ts';
import { milder, type Related, type Rule, type Severity } from '../../rule.ts';
import { type DeclaredConfig, declaredConfigs, entitiesOf } from '../declared.ts';
import { buildsRouter, effective } from '../effective.ts';
import { kongInstances } from '../facts.ts';
import { routeCount } from '../routes.ts';

/**
 * From 3.0 on Kong can rebuild only the routes that changed (kong/router/atc.lua: new_from_previous), but not with `router_flavor =
 * traditional`, which builds everything anew and is deprecated (kong.conf.default@3.9.3). Kong's own chart sets `traditional` since 2.13.0.
 * The other flavours use Rust's regular expressions, which know no look-around and no back-references (CHANGELOG 3.0.0, #8938), and 3.0.0 itself
 * can wedge in an incremental rebuild (https://github.com/Kong/kong/issues/9447).
 */
export const fullRebuildFlavor: Rule = {
  id: 'kong/full-rebuild-flavor',
  title: { en: 'The traditional router is rebuilt from scratch', zh: 'traditional 路由器每次变更都全量重建' },
  runbook: 'kong/router-rebuild-memory',
  severity: 'information',
  default: 'on',
  affects: 'Kong 3.0 and later',
  fixable: 'review',
  sources: [
    'Kong/kong:kong.conf.default@3.9.3',
    'Kong/kong:kong/router/atc.lua@3.0.0',
    'Kong/charts:charts/kong/values.yaml@kong-2.13.0',
    'https://github.com/Kong/kong/issues/9447',
  ],
  messages: {
    traditional: {
      en: 'With `traditional` each worker builds its whole router anew at every route change, and Kong has deprecated it. `traditional_compatible` rebuilds only what changed.',
      zh: '使用 `traditional` 时，每次路由变更各 worker 都会全量重建路由，且 Kong 已弃用该选项。`traditional_compatible` 只重建变更的部分。',
    },
    routes: {
      en: 'With `traditional` each worker builds all {routes} routes anew at every change. For 50,000 routes that took 1.8 times the memory at one write. `traditional_compatible` rebuilds only what changed.',
      zh: '使用 `traditional` 时，每次变更各 worker 都会全量重建 {routes} 条路由；实测 5 万条路由时，一次写入会让内存涨到平时的 1.8 倍。`traditional_compatible` 只重建变更的部分。',
    },
    chart: {
      en: 'Kong’s chart sets router_flavor to `traditional`: each worker builds all {routes} routes anew at every change. For 50,000 routes that took 1.8 times the memory at one write. Set `traditional_compatible`.',
      zh: 'Kong 的 Helm chart 默认 router_flavor 为 `traditional`：每次变更各 worker 都会全量重建 {routes} 条路由；实测 5 万条路由时，一次写入会让内存涨到平时的 1.8 倍。请设为 `traditional_compatible`。',
    },
    maybe: {
      en: 'If this is Kong 3.0 or later, `traditional` makes each worker build its whole router anew at every route change. The version is not in view. `traditional_compatible` rebuilds only what changed.',
      zh: '如果是 Kong 3.0 及以上，`traditional` 会让各 worker 在每次路由变更时全量重建路由（此处看不出版本）。`traditional_compatible` 只重建变更的部分。',
    },
    upgrade: {
      en: 'With `traditional` each worker builds its whole router anew at every route change. Upgrade first: in 3.0.0 the incremental rebuild of the other flavours can get stuck. Then set `traditional_compatible`.',
      zh: '使用 `traditional` 时，每次路由变更各 worker 都会全量重建路由。请先升级：3.0.0 中其他路由器的增量重建可能卡死；升级后再设为 `traditional_compatible`。',
    },
    counted: { en: 'routes are declared here', zh: '路由在此处声明' },
    regex: { en: 'only the traditional router understands this expression', zh: '只有 traditional 路由器支持该表达式' },
    internals: { en: 'custom code uses the router’s internals', zh: '自定义代码依赖路由器内部实现' },
    fix: { en: 'Use traditional_compatible', zh: '改用 traditional_compatible' },
    'by-hand': {
      en: 'Some of these routes or plugins work with the traditional router only. Rewrite them, then set this.',
      zh: '部分路由或插件只能在 traditional 路由器下工作，请先改写，再设置：',
    },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      const flavor = effective(instance, 'router_flavor');
      if (flavor.is === 'unknown' || flavor.text !== 'traditional') continue;
      const from3 = affected(instance.version, { from: '3.0.0' });
      if (from3 === 'no' || !buildsRouter(instance)) continue;
      const routes = routeCount(unit, repository, instance.at.file.path);
      const count = routes?.routes ?? 0;
      // Nobody decided on the chart's default, and with few routes it costs nothing.
      const byDefault = flavor.is === 'default';
      if (byDefault && count < 5_000) continue;
      const plain: Severity = count >= 50_000 ? 'error' : count >= 5_000 ? 'warning' : 'information';
      const first = affected(instance.version, { only: ['3.0.0'] }) === 'yes';
      const obstacle = onlyTraditional(unit);
      const changes = byDefault
        ? instance.add?.('router_flavor', 'traditional_compatible')
        : flavor.setting.set?.('traditional_compatible');
      const related: Related[] = [
        ...(routes?.at && count >= 5_000 ? [{ at: routes.at, messageId: 'counted' }] : []),
        ...(obstacle ? [obstacle] : []),
      ];
      report({
        messageId: first ? 'upgrade' : from3 === 'maybe' ? 'maybe' : byDefault ? 'chart' : count >= 5_000 ? 'routes' : 'traditional',
        data: { routes: count },
        at: (byDefault ? undefined : flavor.setting.value.at) ?? instance.at,
        severity: from3 === 'maybe' ? milder(plain) : plain,
        related,
        tags: byDefault ? [] : ['deprecated'],
        fixes:
          changes && !obstacle && !first ? [{ id: 'traditional-compatible', titleId: 'fix', data: {}, safety: 'review', changes }] : [],
        ...(obstacle && { snippet: { reasonId: 'by-hand', data: {}, language: 'ini', text: 'router_flavor = traditional_compatible' } }),
      });
    }
  },
};

/** What the other flavours can't do: expressions with look-around or back-references, code that knows the traditional router. */
const onlyTraditional = oncePer((unit: Unit): Related | undefined => {
  for (const config of declaredConfigs(unit)) {
    const regex = regexInConfig(config);
    if (regex) return { at: regex, messageId: 'regex' };
  }
  for (const object of objectsOfKind(unit, 'Ingress')) {
    const regex = regexInIngress(object);
    if (regex) return { at: regex, messageId: 'regex' };
  }
  for (const object of objectsOfKind(unit, 'ConfigMap')) {
    const internals = routerInternals(object);
    if (internals) return { at: internals, messageId: 'internals' };
  }
  return undefined;
});

const regexInConfig = oncePer(({ root }: DeclaredConfig) =>
  unsupported(entitiesOf(root, 'routes').flatMap((route) => itemsAt(route, 'paths'))),
);

const regexInIngress = oncePer((object: KubeObject) =>
  unsupported(
    itemsAt(object.root, 'spec', 'rules').flatMap((rule) =>
      itemsAt(rule, 'http', 'paths').flatMap((path) => (path.kind === 'map' ? (path.pairs.get('path')?.value ?? []) : [])),
    ),
  ),
);

function unsupported(paths: readonly YamlNode[]): YamlNode | undefined {
  return paths.find((path) => /\(\?(?:=|!|<)|\\[1-9]/.test(textAt(path) ?? ''));
}

/** Lua in a ConfigMap that loads the router's modules: a plugin that works with one of them only. */
const routerInternals = oncePer((object: KubeObject): Anchor | undefined => {
  for (const { value, key } of mapAt(object.root, 'data')?.pairs.values() ?? [])
    if (value.kind === 'scalar' && /require\s*\(?\s*["']kong\.router\b/.test(value.text)) return key;
  return undefined;
});
