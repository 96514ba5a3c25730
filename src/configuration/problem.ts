import type { Message, MessageData } from '../linters/rule.ts';
import type { Anchor } from '../text/source.ts';

/** Something wrong in the configuration file. An error stops the run, a notice does not. */
export interface ConfigurationProblem {
  readonly kind: 'error' | 'notice';
  readonly at: Anchor;
  /** The keys that lead there, joined by dots: `overrides[0].assume.mesh`; empty for the whole file. */
  readonly key: string;
  readonly message: Message;
  readonly data: MessageData;
}

export const PROBLEMS = {
  syntax: { en: 'not valid YAML: {reason}', zh: '不是合法的 YAML：{reason}' },
  severalDocuments: { en: 'more than one YAML document; only one is read', zh: '含有多个 YAML 文档；只能有一个' },
  unknownKey: { en: 'unknown key "{name}"; known here: {known}', zh: '未知的键 "{name}"；此处可用：{known}' },
  unknownKeyNear: { en: 'unknown key "{name}"; did you mean "{near}"?', zh: '未知的键 "{name}"；是否想写 "{near}"？' },
  unknownRule: {
    en: 'unknown rule "{name}"; "runbook-lens rules list" shows all',
    zh: '未知的规则 "{name}"；可用 "runbook-lens rules list" 查看全部规则',
  },
  unknownRuleNear: { en: 'unknown rule "{name}"; did you mean "{near}"?', zh: '未知的规则 "{name}"；是否想写 "{near}"？' },
  laterRule: {
    en: 'the rule "{name}" is planned but not in this version; the setting has no effect yet',
    zh: '规则 "{name}" 已列入计划，但本版本尚未包含；此设置暂不生效',
  },
  unknownOption: { en: '{rule} has no option "{name}"; it has: {known}', zh: '{rule} 没有选项 "{name}"；可用选项：{known}' },
  unknownOptionNear: {
    en: '{rule} has no option "{name}"; did you mean "{near}"?',
    zh: '{rule} 没有选项 "{name}"；是否想写 "{near}"？',
  },
  noOptions: { en: '{rule} has no options', zh: '{rule} 没有选项' },
  repeatedKey: { en: '"{name}" is set more than once', zh: '"{name}" 重复设置' },
  complexKey: { en: 'a key must be plain text; templates are not read here', zh: '键必须是普通文本；此处不支持模板' },
  missingKey: { en: '"{name}" is missing', zh: '缺少 "{name}"' },
  expected: { en: 'expected {expected}, found {found}', zh: '应为 {expected}，实际为 {found}' },
  expectedNear: {
    en: 'expected {expected}, found {found}; did you mean "{near}"?',
    zh: '应为 {expected}，实际为 {found}；是否想写 "{near}"？',
  },
} as const satisfies Record<string, Message>;
