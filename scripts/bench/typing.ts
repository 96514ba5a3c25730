/** What is typed into, for the benchmark and the tests: a 2,000-line manifest whose 40 workloads name each other's Services in other files. */
import type { Engine } from '../../src/linters/engine.ts';
import { sourceFile } from '../../src/text/source.ts';

const PATH = 'shop/big.yaml';
/** Characters that are typed before the manifest is what it was. */
const UNDONE_AFTER = 20;

const workload = (n: number): string => {
  const variables = Array.from(
    { length: 10 },
    (_, i) => `            - name: PEER_${i}\n              value: peer-${(n + i) % 40}:8080\n`,
  ).join('');
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: peer-${n}\nspec:\n  replicas: 3\n  template:\n    metadata:\n      labels: { app: peer-${n} }\n    spec:\n      containers:\n        - name: app\n          image: example/peer-${n}:1\n          env:\n${variables}          envFrom:\n            - configMapRef: { name: shared }\n          resources:\n            limits: { cpu: "1", memory: 512Mi }\n            requests: { cpu: 100m, memory: 256Mi }\n          readinessProbe:\n            httpGet: { path: /, port: 8080 }\n`;
};

const service = (n: number): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: peer-${n}\nspec:\n  selector: { app: peer-${n} }\n  ports: [{ port: 8080 }]\n`;

const forty = (document: (n: number) => string): string => Array.from({ length: 40 }, (_, n) => document(n)).join('---\n');

const MANIFEST = forty(workload);

export const MANIFEST_LINES = MANIFEST.split('\n').length;

/** Puts the manifest and its neighbours into a workspace, judges it once, and gives the number of files that were read. */
export function openManifest(engine: Engine): number {
  const shared = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shared }\ndata: { GOMEMLIMIT: 512Mi }\n';
  for (const [path, text] of Object.entries({ 'shop/services.yaml': forty(service), 'shop/shared.yaml': shared, [PATH]: MANIFEST })) {
    engine.setFile(path, sourceFile(path, text));
  }
  return engine.lint().files;
}

/**
 * Types digits into names all over the manifest, one at a time: what the editor's worker does for each is parse, model, rules, result.
 * @returns how long each took, in milliseconds; that twenty of them are undone at once now and then is not among it
 */
export async function typeInto(engine: Engine, characters: number): Promise<number[]> {
  const durationsMs: number[] = [];
  let text = MANIFEST;
  const judge = async (): Promise<void> => {
    engine.setFile(PATH, sourceFile(PATH, text));
    await engine.prepare();
    engine.lint();
  };
  for (let typed = 0; typed < characters; typed++) {
    if (typed > 0 && typed % UNDONE_AFTER === 0) {
      text = MANIFEST;
      await judge();
    }
    const at = text.indexOf('peer-', (typed * 997) % (text.length - 100)) + 5;
    text = `${text.slice(0, at)}${typed % 10}${text.slice(at)}`;
    const started = performance.now();
    await judge();
    durationsMs.push(performance.now() - started);
  }
  return durationsMs;
}
