import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { Engine, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { sourceFile } from '../../src/text/source.ts';
import { codeParser } from '../helpers/engine.ts';
import { everythingSaidBy, JOINED_CASES, PAGE_CASES } from './sample-files.ts';

const RUNS = Number(process.env.RUNBOOK_LENS_TEST_RUNS ?? 120);

/** Folders that cases are put into: grown together, environments, one inside the other, the root. */
const FOLDERS = ['', 'a/', 'apps/cart/', 'apps/orders/', 'env/prod/', 'env/dev/', 'apps/cart/deploy/'];

type Step =
  | { readonly step: 'set'; readonly path: string; readonly text: string }
  | { readonly step: 'delete' | 'touch' | 'duplicate-line' | 'cut-line' | 'change-digit'; readonly which: number; readonly where: number };

function edited(step: Exclude<Step['step'], 'set' | 'delete' | 'touch'>, text: string, where: number): string {
  if (step === 'change-digit') {
    const digits = [...text.matchAll(/\d/g)];
    const hit = digits[where % Math.max(1, digits.length)];
    return hit ? `${text.slice(0, hit.index)}${(Number(hit[0]) + 1) % 10}${text.slice(hit.index + 1)}` : text;
  }
  const lines = text.split('\n');
  const at = where % lines.length;
  lines.splice(at, step === 'cut-line' ? 1 : 0, ...(step === 'duplicate-line' ? [lines[at] ?? ''] : []));
  return lines.join('\n');
}

const someCase = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...PAGE_CASES) },
  { weight: 1, arbitrary: fc.constantFrom(...JOINED_CASES) },
);

/** A whole case somewhere, or one of its files. */
const placed = fc
  .tuple(someCase, fc.constantFrom(...FOLDERS))
  .map(([files, folder]): Step[] => Object.entries(files).map(([path, text]) => ({ step: 'set', path: folder + path, text })));
const oneFile = fc.tuple(placed, fc.nat()).map(([steps, at]) => steps.slice(at % steps.length, (at % steps.length) + 1));
const change = fc
  .record({
    step: fc.constantFrom('delete' as const, 'touch' as const, 'duplicate-line' as const, 'cut-line' as const, 'change-digit' as const),
    which: fc.nat(),
    where: fc.nat(),
  })
  .map((step): Step[] => [step]);
const history = fc
  .tuple(fc.array(placed, { minLength: 1, maxLength: 4 }), fc.array(fc.oneof(placed, oneFile, change, change, change), { maxLength: 12 }))
  .map(([first, then]) => [first.flat(), ...then]);

/** A workspace whose files exist only in memory, as the editor sees it. */
class Workspace {
  readonly texts = new Map<string, string>();
  readonly engine = this.fresh();

  private fresh(): Engine {
    const inputs = { readText: (path: string) => this.texts.get(path), codeParser };
    return new Engine({ rules: RULES, configuration: NO_CONFIGURATION, preview: true, inputs });
  }

  take(step: Step): void {
    if (step.step === 'set') this.put(step.path, step.text);
    else {
      const paths = [...this.texts.keys()].sort();
      const path = paths[step.which % Math.max(1, paths.length)];
      const text = path === undefined ? undefined : this.texts.get(path);
      if (path === undefined || text === undefined) return;
      this.put(path, step.step === 'delete' ? undefined : step.step === 'touch' ? text : edited(step.step, text, step.where));
    }
  }

  put(path: string, text: string | undefined): void {
    if (text === undefined) this.texts.delete(path);
    else this.texts.set(path, text);
    this.engine.setFile(path, text === undefined ? undefined : sourceFile(path, text));
  }

  /** What an engine says that meets the files for the first time, in this order. */
  async fromScratch(order: (paths: string[]) => readonly string[]): Promise<unknown> {
    const engine = this.fresh();
    for (const path of order([...this.texts.keys()].sort())) engine.setFile(path, sourceFile(path, this.texts.get(path) ?? ''));
    await engine.prepare();
    return everythingSaidBy(engine);
  }
}

const bySeed =
  (seed: number) =>
  (paths: string[]): readonly string[] => {
    const key = new Map(paths.map((path, at) => [path, Math.imul(at + 1, seed | 1) >>> 0]));
    return paths.sort((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0));
  };

describe('the engine', { timeout: 600_000 }, () => {
  it('says the same after any edits as from scratch', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const workspace = new Workspace();
        for (const group of steps) {
          for (const step of group) workspace.take(step);
          await workspace.engine.prepare();
          assert.deepEqual(everythingSaidBy(workspace.engine), await workspace.fromScratch((paths) => paths));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('says the same whatever the order in which files come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(placed, { minLength: 1, maxLength: 5 }), fc.integer(), async (steps, seed) => {
        const workspace = new Workspace();
        for (const step of steps.flat()) workspace.take(step);
        await workspace.engine.prepare();
        const sorted = await workspace.fromScratch((paths) => paths);
        assert.deepEqual(everythingSaidBy(workspace.engine), sorted);
        assert.deepEqual(await workspace.fromScratch((paths) => paths.reverse()), sorted);
        assert.deepEqual(await workspace.fromScratch(bySeed(seed)), sorted);
      }),
      { numRuns: RUNS },
    );
  });

  it('says what it would say with changes, and stays as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(placed, { minLength: 1, maxLength: 4 }), placed, change, async (steps, replacing, [last]) => {
        const workspace = new Workspace();
        for (const step of steps.flat()) workspace.take(step);
        await workspace.engine.prepare();
        const before = everythingSaidBy(workspace.engine);
        const old = new Map(workspace.texts);
        // Grammars are loaded by `prepare`, which a look ahead doesn't await: changes keep to files that the workspace has.
        for (const step of replacing) if (step.step === 'set' && old.has(step.path)) workspace.texts.set(step.path, step.text);
        const victim = [...old.keys()][(last && 'which' in last ? last.which : 0) % old.size];
        if (victim !== undefined) workspace.texts.delete(victim);
        const changes = new Map(
          [...old.keys()].flatMap((path) => {
            const text = workspace.texts.get(path);
            return text === old.get(path) ? [] : [[path, text === undefined ? undefined : sourceFile(path, text)] as const];
          }),
        );
        const ahead = workspace.engine.lintWith(changes).findings.map(({ fingerprint, severity }) => [fingerprint, severity]);
        const after = (await workspace.fromScratch((paths) => paths)) as { findings: [{ severity: string }, string][] };
        assert.deepEqual(
          ahead,
          after.findings.map(([{ severity }, fingerprint]) => [fingerprint, severity]),
        );
        assert.deepEqual(everythingSaidBy(workspace.engine), before);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a change far away', () => {
  it('of objects’ names changes which files make which unit where an object is there twice, and only then', () => {
    const named = (names: readonly string[]): string =>
      names.map((name) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n`).join('---\n');
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 3 });
    const paths = ['s/all.yaml', 's/x/one.yaml', 's/x/two.yaml', 's/y/one.yaml', 's/y/z/one.yaml', 'prod/one.yaml'];
    const edits = fc.array(fc.record({ path: fc.constantFrom(...paths), names, fork: fc.boolean() }), { minLength: 3, maxLength: 25 });
    const unitsOf = (engine: Engine): unknown =>
      engine.repository().units.map(({ id, objects }) => [id, objects.map(({ file, name }) => [file.path, name])]);
    fc.assert(
      fc.property(edits, (steps) => {
        const workspace = new Workspace();
        for (const { path, names: wanted, fork } of steps) {
          const text = named(wanted);
          if (fork) workspace.engine.lintWith(new Map([[path, sourceFile(path, text)]]));
          else workspace.put(path, text);
          const fresh = new Workspace();
          for (const [other, known] of [...workspace.texts].sort(([one], [two]) => (one < two ? -1 : 1))) fresh.put(other, known);
          assert.deepEqual(unitsOf(workspace.engine), unitsOf(fresh.engine));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('in skaffold.yaml changes which component a workload runs', async () => {
    const workspace = new Workspace();
    // The program reads no variable that the workload sets, and is not called like it: only Skaffold joins the two.
    for (const [path, text] of Object.entries(JOINED_CASES[0] ?? {}))
      workspace.put(path.replace('k8s/', 'k8s/prod/'), text.replace('os.Getenv("ORDERS_ADDR")', 'os.Getenv("STOCK_ADDR")'));
    await workspace.engine.prepare();
    const joins = (): string[] =>
      workspace.engine
        .repository()
        .units.flatMap(({ id, components }) => components.map(({ component, join }) => `${id}: ${component.folder} ${join}`));
    assert.ok(joins().includes('k8s/prod: src/cart strong'), joins().join());
    workspace.put('skaffold.yaml', workspace.texts.get('skaffold.yaml')?.replace('/shop', '/web'));
    assert.ok(!joins().includes('k8s/prod: src/cart strong'), joins().join());
  });

  it('makes an absolute path of an env file ambiguous, or one again', () => {
    const workspace = new Workspace();
    workspace.put('unit/kong.service', '[Service]\nEnvironmentFile=/etc/kong/kong.env\nExecStart=/usr/bin/kong start\n');
    const seen = (): boolean =>
      workspace.engine
        .repository()
        .units.some(({ id, containers }) => id === 'unit' && containers.some(({ env }) => env.variables.has('KONG_DATABASE')));
    workspace.put('files/etc/kong/kong.env', 'KONG_DATABASE=off\n');
    assert.ok(seen());
    workspace.put('other/etc/kong/kong.env', 'KONG_DATABASE=postgres\n');
    assert.ok(!seen());
    workspace.put('other/etc/kong/kong.env', undefined);
    assert.ok(seen());
  });
});
