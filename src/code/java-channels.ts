import type { GrpcChannel, GrpcServer, Keepalive, LoadBalancing, OptionSlot } from './facts.ts';
import { anchorIn } from './group.ts';
import { closedHere, fileFlags, outermost, receiverOf, variableOf } from './lifetime.ts';
import { booleanValue, javaDurationMs, textLiteral } from './literals.ts';
import { readServiceConfig } from './service-config.ts';
import { type Context, contextAt, type Resolver, sourcesOf } from './sources.ts';
import { argumentAt, type CallExpr, calleeName, dotted, type Expr, functionOf, type Module, type Scope } from './syntax.ts';
import { targetsOf } from './target.ts';

const CHANNEL_BUILDERS = /^(ManagedChannelBuilder|NettyChannelBuilder|OkHttpChannelBuilder)$/;
const SERVER_BUILDERS = /^(ServerBuilder|NettyServerBuilder|OkHttpServerBuilder)$/;

/** The class of `io.grpc` (or a shaded copy of it) that a static call names. */
function grpcClass(call: CallExpr, module: Module): string | undefined {
  const path = call.callee.kind === 'member' ? dotted(call.callee.object) : undefined;
  if (path === undefined) return undefined;
  if (path.includes('.')) return /(^|\.)io\.grpc\./.test(path) ? path.slice(path.lastIndexOf('.') + 1) : undefined;
  const isGrpc = (from: string): boolean => /(^|\.)io\.grpc(\.|$)/.test(from);
  const named = module.imports.find((each) => each.local === path);
  if (named) return isGrpc(named.from) ? path : undefined;
  return module.imports.some((each) => each.local === '.' && each.member === undefined && isGrpc(each.from)) ? path : undefined;
}

interface Chain {
  readonly calls: readonly { readonly call: CallExpr; readonly context: Context }[];
  /** Nothing else can set an option. */
  readonly complete: boolean;
  readonly build: CallExpr | undefined;
}

/** All methods called on a builder, in its chain and through the variable that holds it. */
function chainOf(resolver: Resolver, module: Module, first: CallExpr, scope: Scope): Chain {
  const context = contextAt(resolver, scope);
  const calls: { call: CallExpr; context: Context }[] = [];
  let last = first;
  for (let next = module.chained.get(last); next; next = module.chained.get(last)) {
    calls.push({ call: next, context });
    last = next;
  }
  let build = calls.find((each) => calleeName(each.call) === 'build')?.call;
  if (build) return { calls, complete: true, build };
  const variable = variableOf(module, first);
  if (variable === undefined) return { calls, complete: false, build: undefined };
  let complete = true;
  const fn = functionOf(scope);
  for (const site of module.calls) {
    if (functionOf(site.scope) !== fn || site.call.start < first.end) continue;
    if (receiverOf(site.call) === variable && site.call.callee.kind === 'member') {
      calls.push({ call: site.call, context: contextAt(resolver, site.scope) });
      if (calleeName(site.call) === 'build') build = site.call;
    } else if (site.call.args.some((argument) => argument.value.kind === 'name' && argument.value.name === variable)) complete = false;
  }
  return { calls, complete: complete && build !== undefined, build };
}

function lastCall(chain: Chain, ...names: string[]): { call: CallExpr; context: Context } | undefined {
  return chain.calls.findLast((each) => names.includes(calleeName(each.call) ?? ''));
}

/** The channels a Java file makes. */
export function javaChannels(resolver: Resolver, module: Module): GrpcChannel[] {
  return module.calls.flatMap(({ call, scope }): GrpcChannel[] => {
    const api = calleeName(call);
    const type = grpcClass(call, module);
    if (api === undefined || type === undefined) return [];
    const isBuilder = CHANNEL_BUILDERS.test(type) && /^(forTarget|forAddress)$/.test(api);
    const isGrpc = type === 'Grpc' && /^(newChannelBuilder|newChannelBuilderForAddress)$/.test(api);
    const first = argumentAt(call, 0);
    if ((!isBuilder && !isGrpc) || !first) return [];
    const second = argumentAt(call, 1);
    const byAddress = /ForAddress$|^forAddress$/.test(api) && second !== undefined;
    const chain = chainOf(resolver, module, call, scope);
    const target: Expr = byAddress ? hostAndPort(first, second) : first;
    return [
      {
        language: 'java',
        api,
        package: 'io.grpc',
        at: anchorIn(module, call),
        targetAt: anchorIn(module, target),
        targets: targetsOf(resolver, target, scope),
        ...javaPolicy(resolver, module, call, chain),
        credentials: javaCredentials(resolver, isGrpc ? argumentAt(call, byAddress ? 2 : 1) : undefined, scope, chain),
        keepalive: javaKeepalive(resolver, chain),
        optionsComplete: chain.complete,
        optionSlot: javaSlot(module, chain),
        customDialer: false,
        closedPerCall: closedHere(module, call, scope),
        userDefaultScheme: undefined,
        importName: undefined,
        ...fileFlags(module.file),
      },
    ];
  });
}

function hostAndPort(host: Expr, port: Expr): Expr {
  const gap = { start: host.end, end: port.start };
  const colon: Expr = { kind: 'text', value: ':', content: gap, plain: false, ...gap };
  return { kind: 'join', parts: [host, colon, port], start: host.start, end: port.end };
}

function javaPolicy(resolver: Resolver, module: Module, call: CallExpr, chain: Chain): Pick<GrpcChannel, 'policy' | 'serviceConfig'> {
  const config = lastCall(chain, 'defaultServiceConfig');
  const configExpr = config ? argumentAt(config.call, 0) : undefined;
  const read = config && configExpr ? readServiceConfig(resolver, configExpr, config.context) : undefined;
  const named = lastCall(chain, 'defaultLoadBalancingPolicy');
  const expr = named ? argumentAt(named.call, 0) : undefined;
  let policy: LoadBalancing;
  // A load-balancing config in the service config wins over the default policy.
  if (read && read.policy.kind !== 'default') policy = read.policy;
  else if (named && expr) {
    const name = textLiteral(resolver, expr, named.context);
    const at = anchorIn(named.context.scope.module, expr);
    policy = name
      ? { kind: 'named', names: [name.text], at, key: 'defaultLoadBalancingPolicy', nameAt: name.plain ? name.at : undefined }
      : { kind: 'unknown', at };
  } else policy = chain.complete ? { kind: 'default' } : { kind: 'unknown', at: anchorIn(module, call) };
  return { policy, serviceConfig: read?.config };
}

function javaCredentials(resolver: Resolver, credentials: Expr | undefined, scope: Scope, chain: Chain): GrpcChannel['credentials'] {
  if (credentials) {
    const kinds = sourcesOf(resolver, credentials, contextAt(resolver, scope)).map((source) =>
      source.expr.kind === 'call' ? (dotted(source.expr.callee) ?? '') : '',
    );
    if (kinds.length > 0 && kinds.every((path) => /InsecureChannelCredentials\.create$/.test(path))) return 'plaintext';
    return kinds.length > 0 && kinds.every((path) => /TlsChannelCredentials\.create$/.test(path)) ? 'tls' : 'unknown';
  }
  if (lastCall(chain, 'usePlaintext')) return 'plaintext';
  if (lastCall(chain, 'useTransportSecurity', 'sslContext')) return 'tls';
  // grpc-java speaks TLS unless told otherwise.
  return chain.complete && !lastCall(chain, 'negotiationType') ? 'tls' : 'unknown';
}

function javaKeepalive(resolver: Resolver, chain: Chain): Keepalive | undefined {
  const time = lastCall(chain, 'keepAliveTime');
  if (!time) return undefined;
  const timeout = lastCall(chain, 'keepAliveTimeout');
  const permit = lastCall(chain, 'keepAliveWithoutCalls');
  const permitExpr = permit ? argumentAt(permit.call, 0) : undefined;
  const { module } = time.context.scope;
  return {
    at: anchorIn(module, { start: time.call.callee.end, end: time.call.end }),
    timeMs: javaDurationMs(resolver, time.call, time.context),
    timeAt: anchorIn(module, inParentheses(time.call)),
    timeoutMs: timeout ? javaDurationMs(resolver, timeout.call, timeout.context) : undefined,
    permitWithoutStream: permit && permitExpr ? booleanValue(resolver, permitExpr, permit.context) : false,
    permitAt: permitExpr ? anchorIn(module, permitExpr) : undefined,
    maxPingsWithoutData: undefined,
  };
}

function inParentheses(call: CallExpr): { start: number; end: number } {
  return { start: call.argumentsSpan.start + 1, end: Math.max(call.argumentsSpan.start + 1, call.argumentsSpan.end - 1) };
}

function javaSlot(module: Module, chain: Chain): OptionSlot | undefined {
  if (chain.build?.callee.kind !== 'member') return undefined;
  const offset = chain.build.callee.object.end;
  return { style: 'java-chain', at: anchorIn(module, { start: offset, end: offset }), before: '', after: '' };
}

/** The servers a Java file makes. */
export function javaServers(resolver: Resolver, module: Module): GrpcServer[] {
  return module.calls.flatMap(({ call, scope }): GrpcServer[] => {
    const api = calleeName(call) ?? '';
    const type = grpcClass(call, module);
    if (type === undefined) return [];
    const isServer =
      (SERVER_BUILDERS.test(type) && /^(forPort|forAddress)$/.test(api)) || (type === 'Grpc' && api === 'newServerBuilderForPort');
    if (!isServer) return [];
    const chain = chainOf(resolver, module, call, scope);
    const [minTime, permit] = [lastCall(chain, 'permitKeepAliveTime'), lastCall(chain, 'permitKeepAliveWithoutCalls')];
    const [age, grace] = [lastCall(chain, 'maxConnectionAge'), lastCall(chain, 'maxConnectionAgeGrace')];
    const policy = minTime ?? permit;
    const permitExpr = permit ? argumentAt(permit.call, 0) : undefined;
    const port = api === 'forAddress' ? undefined : argumentAt(call, 0);
    return [
      {
        language: 'java',
        at: anchorIn(module, outermost(module, call)),
        enforcement: policy && {
          at: anchorIn(module, { start: policy.call.callee.end, end: policy.call.end }),
          minTimeMs: minTime ? javaDurationMs(resolver, minTime.call, minTime.context) : undefined,
          minTimeAt: minTime ? anchorIn(module, inParentheses(minTime.call)) : undefined,
          permitWithoutStream: permit && permitExpr ? booleanValue(resolver, permitExpr, permit.context) : false,
        },
        maxConnectionAgeMs: age ? javaDurationMs(resolver, age.call, age.context) : undefined,
        maxConnectionAgeAt: age ? anchorIn(module, inParentheses(age.call)) : undefined,
        maxConnectionAgeGraceMs: grace ? javaDurationMs(resolver, grace.call, grace.context) : undefined,
        optionsComplete: chain.complete,
        ports: port ? targetsOf(resolver, port, scope) : [],
        ...fileFlags(module.file),
      },
    ];
  });
}
