import { type CredentialWindow, credentialWindows } from '../../model/aws-credentials.ts';
import type { Container } from '../../model/container.ts';
import { entryOf, podTemplateOf } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import type { YamlScalar } from '../../text/yaml.ts';

export const ROLE_ANNOTATION = 'iam.amazonaws.com/role';

/** A workload whose pods ask Kiam for credentials, with the SDKs of the code that runs in it as far as they are known. */
export interface Dependant {
  readonly unit: Unit;
  readonly annotation: YamlScalar;
  readonly name: string;
  readonly windows: readonly CredentialWindow[];
  /** Each SDK's behaviour is known and all containers' code was found. */
  readonly resolved: boolean;
  readonly join: 'strong' | 'weak';
}

export function dependantsOf(unit: Unit): Dependant[] {
  return unit.objects.flatMap((object): Dependant[] => {
    const pod = podTemplateOf(object);
    const annotation = entryOf(pod?.annotations, ROLE_ANNOTATION);
    if (!pod || !annotation) return [];
    const containers = unit.containers.filter((container) => container.workload === object);
    const uses = unit.components.filter((use) => use.containers.some((container) => containers.includes(container)));
    const windows = uses.flatMap((use) => credentialWindows(use.component));
    const covered = containers.every((container: Container) => uses.some((use) => use.containers.includes(container)));
    return [
      {
        unit,
        annotation,
        name: object.name ?? object.kind,
        windows,
        resolved: covered && windows.length > 0 && windows.every((window) => window.behaviour !== 'unknown' && window.certain),
        join: uses.every((use) => use.join === 'strong') ? 'strong' : 'weak',
      },
    ];
  });
}
