import { parseImage } from '../../model/version.ts';
import type { Unit } from '../../model/unit.ts';
import type { KubeObject, PodTemplate } from '../../model/kubernetes/objects.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, mapAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';
import { selects } from './facts-injection.ts';
import { portNumber } from './facts-protocol.ts';
import { podTemplates } from './objects.ts';

/** What speaks first on a port, and how that is known. */
export interface ServerFirst {
  readonly product: string;
  /** The image of the selected pod; `undefined`: by the port's number alone. */
  readonly image: Anchor | undefined;
}

/**
 * Ports on which the server sends the first bytes, by the products' own documentation. Not here: Redis, PostgreSQL, memcached, MongoDB (the client
 * begins), SSH (both begin at once), and what starts with TLS (465, 993, 995).
 */
const DOCUMENTED_PORTS: ReadonlyMap<number, string> = new Map([
  [21, 'FTP'],
  [25, 'SMTP'],
  [110, 'POP3'],
  [143, 'IMAP'],
  [587, 'SMTP'],
  [3306, 'MySQL'],
  [3307, 'MySQL (ShardingSphere-Proxy)'],
  [4222, 'NATS'],
  [5900, 'VNC'],
  [6033, 'ProxySQL'],
  [33061, 'MySQL'],
  [33062, 'MySQL'],
]);

interface ServerFirstProduct {
  readonly names: readonly string[];
  readonly product: string;
  readonly ports: readonly number[];
}

const IMAGES: readonly ServerFirstProduct[] = [
  {
    names: [
      'mysql',
      'mysql-server',
      'community-server',
      'mariadb',
      'mariadb-galera',
      'percona',
      'percona-server',
      'percona-xtradb-cluster',
    ],
    product: 'MySQL',
    ports: [3306, 33062],
  },
  { names: ['proxysql'], product: 'ProxySQL', ports: [6032, 6033] },
  { names: ['shardingsphere-proxy'], product: 'ShardingSphere-Proxy', ports: [3307] },
  { names: ['nats', 'nats-streaming'], product: 'NATS', ports: [4222] },
];

export function documentedPort(number: number | undefined): ServerFirst | undefined {
  const product = number === undefined ? undefined : DOCUMENTED_PORTS.get(number);
  return product === undefined ? undefined : { product, image: undefined };
}

interface ServerFirstContainer {
  readonly known: ServerFirstProduct;
  readonly image: YamlScalar;
  readonly ports: ReturnType<typeof declaredPorts>;
}

const serverFirstContainers = oncePer((podSpec: YamlMap): readonly ServerFirstContainer[] => {
  return itemsAt(podSpec, 'containers').flatMap((container): ServerFirstContainer[] => {
    if (container.kind !== 'map') return [];
    const image = scalarAt(container, 'image');
    const name = image && !image.unknown ? parseImage(image.text)?.name : undefined;
    const known = IMAGES.find(({ names }) => name !== undefined && names.includes(name));
    return known && image ? [{ known, image, ports: declaredPorts(container) }] : [];
  });
});

/** The pods of a unit that run a product known by its image, by each of their labels: a Service looks for its own among few. */
const podsByLabel = oncePer((unit: Unit): ReadonlyMap<string, readonly PodTemplate[]> => {
  const pods = new Map<string, PodTemplate[]>();
  for (const pod of podTemplates(unit)) {
    if (serverFirstContainers(pod.spec).length === 0) continue;
    for (const [key, { value }] of pod.labels?.pairs ?? []) {
      if (value.kind !== 'scalar') continue;
      const label = `${key}=${value.text}`;
      pods.set(label, [...(pods.get(label) ?? []), pod]);
    }
  }
  return pods;
});

const firstLabel = oncePer((service: KubeObject): string | undefined => {
  const [first] = mapAt(service.root, 'spec', 'selector')?.pairs ?? [];
  return first?.[1].value.kind === 'scalar' ? `${first[0]}=${first[1].value.text}` : undefined;
});

/** The pods behind a Service that run a product known by its image. */
export function serverFirstPods(unit: Unit, service: KubeObject): readonly PodTemplate[] {
  const pods = podsByLabel(unit).get(firstLabel(service) ?? '');
  return pods ? pods.filter((pod) => selects(service, pod)) : [];
}

/**
 * A container of the pod that is known to speak first on the port that a Service hands on to: the product's own port, or the only one that
 * the container declares.
 * @param target the Service port's `targetPort` (number or name), else its `port`
 */
export function serverFirstImage(pod: PodTemplate, target: string): ServerFirst | undefined {
  for (const { known, image, ports } of serverFirstContainers(pod.spec)) {
    const number = /^\d+$/.test(target) ? Number(target) : ports.find((port) => port.name === target)?.number;
    if (number === undefined) continue;
    const isOnly = ports.length === 1 && ports[0]?.number === number;
    if (known.ports.includes(number) || isOnly) return { product: known.product, image };
  }
  return undefined;
}

function declaredPorts(container: YamlMap): { readonly name: string | undefined; readonly number: number | undefined }[] {
  return itemsAt(container, 'ports').map((item) => ({ name: textAt(item, 'name'), number: portNumber(scalarAt(item, 'containerPort')) }));
}
