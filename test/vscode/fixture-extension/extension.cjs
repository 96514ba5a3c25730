/** Underlines the word BOOM in YAML files and offers to make it `calm`; says the display language and the trust of the folder. */
const vscode = require('vscode');

const SOURCE = 'Host check';

exports.activate = (context) => {
  const collection = vscode.languages.createDiagnosticCollection('host-check');
  const check = (document) => {
    if (document.languageId !== 'yaml') return;
    const found = [...document.getText().matchAll(/BOOM/g)].map(({ index }) => {
      const range = new vscode.Range(document.positionAt(index), document.positionAt(index + 4));
      const diagnostic = new vscode.Diagnostic(range, 'BOOM', vscode.DiagnosticSeverity.Warning);
      return Object.assign(diagnostic, { source: SOURCE, code: 'boom' });
    });
    collection.set(document.uri, found);
  };
  const fixes = {
    provideCodeActions: (document, _range, { diagnostics }) =>
      diagnostics
        .filter((diagnostic) => diagnostic.source === SOURCE)
        .map((diagnostic) => {
          const action = new vscode.CodeAction('Make it calm', vscode.CodeActionKind.QuickFix);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(document.uri, diagnostic.range, 'calm');
          action.diagnostics = [diagnostic];
          return action;
        }),
  };
  const hover = { provideHover: () => new vscode.Hover('the host check hovers') };
  vscode.workspace.textDocuments.forEach(check);
  context.subscriptions.push(
    collection,
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document)),
    vscode.languages.registerCodeActionsProvider('yaml', fixes, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    vscode.languages.registerHoverProvider('yaml', hover),
  );
};
