import type { Change, Plain, Snippet } from '../../fixes/change.ts';
import type { Unit } from '../../model/unit.ts';
import type { SourceFile } from '../../text/source.ts';
import { scalarAt, textAt } from '../../text/yaml.ts';
import type { Message } from '../rule.ts';
import type { Connection, GrpcClient } from './facts.ts';
import type { Mesh } from './facts-mesh.ts';
import { type GrpcService, headlessTwins, servicesNamed } from './facts-services.ts';
import { roundRobinIn } from './policy-edit.ts';

/**
 * The cure over a ClusterIP Service: a second, headless Service (`clusterIP` can't be changed on an existing one), the client's target on it
 * with the port on which the pods listen (a headless Service maps no ports), and round_robin in the client.
 */
export type TwinPlan = { readonly ok: true; readonly changes: readonly Change[] } | { readonly ok: false; readonly snippet: Snippet };

interface Pin {
  readonly connection: Connection;
  readonly service: GrpcService;
  readonly mesh: Mesh;
}

interface Wanted {
  readonly client: GrpcClient;
  readonly unit: Unit;
  readonly pinned: readonly Pin[];
  /** The client has no round_robin yet. */
  readonly addPolicy: boolean;
}

export function planTwin({ client, unit, pinned, addPolicy }: Wanted): TwinPlan {
  const refuse = (reasonId: keyof typeof TWIN_MESSAGES, pin: Pin): TwinPlan => ({ ok: false, snippet: snippetFor(reasonId, pin) });
  const meshed = pinned.find(({ mesh }) => mesh.suspected);
  if (meshed) return refuse('in-mesh', meshed);
  const policy = addPolicy ? client.channel && roundRobinIn(client.channel) : [];
  const changes: Change[] = [];
  const twinned = new Set<GrpcService>();
  for (const pin of pinned) {
    const { connection, service } = pin;
    if (credentialsOf(client) !== 'plaintext') return refuse('with-tls', pin);
    if (client.policy === 'unknown' || client.policy === 'pick-first' || client.channel?.closedPerCall) return refuse('by-hand', pin);
    const targetPort = connection.port?.targetPort;
    const name = scalarAt(service.object.root, 'metadata', 'name');
    const selector = ownSelector(service);
    if (service.object.templated || !name || name.derived || !selector) return refuse('made', pin);
    const set = connection.filled.set;
    if (!policy || targetPort === undefined || !set || feedsHttp(client, connection)) return refuse('by-hand', pin);
    const twin = headlessTwins(unit, service).find((other) => other.ports.some((port) => port.targetPort === targetPort));
    const twinName = twin?.name ?? `${service.name}-headless`;
    // Several places may name one Service.
    if (!twin && !twinned.has(service)) {
      // Another Service that bears the name is not ours to change.
      if (servicesNamed(unit, twinName).some((other) => other.object.namespace === service.object.namespace)) return refuse('by-hand', pin);
      twinned.add(service);
      changes.push({ change: 'add-object', beside: service.object.root, object: twinObject(service, twinName, selector) });
    }
    changes.push(...set(twinTarget(connection, service, twinName, targetPort)));
  }
  return { ok: true, changes: [...changes, ...(policy ?? [])] };
}

function credentialsOf(client: GrpcClient): 'plaintext' | 'other' {
  if (client.framework) return client.framework.plaintext ? 'plaintext' : 'other';
  return client.channel?.credentials === 'plaintext' ? 'plaintext' : 'other';
}

/** The variable is a URL's host somewhere else in the program. */
function feedsHttp(client: GrpcClient, connection: Connection): boolean {
  const names = connection.filled.settings.map((setting) => setting.name);
  return client.component.code.httpEnvs.some((read) => names.includes(read.name));
}

function twinTarget(connection: Connection, service: GrpcService, twinName: string, targetPort: number | string): string {
  const host = connection.target.host ?? service.name;
  return `dns:///${twinName}${host.slice(service.name.length)}:${targetPort}`;
}

/** The selector as the Service's own manifest has it: what a kustomization adds (labels) it adds to the twin, too. A patched one isn't copied. */
function ownSelector({ object, at, selector }: GrpcService): Readonly<Record<string, string>> | undefined {
  const own: Record<string, string> = {};
  for (const [key, text] of selector) {
    const file = scalarAt(object.root, 'spec', 'selector', key)?.file;
    if (file === at.file) own[key] = text;
    else if (!file || !isKustomization(file)) return undefined;
  }
  return own;
}

function isKustomization({ path }: SourceFile): boolean {
  return /(?:^|\/)kustomization(?:\.ya?ml)?$/i.test(path);
}

function twinObject(service: GrpcService, name: string, selector: Readonly<Record<string, string>>): Plain {
  const { root } = service.object;
  const space = scalarAt(root, 'metadata', 'namespace');
  const seen = new Set<number>();
  const ports = service.ports.flatMap((port): { [key: string]: Plain }[] => {
    if (port.targetPort === undefined || seen.has(port.targetPort)) return [];
    seen.add(port.targetPort);
    const protocol = textAt(port.node, 'appProtocol');
    return [
      {
        ...(port.name === undefined ? {} : { name: port.name }),
        port: port.targetPort,
        targetPort: port.targetPort,
        ...(protocol === undefined ? {} : { appProtocol: protocol }),
      },
    ];
  });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    // A namespace that a kustomization gives isn't the manifest's.
    metadata: { name, ...(space?.file === service.at.file ? { namespace: space.text } : {}) },
    spec: { clusterIP: 'None', selector, ports },
  };
}

function snippetFor(reasonId: keyof typeof TWIN_MESSAGES, { connection, service }: Pin): Snippet {
  const { port } = connection;
  const { name } = service;
  const targetPort = port?.targetPort ?? port?.port ?? '<port of the pods>';
  if (reasonId === 'in-mesh') {
    const text = `# in the pod template of the client: its sidecar then balances requests over the ClusterIP Service\nmetadata:\n  labels:\n    sidecar.istio.io/inject: "true"    # Istio\n  annotations:\n    linkerd.io/inject: enabled         # Linkerd\n`;
    return { reasonId, data: { service: name }, language: 'yaml', text };
  }
  const selector = [...service.selector].map(([key, value]) => `    ${key}: ${value}\n`).join('');
  const target = twinTarget(connection, service, `${name}-headless`, targetPort);
  const text = `# client: target ${target} and the policy round_robin\napiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}-headless\nspec:\n  clusterIP: None\n  selector:\n${selector}  ports:\n    - ${port?.name === undefined ? '' : `name: ${port.name}\n      `}port: ${targetPort}\n      targetPort: ${targetPort}\n`;
  return { reasonId, data: { service: name }, language: 'yaml', text };
}

export const TWIN_MESSAGES = {
  'in-mesh': {
    en: 'Something here speaks of a service mesh, and meshes don’t balance over headless Services. If the client is in the mesh, see that its sidecar is injected; if there is none, say `assume.mesh: none` and a fix is offered.',
    zh: '仓库里有服务网格的痕迹，而网格不对 headless Service 做负载均衡。客户端在网格内时请确认已注入 sidecar；如果没有网格，请设置 `assume.mesh: none`，之后会给出修复。',
  },
  'with-tls': {
    en: 'With TLS the new host name is what certificates are checked against: add it to the server’s certificate (or override the authority) before switching.',
    zh: '启用 TLS 时证书按新的域名校验：切换前请把新域名加入服务端证书，或覆盖 authority。',
  },
  made: {
    en: 'The manifest of `{service}` comes out of a template, a prefix or a patch, so there is no clear place for its headless twin.',
    zh: '`{service}` 的清单由模板、前缀或 patch 生成，无法确定 headless Service 应加在哪里。',
  },
  'by-hand': {
    en: 'The target or the channel’s options of `{service}` are put together in a way that leaves no clear edit.',
    zh: '`{service}` 的目标地址或通道选项由多处拼成，无法确定唯一的改法。',
  },
} as const satisfies Readonly<Record<string, Message>>;
