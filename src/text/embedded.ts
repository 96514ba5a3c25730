import { withPlaceholders } from './placeholders.ts';
import type { SourceFile } from './source.ts';
import { offsetMap, type YamlNode, type YamlPair, type YamlScalar } from './yaml.ts';
import { parseYaml } from './yaml-parse.ts';

/**
 * Parses YAML that stands as text inside a scalar (a MeshConfig in a ConfigMap, `values: |` of an Argo CD Application).
 * The nodes carry the outer file and its offsets, so they can be underlined and edited like any other.
 * @returns the first document's root; `undefined` when the scalar is unknown, its text doesn't parse, or escapes or folding
 *   leave no simple way back from the decoded text to the file
 */
export function parseEmbeddedYaml(scalar: YamlScalar): YamlNode | undefined {
  if (scalar.unknown) return undefined;
  const offsets = offsetMap(scalar);
  if (!offsets) return undefined;
  const [root] = innerRoots(scalar, 'pipeline') ?? [];
  return root ? relocate(root, scalar.file, offsets) : undefined;
}

/**
 * All documents of a scalar's text. Where no way leads back to the file, the nodes all stand at the scalar and are `derived`.
 * @param filledBy who replaces `${NAME}`: a pipeline, so that nobody knows the value, or the program that reads the text
 * @returns `undefined` when one of them doesn't parse
 */
export function parseEmbeddedDocuments(scalar: YamlScalar, filledBy: 'pipeline' | 'program' = 'pipeline'): readonly YamlNode[] | undefined {
  const roots = scalar.unknown ? undefined : innerRoots(scalar, filledBy);
  if (!roots) return undefined;
  const offsets = offsetMap(scalar);
  if (offsets) return roots.map((root) => relocate(root, scalar.file, offsets));
  return roots.map((root) => relocate(root, scalar.file, undefined, scalar));
}

function innerRoots(scalar: YamlScalar, filledBy: 'pipeline' | 'program'): readonly YamlNode[] | undefined {
  const inner: SourceFile = { path: scalar.file.path, text: scalar.text, bom: false };
  const result = parseYaml(inner);
  if (!result.ok) return undefined;
  return filledBy === 'program' ? result.roots : result.roots.map((root) => withPlaceholders(root, scalar.text));
}

/** The same tree as it stands in another file. Nodes that aliases share stay shared. */
function relocate(root: YamlNode, file: SourceFile, offsets: ((offset: number) => number) | undefined, whole?: YamlScalar): YamlNode {
  const moved = new Map<YamlNode, YamlNode>();
  const span = (node: YamlNode) => {
    if (!offsets) return { file, start: whole?.start ?? 0, end: whole?.end ?? 0, derived: true };
    const start = offsets(node.start);
    return { file, start, end: node.end > node.start ? offsets(node.end - 1) + 1 : start };
  };
  const scalarOf = (node: YamlScalar): YamlScalar => ({ ...node, ...span(node) });
  const move = (node: YamlNode): YamlNode => {
    const known = moved.get(node);
    if (known) return known;
    let made: YamlNode;
    if (node.kind === 'scalar') made = scalarOf(node);
    else if (node.kind === 'sequence') made = { ...node, ...span(node), items: node.items.map(move) };
    else {
      const pairs = new Map<string, YamlPair>();
      for (const [name, pair] of node.pairs) pairs.set(name, { ...pair, key: scalarOf(pair.key), value: move(pair.value) });
      made = { ...node, ...span(node), pairs };
    }
    moved.set(node, made);
    return made;
  };
  return move(root);
}
