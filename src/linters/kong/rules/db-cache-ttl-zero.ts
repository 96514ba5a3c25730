import { affected, isVersionKnown } from '../../../model/version.ts';
import { covers } from '../../../text/source.ts';
import type { Related, Rule } from '../../rule.ts';
import { oldApis } from '../declared.ts';
import { effective, workerCount } from '../effective.ts';
import { kongInstances } from '../facts.ts';
import { declaredPlugins } from '../plugins.ts';

/**
 * Kong 0.11.0 to 0.13.0 carry their own kong/mlcache.lua, whose line 224 says `remaining_ttl = ttl - (now() - at)`: with a ttl of 0, which
 * means "never expires", the time left is negative, so no value ever stays in a worker's own cache. Every request then takes the plugin's
 * configuration out of shared memory again, as a new table; plugins that keep something by that table (bot-detection, unchanged to
 * this day: kong/plugins/bot-detection/handler.lua) allocate about 240 KB for each. 0.13.1 brought lua-resty-mlcache 2.0.2, which is right.
 * One worker alone fills its cache from the database, where the ttl is right; the others find the value in shared memory. Only an explicit 0 can do it: the default was 3600 until 0.14.0.
 */
export const dbCacheTtlZero: Rule = {
  id: 'kong/db-cache-ttl-zero',
  title: { en: 'db_cache_ttl = 0 defeats the worker cache', zh: 'db_cache_ttl = 0 使 worker 缓存失效' },
  runbook: 'kong/cache-ttl-zero',
  severity: 'error',
  default: 'on',
  affects: 'Kong 0.11.0 to 0.13.0',
  fixable: 'review',
  sources: [
    'Kong/kong:kong/mlcache.lua@0.13.0',
    'https://github.com/Kong/kong/issues/3565',
    'Kong/kong:kong/plugins/bot-detection/handler.lua@0.13.0',
  ],
  messages: {
    never: {
      en: 'With Kong {version}, {setting}=0 means that no worker caches anything: every request reads plugin configuration from shared memory anew. With bot-detection that leaked about 240 KB a request. Set 3600, or upgrade to 0.13.1 or later.',
      zh: 'Kong {version} 中 {setting}=0 会让 worker 的一级缓存永远不命中：每个请求都要从共享内存重新读取插件配置。配合 bot-detection，每个请求约泄漏 240 KB。请改为 3600，或升级到 0.13.1 及以上。',
    },
    maybe: {
      en: 'The tag {version} may be a Kong up to 0.13.0, where {setting}=0 means that no worker caches anything: every request reads plugin configuration anew, and with bot-detection that leaked about 240 KB a request. Set 3600, or pin 0.13.1 or later.',
      zh: '镜像标签 {version} 可能对应 0.13.0 及以前的 Kong，此时 {setting}=0 会让 worker 的一级缓存永远不命中：每个请求都要重新读取插件配置，配合 bot-detection 每个请求约泄漏 240 KB。请改为 3600，或固定到 0.13.1 及以上版本。',
    },
    old: {
      en: 'This looks like a Kong before 0.14. From 0.11.0 to 0.13.0, {setting}=0 means that no worker caches anything: every request reads plugin configuration anew, and with bot-detection that leaked about 240 KB a request. Set 3600, or upgrade to 0.13.1 or later.',
      zh: '这里的配置像是 0.14 以前的 Kong。0.11.0 到 0.13.0 中 {setting}=0 会让 worker 的一级缓存永远不命中：每个请求都要重新读取插件配置，配合 bot-detection 每个请求约泄漏 240 KB。请改为 3600，或升级到 0.13.1 及以上。',
    },
    'bot-detection': { en: 'bot-detection keeps a cache by its configuration', zh: 'bot-detection 以配置表为键做缓存' },
    apis: { en: '`apis` are gone since Kong 1.0', zh: '`apis` 自 Kong 1.0 起已移除' },
    image: { en: 'Kong {version}', zh: 'Kong {version}' },
    fix: { en: 'Set {setting} to 3600, the default of this version', zh: '将 {setting} 设为 3600（该版本的默认值）' },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      const ttl = effective(instance, 'db_cache_ttl');
      if (ttl.is !== 'set' || ttl.text === '' || Number(ttl.text) !== 0 || !ttl.setting.value.at) continue;
      const inRange = affected(instance.version, { from: '0.11.0', before: '0.13.1' });
      if (inRange === 'no' || workerCount(instance) === 1) continue;
      const bots = declaredPlugins(unit).filter(({ name }) => name.text === 'bot-detection');
      const known = isVersionKnown(instance.version);
      const bot = known ? bots[0] : bots.find(({ config }) => config?.pairs.has('whitelist') || config?.pairs.has('blacklist'));
      const apis = known ? undefined : oldApis(unit);
      // Nearly every Kong is newer: without a version only what newer ones don't understand speaks for an old one.
      if (!known && !bot && !apis) continue;
      const { set, written } = ttl.setting;
      const data = { version: instance.version.text, setting: written };
      const related: Related[] = [];
      if (known && !covers(instance.at, ttl.setting.nameAt)) related.push({ at: instance.at, messageId: 'image', data });
      if (bot) related.push({ at: bot.name, messageId: 'bot-detection' });
      if (apis) related.push({ at: apis, messageId: 'apis' });
      report({
        messageId: known ? (inRange === 'yes' ? 'never' : 'maybe') : 'old',
        data,
        at: ttl.setting.value.at,
        severity: inRange === 'yes' ? 'error' : 'warning',
        related,
        fixes: set ? [{ id: 'set-default', titleId: 'fix', data, safety: 'review', changes: set('3600') }] : [],
      });
    }
  },
};
