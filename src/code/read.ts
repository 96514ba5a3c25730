import type { SourceFile } from '../text/source.ts';
import type { CodeFacts, EnvRead, GoRegistration, GrpcChannel, GrpcServer, NodeOption, SqlPool, TargetPart } from './facts.ts';
import { mayHoldGrpc, speaksOfGrpc } from './gate.ts';
import { goPools, keepsConnections, mayOpenPool } from './go-databases.ts';
import { goChannels, goDefaultScheme, goServers } from './go-channels.ts';
import { anchorIn, createGroup, familyOf, type Group, hasWord, isStub } from './group.ts';
import { javaChannels, javaServers } from './java-channels.ts';
import { nodeChannels, nodeOptions, nodeServers } from './node-channels.ts';
import { type CodeParser, languageOf } from './parser.ts';
import { pythonChannels, pythonServers } from './python-channels.ts';
import { readSetting } from './settings.ts';
import { contextAt, createResolver, type Resolver } from './sources.ts';
import { argumentAt, calleeName, dotted, type Expr, type Module } from './syntax.ts';
import { literalText, valuesOf } from './target.ts';

/** Files looked at for environment reads beyond those that hold gRPC. */
const MAX_ENV_FILES = 150;
const READS_ENV = /\bos\.(Getenv|LookupEnv|environ|getenv)\b|\bprocess\.env\b|\bSystem\.getenv\b|\benv(config)?:"|@Value\s*\(/;
/** Calls of a helper that reads the environment, each with the name of its variable. */
const MAX_CALLERS = 500;
/** Go's ways to read it, those of kingpin and viper included. */
const GO_READS_ENV = /\b(Getenv|LookupEnv|Envar|GetString)\b|\benv(config)?:"/;
const CUSTOM_RESOLVER = /\bresolver\.Register\s*\(|\bWithResolvers\s*\(|\bNameResolverProvider\b|\bregisterResolver\s*\(/;

/**
 * Reads the code of one component (the files of one folder tree) and says where it makes gRPC channels and servers and what their targets can be.
 * Pure: the same files give the same facts. The grammars of `grammarsFor(files)` must have been loaded. Never throws; what couldn't be read is in `notices`.
 */
export function readCode(files: readonly SourceFile[], parser: CodeParser): CodeFacts {
  const group = createGroup(files, parser);
  const resolver = createResolver(group);
  const guard = <T>(path: string, body: () => T[]): T[] => {
    try {
      return body();
    } catch (error) {
      group.notices.push({ path, kind: 'incomplete', detail: error instanceof Error ? error.message : String(error) });
      return [];
    }
  };
  const hits = files.filter(mayHoldGrpc).flatMap((file) => group.module(file) ?? []);
  const scheme = guard('', () => [
    goDefaultScheme(
      resolver,
      hits.filter((module) => module.language === 'go'),
    ),
  ])[0];
  const channels: GrpcChannel[] = [];
  const servers: GrpcServer[] = [];
  const options: NodeOption[] = [];
  for (const module of hits) {
    const { path } = module.file;
    channels.push(...guard(path, () => channelsOf(resolver, module, scheme)));
    servers.push(...guard(path, () => serversOf(resolver, module)));
    if (familyOf(module.language) === 'node') options.push(...guard(path, () => nodeOptions(resolver, module)));
  }
  const httpEnvs = guard('', () => httpUses(resolver, group, channels));
  const read = group.parsed();
  let variables: readonly EnvRead[] | undefined;
  let pools: readonly SqlPool[] | undefined;
  return {
    channels,
    servers,
    get envReads() {
      variables ??= guard('', () => {
        const users = hits.length > 0 ? grpcUsers(group) : [];
        const readers = channels.length > 0 ? envReaders(group, hits) : [];
        return environmentReads(resolver, new Set([...read, ...users, ...readers]));
      });
      return variables;
    },
    httpEnvs,
    goRegistrations: goRegistrations(files),
    nodeOptions: options,
    customResolver: files.some((file) => languageOf(file.path) !== undefined && CUSTOM_RESOLVER.test(file.text)),
    customBalancer: files.some((file) => file.path.endsWith('.go') && /\bbalancer\.Register\s*\(/.test(file.text)),
    get sqlPools() {
      pools ??= keepsConnections(files)
        ? files.filter(mayOpenPool).flatMap((file) => {
            const module = group.module(file);
            return module ? guard(file.path, () => goPools(resolver, module)) : [];
          })
        : [];
      return pools;
    },
    notices: group.notices,
  };
}

function channelsOf(resolver: Resolver, module: Module, scheme: string | undefined): GrpcChannel[] {
  switch (familyOf(module.language)) {
    case 'go':
      return goChannels(resolver, module, scheme);
    case 'java':
      return javaChannels(resolver, module);
    case 'python':
      return pythonChannels(resolver, module);
    case 'node':
      return nodeChannels(resolver, module);
  }
}

function serversOf(resolver: Resolver, module: Module): GrpcServer[] {
  switch (familyOf(module.language)) {
    case 'go':
      return goServers(resolver, module);
    case 'java':
      return javaServers(resolver, module);
    case 'python':
      return pythonServers(resolver, module);
    case 'node':
      return nodeServers(resolver, module);
  }
}

/** Go files with a part of gRPC that is no channel and no server: they may read the environment. */
function grpcUsers(group: Group): Module[] {
  const users = group.files.filter(
    (file) => languageOf(file.path) === 'go' && !isStub(file.path) && GO_READS_ENV.test(file.text) && speaksOfGrpc(file),
  );
  return users.flatMap((file) => group.module(file) ?? []);
}

/** The other files that read the environment, in the languages that hold gRPC. */
function envReaders(group: Group, hits: readonly Module[]): Module[] {
  const families = new Set(hits.map((module) => familyOf(module.language)));
  const readers = group.files.filter((file) => {
    const language = languageOf(file.path);
    return language !== undefined && families.has(familyOf(language)) && READS_ENV.test(file.text);
  });
  return readers.slice(0, MAX_ENV_FILES).flatMap((file) => group.module(file) ?? []);
}

/** Every environment variable whose name is known, with the component's own helpers followed. */
function environmentReads(resolver: Resolver, modules: Iterable<Module>): EnvRead[] {
  const found = new Map<string, EnvRead>();
  const add = (parts: readonly TargetPart[]): void => {
    for (const part of parts) {
      if (part.kind === 'text' || part.kind === 'unknown') continue;
      if (part.kind === 'env') {
        const key = `${part.name}\0${part.at.file.path}\0${part.at.start}`;
        if (!found.has(key))
          found.set(key, { name: part.name, at: part.at, defaultText: part.fallback ? literalText({ parts: part.fallback }) : undefined });
      }
      if (part.fallback) add(part.fallback);
    }
  };
  for (const module of modules) {
    const reads = (expr: Expr, scope: Module['root']): void => {
      for (const value of valuesOf(resolver, expr, contextAt(resolver, scope))) add(value.parts);
    };
    for (const { call, scope } of module.calls) {
      const setting = readSetting(call, scope);
      if (setting?.kind !== 'env') continue;
      reads(call, scope);
      // `os.Getenv(key)` inside a helper: every name its callers pass.
      for (const value of valuesOf(resolver, setting.name, contextAt(resolver, scope, MAX_CALLERS))) {
        const name = literalText(value);
        const at = value.parts[0]?.at;
        if (name !== undefined && name !== '' && at) add([{ kind: 'env', name, at, fallback: undefined }]);
      }
    }
    for (const assignment of module.assignments) {
      const { value } = assignment;
      // In Go only calls and struct tags read the environment.
      if (!value || module.language === 'go') continue;
      const members = value.kind === 'choice' ? [value.first, value.second] : [value];
      for (const each of members) if (each.kind === 'member' || each.kind === 'index') reads(each, assignment.scope);
    }
    for (const field of module.fields) {
      const match = field.tag ? /\b(?:env|envconfig):"([A-Za-z_]\w*)/.exec(field.tag.value) : null;
      if (match?.[1] !== undefined)
        found.set(`${match[1]}\0${module.file.path}\0${field.start}`, {
          name: match[1],
          at: anchorIn(module, field),
          defaultText: undefined,
        });
    }
  }
  return [...found.values()].sort((a, b) =>
    a.at.file.path < b.at.file.path ? -1 : a.at.file.path > b.at.file.path ? 1 : a.at.start - b.at.start,
  );
}

const HTTP_CALLS: Readonly<Record<'go' | 'java' | 'python' | 'node', RegExp>> = {
  go: /^http\.(NewRequest|NewRequestWithContext|Get|Post|PostForm|Head)$/,
  java: /^(URI\.create|RestClient\.create|WebClient\.create|.*\.(getForObject|getForEntity|postForObject|postForEntity|exchange|baseUrl|uri|url))$|^(URL|URI|HttpGet|HttpPost)$/,
  python:
    /^(requests|httpx|session|client|aiohttp|self\.session)\.(get|post|put|patch|delete|head|request)$|^urllib\.request\.(urlopen|Request)$|^urlopen$/,
  node: /^(fetch|axios|got|request|needle|ky)(\.(get|post|put|patch|delete|head|create))?$|^(http|https)\.(get|request)$/,
};

/** Environment variables of channel targets that an HTTP call of the component uses, too. */
function httpUses(resolver: Resolver, group: Group, channels: readonly GrpcChannel[]): EnvRead[] {
  const names = new Set(channels.flatMap((channel) => channel.targets.flatMap((target) => envNames(target.parts))));
  if (names.size === 0) return [];
  const found: EnvRead[] = [];
  const families = new Set(channels.map((channel) => familyOf(channel.language)));
  for (const file of group.files) {
    const language = languageOf(file.path);
    if (!language || !families.has(familyOf(language)) || !/http|fetch|axios|requests|urllib|got\b|URI|Rest|WebClient/.test(file.text))
      continue;
    const near = [...names].some((name) => hasWord(file.text, name)) || group.parsed().some((module) => module.file === file);
    const module = near ? group.module(file) : undefined;
    if (!module) continue;
    for (const { call, scope } of module.calls) {
      const path = dotted(call.callee) ?? (call.callee.kind === 'member' ? `x.${calleeName(call) ?? ''}` : '');
      if (!HTTP_CALLS[familyOf(language)].test(path)) continue;
      for (const argument of [argumentAt(call, 0), argumentAt(call, 1), argumentAt(call, 2)]) {
        if (!argument || argument.kind === 'lambda' || argument.kind === 'record') continue;
        for (const value of valuesOf(resolver, argument, contextAt(resolver, scope))) {
          for (const name of envNames(value.parts))
            if (names.has(name)) found.push({ name, at: anchorIn(module, argument), defaultText: undefined });
        }
      }
    }
  }
  return found;
}

function envNames(parts: readonly TargetPart[]): string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text' || part.kind === 'unknown') return [];
    return [...(part.kind === 'env' ? [part.name] : []), ...envNames(part.fallback ?? [])];
  });
}

/** Imports that register a balancer or resolver by being linked in. Read from the text: most stand in files nothing else is needed of. */
function goRegistrations(files: readonly SourceFile[]): GoRegistration[] {
  return files.flatMap((file) => {
    if (!file.path.endsWith('.go')) return [];
    const code = file.text;
    return [
      ...code.matchAll(
        /^[ \t]*(?:import[ \t]+)?(?:([\w.]+)[ \t]+)?"((?:google\.golang\.org\/grpc\/(?:balancer|xds|resolver)|github\.com\/sercand\/kuberesolver)[^"\n]*)"/gm,
      ),
    ].map((match) => {
      const path = match[2] ?? '';
      const start = match.index + match[0].lastIndexOf(path);
      return { path, blank: match[1] === '_', at: { file, start, end: start + path.length } };
    });
  });
}
