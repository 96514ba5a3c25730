import { linesOf } from '../../../snapshot/log-matches.ts';
import type { LogSignature, ObjectReference } from '../../../snapshot/snapshot.ts';
import { ageMs, HOUR_MS, isWithin, MINUTE_MS, runningSince } from '../../../snapshot/times.ts';
import { itemsAt, textAt } from '../../../text/yaml.ts';
import type { ClusterView, Evidence, Said } from '../../probe.ts';
import type { Client } from './clients.ts';
import { readyPods } from './load.ts';
import { endpointsByService } from './lookups.ts';
import type { Suspect } from './suspects.ts';

/** What the libraries print, as run. A line of another program's that looks alike doesn't count: each pattern has something of gRPC's own. */
export const SIGNATURES: readonly LogSignature[] = [
  {
    id: 'grpc/invalid-target',
    pattern:
      /invalid target address|Misformatted domain name|Could not find a NameResolverProvider for|the target uri is not valid|the path component \(\) of the target|Name resolution failed for target dns:https?:|(?:rpc error|grpc|name resolver).{0,300}missing address/i,
  },
  {
    id: 'grpc/name-not-found',
    pattern:
      /name resolver error: produced zero addresses|Name resolution failed for target|DNS resolution failed for|UNAVAILABLE.{0,300}Unable to resolve host|Unable to resolve host.{0,300}UNAVAILABLE/i,
  },
  {
    id: 'grpc/refused',
    pattern:
      /(?:code = Unavailable|StatusCode\.UNAVAILABLE|14 UNAVAILABLE|code=UNAVAILABLE|UNAVAILABLE: ).{0,400}(?:connection refused|ECONNREFUSED)/i,
  },
  {
    id: 'grpc/tls-mismatch',
    pattern:
      /(?:rpc error|transport:|UNAVAILABLE|ssl_transport_security).{0,400}(?:first record does not look like a TLS handshake|WRONG_VERSION_NUMBER)/i,
  },
  { id: 'grpc/not-http2', pattern: /error reading server preface/ },
];

export interface Line {
  readonly evidence: Evidence;
  /** Recent, and often enough for what it says. */
  readonly isFresh: boolean;
  /** The library refuses the target itself. */
  readonly isTarget: boolean;
}

export function logEvidence(view: ClusterView, { pod, container }: Suspect): Line[] {
  const since = runningSince(container);
  const hasRun = since === undefined || view.now - since >= 5 * MINUTE_MS;
  return linesOf(view.snapshot, pod, container.name, ...SIGNATURES.map(({ id }) => id))
    .filter(
      ({ signature }, _, all) => signature !== 'grpc/name-not-found' || !all.some((other) => other.signature === 'grpc/invalid-target'),
    )
    .map(({ signature, count, line, at }) => {
      const isTarget = signature === 'grpc/invalid-target';
      const age = ageMs(at, view.now);
      const isFresh = age !== undefined && (isTarget ? age <= 15 * MINUTE_MS : age <= 5 * MINUTE_MS && count >= 3 && hasRun);
      const evidence: Evidence = {
        source: 'log',
        object: { kind: 'Pod', namespace: pod.namespace, name: pod.name },
        pointer: '',
        value: line,
        ...(at === undefined ? {} : { time: at }),
        explains: { messageId: signature.slice('grpc/'.length), data: { count } },
      };
      return { evidence, isFresh, isTarget };
    })
    .sort((a, b) => Number(b.isTarget) - Number(a.isTarget));
}

/** What the variable itself says: a form that no library takes, a form that some don't, a port that nobody listens on. */
export function targetEvidence(client: Client): { readonly verdict: 'latent' | 'unknown'; readonly evidence: Evidence }[] {
  const { writtenIn, pointer, variable, prefix, service, dialled } = client;
  const { service: facts, object } = service;
  const at = (messageId: string, value: string, data: Said['data'] = {}): Evidence => ({
    source: 'config',
    object: writtenIn,
    pointer,
    value: `${variable}: ${value}`,
    explains: { messageId, data },
  });
  if (prefix === 'dns://') return [{ verdict: 'latent', evidence: at('dns-authority', prefix) }];
  // OpenTelemetry's exporters take URLs, by their specification.
  if ((prefix === 'http://' || prefix === 'https://') && !variable.startsWith('OTEL_'))
    return [{ verdict: 'unknown', evidence: at('http-url', prefix) }];
  const wrong = facts.headless
    ? facts.ports.find(({ port, targetPort }) => Number(port) === dialled && targetPort !== undefined)
    : undefined;
  if (wrong?.targetPort === undefined || dialled === undefined) return [];
  const listens =
    facts.ports.some(({ targetPort }) => targetPort === dialled || targetPort === undefined) ||
    facts.backends.some(({ spec }) =>
      itemsAt(spec, 'containers').some((one) => itemsAt(one, 'ports').some((own) => Number(textAt(own, 'containerPort')) === dialled)),
    );
  const data = { service: `${object.namespace}/${object.name}`, dialled, targetPort: wrong.targetPort };
  return listens ? [] : [{ verdict: 'latent', evidence: at('headless-port', String(dialled), data) }];
}

/** Services that have nobody behind them. Where no EndpointSlice was read, nobody knows who stands behind. */
export function downEvidence(view: ClusterView, { service }: Client): Evidence[] {
  const { object } = service;
  if (!endpointsWereRead(view, service)) return [];
  if (readyPods(view, { services: [service], sure: true }).length > 0) return [];
  const endpoints = endpointsByService(view.snapshot.endpoints).get(`${object.namespace}/${object.name}`) ?? [];
  const addressed = endpoints.some(({ ready }) => ready);
  if (addressed) return [];
  const explains = { messageId: 'no-ready-pod', data: { service: `${object.namespace}/${object.name}` } };
  return [{ source: 'status', object, pointer: '', value: '0', explains }];
}

export function endpointsWereRead(view: ClusterView, { object }: Client['service']): boolean {
  return view.outcome({ group: 'discovery.k8s.io', resource: 'endpointslices' }, object.namespace) === 'read';
}

export function stateEvidence(view: ClusterView, { pod, container }: Suspect): Evidence[] {
  const object: ObjectReference = { kind: 'Pod', namespace: pod.namespace, name: pod.name };
  const found: Evidence[] = [];
  if (container.state !== 'running') {
    const pointer = container.statusAt === undefined ? '' : `${container.statusAt}/state`;
    found.push({ source: 'status', object, pointer, value: container.reason ?? container.state, explains: { messageId: 'not-running' } });
  }
  const event = view.snapshot.events.find(
    (one) =>
      one.reason === 'Unhealthy' &&
      one.object.kind === 'Pod' &&
      one.object.name === pod.name &&
      one.object.namespace === pod.namespace &&
      isWithin(one.lastAt, view.now, HOUR_MS),
  );
  if (event) {
    const time = event.lastAt === undefined ? {} : { time: event.lastAt };
    found.push({
      source: 'event',
      object,
      pointer: '',
      value: `Unhealthy × ${event.count}`,
      ...time,
      explains: { messageId: 'probe-failed' },
    });
  }
  return found;
}

export function dialEvidence({ writtenIn, pointer, variable, service, dialled }: Client): Evidence {
  const { namespace, name } = service.object;
  return {
    source: 'config',
    object: writtenIn,
    pointer,
    value: `${variable} → ${name}.${namespace}${dialled === undefined ? '' : `:${dialled}`}`,
    explains: { messageId: 'dials', data: { service: `${namespace}/${name}` } },
  };
}
