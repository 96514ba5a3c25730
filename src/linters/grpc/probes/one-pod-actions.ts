import { itemsAt, textAt } from '../../../text/yaml.ts';
import { canBeSet, kubectl, setMemoryLimit, target } from '../../kubectl.ts';
import type { Action } from '../../probe.ts';
import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import type { OomKill } from '../../../snapshot/memory.ts';
import type { Client } from './clients.ts';
import type { GrpcServer, ScoredService } from './grpc-services.ts';

/** Looks at the pods' load. */
export function watchAction({ service, object }: ScoredService): Action {
  const selector = [...service.selector].map(([key, value]) => `${key}=${value}`).join(',');
  return {
    title: { messageId: 'watch', data: { service: `${object.namespace}/${object.name}` } },
    command: kubectl(object.namespace, 'top', 'pods', '-l', selector, '--containers'),
    risk: 'read',
  };
}

/**
 * A second Service over the same pods: `clusterIP` can't be changed on the first, and a headless name maps no ports, so port and targetPort are the
 * same. Nothing uses it until clients are pointed to it. Not where there is one, where its name is taken, or where the pods' port isn't known.
 */
export function twinAction(
  server: GrpcServer,
  { service, object, ports }: ScoredService,
  taken: (name: string) => boolean,
): Action | undefined {
  const name = `${object.name}-headless`;
  const [first] = ports;
  const targets = service.ports.map(({ targetPort }) => targetPort);
  if (server.services.some((other) => other.service.headless) || taken(name) || name.length > 63) return undefined;
  if (first?.port.targetPort === undefined || targets.includes(undefined)) return undefined;
  const selector = [...service.selector].map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}\n`);
  const seen = new Set<number>();
  const lines = service.ports.flatMap(({ node, name: portName, targetPort, appProtocol }) => {
    if (targetPort === undefined || seen.has(targetPort) || (textAt(node, 'protocol') ?? 'TCP') !== 'TCP') return [];
    seen.add(targetPort);
    const named = portName === undefined ? '' : `name: ${JSON.stringify(portName)}, `;
    const protocol = appProtocol === undefined ? '' : `, appProtocol: ${JSON.stringify(appProtocol)}`;
    return [`    - { ${named}port: ${targetPort}, targetPort: ${targetPort}${protocol} }\n`];
  });
  const yaml = `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${JSON.stringify(name)}\nspec:\n  clusterIP: None\n  selector:\n${selector.join('')}  ports:\n${lines.join('')}`;
  return {
    title: {
      messageId: 'twin',
      data: { service: `${object.namespace}/${object.name}`, target: `${name}.${object.namespace}:${first.port.targetPort}` },
    },
    command: `${kubectl(object.namespace, 'create', '-f', '-')} <<'EOF'\n${yaml}EOF`,
    risk: 'change',
    undo: kubectl(object.namespace, 'delete', 'service', name),
  };
}

/** Servers first, and all of them ready, else the clients gather on the first that is up. */
export function restartAction(servers: readonly ObjectReference[], clients: readonly Client[]): Action | undefined {
  const callers = clients.map(({ workload }) => workload.object).filter(canBeSet);
  if (servers.length === 0 || callers.length === 0 || !servers.every(canBeSet)) return undefined;
  const rollout = (verb: string, object: ObjectReference, ...words: readonly string[]): string =>
    kubectl(object.namespace, 'rollout', verb, target(object), ...words);
  const steps = [
    ...servers.flatMap((object) => [rollout('restart', object), rollout('status', object, '--timeout=10m')]),
    ...callers.map((object) => rollout('restart', object)),
  ];
  return {
    title: { messageId: 'restart' },
    command: steps.join(' &&\n'),
    risk: 'change',
    undo: [...servers, ...callers].map((object) => rollout('undo', object)).join(' &&\n'),
  };
}

/** Twice the limit of a container that the kernel killed. The one that stands in the manifest is what is put back. */
export function memoryAction(server: GrpcServer, { pod, container }: OomKill): Action | undefined {
  const backend = server.services
    .flatMap(({ service }) => service.backends)
    .find(({ workload }) => workload.kind === pod.owner.kind && workload.name === pod.owner.name);
  const manifest = itemsAt(backend?.spec, 'containers').find((one) => textAt(one, 'name') === container.name);
  const before = textAt(manifest, 'resources', 'limits', 'memory');
  if (container.memoryLimitMiB === undefined || before === undefined) return undefined;
  const change = setMemoryLimit(pod.owner, container.name, `${Math.ceil(2 * container.memoryLimitMiB)}Mi`, before);
  return change && { title: { messageId: 'memory', data: { workload: target(pod.owner) } }, ...change, risk: 'change' };
}
