import type { TargetPart } from './facts.ts';
import { anchorIn, type Group, hasWord } from './group.ts';
import { fieldSetting, tagSetting } from './settings.ts';
import {
  type Context,
  importNamed,
  known,
  MAX_HOPS,
  outParameterSources,
  ownerOf,
  prefixed,
  type Resolver,
  reaching,
  type Source,
  sourcesOf,
  step,
} from './sources.ts';
import { classOf, type Expr, functionOf, type Module, type Scope } from './syntax.ts';

/** A type of the component: a class with its scope, or a Go struct by name and package. */
export interface TypeRef {
  readonly name: string;
  readonly module: Module;
  readonly scope: Scope | undefined;
}

/** The bare name of a type: `*config.Config` → `Config`, `Optional<Config>` is no such name. */
export function bareType(type: string): string | undefined {
  const bare = type.replace(/^[*&\s]+/, '').replace(/^(readonly|final)\s+/, '');
  return /^[\w$.]+$/.test(bare) ? bare.slice(bare.lastIndexOf('.') + 1) : undefined;
}

/** The class a name means in a module, if it is the component's. */
export function importedType(resolver: Resolver, module: Module, name: string): Scope | undefined {
  const local = module.classes.find((each) => each.name === name);
  if (local) return local;
  const target = importNamed(module, name);
  if (target) {
    const modules = resolver.group.imported(module, target, target.member ?? name);
    return modules.flatMap((each) =>
      each.classes.filter((one) => one.name === (target.member === 'default' ? one.name : (target.member ?? name))),
    )[0];
  }
  if (module.language !== 'java') return undefined;
  const candidates = resolver.group
    .mentioning(name, 'java', true)
    .flatMap((each) =>
      each.classes.filter(
        (one) =>
          one.name === name &&
          (each.packageName === module.packageName || module.imports.some((i) => i.local === '.' && i.from === each.packageName)),
      ),
    );
  return candidates.length === 1 ? candidates[0] : undefined;
}

function typesNamed(resolver: Resolver, type: string, module: Module): TypeRef[] {
  const name = bareType(type);
  if (name === undefined) return [];
  if (module.language !== 'go') {
    const scope = importedType(resolver, module, name);
    return scope ? [{ name, module: scope.module, scope }] : [];
  }
  const qualifier = /^[*&\s]*(\w+)\./.exec(type)?.[1];
  const target = qualifier === undefined ? undefined : importNamed(module, qualifier);
  if (qualifier !== undefined && !target) return [];
  const homes = target ? resolver.group.imported(module, target, name) : resolver.group.packageMates(module, name);
  const home = homes.find((each) => each.fields.some((field) => field.owner === name));
  return home ? [{ name, module: home, scope: undefined }] : [];
}

/** The types of the component an expression can have; empty when unknown. */
export function ownerTypes(resolver: Resolver, object: Expr, context: Context): TypeRef[] {
  const { scope } = context;
  const { module } = scope;
  if (resolver.budget.left-- <= 0 || context.depth > 20) return [];
  const deeper: Context = { ...context, depth: context.depth + 1 };
  if (object.kind === 'pointee' || object.kind === 'address') return ownerTypes(resolver, object.of, deeper);
  if (object.kind === 'name') {
    if (/^(this|self|cls)$/.test(object.name) && module.language !== 'go') {
      const own = classOf(scope);
      return own ? [{ name: own.name, module, scope: own }] : [];
    }
    const fn = functionOf(scope);
    for (let at = fn; at; at = at.parent ? functionOf(at.parent) : undefined) {
      if (at.receiver && at.receiver.name === object.name) return typesNamed(resolver, at.receiver.type, module);
    }
    const owner = ownerOf(object.name, scope);
    const declared =
      owner?.parameters.find((each) => each.name === object.name)?.type ??
      owner?.names.get(object.name)?.find((each) => each.type !== undefined)?.type;
    if (declared !== undefined && declared !== 'var') {
      const types = typesNamed(resolver, declared, module);
      if (types.length > 0) return types;
    }
    if (!owner) {
      const type = module.language === 'go' ? undefined : importedType(resolver, module, object.name);
      if (type) return [{ name: type.name, module: type.module, scope: type }];
    }
  }
  if (object.kind === 'member' && module.language === 'go') {
    for (const owner of ownerTypes(resolver, object.object, deeper)) {
      for (const home of resolver.group.packageMates(owner.module, owner.name)) {
        const field = home.fields.find((each) => each.owner === owner.name && each.name === object.name);
        if (!field) continue;
        if (field.type?.startsWith('struct')) return [{ name: `${owner.name}.${object.name}`, module: home, scope: undefined }];
        return field.type === undefined ? [] : typesNamed(resolver, field.type, home);
      }
    }
  }
  if (object.kind === 'member' && module.language !== 'go') {
    for (const owner of ownerTypes(resolver, object.object, deeper)) {
      const type = owner.scope ? declaredType(owner.scope, object.name) : undefined;
      if (type !== undefined) return typesNamed(resolver, type, owner.module);
    }
  }
  if (object.kind === 'call' && !object.isNew) {
    const types = returnTypes(resolver, object, deeper);
    if (types.length > 0) return types;
  }
  for (const source of sourcesOf(resolver, object, deeper)) {
    const { expr } = source;
    const home = source.context.scope.module;
    if (expr.kind === 'record' && expr.type) return typesNamed(resolver, home.file.text.slice(expr.type.start, expr.type.end), home);
    if (expr.kind !== 'call') continue;
    const made = home.language === 'go' && expr.callee.kind === 'name' && expr.callee.name === 'new' ? expr.args[0]?.value : undefined;
    if (made) return typesNamed(resolver, home.file.text.slice(made.start, made.end), home);
    const types =
      expr.isNew || home.language === 'python'
        ? typesNamed(resolver, home.file.text.slice(expr.callee.start, expr.callee.end), home)
        : returnTypes(resolver, expr, deeper);
    if (types.length > 0) return types;
  }
  return [];
}

function returnTypes(resolver: Resolver, call: Expr & { kind: 'call' }, context: Context): TypeRef[] {
  const { callee } = call;
  const { module } = context.scope;
  const name = callee.kind === 'name' || callee.kind === 'member' ? callee.name : undefined;
  if (name === undefined || module.language !== 'go') return [];
  const target = callee.kind === 'member' && callee.object.kind === 'name' ? importNamed(module, callee.object.name) : undefined;
  if (callee.kind === 'member' && !target) return [];
  const homes = target ? resolver.group.imported(module, target, name) : resolver.group.packageMates(module, name);
  for (const home of homes) {
    const found = home.functionsNamed.get(name)?.find((each) => each.receiver === undefined);
    const first = found?.returnType?.replace(/^\(\s*/, '').split(/[,)]/)[0];
    if (first !== undefined) return typesNamed(resolver, first.trim().replace(/^\w+\s+(?=[*\w])/, ''), home);
  }
  return [];
}

function declaredType(type: Scope, name: string): string | undefined {
  const direct =
    type.names.get(name)?.find((each) => each.type !== undefined)?.type ?? type.parameters.find((each) => each.name === name)?.type;
  return (
    direct ??
    type.module.assignmentsOf
      .get(name)
      ?.find((each) => each.type !== undefined && assignsField(each.target, name) && classOf(each.scope) === type)?.type
  );
}

function assignsField(target: Expr, name: string): boolean {
  return target.kind === 'member' && target.name === name && target.object.kind === 'name' && /^(this|self|cls)$/.test(target.object.name);
}

/** Where the value of a field of a class or struct is written. */
export function fieldSources(
  resolver: Resolver,
  type: Scope | TypeRef,
  name: string,
  expr: Expr,
  context: Context,
  object?: Expr,
): Source[] {
  if (context.hops >= MAX_HOPS) return [{ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: 'too deep' }];
  return 'kind' in type ? classField(resolver, type, name, expr, context, object) : structField(resolver, type, name, expr, context);
}

function classField(resolver: Resolver, type: Scope, name: string, expr: Expr, context: Context, object: Expr | undefined): Source[] {
  const { module } = type;
  const hop = context.hops + (classOf(context.scope) === type ? 0 : 1);
  const direct = type.names.get(name) ?? [];
  const setting = fieldSetting(type, name);
  const steps = (span: { start: number; end: number }, constant: boolean) => [step(constant ? 'constant' : 'field', module, span, name)];
  const writes = (module.assignmentsOf.get(name) ?? []).filter(
    (each) =>
      classOf(each.scope) === type &&
      each.scope.kind === 'function' &&
      (assignsField(each.target, name) || (each.target.kind === 'name' && each.target.name === name && ownerOf(name, each.scope) === type)),
  );
  // Within one function the order counts; otherwise any write may be the one.
  const use = functionOf(context.scope);
  const here = writes.filter((each) => use !== undefined && functionOf(each.scope) === use);
  const inOrder = use && here.length > 0 ? reaching(here, expr.start, context.scope, use) : undefined;
  const list = inOrder?.settled ? inOrder.list : writes;
  const found: Source[] = [];
  if (setting) {
    const at = direct[0] ?? type;
    found.push(known(expr, { ...context, scope: type }, [withInitial(resolver, setting, direct[0]?.value, type)], steps(at, false)));
  } else if (list.length === 0 || !list.every((each) => /^(constructor|__init__)$/.test(functionOf(each.scope)?.name ?? ''))) {
    for (const each of direct) {
      if (each.value && !(inOrder?.settled ?? false)) {
        found.push(
          ...prefixed(
            sourcesOf(resolver, each.value, { scope: type, frames: [], hops: hop, depth: context.depth }),
            steps(each, each.isConstant || list.length === 0),
          ),
        );
      }
    }
  }
  for (const each of list) {
    if (each.value) {
      const frames = use && functionOf(each.scope) === use ? context.frames : [];
      found.push(
        ...prefixed(sourcesOf(resolver, each.value, { scope: each.scope, frames, hops: hop, depth: context.depth }), steps(each, false)),
      );
    } else found.push({ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: 'changed in place' });
  }
  const component = type.parameters.find((each) => each.name === name);
  if (found.length === 0 && component) found.push(...recordComponent(resolver, type, component.position, name, context));
  // `outer.inner` where the class holds an object literal is found by its entries; a nested class by its own name.
  if (found.length === 0 && object === undefined)
    return [{ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: 'unset' }];
  return found;
}

/** A field's initial value is what is used when its setting is not there. */
function withInitial(resolver: Resolver, setting: TargetPart, initial: Expr | undefined, scope: Scope): TargetPart {
  if (setting.kind === 'text' || setting.kind === 'unknown' || setting.fallback || !initial) return setting;
  const sources = sourcesOf(resolver, initial, { scope, frames: [], hops: MAX_HOPS - 1, depth: 0 });
  const only = sources.length === 1 ? sources[0] : undefined;
  if (only?.expr.kind !== 'text')
    return only?.expr.kind === 'nothing' ? setting : { ...setting, fallback: [{ kind: 'unknown', at: setting.at, why: 'initial value' }] };
  return {
    ...setting,
    fallback: [{ kind: 'text', text: only.expr.value, plain: only.expr.plain, at: anchorIn(only.context.scope.module, only.expr.content) }],
  };
}

/** Java records: what each `new R(…)` passes. */
function recordComponent(resolver: Resolver, type: Scope, position: number, name: string, context: Context): Source[] {
  return resolver.group.mentioning(type.name, 'java', false).flatMap((module) =>
    module.calls.flatMap((site) => {
      const { call } = site;
      const value = call.args[position]?.value;
      if (!call.isNew || !value || call.callee.kind !== 'name' || call.callee.name !== type.name) return [];
      const branch = `|${module.file.path}:${call.start};`;
      return prefixed(
        sourcesOf(resolver, value, { scope: site.scope, frames: [], hops: context.hops + 1, depth: context.depth }),
        [step('parameter', module, call, name)],
        branch,
      );
    }),
  );
}

function structField(resolver: Resolver, type: TypeRef, name: string, expr: Expr, context: Context): Source[] {
  const homes = structHomes(resolver.group, type, name);
  const found: Source[] = [];
  const inside = (scope: Scope): Context => ({ scope, frames: [], hops: context.hops + 1, depth: context.depth });
  const sameType = (object: Expr, scope: Scope): boolean =>
    ownerTypes(resolver, object, { ...inside(scope), hops: MAX_HOPS - 1 }).some((each) => each.name === type.name);
  for (const module of homes) {
    const declaration = module.fields.find((each) => each.owner === type.name && each.name === name);
    const tagged = declaration ? tagSetting(declaration, module) : undefined;
    if (declaration && tagged) found.push(known(expr, inside(module.root), [tagged], [step('field', module, declaration, name)]));
    // A decoder may put anything into a field that has a name in a file.
    if (declaration?.tag && !tagged && /\b(yaml|json|toml|mapstructure|koanf|hcl|ini|conf|flag|kong|arg):"/.test(declaration.tag.value)) {
      found.push({ expr, context, steps: [], branch: '', doubt: 0, parts: undefined, stuck: 'read from a file' });
    }
    for (const { record, entry, scope } of module.recordsWith.get(name) ?? []) {
      if (!record.type || bareType(module.file.text.slice(record.type.start, record.type.end)) !== type.name) continue;
      found.push(
        ...prefixed(
          sourcesOf(resolver, entry.value, inside(scope)),
          [step('field', module, entry, name)],
          `|${module.file.path}:${record.start};`,
        ),
      );
    }
    for (const each of module.assignmentsOf.get(name) ?? []) {
      if (each.target.kind !== 'member' || each.target.name !== name || !sameType(each.target.object, each.scope)) continue;
      if (each.value && each.result === 0)
        found.push(...prefixed(sourcesOf(resolver, each.value, inside(each.scope)), [step('field', module, each, name)]));
    }
    for (const { site, position } of module.addressesOf.get(name) ?? []) {
      const argument = site.call.args[position]?.value;
      if (argument?.kind !== 'address' || argument.of.kind !== 'member' || !sameType(argument.of.object, site.scope)) continue;
      found.push(
        ...prefixed(outParameterSources(resolver, site, position, expr, { ...inside(site.scope) }), [
          step('field', module, site.call, name),
        ]),
      );
    }
  }
  const weak = type.name.includes('.') ? 1 : 0;
  return prefixed(found, [], '', weak);
}

/** The package's files that mention the field, and others that build the struct under the package's name. */
function structHomes(group: Group, type: TypeRef, name: string): Module[] {
  const mates = group.packageMates(type.module, name);
  if (!/^\p{Lu}/u.test(name)) return mates;
  const bare = type.name.split('.')[0] ?? type.name;
  const others = group.mentioning(name, 'go', false).filter((each) => !mates.includes(each) && hasWord(each.file.text, bare));
  return [...mates, ...others];
}
