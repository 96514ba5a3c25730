import { callSites, functionsCalled } from './calls.ts';
import { fieldSources, ownerTypes } from './fields.ts';
import type { OriginStep, TargetPart } from './facts.ts';
import { anchorIn, type Group } from './group.ts';
import { parameterSetting, readSetting } from './settings.ts';
import {
  type Argument,
  type Assignment,
  type CallExpr,
  type CallSite,
  classOf,
  type Expr,
  functionOf,
  type Import,
  isWithin,
  type Module,
  type Scope,
} from './syntax.ts';

/** Steps across a function, field or file boundary at most. */
export const MAX_HOPS = 6;
/** Names followed in a row at most; it stops `a = b; b = a`. */
const MAX_DEPTH = 24;
/** Expressions looked at for one question at most. */
const BUDGET = 3000;
/** Values one expression may have at most. */
export const MAX_ALTERNATIVES = 12;

/** A function being read with the arguments of one call. */
export interface Frame {
  readonly scope: Scope;
  readonly call: CallExpr;
  readonly caller: Context;
  /** The receiver counts as the first parameter (Python methods). */
  readonly shift: number;
}

export interface Context {
  readonly scope: Scope;
  readonly frames: readonly Frame[];
  readonly hops: number;
  readonly depth: number;
}

/** Where a value comes from: an expression that is no mere reference, or parts that are already known (a struct tag, an annotation). */
export interface Source {
  readonly expr: Expr;
  readonly context: Context;
  readonly steps: readonly OriginStep[];
  /** Sources with the same branch are values of one variable; different call sites are different branches. */
  readonly branch: string;
  readonly doubt: 0 | 1 | 2;
  readonly parts: readonly TargetPart[] | undefined;
  /** Not followed further, and why. */
  readonly stuck: string | undefined;
}

export interface Resolver {
  readonly group: Group;
  budget: { left: number; callers: number };
}

export function createResolver(group: Group): Resolver {
  return { group, budget: { left: BUDGET, callers: MAX_ALTERNATIVES } };
}

/** A fresh budget; call it before each question. */
export function contextAt(resolver: Resolver, scope: Scope, callers = MAX_ALTERNATIVES): Context {
  resolver.budget = { left: BUDGET, callers };
  return { scope, frames: [], hops: 0, depth: 0 };
}

export function step(kind: OriginStep['kind'], module: Module, span: { start: number; end: number }, name?: string): OriginStep {
  return { kind, at: anchorIn(module, span), name };
}

function stuck(expr: Expr, context: Context, why: string): Source[] {
  return [{ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: why }];
}

function terminal(expr: Expr, context: Context): Source[] {
  return [{ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: undefined }];
}

export function known(
  expr: Expr,
  context: Context,
  parts: readonly TargetPart[],
  steps: readonly OriginStep[],
  doubt: Source['doubt'] = 0,
): Source {
  return { expr, context, steps, branch: '', doubt, parts, stuck: undefined };
}

/** Puts steps in front of sources, and marks them as one branch. */
export function prefixed(sources: readonly Source[], steps: readonly OriginStep[], branch = '', doubt: Source['doubt'] = 0): Source[] {
  return sources.map((source) => ({
    ...source,
    steps: [...steps, ...source.steps],
    branch: branch + source.branch,
    doubt: source.doubt > doubt ? source.doubt : doubt,
  }));
}

/** Follows references, calls of the component's own functions and parameters to where a value is written. Never empty unless a value is absent. */
export function sourcesOf(resolver: Resolver, expr: Expr, context: Context): Source[] {
  if (resolver.budget.left-- <= 0 || context.depth > MAX_DEPTH) return stuck(expr, context, 'too deep');
  const deeper: Context = { ...context, depth: context.depth + 1 };
  switch (expr.kind) {
    case 'name':
      return nameSources(resolver, expr.name, expr, deeper);
    case 'member':
    case 'index':
      if (readSetting(expr, context.scope)) return terminal(expr, context);
      return expr.kind === 'member' ? memberSources(resolver, expr, deeper) : indexSources(resolver, expr, deeper);
    case 'pointee':
      return sourcesOf(resolver, expr.of, deeper);
    case 'call':
      return readSetting(expr, context.scope) ? terminal(expr, context) : callSources(resolver, expr, deeper);
    case 'other':
      return stuck(expr, context, expr.type);
    default:
      return terminal(expr, context);
  }
}

export function importNamed(module: Module, name: string): Import | undefined {
  return module.imports.find((each) => each.local === name);
}

/** The scope that declares a name, seen from `scope`; undefined: not in this file. */
export function ownerOf(name: string, scope: Scope): Scope | undefined {
  const python = scope.module.language === 'python';
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    if (at.kind === 'class' && scope !== at && at.module.language !== 'java') continue;
    if (at.parameters.some((parameter) => parameter.name === name)) return at;
    if (at.names.get(name)?.some((assignment) => python || assignment.declares)) return at;
  }
  return undefined;
}

/** The assignments of a name that can reach `use`, oldest first; `settled`: one of them always runs before it. */
export function reaching(
  assignments: readonly Assignment[],
  use: number,
  useScope: Scope,
  owner: Scope,
): { list: Assignment[]; settled: boolean } {
  const blockScoped = owner.module.language !== 'python';
  const local = functionOf(useScope) === functionOf(owner);
  const position = local ? use : Number.POSITIVE_INFINITY;
  const spot = { start: use, end: use };
  let list: Assignment[] = [];
  let settled = false;
  for (const assignment of [...assignments].sort((a, b) => a.start - b.start)) {
    const here = functionOf(assignment.scope) === functionOf(useScope);
    if ((here || local) && assignment.scope.module === useScope.module && assignment.end > position) continue;
    const around = isWithin(spot, assignment.block);
    if (blockScoped && assignment.declares && here && !around) continue;
    const always = here ? around : assignment.scope === owner && isWithin(owner, assignment.block);
    if (always) {
      list = [];
      settled = true;
    }
    list.push(assignment);
  }
  const written = list.filter((assignment) => assignment.value !== undefined || !assignment.declares);
  return { list: written.length > 0 ? written : list, settled };
}

function nameSources(resolver: Resolver, name: string, expr: Expr, context: Context): Source[] {
  const { module } = context.scope;
  const owner = ownerOf(name, context.scope);
  if (owner?.kind === 'class') return fieldSources(resolver, owner, name, expr, context);
  if (owner && (owner.kind === 'function' || module.language !== 'go')) {
    const writes = written(module, name).filter((each) => ownerOf(name, each.scope) === owner);
    const address = addressSources(resolver, name, [module], owner, expr, context);
    const direct = writtenSources(resolver, name, writes, owner, expr, context);
    return address.length > 0 ? [...direct.filter((source) => source.stuck !== 'unset'), ...address] : direct;
  }
  if (module.language === 'go') {
    const mates = [module, ...resolver.group.packageMates(module, name).filter((mate) => mate !== module)];
    const writes = mates.flatMap((mate) =>
      written(mate, name).filter((each) => (ownerOf(name, each.scope) ?? each.scope.module.root).kind === 'module'),
    );
    const address = addressSources(resolver, name, mates, undefined, expr, context);
    if (writes.length > 0 || address.length > 0) {
      const home = writes.find((each) => each.declares)?.scope ?? module.root;
      const direct = writes.length > 0 ? writtenSources(resolver, name, writes, home, expr, context) : [];
      return [...(address.length > 0 ? direct.filter((source) => source.stuck !== 'unset') : direct), ...address];
    }
  }
  const target = importNamed(module, name);
  if (target) return importSources(resolver, target, target.member === 'default' ? 'default' : (target.member ?? name), expr, context);
  if (module.language === 'java' || module.language === 'python') {
    for (const each of module.imports.filter((one) => one.local === '.' && one.member === '*')) {
      const found = importSources(resolver, each, name, expr, context);
      if (found.some((source) => source.stuck === undefined)) return found;
    }
  }
  return stuck(expr, context, `${name} is not defined here`);
}

function written(module: Module, name: string): Assignment[] {
  return (module.assignmentsOf.get(name) ?? []).filter((each) => each.target.kind === 'name');
}

function writtenSources(
  resolver: Resolver,
  name: string,
  writes: readonly Assignment[],
  owner: Scope,
  expr: Expr,
  context: Context,
): Source[] {
  const { list, settled } = reaching(writes, expr.start, context.scope, owner);
  const parameter = owner.parameters.find((each) => each.name === name);
  const found: Source[] = [];
  if (parameter && !settled) found.push(...parameterSources(resolver, owner, parameter.name, expr, context));
  for (const assignment of list) {
    const inner: Context = { ...context, scope: assignment.scope };
    const kind = assignment.isConstant ? 'constant' : 'variable';
    const steps = [step(kind, assignment.scope.module, assignment, name)];
    if (assignment.value === undefined) {
      found.push(...stuck(expr, context, assignment.declares ? 'unset' : 'changed in place'));
      continue;
    }
    const value =
      assignment.key === undefined ? assignment.value : memberOf(assignment.value, assignment.key, assignment.keySpan ?? assignment);
    const reached =
      assignment.result > 0 && assignment.value.kind !== 'list'
        ? stuck(expr, inner, 'another result of a call')
        : sourcesOf(resolver, value, inner);
    if (assignment.initial) {
      const choice: Expr = {
        kind: 'choice',
        role: 'fallback',
        first: value,
        second: assignment.initial,
        start: assignment.start,
        end: assignment.end,
      };
      found.push(...prefixed(terminal(choice, inner), steps));
    } else found.push(...prefixed(reached, steps));
    if (found.length > MAX_ALTERNATIVES) break;
  }
  return found.length > 0 ? found : stuck(expr, context, 'unset');
}

export function memberOf(object: Expr, name: string, span: { start: number; end: number }): Expr {
  return { kind: 'member', object, name, start: span.start, end: span.end };
}

/** Go: `flag.StringVar(&x, …)` and the component's own `f(&x, "KEY")`. Another function that takes the address may write anything. */
function addressSources(
  resolver: Resolver,
  name: string,
  modules: readonly Module[],
  owner: Scope | undefined,
  expr: Expr,
  context: Context,
): Source[] {
  if (context.scope.module.language !== 'go') return [];
  return modules.flatMap((module) =>
    (module.addressesOf.get(name) ?? []).flatMap(({ site, position }): Source[] => {
      const argument = site.call.args[position]?.value;
      if (argument?.kind !== 'address' || argument.of.kind !== 'name') return [];
      const siteOwner = ownerOf(name, site.scope);
      if (owner ? siteOwner !== owner : siteOwner !== undefined && siteOwner.kind !== 'module') return [];
      return outParameterSources(resolver, site, position, expr, context);
    }),
  );
}

/** What a call writes through its argument at `position`. */
export function outParameterSources(resolver: Resolver, site: CallSite, position: number, expr: Expr, context: Context): Source[] {
  const caller: Context = { scope: site.scope, frames: context.frames, hops: context.hops + 1, depth: context.depth };
  if (readSetting(site.call, site.scope)?.writes === position) return terminal(site.call, caller);
  if (context.hops >= MAX_HOPS) return stuck(expr, context, 'too deep');
  const callee = functionsCalled(resolver, site.call, site.scope)[0];
  const parameter = callee?.parameters.find((each) => each.position === position);
  if (!callee || !parameter) return stuck(expr, context, 'its address is passed on');
  const frame: Frame = { scope: callee, call: site.call, caller, shift: 0 };
  const inner: Context = { scope: callee, frames: [...context.frames, frame], hops: context.hops + 1, depth: context.depth };
  const found = callee.module.assignments
    .filter(
      (each) =>
        each.scope === callee && each.target.kind === 'pointee' && each.target.of.kind === 'name' && each.target.of.name === parameter.name,
    )
    .flatMap((each) => (each.value ? sourcesOf(resolver, each.value, inner) : []));
  return found.length > 0
    ? prefixed(found, [step('function', site.scope.module, site.call, callee.name)])
    : stuck(expr, context, 'its address is passed on');
}

function parameterSources(resolver: Resolver, owner: Scope, name: string, expr: Expr, context: Context): Source[] {
  const parameter = owner.parameters.find((each) => each.name === name);
  if (!parameter || parameter.rest) return stuck(expr, context, 'parameter');
  const frame = [...context.frames].reverse().find((each) => each.scope === owner);
  if (frame) {
    const value = passed(frame.call.args, parameter.position - frame.shift, name);
    const steps = [step('parameter', frame.caller.scope.module, frame.call, name)];
    if (value === 'unclear') return stuck(expr, context, 'spread arguments');
    const caller: Context = { ...frame.caller, depth: context.depth, hops: context.hops };
    const wanted = value && parameter.key !== undefined ? memberOf(value, parameter.key, parameter) : value;
    if (wanted) return prefixed(sourcesOf(resolver, wanted, caller), steps);
    return parameter.initial ? prefixed(sourcesOf(resolver, parameter.initial, context), steps) : [];
  }
  const injected = parameterSetting(parameter, owner);
  if (injected) return [known(expr, { ...context, scope: owner }, [injected], [step('config', owner.module, parameter, name)])];
  if (context.hops >= MAX_HOPS) return stuck(expr, context, 'too deep');
  const sites = callSites(resolver, owner);
  const found: Source[] = [];
  for (const { site, shift } of sites) {
    const caller: Context = { scope: site.scope, frames: [], hops: context.hops + 1, depth: context.depth };
    const value = passed(site.call.args, parameter.position - shift, name);
    const steps = [step('parameter', site.scope.module, site.call, name)];
    const branch = `|${site.scope.module.file.path}:${site.call.start};`;
    const wanted = value !== 'unclear' && value && parameter.key !== undefined ? memberOf(value, parameter.key, parameter) : value;
    const absent =
      parameter.key !== undefined && value !== 'unclear' && value !== undefined && lacksEntry(resolver, value, parameter.key, caller);
    if (absent) found.push(...(parameter.initial ? prefixed(sourcesOf(resolver, parameter.initial, context), steps, branch) : []));
    else if (wanted === 'unclear') found.push(...stuck(expr, context, 'spread arguments'));
    else if (wanted) found.push(...prefixed(sourcesOf(resolver, wanted, caller), steps, branch));
    else if (parameter.initial) found.push(...prefixed(sourcesOf(resolver, parameter.initial, context), steps, branch));
    if (found.length > resolver.budget.callers) break;
  }
  return found.length > 0 ? found : stuck(expr, context, 'parameter');
}

/** Is the value an object literal that certainly has no such key? */
function lacksEntry(resolver: Resolver, value: Expr, key: string, context: Context): boolean {
  const sources = sourcesOf(resolver, value, context);
  return (
    sources.length > 0 &&
    sources.every(({ expr }) => expr.kind === 'record' && !expr.open && !expr.entries.some((entry) => entry.key === key))
  );
}

function passed(args: readonly Argument[], position: number, name: string): Expr | 'unclear' | undefined {
  const named = args.find((argument) => argument.name === name);
  if (named) return named.value;
  if (args.slice(0, position + 1).some((argument) => argument.spread)) return 'unclear';
  const argument = args[position];
  return argument && argument.name === undefined ? argument.value : undefined;
}

function callSources(resolver: Resolver, call: CallExpr, context: Context): Source[] {
  if (call.isNew || context.hops >= MAX_HOPS) return terminal(call, context);
  const found: Source[] = [];
  for (const target of functionsCalled(resolver, call, context.scope)) {
    const owner = classOf(target);
    if (/^(constructor|__init__)$/.test(target.name) || context.frames.some((frame) => frame.scope === target)) continue;
    const shift = target.module.language === 'python' && owner === target.parent && owner ? 1 : 0;
    const frame: Frame = { scope: target, call, caller: context, shift };
    const inner: Context = { scope: target, frames: [...context.frames, frame], hops: context.hops + 1, depth: context.depth };
    const steps = [step('function', context.scope.module, call, target.name)];
    for (const { value } of target.returns) found.push(...prefixed(sourcesOf(resolver, value, inner), steps));
  }
  return found.length > 0 ? found : terminal(call, context);
}

function importSources(resolver: Resolver, target: Import, name: string, expr: Expr, context: Context): Source[] {
  if (context.hops >= MAX_HOPS) return stuck(expr, context, 'too deep');
  for (const module of resolver.group.imported(context.scope.module, target, name)) {
    const type = module.language === 'java' ? module.classes[0] : undefined;
    const scope = type ?? module.root;
    const local = module.reexports.find((each) => each.name === name);
    const wanted: Expr = {
      kind: 'name',
      name: local && local.from === undefined ? local.local : name,
      start: module.root.end,
      end: module.root.end,
    };
    if (module.language !== 'go' && ownerOf(wanted.name, scope) === undefined) continue;
    if (module.language === 'go' && !module.root.names.has(name)) continue;
    return prefixed(sourcesOf(resolver, wanted, { scope, frames: [], hops: context.hops + 1, depth: context.depth }), [], '');
  }
  return stuck(expr, context, `${name} comes from elsewhere`);
}

function memberSources(resolver: Resolver, expr: Expr & { kind: 'member' }, context: Context): Source[] {
  const { object, name } = expr;
  const { module } = context.scope;
  if (object.kind === 'name' && !ownerOf(object.name, context.scope)) {
    const target = importNamed(module, object.name);
    if (target && (target.member === undefined || module.language === 'python') && module.language !== 'java') {
      const found = importSources(resolver, target, name, expr, context);
      if (found.some((source) => source.stuck === undefined) || target.member === undefined) return found;
    }
  }
  const entries = entrySources(resolver, object, name, expr, context);
  if (entries) return entries;
  const types = ownerTypes(resolver, object, context);
  const found = types.flatMap((type) => fieldSources(resolver, type.scope ?? type, name, expr, context, object));
  return found.length > 0 ? found : stuck(expr, context, `${name} of something unknown`);
}

function indexSources(resolver: Resolver, expr: Expr & { kind: 'index' }, context: Context): Source[] {
  const { key } = expr;
  const entries = key.kind === 'text' ? entrySources(resolver, expr.object, key.value, expr, context) : undefined;
  return entries ?? stuck(expr, context, 'index');
}

/** The entries under a key of the object literals an expression can be; undefined when it is no such literal. */
function entrySources(resolver: Resolver, object: Expr, key: string, expr: Expr, context: Context): Source[] | undefined {
  if (object.kind === 'name' && /^(this|self)$/.test(object.name)) return undefined;
  const records = sourcesOf(resolver, object, context).filter((source) => source.expr.kind === 'record' && source.stuck === undefined);
  const found: Source[] = [];
  for (const source of records) {
    if (source.expr.kind !== 'record' || (source.expr.type !== undefined && source.context.scope.module.language === 'go')) continue;
    const entry = source.expr.entries.find((each) => each.key === key);
    if (!entry) {
      if (source.expr.open) found.push(...stuck(expr, context, 'spread entries'));
      continue;
    }
    const steps = [...source.steps, step('field', source.context.scope.module, entry, key)];
    found.push(
      ...prefixed(sourcesOf(resolver, entry.value, { ...source.context, depth: context.depth }), steps, source.branch, source.doubt),
    );
  }
  return found.length > 0 ? found : undefined;
}
