import type { Anchor, Span } from '../text/source.ts';
import type { GrpcServer, Keepalive, LoadBalancing } from './facts.ts';
import { anchorIn } from './group.ts';
import { booleanValue, numberValue, textLiteral } from './literals.ts';
import { type ReadServiceConfig, readServiceConfig } from './service-config.ts';
import { type Context, type Resolver, sourcesOf } from './sources.ts';
import { calleeName, type Expr, type ListExpr, type RecordExpr } from './syntax.ts';

/** One channel argument of the C-core family and grpc-js: a key such as `grpc.keepalive_time_ms` with its value. */
export interface ChannelArg {
  readonly key: string;
  readonly keyAt: Anchor;
  readonly entryAt: Anchor;
  readonly value: Expr;
  readonly context: Context;
}

export interface ChannelArgs {
  readonly list: readonly ChannelArg[];
  readonly complete: boolean;
  /** The literal a further option can be added to. */
  readonly literal: { readonly expr: ListExpr | RecordExpr; readonly context: Context } | undefined;
}

export const NO_ARGS: ChannelArgs = { list: [], complete: true, literal: undefined };

/** Reads `[("key", value), …]`, `{ key: value }` and sums and spreads of these. */
export function channelArgs(resolver: Resolver, expr: Expr | undefined, context: Context): ChannelArgs {
  if (!expr) return NO_ARGS;
  const list: ChannelArg[] = [];
  let complete = true;
  let literal: ChannelArgs['literal'];
  const add = (key: string, keySpan: Span, entry: Span, value: Expr, at: Context): void => {
    const { module } = at.scope;
    list.push({ key, keyAt: anchorIn(module, keySpan), entryAt: anchorIn(module, entry), value, context: at });
  };
  const pair = (item: ListExpr, at: Context): void => {
    const [keyExpr, value] = item.items;
    const key = keyExpr ? textLiteral(resolver, keyExpr, at) : undefined;
    if (!key || !keyExpr || !value) complete = false;
    else add(key.text, keyExpr.kind === 'text' ? keyExpr.content : keyExpr, item, value, at);
  };
  const visit = (each: Expr, at: Context, depth: number): void => {
    if (depth > 10) {
      complete = false;
      return;
    }
    if (each.kind === 'call' && calleeName(each) === 'items' && each.callee.kind === 'member') {
      visit(each.callee.object, at, depth + 1);
      return;
    }
    if (each.kind === 'join') {
      for (const part of each.parts) visit(part, at, depth + 1);
      return;
    }
    const sources = sourcesOf(resolver, each, at);
    if (sources.length > 1) complete = false;
    for (const source of sources) {
      const inner = source.expr;
      if (source.stuck !== undefined || source.parts) complete = false;
      else if (inner.kind === 'list') {
        literal ??= { expr: inner, context: source.context };
        for (const item of inner.items) {
          if (item.kind === 'list') pair(item, source.context);
          else complete = false;
        }
        for (const spread of inner.spreads) visit(spread, source.context, depth + 1);
      } else if (inner.kind === 'record') {
        literal ??= { expr: inner, context: source.context };
        for (const entry of inner.entries) {
          if (entry.key === undefined) complete = false;
          else add(entry.key, entry.keySpan, entry, entry.value, source.context);
        }
        for (const spread of inner.spreads) visit(spread, source.context, depth + 1);
      } else if (inner.kind === 'join' || (inner.kind === 'call' && calleeName(inner) === 'items')) visit(inner, source.context, depth + 1);
      else if (inner.kind === 'choice') {
        complete = false;
        visit(inner.first, source.context, depth + 1);
        visit(inner.second, source.context, depth + 1);
      } else if (inner.kind !== 'nothing') complete = false;
    }
  };
  visit(expr, context, 0);
  return { list, complete, literal };
}

export function argNamed(args: ChannelArgs, key: string): ChannelArg | undefined {
  return args.list.findLast((each) => each.key === key);
}

export function serviceConfigOf(resolver: Resolver, args: ChannelArgs): ReadServiceConfig | undefined {
  const arg = argNamed(args, 'grpc.service_config');
  return arg ? readServiceConfig(resolver, arg.value, arg.context) : undefined;
}

/** The policy by C-core's rules: a service config's own policy wins over `grpc.lb_policy_name`. */
export function corePolicy(resolver: Resolver, args: ChannelArgs, config: ReadServiceConfig | undefined, at: Anchor): LoadBalancing {
  if (config && config.policy.kind !== 'default') return config.policy;
  const arg = argNamed(args, 'grpc.lb_policy_name');
  if (arg) {
    const name = textLiteral(resolver, arg.value, arg.context);
    const valueAt = anchorIn(arg.context.scope.module, arg.value);
    return name
      ? { kind: 'named', names: [name.text], at: valueAt, key: 'lb_policy_name', nameAt: name.plain ? name.at : undefined }
      : { kind: 'unknown', at: valueAt };
  }
  return args.complete ? { kind: 'default' } : { kind: 'unknown', at };
}

/** Client keepalive. `strict`: grpc-js compares `keepalive_permit_without_calls` with 1, so `true` is off. */
export function argsKeepalive(resolver: Resolver, args: ChannelArgs, strict: boolean): Keepalive | undefined {
  const time = argNamed(args, 'grpc.keepalive_time_ms');
  if (!time) return undefined;
  const { module } = time.context.scope;
  const number = (key: string): number | undefined => {
    const arg = argNamed(args, key);
    return arg ? numberValue(resolver, arg.value, arg.context) : undefined;
  };
  const permit = argNamed(args, 'grpc.keepalive_permit_without_calls');
  const permits = (): boolean | undefined => {
    if (!permit) return args.complete ? false : undefined;
    const exact = numberValue(resolver, permit.value, permit.context);
    if (!strict || exact !== undefined) return strict ? exact === 1 : booleanValue(resolver, permit.value, permit.context);
    return booleanValue(resolver, permit.value, permit.context) === undefined ? undefined : false;
  };
  return {
    at: time.entryAt,
    timeMs: number('grpc.keepalive_time_ms'),
    timeAt: anchorIn(module, time.value),
    timeoutMs: number('grpc.keepalive_timeout_ms'),
    permitWithoutStream: permits(),
    permitAt: permit ? anchorIn(permit.context.scope.module, permit.value) : undefined,
    maxPingsWithoutData: number('grpc.http2.max_pings_without_data'),
  };
}

/** What a C-core or grpc-js server's arguments say. `enforces`: only C-core has a ping policy. */
export function argsServer(
  resolver: Resolver,
  args: ChannelArgs,
  enforces: boolean,
): Pick<GrpcServer, 'enforcement' | 'maxConnectionAgeMs' | 'maxConnectionAgeAt' | 'maxConnectionAgeGraceMs' | 'optionsComplete'> {
  const number = (arg: ChannelArg | undefined): number | undefined => (arg ? numberValue(resolver, arg.value, arg.context) : undefined);
  const minTime = enforces ? argNamed(args, 'grpc.http2.min_ping_interval_without_data_ms') : undefined;
  const permit = enforces ? argNamed(args, 'grpc.keepalive_permit_without_calls') : undefined;
  const age = argNamed(args, 'grpc.max_connection_age_ms');
  const policy = minTime ?? permit;
  return {
    enforcement: policy && {
      at: policy.entryAt,
      minTimeMs: number(minTime),
      minTimeAt: minTime ? anchorIn(minTime.context.scope.module, minTime.value) : undefined,
      permitWithoutStream: permit ? booleanValue(resolver, permit.value, permit.context) : args.complete ? false : undefined,
    },
    maxConnectionAgeMs: number(age),
    maxConnectionAgeAt: age ? anchorIn(age.context.scope.module, age.value) : undefined,
    maxConnectionAgeGraceMs: number(argNamed(args, 'grpc.max_connection_age_grace_ms')),
    optionsComplete: args.complete,
  };
}
