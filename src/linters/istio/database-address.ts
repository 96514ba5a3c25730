export { isOutside } from '../../model/outside-host.ts';

/** Where in a setting's text an address stands. */
export interface DatabaseAddress {
  readonly product: string;
  readonly host: string;
  readonly port: number;
  /** Offset of the host in the text. */
  readonly start: number;
}

const SCHEMES: Readonly<Record<string, { readonly product: string; readonly port: number }>> = {
  mysql: { product: 'MySQL', port: 3306 },
  mariadb: { product: 'MariaDB', port: 3306 },
  postgres: { product: 'PostgreSQL', port: 5432 },
  postgresql: { product: 'PostgreSQL', port: 5432 },
  redis: { product: 'Redis', port: 6379 },
  rediss: { product: 'Redis', port: 6379 },
  mongodb: { product: 'MongoDB', port: 27017 },
};

/** What a variable such as `MYSQL_HOST` is for. */
const NAMED: readonly (readonly [RegExp, string, number])[] = [
  [/(?:^|_)(?:MYSQL|MARIADB)$/, 'MySQL', 3306],
  [/(?:^|_)(?:PG|POSTGRES|POSTGRESQL)$/, 'PostgreSQL', 5432],
  [/(?:^|_)REDIS$/, 'Redis', 6379],
  [/(?:^|_)(?:MONGO|MONGODB)$/, 'MongoDB', 27017],
  [/(?:^|_)MEMCACHED$/, 'memcached', 11211],
];

/**
 * The database address in the value of a setting: a URL (`mysql://…`, `jdbc:postgresql://…`), Go's MySQL DSN (`user:pw@tcp(host:3306)/db`), libpq's
 * `host=… port=…`. `undefined`: none, or more than one host.
 */
export function addressInText(text: string): DatabaseAddress | undefined {
  const url = /^(?:jdbc:)?(?:mysql|mariadb|postgres|postgresql|rediss?|mongodb)(?:\+[a-z0-9]+)?:\/\//.exec(text);
  if (url) {
    const scheme = /^(?:jdbc:)?([a-z]+)/.exec(text)?.[1] ?? '';
    const known = SCHEMES[scheme];
    // `mongodb+srv` names a record, not a host.
    if (!known || url[0].includes('+srv')) return undefined;
    const end = /[/?#]/.exec(text.slice(url[0].length))?.index ?? text.length - url[0].length;
    const authority = text.slice(url[0].length, url[0].length + end);
    const start = url[0].length + authority.lastIndexOf('@') + 1;
    return hostAndPort(text.slice(start, url[0].length + end), start, known.product, known.port);
  }
  const dsn = /@tcp\(([^()]+)\)/.exec(text);
  if (dsn) return hostAndPort(dsn[1] ?? '', dsn.index + '@tcp('.length, 'MySQL', 3306);
  const libpq = /(?:^|\s)host=([^\s']+)/.exec(text);
  if (libpq && /(?:^|\s)(?:dbname|user)=/.test(text)) {
    const port = /(?:^|\s)port=(\d+)/.exec(text)?.[1];
    const start = libpq.index + libpq[0].length - (libpq[1] ?? '').length;
    return hostAndPort(libpq[1] ?? '', start, 'PostgreSQL', port === undefined ? 5432 : Number(port));
  }
  return undefined;
}

/**
 * The address in a variable that holds a host alone: `DB_HOST`, `MYSQL_ADDR=db.example.com:3307`.
 * @param portText the value of the port's variable beside it
 */
export function addressInVariable(name: string, text: string, portText: string | undefined): DatabaseAddress | undefined {
  const match = /^(.+)_(?:HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER)$/.exec(name);
  const prefix = match?.[1];
  if (prefix === undefined) return undefined;
  const named = NAMED.find(([pattern]) => pattern.test(prefix));
  const generic = /(?:^|_)(?:DB|DATABASE)$/.test(prefix);
  const port = portText !== undefined && /^\d{2,5}$/.test(portText) ? Number(portText) : named?.[2];
  if (!named && !generic) return undefined;
  return hostAndPort(text, 0, named?.[1] ?? 'database', port);
}

function hostAndPort(text: string, start: number, product: string, port: number | undefined): DatabaseAddress | undefined {
  const match = /^([A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1];
  const number = match?.[2] === undefined ? port : Number(match[2]);
  return host === undefined || number === undefined ? undefined : { product, host, port: number, start };
}
