/** The TypeScript compiler on a copy of the sources: finds mutants, and says which of them still have right types. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API } from 'typescript/unstable/sync';
import { type Mutant, mutantsOf } from './mutants.ts';

/** Names that a mutant leaves unused: no reason to call it wrong. */
const UNUSED = new Set([6133, 6192, 6196]);

export class Compiler {
  private readonly copy: string;
  private changed: Mutant | undefined;
  private readonly api: API;
  constructor(copy: string) {
    this.copy = copy;
    this.api = new API({
      cwd: copy,
      fs: { readFile: (path) => (this.changed && path === join(copy, this.changed.file) ? this.textOf(this.changed) : undefined) },
    });
    this.api.updateSnapshot({ openProjects: [join(copy, 'tsconfig.json')] });
  }

  private textOf({ file, start, end, text }: Mutant): string {
    const before = readFileSync(join(this.copy, file), 'utf8');
    return before.slice(0, start) + text + before.slice(end);
  }

  private get program() {
    const [project] = this.api.updateSnapshot().getProjects();
    if (!project) throw new Error('no project');
    return project.program;
  }

  mutants(file: string): Mutant[] {
    const source = this.program.getSourceFile(join(this.copy, file));
    if (!source) throw new Error(`${file} is not part of the project`);
    return mutantsOf(file, source);
  }

  /** Whether the mutated file is still well typed; unused names don't count. */
  accepts(mutant: Mutant): boolean {
    this.changed = mutant;
    const path = join(this.copy, mutant.file);
    const [project] = this.api.updateSnapshot({ fileChanges: { changed: [path] } }).getProjects();
    const errors = project?.program.getSemanticDiagnostics(path).filter(({ code }) => !UNUSED.has(code)) ?? [];
    this.changed = undefined;
    this.api.updateSnapshot({ fileChanges: { changed: [path] } });
    return errors.length === 0;
  }

  close(): void {
    this.api.close();
  }
}
