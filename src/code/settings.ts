import type { TargetPart } from './facts.ts';
import { anchorIn } from './group.ts';
import { annotationNamed } from './builder.ts';
import {
  argumentAt,
  type CallExpr,
  calleeName,
  dotted,
  type Expr,
  type FieldDeclaration,
  type Module,
  type Parameter,
  type Scope,
} from './syntax.ts';

/** An expression that reads a value from outside the code. */
export interface Setting {
  readonly kind: 'env' | 'flag' | 'config';
  readonly name: Expr;
  readonly fallback: Expr | undefined;
  /** The value goes to the argument at this position, not to the result. */
  readonly writes: number | undefined;
}

const ENV_NAME = /^[A-Z][A-Z0-9_]*$/;

/** Does this expression read an environment variable, a flag or a configuration key? Only library functions; the component's own are followed. */
export function readSetting(expr: Expr, scope: Scope): Setting | undefined {
  switch (scope.module.language) {
    case 'go':
      return expr.kind === 'call' ? goSetting(expr, scope.module) : undefined;
    case 'java':
      return expr.kind === 'call' ? javaSetting(expr) : undefined;
    case 'python':
      return pythonSetting(expr, scope);
    default:
      return nodeSetting(expr, scope.module);
  }
}

function setting(kind: Setting['kind'], name: Expr | undefined, fallback?: Expr, writes?: number): Setting | undefined {
  return name ? { kind, name, fallback, writes } : undefined;
}

function importedFrom(module: Module, expr: Expr): string | undefined {
  if (expr.kind !== 'name') return undefined;
  const target = module.imports.find((each) => each.local === expr.name);
  return target ? (target.member === undefined ? target.from : `${target.from}.${target.member}`) : undefined;
}

/** The flag packages: the standard one, pflag and cobra's flag sets, which share their method names. */
const GO_FLAG = /^(String|StringP|StringVar|StringVarP)$/;

function goSetting(call: CallExpr, module: Module): Setting | undefined {
  const { callee } = call;
  if (callee.kind !== 'member') return undefined;
  const kingpin =
    /^(String|StringVar)$/.test(callee.name) && callee.object.kind === 'call' ? kingpinSetting(call, callee.object) : undefined;
  if (kingpin) return kingpin;
  const from = importedFrom(module, callee.object);
  const first = argumentAt(call, 0);
  if ((from === 'os' || from === 'syscall') && /^(Getenv|LookupEnv)$/.test(callee.name)) return setting('env', first);
  if (from !== undefined && /(^|\/)viper$/.test(from) && callee.name === 'GetString') {
    const fallback = first?.kind === 'text' ? viperDefault(module, first.value) : undefined;
    return setting(first?.kind === 'text' && ENV_NAME.test(first.value) ? 'env' : 'config', first, fallback);
  }
  const isFlagSet = callee.object.kind === 'call' && /^(Flags|PersistentFlags|LocalFlags)$/.test(calleeName(callee.object) ?? '');
  if ((from === 'flag' || (from !== undefined && /(^|\/)pflag$/.test(from)) || isFlagSet) && GO_FLAG.test(callee.name)) {
    const variable = callee.name.includes('Var') ? 1 : 0;
    const short = callee.name.endsWith('P') ? 1 : 0;
    return setting('flag', argumentAt(call, variable), argumentAt(call, variable + short + 1), variable === 1 ? 0 : undefined);
  }
  return undefined;
}

/** kingpin: `app.Flag("name", "help").Default("x").Envar("KEY").StringVar(&y)`. */
function kingpinSetting(call: CallExpr, chain: CallExpr): Setting | undefined {
  let flag: Expr | undefined;
  let variable: Expr | undefined;
  let fallback: Expr | undefined;
  for (let at: Expr = chain; at.kind === 'call' && at.callee.kind === 'member'; at = at.callee.object) {
    const value = argumentAt(at, 0);
    if (at.callee.name === 'Flag') flag = value;
    if (at.callee.name === 'Default') fallback = value;
    if (at.callee.name === 'Envar') variable = value;
  }
  if (!flag) return undefined;
  return setting(variable ? 'env' : 'flag', variable ?? flag, fallback, calleeName(call) === 'StringVar' ? 0 : undefined);
}

function viperDefault(module: Module, key: string): Expr | undefined {
  const set = module.calls.filter(({ call }) => calleeName(call) === 'SetDefault' && call.args.length === 2);
  const found = set.find(({ call }) => call.args[0]?.value.kind === 'text' && call.args[0].value.value.toLowerCase() === key.toLowerCase());
  return found?.call.args[1]?.value;
}

function javaSetting(call: CallExpr): Setting | undefined {
  const { callee } = call;
  if (callee.kind !== 'member') return undefined;
  const path = dotted(callee);
  const first = argumentAt(call, 0);
  if (path === 'System.getenv' && first) return setting('env', first);
  if (path === 'System.getProperty') return setting('config', first, argumentAt(call, 1));
  const isMap = callee.object.kind === 'call' && dotted(callee.object.callee) === 'System.getenv' && callee.object.args.length === 0;
  if (isMap && (callee.name === 'get' || callee.name === 'getOrDefault')) return setting('env', first, argumentAt(call, 1));
  // Spring's Environment.
  if (callee.object.kind === 'name' && /^(env|environment)$/.test(callee.object.name) && /^get(Required)?Property$/.test(callee.name)) {
    return setting(first?.kind === 'text' && ENV_NAME.test(first.value) ? 'env' : 'config', first, argumentAt(call, 1));
  }
  return undefined;
}

function isPythonEnviron(expr: Expr, module: Module): boolean {
  const path = dotted(expr);
  return path === 'os.environ' || importedFrom(module, expr) === 'os.environ';
}

function pythonSetting(expr: Expr, scope: Scope): Setting | undefined {
  const { module } = scope;
  if (expr.kind === 'index') return isPythonEnviron(expr.object, module) ? setting('env', expr.key) : undefined;
  if (expr.kind === 'member') return pythonFlag(expr, scope);
  if (expr.kind !== 'call') return undefined;
  const { callee } = expr;
  const getenv = dotted(callee) === 'os.getenv' || importedFrom(module, callee) === 'os.getenv';
  const get = callee.kind === 'member' && (callee.name === 'get' || callee.name === 'setdefault') && isPythonEnviron(callee.object, module);
  return getenv || get ? setting('env', argumentAt(expr, 0, 'key'), argumentAt(expr, 1, 'default')) : undefined;
}

/** `args.name` after `argparse`, and absl's `FLAGS.name`. */
function pythonFlag(expr: Expr & { kind: 'member' }, scope: Scope): Setting | undefined {
  if (expr.object.kind !== 'name') return undefined;
  const { module } = scope;
  const object = expr.object.name;
  if (object === 'FLAGS') {
    const defined = module.calls.find(({ call }) => calleeName(call) === 'DEFINE_string' && textOfArgument(call, 0) === expr.name);
    return defined ? setting('flag', defined.call.args[0]?.value, argumentAt(defined.call, 1, 'default')) : undefined;
  }
  const parsed = module.assignments.some(
    (each) =>
      each.target.kind === 'name' && each.target.name === object && each.value?.kind === 'call' && calleeName(each.value) === 'parse_args',
  );
  if (!parsed) return undefined;
  for (const { call } of module.calls) {
    if (calleeName(call) !== 'add_argument') continue;
    const names = call.args.filter((argument) => argument.name === undefined && argument.value.kind === 'text');
    const destination = argumentAt(call, 99, 'dest');
    const long = names.find(({ value }) => value.kind === 'text' && value.value.startsWith('--')) ?? names[0];
    if (long?.value.kind !== 'text') continue;
    const key = destination?.kind === 'text' ? destination.value : long.value.value.replace(/^-+/, '').replaceAll('-', '_');
    if (key === expr.name) return setting('flag', long.value, argumentAt(call, 99, 'default'));
  }
  return undefined;
}

function textOfArgument(call: CallExpr, position: number): string | undefined {
  const value = call.args[position]?.value;
  return value?.kind === 'text' ? value.value : undefined;
}

function nodeSetting(expr: Expr, module: Module): Setting | undefined {
  const isEnv = (object: Expr): boolean =>
    dotted(object) === 'process.env' || /^(node:)?process\.env$/.test(importedFrom(module, object) ?? '');
  if (expr.kind === 'member' && isEnv(expr.object)) {
    const start = expr.end - expr.name.length;
    const content = { start, end: expr.end };
    return setting('env', { kind: 'text', value: expr.name, content, plain: true, ...content });
  }
  return expr.kind === 'index' && isEnv(expr.object) ? setting('env', expr.key) : undefined;
}

/** Spring's `@Value("${key:default}")` on a constructor's or method's parameter; click's options. */
export function parameterSetting(parameter: Parameter, owner: Scope): TargetPart | undefined {
  const value = annotationNamed(parameter.annotations, /(^|\.)Value$/);
  if (value) return placeholder(value.args[0]?.value, owner.module);
  if (owner.module.language !== 'python') return undefined;
  for (const option of owner.annotations) {
    if (option.name !== 'option') continue;
    const long = option.args.find(
      (argument) => argument.name === undefined && argument.value.kind === 'text' && argument.value.value.startsWith('--'),
    );
    if (long?.value.kind !== 'text' || long.value.value.slice(2).replaceAll('-', '_') !== parameter.name) continue;
    const fallback = textPart(option.args.find((argument) => argument.name === 'default')?.value, owner.module);
    const variable = option.args.find((argument) => argument.name === 'envvar')?.value;
    if (variable?.kind === 'text') return { kind: 'env', name: variable.value, at: anchorIn(owner.module, variable.content), fallback };
    return { kind: 'flag', name: long.value.value.slice(2), at: anchorIn(owner.module, long.value.content), fallback };
  }
  return undefined;
}

function textPart(expr: Expr | undefined, module: Module): TargetPart[] | undefined {
  return expr?.kind === 'text' ? [{ kind: 'text', text: expr.value, at: anchorIn(module, expr.content), plain: expr.plain }] : undefined;
}

/** `${KEY:default}` as a part; anything else (SpEL, several placeholders) is unknown. */
function placeholder(expr: Expr | undefined, module: Module): TargetPart | undefined {
  if (expr?.kind !== 'text') return undefined;
  const at = anchorIn(module, expr.content);
  const match = /^\$\{([\w.-]+)(?::([^${}]*))?\}$/.exec(expr.value);
  const name = match?.[1];
  if (name === undefined)
    return expr.value.includes('${') || expr.value.includes('#{')
      ? { kind: 'unknown', at, why: 'placeholder' }
      : textPart(expr, module)?.[0];
  const text = match?.[2];
  const start = expr.content.start + expr.value.indexOf(':') + 1;
  const fallback: TargetPart[] | undefined =
    text === undefined || text === ''
      ? undefined
      : [{ kind: 'text', text, plain: expr.plain, at: anchorIn(module, { start, end: start + text.length }) }];
  const nameAt = anchorIn(module, { start: expr.content.start + 2, end: expr.content.start + 2 + name.length });
  return { kind: ENV_NAME.test(name) ? 'env' : 'config', name, at: nameAt, fallback };
}

/** A class field that a framework fills: Spring's `@Value` and `@ConfigurationProperties`, picocli's `@Option`, pydantic's settings. */
export function fieldSetting(type: Scope, name: string): TargetPart | undefined {
  const { module } = type;
  const declared = type.names.get(name)?.[0];
  if (!declared) return undefined;
  const at = anchorIn(module, declared);
  if (module.language === 'python' && type.bases.some((base) => /(^|\.)BaseSettings$/.test(base))) {
    const text = module.file.text.slice(type.start, type.end);
    if (/env_prefix|alias|Field\(|env_nested/.test(text)) return { kind: 'unknown', at, why: 'settings with a prefix or alias' };
    return { kind: 'env', name: name.toUpperCase(), at: anchorIn(module, declared.target), fallback: undefined };
  }
  if (module.language !== 'java') return undefined;
  const value = annotationNamed(declared.annotations, /(^|\.)Value$/);
  if (value) return placeholder(value.args[0]?.value, module);
  const option = annotationNamed(declared.annotations, /(^|\.)(Option|Parameter)$/);
  if (option) {
    const names = option.args.find((argument) => argument.name === 'names')?.value;
    const all = names?.kind === 'list' ? names.items : names ? [names] : [];
    const long = all.find((each) => each.kind === 'text' && each.value.startsWith('--'));
    const fallback = textPart(option.args.find((argument) => argument.name === 'defaultValue')?.value, module);
    return long?.kind === 'text'
      ? { kind: 'flag', name: long.value.replace(/^-+/, ''), at: anchorIn(module, long.content), fallback }
      : { kind: 'unknown', at, why: 'option' };
  }
  const properties = annotationNamed(type.annotations, /(^|\.)ConfigurationProperties$/);
  if (!properties) return undefined;
  const prefix = properties.args.find(
    (argument) => argument.name === undefined || argument.name === 'prefix' || argument.name === 'value',
  )?.value;
  if (prefix?.kind !== 'text') return { kind: 'unknown', at, why: 'configuration properties' };
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { kind: 'config', name: `${prefix.value}.${kebab}`, at, fallback: undefined };
}

/** Go struct tags of the env libraries (caarlos0/env, kelseyhightower/envconfig, sethvargo/go-envconfig). */
export function tagSetting(field: FieldDeclaration, module: Module): TargetPart | undefined {
  if (!field.tag) return undefined;
  const tag = field.tag.value;
  const match = /\b(env|envconfig):"([A-Za-z_][\w]*)([^"]*)"/.exec(tag);
  const name = match?.[2];
  if (!match || name === undefined) return undefined;
  const start = field.tag.content.start;
  const nameStart = start + match.index + match[0].indexOf('"') + 1;
  const at = anchorIn(module, { start: nameStart, end: nameStart + name.length });
  const inline = /,\s*default=([^"]*)$/.exec(match[3] ?? '')?.[1];
  const separate = /\b(?:envDefault|default|env-default):"([^"]*)"/.exec(tag)?.[1];
  const text = inline ?? separate;
  return { kind: 'env', name, at, fallback: text === undefined || text === '' ? undefined : [{ kind: 'text', text, at, plain: false }] };
}
