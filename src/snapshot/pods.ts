import { parseMemoryMiB, parseQuantity } from '../model/quantity.ts';
import { annotationTexts } from './annotations.ts';
import { settingsOf } from './environment.ts';
import { keptWords, type Program, programOf } from './programs.ts';
import { at, entriesAt, isMap, itemsAt, numberAt, textAt } from './raw.ts';
import type { ContainerState, ObjectReference, PodState, Termination } from './snapshot.ts';
import { controllerOf } from './owners.ts';

/** A pod before its owner is known: ReplicaSets and Jobs may be listed later. */
export interface ListedPod {
  readonly state: Omit<PodState, 'owner' | 'via'>;
  readonly controller: ObjectReference | undefined;
}

/** A pod as it stands in the cluster, injected containers included. */
export function listedPod(raw: unknown, namespace: string, name: string): ListedPod {
  const readySince = readySinceOf(raw);
  return {
    controller: controllerOf(raw),
    state: {
      namespace,
      name,
      node: textAt(raw, 'spec', 'nodeName') ?? '',
      phase: textAt(raw, 'status', 'phase') ?? '',
      ip: textAt(raw, 'status', 'podIP') ?? '',
      createdAt: textAt(raw, 'metadata', 'creationTimestamp') ?? '',
      ...(readySince === undefined ? {} : { readySince }),
      deleting: textAt(raw, 'metadata', 'deletionTimestamp') !== undefined,
      hostNetwork: at(raw, 'spec', 'hostNetwork') === true,
      labels: texts(raw, 'metadata', 'labels'),
      annotations: annotationTexts(at(raw, 'metadata', 'annotations')),
      dnsPolicy: textAt(raw, 'spec', 'dnsPolicy') ?? '',
      containers: containersOf(raw),
    },
  };
}

function texts(raw: unknown, ...path: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entriesAt(raw, ...path).flatMap(([key, value]): [string, string][] => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function readySinceOf(raw: unknown): string | undefined {
  const ready = itemsAt(raw, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready');
  return textAt(ready, 'status') === 'True' ? (textAt(ready, 'lastTransitionTime') ?? textAt(raw, 'status', 'startTime')) : undefined;
}

interface Status {
  readonly status: unknown;
  /** Pointer to it. */
  readonly at: string;
}

function containersOf(raw: unknown): ContainerState[] {
  const statuses = new Map<string, Status>();
  for (const key of ['initContainerStatuses', 'containerStatuses']) {
    for (const [index, status] of itemsAt(raw, 'status', key).entries()) {
      statuses.set(textAt(status, 'name') ?? '', { status, at: `/status/${key}/${index}` });
    }
  }
  const read = (key: string, isInit: boolean): ContainerState[] =>
    itemsAt(raw, 'spec', key).flatMap((container): ContainerState[] => {
      const name = textAt(container, 'name');
      if (name === undefined) return [];
      const role = !isInit ? 'main' : textAt(container, 'restartPolicy') === 'Always' ? 'sidecar' : 'init';
      return [containerState(container, name, role, statuses.get(name))];
    });
  return [...read('containers', false), ...read('initContainers', true)];
}

function containerState(container: unknown, name: string, role: ContainerState['role'], own: Status | undefined): ContainerState {
  const status = own?.status;
  const image = textAt(container, 'image') ?? textAt(status, 'image') ?? '';
  const state = (['running', 'waiting', 'terminated'] as const).find((one) => isMap(at(status, 'state', one))) ?? 'unknown';
  const reason = state === 'waiting' || state === 'terminated' ? textAt(status, 'state', state, 'reason') : undefined;
  const startedAt = state === 'unknown' ? undefined : textAt(status, 'state', state, 'startedAt');
  const last = termination(at(status, 'lastState', 'terminated'));
  const now = termination(at(status, 'state', 'terminated'));
  const command = itemsAt(container, 'command');
  const args = itemsAt(container, 'args');
  const program = programOf(name, image, [...command, ...args]);
  return {
    name,
    image,
    role,
    ready: at(status, 'ready') === true,
    restarts: numberAt(status, 'restartCount') ?? 0,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(last ? { lastTermination: last } : {}),
    ...(now ? { termination: now } : {}),
    ...(own ? { statusAt: own.at } : {}),
    ...quantity('memoryLimitMiB', at(container, 'resources', 'limits', 'memory'), parseMemoryMiB),
    ...quantity('memoryRequestMiB', at(container, 'resources', 'requests', 'memory'), parseMemoryMiB),
    ...quantity('cpuLimitCores', at(container, 'resources', 'limits', 'cpu'), parseQuantity),
    ...quantity('cpuRequestCores', at(container, 'resources', 'requests', 'cpu'), parseQuantity),
    env: settingsOf(container),
    args: keptArgs(command, args, program),
  };
}

/** Of programs that nobody knows only a JVM's flags count. */
function keptArgs(command: readonly unknown[], args: readonly unknown[], program: Program): string[] {
  const kept = [...keptWords(command, program, true), ...keptWords(args, program, false)];
  const isJava = kept.some((word) => word === 'java' || /(?:^|\s)-(?:X|D)/.test(word));
  return program !== 'other' || isJava ? kept : [];
}

function termination(raw: unknown): Termination | undefined {
  if (!isMap(raw)) return undefined;
  const startedAt = textAt(raw, 'startedAt');
  const finishedAt = textAt(raw, 'finishedAt');
  return {
    reason: textAt(raw, 'reason') ?? '',
    exitCode: numberAt(raw, 'exitCode') ?? 0,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

type Quantity = 'memoryLimitMiB' | 'memoryRequestMiB' | 'cpuLimitCores' | 'cpuRequestCores';

function quantity(name: Quantity, raw: unknown, read: (text: string) => number | undefined): Partial<Record<Quantity, number>> {
  const value = typeof raw === 'string' || typeof raw === 'number' ? read(String(raw)) : undefined;
  return value === undefined || !Number.isFinite(value) ? {} : { [name]: value };
}
