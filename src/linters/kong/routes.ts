import { annotationsOf, type KubeObject } from '../../model/kubernetes/objects.ts';
import type { Repository, Unit } from '../../model/unit.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, nodeAt, pairAt, textAt, type YamlMap } from '../../text/yaml.ts';
import { type DeclaredConfig, declaredConfigs, entitiesOf } from './declared.ts';

/** How many routes a Kong of this unit has. */
export interface RouteCount {
  readonly routes: number;
  /** The declarative file with most of them, or the first object that makes one; `undefined` when the user assumes the number. */
  readonly at: Anchor | undefined;
}

const memo = new WeakMap<Unit, RouteCount | undefined>();

/**
 * Routes as far as the files say: those of declarative configuration; else what the user assumes, else those that the ingress
 * controller makes of Ingresses and HTTPRoutes (one for each host, service and port, or each rule; kubernetes-ingress-controller ≥ 2.8,
 * internal/dataplane/translator/subtranslator). The last is a lower bound: other units may hold more.
 * @param path the file that asks, for assumptions that differ by path
 */
export function routeCount(unit: Unit, repository: Repository, path: string): RouteCount | undefined {
  const declared = memo.has(unit) ? memo.get(unit) : countDeclared(unit);
  memo.set(unit, declared);
  const assumed = repository.assume(path).routes;
  if (declared)
    return hasOversizeFile(unit) && assumed !== undefined && assumed > declared.routes ? { ...declared, routes: assumed } : declared;
  return assumed === undefined ? countIngresses(unit) : { routes: assumed, at: undefined };
}

/** A file too large to be read may hold most of the routes. */
function hasOversizeFile(unit: Unit): boolean {
  return unit.gaps.some((gap) => gap.kind === 'oversize' && /\.(?:ya?ml|json)$/.test(gap.path));
}

const EXAMPLE_PATH = /(?:^|\/)(?:tests?|testdata|examples?|fixtures?|samples?)\//i;

function countDeclared(unit: Unit): RouteCount | undefined {
  const all = declaredConfigs(unit);
  const own = all.filter(({ file }) => !EXAMPLE_PATH.test(file.path));
  const groups: { names: Set<string>; routes: number; at: Anchor }[] = [];
  for (const config of own.length > 0 ? own : all) {
    const routes = entitiesOf(config.root, 'routes');
    if (routes.length === 0) continue;
    const names = new Set(routes.flatMap((route) => textAt(route, 'name') ?? []));
    // Two files with the same route are two editions of one configuration (dev and prod), not two halves.
    const same = groups.find((group) => [...names].some((name) => group.names.has(name)));
    const at = placeOf(config);
    if (!same) groups.push({ names, routes: routes.length, at });
    else {
      for (const name of names) same.names.add(name);
      if (routes.length > same.routes) Object.assign(same, { routes: routes.length, at });
    }
  }
  const [largest] = [...groups].sort((a, b) => b.routes - a.routes);
  return largest && { routes: groups.reduce((sum, group) => sum + group.routes, 0), at: largest.at };
}

function placeOf({ root }: DeclaredConfig): Anchor {
  return pairAt(root, '_format_version')?.key ?? root;
}

function countIngresses(unit: Unit): RouteCount | undefined {
  let routes = 0;
  let at: Anchor | undefined;
  const gateways = kongGateways(unit);
  for (const object of unit.objects) {
    const count = routesOf(object, gateways);
    if (count > 0) at ??= pairAt(object.root, 'kind')?.value;
    routes += count;
  }
  return routes > 0 ? { routes, at } : undefined;
}

function routesOf(object: KubeObject, gateways: ReadonlySet<string>): number {
  switch (object.kind) {
    case 'Ingress':
      return isKongClass(object) ? ingressRoutes(object.root) : 0;
    case 'TCPIngress':
    case 'UDPIngress':
      return object.apiVersion.startsWith('configuration.konghq.com/') ? itemsAt(object.root, 'spec', 'rules').length : 0;
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TCPRoute':
    case 'TLSRoute':
    case 'UDPRoute':
      return itemsAt(object.root, 'spec', 'parentRefs').some((parent) => gateways.has(textAt(parent, 'name') ?? ''))
        ? itemsAt(object.root, 'spec', 'rules').length
        : 0;
    default:
      return 0;
  }
}

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
  for (const object of unit.objects) {
    const controller = object.kind === 'GatewayClass' ? textAt(object.root, 'spec', 'controllerName') : undefined;
    if (controller !== undefined && object.name !== undefined && controller.startsWith('konghq.com/')) classes.add(object.name);
  }
  return new Set(
    unit.objects.flatMap((object) =>
      object.kind === 'Gateway' && object.name !== undefined && classes.has(textAt(object.root, 'spec', 'gatewayClassName') ?? '')
        ? [object.name]
        : [],
    ),
  );
}
