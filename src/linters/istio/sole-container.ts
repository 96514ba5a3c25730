import type { Container } from '../../model/container.ts';
import type { PodTemplate } from '../../model/kubernetes/objects.ts';
import type { ComponentUse } from '../../model/unit.ts';

/** The container that surely runs a component, where exactly one pod's does: an init container ends, compose runs elsewhere. */
export function soleContainer({
  containers,
  join,
}: ComponentUse): { readonly container: Container; readonly pod: PodTemplate } | undefined {
  const [only, ...more] = containers.flatMap((container) => {
    const { pod, init } = container;
    return pod && !init ? [{ container, pod }] : [];
  });
  return join === 'strong' && more.length === 0 ? only : undefined;
}
