import type { Anchor } from '../text/source.ts';
import type { Hole, OriginStep, TargetCandidate, TargetPart } from './facts.ts';
import { formatPieces, passesThrough, transformed } from './formats.ts';
import { anchorIn, familyOf } from './group.ts';
import { readSetting, type Setting } from './settings.ts';
import { type Context, contextAt, MAX_ALTERNATIVES, type Resolver, type Source, sourcesOf, step } from './sources.ts';
import type { CallExpr, Expr, Scope } from './syntax.ts';

/** One value an expression can have, with where it came from. */
export interface Alternative {
  readonly parts: readonly TargetPart[];
  readonly steps: readonly OriginStep[];
  readonly branch: string;
  readonly doubt: 0 | 1 | 2;
}

/** The values an expression can have as text. What can't be followed is an `unknown` part, never left out. */
export function valuesOf(resolver: Resolver, expr: Expr, context: Context): Alternative[] {
  const sources = sourcesOf(resolver, expr, context);
  return merged(sources.flatMap((source) => sourceValues(resolver, source)));
}

function sourceValues(resolver: Resolver, source: Source): Alternative[] {
  const { context, expr } = source;
  const base = { steps: source.steps, branch: source.branch, doubt: source.doubt };
  if (source.parts) return [{ ...base, parts: source.parts }];
  if (source.stuck !== undefined) return [{ ...base, parts: [unknownPart(expr, context, source.stuck)] }];
  return terminalValues(resolver, expr, context).map((each) => ({
    parts: each.parts,
    steps: [...source.steps, ...each.steps],
    branch: source.branch + each.branch,
    doubt: worse(each.doubt, source.doubt),
  }));
}

function unknownPart(expr: Expr, context: Context, why: string): TargetPart {
  const { module } = context.scope;
  const end = Math.min(expr.end, module.file.text.length);
  return { kind: 'unknown', at: anchorIn(module, { start: Math.min(expr.start, end), end }), why };
}

function one(parts: readonly TargetPart[], steps: readonly OriginStep[] = []): Alternative[] {
  return [{ parts, steps, branch: '', doubt: 0 }];
}

function terminalValues(resolver: Resolver, expr: Expr, context: Context): Alternative[] {
  const { module } = context.scope;
  switch (expr.kind) {
    case 'text':
      return one(
        [{ kind: 'text', text: expr.value, at: anchorIn(module, expr.content), plain: expr.plain }],
        [step('literal', module, expr)],
      );
    case 'number':
      return one([
        {
          kind: 'text',
          text: String(expr.value),
          at: anchorIn(module, expr),
          plain: String(expr.value) === module.file.text.slice(expr.start, expr.end),
        },
      ]);
    case 'nothing':
      return [];
    case 'join':
      return concatenated(resolver, expr.parts, context, [step('concatenation', module, expr)]);
    case 'choice':
      return chosen(resolver, expr.first, expr.second, context);
    case 'member':
    case 'index': {
      const setting = readSetting(expr, context.scope);
      return setting ? [settingValue(resolver, setting, context)] : one([unknownPart(expr, context, 'member')]);
    }
    case 'operation': {
      const pieces = formatPieces(expr, familyOf(module.language));
      return pieces
        ? concatenated(resolver, pieces, context, [step('concatenation', module, expr)])
        : one([unknownPart(expr, context, expr.operator)]);
    }
    case 'call':
      return callValues(resolver, expr, context);
    default:
      return one([unknownPart(expr, context, expr.kind)]);
  }
}

function callValues(resolver: Resolver, call: CallExpr, context: Context): Alternative[] {
  const { module } = context.scope;
  const setting = readSetting(call, context.scope);
  if (setting) return [settingValue(resolver, setting, context)];
  const family = familyOf(module.language);
  const inner = passesThrough(call, family);
  if (inner) return valuesOf(resolver, inner, context);
  const either = transformed(call, family);
  if (either) return chosen(resolver, either.first, either.second, context);
  const pieces = formatPieces(call, family, (template) => {
    const values = valuesOf(resolver, template, context);
    const text = values.length === 1 ? literalText(values[0]) : undefined;
    const part = values[0]?.parts[0];
    return text === undefined || part?.kind !== 'text' ? undefined : { text, part };
  });
  if (pieces) return concatenated(resolver, pieces, context, [step('concatenation', module, call)]);
  return one([unknownPart(call, context, 'call')]);
}

/** A read from outside, with what the code uses instead when it isn't set. */
function settingValue(resolver: Resolver, setting: Setting, context: Context): Alternative {
  const { module } = context.scope;
  const names = valuesOf(resolver, setting.name, context);
  const name = names.length === 1 ? literalText(names[0]) : undefined;
  const part = names[0]?.parts[0];
  if (name === undefined || name === '' || !part)
    return { parts: [unknownPart(setting.name, context, `${setting.kind} with a name that isn't known`)], steps: [], branch: '', doubt: 0 };
  const fallback = setting.fallback ? fallbackParts(valuesOf(resolver, setting.fallback, context), setting.fallback, context) : undefined;
  const bare = setting.kind === 'flag' ? name.replace(/^-+/, '') : name;
  const at: Anchor = part.at.start < part.at.end ? part.at : anchorIn(module, setting.name);
  return {
    parts: [{ kind: setting.kind, name: bare, at, fallback }],
    steps: [{ kind: setting.kind, at, name: bare }],
    branch: '',
    doubt: 0,
  };
}

function fallbackParts(values: readonly Alternative[], expr: Expr, context: Context): readonly TargetPart[] | undefined {
  const first = values[0];
  if (!first || literalText(first) === '') return undefined;
  return values.length === 1 ? first.parts : [unknownPart(expr, context, 'several defaults')];
}

/** The text of an alternative without holes. */
export function literalText(alternative: Pick<Alternative, 'parts'> | undefined): string | undefined {
  if (!alternative) return undefined;
  let text = '';
  for (const part of alternative.parts) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text;
}

function concatenated(resolver: Resolver, pieces: readonly Expr[], context: Context, steps: readonly OriginStep[]): Alternative[] {
  let all: Alternative[] = one([], steps);
  for (const piece of pieces) {
    const values = valuesOf(resolver, piece, context);
    const right = values.length > 0 ? values : one([unknownPart(piece, context, 'nothing')]);
    all = all.flatMap((left) =>
      right.map((value) => ({
        parts: [...left.parts, ...value.parts],
        steps: [...left.steps, ...value.steps],
        branch: left.branch + value.branch,
        doubt: worse(value.doubt, left.doubt),
      })),
    );
    if (all.length > MAX_ALTERNATIVES) return one([unknownPart(piece, context, 'too many values')], steps);
  }
  return all;
}

function chosen(resolver: Resolver, first: Expr, second: Expr, context: Context): Alternative[] {
  const values = [...valuesOf(resolver, first, context), ...valuesOf(resolver, second, context)];
  return merged(values);
}

function worse(a: Alternative['doubt'], b: Alternative['doubt']): Alternative['doubt'] {
  return a > b ? a : b;
}

function isBareHole(alternative: Alternative): boolean {
  const [part, ...rest] = alternative.parts;
  return rest.length === 0 && part !== undefined && part.kind !== 'text' && part.kind !== 'unknown' && part.fallback === undefined;
}

/**
 * Values of one variable: a setting beside one literal is a setting with a default. Values of different call sites are left apart.
 */
function merged(values: readonly Alternative[]): Alternative[] {
  const distinct = values.filter(
    (value, at) => values.findIndex((other) => sameParts(other.parts, value.parts) && other.branch === value.branch) === at,
  );
  // An empty text beside other values is "not set yet".
  const filled = distinct.length > 1 ? distinct.filter((value) => literalText(value) !== '') : distinct;
  const result: Alternative[] = [];
  const used = new Set<Alternative>();
  for (const hole of filled) {
    if (!isBareHole(hole)) continue;
    const mates = filled.filter(
      (other) => other !== hole && (hole.branch.startsWith(other.branch) || other.branch.startsWith(hole.branch)),
    );
    const [mate, ...others] = mates;
    const part = hole.parts[0];
    if (!mate || others.length > 0 || part === undefined || part.kind === 'text' || part.kind === 'unknown') continue;
    if (isBareHole(mate) && used.has(hole)) continue;
    used.add(hole).add(mate);
    const doubt = worse(hole.doubt, mate.doubt);
    result.push({ parts: [{ ...part, fallback: mate.parts }], steps: [...hole.steps, ...mate.steps], branch: hole.branch, doubt });
  }
  const rest = filled.filter((value) => !used.has(value));
  const all = [...result, ...rest];
  return all.map((value) => {
    const rivals = all.filter(
      (other) => other !== value && (value.branch.startsWith(other.branch) || other.branch.startsWith(value.branch)),
    );
    return rivals.length > 0 && value.doubt === 0 ? { ...value, doubt: 1 } : value;
  });
}

function sameParts(a: readonly TargetPart[], b: readonly TargetPart[]): boolean {
  return a.length === b.length && a.every((part, at) => samePart(part, b[at]));
}

function samePart(a: TargetPart, b: TargetPart | undefined): boolean {
  if (!b || a.kind !== b.kind) return false;
  if (a.kind === 'text' && b.kind === 'text') return a.text === b.text;
  if (a.kind === 'unknown' || b.kind === 'unknown') return a.at.start === b.at.start && a.at.file === b.at.file;
  return a.kind !== 'text' && b.kind !== 'text' && a.name === b.name && sameParts(a.fallback ?? [], b.fallback ?? []);
}

/** The candidates of a target expression, {@link MAX_ALTERNATIVES} at most. A null gives none. */
export function targetsOf(resolver: Resolver, expr: Expr, scope: Scope): TargetCandidate[] {
  const values = valuesOf(resolver, expr, contextAt(resolver, scope));
  const candidates = values.slice(0, MAX_ALTERNATIVES).map(candidateOf);
  return values.length < MAX_ALTERNATIVES ? candidates : candidates.map((each) => ({ ...each, confidence: 'low' }));
}

export function candidateOf(value: Alternative): TargetCandidate {
  const text = literalText(value);
  const leading = leadingText(value.parts);
  const read = readTarget(text ?? leading);
  const complete = text !== undefined;
  // With a hole, only what is delimited on both sides is certain.
  const host = complete || /:$|:\d*$|\/$/.test(leading.slice((read.scheme?.length ?? 0) + 1)) ? read.host : undefined;
  return {
    parts: value.parts,
    text,
    scheme: read.scheme,
    host: host === '' ? undefined : host,
    port: complete ? read.port : undefined,
    origin: value.steps,
    env: onlyHole(value.parts, 'env'),
    flag: onlyHole(value.parts, 'flag'),
    confidence: value.doubt === 0 ? 'high' : value.doubt === 1 ? 'medium' : 'low',
  };
}

function leadingText(parts: readonly TargetPart[]): string {
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'text') break;
    text += part.text;
  }
  return text;
}

function onlyHole(parts: readonly TargetPart[], kind: 'env' | 'flag'): Hole | undefined {
  const holes = parts.filter((part) => part.kind === kind);
  const [hole] = holes;
  if (holes.length !== 1 || !hole || hole.kind === 'text' || hole.kind === 'unknown') return undefined;
  const fallback = hole.fallback;
  const first = fallback?.[0];
  return {
    name: hole.name,
    at: hole.at,
    defaultText: fallback ? literalText({ parts: fallback }) : undefined,
    defaultAt: fallback?.length === 1 ? first?.at : undefined,
  };
}

/** The parts of a gRPC target. `authority` is what stands between `//` and the next slash (gRPC name syntax: `scheme://authority/endpoint`). */
export interface TargetText {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
}

/** Schemes that are written with a single colon, too. Anything else before a colon is a host. */
const OPAQUE_SCHEME = /^(dns|passthrough|unix|unix-abstract|ipv4|ipv6|vsock|xds|bufconn|inproc|in-process):/i;

/** Splits a target's text. An IPv6 address keeps its brackets off; a missing part is undefined. */
export function readTarget(text: string): TargetText {
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  if (url) {
    const scheme = (url[1] ?? '').toLowerCase();
    if (scheme === 'http' || scheme === 'https') return { scheme, authority: undefined, ...hostPort(url[2] ?? '') };
    const authority = url[2] === '' ? undefined : url[2];
    if (url[3] === undefined) return { scheme, authority, host: undefined, port: undefined };
    return { scheme, authority, ...(/^unix/.test(scheme) ? { host: undefined, port: undefined } : hostPort(url[3])) };
  }
  const opaque = OPAQUE_SCHEME.exec(text);
  if (!opaque) return { scheme: undefined, authority: undefined, ...hostPort(text) };
  const scheme = (opaque[1] ?? '').toLowerCase();
  // `dns:50051` is more likely a host called dns.
  const rest = text.slice(opaque[0].length);
  if (/^\d*$/.test(rest)) return { scheme: undefined, authority: undefined, ...hostPort(text) };
  return { scheme, authority: undefined, ...(/^unix/.test(scheme) ? { host: undefined, port: undefined } : hostPort(rest)) };
}

function hostPort(text: string): { host: string | undefined; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return { host: bracketed[1], port: bracketed[2] };
  const colon = text.lastIndexOf(':');
  if (colon < 0) return { host: text === '' ? undefined : text, port: undefined };
  if (text.indexOf(':') !== colon) return { host: text, port: undefined };
  return { host: text.slice(0, colon) || undefined, port: text.slice(colon + 1) || undefined };
}

/** Fills the holes of a candidate. `lookup` gives what the workload sets; without it the code's own default counts. Undefined: not known. */
export function fillTarget(
  parts: readonly TargetPart[],
  lookup: (hole: TargetPart & { kind: 'env' | 'flag' | 'config' }) => string | undefined,
): string | undefined {
  let text = '';
  for (const part of parts) {
    if (part.kind === 'unknown') return undefined;
    const piece: string | undefined =
      part.kind === 'text' ? part.text : (lookup(part) ?? (part.fallback ? fillTarget(part.fallback, lookup) : undefined));
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
}
