import type { Anchor } from '../text/source.ts';
import type { CodeNotice } from './parser.ts';
import type { CodeLanguage } from './syntax.ts';

/** What a component's code says about gRPC and SQL pools. Plain data: nothing here knows a rule. Times are milliseconds. */
export interface CodeFacts {
  readonly channels: readonly GrpcChannel[];
  readonly servers: readonly GrpcServer[];
  /** Environment variables the parsed files read; they join a component to its workloads. */
  readonly envReads: readonly EnvRead[];
  /** Environment variables that also feed an HTTP call. */
  readonly httpEnvs: readonly EnvRead[];
  /** Go: imports below `google.golang.org/grpc/` that register a balancer or resolver, blank or not. */
  readonly goRegistrations: readonly GoRegistration[];
  /** Keys of grpc-js channel options that it does not read; see {@link NodeOption}. */
  readonly nodeOptions: readonly NodeOption[];
  /** A name resolver of its own: `resolver.Register`, `WithResolvers`, `NameResolverProvider`, `registerResolver`. */
  readonly customResolver: boolean;
  /** Go: `balancer.Register` is called. */
  readonly customBalancer: boolean;
  /** Go: pools of `database/sql`, where nothing in the component limits how long a connection lives or idles. Read when first asked for. */
  readonly sqlPools: readonly SqlPool[];
  readonly notices: readonly CodeNotice[];
}

/** A piece of a target: literal text, or a hole that the caller may fill from the workload. `fallback` is what the code uses without it. */
export type TargetPart =
  | { readonly kind: 'text'; readonly text: string; readonly at: Anchor; readonly plain: boolean }
  | {
      readonly kind: 'env' | 'flag' | 'config';
      readonly name: string;
      readonly at: Anchor;
      readonly fallback: readonly TargetPart[] | undefined;
    }
  | { readonly kind: 'unknown'; readonly at: Anchor; readonly why: string };

export interface OriginStep {
  readonly kind: 'literal' | 'constant' | 'env' | 'flag' | 'parameter' | 'field' | 'config' | 'concatenation' | 'function' | 'variable';
  readonly at: Anchor;
  readonly name: string | undefined;
}

/** One value a target can have. */
export interface TargetCandidate {
  readonly parts: readonly TargetPart[];
  /** The whole text, when no part is a hole. */
  readonly text: string | undefined;
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  /** From the target expression outwards. */
  readonly origin: readonly OriginStep[];
  /** The only environment variable among the parts. */
  readonly env: Hole | undefined;
  readonly flag: Hole | undefined;
  /** high: the only value the code can give; medium: one of several, or picked by a condition; low: there are more values than are listed. */
  readonly confidence: 'high' | 'medium' | 'low';
}

export interface Hole {
  readonly name: string;
  readonly at: Anchor;
  readonly defaultText: string | undefined;
  readonly defaultAt: Anchor | undefined;
}

export type PolicyKey =
  | 'loadBalancingConfig'
  | 'loadBalancingPolicy'
  | 'lb_policy_name'
  | 'defaultLoadBalancingPolicy'
  | 'WithBalancerName';

export type LoadBalancing =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'named';
      /** In the order in which the client tries them, as written. */
      readonly names: readonly string[];
      readonly at: Anchor;
      readonly key: PolicyKey;
      /** The first name alone, when it stands in the file letter for letter. */
      readonly nameAt: Anchor | undefined;
    }
  | { readonly kind: 'unknown'; readonly at: Anchor };

export interface ServiceConfig {
  /** The JSON as the program sees it; undefined when it isn't known. */
  readonly text: string | undefined;
  readonly at: Anchor;
  /** The span holds the JSON letter for letter: offsets in `text` are offsets in the file from `at.start`. */
  readonly plain: boolean;
  /** grpc-js takes a string and throws on an object. */
  readonly form: 'string' | 'object' | 'serialized' | 'unknown';
}

export interface Keepalive {
  readonly at: Anchor;
  readonly timeMs: number | undefined;
  readonly timeAt: Anchor | undefined;
  readonly timeoutMs: number | undefined;
  readonly permitWithoutStream: boolean | undefined;
  readonly permitAt: Anchor | undefined;
  /** C-core only; 0 is no limit. */
  readonly maxPingsWithoutData: number | undefined;
}

/** Where one more option goes: insert `before + option + after` at `at` (an empty span). */
export interface OptionSlot {
  readonly style: 'go-argument' | 'go-item' | 'java-chain' | 'python-argument' | 'python-item' | 'node-argument' | 'node-entry';
  readonly at: Anchor;
  readonly before: string;
  readonly after: string;
}

export interface GrpcChannel {
  readonly language: CodeLanguage;
  /** The function called: `Dial`, `NewClient`, `forTarget`, `insecure_channel`, `aio.insecure_channel`, … or `client-constructor`. */
  readonly api: string;
  /** Package of a Node client. `grpc` is the retired native one. */
  readonly package: 'google.golang.org/grpc' | 'io.grpc' | 'grpcio' | '@grpc/grpc-js' | 'grpc' | 'nice-grpc';
  /** The whole call. */
  readonly at: Anchor;
  readonly targetAt: Anchor;
  readonly targets: readonly TargetCandidate[];
  readonly policy: LoadBalancing;
  readonly serviceConfig: ServiceConfig | undefined;
  readonly credentials: 'plaintext' | 'tls' | 'unknown';
  readonly keepalive: Keepalive | undefined;
  /** Every option was understood; otherwise what is missing may still be set. */
  readonly optionsComplete: boolean;
  readonly optionSlot: OptionSlot | undefined;
  /** A dialer of its own (`WithContextDialer`): the target need not be a host. */
  readonly customDialer: boolean;
  /** Made and closed in the same function, which is not the program's entry. */
  readonly closedPerCall: boolean;
  /** Go: the argument of `resolver.SetDefaultScheme` in the component. */
  readonly userDefaultScheme: string | undefined;
  /** Go: the name under which the file imports the package, empty for a dot import. */
  readonly importName: string | undefined;
  readonly test: boolean;
  readonly example: boolean;
  readonly generated: boolean;
  readonly vendored: boolean;
}

export interface GrpcServer {
  readonly language: CodeLanguage;
  readonly at: Anchor;
  readonly enforcement:
    | {
        readonly at: Anchor;
        readonly minTimeMs: number | undefined;
        readonly minTimeAt: Anchor | undefined;
        readonly permitWithoutStream: boolean | undefined;
      }
    | undefined;
  readonly maxConnectionAgeMs: number | undefined;
  readonly maxConnectionAgeAt: Anchor | undefined;
  readonly maxConnectionAgeGraceMs: number | undefined;
  /** Every option was understood: what is missing is not set. */
  readonly optionsComplete: boolean;
  readonly ports: readonly TargetCandidate[];
  readonly test: boolean;
  readonly example: boolean;
  readonly generated: boolean;
  readonly vendored: boolean;
}

export interface SqlPool {
  /** The function called: `sql.Open`. */
  readonly at: Anchor;
  /** What the targets are: a data source name or URL, or MySQL's `host:port`. */
  readonly form: 'dsn' | 'address';
  readonly targets: readonly TargetCandidate[];
}

export interface EnvRead {
  readonly name: string;
  readonly at: Anchor;
  readonly defaultText: string | undefined;
}

export interface GoRegistration {
  readonly path: string;
  readonly blank: boolean;
  readonly at: Anchor;
}

/** One option of a grpc-js (or native `grpc`) client that concerns load balancing. */
export interface NodeOption {
  readonly key: 'grpc.lb_policy_name' | 'loadBalancingPolicy';
  readonly package: 'grpc' | '@grpc/grpc-js' | 'unknown';
  /** The key, without quotes. */
  readonly keyAt: Anchor;
  readonly valueAt: Anchor;
  /** Key and value. */
  readonly entryAt: Anchor;
  readonly value: string | undefined;
  /** `loadBalancingConfig` stands beside it in the same service config. */
  readonly hasLoadBalancingConfig: boolean;
  readonly test: boolean;
}
