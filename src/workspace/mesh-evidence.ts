import type { Repository } from '../model/unit.ts';
import type { SourceFile } from '../text/source.ts';

const QUICK = /istio|linkerd\.io|consul\.hashicorp\.com|kuma\.io/;
/** An `apiVersion`, or a label or annotation key, of a mesh; comments and prose don't count. */
const EVIDENCE =
  /^(?:\s*(?:-\s*)?["']?apiVersion["']?\s*:\s*["']?|\s*["']?)([\w.-]*\.)?(istio\.io|linkerd\.io|consul\.hashicorp\.com|kuma\.io)\/|^\s*["']?(istio-injection)["']?\s*:/gm;
/** Present in many manifests that run without Istio: it says nothing of injection. */
const NO_EVIDENCE = 'sidecar.istio.io/rewriteAppHTTPProbers';

const MESHES = { 'istio.io': 'istio', 'linkerd.io': 'linkerd', 'consul.hashicorp.com': 'consul', 'kuma.io': 'kuma' } as const;

/**
 * Manifests that a test reads: nobody applies them, or only to a cluster that lives as long as the test. A folder `test` inside others may
 * be an environment.
 */
const TEST_DATA = /(?:^|\/)(?:tests|__tests__|test-?data|(?:__)?fixtures?(?:__)?|e2e|src\/test)\/|^test\//i;

export type MeshEvidence = Repository['meshEvidence'][number];

/** The first place of a file that speaks of a service mesh; test data says nothing of what the cluster has. */
export function meshEvidenceOf(file: SourceFile): MeshEvidence | undefined {
  // A CustomResourceDefinition names its group but is no object of it, and such files hold most of a repository's bytes.
  if (file.text.slice(0, 400).includes('kind: CustomResourceDefinition') || !QUICK.test(file.text)) return undefined;
  if (TEST_DATA.test(file.path)) return undefined;
  for (const match of file.text.matchAll(EVIDENCE)) {
    const start = match.index + match[0].length - match[0].trimStart().length;
    if (file.text.startsWith(NO_EVIDENCE, start) || file.text.startsWith(NO_EVIDENCE, start + 1)) continue;
    const domain = match[2] as keyof typeof MESHES | undefined;
    return { mesh: domain ? MESHES[domain] : 'istio', file, start, end: match.index + match[0].trimEnd().length };
  }
  return undefined;
}
