import type { Anchor } from '../text/source.ts';
import type { GrpcChannel, GrpcServer, Keepalive, LoadBalancing, OptionSlot } from './facts.ts';
import { anchorIn } from './group.ts';
import { booleanValue, goDurationMs, singleSource, textLiteral } from './literals.ts';
import { closedHere, fileFlags, handedToClose } from './lifetime.ts';
import { readServiceConfig } from './service-config.ts';
import { type Context, contextAt, ownerOf, type Resolver, sourcesOf } from './sources.ts';
import {
  argumentAt,
  type Argument,
  type CallExpr,
  calleeName,
  dotted,
  type Expr,
  type Module,
  type RecordExpr,
  type Scope,
} from './syntax.ts';
import { targetsOf } from './target.ts';

const GRPC = 'google.golang.org/grpc';

interface GoOption {
  readonly call: CallExpr;
  readonly context: Context;
}

/** The name a call has in the package `path`; undefined when it is another package's. Import aliases and dot imports are honoured. */
export function nameIn(path: string, call: CallExpr, scope: Scope): string | undefined {
  const { callee } = call;
  const { imports } = scope.module;
  if (callee.kind === 'member' && callee.object.kind === 'name') {
    const { name } = callee.object;
    return !ownerOf(name, scope) && imports.some((each) => each.local === name && each.from === path) ? callee.name : undefined;
  }
  if (callee.kind !== 'name') return undefined;
  return imports.some((each) => each.local === '.' && each.from === path) ? callee.name : undefined;
}

/** The channels a Go file makes. */
export function goChannels(resolver: Resolver, module: Module, userDefaultScheme: string | undefined): GrpcChannel[] {
  return module.calls.flatMap(({ call, scope }): GrpcChannel[] => {
    const api = nameIn(GRPC, call, scope);
    if (api !== 'Dial' && api !== 'DialContext' && api !== 'NewClient') return [];
    const position = api === 'DialContext' ? 1 : 0;
    const target = argumentAt(call, position);
    if (!target) return [];
    const context = contextAt(resolver, scope);
    const options = collectOptions(resolver, call.args.slice(position + 1), context);
    const named = (name: string): GoOption | undefined =>
      options.list.findLast((each) => nameIn(GRPC, each.call, each.context.scope) === name);
    const config = named('WithDefaultServiceConfig') ?? named('WithServiceConfig');
    const configExpr = config ? argumentAt(config.call, 0) : undefined;
    const read = config && configExpr ? readServiceConfig(resolver, configExpr, config.context) : undefined;
    const balancer = named('WithBalancerName');
    const imported = module.imports.find((each) => each.from === GRPC && each.local !== '_');
    return [
      {
        language: 'go',
        api,
        package: GRPC,
        at: anchorIn(module, call),
        targetAt: anchorIn(module, target),
        targets: targetsOf(resolver, target, scope),
        policy: balancer
          ? balancerPolicy(resolver, balancer)
          : (read?.policy ?? (options.complete ? { kind: 'default' } : { kind: 'unknown', at: anchorIn(module, call) })),
        serviceConfig: read?.config,
        credentials: goCredentials(resolver, options.list),
        keepalive: goKeepalive(resolver, named('WithKeepaliveParams')),
        optionsComplete: options.complete,
        optionSlot: goSlot(resolver, module, call, context),
        customDialer: named('WithContextDialer') !== undefined || named('WithDialer') !== undefined,
        closedPerCall: closedHere(module, call, scope) || handedToClose(module, call, scope),
        userDefaultScheme,
        importName: imported ? (imported.local === '.' ? '' : imported.local) : undefined,
        ...fileFlags(module.file),
      },
    ];
  });
}

/** The option calls behind arguments, slices and `append`. `complete`: nothing else can be among them. */
function collectOptions(resolver: Resolver, args: readonly Argument[], context: Context): { list: GoOption[]; complete: boolean } {
  const list: GoOption[] = [];
  let complete = true;
  const visit = (expr: Expr, at: Context, depth: number): void => {
    if (depth > 12) {
      complete = false;
      return;
    }
    for (const source of sourcesOf(resolver, expr, at)) {
      if (source.stuck === 'unset') continue;
      const inner = source.expr;
      if (source.stuck !== undefined || source.parts) complete = false;
      else if (inner.kind === 'list') for (const item of inner.items) visit(item, source.context, depth + 1);
      else if (inner.kind === 'call' && dotted(inner.callee) === 'append')
        for (const argument of inner.args) visit(argument.value, source.context, depth + 1);
      else if (inner.kind === 'call' && dotted(inner.callee) === 'make') continue;
      else if (inner.kind === 'call' && nameIn(GRPC, inner, source.context.scope) !== undefined)
        list.push({ call: inner, context: source.context });
      else if (inner.kind !== 'nothing') complete = false;
    }
  };
  for (const argument of args) visit(argument.value, context, 0);
  return { list, complete };
}

function balancerPolicy(resolver: Resolver, option: GoOption): LoadBalancing {
  const expr = argumentAt(option.call, 0);
  const at = anchorIn(option.context.scope.module, expr ?? option.call);
  // `roundrobin.Name` is the package's constant for "round_robin".
  if (expr && dotted(expr) === 'roundrobin.Name')
    return { kind: 'named', names: ['round_robin'], at, key: 'WithBalancerName', nameAt: undefined };
  const name = expr ? textLiteral(resolver, expr, option.context) : undefined;
  return name
    ? { kind: 'named', names: [name.text], at, key: 'WithBalancerName', nameAt: name.plain ? name.at : undefined }
    : { kind: 'unknown', at };
}

function goCredentials(resolver: Resolver, options: readonly GoOption[]): GrpcChannel['credentials'] {
  const kinds = new Set<GrpcChannel['credentials']>();
  for (const { call, context } of options) {
    const name = calleeName(call);
    if (name === 'WithInsecure') kinds.add('plaintext');
    const credentials = name === 'WithTransportCredentials' ? argumentAt(call, 0) : undefined;
    if (!credentials) continue;
    for (const source of sourcesOf(resolver, credentials, context)) {
      const path = source.expr.kind === 'call' ? (dotted(source.expr.callee) ?? '') : '';
      kinds.add(
        path.endsWith('insecure.NewCredentials')
          ? 'plaintext'
          : /\.(NewTLS|NewClientTLSFromCert|NewClientTLSFromFile)$/.test(path)
            ? 'tls'
            : 'unknown',
      );
    }
  }
  const [only] = kinds;
  return kinds.size === 1 && only ? only : 'unknown';
}

/** The keyed literal behind an argument, such as `keepalive.ClientParameters{…}`. */
function recordOf(resolver: Resolver, expr: Expr | undefined, context: Context): { record: RecordExpr; context: Context } | undefined {
  const source = expr ? singleSource(resolver, expr, context) : undefined;
  return source?.expr.kind === 'record' ? { record: source.expr, context: source.context } : undefined;
}

function entryOf(found: { record: RecordExpr; context: Context } | undefined, key: string): Expr | undefined {
  return found?.record.entries.find((entry) => entry.key === key)?.value;
}

function goKeepalive(resolver: Resolver, option: GoOption | undefined): Keepalive | undefined {
  if (!option) return undefined;
  const found = recordOf(resolver, argumentAt(option.call, 0), option.context);
  if (!found) return undefined;
  const { context, record } = found;
  const { module } = context.scope;
  const [time, timeout, permit] = [entryOf(found, 'Time'), entryOf(found, 'Timeout'), entryOf(found, 'PermitWithoutStream')];
  return {
    at: anchorIn(module, record),
    timeMs: time ? goDurationMs(resolver, time, context) : undefined,
    timeAt: time ? anchorIn(module, time) : undefined,
    timeoutMs: timeout ? goDurationMs(resolver, timeout, context) : undefined,
    permitWithoutStream: permit ? booleanValue(resolver, permit, context) : false,
    permitAt: permit ? anchorIn(module, permit) : undefined,
    maxPingsWithoutData: undefined,
  };
}

function goSlot(resolver: Resolver, module: Module, call: CallExpr, context: Context): OptionSlot | undefined {
  const last = call.args.at(-1);
  if (!last) return undefined;
  const empty = (offset: number, owner: Module = module): Anchor => anchorIn(owner, { start: offset, end: offset });
  if (!last.spread) return { style: 'go-argument', at: empty(last.value.end), before: ', ', after: '' };
  const source = singleSource(resolver, last.value, context);
  if (source?.expr.kind !== 'list') return undefined;
  const owner = source.context.scope.module;
  const item = source.expr.items.at(-1);
  if (item) return { style: 'go-item', at: empty(item.end, owner), before: ', ', after: '' };
  return { style: 'go-item', at: empty(source.expr.end - 1, owner), before: '', after: '' };
}

/** The servers a Go file makes, with the ports the file listens on. */
export function goServers(resolver: Resolver, module: Module): GrpcServer[] {
  return module.calls.flatMap(({ call, scope }): GrpcServer[] => {
    if (nameIn(GRPC, call, scope) !== 'NewServer') return [];
    const context = contextAt(resolver, scope);
    const options = collectOptions(resolver, call.args, context);
    const named = (name: string): GoOption | undefined =>
      options.list.findLast((each) => nameIn(GRPC, each.call, each.context.scope) === name);
    const policy = named('KeepaliveEnforcementPolicy');
    const params = named('KeepaliveParams');
    const enforcement = policy ? recordOf(resolver, argumentAt(policy.call, 0), policy.context) : undefined;
    const parameters = params ? recordOf(resolver, argumentAt(params.call, 0), params.context) : undefined;
    const [minTime, permit] = [entryOf(enforcement, 'MinTime'), entryOf(enforcement, 'PermitWithoutStream')];
    const [age, grace] = [entryOf(parameters, 'MaxConnectionAge'), entryOf(parameters, 'MaxConnectionAgeGrace')];
    const listens = module.calls.filter((each) => dotted(each.call.callee) === 'net.Listen');
    const unread = (policy && !enforcement) || (params && !parameters);
    return [
      {
        language: 'go',
        at: anchorIn(module, call),
        enforcement: enforcement && {
          at: anchorIn(enforcement.context.scope.module, enforcement.record),
          minTimeMs: minTime ? goDurationMs(resolver, minTime, enforcement.context) : undefined,
          minTimeAt: minTime ? anchorIn(enforcement.context.scope.module, minTime) : undefined,
          permitWithoutStream: permit ? booleanValue(resolver, permit, enforcement.context) : false,
        },
        maxConnectionAgeMs: age && parameters ? goDurationMs(resolver, age, parameters.context) : undefined,
        maxConnectionAgeAt: age && parameters ? anchorIn(parameters.context.scope.module, age) : undefined,
        maxConnectionAgeGraceMs: grace && parameters ? goDurationMs(resolver, grace, parameters.context) : undefined,
        optionsComplete: options.complete && !unread,
        ports: listens.flatMap((each) => {
          const address = argumentAt(each.call, 1);
          return address ? targetsOf(resolver, address, each.scope) : [];
        }),
        ...fileFlags(module.file),
      },
    ];
  });
}

/** The scheme the component sets for all targets without one. */
export function goDefaultScheme(resolver: Resolver, modules: readonly Module[]): string | undefined {
  for (const module of modules) {
    for (const { call, scope } of module.calls) {
      const scheme = nameIn(`${GRPC}/resolver`, call, scope) === 'SetDefaultScheme' ? argumentAt(call, 0) : undefined;
      if (scheme) return textLiteral(resolver, scheme, contextAt(resolver, scope))?.text ?? 'unknown';
    }
  }
  return undefined;
}
