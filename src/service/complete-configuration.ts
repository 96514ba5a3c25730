import { type Setting, SETTINGS, type Shape } from '../configuration/settings.ts';
import { LEVELS } from '../configuration/validate.ts';
import type { Message, OptionSpec, Rule } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { Position } from '../text/source.ts';
import { ALL_RULES } from './engine-setup.ts';
import { CONFIGURABLE_PROBES } from './probe-options.ts';
import type { CompletionData } from './protocol.ts';

/**
 * What may stand at a position of `.runbook-lens.yaml`: keys, rule ids, values. Goes by indentation alone, for while somebody types the
 * text rarely parses.
 */
export function completeConfiguration(text: string, position: Position, language: Language): CompletionData[] {
  const lines = text.split(/\r\n|\r|\n/);
  const before = (lines[position.line] ?? '').slice(0, position.character);
  const value = /^(\s*(?:- )?)([\w./-]+):\s+(\S*)$/.exec(before);
  const indent = /^\s*(?:- )?/.exec(before)?.[0].length ?? 0;
  const parents = parentsOf(lines, position.line, value ? (value[1] ?? '').length : indent);
  if (value) return valuesFor([...parents, value[2] ?? ''], language);
  if (!/^\s*(?:- )?[\w./-]*$/.test(before)) return [];
  const open = openKeyAbove(lines, position.line, indent);
  const below = open === undefined ? [] : keysFor([...parents, open], language);
  return [...keysFor(parents, language), ...below.map(deeper)];
}

/** A key at the same column, right above, that nothing stands below yet: not every editor indents after it. */
function openKeyAbove(lines: readonly string[], line: number, column: number): string | undefined {
  const above = lines.slice(0, line).findLast((text) => !/^\s*(?:#.*)?$/.test(text)) ?? '';
  const found = /^(\s*(?:- )?)([\w./-]+):\s*(?:#.*)?$/.exec(above);
  return found && (found[1] ?? '').length === column ? found[2] : undefined;
}

/** The same, one step further in than the line it is typed on. */
function deeper(item: CompletionData): CompletionData {
  return { ...item, insert: `  ${item.insert.replaceAll('\n', '\n  ')}` };
}

/** The keys that enclose a line whose own key starts at a column. */
function parentsOf(lines: readonly string[], line: number, column: number): string[] {
  const parents: string[] = [];
  let within = column;
  for (let at = line - 1; at >= 0 && within > 0; at--) {
    const found = /^(\s*(?:- )?)([\w./-]+):/.exec(lines[at] ?? '');
    const start = (found?.[1] ?? '').length;
    if (!found || start >= within) continue;
    parents.unshift(found[2] ?? '');
    within = start;
  }
  return parents;
}

function shapeAt(path: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = SETTINGS;
  for (const key of path) {
    if (shape?.shape === 'list') shape = shape.item;
    if (shape?.shape !== 'record') return undefined;
    const setting: Setting | undefined = Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined;
    shape = setting?.value;
  }
  return shape?.shape === 'list' ? shape.item : shape;
}

function keysFor(path: readonly string[], language: Language): CompletionData[] {
  const shape = shapeAt(path);
  if (shape?.shape === 'record') {
    return Object.entries(shape.keys).map(([name, setting]) => key(name, '', said(setting.description, language), nested(setting.value)));
  }
  if (shape?.shape === 'rules') {
    return ALL_RULES.map((rule) =>
      key(rule.id, `${rule.default === 'on' ? rule.severity : 'off'} · ${rule.affects}`, said(rule.title, language), false),
    );
  }
  if (shape?.shape === 'probes') return CONFIGURABLE_PROBES.map(({ id, options }) => key(id, '', '', options !== undefined));
  const probe = probeOf(path);
  if (probe && probe.rest.length === 0) return optionKeys(probe.options, language);
  const [rule, rest] = ruleOf(path);
  if (!rule) return [];
  if (rest.length === 0) return [key('severity', '', '', false), ...(rule.options ? [key('options', '', '', true)] : [])];
  if (rest.length > 1 || rest[0] !== 'options') return [];
  return optionKeys(rule.options, language);
}

function optionKeys(options: Options, language: Language): CompletionData[] {
  return Object.entries(options ?? {}).map(([name, spec]) =>
    key(name, `${spec.type} · ${spec.default}`, said(spec.description, language), false),
  );
}

function optionValue(spec: OptionSpec | undefined, language: Language): CompletionData[] {
  return spec ? [{ ...plain(String(spec.default)), documentation: said(spec.description, language) }] : [];
}

function valuesFor(path: readonly string[], language: Language): CompletionData[] {
  const shape = shapeAt(path);
  if (shape?.shape === 'choice') return shape.values.map((value) => plain(value));
  if (shape?.shape === 'boolean') return ['true', 'false'].map((value) => plain(value));
  const probe = probeOf(path);
  if (probe) return probe.rest.length === 1 ? optionValue(probe.options?.[probe.rest[0] ?? ''], language) : [];
  const [rule, rest] = ruleOf(path);
  if (!rule) return [];
  if (rest.length === 0 || (rest.length === 1 && rest[0] === 'severity')) return LEVELS.map((value) => plain(value));
  const spec = rest[0] === 'options' && rest.length === 2 ? rule.options?.[rest[1] ?? ''] : undefined;
  return optionValue(spec, language);
}

type Options = Rule['options'];

/** The probe in whose entry a path leads, and what is left of the path. */
function probeOf(path: readonly string[]): { readonly options: Options; readonly rest: readonly string[] } | undefined {
  const at = path.findIndex((_, index) => shapeAt(path.slice(0, index))?.shape === 'probes');
  const probe = at < 0 ? undefined : CONFIGURABLE_PROBES.find(({ id }) => id === path[at]);
  return probe && { options: probe.options, rest: path.slice(at + 1) };
}

/** The rule in whose entry a path leads, and what is left of the path. */
function ruleOf(path: readonly string[]): [(typeof ALL_RULES)[number] | undefined, readonly string[]] {
  const at = path.findIndex((_, index) => shapeAt(path.slice(0, index))?.shape === 'rules');
  return at < 0 ? [undefined, []] : [ALL_RULES.find((rule) => rule.id === path[at]), path.slice(at + 1)];
}

function nested(shape: Shape): boolean {
  return (
    shape.shape === 'record' || shape.shape === 'rules' || shape.shape === 'probes' || shape.shape === 'list' || shape.shape === 'globs'
  );
}

function key(name: string, detail: string, documentation: string, opens: boolean): CompletionData {
  return { label: name, detail, documentation, insert: opens ? `${name}:\n  ` : `${name}: `, kind: 'key' };
}

function plain(value: string): CompletionData {
  return { label: value, detail: '', documentation: '', insert: value, kind: 'value' };
}

function said(message: Message, language: Language): string {
  return language === 'zh-cn' ? message.zh : message.en;
}
