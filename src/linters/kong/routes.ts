import { annotationsOf, type KubeObject } from '../../model/kubernetes/objects.ts';
import { objectsOfKind, type Repository, type Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, nodeAt, pairAt, textAt, type YamlMap } from '../../text/yaml.ts';
import { type DeclaredConfig, declaredConfigs, entitiesOf } from './declared.ts';

/** How many routes a Kong of this unit has. */
export interface RouteCount {
  readonly routes: number;
  /** The declarative file with most of them, or the first object that makes one; `undefined` when the user assumes the number. */
  readonly at: Anchor | undefined;
}

/**
 * Routes as far as the files say: those of declarative configuration; else what the user assumes, else those that the ingress
 * controller makes of Ingresses and HTTPRoutes (one for each host, service and port, or each rule; kubernetes-ingress-controller ≥ 2.8,
 * internal/dataplane/translator/subtranslator). The last is a lower bound: other units may hold more.
 * @param path the file that asks, for assumptions that differ by path
 */
export function routeCount(unit: Unit, repository: Repository, path: string): RouteCount | undefined {
  const declared = countDeclared(unit);
  const assumed = repository.assume(path).routes;
  if (declared)
    return hasUncountedFile(unit) && assumed !== undefined ? { ...declared, routes: Math.max(assumed, declared.routes) } : declared;
  return assumed === undefined ? countIngresses(unit) : { routes: assumed, at: undefined };
}

/** A file too large to be read, whose routes could not be counted, may hold most of them. */
function hasUncountedFile(unit: Unit): boolean {
  return unit.gaps.some((gap) => gap.kind === 'oversize' && !gap.declared && /\.(?:ya?ml|json)$/.test(gap.path));
}

const EXAMPLE_PATH = /(?:^|\/)(?:tests?|testdata|examples?|fixtures?|samples?)\//i;

function notExamples<T>(all: readonly T[], path: (one: T) => string): readonly T[] {
  const own = all.filter((one) => !EXAMPLE_PATH.test(path(one)));
  return own.length > 0 ? own : all;
}

const countDeclared = oncePer((unit: Unit): RouteCount | undefined => {
  const read = countRead(unit);
  // The names in a large file aren't known, so it may be another edition of what was read: the larger number is sure.
  const counted = unit.gaps.flatMap(({ declared }) => declared ?? []);
  const [large] = [...notExamples(counted, ({ at }) => at.file.path)].sort((a, b) => b.routes - a.routes);
  return large && (!read || large.routes > read.routes) ? large : read;
});

function countRead(unit: Unit): RouteCount | undefined {
  const groups: { names: Set<string>; routes: number; at: Anchor }[] = [];
  for (const config of notExamples(declaredConfigs(unit), ({ file }) => file.path)) {
    const { routes, names } = routesIn(config);
    if (routes === 0) continue;
    // Two files with the same route are two editions of one configuration (dev and prod), not two halves.
    const same = groups.find((group) => names.some((name) => group.names.has(name)));
    const at = placeOf(config);
    if (!same) groups.push({ names: new Set(names), routes, at });
    else {
      for (const name of names) same.names.add(name);
      if (routes > same.routes) Object.assign(same, { routes, at });
    }
  }
  const [largest] = [...groups].sort((a, b) => b.routes - a.routes);
  return largest && { routes: groups.reduce((sum, group) => sum + group.routes, 0), at: largest.at };
}

const routesIn = oncePer(({ root }: DeclaredConfig): { readonly routes: number; readonly names: readonly string[] } => {
  const routes = entitiesOf(root, 'routes');
  return { routes: routes.length, names: routes.flatMap((route) => textAt(route, 'name') ?? []) };
});

function placeOf({ root }: DeclaredConfig): Anchor {
  return pairAt(root, '_format_version')?.key ?? root;
}

const countIngresses = oncePer((unit: Unit): RouteCount | undefined => {
  let routes = 0;
  let at: Anchor | undefined;
  const gateways = kongGateways(unit);
  for (const object of unit.objects) {
    const { parents, routes: own } = routesOf(object);
    if (own === 0 || !(parents === undefined || parents.some((name) => gateways.has(name)))) continue;
    at ??= pairAt(object.root, 'kind')?.value;
    routes += own;
  }
  return routes > 0 ? { routes, at } : undefined;
});

/** The routes that one object makes; `parents`: if one of these Gateways is Kong's, as an HTTPRoute and its like name them. */
const routesOf = oncePer((object: KubeObject): { readonly routes: number; readonly parents: readonly string[] | undefined } => {
  const rules = itemsAt(object.root, 'spec', 'rules').length;
  switch (object.kind) {
    case 'Ingress':
      return { routes: isKongClass(object) ? ingressRoutes(object.root) : 0, parents: undefined };
    case 'TCPIngress':
    case 'UDPIngress':
      return { routes: object.apiVersion.startsWith('configuration.konghq.com/') ? rules : 0, parents: undefined };
    default:
      return { routes: rules, parents: itemsAt(object.root, 'spec', 'parentRefs').flatMap((parent) => textAt(parent, 'name') ?? []) };
  }
});

function isKongClass(object: KubeObject): boolean {
  const name = textAt(object.root, 'spec', 'ingressClassName') ?? textAt(annotationsOf(object), 'kubernetes.io/ingress.class');
  return name === 'kong';
}

function ingressRoutes(root: YamlMap): number {
  const seen = new Set<string>();
  for (const rule of itemsAt(root, 'spec', 'rules')) {
    for (const path of itemsAt(rule, 'http', 'paths')) {
      const service = nodeAt(path, 'backend', 'service');
      const name = textAt(service, 'name') ?? textAt(path, 'backend', 'serviceName');
      const port = textAt(service, 'port', 'number') ?? textAt(service, 'port', 'name') ?? textAt(path, 'backend', 'servicePort');
      seen.add(`${textAt(rule, 'host') ?? ''}\u0000${name ?? `?${path.start}`}\u0000${port ?? ''}`);
    }
  }
  return seen.size;
}

/** Names of the Gateways whose class Kong's controllers serve. */
function kongGateways(unit: Unit): Set<string> {
  const classes = new Set(['kong']);
  for (const { name, root } of objectsOfKind(unit, 'GatewayClass')) {
    if (name !== undefined && textAt(root, 'spec', 'controllerName')?.startsWith('konghq.com/')) classes.add(name);
  }
  return new Set(
    objectsOfKind(unit, 'Gateway').flatMap((object) =>
      object.name !== undefined && classes.has(textAt(object.root, 'spec', 'gatewayClassName') ?? '') ? [object.name] : [],
    ),
  );
}
