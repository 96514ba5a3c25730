import { keepPodTemplate, type Surroundings } from './pod-template.ts';
import { pluginConfig } from './config-maps.ts';
import { fields, isMap, type Keep, list, scalar } from './raw.ts';

const backend = fields({
  service: fields({ name: scalar, port: fields({ number: scalar, name: scalar }) }),
  serviceName: scalar,
  servicePort: scalar,
});

export const INGRESS_SPEC: Keep = fields({
  ingressClassName: scalar,
  defaultBackend: backend,
  rules: list(fields({ host: scalar, http: fields({ paths: list(fields({ path: scalar, pathType: scalar, backend })) }) })),
});

const reference = fields({ group: scalar, kind: scalar, name: scalar, namespace: scalar, sectionName: scalar, port: scalar });

/** `spec` of the Gateway API's routes: how many rules, and where they lead. */
export const ROUTE_SPEC: Keep = fields({
  parentRefs: list(reference),
  hostnames: list(scalar),
  rules: list(fields({ backendRefs: list(reference) })),
});

export const GATEWAY_CLASS_SPEC: Keep = fields({ controllerName: scalar });

/** `spec` of TCPIngress and UDPIngress. */
export const L4_INGRESS_SPEC: Keep = fields({
  rules: list(fields({ host: scalar, port: scalar, backend: fields({ serviceName: scalar, servicePort: scalar }) })),
});

/** A KongPlugin has no `spec`. Of its configuration only the names of fields that were renamed stay. */
export const PLUGIN_FIELDS_KEPT: Readonly<Record<string, Keep>> = {
  plugin: scalar,
  disabled: scalar,
  config: (raw) => (isMap(raw) ? pluginConfig(raw) : undefined),
};

export const UPSTREAM_POLICY_SPEC: Keep = fields({ algorithm: scalar, slots: scalar });

/** `spec` of the gateway operator's kinds: the pods that they ask for. */
export function operatedSpecs(surroundings: Surroundings): Readonly<Record<string, Keep>> {
  const deployment = fields({ replicas: scalar, podTemplateSpec: keepPodTemplate(surroundings) });
  return {
    DataPlane: fields({ deployment }),
    ControlPlane: fields({ deployment, dataplane: scalar, ingressClass: scalar }),
    GatewayConfiguration: fields({ dataPlaneOptions: fields({ deployment }), controlPlaneOptions: fields({ deployment }) }),
  };
}
