import type { Change } from '../../../fixes/change.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { type Affected, affected, isVersionKnown, UNKNOWN_VERSION, type VersionRange, versionRange } from '../../../model/version.ts';
import { pairAt, textAt, type YamlMap } from '../../../text/yaml.ts';
import { kongInstances } from '../facts.ts';
import { declaredPlugins, type PluginField } from '../plugins.ts';
import { postedPluginFields } from '../posted-plugins.ts';
import type { Rule, Severity } from '../../rule.ts';

/**
 * acl, bot-detection and ip-restriction renamed `whitelist` and `blacklist` to `allow` and `deny` in 2.1.0 (CHANGELOG 2.1.0), kept the old
 * names as aliases to 2.8 and dropped them in 3.0.0 (#8560; kong/plugins/ip-restriction/schema.lua@3.0.0). A plugin field that the schema doesn't know
 * is refused: a Kong without database doesn't start, and the ingress controller's whole push fails, so no other change goes live either.
 */
export const pluginWhitelistBlacklist: Rule = {
  id: 'kong/plugin-whitelist-blacklist',
  title: { en: 'Kong refuses this plugin field', zh: 'Kong 会拒绝该插件字段' },
  runbook: 'kong/settings-that-kong-ignores',
  severity: 'error',
  default: 'on',
  affects: 'acl, bot-detection and ip-restriction of Kong 2.1 and later (refused from 3.0.0)',
  fixable: 'safe',
  sources: [
    'https://github.com/Kong/kong/pull/8560',
    'Kong/kong:kong/plugins/ip-restriction/schema.lua@3.0.0',
    'Kong/kong:CHANGELOG.md@2.1.0',
  ],
  messages: {
    refused: {
      en: 'Kong 3 refuses `{field}` in {plugin}: without a database it does not start, and an ingress controller can push no change at all until this one is gone. Write `{to}`.',
      zh: 'Kong 3 会拒绝 {plugin} 中的 `{field}`：无数据库模式下无法启动；使用 Ingress Controller 时，在改正之前任何变更都推送不上去。请改为 `{to}`。',
    },
    alias: {
      en: '`{field}` in {plugin} is an alias since Kong 2.1 and refused from 3.0 on, where it stops every push of the ingress controller. Write `{to}`.',
      zh: '{plugin} 中的 `{field}` 自 Kong 2.1 起只是别名，3.0 起会被拒绝，届时 Ingress Controller 的所有推送都会失败。请改为 `{to}`。',
    },
    'alias-maybe': {
      en: '`{field}` in {plugin} is an alias since Kong 2.1 and refused from 3.0 on. The tag {version} may still be older. Once it is 2.1 or later, write `{to}`.',
      zh: '{plugin} 中的 `{field}` 自 Kong 2.1 起只是别名，3.0 起会被拒绝。镜像标签 {version} 可能更旧；确认为 2.1 及以上后请改为 `{to}`。',
    },
    unknown: {
      en: 'From Kong 3.0 on `{field}` in {plugin} is refused, and an ingress controller can then push no change at all. The version is not in view; for 2.1 and later write `{to}`.',
      zh: '自 Kong 3.0 起 {plugin} 中的 `{field}` 会被拒绝，Ingress Controller 将无法推送任何变更。此处看不出版本；2.1 及以上请改为 `{to}`。',
    },
    'too-new': {
      en: 'Kong {version} does not know `{field}` in {plugin} and refuses the plugin; the name came in 2.1. Write `{to}`.',
      zh: 'Kong {version} 不认识 {plugin} 中的 `{field}`，会拒绝该插件；该名称从 2.1 才支持。请改为 `{to}`。',
    },
    rename: { en: 'Rename to {to}', zh: '重命名为 {to}' },
    merge: { en: 'Move the entries to {to}', zh: '将条目并入 {to}' },
  },
  check({ unit, repository, report }) {
    const fields = [...yamlFields(unit), ...postedPluginFields(unit)];
    for (const field of fields) {
      const version = versionFor(unit, repository, field);
      const verdict = judge(field.name, version);
      if (!verdict) continue;
      const to = RENAMED[field.name] ?? '';
      const { changes, merged } = field.rename(to);
      report({
        messageId: verdict.messageId,
        data: { field: field.name, plugin: field.plugin, to, version: version.text },
        at: field.at,
        severity: verdict.severity,
        fixes:
          changes.length > 0
            ? [
                {
                  id: merged ? 'merge' : 'rename',
                  titleId: merged ? 'merge' : 'rename',
                  data: { to },
                  // An alias works today; a refused field has one meaning.
                  safety: verdict.refused && !merged ? 'safe' : 'review',
                  changes,
                },
              ]
            : [],
      });
    }
  },
};

const PLUGINS: ReadonlySet<string> = new Set(['acl', 'bot-detection', 'ip-restriction']);

const RENAMED: Readonly<Record<string, string>> = { whitelist: 'allow', blacklist: 'deny', allow: 'whitelist', deny: 'blacklist' };

function yamlFields(unit: Unit): PluginField[] {
  return declaredPlugins(unit).flatMap(({ name, config, formatVersion }) => {
    if (!config || !PLUGINS.has(name.text)) return [];
    return Object.keys(RENAMED).flatMap((field): PluginField[] => {
      const key = pairAt(config, field)?.key;
      return key ? [{ plugin: name.text, name: field, at: key, formatVersion, rename: (to) => renameIn(config, field, to) }] : [];
    });
  });
}

function renameIn(config: YamlMap, field: string, to: string): ReturnType<PluginField['rename']> {
  const target = config.pairs.get(to)?.value;
  const source = config.pairs.get(field)?.value;
  if (!target) return { changes: [{ change: 'rename-key', map: config, key: field, to }], merged: false };
  if (target.kind !== 'sequence' || source?.kind !== 'sequence') return { changes: [], merged: true };
  const there = new Set(target.items.map((item) => textAt(item)));
  const missing = source.items.map((item) => textAt(item)).filter((text) => !there.has(text));
  if (missing.includes(undefined)) return { changes: [], merged: true };
  const added = missing.flatMap((text): Change[] => (text === undefined ? [] : [{ change: 'add-item', sequence: target, value: text }]));
  return { changes: [...added, { change: 'remove-entry', map: config, path: [field] }], merged: true };
}

/** The one version of Kong that the unit runs; else what the file's own format says, else what the user assumes. */
function versionFor(unit: Unit, repository: Repository, field: PluginField): VersionRange {
  const running = kongInstances(unit, repository)
    .map((instance) => instance.version)
    .filter(isVersionKnown);
  const [first] = running;
  if (first) return running.every((version) => version.text === first.text) ? first : UNKNOWN_VERSION;
  // decK and Kong write 3.0 only for a Kong 3.
  if (field.formatVersion?.startsWith('3.')) return versionRange('3.x');
  const assumed = repository.assume(field.at.file.path).kong;
  return assumed === undefined ? UNKNOWN_VERSION : versionRange(assumed);
}

interface FieldVerdict {
  readonly messageId: string;
  readonly severity: Severity;
  readonly refused: boolean;
}

function judge(field: string, version: VersionRange): FieldVerdict | undefined {
  const known = isVersionKnown(version);
  const newNames: Affected = affected(version, { from: '2.1.0' });
  if (field === 'allow' || field === 'deny') {
    // A floating `2` is a 2.8 in practice: only a version that is surely older refuses the new names.
    return newNames === 'no' ? { messageId: 'too-new', severity: 'error', refused: true } : undefined;
  }
  if (!known) return { messageId: 'unknown', severity: 'warning', refused: false };
  if (affected(version, { from: '3.0.0' }) === 'yes') return { messageId: 'refused', severity: 'error', refused: true };
  if (newNames === 'no') return undefined;
  if (newNames === 'maybe') return { messageId: 'alias-maybe', severity: 'information', refused: false };
  return { messageId: 'alias', severity: 'warning', refused: false };
}
