import type { JsonValue } from '../text/json-tree.ts';
import { keepMetadata } from './annotations.ts';
import { keepEnv, keepEnvFrom, type MapUse, mapUses } from './environment.ts';
import { keptProbeCommand, keptWords, programOf } from './programs.ts';
import { at, fields, isMap, itemsAt, type Keep, labels, list, matching, presence, scalar, textAt } from './raw.ts';
import type { ServiceEdges } from './service-edges.ts';

/** Where what a workload refers to is settled: its namespace, the cluster's Services, the ConfigMaps that give it variables. */
export interface Surroundings {
  readonly namespace: string;
  readonly edges: ServiceEdges;
  readonly usesMap: (use: MapUse) => void;
}

/** A path without its query, in which tokens are sent. */
const pathOnly: Keep = (raw) => (typeof raw === 'string' ? raw.split(/[?#]/, 1)[0] : undefined);

const probe = fields({
  httpGet: fields({ path: pathOnly, port: scalar, scheme: scalar }),
  grpc: fields({ port: scalar, service: scalar }),
  tcpSocket: fields({ port: scalar }),
  exec: fields({ command: (raw) => (Array.isArray(raw) ? keptProbeCommand(raw) : undefined) }),
  initialDelaySeconds: scalar,
  periodSeconds: scalar,
  timeoutSeconds: scalar,
  successThreshold: scalar,
  failureThreshold: scalar,
});

const resourceList = fields({ cpu: scalar, memory: scalar, 'ephemeral-storage': scalar });

function container({ namespace, edges, usesMap }: Surroundings): Keep {
  return (raw) => {
    if (!isMap(raw)) return undefined;
    for (const use of mapUses(raw)) usesMap(use);
    const program = programOf(textAt(raw, 'name'), textAt(raw, 'image'), [...itemsAt(raw, 'command'), ...itemsAt(raw, 'args')]);
    const words =
      (isCommand: boolean): Keep =>
      (value) =>
        Array.isArray(value) ? keptWords(value, program, isCommand) : undefined;
    return fields({
      name: scalar,
      image: scalar,
      restartPolicy: scalar,
      command: words(true),
      args: words(false),
      ports: list(fields({ name: scalar, containerPort: scalar, protocol: scalar })),
      env: (value) => keepEnv(value, namespace, edges),
      envFrom: keepEnvFrom,
      resources: fields({ limits: resourceList, requests: resourceList }),
      volumeMounts: list(fields({ name: scalar, mountPath: scalar, subPath: scalar, readOnly: scalar })),
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
      lifecycle: fields({ preStop: presence, postStart: presence }),
    })(raw);
  };
}

const volume = fields({
  name: scalar,
  configMap: fields({ name: scalar, optional: scalar, items: list(fields({ key: scalar, path: scalar })) }),
  secret: fields({ secretName: scalar, optional: scalar }),
  emptyDir: fields({ medium: scalar, sizeLimit: scalar }),
  persistentVolumeClaim: fields({ claimName: scalar }),
  hostPath: presence,
  projected: presence,
  csi: presence,
  downwardAPI: presence,
});

/** A pod's `spec`. */
export function keepPodSpec(surroundings: Surroundings): Keep {
  const containers = list(container(surroundings));
  return fields({
    containers,
    initContainers: containers,
    volumes: list(volume),
    restartPolicy: scalar,
    terminationGracePeriodSeconds: scalar,
    dnsPolicy: scalar,
    dnsConfig: fields({
      nameservers: list(matching(/^[\da-fA-F.:]{2,45}$/)),
      searches: list(scalar),
      options: list(fields({ name: scalar, value: scalar })),
    }),
    hostNetwork: scalar,
    shareProcessNamespace: scalar,
    enableServiceLinks: scalar,
    automountServiceAccountToken: scalar,
    serviceAccountName: scalar,
    nodeSelector: labels,
  });
}

/** A pod template: `metadata` and `spec`. */
export function keepPodTemplate(surroundings: Surroundings): Keep {
  return fields({ metadata: keepMetadata, spec: keepPodSpec(surroundings) });
}

const SIDECARS: ReadonlySet<string> = new Set([
  'istio-proxy',
  'istio-init',
  'istio-validation',
  'linkerd-proxy',
  'linkerd-init',
  'linkerd-network-validator',
]);

/**
 * A pod as it was before admission put a mesh's containers and volumes in: what somebody wrote. Nothing is taken from a pod that names no injector.
 * What is taken out before others leaves a null: pointers stay right.
 */
export function withoutInjected(pod: unknown): unknown {
  const status = at(pod, 'metadata', 'annotations', 'sidecar.istio.io/status');
  const byLinkerd =
    textAt(pod, 'metadata', 'annotations', 'linkerd.io/proxy-version') ?? textAt(pod, 'metadata', 'labels', 'linkerd.io/control-plane-ns');
  if (!isMap(pod) || (status === undefined && byLinkerd === undefined)) return pod;
  const spec = at(pod, 'spec');
  if (!isMap(spec)) return pod;
  const without = (key: string, isInjected: (item: unknown) => boolean): Record<string, unknown> =>
    Array.isArray(spec[key]) ? { [key]: trimmed(spec[key].map((item: unknown) => (isInjected(item) ? null : item))) } : {};
  const isSidecar = (item: unknown): boolean => SIDECARS.has(textAt(item, 'name') ?? '');
  const isVolume = (item: unknown): boolean =>
    /^(?:istio-(?:envoy|data|podinfo|token|ca-crl)|istiod-ca-cert|workload-(?:socket|certs)|credential-socket|linkerd-.*)$/.test(
      textAt(item, 'name') ?? '',
    );
  return {
    ...pod,
    spec: { ...spec, ...without('containers', isSidecar), ...without('initContainers', isSidecar), ...without('volumes', isVolume) },
  };
}

function trimmed(items: readonly unknown[]): readonly unknown[] {
  let end = items.length;
  while (end > 0 && items[end - 1] === null) end -= 1;
  return items.slice(0, end);
}

/** Narrows what a projection gave to the JSON object that it is. */
export function asObject(kept: JsonValue | undefined): { readonly [key: string]: JsonValue } {
  return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as { readonly [key: string]: JsonValue }) : {};
}
