import type { Need } from './probe.ts';

/** Resources that a verdict rests on. @param group `''` for the core group */
export function lists(group: string, ...resources: readonly string[]): Need[] {
  return resources.map((resource) => ({ verb: 'list', group, resource }));
}

/** Resources that only sharpen a verdict. */
export function optionalLists(group: string, ...resources: readonly string[]): Need[] {
  return lists(group, ...resources).map((need) => ({ ...need, optional: true }));
}

/** The last lines of suspect containers. */
export const POD_LOGS: Need = { verb: 'get', group: '', resource: 'pods/log', optional: true };
