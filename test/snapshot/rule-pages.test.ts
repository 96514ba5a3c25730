import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lintLive } from '../../src/diagnosis/lint-live.ts';
import { liveUnit } from '../../src/diagnosis/live-unit.ts';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { plainDocuments } from '../../src/snapshot/plain.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import type { LiveObject, Snapshot } from '../../src/snapshot/snapshot.ts';
import { type PageCase, readPage } from '../rule-pages/page.ts';

/** Kinds that a cluster has: a case of other documents isn't about live objects. */
const FILE_KINDS = new Set([
  'Kustomization',
  'Component',
  'Application',
  'ApplicationSet',
  'HelmRelease',
  'HelmChartInflationGenerator',
  'Secret',
]);

interface Case {
  readonly page: string;
  readonly title: string;
  readonly preview: boolean;
  readonly objects: readonly LiveObject[];
}

/** Rules about hosts in values of variables and in mounted files: neither is kept, so they may say nothing of a live object. */
const WITHOUT_HOSTS = ['dns/ndots-search-storm', 'dns/ndots-musl', 'istio/external-database-unmanaged'];

/** A value that takes a part from another variable, whose value is not kept. */
const REFERENCE = /\$\(\w+\)/;

function liveCases(): Case[] {
  const root = 'docs/rules';
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((folder) => readdirSync(join(root, folder.name)).map((name) => `${folder.name}/${name}`))
    .flatMap((path) => {
      const page = readPage(readFileSync(join(root, path), 'utf8'));
      return page.cases.flatMap((one): Case[] => {
        const objects = objectsOf(one);
        return objects ? [{ page: page.id, title: one.title, preview: one.preview, objects }] : [];
      });
    });
}

/** `undefined`: not all of its files are plain objects of a cluster. */
function objectsOf({ files, configuration }: PageCase): readonly LiveObject[] | undefined {
  if (configuration !== undefined) return undefined;
  const objects: LiveObject[] = [];
  for (const [path, text] of files) {
    // What a template or a pipeline fills in is filled in when a cluster gets it.
    if (!/\.ya?ml$/.test(path) || /\{\{|[$#]\{/.test(text)) return undefined;
    const documents = plainDocuments(text);
    if (!documents) return undefined;
    for (const document of documents) {
      if (document === null) continue;
      const object = document as unknown as LiveObject;
      if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') return undefined;
      if (FILE_KINDS.has(object.kind) || typeof object.metadata?.name !== 'string') return undefined;
      objects.push(object);
    }
  }
  // Two editions of an object are no cluster.
  const names = new Set(
    objects.map(({ kind, apiVersion, metadata }) => [kind, apiVersion, metadata.namespace ?? '', metadata.name].join('/')),
  );
  return objects.length > 0 && names.size === objects.length ? objects : undefined;
}

function findingsOf(objects: readonly LiveObject[], preview: boolean): string[] {
  const snapshot = { ...EMPTY, objects };
  const live = liveUnit(snapshot, {});
  return lintLive(live, RULES, NO_CONFIGURATION, preview)
    .map(({ rule, severity, messageId, object }) => `${rule} ${severity} ${messageId} ${object.kind}/${object.namespace}/${object.name}`)
    .sort();
}

const EMPTY: Snapshot = new SnapshotBuilder().finish({
  takenAt: '2026-11-21T12:00:00Z',
  cluster: { context: '', server: '', version: '', scope: 'all', namespaces: [] },
  reads: [],
});

function projected(objects: readonly LiveObject[]): readonly LiveObject[] {
  const builder = new SnapshotBuilder();
  for (const object of objects) builder.add(JSON.parse(JSON.stringify(object)));
  return builder.finish({ takenAt: EMPTY.takenAt, cluster: EMPTY.cluster, reads: [] }).objects;
}

describe('rules say of a projected object what they say of the file', () => {
  const cases = liveCases();

  it('has many such cases', () => {
    assert.ok(cases.length >= 100, `${cases.length} cases`);
  });

  for (const { page, title, preview, objects } of cases) {
    it(`${page}: ${title}`, () => {
      const [whole = [], kept = []] = [objects, projected(objects)].map((one) => findingsOf(one, preview));
      const mayLack = (line: string): boolean =>
        REFERENCE.test(JSON.stringify(objects)) || WITHOUT_HOSTS.some((rule) => line.startsWith(`${rule} `));
      assert.deepEqual(
        kept.filter((line) => !whole.includes(line)),
        [],
        'a live object never says more',
      );
      const lacking = whole.filter((line) => !kept.includes(line) && !mayLack(line));
      assert.deepEqual(lacking, []);
      if (!whole.some(mayLack)) assert.deepEqual(kept, whole);
    });
  }
});
