import type { Engine } from '../linters/engine.ts';
import { type SourceFile, sourceFile } from '../text/source.ts';
import { oversizeNotice } from '../workspace/oversize.ts';
import { MAX_FILE_BYTES } from '../workspace/parse-file.ts';
import { markChanged, repairsOf, splitLines } from './broken-text.ts';

/**
 * `whole`: judged as it is. `mended`: without the lines that changed since it last parsed. `waiting`: it can't be judged now; the engine
 * still has the text that last could.
 */
export type DocumentState = 'whole' | 'mended' | 'waiting';

/** A file as an editor holds it, saved or not. */
export class OpenDocument {
  readonly path: string;
  version = -1;
  state: DocumentState = 'whole';
  private lines: readonly string[] = [];
  private changed: readonly boolean[] = [];
  /** How many documents in it did not parse when it was last as good as it has been. */
  private problems = Number.POSITIVE_INFINITY;
  private good: SourceFile | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Takes the text of a new version and gives the engine what can be judged of it. */
  take(engine: Engine, version: number, text: string): void {
    this.version = version;
    const file = sourceFile(this.path, text);
    const lines = splitLines(file.text);
    this.changed = this.good ? markChanged(this.lines, this.changed, lines) : lines.map(() => false);
    this.lines = lines;
    const size = Buffer.byteLength(text);
    if (size > MAX_FILE_BYTES) {
      engine.workspace.setNotice(this.path, oversizeNotice(this.path, size, [Buffer.from(text)]));
      this.state = 'whole';
      return;
    }
    engine.setFile(this.path, file);
    const problems = problemsIn(engine, this.path);
    if (problems <= this.problems || !this.good) {
      this.problems = problems;
      this.good = file;
      this.changed = lines.map(() => false);
      this.state = 'whole';
      return;
    }
    for (const text of repairsOf(lines, this.changed)) {
      engine.setFile(this.path, { ...file, text });
      if (problemsIn(engine, this.path) <= this.problems) {
        this.state = 'mended';
        return;
      }
    }
    engine.setFile(this.path, this.good);
    this.state = 'waiting';
  }
}

function problemsIn(engine: Engine, path: string): number {
  return engine.workspace.parsed(path)?.notices.filter(({ kind }) => kind === 'unparsable' || kind === 'templated').length ?? 0;
}
