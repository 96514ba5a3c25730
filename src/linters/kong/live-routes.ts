import type { ClusterView } from '../probe.ts';
import { databaseMode, roleOf } from './effective.ts';
import { adminAnswers } from './live-admin.ts';
import { hasController, type KongNode } from './live-nodes.ts';
import { declaredConfigs } from './declared.ts';
import { routeCount } from './routes.ts';

/** Routes of a Kong node. */
export interface LiveRoutes {
  readonly routes: number;
  /** All of them were counted; else there are at least so many. */
  readonly complete: boolean;
  readonly source: 'admin' | 'cluster' | 'assumed';
}

/** What holds routes beside ConfigMaps. */
export const ROUTE_RESOURCES = [
  { group: 'networking.k8s.io', resource: 'ingresses' },
  { group: 'gateway.networking.k8s.io', resource: 'httproutes' },
  { group: 'gateway.networking.k8s.io', resource: 'grpcroutes' },
  { group: 'configuration.konghq.com', resource: 'tcpingresses' },
  { group: 'configuration.konghq.com', resource: 'udpingresses' },
] as const;

/**
 * Routes as far as they can be seen. A node with a database may have more than the cluster's objects make, and a data plane gets all of its own from elsewhere;
 * a node without a database has exactly what the ingress controller or its declarative file gives it. With several Kongs nobody can tell whose the cluster's
 * routes are, so they are then at least none.
 */
export function liveRoutes(view: ClusterView, node: KongNode, nodes: readonly KongNode[]): LiveRoutes | undefined {
  for (const { values } of adminAnswers(view, node)) {
    if (typeof values.routes === 'number') return { routes: values.routes, complete: values.more === 0, source: 'admin' };
  }
  const { instance } = node;
  const path = instance?.at.file.path ?? '.';
  const assumed = view.repository.assume(path).routes;
  if (assumed !== undefined) return { routes: assumed, complete: true, source: 'assumed' };
  if (nodes.length > 1) return undefined;
  const counted = routeCount(view.unit, view.repository, path)?.routes;
  const read = ROUTE_RESOURCES.every((resource) => view.outcome(resource) === 'read');
  const given = hasController(view) || declaredConfigs(view.unit).length > 0;
  const own = instance !== undefined && databaseMode(instance) === 'none' && roleOf(instance) === 'traditional';
  if (own && given && read) return { routes: counted ?? 0, complete: true, source: 'cluster' };
  return counted === undefined ? undefined : { routes: counted, complete: false, source: 'cluster' };
}
