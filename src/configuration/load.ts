import type { OptionSpec, OptionValue } from '../linters/rule.ts';
import type { Assume } from '../model/unit.ts';
import { LANGUAGES } from '../runbooks/types.ts';
import type { SourceFile } from '../text/source.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt, type YamlNode } from '../text/yaml.ts';
import { parseYaml } from '../text/yaml-parse.ts';
import { NO_SETTINGS, type Override, type RuleSetting, type RuleSettings, type Settings } from './configuration.ts';
import { type ConfigurationProblem, PROBLEMS } from './problem.ts';
import { SETTINGS } from './settings.ts';
import { type KnownRules, LEVELS, validate } from './validate.ts';

/** The file's name at the root of a repository. */
export const CONFIGURATION_FILE = '.runbook-lens.yaml';

export interface LoadedSettings {
  /** The defaults wherever there is an error. */
  readonly settings: Settings;
  readonly problems: readonly ConfigurationProblem[];
}

/** Reads and checks a configuration file's text. With any problem of kind `error`, the settings are the defaults: half a configuration is none. */
export function loadSettings(file: SourceFile, known: KnownRules): LoadedSettings {
  const parsed = parseYaml(file);
  if (!parsed.ok) {
    const at = { file, start: parsed.problem.offset, end: parsed.problem.offset };
    return {
      settings: NO_SETTINGS,
      problems: [{ kind: 'error', at, key: '', message: PROBLEMS.syntax, data: { reason: parsed.problem.message } }],
    };
  }
  const [root, second] = parsed.roots;
  if (second) {
    return { settings: NO_SETTINGS, problems: [{ kind: 'error', at: second, key: '', message: PROBLEMS.severalDocuments, data: {} }] };
  }
  if (!root || (root.kind === 'scalar' && root.text === '')) return { settings: NO_SETTINGS, problems: [] };
  const problems = validate(root, SETTINGS, known);
  const settings = problems.some((problem) => problem.kind === 'error') ? NO_SETTINGS : readSettings(root, known);
  return { settings, problems };
}

/** Reads a tree that was found valid. */
function readSettings(root: YamlNode, known: KnownRules): Settings {
  return {
    rules: readRules(root, known),
    ignore: texts(root, 'ignore'),
    assume: readAssume(root),
    probes: readProbes(root, known),
    runbooks: texts(root, 'runbooks'),
    lang: LANGUAGES.find((language) => language === textAt(root, 'lang')),
    overrides: itemsAt(root, 'overrides').map(
      (item): Override => ({ files: texts(item, 'files'), rules: readRules(item, known), assume: readAssume(item) }),
    ),
  };
}

function texts(node: YamlNode, key: string): string[] {
  return itemsAt(node, key).flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
}

function readRules(node: YamlNode, known: KnownRules): RuleSettings {
  const settings = new Map<string, RuleSetting>();
  for (const [id, { value }] of mapAt(node, 'rules')?.pairs ?? []) {
    const rule = known.rules.find((candidate) => candidate.id === id);
    if (!rule) continue;
    const level = LEVELS.find((name) => name === (value.kind === 'scalar' ? value.text : textAt(value, 'severity')));
    const options = readOptions(nodeAt(value, 'options'), rule.options);
    settings.set(id, { ...(level === undefined ? {} : { level }), ...(Object.keys(options).length > 0 ? { options } : {}) });
  }
  return settings;
}

function readProbes(root: YamlNode, { probes = [] }: KnownRules): Settings['probes'] {
  const map = mapAt(root, 'probes');
  return Object.fromEntries(probes.flatMap(({ id, options }) => (map?.pairs.has(id) ? [[id, readOptions(mapAt(map, id), options)]] : [])));
}

function readOptions(node: YamlNode | undefined, specs: Readonly<Record<string, OptionSpec>> = {}): Readonly<Record<string, OptionValue>> {
  const options: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const scalar = scalarAt(node, name);
    if (scalar) options[name] = optionValue(scalar.text, spec);
  }
  return options;
}

function optionValue(text: string, spec: OptionSpec): OptionValue {
  if (spec.type === 'integer') return Number(text);
  if (spec.type === 'boolean') return text === 'true';
  return text;
}

const MESHES = ['none', 'istio', 'ambient', 'linkerd'] as const;

function readAssume(node: YamlNode): Assume {
  const map = mapAt(node, 'assume');
  const assume: { -readonly [K in keyof Assume]: Assume[K] } = {};
  for (const product of ['kong', 'istio', 'kubernetes', 'kiam'] as const) {
    const version = textAt(map, product);
    if (version !== undefined) assume[product] = version.replace(/^v/, '');
  }
  const mesh = MESHES.find((name) => name === textAt(map, 'mesh'));
  if (mesh) assume.mesh = mesh;
  const routes = textAt(map, 'routes');
  if (routes !== undefined) assume.routes = Number(routes);
  const complete = textAt(map, 'complete');
  if (complete !== undefined) assume.complete = complete === 'true';
  return assume;
}
