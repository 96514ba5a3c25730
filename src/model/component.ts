import type { CodeFacts } from '../code/index.ts';
import type { SourceFile } from '../text/source.ts';
import type { Language } from './project/components.ts';
import type { ProjectDependencies } from './project/resolve.ts';

/** A folder that is built into one image: code, build files, Dockerfile, lock files. */
export interface Component {
  /** `.` for the root. */
  readonly folder: string;
  /** Names by which an image or a workload may call it: the folder's last segment, the module's or package's name. Lower case. */
  readonly names: readonly string[];
  readonly languages: readonly Language[];
  readonly buildFiles: readonly SourceFile[];
  readonly dockerfiles: readonly SourceFile[];
  /** Source files that passed the code gate (gRPC, environment variables), not all sources. */
  readonly sources: readonly SourceFile[];
  /** What its code says about gRPC; read when first asked for. */
  readonly code: CodeFacts;
  /** The versions of its libraries; read when first asked for. */
  readonly dependencies: ProjectDependencies;
}
