/** The code room: what client and server code says about gRPC. */
export type {
  CodeFacts,
  EnvRead,
  GoRegistration,
  GrpcChannel,
  GrpcServer,
  Hole,
  Keepalive,
  LoadBalancing,
  NodeOption,
  OptionSlot,
  OriginStep,
  PolicyKey,
  ServiceConfig,
  SqlPool,
  TargetCandidate,
  TargetPart,
} from './facts.ts';
export { mayOpenPool } from './go-databases.ts';
export { isTestPath } from './group.ts';
export { grammarsFor, mayHoldGrpc } from './gate.ts';
export { type CodeNotice, type CodeParser, type CodeParserHost, languageOf, MAX_SOURCE_CHARS, openCodeParser } from './parser.ts';
export { readCode } from './read.ts';
export type { CodeLanguage, Grammar } from './syntax.ts';
export { fillTarget, readTarget, type TargetText } from './target.ts';
