import * as vscode from 'vscode';
import { OPEN_RUNBOOK } from './commands.ts';
import { commandUri, DIAGNOSTIC_SEVERITY, toRange, uriIn } from './convert.ts';
import type { FindingsStore, PlacedFinding } from './findings-store.ts';

export const SOURCE = 'Runbook Lens';

/** Findings of the whole workspace in the Problems panel, each with its evidence and a code that opens its runbook. */
export function registerDiagnostics(store: FindingsStore): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('runbookLens');
  const changed = store.onChange((uris) => collection.set(uris.map((uri) => [uri, store.of(uri).map(diagnosticOf)])));
  return vscode.Disposable.from(collection, changed);
}

function diagnosticOf(finding: PlacedFinding): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(toRange(finding.range), finding.message, DIAGNOSTIC_SEVERITY[finding.severity]);
  diagnostic.source = SOURCE;
  if (finding.runbook !== '') diagnostic.code = { value: finding.rule, target: commandUri(OPEN_RUNBOOK, [finding.runbook]) };
  else if (finding.rule !== '') diagnostic.code = finding.rule;
  diagnostic.relatedInformation = finding.related.map(
    ({ path, range, message }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(uriIn(finding.folder, path), toRange(range)), message),
  );
  diagnostic.tags = finding.tags.map((tag) => (tag === 'deprecated' ? vscode.DiagnosticTag.Deprecated : vscode.DiagnosticTag.Unnecessary));
  return diagnostic;
}
