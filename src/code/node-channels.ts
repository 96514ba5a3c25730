import { argsKeepalive, argsServer, channelArgs, type ChannelArgs, corePolicy, NO_ARGS, serviceConfigOf } from './channel-args.ts';
import type { GrpcChannel, GrpcServer, LoadBalancing, NodeOption, OptionSlot } from './facts.ts';
import { anchorIn, isTestPath } from './group.ts';
import { closedHere, fileFlags, receiverOf, variableOf } from './lifetime.ts';
import { textLiteral } from './literals.ts';
import { readServiceConfig } from './service-config.ts';
import { contextAt, type Resolver, type Source, sourcesOf } from './sources.ts';
import { argumentAt, type CallExpr, calleeName, dotted, type Expr, type Module, type RecordExpr, type Scope } from './syntax.ts';
import { targetsOf } from './target.ts';

const CREDENTIALS = /^create(Insecure|Ssl|FromSecureContext|FromGoogleCredential)$/;

function grpcPackage(module: Module): '@grpc/grpc-js' | 'grpc' | 'nice-grpc' | undefined {
  const has = (name: string): boolean => module.imports.some((each) => each.from === name);
  if (has('@grpc/grpc-js')) return '@grpc/grpc-js';
  if (has('nice-grpc')) return 'nice-grpc';
  return has('grpc') ? 'grpc' : undefined;
}

/** The credentials calls behind an expression; undefined when it is something else. */
function credentialsOf(resolver: Resolver, expr: Expr, scope: Scope): Source[] | undefined {
  if (expr.kind !== 'name' && expr.kind !== 'member' && expr.kind !== 'call' && expr.kind !== 'choice') return undefined;
  const open = (source: Source): Source[] => {
    if (source.expr.kind !== 'choice') return [source];
    return [source.expr.first, source.expr.second].flatMap((each) => sourcesOf(resolver, each, source.context));
  };
  const found = sourcesOf(resolver, expr, contextAt(resolver, scope)).flatMap(open);
  return found.some((source) => source.expr.kind === 'call' && CREDENTIALS.test(calleeName(source.expr) ?? '')) ? found : undefined;
}

/** The clients a TypeScript or JavaScript file makes: `new XClient(address, credentials, options)` and nice-grpc's `createChannel`. */
export function nodeChannels(resolver: Resolver, module: Module): GrpcChannel[] {
  return module.calls.flatMap(({ call, scope }): GrpcChannel[] => {
    const target = argumentAt(call, 0);
    const second = argumentAt(call, 1);
    if (!target) return [];
    const nice = !call.isNew && isNiceChannel(call, module);
    if (!nice && (!call.isNew || !second)) return [];
    const credentials = second ? credentialsOf(resolver, second, scope) : undefined;
    if (!nice && !credentials) return [];
    const home =
      grpcPackage(module) ?? credentials?.map((source) => grpcPackage(source.context.scope.module)).find((each) => each !== undefined);
    if (!home) return [];
    const context = contextAt(resolver, scope);
    const optionsExpr = argumentAt(call, 2);
    const args = optionsExpr
      ? channelArgs(resolver, optionsExpr, context)
      : call.args.some((argument) => argument.spread)
        ? { ...NO_ARGS, complete: false }
        : NO_ARGS;
    const config = serviceConfigOf(resolver, args);
    const at = anchorIn(module, call);
    return [
      {
        language: module.language,
        api: nice ? 'createChannel' : 'client-constructor',
        package: home,
        at,
        targetAt: anchorIn(module, target),
        targets: targetsOf(resolver, target, scope),
        policy: home === 'grpc' ? corePolicy(resolver, args, config, at) : scriptPolicy(args, config, at),
        serviceConfig: config?.config,
        credentials: credentialKind(credentials, nice && !second),
        keepalive: argsKeepalive(resolver, args, home !== 'grpc'),
        optionsComplete: args.complete,
        optionSlot: nodeSlot(module, call, args),
        customDialer: false,
        closedPerCall: closedHere(module, call, scope),
        userDefaultScheme: undefined,
        importName: undefined,
        ...fileFlags(module.file),
      },
    ];
  });
}

function isNiceChannel(call: CallExpr, module: Module): boolean {
  return (
    call.callee.kind === 'name' &&
    module.imports.some((each) => each.from === 'nice-grpc' && each.member === 'createChannel' && each.local === calleeName(call))
  );
}

/** grpc-js reads `loadBalancingConfig` only: the old key and `grpc.lb_policy_name` leave the default. */
function scriptPolicy(args: ChannelArgs, config: ReturnType<typeof serviceConfigOf>, at: GrpcChannel['at']): LoadBalancing {
  if (config && (config.policy.kind === 'unknown' || config.hasLoadBalancingConfig)) return config.policy;
  return args.complete ? { kind: 'default' } : { kind: 'unknown', at };
}

function credentialKind(sources: readonly Source[] | undefined, absent: boolean): GrpcChannel['credentials'] {
  if (absent) return 'plaintext';
  const names = (sources ?? []).map((source) => (source.expr.kind === 'call' ? (calleeName(source.expr) ?? '') : ''));
  if (names.length > 0 && names.every((name) => name === 'createInsecure')) return 'plaintext';
  return names.length > 0 && names.every((name) => CREDENTIALS.test(name) && name !== 'createInsecure') ? 'tls' : 'unknown';
}

function nodeSlot(module: Module, call: CallExpr, args: ChannelArgs): OptionSlot | undefined {
  const literal = args.literal?.expr;
  if (args.literal && literal?.kind === 'record') {
    const last = [...literal.entries, ...literal.spreads].sort((a, b) => a.end - b.end).at(-1);
    const offset = last ? last.end : literal.end - 1;
    return {
      style: 'node-entry',
      at: anchorIn(args.literal.context.scope.module, { start: offset, end: offset }),
      before: last ? ', ' : ' ',
      after: last ? '' : ' ',
    };
  }
  const last = call.args.at(-1);
  if (call.args.length !== 2 || !last || last.spread) return undefined;
  return { style: 'node-argument', at: anchorIn(module, { start: last.value.end, end: last.value.end }), before: ', { ', after: ' }' };
}

/** The servers a file makes. grpc-js has no ping policy; the native package has C-core's. */
export function nodeServers(resolver: Resolver, module: Module): GrpcServer[] {
  return module.calls.flatMap(({ call, scope }): GrpcServer[] => {
    const path = dotted(call.callee) ?? '';
    const [head] = path.split('.');
    const target = module.imports.find((each) => each.local === head && (each.from === '@grpc/grpc-js' || each.from === 'grpc'));
    if (!call.isNew || !target || !(path.endsWith('.Server') || target.member === 'Server')) return [];
    const args = channelArgs(resolver, argumentAt(call, 0), contextAt(resolver, scope));
    const variable = variableOf(module, call);
    const binds = module.calls.filter(
      (each) =>
        calleeName(each.call) === (target.from === 'grpc' ? 'bind' : 'bindAsync') &&
        (variable === undefined || receiverOf(each.call) === variable),
    );
    return [
      {
        language: module.language,
        at: anchorIn(module, call),
        ...argsServer(resolver, args, target.from === 'grpc'),
        ports: binds.flatMap((each) => {
          const address = argumentAt(each.call, 0);
          return address ? targetsOf(resolver, address, each.scope) : [];
        }),
        ...fileFlags(module.file),
      },
    ];
  });
}

/** Load-balancing options that grpc-js does not read, in any options object of the file. */
export function nodeOptions(resolver: Resolver, module: Module): NodeOption[] {
  const found: NodeOption[] = [];
  const home = grpcPackage(module);
  const base = {
    package: home === 'grpc' ? ('grpc' as const) : home === undefined ? ('unknown' as const) : ('@grpc/grpc-js' as const),
    test: isTestPath(module.file.path),
  };
  for (const { record, scope } of module.records) {
    const context = contextAt(resolver, scope);
    const config = record.entries.find((entry) => entry.key === 'grpc.service_config');
    const read = config ? readServiceConfig(resolver, config.value, context) : undefined;
    for (const entry of record.entries) {
      if (entry.key !== 'grpc.lb_policy_name') continue;
      found.push({
        ...base,
        key: 'grpc.lb_policy_name',
        keyAt: anchorIn(module, entry.keySpan),
        valueAt: anchorIn(module, entry.value),
        entryAt: anchorIn(module, entry),
        value: textLiteral(resolver, entry.value, context)?.text,
        hasLoadBalancingConfig: read?.hasLoadBalancingConfig ?? false,
      });
    }
    if (!config || !read || read.legacyPolicy === undefined) continue;
    const place = legacyPlace(resolver, config.value, scope, read);
    if (place)
      found.push({
        ...base,
        key: 'loadBalancingPolicy',
        ...place,
        value: read.legacyPolicy,
        hasLoadBalancingConfig: read.hasLoadBalancingConfig,
      });
  }
  return found;
}

/** Where the old key stands: in the JSON text, or in the object given to `JSON.stringify`. */
function legacyPlace(
  resolver: Resolver,
  value: Expr,
  scope: Scope,
  read: ReturnType<typeof readServiceConfig>,
): Pick<NodeOption, 'keyAt' | 'valueAt' | 'entryAt'> | undefined {
  const { config } = read;
  if (config.form === 'string' && config.plain && config.text !== undefined) {
    const match = /"loadBalancingPolicy"\s*:\s*"[^"]*"/.exec(config.text);
    if (!match) return undefined;
    const start = config.at.start + match.index;
    const end = start + match[0].length;
    const file = config.at.file;
    const quote = match[0].lastIndexOf('"', match[0].length - 2);
    return {
      keyAt: { file, start: start + 1, end: start + 20 },
      valueAt: { file, start: start + quote, end },
      entryAt: { file, start, end },
    };
  }
  for (const source of sourcesOf(resolver, value, contextAt(resolver, scope))) {
    const argument = source.expr.kind === 'call' ? argumentAt(source.expr, 0) : source.expr;
    const inner = argument ? sourcesOf(resolver, argument, source.context) : [];
    for (const each of inner) {
      const record: RecordExpr | undefined = each.expr.kind === 'record' ? each.expr : undefined;
      const entry = record?.entries.find((one) => one.key === 'loadBalancingPolicy');
      const owner = each.context.scope.module;
      if (entry) return { keyAt: anchorIn(owner, entry.keySpan), valueAt: anchorIn(owner, entry.value), entryAt: anchorIn(owner, entry) };
    }
  }
  return undefined;
}
