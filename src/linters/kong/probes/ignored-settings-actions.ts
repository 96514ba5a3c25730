import { nodeAt } from '../../../text/yaml.ts';
import { kubectl } from '../../kubectl.ts';
import type { Action, ClusterView, LiveFinding } from '../../probe.ts';
import { type KongNode, settingChange } from '../live-nodes.ts';
import { SUCCESSORS } from '../rename.ts';

export const LOOK_AT_EVENTS: Action = {
  title: { messageId: 'look-events' },
  command: 'kubectl get events -A --field-selector reason=KongConfigurationApplyFailed',
  risk: 'read',
};

/** Sets the name that this version knows, with the value of the old one. The old name may stay: nobody reads it. */
export function settingActions(node: KongNode, findings: readonly LiveFinding[]): Action[] {
  return findings.flatMap((finding): Action[] => {
    const { setting, to } = finding.data ?? {};
    if (typeof setting !== 'string' || typeof to !== 'string' || to === '') return [];
    const written = node.instance?.written.find((one) => one.written === setting);
    if (!written?.value.known) return [];
    const successor = SUCCESSORS[written.name];
    const convert = successor && 'to' in successor && successor.to === to ? successor.value : undefined;
    const text = convert ? convert(written.value.value.trim()) : written.value.value.trim();
    const change = text === undefined ? undefined : settingChange(node, to, text);
    return change ? [{ title: { messageId: 'set-known-name', data: { setting, to } }, risk: 'change', ...change }] : [];
  });
}

/** Renames a plugin's field where it stands; an entry of a ConfigMap is a text that no short command changes. */
export function pluginActions(view: ClusterView, findings: readonly LiveFinding[]): Action[] {
  const renames = findings.flatMap(({ object, data }): Action[] => {
    const { field, to } = data ?? {};
    const { kind, namespace, name } = object;
    const manifest = view.unit.objects.find((one) => one.kind === kind && one.name === name && (one.namespace ?? '') === namespace);
    if (typeof field !== 'string' || typeof to !== 'string' || (kind !== 'KongPlugin' && kind !== 'KongClusterPlugin')) return [];
    // Two lists are merged by a person.
    if (!manifest || nodeAt(manifest.root, 'config', to) !== undefined) return [];
    const move = (from: string, path: string): string =>
      kubectl(
        namespace,
        'patch',
        kind.toLowerCase(),
        name,
        '--type=json',
        '-p',
        JSON.stringify([{ op: 'move', from: `/config/${from}`, path: `/config/${path}` }]),
      );
    return [{ title: { messageId: 'rename-field', data: { field, to } }, command: move(field, to), risk: 'change', undo: move(to, field) }];
  });
  return [LOOK_AT_EVENTS, ...renames];
}
