import { at, fields, itemsAt, labels, list, matching, numberAt, scalar, textAt } from './raw.ts';
import type { EndpointState } from './snapshot.ts';

export const SERVICE_SPEC = fields({
  type: scalar,
  clusterIP: matching(/^(?:None|[\da-fA-F.:]{0,45})$/),
  externalName: scalar,
  selector: labels,
  ports: list(fields({ name: scalar, port: scalar, targetPort: scalar, protocol: scalar, appProtocol: scalar })),
  sessionAffinity: scalar,
  internalTrafficPolicy: scalar,
  trafficDistribution: scalar,
  publishNotReadyAddresses: scalar,
});

/** Ports on which a Service can be dialled, and whether it is headless. */
export function listening(raw: unknown): { readonly ports: readonly number[]; readonly headless: boolean } {
  const ports = itemsAt(raw, 'spec', 'ports').flatMap((port) => numberAt(port, 'port') ?? []);
  const isOutside = textAt(raw, 'spec', 'type') === 'ExternalName';
  return { ports, headless: isOutside || textAt(raw, 'spec', 'clusterIP') === 'None' };
}

/** The addresses of an EndpointSlice. */
export function endpointsOfSlice(raw: unknown): EndpointState[] {
  const namespace = textAt(raw, 'metadata', 'namespace') ?? '';
  const service = textAt(raw, 'metadata', 'labels', 'kubernetes.io/service-name');
  if (service === undefined) return [];
  return itemsAt(raw, 'endpoints').flatMap((endpoint): EndpointState[] => {
    const ip = textAt(endpoint, 'addresses', 0);
    if (ip === undefined) return [];
    const pod = textAt(endpoint, 'targetRef', 'kind') === 'Pod' ? textAt(endpoint, 'targetRef', 'name') : undefined;
    const node = textAt(endpoint, 'nodeName');
    const zone = textAt(endpoint, 'zone');
    const forZones = itemsAt(endpoint, 'hints', 'forZones').flatMap((one) => textAt(one, 'name') ?? []);
    return [
      {
        namespace,
        service,
        ip,
        // Nothing said means ready, by the API's own words.
        ready: at(endpoint, 'conditions', 'ready') !== false,
        ...(pod === undefined ? {} : { pod }),
        ...(node === undefined ? {} : { node }),
        ...(zone === undefined ? {} : { zone }),
        ...(forZones.length > 0 ? { forZones } : {}),
      },
    ];
  });
}

/** The addresses of an Endpoints object, for clusters and files without slices. */
export function endpointsOfEndpoints(raw: unknown): EndpointState[] {
  const namespace = textAt(raw, 'metadata', 'namespace') ?? '';
  const service = textAt(raw, 'metadata', 'name');
  if (service === undefined) return [];
  return itemsAt(raw, 'subsets').flatMap((subset) => [
    ...itemsAt(subset, 'addresses').flatMap((address) => endpoint(namespace, service, address, true)),
    ...itemsAt(subset, 'notReadyAddresses').flatMap((address) => endpoint(namespace, service, address, false)),
  ]);
}

function endpoint(namespace: string, service: string, address: unknown, ready: boolean): EndpointState[] {
  const ip = textAt(address, 'ip');
  if (ip === undefined) return [];
  const pod = textAt(address, 'targetRef', 'kind') === 'Pod' ? textAt(address, 'targetRef', 'name') : undefined;
  const node = textAt(address, 'nodeName');
  return [{ namespace, service, ip, ready, ...(pod === undefined ? {} : { pod }), ...(node === undefined ? {} : { node }) }];
}
