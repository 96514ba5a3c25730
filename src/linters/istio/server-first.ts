import { parseImage } from '../../model/version.ts';
import type { PodTemplate } from '../../model/kubernetes/objects.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, scalarAt, textAt, type YamlMap } from '../../text/yaml.ts';
import { portNumber } from './facts-protocol.ts';

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

const IMAGES: readonly { readonly names: readonly string[]; readonly product: string; readonly ports: readonly number[] }[] = [
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

/**
 * A container of the pod that is known to speak first on the port that a Service hands on to: the product's own port, or the only one that
 * the container declares.
 * @param target the Service port's `targetPort` (number or name), else its `port`
 */
export function serverFirstImage(pod: PodTemplate, target: string): ServerFirst | undefined {
  for (const container of itemsAt(pod.spec, 'containers')) {
    if (container.kind !== 'map') continue;
    const image = scalarAt(container, 'image');
    const name = image && !image.unknown ? parseImage(image.text)?.name : undefined;
    const known = IMAGES.find(({ names }) => name !== undefined && names.includes(name));
    if (!known || !image) continue;
    const declared = declaredPorts(container);
    const number = /^\d+$/.test(target) ? Number(target) : declared.find((port) => port.name === target)?.number;
    if (number === undefined) continue;
    const isOnly = declared.length === 1 && declared[0]?.number === number;
    if (known.ports.includes(number) || isOnly) return { product: known.product, image };
  }
  return undefined;
}

function declaredPorts(container: YamlMap): { readonly name: string | undefined; readonly number: number | undefined }[] {
  return itemsAt(container, 'ports').map((item) => ({ name: textAt(item, 'name'), number: portNumber(scalarAt(item, 'containerPort')) }));
}
