import { type OptionSpec, type Rule, SEVERITIES } from '../linters/rule.ts';
import { parseGoDurationMs } from '../model/duration.ts';
import type { Anchor } from '../text/source.ts';
import { isNull, type YamlMap, type YamlNode, type YamlScalar } from '../text/yaml.ts';
import { nearest } from '../text/nearest.ts';
import { type ConfigurationProblem, PROBLEMS } from './problem.ts';
import { GLOB_PATTERN, type Shape, VERSION_PATTERN } from './settings.ts';

/** The rules that a configuration may name. */
export interface KnownRules {
  readonly rules: readonly Configurable[];
  /** Those of the cluster's diagnosis; they have the ids of their runbooks. */
  readonly probes?: readonly Configurable[];
  /** Ids of the whole catalogue, also of rules that are not built yet. */
  readonly catalogue: ReadonlySet<string>;
}

type Configurable = Pick<Rule, 'id' | 'options'>;

export const LEVELS = [...SEVERITIES, 'on', 'off'] as const;

const RULE_KEYS = ['severity', 'options'];

/** Checks a tree against a shape of the settings table. Gives every problem, in the order of the text. */
export function validate(root: YamlNode, shape: Shape, known: KnownRules): ConfigurationProblem[] {
  return checkShape(root, shape, '', known);
}

type Problems = ConfigurationProblem[];

function checkShape(node: YamlNode, shape: Shape, key: string, known: KnownRules): Problems {
  switch (shape.shape) {
    case 'record':
      return checkRecord(node, shape, key, known);
    case 'rules':
      return checkRules(node, key, known);
    case 'probes':
      return checkProbes(node, key, known.probes ?? []);
    case 'list':
      if (node.kind !== 'sequence') return expected(node, key, 'a list', '列表');
      return node.items.flatMap((item, index) => checkShape(item, shape.item, `${key}[${index}]`, known));
    case 'globs':
      return checkGlobs(node, key);
    case 'version':
      if (node.kind === 'scalar' && !node.unknown && new RegExp(VERSION_PATTERN).test(node.text)) return [];
      return expected(node, key, 'a version such as 2.1.4', '版本号，例如 2.1.4');
    case 'choice':
      return checkChoice(node, key, shape.values);
    case 'count':
      return node.kind === 'scalar' && /^\d+$/.test(node.text) ? [] : expected(node, key, 'a whole number', '整数');
    case 'boolean':
      return checkChoice(node, key, ['true', 'false']);
  }
}

function checkRecord(node: YamlNode, shape: Extract<Shape, { shape: 'record' }>, key: string, known: KnownRules): Problems {
  if (node.kind !== 'map') return expected(node, key, 'keys and values', '键值对');
  const names = Object.keys(shape.keys);
  const inside = [...node.pairs.values()].flatMap((pair) => {
    const setting = Object.hasOwn(shape.keys, pair.key.text) ? shape.keys[pair.key.text] : undefined;
    const path = key === '' ? pair.key.text : `${key}.${pair.key.text}`;
    if (!setting) return unknownKey(pair.key, path, names);
    return isEmpty(pair.value) ? [] : checkShape(pair.value, setting.value, path, known);
  });
  const missing = (shape.required ?? []).filter((name) => !node.pairs.has(name));
  return [...missing.flatMap((name) => error(startOf(node), key, PROBLEMS.missingKey, { name })), ...oddKeys(node, key), ...inside];
}

function checkRules(node: YamlNode, key: string, known: KnownRules): Problems {
  if (node.kind !== 'map') return expected(node, key, 'rule ids with a severity, on or off', '规则 id 与其严重程度、on 或 off');
  const inside = [...node.pairs.values()].flatMap(({ key: id, value }) => {
    const path = `${key}.${id.text}`;
    const rule = known.rules.find((candidate) => candidate.id === id.text);
    if (!rule) return unknownRule(id, path, known);
    return value.kind === 'map' ? checkRule(value, path, rule) : checkChoice(value, path, LEVELS);
  });
  return [...oddKeys(node, key), ...inside];
}

function checkProbes(node: YamlNode, key: string, probes: readonly Configurable[]): Problems {
  if (node.kind !== 'map') return expected(node, key, 'ids of runbooks with options', 'runbook 的 id 及其选项');
  const inside = [...node.pairs.values()].flatMap(({ key: id, value }) => {
    const path = `${key}.${id.text}`;
    const probe = probes.find((candidate) => candidate.id === id.text);
    if (!probe) {
      const ids = probes.map((candidate) => candidate.id);
      return unknownKey(id, path, ids);
    }
    if (value.kind === 'map') return checkOptions(value, path, probe);
    return isEmpty(value) ? [] : expected(value, path, 'options and their values', '选项及其值');
  });
  return [...oddKeys(node, key), ...inside];
}

function checkRule(map: YamlMap, key: string, rule: Configurable): Problems {
  const inside = [...map.pairs.values()].flatMap(({ key: name, value }) => {
    const path = `${key}.${name.text}`;
    if (name.text === 'severity') return checkChoice(value, path, LEVELS);
    if (name.text !== 'options') return unknownKey(name, path, RULE_KEYS);
    if (value.kind === 'map') return checkOptions(value, path, rule);
    return isEmpty(value) ? [] : expected(value, path, 'options and their values', '选项及其值');
  });
  return [...oddKeys(map, key), ...inside];
}

function checkOptions(map: YamlMap, key: string, rule: Configurable): Problems {
  const specs = rule.options ?? {};
  const names = Object.keys(specs);
  const inside = [...map.pairs.values()].flatMap(({ key: name, value }) => {
    const path = `${key}.${name.text}`;
    const spec = Object.hasOwn(specs, name.text) ? specs[name.text] : undefined;
    if (spec) {
      const wrong = wrongOption(value, spec);
      return wrong ? expected(value, path, wrong[0], wrong[1]) : [];
    }
    const near = nearest(name.text, names);
    if (near) return error(name, path, PROBLEMS.unknownOptionNear, { rule: rule.id, name: name.text, near });
    if (names.length === 0) return error(name, path, PROBLEMS.noOptions, { rule: rule.id });
    return error(name, path, PROBLEMS.unknownOption, { rule: rule.id, name: name.text, known: names.join(', ') });
  });
  return [...oddKeys(map, key), ...inside];
}

/** Keys that a YAML reader would swallow: a second one of the same name takes the first one's place, a template becomes a map as key. */
function oddKeys(map: YamlMap, key: string): Problems {
  const repeated = (map.repeated ?? []).flatMap((name) =>
    error(name, key === '' ? name.text : `${key}.${name.text}`, PROBLEMS.repeatedKey, { name: name.text }),
  );
  return [...repeated, ...(map.complexKeys ?? []).flatMap((node) => error(startOf(node), key, PROBLEMS.complexKey, {}))];
}

function unknownRule(id: YamlScalar, key: string, known: KnownRules): Problems {
  const name = id.text;
  if (known.catalogue.has(name)) return [{ kind: 'notice', at: id, key, message: PROBLEMS.laterRule, data: { name } }];
  const ids = known.rules.map((rule) => rule.id);
  const near = nearest(name, ids) ?? nearest(name, known.catalogue);
  return near ? error(id, key, PROBLEMS.unknownRuleNear, { name, near }) : error(id, key, PROBLEMS.unknownRule, { name });
}

function checkGlobs(node: YamlNode, key: string): Problems {
  if (node.kind !== 'sequence') return expected(node, key, 'a list of patterns', '匹配模式的列表');
  return node.items.flatMap((item, index) => {
    if (item.kind !== 'scalar' || item.unknown || item.text.trim() === '')
      return expected(item, `${key}[${index}]`, 'a pattern', '匹配模式');
    if (new RegExp(GLOB_PATTERN).test(item.text)) return [];
    return expected(item, `${key}[${index}]`, 'a pattern from the root on, such as docs/**', '从根目录开始的匹配模式，例如 docs/**');
  });
}

function checkChoice(node: YamlNode, key: string, values: readonly string[]): Problems {
  if (node.kind === 'scalar' && !node.unknown && values.includes(node.text)) return [];
  const choices = values.join(' | ');
  const near = node.kind === 'scalar' ? nearest(node.text, values) : undefined;
  if (near === undefined) return expected(node, key, choices, choices);
  return error(node, key, PROBLEMS.expectedNear, { expected: choices, found: describe(node), near });
}

function unknownKey(at: YamlScalar, key: string, names: readonly string[]): Problems {
  const near = nearest(at.text, names);
  if (near) return error(at, key, PROBLEMS.unknownKeyNear, { name: at.text, near });
  return error(at, key, PROBLEMS.unknownKey, { name: at.text, known: names.join(', ') });
}

function expected(node: YamlNode, key: string, en: string, zh: string): Problems {
  const message = { en: PROBLEMS.expected.en.replace('{expected}', en), zh: PROBLEMS.expected.zh.replace('{expected}', zh) };
  return error(node.kind === 'scalar' ? node : startOf(node), key, message, { found: describe(node) });
}

function error(at: Anchor, key: string, message: ConfigurationProblem['message'], data: ConfigurationProblem['data']): Problems {
  return [{ kind: 'error', at, key, message, data }];
}

/** A key with nothing behind it says nothing. */
function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && isNull(node);
}

/** A whole block is too much to underline. */
function startOf(node: YamlNode): Anchor {
  const eol = node.file.text.slice(node.start, node.end).search(/[\r\n]/);
  return { file: node.file, start: node.start, end: eol < 0 ? node.end : node.start + eol };
}

function describe(node: YamlNode): string {
  if (node.kind === 'map') return '{…}';
  if (node.kind === 'sequence') return '[…]';
  const text = node.text.length > 40 ? `${node.text.slice(0, 39)}…` : node.text;
  return JSON.stringify(text);
}

/** What an option's value should be, in both languages, when it is not. */
function wrongOption(node: YamlNode, spec: OptionSpec): readonly [string, string] | undefined {
  const text = node.kind === 'scalar' && !node.unknown ? node.text : undefined;
  switch (spec.type) {
    case 'duration':
      return text !== undefined && parseGoDurationMs(text) !== undefined
        ? undefined
        : ['a duration such as 350s or 5m', '时长，例如 350s 或 5m'];
    case 'integer':
      return text !== undefined && /^-?\d+$/.test(text) ? undefined : ['a whole number', '整数'];
    case 'boolean':
      return text === 'true' || text === 'false' ? undefined : ['true | false', 'true | false'];
    case 'string':
      return text === undefined ? ['text', '文本'] : undefined;
  }
}
