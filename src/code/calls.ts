import { importedType, ownerTypes } from './fields.ts';
import { isTestPath } from './group.ts';
import { importNamed, MAX_HOPS, ownerOf, type Resolver } from './sources.ts';
import { type CallExpr, type CallSite, classOf, type Module, type Scope } from './syntax.ts';

/** Which function a call means, and which calls mean a function. */

/** The calls of a function that are certainly calls of it; for methods, those that can't be of another with the same name. */
export function callSites(resolver: Resolver, target: Scope): { site: CallSite; shift: number }[] {
  const owner = target.parent?.kind === 'class' ? target.parent : undefined;
  const constructs = owner !== undefined && /^(constructor|__init__)$/.test(target.name);
  const name = constructs ? owner.name : target.name;
  if (name === '') return [];
  const { module } = target;
  const tests = isTestPath(module.file.path);
  const isStatic = target.annotations.some((each) => each.name === 'staticmethod');
  const shift = module.language === 'python' && owner !== undefined && !isStatic ? 1 : 0;
  const found: { site: CallSite; shift: number }[] = [];
  // An unexported Go name stays in its package.
  const inPackage = module.language === 'go' && !/^\p{Lu}/u.test(name);
  const others = inPackage ? resolver.group.packageMates(module, name) : resolver.group.mentioning(name, module.language, tests);
  for (const other of others) {
    for (const site of other.callsOf.get(name) ?? []) {
      if (module.language === 'java' && site.call.args.length !== target.parameters.length) continue;
      if (constructs && module.language !== 'python' && !site.call.isNew) continue;
      if (functionsCalled(resolver, site.call, site.scope).includes(target)) found.push({ site, shift });
    }
  }
  return found;
}

/** The functions of the component a call can mean; empty when that isn't certain. */
export function functionsCalled(resolver: Resolver, call: CallExpr, scope: Scope): Scope[] {
  const { callee } = call;
  const { module } = scope;
  const named = (modules: readonly Module[], name: string): Scope[] =>
    modules.flatMap((each) =>
      (each.functionsNamed.get(name) ?? []).filter((one) => one.receiver === undefined && classOf(one) === undefined),
    );
  const constructors = (type: Scope | undefined): Scope[] =>
    type ? membersOf(type).filter((one) => /^(constructor|__init__)$/.test(one.name)) : [];
  const arity = (list: readonly Scope[]): Scope[] => {
    const same = list.filter((one) => one.parameters.length === call.args.length);
    return list.length > 1 && same.length > 0 ? same : [...list];
  };
  if (callee.kind === 'name') {
    const { name } = callee;
    const type = importedType(resolver, module, name);
    if (call.isNew || (module.language === 'python' && type)) return arity(constructors(type));
    const own = classOf(scope);
    if (module.language === 'java') {
      const inside = own ? membersOf(own).filter((one) => one.name === name) : [];
      if (inside.length > 0) return arity(inside);
    }
    const mates =
      module.language === 'go' ? [module, ...resolver.group.packageMates(module, name).filter((mate) => mate !== module)] : [module];
    const local = named(mates, name);
    if (local.length > 0) return arity(local);
    const target = importNamed(module, name);
    if (target) return named(resolver.group.imported(module, target, target.member ?? name), target.member ?? name);
    return [];
  }
  if (callee.kind !== 'member') return [];
  const { name, object } = callee;
  if (object.kind === 'name') {
    const target = ownerOf(object.name, scope) ? undefined : importNamed(module, object.name);
    if (target && module.language !== 'java') {
      const modules = resolver.group.imported(module, target, name);
      const functions = named(modules, name);
      if (functions.length > 0) return arity(functions);
      const types = modules.flatMap((each) => each.classes.filter((one) => one.name === name));
      if (types.length === 1) return constructors(types[0]);
    }
  }
  const found: Scope[] = [];
  for (const type of ownerTypes(resolver, object, { scope, frames: [], hops: MAX_HOPS - 2, depth: 0 })) {
    for (const one of methodsOf(resolver, type)) if (one.name === name) found.push(one);
  }
  return arity(found);
}

function membersOf(type: Scope): Scope[] {
  return type.module.functions.filter((one) => one.parent === type);
}

function methodsOf(
  resolver: Resolver,
  type: { readonly name: string; readonly module: Module; readonly scope: Scope | undefined },
): Scope[] {
  if (type.scope) return membersOf(type.scope);
  return resolver.group
    .packageMates(type.module, type.name)
    .flatMap((mate) => mate.functions.filter((one) => one.receiver?.type === type.name));
}
