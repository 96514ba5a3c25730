import type { Anchor } from '../text/source.ts';
import type { LoadBalancing, ServiceConfig } from './facts.ts';
import { anchorIn, familyOf } from './group.ts';
import { singleSource, textLiteral } from './literals.ts';
import type { Context, Resolver } from './sources.ts';
import { argumentAt, calleeName, dotted, type Expr } from './syntax.ts';

/** A service config with what it says about load balancing. */
export interface ReadServiceConfig {
  readonly config: ServiceConfig;
  readonly policy: LoadBalancing;
  /** The old key stands in it. */
  readonly legacyPolicy: string | undefined;
  readonly hasLoadBalancingConfig: boolean;
}

/** Reads a service config: a JSON string, an object handed to `JSON.stringify`/`json.dumps`, or Java's map. */
export function readServiceConfig(resolver: Resolver, expr: Expr, context: Context): ReadServiceConfig {
  const at = anchorIn(context.scope.module, expr);
  const literal = textLiteral(resolver, expr, context);
  if (literal) return fromText(literal.text, literal.at, literal.plain, 'string');
  const source = singleSource(resolver, expr, context);
  if (source?.expr.kind === 'call' && /^(JSON\.stringify|json\.dumps)$/.test(dotted(source.expr.callee) ?? '')) {
    const inner = argumentAt(source.expr, 0);
    const value = inner ? jsonValue(resolver, inner, source.context, 0) : undefined;
    const place = anchorIn(source.context.scope.module, source.expr);
    if (value) return fromText(JSON.stringify(value.json), place, false, 'serialized');
    return unreadable(place, 'serialized');
  }
  const value = jsonValue(resolver, expr, context, 0);
  if (value && typeof value.json === 'object' && value.json !== null) {
    return fromText(JSON.stringify(value.json), source ? anchorIn(source.context.scope.module, source.expr) : at, false, 'object');
  }
  return unreadable(at, source?.expr.kind === 'record' ? 'object' : 'unknown');
}

function unreadable(at: Anchor, form: ServiceConfig['form']): ReadServiceConfig {
  return {
    config: { text: undefined, at, plain: false, form },
    policy: { kind: 'unknown', at },
    legacyPolicy: undefined,
    hasLoadBalancingConfig: false,
  };
}

function fromText(text: string, at: Anchor, plain: boolean, form: ServiceConfig['form']): ReadServiceConfig {
  const config: ServiceConfig = { text, at, plain, form };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { config, policy: { kind: 'unknown', at }, legacyPolicy: undefined, hasLoadBalancingConfig: false };
  }
  // Go's decoder takes keys in any case; the others take only the exact one, which this covers.
  const entry = (name: string): unknown => {
    if (typeof json !== 'object' || json === null) return undefined;
    return Object.entries(json).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  };
  const list = entry('loadBalancingConfig');
  const legacy = entry('loadBalancingPolicy');
  const legacyPolicy = typeof legacy === 'string' ? legacy : undefined;
  const has = list !== undefined;
  const nameAt = (name: string | undefined): Anchor | undefined => {
    const found = name !== undefined && plain ? text.indexOf(`"${name}"`, text.search(/loadBalancing/i)) : -1;
    return found < 0 || name === undefined
      ? undefined
      : { file: at.file, start: at.start + found + 1, end: at.start + found + 1 + name.length };
  };
  const result = { config, legacyPolicy, hasLoadBalancingConfig: has };
  if (has) {
    const names = Array.isArray(list)
      ? list.map((item: unknown) => (typeof item === 'object' && item !== null ? Object.keys(item) : []))
      : [];
    const wellFormed = Array.isArray(list) && names.length > 0 && names.every((keys) => keys.length === 1);
    if (!wellFormed) return { ...result, policy: { kind: 'unknown', at } };
    const flat = names.flat();
    return { ...result, policy: { kind: 'named', names: flat, at, key: 'loadBalancingConfig', nameAt: nameAt(flat[0]) } };
  }
  if (legacyPolicy !== undefined) {
    return { ...result, policy: { kind: 'named', names: [legacyPolicy], at, key: 'loadBalancingPolicy', nameAt: nameAt(legacyPolicy) } };
  }
  return { ...result, policy: legacy === undefined ? { kind: 'default' } : { kind: 'unknown', at } };
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The JSON an object literal, dict or Java map stands for. Undefined as soon as one piece isn't known. */
function jsonValue(resolver: Resolver, expr: Expr, context: Context, depth: number): { json: Json } | undefined {
  if (depth > 12) return undefined;
  const source = singleSource(resolver, expr, context);
  if (!source) return undefined;
  const inner = source.expr;
  const each = (item: Expr): { json: Json } | undefined => jsonValue(resolver, item, source.context, depth + 1);
  const all = (items: readonly Expr[]): { json: Json } | undefined => {
    const values = items.map(each);
    const json: Json[] = [];
    for (const value of values) {
      if (!value) return undefined;
      json.push(value.json);
    }
    return { json };
  };
  const object = (entries: readonly (readonly [string | undefined, Expr])[]): { json: Json } | undefined => {
    const json: { [key: string]: Json } = {};
    for (const [key, item] of entries) {
      const value = each(item);
      if (key === undefined || !value) return undefined;
      json[key] = value.json;
    }
    return { json };
  };
  switch (inner.kind) {
    case 'text':
    case 'number':
    case 'boolean':
      return { json: inner.value };
    case 'nothing':
      return { json: null };
    case 'list':
      return inner.spreads.length > 0 ? undefined : all(inner.items);
    case 'record':
      return inner.open ? undefined : object(inner.entries.map((entry) => [entry.key, entry.value]));
    case 'call': {
      if (familyOf(context.scope.module.language) !== 'java') return undefined;
      const args = inner.args.map((argument) => argument.value);
      const path = dotted(inner.callee) ?? '';
      if (/^(List|ImmutableList|Set)\.of$|^Arrays\.asList$|^Collections\.singletonList$/.test(path)) return all(args);
      if (!/^(Map|ImmutableMap)\.of$|^Collections\.(singletonMap|emptyMap)$/.test(path)) return undefined;
      const entries = args.flatMap((key, at): (readonly [string | undefined, Expr])[] => {
        const value = args[at + 1];
        return at % 2 === 0 && value ? [[textLiteral(resolver, key, source.context)?.text, value]] : [];
      });
      return calleeName(inner) === 'emptyMap' ? { json: {} } : object(entries);
    }
    default:
      return undefined;
  }
}
