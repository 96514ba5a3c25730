import type { Unknown } from '../model/value.ts';
import type { YamlNode, YamlScalar } from './yaml.ts';
import { mapScalars } from './yaml-tree.ts';

/**
 * Values that a pipeline fills in before the file is what it says: `${NAME}` (envsubst, Terraform's templatefile, Flux's post-build
 * substitution), `$NAME`, `#{NAME}#` (Azure DevOps, Octopus), `((name))` (Concourse), and words like `<NAME>`, `__NAME__`, `@NAME@` and `%NAME%`.
 * What will stand there is not known. `$(NAME)` is Kubernetes' own and is resolved where variables are.
 */
const PLACEHOLDER =
  /\$\{[A-Za-z_][^}\n]*\}|^[\w./:@-]*\$[A-Za-z_]\w*$|#\{[\w.-]+\}|^\(\([\w./!-]+\)\)$|^<[A-Za-z][^<>]*>$|^__[A-Z][A-Z0-9_]*__$|^[@%][A-Z][A-Z0-9_]*[@%]$/;

/** One look at a text: may any of these be in it? */
const MAY_HOLD = /\$[{A-Za-z_]|#\{|\(\(|<[A-Za-z]|__[A-Z]|[@%][A-Z]/;

/**
 * Keys whose values stay as they are written. The same placeholder in two names of a repository becomes the same name; an image says
 * what it is without its tag; a script's variables are the script's own.
 */
const AS_WRITTEN: ReadonlySet<string> = new Set([
  ...['apiVersion', 'kind', 'name', 'generateName', 'namespace', 'labels', 'matchLabels', 'selector'],
  ...['image', 'repository', 'tag', 'command', 'args', 'entrypoint'],
]);

/** @param text what the node was read from */
export function withPlaceholders<T extends YamlNode>(node: T, text: string): T;
export function withPlaceholders(node: YamlNode, text: string): YamlNode {
  return MAY_HOLD.test(text) ? mapScalars(node, filledIn, AS_WRITTEN) : node;
}

function filledIn(scalar: YamlScalar): YamlScalar {
  // Block scalars hold scripts and whole files, which have readers of their own.
  if (scalar.unknown || scalar.style === 'literal' || scalar.style === 'folded') return scalar;
  const [expression] = PLACEHOLDER.exec(scalar.text) ?? [];
  const unknown: Unknown | undefined = expression === undefined ? undefined : { why: 'templated', expression };
  return unknown ? { ...scalar, unknown } : scalar;
}
