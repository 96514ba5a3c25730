import { fields, labels, list, matching, scalar } from './raw.ts';

/** Durations, counts and switches: also mistaken ones. */
export const amount = matching(/^[-+]?[\w.% ]{0,32}$/);

export const keepKeepalive = fields({ probes: amount, time: amount, interval: amount });

/** Istio's ProxyConfig: in MeshConfig.defaultConfig, in the annotation proxy.istio.io/config, in a proxy's own environment. */
export const keepProxyConfig = fields({
  proxyMetadata: fields({
    ISTIO_META_IDLE_TIMEOUT: amount,
    ISTIO_META_DNS_CAPTURE: amount,
    ISTIO_META_DNS_AUTO_ALLOCATE: amount,
    EXIT_ON_ZERO_ACTIVE_CONNECTIONS: amount,
  }),
  holdApplicationUntilProxyStarts: scalar,
  concurrency: amount,
  drainDuration: amount,
  terminationDrainDuration: amount,
  proxyStatsMatcher: fields({
    inclusionPrefixes: list(matching(/^[\w.*\\|-]{0,100}$/)),
    inclusionRegexps: list(matching(/^[\w.*+\\|()-]{0,100}$/)),
  }),
});

/** MeshConfig: what the idle-timeout facts and probes read. */
export const keepMeshConfig = fields({
  tcpKeepalive: keepKeepalive,
  defaultConfig: keepProxyConfig,
  outboundTrafficPolicy: fields({ mode: scalar }),
  accessLogFile: matching(/^(?:\/dev\/(?:stdout|stderr)|)$/),
  accessLogEncoding: scalar,
  protocolDetectionTimeout: amount,
  connectTimeout: amount,
  hboneIdleTimeout: amount,
  rootNamespace: scalar,
  trustDomain: scalar,
  discoverySelectors: list(fields({ matchLabels: labels })),
});
