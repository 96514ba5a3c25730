/** Kubernetes quantities (`apimachinery/pkg/api/resource`): `128Mi`, `1.5Gi`, `500m`, `2`, `1e9`. */

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export const BYTES_PER_MIB = 2 ** 20;

/** The number a quantity stands for (bytes for memory, cores for CPU), or `undefined` when the text is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text.trim());
  if (!match) return undefined;
  const [, digits = '', exponent, suffix = ''] = match;
  const factor = SUFFIXES[suffix];
  if (factor === undefined) return undefined;
  return Number(`${digits}${exponent ?? ''}`) * factor;
}

/** A memory quantity in MiB. */
export function parseMemoryMiB(text: string): number | undefined {
  const bytes = parseQuantity(text);
  return bytes === undefined ? undefined : bytes / BYTES_PER_MIB;
}

/** Compose's sizes (`512m`, `1gb`, `1073741824`): powers of 1024, any case; in MiB. Source: compose-spec, "Specifying byte values". */
export function parseComposeMemoryMiB(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb?|mb?|gb?)?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? 'b')[0]?.toLowerCase();
  const factor = unit === 'g' ? 2 ** 30 : unit === 'm' ? 2 ** 20 : unit === 'k' ? 2 ** 10 : 1;
  return (Number(match[1]) * factor) / BYTES_PER_MIB;
}
