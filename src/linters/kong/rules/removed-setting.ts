import type { Change, Fix, Snippet } from '../../../fixes/change.ts';
import { isVersionKnown } from '../../../model/version.ts';
import { covers } from '../../../text/source.ts';
import { milder, type Rule, type Severity } from '../../rule.ts';
import { type KongInstance, kongInstances } from '../facts.ts';
import { BEHAVIOUR_CRITICAL, PREDECESSORS, SUCCESSORS } from '../rename.ts';
import type { KongSetting } from '../setting.ts';
import { statusOf } from '../settings-history.ts';

/**
 * Kong's loader walks over the settings that it knows and picks the user's value for each: `tablex.pairmap(overrides, defaults, …)`
 * (kong/conf_loader/init.lua@3.9.3). A key that isn't among the defaults is never looked at, so neither `kong check` nor the start says a word
 * (spec/01-unit/03-conf_loader_spec.lua@2.8.5: "strips extraneous properties (not in defaults)"). The translations of old names in the same
 * file come too late: the key is gone by then.
 */
export const removedSetting: Rule = {
  id: 'kong/removed-setting',
  title: { en: 'This version of Kong ignores the setting', zh: '该版本的 Kong 会忽略此设置' },
  runbook: 'kong/settings-that-kong-ignores',
  severity: 'warning',
  default: 'on',
  affects: 'Kong, by setting and version',
  fixable: 'safe',
  sources: [
    'Kong/kong:kong/conf_loader/init.lua@3.9.3',
    'Kong/kong:spec/01-unit/03-conf_loader_spec.lua@2.8.5',
    'https://github.com/Kong/kong/blob/3.9.3/CHANGELOG.md',
  ],
  messages: {
    renamed: {
      en: 'Kong {version} ignores {setting} without a word: it went in {since}. Use {to}; until then Kong runs with the default.',
      zh: 'Kong {version} 会静默忽略 {setting}：该设置已在 {since} 移除。请改用 {to}，否则 Kong 会一直按默认值运行。',
    },
    removed: {
      en: 'Kong {version} ignores {setting} without a word: it went in {since}. What it asks for does not happen.',
      zh: 'Kong {version} 会静默忽略 {setting}：该设置已在 {since} 移除，写了也不生效。',
    },
    'not-yet': {
      en: 'Kong {version} ignores {setting} without a word: it came in {since}. What it asks for does not happen.',
      zh: 'Kong {version} 会静默忽略 {setting}：该设置自 {since} 起才支持，写了也不生效。',
    },
    'maybe-removed': {
      en: 'The tag {version} may be a Kong that ignores {setting}: it went in {since}. Pin the version, and use what took its place.',
      zh: '镜像标签 {version} 所指的 Kong 可能会忽略 {setting}（该设置已在 {since} 移除）。请固定版本，并改用新的设置项。',
    },
    'maybe-not-yet': {
      en: 'The tag {version} may be a Kong that ignores {setting}: it came in {since}. Pin the version.',
      zh: '镜像标签 {version} 所指的 Kong 可能会忽略 {setting}（该设置自 {since} 起才支持）。请固定版本。',
    },
    image: { en: 'Kong {version}', zh: 'Kong {version}' },
    rename: { en: 'Rename to {to}', zh: '重命名为 {to}' },
    convert: { en: 'Write {to} = {value}', zh: '改写为 {to} = {value}' },
    remove: { en: 'Remove {setting}', zh: '删除 {setting}' },
    'other-form': {
      en: 'The successor has another form. Write what fits your ports and switches.',
      zh: '新设置项的写法不同，请按实际端口和开关填写：',
    },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      if (!isVersionKnown(instance.version)) continue;
      for (const setting of instance.written) {
        const status = statusOf(setting.name, instance.version);
        if (status.is !== 'removed' && status.is !== 'not-yet') continue;
        if (status.is === 'not-yet' && mayBeEnterprise(setting.name, instance)) continue;
        const certain = status.certain === 'yes';
        const plain: Severity = BEHAVIOUR_CRITICAL.has(setting.name) ? 'error' : 'warning';
        const to = successorName(setting.name, status.is, instance);
        const data = { version: instance.version.text, setting: setting.written, since: status.since, to: to ?? '' };
        const { nameAt } = setting;
        report({
          messageId: !certain ? `maybe-${status.is}` : status.is === 'removed' && to !== undefined ? 'renamed' : status.is,
          data,
          at: nameAt,
          severity: certain ? plain : milder(plain),
          related: covers(instance.at, nameAt) ? [] : [{ at: instance.at, messageId: 'image', data }],
          tags: status.is === 'removed' ? ['deprecated'] : [],
          fixes: certain ? fixes(setting, to, instance, status.is) : [],
          ...snippetOf(setting.name),
        });
      }
    }
  },
};

/**
 * Enterprise has settings before Kong has them; Kong Manager (`admin_gui_…`) was its own until 3.4.0, and manifests that serve both
 * editions name it, Kong's chart first of all.
 */
function mayBeEnterprise(name: string, instance: KongInstance): boolean {
  return instance.enterprise || name.startsWith('admin_gui_');
}

/** The name that this version knows for the same thing. */
function successorName(name: string, is: 'removed' | 'not-yet', instance: KongInstance): string | undefined {
  const successor = SUCCESSORS[name];
  const to = is === 'not-yet' ? PREDECESSORS[name]?.to : successor && 'to' in successor ? successor.to : undefined;
  return to !== undefined && statusOf(to, instance.version).is === 'read' ? to : undefined;
}

function snippetOf(name: string): { readonly snippet?: Snippet } {
  const successor = SUCCESSORS[name];
  if (!successor || !('byHand' in successor)) return {};
  return { snippet: { reasonId: 'other-form', data: {}, language: 'ini', text: successor.byHand } };
}

function fixes(setting: KongSetting, to: string | undefined, instance: KongInstance, is: 'removed' | 'not-yet'): Fix[] {
  const successor = SUCCESSORS[setting.name];
  const byHand = successor !== undefined && 'byHand' in successor;
  const remove = setting.remove?.();
  const removal: Fix[] = remove
    ? [{ id: 'remove', titleId: 'remove', data: { setting: setting.written }, safety: 'safe', changes: remove }]
    : [];
  if (byHand) return [];
  // Kong would go on as it does today: nothing here says what was wanted.
  if (to === undefined) return is === 'removed' ? removal : [];
  // The new name is already set; the old one is a leftover.
  if (instance.settings.has(to)) return removal;
  if (!setting.value.known) return [];
  const text = setting.value.value.trim();
  const value = successor && 'to' in successor && successor.value ? successor.value(text) : text;
  if (value === undefined) return [];
  if (value === text) {
    const changes = setting.rename?.(to);
    return changes ? [{ id: 'rename', titleId: 'rename', data: { to }, safety: 'safe', changes }] : [];
  }
  const changes = convert(setting, to, value, instance);
  return changes ? [{ id: 'convert', titleId: 'convert', data: { to, value }, safety: 'review', changes }] : [];
}

function convert(setting: KongSetting, to: string, value: string, instance: KongInstance): readonly Change[] | undefined {
  const { at } = setting.value;
  // `NAME=value` in one scalar: two edits of it would undo each other.
  const joint = instance.surface === 'compose' && at !== undefined && !('kind' in at) && /\.ya?ml$/.test(at.file.path);
  if (joint) {
    const added = instance.add?.(to, value);
    const removed = setting.remove?.();
    return added && removed ? [...added, ...removed] : undefined;
  }
  const set = setting.set?.(value);
  const renamed = setting.rename?.(to);
  return set && renamed ? [...set, ...renamed] : undefined;
}
