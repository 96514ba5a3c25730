import { mapAt, type YamlScalar } from '../text/yaml.ts';
import { type CredentialWindow, credentialWindows } from './aws-credentials.ts';
import type { Container } from './container.ts';
import { entryOf, podTemplateOf } from './kubernetes/objects.ts';
import type { ComponentUse, Repository, Unit } from './unit.ts';

/** On a pod: Kiam and kube2iam give its containers credentials of this role. */
export const ROLE_ANNOTATION = 'iam.amazonaws.com/role';

/** A workload whose pods take credentials from Kiam or kube2iam, with the SDKs of the code that runs in it as far as they are known. */
export interface Dependant {
  readonly unit: Unit;
  readonly annotation: YamlScalar;
  readonly name: string;
  readonly sdks: readonly DependantSdk[];
  /** Each SDK's behaviour is known and the code of all containers was found. */
  readonly resolved: boolean;
}

export interface DependantSdk {
  readonly window: CredentialWindow;
  readonly join: ComponentUse['join'];
}

const dependants = new WeakMap<Unit, readonly Dependant[]>();

export function dependantsOf(unit: Unit): readonly Dependant[] {
  let known = dependants.get(unit);
  if (!known) {
    known = [...annotatedPods(unit), ...annotatedValues(unit)];
    dependants.set(unit, known);
  }
  return known;
}

export function allDependants(repository: Repository): readonly Dependant[] {
  return repository.everyUnit(dependantsOf);
}

function annotatedPods(unit: Unit): Dependant[] {
  return unit.objects.flatMap((object): Dependant[] => {
    const annotation = entryOf(podTemplateOf(object)?.annotations, ROLE_ANNOTATION);
    if (!annotation) return [];
    const containers = unit.containers.filter((container) => container.workload === object);
    return dependant(unit, annotation, object.name ?? object.kind, containers);
  });
}

/** Charts take the annotations of their pods as `podAnnotations` beside the container's variables. */
function annotatedValues(unit: Unit): Dependant[] {
  return unit.containers.flatMap((container): Dependant[] => {
    if (container.surface !== 'helm-values') return [];
    const annotation = entryOf(mapAt(container.node, 'podAnnotations'), ROLE_ANNOTATION);
    return annotation ? dependant(unit, annotation, container.name, [container]) : [];
  });
}

/** Keys or a token in the environment come before the metadata service in every SDK's chain. */
function hasOwnCredentials({ env }: Container): boolean {
  return ['AWS_ACCESS_KEY_ID', 'AWS_WEB_IDENTITY_TOKEN_FILE'].some((name) => env.variables.has(name));
}

function dependant(unit: Unit, annotation: YamlScalar, name: string, all: readonly Container[]): Dependant[] {
  const containers = all.filter((container) => !hasOwnCredentials(container));
  if (containers.length === 0) return [];
  const uses = unit.components.filter((use) => use.containers.some((container) => containers.includes(container)));
  const sdks = uses.flatMap((use) => credentialWindows(use.component).map((window) => ({ window, join: use.join })));
  const covered = containers.every((container) => uses.some((use) => use.containers.includes(container)));
  const resolved = covered && sdks.length > 0 && sdks.every(({ window }) => window.behaviour !== 'unknown' && window.certain);
  return [{ unit, annotation, name, sdks, resolved }];
}
