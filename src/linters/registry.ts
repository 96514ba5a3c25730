import type { InsightProvider } from './insight.ts';
import type { Rule } from './rule.ts';
import { grpcSpread } from './grpc/insights.ts';
import { kongInsights } from './kong/insights.ts';
import { sdkRefreshWindow } from './aws/rules/sdk-refresh-window.ts';
import { jvmTtlNoEffect } from './dns/rules/jvm-ttl-no-effect.ts';
import { ndotsMusl } from './dns/rules/ndots-musl.ts';
import { ndotsSearchStorm } from './dns/rules/ndots-search-storm.ts';
import { clusteripPinned } from './grpc/rules/clusterip-pinned.ts';
import { goRoundRobinPassthrough } from './grpc/rules/go-round-robin-passthrough.ts';
import { headlessPickFirst } from './grpc/rules/headless-pick-first.ts';
import { keepaliveTooManyPings } from './grpc/rules/keepalive-too-many-pings.ts';
import { nodeLoadBalancingIgnored } from './grpc/rules/node-load-balancing-ignored.ts';
import { roundRobinOverClusterip } from './grpc/rules/round-robin-over-clusterip.ts';
import { targetHttpUrl } from './grpc/rules/target-http-url.ts';
import { istioInsights } from './istio/insights.ts';
import { annotationOnWrongObject } from './istio/rules/annotation-on-wrong-object.ts';
import { externalDatabaseUnmanaged } from './istio/rules/external-database-unmanaged.ts';
import { idleTimeoutNotOnTopLevel } from './istio/rules/idle-timeout-not-on-top-level.ts';
import { idleTimeoutOffWithoutKeepalive } from './istio/rules/idle-timeout-off-without-keepalive.ts';
import { idleTimeoutUnparsable } from './istio/rules/idle-timeout-unparsable.ts';
import { invalidCidrList } from './istio/rules/invalid-cidr-list.ts';
import { invalidPortList } from './istio/rules/invalid-port-list.ts';
import { keepaliveIneffective } from './istio/rules/keepalive-ineffective.ts';
import { serverFirstPortSniffed } from './istio/rules/server-first-port-sniffed.ts';
import { unknownAnnotation } from './istio/rules/unknown-annotation.ts';
import { kiamInsights } from './kiam/insights.ts';
import { flagNotInVersion } from './kiam/rules/flag-not-in-version.ts';
import { refreshNotBelowDuration } from './kiam/rules/refresh-not-below-duration.ts';
import { roleAnnotationMisplaced } from './kiam/rules/role-annotation-misplaced.ts';
import { sessionWindow } from './kiam/rules/session-window.ts';
import { dbCacheTtlZero } from './kong/rules/db-cache-ttl-zero.ts';
import { fullRebuildFlavor } from './kong/rules/full-rebuild-flavor.ts';
import { limitBelowRebuildHeadroom } from './kong/rules/limit-below-rebuild-headroom.ts';
import { pluginWhitelistBlacklist } from './kong/rules/plugin-whitelist-blacklist.ts';
import { probeOnAdminRoot } from './kong/rules/probe-on-admin-root.ts';
import { removedSetting } from './kong/rules/removed-setting.ts';
import { strictConsistency } from './kong/rules/strict-consistency.ts';
import { workersAutoInContainer } from './kong/rules/workers-auto-in-container.ts';
import { gomemlimitMalformed } from './runtime/rules/gomemlimit-malformed.ts';
import { gomemlimitVsLimit } from './runtime/rules/gomemlimit-vs-limit.ts';
import { jvmHeapVsLimit } from './runtime/rules/jvm-heap-vs-limit.ts';

/** Every rule, by id. One line a rule. */
export const RULES: readonly Rule[] = [
  sdkRefreshWindow,
  jvmTtlNoEffect,
  ndotsMusl,
  ndotsSearchStorm,
  clusteripPinned,
  goRoundRobinPassthrough,
  headlessPickFirst,
  keepaliveTooManyPings,
  nodeLoadBalancingIgnored,
  roundRobinOverClusterip,
  targetHttpUrl,
  annotationOnWrongObject,
  externalDatabaseUnmanaged,
  idleTimeoutNotOnTopLevel,
  idleTimeoutOffWithoutKeepalive,
  idleTimeoutUnparsable,
  invalidCidrList,
  invalidPortList,
  keepaliveIneffective,
  serverFirstPortSniffed,
  unknownAnnotation,
  flagNotInVersion,
  refreshNotBelowDuration,
  roleAnnotationMisplaced,
  sessionWindow,
  dbCacheTtlZero,
  fullRebuildFlavor,
  limitBelowRebuildHeadroom,
  pluginWhitelistBlacklist,
  probeOnAdminRoot,
  removedSetting,
  strictConsistency,
  workersAutoInContainer,
  gomemlimitMalformed,
  gomemlimitVsLimit,
  jvmHeapVsLimit,
];

/** Effective values that the editor shows as code lenses, one line a technology. */
export const INSIGHTS: readonly InsightProvider[] = [grpcSpread, istioInsights, kiamInsights, kongInsights];
