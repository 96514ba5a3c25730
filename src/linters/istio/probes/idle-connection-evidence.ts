import { lineEvidence, podReference } from '../../evidence.ts';
import type { Evidence, Said, Verdict } from '../../probe.ts';
import { isRaised, limitText } from '../live-idle-limit.ts';
import type { Closing } from './idle-connection-lines.ts';
import type { JudgedPath, Proof, Situation } from './idle-connection-situation.ts';

/** What was measured, then where connections go and what limit holds there, then what prevents it. */
export function evidenceOf(situation: Situation, proof: Proof, verdict: Verdict): Evidence[] {
  const { paths, hints, excluded, passthrough } = situation;
  const { atLimit, before, forgotten, lines } = proof;
  const isProven = atLimit.length > 0 || paths.some(({ state }) => state === 'exposed');
  return [
    ...heap(atLimit, 'closed-at-limit'),
    ...heap(forgotten, 'forgotten'),
    ...lines.driver.map((line) => lineEvidence(line, { messageId: isProven ? 'driver-line' : 'driver-line-alone' })),
    ...(atLimit.length > 0 && lines.driver.length === 0 ? lines.any.map((line) => lineEvidence(line, { messageId: 'lost-line' })) : []),
    ...mostTelling(paths).flatMap((one) => pathEvidence(one)),
    ...(verdict === 'live' && paths.length === 0 && atLimit.length > 0 ? [passthroughEvidence(situation)] : []),
    ...(excluded.length > 0 ? [excludedEvidence(situation)] : []),
    ...(isRaised(passthrough) ? [passthroughEvidence(situation)] : []),
    ...hints,
    ...heap(before, 'closed-before'),
  ];
}

/** Nobody reads more of them. */
const PATHS_SHOWN = 6;

function mostTelling(paths: readonly JudgedPath[]): readonly JudgedPath[] {
  const order: readonly JudgedPath['state'][] = ['exposed', 'unsure', 'raised', 'excluded'];
  return [...paths].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, PATHS_SHOWN);
}

/** One entry for each way and port. */
function heap(closings: readonly Closing[], messageId: string): Evidence[] {
  const groups = new Map<string, Closing[]>();
  for (const one of closings) {
    const key = `${one.pod.name} ${one.way} ${one.port}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group): Evidence[] => {
    const [first] = group;
    if (!first) return [];
    const seconds = group.map(({ durationMs }) => Math.round(durationMs / 1000));
    const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
    const { at } = first.line;
    return [
      {
        source: 'log',
        object: podReference(first.pod),
        pointer: '',
        value: `:${first.port}, ${low === high ? low : `${low}–${high}`} s × ${group.length}`,
        ...(at === undefined ? {} : { time: at }),
        explains: { messageId, data: { port: first.port, count: group.length } },
      },
    ];
  });
}

function pathEvidence({ path, state, limit }: JudgedPath): Evidence[] {
  const value = `${path.said.value}, ${limitText(limit)}`;
  const judged: Said = {
    messageId: state === 'exposed' ? `limit-${limit.source}` : state,
    data: { port: path.way.port, limit: limitText(limit) },
  };
  const source: Evidence =
    limit.source === 'default' || state === 'excluded'
      ? { ...path.said, value, explains: judged }
      : { source: 'config', object: limit.object, pointer: limit.pointer, value: limit.text, explains: judged };
  return [path.said, source];
}

function passthroughEvidence({ passthrough }: Situation): Evidence {
  const { source, object, pointer, text } = passthrough;
  const data = { limit: limitText(passthrough) };
  return {
    source: source === 'default' ? 'spec' : 'config',
    object,
    pointer,
    value: source === 'meta' ? `ISTIO_META_IDLE_TIMEOUT=${text}` : text,
    explains: isRaised(passthrough) ? { messageId: 'raised', data } : { messageId: `limit-${source}`, data },
  };
}

function excludedEvidence({ pod, excluded }: Situation): Evidence {
  return {
    source: 'spec',
    object: podReference(pod),
    pointer: '/metadata/annotations',
    value: excluded.join(','),
    explains: { messageId: 'excludes', data: { ports: excluded.join(', ') } },
  };
}

/** What would settle it. */
export function proofsOf({ paths, passthrough, unseen, hints }: Situation, { atLimit, lines }: Proof, verdict: Verdict): Said[] {
  const said = (messageId: string, holds: boolean): Said[] => (holds ? [{ messageId }] : []);
  return [
    ...said('prove-access-log', atLimit.length === 0 && verdict !== 'clear' && verdict !== 'mitigated'),
    ...said('prove-pool', verdict === 'latent' || (verdict === 'live' && lines.driver.length === 0)),
    ...said('prove-destinations', verdict === 'unknown' && (unseen || hints.length > 0)),
    ...said('prove-limit', passthrough.unsure === true || paths.some(({ state }) => state === 'unsure')),
  ];
}
