import * as vscode from 'vscode';
import type { HoverData, LayerData, ValueData } from '../service/protocol.ts';
import { OPEN_RUNBOOK, REVEAL } from './commands.ts';
import { commandUri, fromPosition, toRange } from './convert.ts';
import type { ServiceClient } from './service-client.ts';
import type { PlaceInFolder, WorkspaceSync } from './workspace-sync.ts';

/** On hovering a setting: what it comes to in effect and which layers it is made of; on a finding also its evidence and its runbook. */
export function registerHover(client: ServiceClient, sync: WorkspaceSync): vscode.Disposable {
  return vscode.languages.registerHoverProvider(
    { scheme: 'file' },
    {
      async provideHover(document, position, token) {
        const place = sync.placeOf(document.uri);
        if (!place) return undefined;
        sync.flush(document);
        const data = await client.request('hover', { folder: place.key, path: place.path, position: fromPosition(position) });
        if (!data || token.isCancellationRequested) return undefined;
        return new vscode.Hover(hoverText(place, data), data.findings.length > 0 ? toRange(data.range) : undefined);
      },
    },
  );
}

/** VS Code shows the message of a finding itself, above this. */
function hoverText(place: PlaceInFolder, { findings, values }: HoverData): vscode.MarkdownString[] {
  const texts: vscode.MarkdownString[] = [];
  for (const finding of findings) {
    const text = trusted();
    text.appendMarkdown('**');
    text.appendText(finding.title);
    text.appendMarkdown('**');
    if (finding.runbook !== '') {
      const target = commandUri(OPEN_RUNBOOK, [finding.runbook]).toString();
      text.appendMarkdown(`  \n$(book) [${vscode.l10n.t('Open the runbook')}](${target}) — \`${finding.runbook}\``);
    }
    texts.push(text);
  }
  for (const value of values) texts.push(valueText(place, value));
  return texts;
}

function trusted(): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: [OPEN_RUNBOOK, REVEAL] };
  return text;
}

function valueText(place: PlaceInFolder, value: ValueData): vscode.MarkdownString {
  const text = trusted();
  text.appendMarkdown(`${inlineCode(value.name)} — `);
  if (value.value !== undefined) text.appendMarkdown(`${vscode.l10n.t('in effect')} ${inlineCode(value.value)}`);
  else if (value.why) text.appendMarkdown(`${vscode.l10n.t('not known')}: ${whyText(value.why)}`);
  if (value.unit !== '.') text.appendMarkdown(` (${inlineCode(value.unit)})`);
  text.appendMarkdown('\n');
  value.layers.forEach((layer, index) => {
    text.appendMarkdown(`\n${index + 1}. ${layerText(place, layer)}`);
  });
  return text;
}

function layerText(place: PlaceInFolder, { origin, text, at }: LayerData): string {
  const shown = text === '' ? '' : `${inlineCode(text)} `;
  if (!at) return `${shown}${originText(origin)}`;
  const line = at.range.start.line + 1;
  const target = commandUri(REVEAL, [place.folder.toString(), at.path, at.range.start.line, at.range.start.character]);
  return `${shown}${originText(origin)} — [${inlineCode(`${at.path}:${line}`)}](${target.toString()})`;
}

/** Text of a file as code: whatever it holds, it is not Markdown of ours. */
function inlineCode(text: string): string {
  const short = (text.length > 80 ? `${text.slice(0, 79)}…` : text).replace(/[\r\n]+/g, ' ');
  const ticks = '`'.repeat(Math.max(0, ...(short.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  const pad = short.startsWith('`') || short.endsWith('`') || short === '' ? ' ' : '';
  return `${ticks}${pad}${short}${pad}${ticks}`;
}

function whyText({ kind, detail }: NonNullable<ValueData['why']>): string {
  const code = inlineCode(detail);
  switch (kind) {
    case 'templated':
      return vscode.l10n.t('a template fills it in: {0}', code);
    case 'secret':
      return vscode.l10n.t('it comes from the secret {0}', code);
    case 'fieldRef':
      return vscode.l10n.t('Kubernetes fills it in from {0}', code);
    case 'outside':
      return vscode.l10n.t('it comes from outside of this workspace: {0}', code);
  }
}

function originText(origin: string): string {
  switch (origin) {
    case 'product-default':
      return vscode.l10n.t("the product's default");
    case 'chart-default':
      return vscode.l10n.t("the chart's default");
    case 'code-default':
      return vscode.l10n.t('the default in code');
    case 'code':
      return vscode.l10n.t('code');
    case 'values':
      return vscode.l10n.t('Helm values');
    case 'manifest':
      return vscode.l10n.t('the manifest');
    case 'patch':
      return vscode.l10n.t('a patch');
    case 'configmap':
      return 'ConfigMap';
    case 'env-file':
      return vscode.l10n.t('an env file');
    case 'env':
      return vscode.l10n.t('an environment variable');
    case 'flag':
      return vscode.l10n.t('a command-line flag');
    case 'dockerfile':
      return 'Dockerfile';
    case 'config-file':
      return vscode.l10n.t('a configuration file');
    case 'assume':
      return vscode.l10n.t('assumed in .runbook-lens.yaml');
    default:
      return origin;
  }
}
