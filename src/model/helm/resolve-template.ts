import type { SourceFile, Span } from '../../text/source.ts';
import { isNull, textAt, type YamlMap, type YamlNode, type YamlPair, type YamlScalar, type YamlSequence } from '../../text/yaml.ts';
import { parseYaml } from '../../text/yaml-parse.ts';
import { parseDocument, splitDocuments } from '../../text/yaml-documents.ts';
import { mapScalars, unknownScalar } from '../../text/yaml-tree.ts';
import { annotationsOf, isRelevantKind, type KubeObject, readObjects } from '../kubernetes/objects.ts';
import { actionBody, type Dot, evaluate, type TemplateContext } from './expression.ts';
import { goText, goValue } from './go-value.ts';
import { type DecidedTemplate, decideTemplate, type Insertion } from './template.ts';

export interface ResolvedTemplate {
  readonly objects: readonly KubeObject[];
  /** Stretches of the file under a condition or in a loop that the values don't decide. */
  readonly undecided: readonly Span[];
  /** Documents that can't be parsed with their actions masked. */
  readonly problems: readonly string[];
}

/**
 * The objects of one template under a release's values: arms that the values rule out are left away, scalars made only of
 * values are resolved (they stand at the values, where a person would change them), all other actions stay masked.
 */
export function resolveTemplate(file: SourceFile, context: TemplateContext): ResolvedTemplate {
  const decided = decideTemplate(file, context);
  const resolver = new TreeResolver(file, decided, context);
  const objects: KubeObject[] = [];
  const problems: string[] = [];
  const spans = splitDocuments(decided.text);
  const isWritten = (start: number, end: number): boolean => spans.some((span) => span.start < end && span.end > start);
  if (decided.masks.some((mask) => mask.hole && !isWritten(mask.start, mask.end))) problems.push('a document that an include writes');
  for (const span of spans) {
    if (span.kind !== undefined && !isRelevantKind(span.kind)) continue;
    const document = parseDocument(file, span, { text: decided.text, masks: decided.masks });
    if (document.problem) problems.push(document.problem.message);
    const root = document.root && resolver.resolve(document.root);
    const written = decided.masks.some((mask) => mask.hole && mask.start < span.end && mask.end > span.start);
    if (written && !document.problem && (root?.kind !== 'map' || !root.pairs.has('kind')))
      problems.push('a document that an include writes');
    else if (root?.kind === 'map' && (textAt(root, 'kind') === undefined || textAt(root, 'apiVersion') === undefined)) {
      problems.push('a document whose kind or apiVersion is templated');
    }
    const made = readObjects(file, root, decided.masks.length > 0 || file.text.includes('{{'));
    objects.push(...made.filter((object) => !isTest(object)));
  }
  return { objects, undecided: decided.undecided, problems };
}

/** Made by `helm test` only. */
function isTest(object: KubeObject): boolean {
  return /^test(?:-success|-failure)?$/.test(textAt(annotationsOf(object), 'helm.sh/hook') ?? '');
}

class TreeResolver {
  private readonly file: SourceFile;
  private readonly decided: DecidedTemplate;
  private readonly context: TemplateContext;
  private readonly insertions: ReadonlyMap<string, Insertion>;

  constructor(file: SourceFile, decided: DecidedTemplate, context: TemplateContext) {
    this.file = file;
    this.decided = decided;
    this.context = context;
    this.insertions = new Map(decided.insertions.map((insertion) => [insertion.name, insertion]));
  }

  resolve(node: YamlNode): YamlNode {
    if (node.kind === 'scalar') return this.resolveScalar(node);
    return node.kind === 'map' ? this.resolveMap(node) : this.resolveSequence(node);
  }

  private resolveMap(map: YamlMap): YamlNode {
    const pairs = new Map<string, YamlPair>();
    for (const [name, pair] of map.pairs) {
      const inserted = this.insertions.get(name)?.node;
      if (inserted?.kind !== 'map') {
        this.add(pairs, name, { ...pair, value: this.resolve(pair.value) });
        continue;
      }
      const written = asWritten(inserted);
      if (map.pairs.size === 1 && written.kind === 'map') return { ...written, open: written.open || map.open };
      if (written.kind === 'map') for (const [key, entry] of written.pairs) this.add(pairs, key, entry);
    }
    return { ...map, pairs };
  }

  /** A key that the template and the values both set is refused or decided by order: not known. */
  private add(pairs: Map<string, YamlPair>, name: string, pair: YamlPair): void {
    const earlier = pairs.get(name);
    const value = earlier ? unknownScalar(earlier.value, { why: 'templated', expression: `${name} is set more than once` }) : pair.value;
    pairs.set(name, { ...pair, value });
  }

  private resolveSequence(sequence: YamlSequence): YamlNode {
    const items: YamlNode[] = [];
    for (const item of sequence.items) {
      const inserted = item.kind === 'scalar' ? this.insertions.get(item.text)?.node : undefined;
      if (inserted?.kind !== 'sequence') {
        items.push(this.resolve(item));
        continue;
      }
      const written = asWritten(inserted);
      if (written.kind !== 'sequence') continue;
      if (sequence.items.length === 1) return { ...written, open: written.open || sequence.open };
      items.push(...written.items);
    }
    return { ...sequence, items };
  }

  private resolveScalar(scalar: YamlScalar): YamlNode {
    if (!scalar.unknown && this.decided.filled.some((span) => span.start < scalar.end && span.end > scalar.start)) {
      return { ...scalar, unknown: { why: 'templated', expression: this.file.text.slice(scalar.start, scalar.end).trim() } };
    }
    if (scalar.unknown?.why !== 'templated' || scalar.style === 'literal' || scalar.style === 'folded') return scalar;
    const source = this.file.text.slice(scalar.start, scalar.end);
    const dot = this.decided.dotAt(scalar.start);
    const inserted = scalar.style === 'plain' ? this.insertedHere(source, dot) : undefined;
    if (inserted) return inserted;
    const rendered = this.render(source, dot);
    if (!rendered) return scalar;
    const read = readRendered(rendered.text, scalar);
    if (!read) return scalar;
    const place = rendered.from ?? scalar;
    const { file, start, end } = place;
    const made: YamlScalar = { kind: 'scalar', file, start, end, text: read.text, style: read.style, tag: undefined, derived: true };
    return rendered.from?.overrides ? { ...made, overrides: rendered.from.overrides } : made;
  }

  /** `key: {{- toYaml .Values.x | nindent N }}`: the map or list itself. */
  private insertedHere(source: string, dot: Dot): YamlNode | undefined {
    const match = /^\{\{-?\s*(?:toYaml\s+([^|]+?)|([^|]+?)\s*\|\s*toYaml)\s*(?:\|\s*nindent\s+\d+\s*)?\}\}$/.exec(source);
    if (!match) return undefined;
    const evaluated = evaluate(match[1] ?? match[2] ?? '', this.context, dot);
    if (!evaluated || evaluated.truthOnly) return undefined;
    const { value } = evaluated;
    if (value === null || typeof value !== 'object') return undefined;
    // Without nindent only what fits on the line is still YAML: an empty map or list.
    if (!source.includes('nindent') && (value.kind === 'map' ? value.pairs.size : value.items.length) > 0) return undefined;
    return asWritten(value);
  }

  /** The scalar's source with its actions filled in; `from`: the one values scalar that tells most of it. */
  private render(source: string, dot: Dot): { text: string; from: YamlScalar | undefined } | undefined {
    const actions = source.match(/\{\{[\s\S]*?\}\}/g) ?? [];
    if (actions.length === 0) return undefined;
    let from: YamlScalar | undefined;
    let text = '';
    let at = 0;
    for (const action of actions) {
      // A trim marker eats what stands around: no longer this scalar alone.
      if (action.startsWith('{{-') || action.endsWith('-}}')) return undefined;
      const evaluated = evaluate(actionBody(action), this.context, dot);
      const written = evaluated && goText(evaluated);
      if (written === undefined) return undefined;
      // Of `repository:tag` the last one is the place: a version is what is changed most.
      from = evaluated?.from ?? from;
      const start = source.indexOf(action, at);
      text += source.slice(at, start) + written;
      at = start + action.length;
    }
    return { text: text + source.slice(at), from };
  }
}

/** What YAML reads where the rendered text stands. */
function readRendered(text: string, scalar: YamlScalar): YamlScalar | undefined {
  const quote = scalar.style === 'double' ? '"' : scalar.style === 'single' ? "'" : '';
  if (text.includes('\n')) return undefined;
  const result = parseYaml({ path: scalar.file.path, text: `- ${quote}${text}${quote}`, bom: false });
  const [root, ...more] = result.ok ? result.roots : [];
  const [item, ...others] = root?.kind === 'sequence' ? root.items : [];
  return item?.kind === 'scalar' && !item.unknown && more.length === 0 && others.length === 0 ? item : undefined;
}

/** Values as `toYaml` writes them: a number or boolean in Go's notation. */
function asWritten(node: YamlNode): YamlNode {
  return mapScalars(node, (scalar) => {
    if (scalar.unknown || scalar.style !== 'plain' || isNull(scalar)) return scalar;
    const value = goValue(scalar);
    if (!value) return unknownScalar(scalar, { why: 'outside', what: 'a notation that YAML libraries read differently' });
    // toYaml goes by way of JSON, so a large number keeps its digits.
    const text = typeof value.value === 'number' ? String(value.value) : goText(value);
    return text === undefined || text === scalar.text ? scalar : { ...scalar, text, derived: true };
  });
}
