import { keepAnnotations } from './annotations.ts';
import { amount, keepMeshConfig } from './mesh-config.ts';
import { fields, type Keep, matching, scalar } from './raw.ts';

const portList = matching(/^[\w\s.,;:，*/[\]-]{0,500}$/);

/** Values of istiod's chart: in the injector's ConfigMap (`values`), in an IstioOperator, in an Istio resource. */
export const keepInstallValues: Keep = fields({
  global: fields({
    tag: scalar,
    hub: matching(/^[\w./:-]{0,200}$/),
    proxy: fields({
      image: matching(/^[\w./:-]{0,200}$/),
      excludeOutboundPorts: portList,
      includeOutboundPorts: portList,
      excludeInboundPorts: portList,
      includeInboundPorts: portList,
      includeIPRanges: portList,
      excludeIPRanges: portList,
      holdApplicationUntilProxyStarts: scalar,
    }),
  }),
  pilot: fields({ cni: fields({ enabled: scalar }), podAnnotations: keepAnnotations }),
  revision: scalar,
  meshConfig: keepMeshConfig,
  gateways: fields({
    'istio-ingressgateway': fields({ podAnnotations: keepAnnotations, env: fields({ ISTIO_META_IDLE_TIMEOUT: amount }) }),
    'istio-egressgateway': fields({ podAnnotations: keepAnnotations, env: fields({ ISTIO_META_IDLE_TIMEOUT: amount }) }),
  }),
});
