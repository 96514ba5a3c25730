import { podTemplateOf } from '../../../model/kubernetes/objects.ts';
import { scalarAt } from '../../../text/yaml.ts';
import { canBeSet, kubectl, type TemplateChange } from '../../kubectl.ts';
import type { LiveWorkload } from '../../probe.ts';

/**
 * Sets, or with `null` removes, an annotation or label of a workload's pod template; the pods restart.
 * @returns `undefined` where kubectl can't, or where what is there today isn't known and could not be put back
 */
export function annotationChange(
  { object, manifest }: LiveWorkload,
  key: string,
  text: string | null,
  holder: 'annotations' | 'labels' = 'annotations',
): TemplateChange | undefined {
  const annotations = manifest && podTemplateOf(manifest)?.[holder];
  const today = scalarAt(annotations, key);
  if (!manifest || !canBeSet(object) || (annotations?.pairs.has(key) && !today)) return undefined;
  const patch = (value: string | null): string =>
    kubectl(
      object.namespace,
      'patch',
      object.kind.toLowerCase(),
      object.name,
      '-p',
      JSON.stringify({ spec: { template: { metadata: { [holder]: { [key]: value } } } } }),
    );
  return { command: patch(text), undo: patch(today?.text ?? null) };
}
