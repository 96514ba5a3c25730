import type { Change, Fix } from '../../../fixes/change.ts';
import { affected } from '../../../model/version.ts';
import type { Anchor } from '../../../text/source.ts';
import type { Rule } from '../../rule.ts';
import { type AdminProbe, adminProbes, scriptProbes } from '../admin-probes.ts';
import { type KongInstance, kongInstances } from '../facts.ts';

/**
 * The Admin API's `/` answers with what the node is and which plugins are in use, for which it walks over every plugin row:
 * `for row in kong.db.plugins:each()` (kong/api/routes/kong.lua@1.0.0:27, 2.2.0, 3.9.3; `find_all` at 0.14.1). With much configuration that takes
 * seconds, a probe times out, and the kubelet restarts a healthy Kong. `/status` reads counters and asks the database one question.
 */
export const probeOnAdminRoot: Rule = {
  id: 'kong/probe-on-admin-root',
  title: { en: 'The probe asks the Admin API for everything', zh: '探针请求了 Admin API 的根路径' },
  runbook: 'kong/router-rebuild-memory',
  severity: 'warning',
  default: 'on',
  affects: 'all versions of Kong',
  fixable: 'review',
  sources: [
    'Kong/kong:kong/api/routes/kong.lua@2.2.0',
    'Kong/kong:kong/api/routes/kong.lua@3.9.3',
    'Kong/kong:kong/api/routes/health.lua@3.3.0',
  ],
  messages: {
    probe: {
      en: 'The Admin API’s `/` walks over every plugin in the database at each probe. As the configuration grew it took seconds, probes timed out and healthy pods were restarted. Ask `/status`.',
      zh: 'Admin API 的 `/` 每次都会遍历数据库中的全部插件。配置变多后响应可达数秒，探针超时，健康的 Pod 被反复重启。请改用 `/status`。',
    },
    healthcheck: {
      en: 'The Admin API’s `/` walks over every plugin in the database at each check. As the configuration grew it took seconds and checks timed out. Ask `/status`, or run `kong health`.',
      zh: 'Admin API 的 `/` 每次都会遍历数据库中的全部插件。配置变多后响应可达数秒，健康检查超时。请改用 `/status`，或执行 `kong health`。',
    },
    loop: {
      en: 'This loop asks the Admin API’s `/`, which walks over every plugin in the database each time. Ask `/status`.',
      zh: '该循环反复请求 Admin API 的 `/`，每次都会遍历数据库中的全部插件。请改用 `/status`。',
    },
    status: { en: 'Ask /status', zh: '改为 /status' },
    'status-listen': { en: 'Ask {path} on the status port 8100', zh: '改用状态端口 8100 的 {path}' },
  },
  check({ unit, repository, report }) {
    const instances = kongInstances(unit, repository);
    if (instances.length === 0) return;
    for (const instance of instances) {
      for (const probe of adminProbes(instance)) {
        report({
          messageId: probe.kind === 'healthcheck' ? 'healthcheck' : 'probe',
          at: probe.at,
          fixes: fixes(probe, instance),
        });
      }
    }
    for (const at of scriptProbes(unit)) report({ messageId: 'loop', at, fixes: [asStatus(replacePath(at))] });
  },
};

function asStatus(changes: readonly Change[]): Fix {
  return { id: 'status', titleId: 'status', data: {}, safety: 'review', changes };
}

function replacePath(at: Anchor): readonly Change[] {
  const written = at.file.text.slice(at.start, at.end);
  return [{ change: 'replace-text', at, text: `${written.replace(/\/$/, '')}/status` }];
}

/** `/status` on the same port works in every version; the status port (1.4.0) also answers when nobody may reach the Admin API. */
function fixes(probe: AdminProbe, instance: KongInstance): Fix[] {
  if (!probe.httpGet) return [asStatus(replacePath(probe.at))];
  const { map, port, secure, readiness } = probe.httpGet;
  const same = asStatus([{ change: 'set-entry', map, path: ['path'], value: '/status' }]);
  const listen = instance.settings.get('status_listen');
  const hasPort = affected(instance.version, { from: '1.4.0' }) === 'yes';
  const added = instance.add?.('status_listen', '0.0.0.0:8100');
  // A status_listen that is set already may stand on any port, and 3.6 has one on the loopback, which no kubelet reaches.
  if (!hasPort || listen || !added || !port || secure) return [same];
  const target = readiness && affected(instance.version, { from: '3.3.0' }) === 'yes' ? '/status/ready' : '/status';
  const to: Change[] = [
    { change: 'set-entry', map, path: ['path'], value: target },
    { change: 'set-scalar', scalar: port, text: '8100' },
    ...added,
  ];
  return [same, { id: 'status-listen', titleId: 'status-listen', data: { path: target }, safety: 'review', changes: to }];
}
