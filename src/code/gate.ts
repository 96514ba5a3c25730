import { oncePer } from '../text/once.ts';
import type { SourceFile } from '../text/source.ts';
import { mayOpenPool } from './go-databases.ts';
import { grammarOf, languageOf } from './parser.ts';
import type { CodeLanguage, Grammar } from './syntax.ts';

/** One cheap look at the text before a file is parsed: it must import gRPC and have the shape of a call that matters. */
const gates: Readonly<Record<CodeLanguage, { readonly imports: RegExp; readonly calls: RegExp }>> = {
  go: {
    imports: /"google\.golang\.org\/grpc(\/[\w/]+)?"/,
    calls: /\b(Dial|DialContext|NewClient|NewServer|SetDefaultScheme|RegisterInCluster)\s*\(/,
  },
  java: {
    imports: /\bimport\s+(static\s+)?[\w.]*\bio\.grpc\.|\bio\.grpc\.[\w.]*Builder\b/,
    calls: /\b(forTarget|forAddress|newChannelBuilder|newChannelBuilderForAddress|forPort|newServerBuilderForPort)\s*\(/,
  },
  python: {
    imports: /^[ \t]*(import[ \t]+([\w.]+[ \t]*,[ \t]*)*grpc\b|from[ \t]+grpc\b)/m,
    calls: /\b(in)?secure_channel\b|\bserver\s*\(/,
  },
  typescript: {
    imports: /@grpc\/grpc-js|nice-grpc|['"]grpc['"]|\bChannelCredentials\b|\bcredentials\b/,
    calls:
      /\bcreate(Insecure|Ssl|FromSecureContext|FromGoogleCredential)\s*\(|\bcreateChannel\s*\(|new\s+[\w$.\s]*\bServer\s*\(|grpc\.(lb_policy_name|service_config)|\bnew\s+[\w$.]*Client\s*\(/,
  },
  javascript: {
    imports: /@grpc\/grpc-js|nice-grpc|['"]grpc['"]|\bChannelCredentials\b|\bcredentials\b/,
    calls:
      /\bcreate(Insecure|Ssl|FromSecureContext|FromGoogleCredential)\s*\(|\bcreateChannel\s*\(|new\s+[\w$.\s]*\bServer\s*\(|grpc\.(lb_policy_name|service_config)|\bnew\s+[\w$.]*Client\s*\(/,
  },
};

/** Could this file make a gRPC channel or server? False files are never parsed for their own sake. */
export const mayHoldGrpc = oncePer((file: SourceFile): boolean => {
  const language = languageOf(file.path);
  if (!language || !speaksOfGrpc(file)) return false;
  // The gateway's stubs connect to whatever their callers name.
  return language !== 'go' || (!file.path.endsWith('.pb.gw.go') && goCallsGrpc(file.text));
});

/** It imports something of gRPC and calls something that is named like gRPC's own functions. */
export function speaksOfGrpc(file: SourceFile): boolean {
  const language = languageOf(file.path);
  if (!language) return false;
  const gate = gates[language];
  return gate.imports.test(file.text) && gate.calls.test(file.text);
}

const GO_IMPORT = /(?:^|[\s(;])(?:([\w.]+)[ \t]+)?"google\.golang\.org\/grpc"/g;

/** Go says by the package's local name whose `NewClient` it calls; most files that import gRPC want its codes alone. */
function goCallsGrpc(text: string): boolean {
  if (/\b(?:SetDefaultScheme|RegisterInCluster)\s*\(/.test(text)) return true;
  for (const [, written] of text.matchAll(GO_IMPORT)) {
    const local = written === undefined || written === 'import' ? 'grpc' : written;
    const prefix = local === '.' ? '' : `${local}\\s*\\.\\s*`;
    if (new RegExp(`\\b${prefix}(?:Dial|DialContext|NewClient|NewServer)\\s*\\(`).test(text)) return true;
  }
  return false;
}

/** The grammars {@link readCode} needs for these files; load them first. */
export function grammarsFor(files: readonly SourceFile[]): Set<Grammar> {
  const needed = new Set<Grammar>();
  for (const file of files) {
    const grammar = grammarOf(file.path);
    if (!grammar || needed.has(grammar) || !(mayHoldGrpc(file) || mayOpenPool(file))) continue;
    needed.add(grammar);
    // A TypeScript component may resolve names in .tsx and .js files, and the other way round.
    const mixed: readonly Grammar[] = ['typescript', 'tsx', 'javascript'];
    if (!mixed.includes(grammar)) continue;
    for (const each of mixed) if (files.some((other) => grammarOf(other.path) === each)) needed.add(each);
  }
  return needed;
}
