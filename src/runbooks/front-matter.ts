import type { Language } from './types.ts';
import { RUNBOOK_SEVERITIES } from './types.ts';

/** A message for people in both languages. */
export type Said = Readonly<Record<Language, string>>;

export const say = (en: string, zh: string): Said => ({ en, 'zh-cn': zh });

/** What is wrong with one key of the front matter. */
export interface FrontMatterFault {
  readonly key: string;
  readonly said: Said;
}

const ID = /^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*)*$/;
const DAY = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;

type Check = (value: unknown) => Said | undefined;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && /\S/.test(value);
const quoted = (words: readonly string[]): string => words.join(', ');

function listOfText(atLeast: number, allowEmptyText = false): Check {
  return (value) => {
    if (!Array.isArray(value)) return say('must be a list', '必须是列表');
    if (value.length < atLeast) return say('needs at least one entry', '至少要有一项');
    if (!value.every((item) => (allowEmptyText ? typeof item === 'string' : isText(item))))
      return say('every entry must be text (quote numbers and dates)', '每一项都必须是文本（数字和日期请加引号）');
    return undefined;
  };
}

function record(fields: Readonly<Record<string, Check>>, optional: readonly string[] = []): Check {
  return (value) => {
    if (!isRecord(value)) return say('must be a mapping', '必须是键值映射');
    for (const key of Object.keys(value)) {
      if (!(key in fields))
        return say(
          `does not know "${key}"; it knows ${quoted(Object.keys(fields))}`,
          `不认识 "${key}"，可用的键：${quoted(Object.keys(fields))}`,
        );
    }
    for (const [key, check] of Object.entries(fields)) {
      if (!(key in value)) {
        if (optional.includes(key)) continue;
        return say(`needs "${key}"`, `缺少 "${key}"`);
      }
      const fault = check(value[key]);
      if (fault) return say(`"${key}" ${fault.en}`, `"${key}" ${fault['zh-cn']}`);
    }
    return undefined;
  };
}

function listOf(check: Check, atLeast: number): Check {
  return (value) => {
    if (!Array.isArray(value)) return say('must be a list', '必须是列表');
    if (value.length < atLeast) return say('needs at least one entry', '至少要有一项');
    for (const [index, item] of value.entries()) {
      const fault = check(item);
      if (fault) return say(`entry ${index + 1} ${fault.en}`, `第 ${index + 1} 项 ${fault['zh-cn']}`);
    }
    return undefined;
  };
}

const text: Check = (value) =>
  isText(value) ? undefined : say('must be text (quote numbers and dates)', '必须是文本（数字和日期请加引号）');

const matching =
  (pattern: RegExp, said: Said): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : said;

const title: Check = (value) => {
  const fault = record({ en: text, 'zh-cn': text }, ['en', 'zh-cn'])(value);
  if (fault) return fault;
  return isRecord(value) && Object.keys(value).length === 0 ? say('needs "en" or "zh-cn"', '需要 "en" 或 "zh-cn"') : undefined;
};

/** The same demands as schemas/runbook.schema.json, which editors use; a test holds both against the same cases. */
const KEYS: Readonly<Record<string, Check>> = {
  id: matching(ID, say('must be technology/incident in lower case with hyphens', '必须是小写加连字符的 technology/incident')),
  title,
  technologies: listOfText(1),
  affects: listOf(record({ product: text, range: text, fixedIn: text }, ['fixedIn']), 1),
  severity: (value) =>
    RUNBOOK_SEVERITIES.some((severity) => severity === value)
      ? undefined
      : say(`must be one of ${quoted(RUNBOOK_SEVERITIES)}`, `必须是以下之一：${quoted(RUNBOOK_SEVERITIES)}`),
  signals: record({ alerts: listOfText(0), logs: listOfText(0), metrics: listOfText(0) }),
  rules: listOfText(0),
  probes: listOfText(0),
  rbac: listOf(record({ apiGroups: listOfText(1, true), resources: listOfText(1), verbs: listOfText(1) }), 0),
  reviewed: matching(DAY, say('must be a day such as 2026-01-31', '必须是日期，例如 2026-01-31')),
  sources: listOfText(1),
};

/** Every fault of parsed front matter: unknown keys, missing keys, wrong values. Empty when it is as the schema wants it. */
export function frontMatterFaults(front: Readonly<Record<string, unknown>>): FrontMatterFault[] {
  const faults: FrontMatterFault[] = [];
  for (const key of Object.keys(front)) {
    if (!(key in KEYS))
      faults.push({
        key,
        said: say(
          `unknown key "${key}"; known are ${quoted(Object.keys(KEYS))}`,
          `未知的键 "${key}"，可用的键：${quoted(Object.keys(KEYS))}`,
        ),
      });
  }
  for (const [key, check] of Object.entries(KEYS)) {
    if (!(key in front)) {
      faults.push({ key, said: say(`"${key}" is missing from the front matter`, `front matter 缺少 "${key}"`) });
      continue;
    }
    const fault = check(front[key]);
    if (fault) faults.push({ key, said: say(`"${key}" ${fault.en}`, `"${key}" ${fault['zh-cn']}`) });
  }
  return faults;
}
