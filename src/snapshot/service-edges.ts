import type { JsonValue } from '../text/json-tree.ts';

/** A host and port as a setting's value gives them. */
export interface Address {
  readonly namespace: string;
  readonly name: string;
  readonly port?: number;
  /** As written: `orders`, `orders.shop.svc`. How many dots it has decides how DNS looks it up. */
  readonly host: string;
  /** The scheme as written, where it matters to gRPC: `http://`, `dns:///`; `other://` for any other (a database's). */
  readonly prefix?: string;
}

type Holder = { [key: string]: JsonValue };

interface Waiting {
  readonly holder: Holder;
  readonly address: Address;
}

interface ListedService {
  /** Ports on which the Service can be dialled; `undefined`: any, it is headless. */
  readonly ports: ReadonlySet<number> | undefined;
}

/**
 * The edges workload → Service that values of settings make. A value that may be an address waits, as an address, until it is known whether
 * the cluster has such a Service: what is none is dropped. The value itself is never kept.
 */
export class ServiceEdges {
  private readonly services = new Map<string, ListedService>();
  private waiting: Waiting[] = [];

  addService(namespace: string, name: string, ports: readonly number[], headless: boolean): void {
    this.services.set(`${namespace}/${name}`, { ports: headless ? undefined : new Set(ports) });
  }

  /**
   * What stands for a value that isn't kept: `{ dropped: {} }`, which settle() makes `{ serviceAddress: { namespace, name, host, port, prefix } }` for an address of a listed Service.
   * @param setting the variable's name: a bare word is an address only where the name says so
   * @param namespace of the workload
   */
  valueOf(setting: string, text: string, namespace: string): Holder {
    const holder: Holder = { dropped: {} };
    const address = addressIn(setting, text, namespace);
    if (address) this.waiting.push({ holder, address });
    return holder;
  }

  /** Call when the Services are listed; may be called again. */
  settle(): void {
    this.waiting = this.waiting.filter(({ holder, address }) => {
      const { namespace, name, port } = address;
      const service = this.services.get(`${namespace}/${name}`);
      if (!service) return true;
      // `redis:7` may be an image: nobody can dial a port that the Service doesn't have.
      if (port !== undefined && service.ports && !service.ports.has(port)) return true;
      delete holder.dropped;
      holder.serviceAddress = { ...address };
      return false;
    });
  }
}

const NAMES_ADDRESS =
  /(?:^|[_.-])(?:host|hostname|addr|address|url|uri|endpoint|target|server|service|svc|upstream|backend|broker|dsn)s?$/i;
const GRPC_SCHEME = /^(?:https?|grpcs?|dns|passthrough|xds|static|kubernetes|ipv[46]|unix):\/{0,3}$/;
const SCHEME = /^(?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/\/?/i;

/**
 * The Service that a value would name by Kubernetes' DNS: `svc`, `svc.ns`, `svc.ns.svc`, `svc.ns.svc.cluster.local`, bare, with a port, or in a URL or gRPC
 * target (`dns:///`, `passthrough:///`, `http://`); of a list the first.
 */
export function addressIn(setting: string, text: string, namespace: string): Address | undefined {
  if (text.length > 2000) return undefined;
  const first = (text.split(',', 1)[0] ?? '').trim();
  const scheme = SCHEME.exec(first)?.[0] ?? /^(?:dns|passthrough):/.exec(first)?.[0] ?? '';
  const authority = first.slice(scheme.length).split(/[/?#]/, 1)[0] ?? '';
  const own = authority.slice(authority.lastIndexOf('@') + 1);
  const match = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\.?)(?::(\d{1,5}))?$/.exec(own.toLowerCase());
  const host = match?.[1];
  if (host === undefined) return undefined;
  const [name = '', space, third] = host.replace(/\.$/, '').split('.');
  // Behind `svc` stands the cluster's domain and nothing else.
  if (third !== undefined && !/^[^.]+\.[^.]+\.svc(?:\.cluster\.local)?\.?$/.test(host)) return undefined;
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  const isBare = scheme === '' && space === undefined && port === undefined;
  if (isBare && !NAMES_ADDRESS.test(setting.replace(/([a-z])([A-Z])/g, '$1_$2'))) return undefined;
  const prefix = scheme === '' ? {} : { prefix: GRPC_SCHEME.test(scheme) ? scheme : 'other://' };
  return { namespace: space ?? namespace, name, host, ...(port === undefined ? {} : { port }), ...prefix };
}
