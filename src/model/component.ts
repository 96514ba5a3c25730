import type { SourceFile } from '../text/source.ts';

/** A folder that is built into one image: code, build files, Dockerfile, lock files. */
export interface Component {
  /** `.` for the root. */
  readonly folder: string;
  /** Names by which an image or a workload may call it: the folder's last segment, the module's or package's name. */
  readonly names: readonly string[];
  readonly buildFiles: readonly SourceFile[];
  readonly dockerfiles: readonly SourceFile[];
  /** Source files that passed a code gate (gRPC, AWS SDK…), not all sources. */
  readonly sources: readonly SourceFile[];
}
