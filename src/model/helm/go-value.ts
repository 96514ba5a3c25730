import { isBoolean, isNull, isNumber, type YamlMap, type YamlNode, type YamlScalar, type YamlSequence } from '../../text/yaml.ts';

/** A value as a Go template sees it, with the values file's node that it comes from. */
export interface GoValue {
  readonly value: string | number | boolean | null | YamlMap | YamlSequence;
  /** Where a person would change it; a literal in the template has none. */
  readonly from: YamlScalar | undefined;
  /** A Go int, which is printed with all its digits. */
  readonly integer?: true;
  /** Only whether it is true is known, not what it is. */
  readonly truthOnly?: true;
}

/** The value of a node of a values file; `undefined`: not known, or of a notation that YAML libraries disagree on. */
export function goValue(node: YamlNode | undefined): GoValue | undefined {
  if (!node) return { value: null, from: undefined };
  if (node.kind !== 'scalar') return { value: node, from: undefined };
  if (node.unknown) return undefined;
  const { text } = node;
  if (node.tag !== undefined && node.tag !== '!!str') return undefined;
  if (node.style !== 'plain' || node.tag === '!!str') return { value: text, from: node };
  if (isNull(node)) return { value: null, from: node };
  if (isBoolean(node)) return { value: /^(?:true|yes|on)$/i.test(text), from: node };
  if (/^[yYnN]$/.test(text)) return undefined;
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return { value: Number(text), from: node };
  if (isNumber(node) || /^[-+]?(?:\.inf|\.nan|0o?[\d_]+|\d[\d_]*[eE]|\.\d)/i.test(text) || /^\d{4}-\d\d?-\d\d?/.test(text))
    return undefined;
  return { value: text, from: node };
}

/** How a template writes a value; `undefined` for maps and lists, which nobody prints on purpose. */
export function goText({ value, integer, truthOnly }: GoValue): string | undefined {
  if (truthOnly) return undefined;
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return integer ? String(value) : goNumber(value);
  return undefined;
}

/** Values are float64 in Helm, and Go prints those from a million on with an exponent (`%v`): 1000000 becomes `1e+06`. */
function goNumber(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** What `if`, `and`, `or`, `not`, `with` and `default` take for true; `undefined` when that isn't known. */
export function goTruth(value: GoValue | undefined): boolean | undefined {
  if (!value) return undefined;
  const { value: inner } = value;
  if (inner === null || typeof inner !== 'object') return Boolean(inner);
  const size = inner.kind === 'map' ? inner.pairs.size : inner.items.length;
  return size > 0 || (inner.open ? undefined : false);
}
