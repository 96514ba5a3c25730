// Reads a cluster once, as the editor does, and prints what it took. Its own process: the peak of memory is the reader's alone.
const [, , bundle, kubeconfig] = process.argv;
const startedMs = performance.now();
const { openCluster } = require(bundle);

openCluster({ version: 'bench', kubeconfig }).then(async (opened) => {
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  const snapshot = await opened.value.collect({ scope: { kind: 'all' }, needs: [] });
  opened.value.close();
  const unread = snapshot.reads.filter(({ outcome }) => !['read', 'absent', 'not-asked'].includes(outcome));
  if (unread.length > 0) throw new Error(JSON.stringify(unread));
  const result = {
    wallMs: performance.now() - startedMs,
    requests: snapshot.requests.count,
    pods: snapshot.pods.length,
    objects: snapshot.objects.length,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    cpuMs: (process.resourceUsage().userCPUTime + process.resourceUsage().systemCPUTime) / 1000,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
});
