import type { Anchor } from '../text/source.ts';
import { anchorIn } from './group.ts';
import { type Context, type Resolver, type Source, sourcesOf } from './sources.ts';
import { argumentAt, type CallExpr, calleeName, dotted, type Expr } from './syntax.ts';
import { literalText, valuesOf } from './target.ts';

/** The one expression behind a reference; undefined when there are several or it can't be followed. */
export function singleSource(resolver: Resolver, expr: Expr, context: Context): Source | undefined {
  const sources = sourcesOf(resolver, expr, context);
  const [only] = sources;
  return sources.length === 1 && only && only.stuck === undefined && !only.parts ? only : undefined;
}

/** The text of an expression that has one value. */
export function textValue(resolver: Resolver, expr: Expr, context: Context): string | undefined {
  const values = valuesOf(resolver, expr, context);
  return values.length === 1 ? literalText(values[0]) : undefined;
}

/** As {@link textValue}, with the literal's place when the text stands there letter for letter. */
export function textLiteral(resolver: Resolver, expr: Expr, context: Context): { text: string; at: Anchor; plain: boolean } | undefined {
  const values = valuesOf(resolver, expr, context);
  const text = values.length === 1 ? literalText(values[0]) : undefined;
  if (text === undefined) return undefined;
  const parts = values[0]?.parts ?? [];
  const [part] = parts;
  if (parts.length === 1 && part?.kind === 'text') return { text, at: part.at, plain: part.plain };
  return { text, at: anchorIn(context.scope.module, expr), plain: false };
}

export function numberValue(resolver: Resolver, expr: Expr, context: Context): number | undefined {
  const source = singleSource(resolver, expr, context);
  if (!source) return undefined;
  if (source.expr.kind === 'number') return source.expr.value;
  if (source.expr.kind !== 'operation') return undefined;
  const left = numberValue(resolver, source.expr.left, source.context);
  const right = numberValue(resolver, source.expr.right, source.context);
  if (left === undefined || right === undefined) return undefined;
  return source.expr.operator === '*' ? left * right : undefined;
}

/** True and 1 alike are "on" for C-core; grpc-js tells them apart, so `exact` keeps numbers out. */
export function booleanValue(resolver: Resolver, expr: Expr, context: Context): boolean | undefined {
  const source = singleSource(resolver, expr, context);
  if (source?.expr.kind === 'boolean') return source.expr.value;
  return source?.expr.kind === 'number' ? source.expr.value !== 0 : undefined;
}

const GO_UNITS_MS: Readonly<Record<string, number>> = {
  Nanosecond: 1e-6,
  Microsecond: 1e-3,
  Millisecond: 1,
  Second: 1000,
  Minute: 60_000,
  Hour: 3_600_000,
};

/** Go: `10 * time.Second`, `time.Minute`, constants of these. Milliseconds; anything else undefined. */
export function goDurationMs(resolver: Resolver, expr: Expr, context: Context): number | undefined {
  const path = dotted(expr);
  const unit = path?.startsWith('time.') ? GO_UNITS_MS[path.slice(5)] : undefined;
  if (unit !== undefined) return unit;
  if (expr.kind === 'number') return expr.value * 1e-6;
  if (expr.kind === 'call') {
    const inner = argumentAt(expr, 0);
    return dotted(expr.callee) === 'time.Duration' && inner ? goDurationMs(resolver, inner, context) : undefined;
  }
  if (expr.kind === 'operation' && expr.operator === '*') {
    const scale = (side: Expr, other: Expr): number | undefined => {
      const duration = side.kind === 'member' || side.kind === 'operation' ? goDurationMs(resolver, side, context) : undefined;
      const factor = duration === undefined ? undefined : factorOf(resolver, other, context);
      return duration === undefined || factor === undefined ? undefined : duration * factor;
    };
    return scale(expr.right, expr.left) ?? scale(expr.left, expr.right);
  }
  if (expr.kind !== 'name' && expr.kind !== 'member') return undefined;
  const source = singleSource(resolver, expr, context);
  return source && source.expr.kind !== 'name' && source.expr !== expr ? goDurationMs(resolver, source.expr, source.context) : undefined;
}

function factorOf(resolver: Resolver, expr: Expr, context: Context): number | undefined {
  const inner = expr.kind === 'call' && dotted(expr.callee) === 'time.Duration' ? argumentAt(expr, 0) : expr;
  return inner ? numberValue(resolver, inner, context) : undefined;
}

const JAVA_UNITS_MS: Readonly<Record<string, number>> = {
  NANOSECONDS: 1e-6,
  MICROSECONDS: 1e-3,
  MILLISECONDS: 1,
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};
const JAVA_FACTORIES_MS: Readonly<Record<string, number>> = {
  ofMillis: 1,
  ofSeconds: 1000,
  ofMinutes: 60_000,
  ofHours: 3_600_000,
  ofDays: 86_400_000,
};

/** Java: `(30, TimeUnit.SECONDS)` or `(Duration.ofSeconds(30))` as the arguments of a builder's method. Milliseconds. */
export function javaDurationMs(resolver: Resolver, call: CallExpr, context: Context): number | undefined {
  const [amount, unit] = [argumentAt(call, 0), argumentAt(call, 1)];
  if (!amount) return undefined;
  if (unit) {
    const name = unit.kind === 'name' || unit.kind === 'member' ? unit.name : '';
    const scale = JAVA_UNITS_MS[name];
    const value = numberValue(resolver, amount, context);
    return scale === undefined || value === undefined ? undefined : value * scale;
  }
  const source = singleSource(resolver, amount, context);
  if (source?.expr.kind !== 'call') return undefined;
  const scale = dotted(source.expr.callee)?.includes('Duration.') ? JAVA_FACTORIES_MS[calleeName(source.expr) ?? ''] : undefined;
  const first = argumentAt(source.expr, 0);
  const value = first ? numberValue(resolver, first, source.context) : undefined;
  return scale === undefined || value === undefined ? undefined : value * scale;
}
