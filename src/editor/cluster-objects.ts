import * as vscode from 'vscode';
import type { ObjectReference } from '../service/cluster-protocol.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { ClusterSession } from './cluster-session.ts';
import { OPEN_OBJECT } from './commands.ts';
import { toRange } from './convert.ts';

const SCHEME = 'runbook-lens-object';

/** Live objects as read-only YAML documents: what of them was kept, with the place that evidence points at selected. */
export function registerClusterObjects(client: ClusterClient, session: ClusterSession): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      async provideTextDocumentContent(uri) {
        const object = objectOf(uri);
        const found = object && (await client.request('object', { object, pointer: '' }));
        return found?.text ?? `# ${vscode.l10n.t('This object is not in the snapshot.')}\n`;
      },
    }),
    session.onChange(() => {
      if (session.running) return;
      for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === SCHEME) changed.fire(uri);
    }),
    vscode.commands.registerCommand(OPEN_OBJECT, async (given: unknown, pointer: unknown) => {
      const asked = askedFor(given, pointer);
      if (!asked || !session.data) return;
      const found = await client.request('object', asked);
      if (!found) {
        vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: {0} is not in the snapshot', asked.object.name), 5000);
        return;
      }
      const document = await vscode.workspace.openTextDocument(uriOf(asked.object, session.data.report.cluster.context));
      const editor = await vscode.window.showTextDocument(document, { preview: true, viewColumn: columnBesideReport() });
      const range = toRange(found.range);
      editor.selection = new vscode.Selection(range.start, range.end);
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }),
  );
}

/** Not over the report from which somebody came. */
function columnBesideReport(): vscode.ViewColumn {
  const active = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return active instanceof vscode.TabInputWebview ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
}

function uriOf({ kind, namespace, name }: ObjectReference, context: string): vscode.Uri {
  const parts = [context === '' ? '-' : context.replaceAll('/', '_'), namespace === '' ? '-' : namespace, kind, `${name}.yaml`];
  return vscode.Uri.from({ scheme: SCHEME, path: `/${parts.join('/')}` });
}

function objectOf(uri: vscode.Uri): ObjectReference | undefined {
  const [, , namespace, kind, file] = uri.path.split('/');
  if (namespace === undefined || kind === undefined || file === undefined) return undefined;
  return { kind, namespace: namespace === '-' ? '' : namespace, name: file.replace(/\.yaml$/, '') };
}

/** From a link: an object and a pointer. From the tree: a node. */
function askedFor(given: unknown, pointer: unknown): { object: ObjectReference; pointer: string } | undefined {
  if (!isRecord(given)) return undefined;
  if (!('node' in given)) {
    const object = reference(given);
    return object && { object, pointer: typeof pointer === 'string' ? pointer : '' };
  }
  if (given.node === 'subject') {
    const object = reference(given.subject);
    return object && { object, pointer: '' };
  }
  const holder = given.node === 'asked' && isRecord(given.asked) ? given.asked.drift : (given.evidence ?? given.finding ?? given.drift);
  if (!isRecord(holder)) return undefined;
  const object = reference(holder.object);
  return object && { object, pointer: typeof holder.pointer === 'string' ? holder.pointer : '' };
}

function reference(given: unknown): ObjectReference | undefined {
  if (!isRecord(given)) return undefined;
  const { kind, namespace, name } = given;
  return typeof kind === 'string' && typeof namespace === 'string' && typeof name === 'string' ? { kind, namespace, name } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
