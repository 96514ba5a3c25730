import type { JsonValue } from '../text/json-tree.ts';
import { ANNOTATION_DOMAINS, ANNOTATIONS, allowedIn } from './allowed.ts';
import { keepProxyConfig } from './mesh-config.ts';
import { plainText } from './plain.ts';
import { DROPPED, entriesAt, isMap, type Keep, labels, scalar, textAt } from './raw.ts';

/** Annotations whose text is a configuration of its own, cut down to what is read of it. */
const REDUCED: Readonly<Record<string, (text: string) => string | undefined>> = {
  'proxy.istio.io/config': proxyConfigText,
  'sidecar.istio.io/status': statusText,
  'runbook-lens.dev/ignore': ignoredRules,
};

/** Allow-listed annotations as texts; of the meshes' and Kiam's own the others as names. */
export const keepAnnotations: Keep = (raw) => {
  if (!isMap(raw)) return undefined;
  const kept: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(raw)) {
    const own = annotationText(key, value);
    if (own !== undefined) kept.push([key, own]);
    else if (ANNOTATION_DOMAINS.test(key)) kept.push([key, DROPPED]);
  }
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
};

function annotationText(key: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const reduce = Object.hasOwn(REDUCED, key) ? REDUCED[key] : undefined;
  if (reduce) return reduce(value);
  const allowed = allowedIn(ANNOTATIONS, key);
  return allowed?.form.test(value) ? value : undefined;
}

/** The allow-listed annotations that are texts: what a PodState has. */
export function annotationTexts(raw: unknown): Record<string, string> {
  return Object.fromEntries(
    entriesAt(raw).flatMap(([key, value]): [string, string][] => {
      const own = annotationText(key, value);
      return own === undefined ? [] : [[key, own]];
    }),
  );
}

/** A ProxyConfig in YAML or JSON. */
function proxyConfigText(text: string): string {
  const kept = keepProxyConfig(plainText(text));
  return kept === undefined ? '' : JSON.stringify(kept);
}

/** What the injector notes on a pod: its revision, and the names of what it put in. */
function statusText(text: string): string {
  const status = plainText(text);
  const names = (key: string): string[] => {
    const found = isMap(status) ? status[key] : undefined;
    return Array.isArray(found) ? found.filter((name) => typeof name === 'string' && /^[a-z0-9-]{1,63}$/.test(name)) : [];
  };
  const revision = textAt(status, 'revision');
  return JSON.stringify({
    ...(revision !== undefined && /^[\w.-]{1,63}$/.test(revision) ? { revision } : {}),
    initContainers: names('initContainers'),
    containers: names('containers'),
  });
}

/** Rules, without the reason behind `--`. */
function ignoredRules(text: string): string | undefined {
  const rules = text.split('--', 1)[0]?.trim() ?? '';
  return /^[a-z0-9/*, -]*$/.test(rules) ? rules : undefined;
}

/** The `metadata` of an object or of a pod template; `undefined` where there is none. */
export function keepMetadata(raw: unknown): { [key: string]: JsonValue } | undefined {
  if (!isMap(raw)) return undefined;
  const kept: [string, JsonValue][] = [];
  for (const name of ['name', 'namespace', 'creationTimestamp', 'deletionTimestamp', 'generation']) {
    const value = Object.hasOwn(raw, name) ? scalar(raw[name]) : undefined;
    if (value !== undefined) kept.push([name, value]);
  }
  const own = Object.hasOwn(raw, 'labels') ? labels(raw.labels) : undefined;
  if (own !== undefined) kept.push(['labels', own]);
  const notes = Object.hasOwn(raw, 'annotations') ? keepAnnotations(raw.annotations) : undefined;
  if (notes !== undefined) kept.push(['annotations', notes]);
  return Object.fromEntries(kept);
}
