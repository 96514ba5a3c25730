import { oncePer } from '../text/once.ts';
import { mapAt, type YamlScalar } from '../text/yaml.ts';
import { type CredentialWindow, credentialWindows } from './aws-credentials.ts';
import type { Container } from './container.ts';
import type { Component } from './component.ts';
import { entryOf, type KubeObject, podTemplateOf } from './kubernetes/objects.ts';
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

export const dependantsOf = oncePer((unit: Unit): readonly Dependant[] => {
  const annotated = unit.objects.filter((object) => roleAnnotation(object) !== undefined);
  const found = [...annotatedPods(unit, annotated), ...annotatedValues(unit)];
  return found.length > 0 ? found : NONE;
});

const NONE: readonly Dependant[] = [];

const roleAnnotation = oncePer((object: KubeObject) => entryOf(podTemplateOf(object)?.annotations, ROLE_ANNOTATION));

export function allDependants(repository: Repository): readonly Dependant[] {
  return repository.everyUnit(dependantsOf);
}

function annotatedPods(unit: Unit, annotated: readonly KubeObject[]): Dependant[] {
  const containers = new Map<KubeObject, Container[]>(annotated.map((object) => [object, []]));
  for (const container of annotated.length > 0 ? unit.containers : []) {
    if (container.workload) containers.get(container.workload)?.push(container);
  }
  return [...containers].flatMap(([object, own]) => {
    const annotation = roleAnnotation(object);
    return annotation ? dependant(unit, annotation, object.name ?? object.kind, own) : [];
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

const KEYS =
  /\b(?:AWSStaticCredentialsProvider|BasicAWSCredentials|StaticCredentialsProvider|AwsBasicCredentials)\b|\baws_access_key_id\s*=/;
const CHAIN =
  /\b(?:Default(?:AWS)?CredentialsProvider(?:Chain)?|InstanceProfileCredentialsProvider|EC2ContainerCredentialsProviderWrapper)\b/;

/** The code that is in sight gives its clients keys, and nothing in it speaks of the chain that ends at the metadata service. */
const usesOwnKeys = oncePer(
  ({ sources }: Component): boolean => sources.some(({ text }) => KEYS.test(text)) && !sources.some(({ text }) => CHAIN.test(text)),
);

function dependant(unit: Unit, annotation: YamlScalar, name: string, all: readonly Container[]): Dependant[] {
  const containers = all.filter((container) => !hasOwnCredentials(container));
  if (containers.length === 0) return [];
  const uses = unit.components.filter(
    (use) => !usesOwnKeys(use.component) && use.containers.some((container) => containers.includes(container)),
  );
  const sdks = uses.flatMap((use) => credentialWindows(use.component).map((window) => ({ window, join: use.join })));
  const covered = containers.every((container) => uses.some((use) => use.containers.includes(container)));
  const resolved = covered && sdks.length > 0 && sdks.every(({ window }) => window.behaviour !== 'unknown' && window.certain);
  return [{ unit, annotation, name, sdks, resolved }];
}
