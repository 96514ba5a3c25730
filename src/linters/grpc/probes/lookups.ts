import { groupBy } from '../../../text/group-by.ts';
import type { EnvironmentVariable } from '../../../model/container.ts';
import type { KubeObject } from '../../../model/kubernetes/objects.ts';
import { objectsOfKind, type Unit } from '../../../model/unit.ts';
import { type Address, serviceAddressOf } from '../../../snapshot/service-address.ts';
import type { ContainerUsage, EndpointState, PodState, UsageSample } from '../../../snapshot/snapshot.ts';
import { oncePer } from '../../../text/once.ts';
import type { SourceFile } from '../../../text/source.ts';
import type { LiveWorkload } from '../../probe.ts';

/** A cluster has thousands of each: what is asked for by a name is looked up, not looked for. */

/** A variable with the address of a Service. */
export interface AddressedVariable {
  readonly workload: LiveWorkload;
  readonly container: string;
  readonly image: string | undefined;
  readonly variable: EnvironmentVariable;
  readonly address: Address;
}

/** By the Service's `namespace/name`, in the order of the workloads. Init containers have ended when it matters. */
export const addressesOf = oncePer((workloads: readonly LiveWorkload[]): ReadonlyMap<string, readonly AddressedVariable[]> => {
  const found = workloads.flatMap((workload) =>
    workload.containers.flatMap(({ init, name, image, env }) =>
      init
        ? []
        : [...env.variables.values()].flatMap((variable): AddressedVariable[] => {
            const address = serviceAddressOf(variable);
            return address ? [{ workload, container: name, image: image?.known ? image.value : undefined, variable, address }] : [];
          }),
    ),
  );
  return groupBy(found, ({ address }) => `${address.namespace}/${address.name}`);
});

/** By the Service's `namespace/name`. */
export const endpointsByService = oncePer(
  (endpoints: readonly EndpointState[]): ReadonlyMap<string, readonly EndpointState[]> =>
    groupBy(endpoints, ({ namespace, service }) => `${namespace}/${service}`),
);

/** By `namespace/name`. */
export const podsByName = oncePer(
  (pods: readonly PodState[]): ReadonlyMap<string, PodState> => new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod])),
);

/** By the pod's `namespace/name`. */
export const usageByPod = oncePer(
  ({ containers }: UsageSample): ReadonlyMap<string, readonly ContainerUsage[]> =>
    groupBy(containers, ({ namespace, pod }) => `${namespace}/${pod}`),
);

export const namespacesByName = oncePer(
  (unit: Unit): ReadonlyMap<string | undefined, KubeObject> => new Map(objectsOfKind(unit, 'Namespace').map((one) => [one.name, one])),
);

export const objectsByFile = oncePer(
  (unit: Unit): ReadonlyMap<SourceFile, KubeObject> => new Map(unit.objects.map((one) => [one.file, one])),
);
