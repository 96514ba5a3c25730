import type { SourceFile } from '../text/source.ts';
import { addItem, removeEntry, removeItem, renameKey, setScalar } from '../text/yaml-edit.ts';
import { EditRefused } from '../text/yaml-places.ts';
import { planObject } from './add-object.ts';
import type { Change, TextEdit } from './change.ts';
import { type NewFile, type PlanContext, PlanState } from './plan-state.ts';
import type { Refusal } from './refusals.ts';
import { planSetEntry, writtenEntry } from './entries.ts';
import { appendLine, isTerraformPath, replaceText, setTerraformValue } from './text-edit.ts';

export type { NewFile, PlanContext };

export type Plan =
  | { readonly ok: true; readonly edits: readonly TextEdit[]; readonly creates: readonly NewFile[] }
  | { readonly ok: false; readonly reason: Refusal };

/**
 * Turns a fix's changes into edits of the files as they are. The changes are made one after the other, so a later one may build
 * on what an earlier one added; all offsets in the result are those of the original texts, ascending and without overlap.
 */
export function planChanges(changes: readonly Change[], context: PlanContext): Plan {
  const state = new PlanState(context);
  try {
    const done = new Set<string>();
    for (const change of changes) {
      const key = identity(change);
      if (done.has(key)) continue;
      done.add(key);
      planChange(change, state);
    }
    return { ok: true, edits: state.edits(), creates: state.creates };
  } catch (error) {
    if (error instanceof EditRefused) return { ok: false, reason: { id: error.reason, detail: error.detail } };
    throw error;
  }
}

function planChange(change: Change, state: PlanState): void {
  switch (change.change) {
    case 'set-scalar': {
      if (isTerraformPath(change.scalar.file.path)) {
        setTerraformValue(change.scalar, change.text, state);
        return;
      }
      const { document, node } = state.locate(change.scalar);
      if (node.kind === 'scalar') state.apply(change.scalar.file, setScalar(document, node, change.text, change.asString ?? false));
      return;
    }
    case 'set-entry':
      planSetEntry(change.map, change.path, change.value, state);
      return;
    case 'rename-key': {
      const { top, path } = writtenEntry(change.map, [change.key], state);
      const [key = change.key] = path;
      if (top.node.kind === 'map') state.apply(top.document.file, renameKey(top.document, top.node, key, change.to));
      return;
    }
    case 'remove-entry': {
      const { top, path } = writtenEntry(change.map, change.path, state);
      if (top.node.kind === 'map') state.apply(top.document.file, removeEntry(top.document, top.node, path, change.prune ?? false));
      return;
    }
    case 'add-item': {
      const { document, node } = state.locate(change.sequence);
      if (node.kind === 'sequence') state.apply(change.sequence.file, addItem(document, node, change.value), node.start);
      return;
    }
    case 'remove-item': {
      const { document, node } = state.locate(change.item);
      const parent = document.parents.get(node);
      if (parent?.node.kind !== 'sequence' || parent.index === undefined) throw new EditRefused('derived', change.item.file.path);
      state.apply(change.item.file, removeItem(document, parent.node, parent.index));
      return;
    }
    case 'replace-text':
      replaceText(change.at, change.text, state);
      return;
    case 'append-line':
      appendLine(change.file, change.text, state);
      return;
    case 'add-object':
      planObject(change.beside, change.object, state);
      return;
  }
}

/** Two changes that say the same of the same place are one. */
function identity(change: Change): string {
  const at = (node: { file: SourceFile; start: number; end: number }): string => `${node.file.path}:${node.start}-${node.end}`;
  switch (change.change) {
    case 'set-scalar':
      return JSON.stringify([change.change, at(change.scalar), change.text]);
    case 'set-entry':
      return JSON.stringify([change.change, at(change.map), change.path, change.value]);
    case 'rename-key':
      return JSON.stringify([change.change, at(change.map), change.key, change.to]);
    case 'remove-entry':
      return JSON.stringify([change.change, at(change.map), change.path]);
    case 'add-item':
      return JSON.stringify([change.change, at(change.sequence), change.value]);
    case 'remove-item':
      return JSON.stringify([change.change, at(change.item)]);
    case 'replace-text':
      return JSON.stringify([change.change, at(change.at), change.text]);
    case 'append-line':
      return JSON.stringify([change.change, change.file.path, change.text]);
    case 'add-object':
      return JSON.stringify([change.change, change.beside.file.path, change.object]);
  }
}
