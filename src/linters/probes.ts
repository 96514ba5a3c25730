import { slowLookups } from './dns/probes/slow-lookups.ts';
import { clientCannotConnect } from './grpc/probes/client-cannot-connect.ts';
import { connectionsClosedByKeepalive } from './grpc/probes/connections-closed-by-keepalive.ts';
import { onePodGetsAllRequests } from './grpc/probes/one-pod-gets-all-requests.ts';
import { annotationsThatDoNothing } from './istio/probes/annotations-that-do-nothing.ts';
import { idleConnectionTimeout } from './istio/probes/idle-connection-timeout.ts';
import { wrongPortProtocol } from './istio/probes/wrong-port-protocol.ts';
import { credentialRefreshStorm } from './kiam/probes/credential-refresh-storm.ts';
import { podsWithoutCredentials } from './kiam/probes/pods-without-credentials.ts';
import { cacheTtlZero } from './kong/probes/cache-ttl-zero.ts';
import { routerRebuildMemory } from './kong/probes/router-rebuild-memory.ts';
import { settingsThatKongIgnores } from './kong/probes/settings-that-kong-ignores.ts';
import { goMemoryLimit } from './runtime/probes/go-memory-limit.ts';
import { jvmMemoryLimit } from './runtime/probes/jvm-memory-limit.ts';
import type { Probe } from './probe.ts';

/** Every probe, by id. One line a probe. */
export const PROBES: readonly Probe[] = [
  slowLookups,
  clientCannotConnect,
  connectionsClosedByKeepalive,
  onePodGetsAllRequests,
  annotationsThatDoNothing,
  idleConnectionTimeout,
  wrongPortProtocol,
  credentialRefreshStorm,
  podsWithoutCredentials,
  cacheTtlZero,
  routerRebuildMemory,
  settingsThatKongIgnores,
  goMemoryLimit,
  jvmMemoryLimit,
];
