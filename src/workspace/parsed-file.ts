import type { KubeObject } from '../model/kubernetes/objects.ts';
import type { SourceFile } from '../text/source.ts';
import type { YamlDocument } from '../text/yaml-documents.ts';
import type { DeclaredRoutes } from './declared-routes.ts';

export type TextFormat =
  | 'kong.conf'
  | 'env-file'
  | 'properties'
  | 'dockerfile'
  | 'shell'
  | 'procfile'
  | 'systemd'
  | 'terraform'
  /** A chart's helpers and notes: they make no objects but may rewrite values. */
  | 'template'
  | 'build'
  | 'code';

export interface Notice {
  readonly kind: 'unparsable' | 'oversize' | 'unreadable' | 'conflict' | 'templated' | 'configuration';
  readonly file: string;
  readonly message: string;
  /** Of a declarative file of Kong's that is too large to be read: its routes are counted all the same. */
  readonly declared?: DeclaredRoutes;
}

/** A file as far as any rule reads it. Immutable: a changed file gives a new one, so identity is the cache key. */
export type ParsedFile = YamlFile | TextFile;

export interface YamlFile {
  readonly format: 'yaml';
  readonly file: SourceFile;
  /** Relevant documents only. A document of a kind that nobody reads isn't here. */
  readonly documents: readonly YamlDocument[];
  /** The objects of all documents. */
  readonly objects: readonly KubeObject[];
  /** Holds `{{ }}` actions. */
  readonly templated: boolean;
  readonly notices: readonly Notice[];
}

export interface TextFile {
  readonly format: TextFormat;
  readonly file: SourceFile;
  readonly notices: readonly Notice[];
}

/** The parsed files of a workspace, in the order of their paths. */
export interface FilesByPath {
  get(path: string): ParsedFile | undefined;
  keys(): Iterable<string>;
  values(): Iterable<ParsedFile>;
}
