import type { OptionSpec, Rule } from '../linters/rule.ts';
import { GLOB_PATTERN, SETTINGS, type Shape, VERSION_PATTERN } from './settings.ts';
import { LEVELS } from './validate.ts';

type Probe = Pick<Rule, 'id' | 'options'>;
type Schema = { readonly [key: string]: unknown };

/** A duration in Go's syntax. */
const DURATION_PATTERN = '^[-+]?(?:0|(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$';

/**
 * The JSON schema of `.runbook-lens.yaml`, for editors: completion, hovers and errors while typing.
 * It is made of the settings table and the rules, so it cannot say anything else than the loader does.
 * @param later ids of rules that are planned: allowed, without effect
 */
function configurationSchema(rules: readonly Rule[], probes: readonly Probe[], later: readonly string[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://runbook-lens.dev/schemas/configuration.schema.json',
    title: 'Runbook Lens',
    description: 'Configuration of Runbook Lens: .runbook-lens.yaml at the root of a repository.',
    ...shapeSchema(SETTINGS),
    definitions: { level: { enum: LEVELS }, rules: rulesSchema(rules, later), probes: probesSchema(probes) },
  };
}

function shapeSchema(shape: Shape): Schema {
  switch (shape.shape) {
    case 'record':
      return {
        type: ['object', 'null'],
        additionalProperties: false,
        ...(shape.required ? { required: shape.required } : {}),
        properties: Object.fromEntries(
          Object.entries(shape.keys).map(([name, { description, value }]) => [
            name,
            { description: description.en, ...shapeSchema(value) },
          ]),
        ),
      };
    case 'rules':
      // Beside `$ref`, draft 7 ignores every other keyword: hence `allOf`.
      return { allOf: [{ $ref: '#/definitions/rules' }] };
    case 'probes':
      return { allOf: [{ $ref: '#/definitions/probes' }] };
    case 'list':
      return { type: ['array', 'null'], items: shapeSchema(shape.item) };
    case 'globs':
      return { type: ['array', 'null'], items: { type: 'string', pattern: GLOB_PATTERN } };
    case 'version':
      // YAML reads 1.20 as a number; the program reads the text.
      return { type: ['string', 'number', 'null'], pattern: VERSION_PATTERN };
    case 'choice':
      return { enum: [...shape.values, null] };
    case 'count':
      return { type: ['integer', 'null'], minimum: 0 };
    case 'boolean':
      return { type: ['boolean', 'null'] };
  }
}

function rulesSchema(rules: readonly Rule[], later: readonly string[]): Schema {
  const built = new Set(rules.map((rule) => rule.id));
  const entries = [
    ...rules.map((rule): [string, Schema] => [rule.id, ruleSchema(rule)]),
    ...later
      .filter((id) => !built.has(id))
      .map((id): [string, Schema] => [id, { description: 'Planned: not in this version, no effect yet.' }]),
  ];
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { type: ['object', 'null'], additionalProperties: false, properties: Object.fromEntries(entries) };
}

function probesSchema(probes: readonly Probe[]): Schema {
  const entries = [...probes]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, options = {} }): [string, Schema] => [
      id,
      {
        type: ['object', 'null'],
        additionalProperties: false,
        properties: Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, optionSchema(spec)])),
      },
    ]);
  return { type: ['object', 'null'], additionalProperties: false, properties: Object.fromEntries(entries) };
}

function ruleSchema(rule: Rule): Schema {
  const specs = Object.entries(rule.options ?? {});
  const options =
    specs.length === 0
      ? {}
      : {
          options: {
            type: ['object', 'null'],
            additionalProperties: false,
            properties: Object.fromEntries(specs.map(([name, spec]) => [name, optionSchema(spec)])),
          },
        };
  return {
    description: `${rule.title.en} (${rule.default === 'on' ? rule.severity : `off by default, ${rule.severity}`}; ${rule.affects})`,
    anyOf: [
      { $ref: '#/definitions/level' },
      { type: 'object', additionalProperties: false, properties: { severity: { $ref: '#/definitions/level' }, ...options } },
    ],
  };
}

function optionSchema(spec: OptionSpec): Schema {
  const shared = { description: spec.description.en, default: spec.default };
  switch (spec.type) {
    case 'duration':
      return { ...shared, type: ['string', 'integer'], pattern: DURATION_PATTERN };
    case 'integer':
      return { ...shared, type: 'integer' };
    case 'boolean':
      return { ...shared, type: 'boolean' };
    case 'string':
      return { ...shared, type: ['string', 'number', 'boolean'] };
  }
}

/** The schema as it is committed. */
export function configurationSchemaText(rules: readonly Rule[], probes: readonly Probe[], later: readonly string[]): string {
  return `${JSON.stringify(configurationSchema(rules, probes, later), null, 2)}\n`;
}
