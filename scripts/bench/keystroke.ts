/**
 * Times one edit: a character typed into a 2,000-line manifest whose workloads are joined with Services and ConfigMaps of other files,
 * alone and in a workspace of 10,000 files. What is measured is what the editor's worker does for it: parse, model, rules, result.
 *
 *   node_modules/.bin/node scripts/bench/keystroke.ts [FOLDER]     prints one JSON line, milliseconds
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { sourceFile } from '../../src/text/source.ts';
import { scan } from '../../src/workspace/scan.ts';

/** A quarter of an hour of typing; the first characters, on code that is not compiled yet, are among them. */
const EDITS = 1000;
const PATH = 'shop/big.yaml';

function manifest(): string {
  const services = Array.from({ length: 40 }, (_, n) => {
    const env = Array.from(
      { length: 10 },
      (_, i) => `            - name: PEER_${i}\n              value: peer-${(n + i) % 40}:8080\n`,
    ).join('');
    return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: peer-${n}\nspec:\n  replicas: 3\n  template:\n    metadata:\n      labels: { app: peer-${n} }\n    spec:\n      containers:\n        - name: app\n          image: example/peer-${n}:1\n          env:\n${env}          envFrom:\n            - configMapRef: { name: shared }\n          resources:\n            limits: { cpu: "1", memory: 512Mi }\n            requests: { cpu: 100m, memory: 256Mi }\n          readinessProbe:\n            httpGet: { path: /, port: 8080 }\n`;
  });
  return services.join('---\n');
}

const services = Array.from(
  { length: 40 },
  (_, n) =>
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: peer-${n}\nspec:\n  selector: { app: peer-${n} }\n  ports: [{ port: 8080 }]\n`,
).join('---\n');

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function measure(folder: string | undefined): Promise<{ p50: number; p95: number; lines: number; files: number }> {
  const engine = new Engine({
    rules: RULES,
    configuration: NO_CONFIGURATION,
    preview: false,
    inputs: { readText: (path) => (folder === undefined ? undefined : readFileSync(join(folder, path), 'utf8')) },
  });
  if (folder !== undefined) scan(folder, { file: (file) => engine.setFile(file.path, file), notice: () => undefined });
  engine.setFile('shop/services.yaml', sourceFile('shop/services.yaml', services));
  engine.setFile(
    'shop/shared.yaml',
    sourceFile('shop/shared.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shared }\ndata: { GOMEMLIMIT: 512Mi }\n'),
  );
  const base = manifest();
  engine.setFile(PATH, sourceFile(PATH, base));
  const { files } = engine.lint();
  const times: number[] = [];
  let text = base;
  for (let edit = 0; edit < EDITS; edit++) {
    const at = text.indexOf('peer-', (edit * 997) % (text.length - 100)) + 5;
    text = `${text.slice(0, at)}${edit % 10}${text.slice(at)}`;
    const started = performance.now();
    engine.setFile(PATH, sourceFile(PATH, text));
    await engine.prepare();
    engine.lint();
    times.push(performance.now() - started);
    if (edit % 20 === 19) text = base;
  }
  times.sort((a, b) => a - b);
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95), lines: base.split('\n').length, files };
}

const alone = await measure(undefined);
const folder = process.argv[2];
const among = folder === undefined ? undefined : await measure(folder);
process.stdout.write(`${JSON.stringify({ alone, among })}\n`);
