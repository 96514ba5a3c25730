import type { JsonValue } from '../text/json-tree.ts';
import { allowedIn, ENVIRONMENT, ENVIRONMENT_PRESENCE, isKongSettingKept, KONG_SETTING_FORM } from './allowed.ts';
import { keptJvmOptions } from './jvm-options.ts';
import { keepProxyConfig } from './mesh-config.ts';
import { plainText } from './plain.ts';
import { at, fields, isMap, itemsAt, list, scalar, textAt } from './raw.ts';
import type { ServiceEdges } from './service-edges.ts';

/** Options of a JVM, by the variables' well-known names; other programs' `…_OPTS` count only where they hold such flags. */
const JVM_OPTIONS =
  /^(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|JAVA_OPTS|JAVA_OPTIONS|JAVA_ARGS|JAVA_FLAGS|JVM_OPTS|JVM_OPTIONS|JVM_ARGS|JVM_FLAGS|CATALINA_OPTS)$/;
const OTHER_OPTIONS = /_(?:OPTS|OPTIONS|ARGS|FLAGS)$/;

/**
 * A setting's value as far as it is allow-listed.
 * @returns `undefined`: not kept
 */
export function keptSetting(name: string, value: string): string | undefined {
  if (JVM_OPTIONS.test(name)) return keptJvmOptions(value);
  if (name === 'PROXY_CONFIG') {
    const kept = keepProxyConfig(plainText(value));
    return kept === undefined ? undefined : JSON.stringify(kept);
  }
  const allowed = allowedIn(ENVIRONMENT, name);
  if (allowed) return allowed.form.test(value) ? value : undefined;
  if (/^KONG_[A-Z0-9_]+$/.test(name)) {
    return isKongSettingKept(name.slice('KONG_'.length).toLowerCase()) && KONG_SETTING_FORM.test(value) ? value : undefined;
  }
  if (OTHER_OPTIONS.test(name)) return keptJvmOptions(value) || undefined;
  return undefined;
}

const reference = fields({ name: scalar, key: scalar, optional: scalar });
const valueFrom = fields({
  secretKeyRef: reference,
  configMapKeyRef: reference,
  fieldRef: fields({ apiVersion: scalar, fieldPath: scalar }),
  resourceFieldRef: fields({ containerName: scalar, resource: scalar, divisor: scalar }),
});

/** A container's `env`: names all stay; a value stays, becomes the Service that it names, or is `{ dropped: {} }`. */
export function keepEnv(raw: unknown, namespace: string, edges: ServiceEdges): JsonValue | undefined {
  if (!Array.isArray(raw)) return undefined;
  return raw.map((item: unknown): JsonValue => {
    const name = textAt(item, 'name');
    // A variable without a name may be any.
    if (name === undefined) return { dropped: {} };
    if (isMap(at(item, 'valueFrom'))) {
      const from = valueFrom(at(item, 'valueFrom')) ?? {};
      return { name, valueFrom: Object.keys(from).length > 0 ? from : { dropped: {} } };
    }
    const value = at(item, 'value');
    if (value === undefined || value === null || value === '') return { name };
    // The API server takes texts only; a file may hold a number.
    if (typeof value !== 'string') {
      const plain = scalar(value);
      return plain !== undefined && keptSetting(name, String(plain)) !== undefined
        ? { name, value: plain }
        : { name, valueFrom: { dropped: {} } };
    }
    const kept = keptSetting(name, value);
    if (kept !== undefined) return { name, value: kept };
    // Kubernetes fills in other variables: what comes out isn't known.
    if (/\$\(\w/.test(value)) return { name, valueFrom: { dropped: {} } };
    return { name, valueFrom: edges.valueOf(name, value, namespace) };
  });
}

export const keepEnvFrom = list(
  fields({
    prefix: scalar,
    configMapRef: fields({ name: scalar, optional: scalar }),
    secretRef: fields({ name: scalar, optional: scalar }),
  }),
);

/** The allow-listed settings of a pod's container; what only has to be there is there with no text. */
export function settingsOf(container: unknown): Record<string, string> {
  const kept: [string, string][] = [];
  for (const item of itemsAt(container, 'env')) {
    const name = textAt(item, 'name');
    if (name === undefined) continue;
    const value = textAt(item, 'value');
    const own = value === undefined ? undefined : keptSetting(name, value);
    if (own !== undefined) kept.push([name, own]);
    else if (ENVIRONMENT_PRESENCE.includes(name)) kept.push([name, '']);
  }
  return Object.fromEntries(kept);
}

/** How a container uses ConfigMaps for its environment: which names their keys get. */
export interface MapUse {
  readonly map: string;
  /** `undefined`: all keys, as variables with this prefix. */
  readonly key: string | undefined;
  /** The variable's name, or the prefix. */
  readonly name: string;
}

export function mapUses(container: unknown): MapUse[] {
  const uses: MapUse[] = [];
  for (const source of itemsAt(container, 'envFrom')) {
    const map = textAt(source, 'configMapRef', 'name');
    if (map !== undefined) uses.push({ map, key: undefined, name: textAt(source, 'prefix') ?? '' });
  }
  for (const item of itemsAt(container, 'env')) {
    const name = textAt(item, 'name');
    const map = textAt(item, 'valueFrom', 'configMapKeyRef', 'name');
    const key = textAt(item, 'valueFrom', 'configMapKeyRef', 'key');
    if (name !== undefined && map !== undefined && key !== undefined) uses.push({ map, key, name });
  }
  return uses;
}
