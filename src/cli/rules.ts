import type { Rule } from '../linters/rule.ts';
import { columnsOf, palette, wantsColour } from '../report/colour.ts';
import { messageText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';
import type { CommonOptions } from './options.ts';
import { emit } from './output.ts';
import { rulePage } from './rule-page.ts';
import { ALL_RULES } from '../service/engine-setup.ts';
import { checkRuleId, languageFor } from './settings.ts';

interface RuleEntry {
  readonly id: string;
  readonly severity: string;
  readonly default: string;
  readonly fixable: string;
  readonly runbook: string;
  readonly affects: string;
  readonly sources: readonly string[];
  readonly title: string;
}

function entryOf(rule: Rule, language: Language): RuleEntry {
  return {
    id: rule.id,
    severity: rule.severity,
    default: rule.default,
    fixable: rule.fixable,
    runbook: rule.runbook,
    affects: rule.affects,
    sources: rule.sources,
    title: messageText(rule.title, undefined, language),
  };
}

function colours(options: CommonOptions) {
  return palette(wantsColour(options.color, process.env, options.output === undefined && process.stdout.isTTY === true));
}

/** `rules list` */
export async function rulesList(options: CommonOptions): Promise<number> {
  const language = languageFor(options);
  const wanted = options.rule.length > 0 ? options.rule.map(checkRuleId) : ALL_RULES;
  const entries = [...wanted].map((rule) => entryOf(rule, language)).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (options.format === 'json') {
    emit(`${JSON.stringify(entries, null, 2)}\n`, options.output);
    return 0;
  }
  const { bold, faint } = colours(options);
  const rows = entries.map((entry) => [
    entry.id,
    entry.severity,
    entry.default,
    language === 'zh-cn' ? (FIXABLE_ZH[entry.fixable] ?? entry.fixable) : `fix: ${entry.fixable}`,
    entry.runbook || '-',
    entry.title,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const padded = cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell)));
        if (column === 0) return bold(padded);
        return column < 5 ? faint(padded) : cell;
      })
      .join('  '),
  );
  emit(`${lines.join('\n')}\n`, options.output);
  return 0;
}

const FIXABLE_ZH: Readonly<Record<string, string>> = { safe: '可安全修复', review: '可修复，需复核', no: '不可自动修复' };

const LABELS = {
  severity: { en: 'severity', zh: '严重程度' },
  default: { en: 'default', zh: '默认' },
  fixable: { en: 'fix', zh: '修复' },
  affects: { en: 'affects', zh: '影响' },
  runbook: { en: 'runbook', zh: 'runbook' },
  options: { en: 'option', zh: '选项' },
  sources: { en: 'source', zh: '来源' },
} as const;

/** `rules explain RULE`: the facts of a rule and its page. */
export async function rulesExplain(id: string, options: CommonOptions): Promise<number> {
  const language = languageFor(options);
  const rule = checkRuleId(id);
  const page = rulePage(rule);
  const specs = Object.entries(rule.options ?? {});
  if (options.format === 'json') {
    const described = specs.map(([name, spec]) => ({
      name,
      type: spec.type,
      default: spec.default,
      description: messageText(spec.description, undefined, language),
    }));
    emit(`${JSON.stringify({ ...entryOf(rule, language), options: described, page: page ?? '' }, null, 2)}\n`, options.output);
    return 0;
  }
  const { bold, faint } = colours(options);
  const label = (key: keyof typeof LABELS): string => faint(`${messageText(LABELS[key], undefined, language)}:`);
  const lines = [
    `${bold(rule.id)}  ${messageText(rule.title, undefined, language)}`,
    '',
    `${label('severity')} ${rule.severity}   ${label('default')} ${rule.default}   ${label('fixable')} ${rule.fixable}`,
    `${label('affects')} ${rule.affects}`,
    ...(rule.runbook === '' ? [] : [`${label('runbook')} runbook-lens runbooks show ${rule.runbook.replace(/#.*/, '')}`]),
    ...specs.map(
      ([name, spec]) =>
        `${label('options')} ${name} (${spec.type}, ${String(spec.default)}): ${messageText(spec.description, undefined, language)}`,
    ),
    ...rule.sources.map((source) => `${label('sources')} ${source}`),
  ];
  // The page's first heading repeats the id.
  const body = page?.replace(/^# .*\n+/, '').replace(/^(#+ .*)$/gm, (heading: string) => bold(heading));
  emit(`${lines.join('\n')}\n${body ? `\n${body}` : ''}`, options.output);
  return 0;
}
