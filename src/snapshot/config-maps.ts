import { parseKongConf } from '../text/key-value.ts';
import type { JsonValue } from '../text/json-tree.ts';
import { keepMetadata } from './annotations.ts';
import { COREFILE_DIRECTIVES, isKongSettingKept, KONG_SETTING_FORM, PLUGIN_FIELDS } from './allowed.ts';
import { keptSetting, type MapUse } from './environment.ts';
import { keepInstallValues } from './install-values.ts';
import { keepMeshConfig } from './mesh-config.ts';
import { plainText } from './plain.ts';
import { DROPPED, entriesAt, isMap, itemsAt, type Keep, matching, presence, scalar, textAt } from './raw.ts';
import type { ServiceEdges } from './service-edges.ts';
import type { LiveObject } from './snapshot.ts';

/** Longest text of a key that may be a variable of some container. */
const MAX_SETTING = 500;

/**
 * A ConfigMap that was listed, before it is known which containers use it. Texts of keys wait here for that and go no further than
 * {@link ListedMap.object}, which keeps those that are allow-listed.
 */
export class ListedMap {
  readonly namespace: string;
  readonly name: string;
  private readonly metadata: JsonValue;
  /** What a technology's configuration comes to. */
  private readonly configuration: ReadonlyMap<string, string>;
  /** `undefined`: too long for a setting. */
  private readonly settings: ReadonlyMap<string, string | undefined>;

  constructor(raw: unknown, namespace: string, name: string) {
    this.namespace = namespace;
    this.name = name;
    this.metadata = keepMetadata(isMap(raw) ? raw.metadata : undefined) ?? {};
    const configuration = new Map<string, string>();
    const settings = new Map<string, string | undefined>();
    for (const [key, value] of entriesAt(raw, 'data')) {
      const text = typeof value === 'string' ? value : undefined;
      const kept = text === undefined ? undefined : configurationText(name, key, text);
      if (kept !== undefined) configuration.set(key, kept);
      settings.set(key, text !== undefined && text.length <= MAX_SETTING ? text : undefined);
    }
    for (const [key] of entriesAt(raw, 'binaryData')) settings.set(key, undefined);
    this.configuration = configuration;
    this.settings = settings;
  }

  /**
   * The object, with all its keys: one whose value isn't kept says `{ dropped: {} }`, or the Service that it names, so that it never reads as missing.
   * @param uses by which variables containers read it
   * @returns `undefined`: it holds nothing that anybody reads
   */
  object(uses: readonly MapUse[], edges: ServiceEdges): LiveObject | undefined {
    if (uses.length === 0 && this.configuration.size === 0) return undefined;
    const data: [string, JsonValue][] = [];
    for (const [key, text] of this.settings) {
      data.push([key, this.configuration.get(key) ?? this.settingOf(key, text, uses, edges)]);
    }
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...(isMap(this.metadata) ? (this.metadata as { [key: string]: JsonValue }) : {}), name: this.name },
      data: Object.fromEntries(data),
    };
  }

  private settingOf(key: string, text: string | undefined, uses: readonly MapUse[], edges: ServiceEdges): JsonValue {
    const names = uses.flatMap((use) => (use.key === undefined ? [use.name + key] : use.key === key ? [use.name] : []));
    if (text === undefined || names.length === 0) return DROPPED;
    if (text === '') return '';
    for (const name of names) {
      const kept = keptSetting(name, text);
      if (kept !== undefined) return kept;
    }
    return edges.valueOf(names[0] ?? key, text, this.namespace);
  }
}

/** Texts in which a technology's configuration stands, cut down to what is read of it. */
function configurationText(map: string, key: string, text: string): string | undefined {
  if (key === 'Corefile') return corefile(text);
  if (key.endsWith('kong.conf')) return kongConf(text);
  if (/^istio(?:-|$)/.test(map)) {
    if (key === 'mesh') return reduced(keepMeshConfig, text);
    if (key === 'values') return reduced(keepInstallValues, text);
  }
  if (/\.(?:ya?ml|json)$/.test(key) && text.includes('_format_version')) return reduced(declarative, text);
  return /require\s*\(?\s*["']kong\.router\b/.test(text) ? 'require("kong.router")' : undefined;
}

function reduced(keep: Keep, text: string): string | undefined {
  const kept = keep(plainText(text));
  return kept === undefined ? undefined : JSON.stringify(kept);
}

/** Setting by setting; one that isn't kept is there with a value that nobody can know. */
function kongConf(text: string): string {
  const lines = parseKongConf(text).entries.flatMap(({ key, value }) => {
    if (!/^\w{1,100}$/.test(key)) return [];
    const isKept = isKongSettingKept(key) && KONG_SETTING_FORM.test(value);
    return [`${key} = ${isKept ? value : '${dropped}'}`];
  });
  return `${lines.join('\n')}\n`;
}

const DEPTH = 4;
const LISTS = ['services', 'routes', 'consumers', 'consumer_groups', 'plugins', 'workspaces'] as const;
/** What the routers other than `traditional` can't do (kong/full-rebuild-flavor): those paths alone stay. */
const TRADITIONAL_PATH = /\(\?(?:=|!|<)|\\[1-9]/;

/** A declarative configuration: its routes and plugins by name, nothing of their configuration. */
const declarative: Keep = (raw) => {
  if (!isMap(raw) || !Object.hasOwn(raw, '_format_version')) return undefined;
  const version = matching(/^\d[\d.]{0,8}$/)(raw._format_version);
  return { _format_version: version ?? '', ...entities(raw, 0) };
};

function entities(raw: unknown, depth: number): { [key: string]: JsonValue } {
  if (depth > DEPTH || !isMap(raw)) return {};
  const kept: [string, JsonValue][] = [];
  for (const key of LISTS) {
    const found = Object.hasOwn(raw, key) ? raw[key] : undefined;
    if (!Array.isArray(found)) continue;
    const items = found.map((item: unknown): JsonValue => {
      if (!isMap(item)) return null;
      if (key === 'plugins') return plugin(item) ?? null;
      return { ...(key === 'routes' ? route(item) : {}), ...entities(item, depth + 1) };
    });
    kept.push([key, items]);
  }
  return Object.fromEntries(kept);
}

function route(raw: unknown): { [key: string]: JsonValue } {
  const name = textAt(raw, 'name');
  const paths = itemsAt(raw, 'paths').filter((path) => typeof path === 'string' && TRADITIONAL_PATH.test(path)) as string[];
  return { ...(name === undefined ? {} : { name }), ...(paths.length > 0 ? { paths } : {}) };
}

/** A plugin's name, and which of the renamed fields its configuration has. */
export const plugin = (raw: unknown): { [key: string]: JsonValue } | undefined => {
  if (!isMap(raw)) return undefined;
  const name = scalar(raw.name);
  return { ...(name === undefined ? {} : { name }), ...(isMap(raw.config) ? { config: pluginConfig(raw.config) } : {}) };
};

export function pluginConfig(raw: unknown): { [key: string]: JsonValue } {
  return Object.fromEntries(
    entriesAt(raw).flatMap(([key, value]) => (PLUGIN_FIELDS.includes(key) ? [[key, presence(value) ?? null]] : [])),
  );
}

/** Server blocks, directives and their simple arguments; of a directive that isn't known the name. */
function corefile(text: string): string {
  const lines: string[] = [];
  /** Whether the blocks that are open are kept. */
  const open: boolean[] = [];
  for (const line of text.split('\n')) {
    const words = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const [first, ...rest] = words;
    if (first === undefined) continue;
    const isInside = open.every((kept) => kept);
    if (first === '}') {
      if (isInside && open.length > 0) lines.push(`${'    '.repeat(open.length - 1)}}`);
      open.pop();
      continue;
    }
    const opens = rest.at(-1) === '{';
    const isKept = open.length === 0 || COREFILE_DIRECTIVES.has(first);
    if (isInside) {
      const shown = isKept ? words.map(simpleWord) : [/^[a-z_0-9]{1,40}$/.test(first) ? first : 'dropped', ...(opens ? ['{'] : [])];
      lines.push(`${'    '.repeat(open.length)}${shown.join(' ')}`);
      // The block of a directive that isn't known closes at once.
      if (opens && !isKept) lines.push(`${'    '.repeat(open.length)}}`);
    }
    if (opens) open.push(isKept);
  }
  return `${lines.join('\n')}\n`;
}

function simpleWord(word: string): string {
  return word === '{' || /^[\w.:/@*%-]{1,200}$/.test(word) ? word : 'dropped';
}
