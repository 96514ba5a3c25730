import * as vscode from 'vscode';
import type { ContextList, DiagnoseParams, Scope } from '../service/cluster-protocol.ts';

/** What to read, and how. */
export type Target = Pick<DiagnoseParams, 'scope' | 'deep' | 'observeMs'> & { readonly context: string };

/** Samples a minute apart: three at least. */
const OBSERVE_MS = 180_000;
const REMEMBERED = 'runbookLens.cluster';
/** A Kubernetes namespace: a DNS label. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

interface Remembered {
  readonly context?: string;
  /** By context. */
  readonly scopes?: Readonly<Record<string, Scope>>;
}

interface Choice<T> extends vscode.QuickPickItem {
  readonly value?: T;
  /** Switches something and leaves the list open. */
  readonly toggle?: 'observe' | 'deep';
}

/**
 * Asks which context and which namespaces; what was chosen last in this workspace is preselected.
 * @returns `undefined` when the user turned away
 */
export async function pickTarget(list: ContextList, memory: vscode.Memento): Promise<Target | undefined> {
  const remembered = memory.get<Remembered>(REMEMBERED) ?? {};
  for (;;) {
    const context = await pickContext(list, remembered.context);
    if (context === undefined) return undefined;
    const namespace = list.contexts.find(({ name }) => name === context)?.namespace ?? 'default';
    const last = remembered.scopes?.[context];
    const chosen = await pickScope(context, namespace, last);
    if (chosen === 'back') continue;
    if (chosen === undefined) return undefined;
    await memory.update(REMEMBERED, { context, scopes: { ...remembered.scopes, [context]: chosen.scope } } satisfies Remembered);
    return { context, ...chosen };
  }
}

async function pickContext({ current, contexts }: ContextList, last: string | undefined): Promise<string | undefined> {
  const sorted = [...contexts].sort((a, b) => Number(b.name === current) - Number(a.name === current) || (a.name < b.name ? -1 : 1));
  const items = sorted.map(({ name, server, user, namespace }): Choice<string> => {
    const marks = [
      ...(name === current ? [vscode.l10n.t('current context')] : []),
      ...(name === last ? [vscode.l10n.t('last time here')] : []),
    ];
    return {
      label: name,
      description: marks.join(' · '),
      detail: [server, user, namespace].filter((part) => part !== '').join(' · '),
      value: name,
    };
  });
  const chosen = await choose<string>({
    title: vscode.l10n.t('Diagnose cluster: which context?'),
    placeholder: vscode.l10n.t('It is only read: GET and LIST; Secrets never.'),
    items: () => items,
    active: items.find(({ value }) => value === last),
    step: 1,
  });
  return chosen === 'back' ? undefined : chosen;
}

type Chosen = Pick<Target, 'scope' | 'deep' | 'observeMs'>;

async function pickScope(context: string, namespace: string, last: Scope | undefined): Promise<Chosen | 'back' | undefined> {
  let observe = false;
  let deep = false;
  type Wanted = Scope | 'choose';
  const lastNames = last?.kind === 'listed' ? last.namespaces : [];
  const scopes = (): Choice<Wanted>[] => [
    {
      label: vscode.l10n.t('All that I may read'),
      description: last?.kind === 'default' ? vscode.l10n.t('last time here') : '',
      detail: vscode.l10n.t('All namespaces; where that is not allowed, only {0}', namespace),
      value: { kind: 'default' },
    },
    ...(lastNames.length > 0
      ? [
          {
            label: lastNames.join(', '),
            description: vscode.l10n.t('last time here'),
            value: { kind: 'listed', namespaces: lastNames } as const,
          },
        ]
      : []),
    ...(lastNames.length === 1 && lastNames[0] === namespace
      ? []
      : [{ label: vscode.l10n.t('Namespace {0}', namespace), value: { kind: 'listed', namespaces: [namespace] } as const }]),
    {
      label: vscode.l10n.t('All namespaces'),
      description: last?.kind === 'all' ? vscode.l10n.t('last time here') : '',
      value: { kind: 'all' },
    },
    { label: vscode.l10n.t('Choose namespaces…'), value: 'choose' },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: `${box(observe)} ${vscode.l10n.t('Observe for 3 minutes')}`,
      detail: vscode.l10n.t('Several samples of CPU and memory: one never proves an uneven load'),
      toggle: 'observe',
    },
    {
      label: `${box(deep)} ${vscode.l10n.t('Ask status pages of Kong and CoreDNS')}`,
      detail: vscode.l10n.t("GET through the API server's service proxy; needs services/proxy"),
      toggle: 'deep',
    },
  ];
  const wanted = await choose<Wanted>({
    title: vscode.l10n.t('Diagnose {0}: which namespaces?', context),
    placeholder: '',
    items: scopes,
    active: last && scopes().find(({ value }) => JSON.stringify(value) === JSON.stringify(last)),
    step: 2,
    onToggle: (toggle) => {
      if (toggle === 'observe') observe = !observe;
      else deep = !deep;
    },
  });
  if (wanted === undefined || wanted === 'back') return wanted;
  const scope = wanted === 'choose' ? await askNamespaces(lastNames.length > 0 ? lastNames : [namespace]) : wanted;
  return scope && { scope, deep, ...(observe ? { observeMs: OBSERVE_MS } : {}) };
}

function box(on: boolean): string {
  return on ? '$(pass-filled)' : '$(circle-large-outline)';
}

async function askNamespaces(before: readonly string[]): Promise<Scope | undefined> {
  const namesIn = (text: string): string[] => [...new Set(text.split(/[\s,，、]+/).filter((name) => name !== ''))];
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Which namespaces?'),
    prompt: vscode.l10n.t('Names, separated by commas'),
    value: before.join(', '),
    ignoreFocusOut: true,
    validateInput: (given) => {
      const names = namesIn(given);
      if (names.length === 0) return vscode.l10n.t('Name at least one');
      const wrong = names.find((name) => !NAMESPACE.test(name));
      return wrong === undefined ? undefined : vscode.l10n.t('{0} is not the name of a namespace', wrong);
    },
  });
  return text === undefined ? undefined : { kind: 'listed', namespaces: namesIn(text) };
}

interface Question<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly items: () => readonly Choice<T>[];
  readonly active: Choice<T> | undefined;
  readonly step: 1 | 2;
  readonly onToggle?: (toggle: 'observe' | 'deep') => void;
}

function choose<T>({ title, placeholder, items, active, step, onToggle }: Question<T>): Promise<T | 'back' | undefined> {
  const picker = vscode.window.createQuickPick<Choice<T>>();
  picker.title = title;
  picker.placeholder = placeholder;
  picker.step = step;
  picker.totalSteps = 2;
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = true;
  if (step > 1) picker.buttons = [vscode.QuickInputButtons.Back];
  picker.items = items();
  const first = active && picker.items.find(({ label }) => label === active.label);
  if (first) picker.activeItems = [first];
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const [item] = picker.activeItems;
      if (item?.toggle !== undefined) {
        onToggle?.(item.toggle);
        picker.items = items();
        const same = picker.items.find(({ toggle }) => toggle === item.toggle);
        if (same) picker.activeItems = [same];
        return;
      }
      resolve(item?.value);
      picker.hide();
    });
    picker.onDidTriggerButton(() => {
      resolve('back');
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}
