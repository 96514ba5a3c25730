import type { Message } from '../../rule.ts';

/** What kong/settings-that-kong-ignores says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Kong runs with settings that it ignores, or refuses a plugin’s field (objects: {count}).',
    zh: 'Kong 正带着会被它忽略的设置运行，或正在拒绝某个插件字段（{count} 个对象）。',
  },
  'is-latent': {
    en: 'Kong ignores a setting or will refuse a plugin’s field (objects: {count}).',
    zh: 'Kong 会忽略某项设置，或将拒绝某个插件字段（{count} 个对象）。',
  },
  'is-mitigated': {
    en: 'Kong ignores settings here, but the names that it knows are set as well (objects: {count}).',
    zh: '这里有 Kong 会忽略的设置，但它认识的新名称也已设置（{count} 个对象）。',
  },
  'is-clear': {
    en: 'Kong reads every setting that could be seen (objects: {count}).',
    zh: '能看到的设置 Kong 都会读取（{count} 个对象）。',
  },
  'is-absent': { en: 'No Kong was found.', zh: '没有发现 Kong。' },
  'is-unknown': {
    en: 'Which settings Kong ignores could not be judged: its version or its settings could not be read.',
    zh: '无法判断 Kong 会忽略哪些设置：版本或设置没有读到。',
  },
  ignored: {
    en: 'Kong {version} never looks at this name, and no log line says so.',
    zh: 'Kong {version} 根本不会读取这个名称，日志里也没有任何提示。',
  },
  replaced: {
    en: 'A leftover: {to} is set as well, and Kong {version} reads that.',
    zh: '残留设置：{to} 也已设置，Kong {version} 读取的是它。',
  },
  runs: { en: 'It runs with this template now.', zh: '它正在以这份模板运行。' },
  'refused-line': { en: 'A plugin’s field was refused; these are Kong’s own words.', zh: '有插件字段被拒绝，这是 Kong 的原话。' },
  'push-failed': {
    en: 'Kong refused a whole configuration: no other change goes live until this is mended.',
    zh: 'Kong 拒绝了整份配置：在改正之前，其他变更都不会生效。',
  },
  'refused-field': {
    en: 'The schema of {plugin} in this version does not know the field.',
    zh: '该版本中 {plugin} 的 schema 不认识这个字段。',
  },
  'old-field': { en: 'An old name of a field of {plugin}, refused from 3.0 on.', zh: '{plugin} 字段的旧名称，3.0 起会被拒绝。' },
  'prove-configuration': {
    en: 'What is in force: `configuration` in the answer of the Admin API’s `/`. The page says how to compare.',
    zh: '实际生效的值：Admin API 根路径返回的 `configuration`。对比方法见该页。',
  },
  'prove-version': {
    en: 'Kong’s version, and the settings that come from where they can’t be seen.',
    zh: 'Kong 的版本，以及来自看不到之处的设置。',
  },
  'prove-push': {
    en: 'The ingress controller’s events and log at the next push, or Kong’s log at its next start.',
    zh: 'Ingress Controller 下次推送时的事件和日志，或 Kong 下次启动时的日志。',
  },
  'look-events': { en: 'Look for configurations that Kong refused', zh: '查看被 Kong 拒绝的配置' },
  'set-known-name': {
    en: 'Set {to}, the name that this version knows, as {setting} says (restarts the pods)',
    zh: '按 {setting} 的值设置该版本认识的名称 {to}（会重启 Pod）',
  },
  'rename-field': { en: 'Rename {field} to {to}', zh: '将 {field} 重命名为 {to}' },
};
