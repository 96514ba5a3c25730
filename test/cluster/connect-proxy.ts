import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A forward proxy that makes tunnels (RFC 9110, CONNECT), as companies have them. */
export interface ConnectProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `HOST:PORT` of every tunnel that was asked for. */
  readonly tunnels: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
  stop(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** Where a tunnel ends, whatever host it names: `127.0.0.1:PORT`. Default: where it says. */
  readonly leadsTo?: string;
  /** Another answer than a tunnel. */
  readonly refuses?: number;
  /** No answer at all. */
  readonly hangs?: boolean;
}

export async function startConnectProxy({ leadsTo, refuses, hangs = false }: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const tunnels: { target: string; headers: IncomingHttpHeaders }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, reply) => reply.writeHead(400).end());
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('connect', ({ url: target = '', headers }, client, head) => {
    tunnels.push({ target, headers });
    client.on('error', () => {});
    if (hangs) return;
    if (refuses !== undefined) {
      client.end(`HTTP/1.1 ${refuses} Refused\r\n\r\n`);
      return;
    }
    const [host, port] = (leadsTo ?? target).split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    tunnels,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
