import * as vscode from 'vscode';
import { isOlderThanChange } from '../diagnosis/drift.ts';
import { objectText } from '../report/diagnosis-words.ts';
import type { FolderDrift } from '../service/cluster-protocol.ts';

/** What a difference between a file and the cluster means, in a sentence. */
export function driftText(drift: FolderDrift): string {
  const { state, rule, path, line, changedAt, rolledOutAt } = drift;
  const place = `${path}:${line}`;
  const object = objectText(drift.object);
  switch (state) {
    case 'both':
      return vscode.l10n.t('{0} is in {1} and live in {2}', rule, place, object);
    case 'fixed-in-files':
      switch (isOlderThanChange(drift)) {
        case true:
          return vscode.l10n.t(
            '{0} is fixed in {1}, but still live: what runs was rolled out {2}, the file was changed {3}',
            rule,
            path,
            timeText(rolledOutAt),
            timeText(changedAt),
          );
        case false:
          return vscode.l10n.t(
            '{0} is not in {1}, but live: what runs was rolled out {2}, after the file was changed ({3}), so another source sets it',
            rule,
            path,
            timeText(rolledOutAt),
            timeText(changedAt),
          );
        default:
          return vscode.l10n.t('{0} is not in {1}, but live in the cluster', rule, path);
      }
    case 'fixed-in-cluster':
      return vscode.l10n.t('{0} is fixed in the cluster, but still in {1}: the next deploy brings it back', rule, place);
    case 'other-manifest':
      return vscode.l10n.t('{0} is not live in {1}: another manifest of the same object does not have it', rule, object);
    case 'unsure':
      return vscode.l10n.t('{0} says nothing of {1}, but the value there is the same, or not known', rule, object);
    case 'not-judged':
      return vscode.l10n.t('{0} needs source code, build files or an image: a cluster does not tell', rule);
    case 'not-there':
      return vscode.l10n.t('{0} is not in this cluster, as far as it was read', object);
    case 'not-read':
      return vscode.l10n.t('{0} was not read: whether it is in this cluster is not known', object);
    case 'several':
      return vscode.l10n.t('There is a {0} in several namespaces, and the manifest names none', object);
    case 'no-object':
      return vscode.l10n.t('{0} stands in no manifest of an object: look at the Cluster view for what is live', place);
  }
}

/** A few words, for the row of a tree. */
export function driftWord(drift: FolderDrift): string {
  switch (drift.state) {
    case 'both':
      return vscode.l10n.t('live there too');
    case 'fixed-in-files':
      return isOlderThanChange(drift) === true ? vscode.l10n.t('fixed in files, still live') : vscode.l10n.t('live, but not in files');
    case 'fixed-in-cluster':
      return vscode.l10n.t('fixed in the cluster, still in files');
    case 'other-manifest':
      return vscode.l10n.t('not live');
    case 'not-there':
      return vscode.l10n.t('not in this cluster');
    default:
      return vscode.l10n.t('cannot be told');
  }
}

function timeText(time: string | undefined): string {
  return time === undefined ? '' : new Date(time).toLocaleString(vscode.env.language);
}
