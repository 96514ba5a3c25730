import type { TargetPart } from './facts.ts';
import { argumentAt, type CallExpr, calleeName, dotted, type Expr } from './syntax.ts';

type Family = 'go' | 'java' | 'python' | 'node';
type Template = { readonly text: string; readonly part: TargetPart };

/** The receiver or argument whose text a call returns unchanged (but for white space). */
export function passesThrough(call: CallExpr, family: Family): Expr | undefined {
  const path = dotted(call.callee);
  const receiver = call.callee.kind === 'member' ? call.callee.object : undefined;
  const name = calleeName(call);
  switch (family) {
    case 'go':
      return path === 'strings.TrimSpace' || path === 'strconv.Itoa' || path === 'fmt.Sprint' ? argumentAt(call, 0) : undefined;
    case 'java':
      if (path === 'String.valueOf' || path === 'Integer.toString' || path === 'Integer.parseInt' || path === 'Integer.valueOf')
        return argumentAt(call, 0);
      if (path === 'Objects.requireNonNull') return argumentAt(call, 0);
      if (name === 'orElseThrow' && receiver?.kind === 'call' && dotted(receiver.callee) === 'Optional.ofNullable')
        return argumentAt(receiver, 0);
      return call.args.length === 0 && name !== undefined && /^(trim|strip|toString|intern)$/.test(name) ? receiver : undefined;
    case 'python':
      if (path === 'int') return argumentAt(call, 0);
      return call.args.length === 0 && name === 'strip' ? receiver : undefined;
    default:
      if (path === 'Number' || path === 'parseInt' || path === 'Number.parseInt') return argumentAt(call, 0);
      return call.args.length === 0 && name !== undefined && /^(trim|toString)$/.test(name) ? receiver : undefined;
  }
}

/** Calls that are a value with a default: `Optional.ofNullable(a).orElse(b)`, `Objects.requireNonNullElse(a, b)`, `cmp.Or(a, b)`. */
export function transformed(call: CallExpr, family: Family): { first: Expr; second: Expr } | undefined {
  const path = dotted(call.callee);
  const [first, second] = [argumentAt(call, 0), argumentAt(call, 1)];
  if (family === 'go') return path === 'cmp.Or' && call.args.length === 2 && first && second ? { first, second } : undefined;
  if (family !== 'java') return undefined;
  if (path === 'Objects.requireNonNullElse' || path === 'MoreObjects.firstNonNull') return first && second ? { first, second } : undefined;
  if (call.callee.kind !== 'member' || !/^(orElse|orElseGet)$/.test(call.callee.name) || call.callee.object.kind !== 'call')
    return undefined;
  const optional = call.callee.object;
  if (!/^Optional\.(ofNullable|of)$/.test(dotted(optional.callee) ?? '')) return undefined;
  const value = argumentAt(optional, 0);
  const other = first?.kind === 'lambda' ? first.scope.returns[0]?.value : first;
  return value && other ? { first: value, second: other } : undefined;
}

/** The pieces of a formatted text in order: literal stretches and the arguments in the holes. Undefined: not a format that is understood. */
export function formatPieces(expr: Expr, family: Family, template?: (expr: Expr) => Template | undefined): Expr[] | undefined {
  if (expr.kind === 'operation') {
    if (family !== 'python' || expr.operator !== '%' || expr.left.kind !== 'text') return undefined;
    const values = expr.right.kind === 'list' ? expr.right.items : [expr.right];
    return expr.right.kind === 'record' ? undefined : percentPieces(expr.left.value, expr.left, values);
  }
  if (expr.kind !== 'call' || expr.args.some((argument) => argument.spread)) return undefined;
  const path = dotted(expr.callee);
  const values = expr.args.map((argument) => argument.value);
  const [first, second] = values;
  const receiver = expr.callee.kind === 'member' ? expr.callee.object : undefined;
  const name = calleeName(expr);
  const text = (value: Expr | undefined): string | undefined => (value ? template?.(value)?.text : undefined);
  const span = { start: expr.start, end: expr.end };
  if (family === 'go') {
    if (path === 'net.JoinHostPort' && first && second) return [first, piece(':', span), second];
    if (path === 'strings.Join' && first?.kind === 'list') return joined(first, text(second), span);
    const format = path === 'fmt.Sprintf' ? text(first) : undefined;
    return format === undefined || !first ? undefined : percentPieces(format, first, values.slice(1));
  }
  if (family === 'java') {
    if (path === 'String.join' && first) return joinedAll(values.slice(1), text(first), span);
    if (name === 'concat' && receiver && first) return [receiver, first];
    if (name === 'formatted' && receiver) {
      const format = text(receiver);
      return format === undefined ? undefined : percentPieces(format, receiver, values);
    }
    const format = path === 'String.format' ? text(first) : undefined;
    return format === undefined || !first ? undefined : percentPieces(format, first, values.slice(1));
  }
  if (family === 'python') {
    if (name === 'join' && receiver?.kind === 'text' && first?.kind === 'list') return joined(first, receiver.value, span);
    if (name !== 'format' || !receiver) return undefined;
    const format = text(receiver);
    return format === undefined ? undefined : bracePieces(format, receiver, expr);
  }
  if (name === 'join' && receiver?.kind === 'list') return joined(receiver, first ? text(first) : ',', span);
  return name === 'concat' && receiver ? [receiver, ...values] : undefined;
}

function piece(text: string, span: { start: number; end: number }): Expr {
  return { kind: 'text', value: text, content: span, plain: false, start: span.start, end: span.end };
}

function joined(list: Expr & { kind: 'list' }, separator: string | undefined, span: { start: number; end: number }): Expr[] | undefined {
  return list.spreads.length > 0 ? undefined : joinedAll(list.items, separator, span);
}

function joinedAll(items: readonly Expr[], separator: string | undefined, span: { start: number; end: number }): Expr[] | undefined {
  if (separator === undefined) return undefined;
  return items.flatMap((item, at) => (at === 0 ? [item] : [piece(separator, span), item]));
}

function percentPieces(format: string, at: { start: number; end: number }, values: readonly Expr[]): Expr[] | undefined {
  const pieces: Expr[] = [];
  let next = 0;
  let last = 0;
  for (const match of format.matchAll(/%(%|[sdvq]|.|$)/gs)) {
    if (match.index > last) pieces.push(piece(format.slice(last, match.index), at));
    last = match.index + match[0].length;
    if (match[1] === '%') pieces.push(piece('%', at));
    else {
      const value = values[next++];
      if (!value || !/^[sdv]$/.test(match[1] ?? '')) return undefined;
      pieces.push(value);
    }
  }
  if (last < format.length) pieces.push(piece(format.slice(last), at));
  return next === values.length ? pieces : undefined;
}

function bracePieces(format: string, at: { start: number; end: number }, call: CallExpr): Expr[] | undefined {
  const pieces: Expr[] = [];
  let next = 0;
  let last = 0;
  for (const match of format.matchAll(/\{\{|\}\}|\{([^{}]*)\}/g)) {
    if (match.index > last) pieces.push(piece(format.slice(last, match.index), at));
    last = match.index + match[0].length;
    const hole = match[1];
    if (hole === undefined) {
      pieces.push(piece(match[0].slice(1), at));
      continue;
    }
    if (!/^\w*$/.test(hole)) return undefined;
    const value = hole === '' || /^\d+$/.test(hole) ? argumentAt(call, hole === '' ? next++ : Number(hole)) : argumentAt(call, 99, hole);
    if (!value) return undefined;
    pieces.push(value);
  }
  if (last < format.length) pieces.push(piece(format.slice(last), at));
  return pieces;
}
