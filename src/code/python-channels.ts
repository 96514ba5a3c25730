import { argsKeepalive, argsServer, channelArgs, type ChannelArgs, corePolicy, serviceConfigOf } from './channel-args.ts';
import type { GrpcChannel, GrpcServer, OptionSlot } from './facts.ts';
import { anchorIn } from './group.ts';
import { closedHere, fileFlags, receiverOf, variableOf } from './lifetime.ts';
import { contextAt, ownerOf, type Resolver } from './sources.ts';
import { argumentAt, type CallExpr, calleeName, dotted, type Module, type Scope } from './syntax.ts';
import { targetsOf } from './target.ts';

/** The full name a callee has through the file's imports: `g.insecure_channel` after `import grpc.aio as g` is `grpc.aio.insecure_channel`. */
function fullName(call: CallExpr, scope: Scope): string | undefined {
  const path = dotted(call.callee);
  if (path === undefined) return undefined;
  const [head = '', ...rest] = path.split('.');
  if (ownerOf(head, scope)) return undefined;
  for (const each of scope.module.imports) {
    if (each.local === head) return [each.member === undefined ? each.from : `${each.from}.${each.member}`, ...rest].join('.');
    if (each.member === undefined && each.local === each.from && each.from.startsWith(`${head}.`)) return path;
    if (each.local === '.' && each.from.startsWith('grpc') && rest.length === 0) return `${each.from}.${path}`;
  }
  return undefined;
}

/** The channels a Python file makes, plain and asyncio. */
export function pythonChannels(resolver: Resolver, module: Module): GrpcChannel[] {
  return module.calls.flatMap(({ call, scope }): GrpcChannel[] => {
    const match = /^grpc\.(experimental\.)?(aio\.)?((in)?secure_channel)$/.exec(fullName(call, scope) ?? '');
    if (!match) return [];
    const target = argumentAt(call, 0, 'target');
    if (!target) return [];
    const secure = match[4] === undefined;
    const context = contextAt(resolver, scope);
    const spread = call.args.some((argument) => argument.spread);
    const found = channelArgs(resolver, argumentAt(call, secure ? 2 : 1, 'options'), context);
    const args: ChannelArgs = spread ? { ...found, complete: false } : found;
    const config = serviceConfigOf(resolver, args);
    const at = anchorIn(module, call);
    return [
      {
        language: 'python',
        api: `${match[2] ?? ''}${match[3] ?? ''}`,
        package: 'grpcio',
        at,
        targetAt: anchorIn(module, target),
        targets: targetsOf(resolver, target, scope),
        policy: corePolicy(resolver, args, config, at),
        serviceConfig: config?.config,
        credentials: secure ? 'tls' : 'plaintext',
        keepalive: argsKeepalive(resolver, args, false),
        optionsComplete: args.complete,
        optionSlot: pythonSlot(module, call, args, secure ? 2 : 1),
        customDialer: false,
        closedPerCall: closedHere(module, call, scope),
        userDefaultScheme: undefined,
        importName: undefined,
        ...fileFlags(module.file),
      },
    ];
  });
}

function pythonSlot(module: Module, call: CallExpr, args: ChannelArgs, position: number): OptionSlot | undefined {
  if (args.literal?.expr.kind === 'list') {
    const { expr, context } = args.literal;
    const last = expr.items.at(-1);
    const offset = last ? last.end : expr.end - 1;
    const at = anchorIn(context.scope.module, { start: offset, end: offset });
    // A tuple of one pair needs a comma behind it.
    return { style: 'python-item', at, before: last ? ', ' : '', after: !last && expr.type === 'tuple' ? ',' : '' };
  }
  if (argumentAt(call, position, 'options') || call.args.some((argument) => argument.spread)) return undefined;
  const last = call.args.at(-1);
  return (
    last && {
      style: 'python-argument',
      at: anchorIn(module, { start: last.value.end, end: last.value.end }),
      before: ', options=[',
      after: ']',
    }
  );
}

/** The servers a Python file makes; ports are what is bound in the same file. */
export function pythonServers(resolver: Resolver, module: Module): GrpcServer[] {
  return module.calls.flatMap(({ call, scope }): GrpcServer[] => {
    if (!/^grpc\.(experimental\.)?(aio\.)?server$/.test(fullName(call, scope) ?? '')) return [];
    const aio = (fullName(call, scope) ?? '').includes('aio');
    const args = channelArgs(resolver, argumentAt(call, aio ? 3 : 3, 'options'), contextAt(resolver, scope));
    const variable = variableOf(module, call);
    const binds = module.calls.filter(
      (each) =>
        /^add_(in)?secure_port$/.test(calleeName(each.call) ?? '') && (variable === undefined || receiverOf(each.call) === variable),
    );
    return [
      {
        language: 'python',
        at: anchorIn(module, call),
        ...argsServer(resolver, args, true),
        ports: binds.flatMap((each) => {
          const address = argumentAt(each.call, 0, 'address');
          return address ? targetsOf(resolver, address, each.scope) : [];
        }),
        ...fileFlags(module.file),
      },
    ];
  });
}
