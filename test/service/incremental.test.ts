/**
 * Whatever is opened, typed, closed, written and deleted, in whatever order: the findings equal those of a scan from scratch. The files
 * are those of the cases in the rules' own pages, so that every rule takes part.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import type { LintService } from '../../src/service/lint-service.ts';
import { readPage } from '../rule-pages/page.ts';
import { Listener, serviceOn, withFolder, write } from './folders.ts';

const PAGES = join(import.meta.dirname, '../../docs/rules');

interface CaseFile {
  readonly path: string;
  readonly text: string;
}

/** Every file of every case. */
function caseFiles(): CaseFile[] {
  const pages = readdirSync(PAGES, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md') && path.includes('/'));
  const files = pages
    .sort()
    .flatMap((page) => readPage(readFileSync(join(PAGES, page), 'utf8')).cases)
    .flatMap(({ files }) => [...files].map(([path, text]) => ({ path, text })));
  // Thousands of routes say nothing more here and take seconds.
  return files.filter(({ path, text }) => path !== '.runbook-lens.yaml' && text.length < 20_000);
}

type Step =
  | { readonly step: 'write' | 'type'; readonly folder: string; readonly file: number }
  | { readonly step: 'slip'; readonly folder: string; readonly file: number; readonly cut: number }
  | { readonly step: 'open' | 'close' | 'delete' | 'update'; readonly pick: number }
  | { readonly step: 'delete-folder'; readonly folder: string };

const FOLDERS = ['a', 'b', 'a/base'];

function steps(count: number): fc.Arbitrary<Step[]> {
  const folder = fc.constantFrom(...FOLDERS);
  const file = fc.nat(count - 1);
  const pick = fc.nat(30);
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ step: fc.constant('write' as const), folder, file }) },
    { weight: 4, arbitrary: fc.record({ step: fc.constant('type' as const), folder, file }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('slip' as const), folder, file, cut: fc.nat(500) }) },
    {
      weight: 5,
      arbitrary: fc.record({ step: fc.constantFrom('open' as const, 'close' as const, 'delete' as const, 'update' as const), pick }),
    },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('delete-folder' as const), folder }) },
  );
  return fc.array(step, { minLength: 3, maxLength: 25 });
}

function pickFrom(files: ReadonlyMap<string, string>, pick: number): string | undefined {
  return [...files.keys()][pick % Math.max(1, files.size)];
}

/** A window on a folder: what is on disk, what is open, and what was heard. */
class Window {
  readonly disk = new Map<string, string>();
  readonly open = new Map<string, string>();
  readonly listener = new Listener();
  private readonly service: LintService;
  private readonly root: string;
  private version = 1;

  constructor(root: string) {
    this.root = root;
    this.service = serviceOn(root);
    this.service.scan();
  }

  async take(step: Step, files: readonly CaseFile[]): Promise<void> {
    const { service, disk, open, root } = this;
    switch (step.step) {
      case 'write':
      case 'type':
      case 'slip': {
        const { path: name, text: whole } = files[step.file] ?? { path: 'x.yaml', text: '' };
        const path = `${step.folder}/${name}`;
        if (step.step === 'write') {
          disk.set(path, whole);
          write(root, path, whole);
          service.filesChanged([path]);
          return;
        }
        const text = step.step === 'slip' ? `${whole.slice(0, step.cut % (whole.length + 1))}"\n` : whole;
        open.set(path, text);
        service.openDocument(path, this.version++, text);
        return;
      }
      case 'open': {
        const path = pickFrom(disk, step.pick);
        if (path === undefined || open.has(path)) return;
        open.set(path, disk.get(path) ?? '');
        service.openDocument(path, this.version++, disk.get(path) ?? '');
        return;
      }
      case 'close': {
        const path = pickFrom(open, step.pick);
        if (path === undefined) return;
        this.close(path);
        return;
      }
      case 'delete': {
        const path = pickFrom(disk, step.pick);
        if (path === undefined) return;
        disk.delete(path);
        rmSync(join(root, path));
        service.filesChanged([path]);
        return;
      }
      case 'delete-folder': {
        for (const path of [...disk.keys()]) if (path.startsWith(`${step.folder}/`)) disk.delete(path);
        rmSync(join(root, step.folder), { recursive: true, force: true });
        service.filesChanged([step.folder]);
        return;
      }
      case 'update':
        this.listener.take(await service.update());
    }
  }

  private close(path: string): void {
    this.open.delete(path);
    this.service.closeDocument(path);
  }

  /** The files as a scan has to see them. Of a text that does not parse, a scan says less than an editor: it is dropped first. */
  async settle(): Promise<Record<string, string>> {
    for (const path of [...this.open.keys()]) if ((this.service.document(path)?.state ?? 'whole') !== 'whole') this.close(path);
    this.listener.take(await this.service.update());
    return Object.fromEntries([...this.disk, ...this.open]);
  }
}

it('the findings after any sequence of changes equal those of a scan from scratch', { timeout: 240_000 }, async () => {
  const files = caseFiles();
  assert.ok(files.length > 10, 'the pages of the rules hold no cases');
  await fc.assert(
    fc.asyncProperty(steps(files.length), async (sequence) => {
      await withFolder({}, async (root) => {
        const window = new Window(root);
        for (const step of sequence) await window.take(step, files);
        const now = await window.settle();
        await withFolder(now, async (fresh) => {
          const service = serviceOn(fresh);
          service.scan();
          const expected = new Listener();
          expected.take(await service.update());
          assert.deepEqual(window.listener.all, expected.all);
        });
      });
    }),
    { numRuns: Number(process.env.RUNBOOK_LENS_RUNS ?? 120) },
  );
});
