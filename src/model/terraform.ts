import { type HclBlock, type HclValue, parseHcl } from '../text/hcl.ts';
import type { SourceFile, Span } from '../text/source.ts';
import type { YamlMap, YamlNode, YamlPair, YamlScalar } from '../text/yaml.ts';
import { parseTerraformYaml } from '../text/terraform-template.ts';
import { derivedScalar, mapScalars, unknownScalar } from '../text/yaml-tree.ts';
import { localChart, valuesAt } from './helm/local-chart.ts';
import { setValue, ValueStack } from './helm/set-values.ts';
import { emptyValues } from './helm/values.ts';
import { folderOf, resolvePath } from './kubernetes/kustomize/kustomization-file.ts';
import type { HelmRelease } from './unit.ts';

/**
 * The `helm_release` resources of a Terraform file, as far as literal: `values` as heredocs, `yamlencode({…})`, `file(…)` and
 * `templatefile(…)`, `set` blocks or lists. Later values win over earlier ones, `set` over all (as in the Helm provider).
 */
export function terraformReleases(file: SourceFile, readText: (path: string) => SourceFile | undefined): HelmRelease[] {
  return parseHcl(file)
    .filter((block) => block.type === 'resource' && block.labels[0] === 'helm_release')
    .map((block) => release(block, file, readText));
}

function release(block: HclBlock, file: SourceFile, readText: (path: string) => SourceFile | undefined): HelmRelease {
  const text = (name: string): string | undefined => {
    const value = attribute(block, name);
    return value?.kind === 'string' ? value.text : undefined;
  };
  const written = text('chart');
  const folder = folderOf(file.path);
  const path = written?.replace(/^\$\{path\.module\}\//, './');
  const local = path?.startsWith('.') ? localChart(folder, path, readText) : undefined;
  const stack = new ValueStack(local?.values ?? emptyValues(file));
  stack.complete = local?.complete ?? true;
  const values = attribute(block, 'values');
  if (values?.kind === 'list') for (const item of values.items) stack.layer(valuesMap(item, file, folder, readText, stack));
  else if (values) stack.complete = false;
  const sets = block.blocks.filter((inner) => /^set(?:_sensitive|_string)?$/.test(inner.type));
  for (const set of sets) applySet(stack, set.attributes, set.type === 'set_string', file);
  for (const name of ['set', 'set_sensitive']) {
    const list = attribute(block, name);
    if (list?.kind !== 'list') {
      if (list) stack.complete = false;
      continue;
    }
    for (const item of list.items) {
      if (item.kind === 'object') applySet(stack, item.entries, false, file);
      else stack.complete = false;
    }
  }
  // `dynamic "set"` and lists of words may set anything.
  if (block.blocks.some((inner) => inner.type === 'dynamic' || inner.type === 'set_list') || attribute(block, 'set_list'))
    stack.complete = false;
  return {
    chart: local?.name ?? (path?.startsWith('.') ? undefined : written?.split('/').at(-1)),
    chartVersion: text('version') ?? local?.version,
    repository: text('repository'),
    values: stack.root,
    file,
    complete: stack.complete,
  };
}

function attribute(block: HclBlock, name: string): HclValue | undefined {
  return block.attributes.find((entry) => entry.name === name)?.value;
}

function applySet(stack: ValueStack, entries: HclBlock['attributes'], asString: boolean, file: SourceFile): void {
  const of = (name: string): HclValue | undefined => entries.find((entry) => entry.name === name)?.value;
  const name = of('name');
  const value = of('value');
  const type = of('type');
  const text = name?.kind === 'string' ? name.text : undefined;
  const scalar = value && scalarOf(value, file);
  const next =
    text !== undefined && scalar
      ? setValue(stack.root, text, scalar, asString || (type?.kind === 'string' && type.text === 'string'))
      : undefined;
  if (next) stack.root = next;
  else stack.complete = false;
}

function scalarOf(value: HclValue, file: SourceFile): YamlScalar | undefined {
  const at = { file, start: value.start, end: value.end };
  if (value.kind === 'string')
    return value.text === undefined ? unknownScalar(at, interpolation(file, value)) : derivedScalar(at, value.text, 'double');
  if (value.kind === 'literal') return derivedScalar(at, value.text, 'plain');
  return unknownScalar(at, interpolation(file, value));
}

function interpolation(file: SourceFile, value: HclValue): { why: 'templated'; expression: string } {
  return { why: 'templated', expression: file.text.slice(value.start, value.end) };
}

function valuesMap(
  item: HclValue,
  file: SourceFile,
  folder: string,
  readText: (path: string) => SourceFile | undefined,
  stack: ValueStack,
): YamlMap | undefined {
  if (item.kind === 'heredoc') return templatedMap(file, stack, item);
  if (item.kind === 'call' && item.name === 'yamlencode') {
    const [argument] = item.args;
    const node = argument && toYaml(argument, file);
    return node?.kind === 'map' ? node : undefined;
  }
  const path = item.kind === 'call' ? pathOf(item.args[0], file) : undefined;
  if (item.kind !== 'call' || path === undefined) return undefined;
  if (item.name === 'file') return valuesAt(folder, path, readText);
  if (item.name !== 'templatefile') return undefined;
  const at = resolvePath(folder, path);
  const template = at === undefined ? undefined : readText(at);
  const map = template && templatedMap(template, stack);
  return map && withVariables(map, item.args[1], file);
}

/** A literal path, from the module's folder. */
function pathOf(value: HclValue | undefined, file: SourceFile): string | undefined {
  if (value?.kind !== 'string') return undefined;
  const text = value.text ?? file.text.slice(value.start, value.end).replace(/^\$\{path\.module\}\//, '');
  return text.includes('${') ? undefined : text;
}

function templatedMap(file: SourceFile, stack: ValueStack, span?: Span): YamlMap | undefined {
  const { result, complete } = parseTerraformYaml(file, span?.start, span?.end);
  if (!complete) stack.complete = false;
  const [root] = result.ok ? result.roots : [];
  return root?.kind === 'map' ? root : undefined;
}

/** The literal variables that a template is called with. They stand, and are edited, where it is called. */
function withVariables(map: YamlMap, variables: HclValue | undefined, file: SourceFile): YamlMap {
  if (variables?.kind !== 'object') return map;
  const known = new Map(
    variables.entries.flatMap(({ name, value }) => {
      const scalar = scalarOf(value, file);
      return scalar && !scalar.unknown ? [[`\${${name}}`, scalar]] : [];
    }),
  );
  return mapScalars(map, (scalar) => {
    const given = scalar.unknown?.why === 'templated' ? known.get(scalar.unknown.expression.replace(/\s+/g, '')) : undefined;
    return given ? { ...given, style: scalar.style } : scalar;
  });
}

/** The tree that `yamlencode` would write. */
function toYaml(value: HclValue, file: SourceFile): YamlNode {
  const at = { file, start: value.start, end: value.end };
  if (value.kind === 'list') {
    return { kind: 'sequence', ...at, flow: true, open: false, items: value.items.map((item) => toYaml(item, file)), derived: true };
  }
  if (value.kind === 'object') {
    const pairs = new Map<string, YamlPair>();
    for (const { name, nameSpan, value: inner } of value.entries) {
      pairs.set(name, { key: derivedScalar({ file, ...nameSpan }, name, 'plain'), value: toYaml(inner, file) });
    }
    return { kind: 'map', ...at, flow: true, open: false, pairs, derived: true };
  }
  return scalarOf(value, file) ?? unknownScalar(at, interpolation(file, value));
}
