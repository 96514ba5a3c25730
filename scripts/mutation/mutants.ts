/** What a mutant is, and where a file has room for one: guards, operands, predicates, thresholds, severities. */
import {
  isBinaryExpression,
  isBlock,
  isBreakStatement,
  isCallExpression,
  isConditionalExpression,
  isContinueStatement,
  isIfStatement,
  isLiteralTypeNode,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isStringLiteral,
  isThrowStatement,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';

export interface Mutant {
  /** Path below the root. */
  readonly file: string;
  /** One-based. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Stands for what was between `start` and `end`. */
  readonly text: string;
  readonly what: string;
  /** Outside of functions: it takes effect while the file is loaded. */
  readonly atLoad: boolean;
  /** The code that was there, on one line. */
  readonly code: string;
}

const PREDICATES = new Set(['filter', 'find', 'findLast', 'some', 'every']);
const THRESHOLDS = new Map([
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
]);
const FUNCTIONS = new Set([
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.MethodDeclaration,
]);
const OTHER_SEVERITY = new Map([
  ['error', 'warning'],
  ['warning', 'information'],
  ['information', 'warning'],
  ['hint', 'information'],
]);

/** All mutants of a file, in the order of its text. */
export function mutantsOf(path: string, source: SourceFile): Mutant[] {
  const mutants: Mutant[] = [];
  let depth = 0;
  const textOf = (node: Node): string => source.text.slice(node.getStart(source), node.end);
  const put = (node: Node, text: string, what: string): void => {
    const start = node.getStart(source);
    const line = source.text.slice(0, start).split('\n').length;
    mutants.push({ file: path, line, start, end: node.end, text, what, atLoad: depth === 0, code: textOf(node).replace(/\s+/g, ' ') });
  };
  const visit = (node: Node): void => {
    if (isIfStatement(node)) {
      put(node.expression, 'false', leaves(node.thenStatement) ? 'guard removed' : 'branch never');
      if (node.elseStatement || !leaves(node.thenStatement)) put(node.expression, 'true', 'condition removed');
    } else if (isConditionalExpression(node)) {
      put(node, `(${textOf(node.whenTrue)})`, 'always the first');
      put(node, `(${textOf(node.whenFalse)})`, 'always the second');
    } else if (isBinaryExpression(node)) {
      const operator = node.operatorToken.kind;
      const shifted = THRESHOLDS.get(operator);
      if (shifted) put(node, `${textOf(node.left)} ${shifted} ${textOf(node.right)}`, 'threshold');
      if (operator === SyntaxKind.AmpersandAmpersandToken || operator === SyntaxKind.BarBarToken) {
        put(node, textOf(node.left), `without operand ${textOf(node.right)}`.replace(/\s+/g, ' '));
        // In a && b && c the left is a && b: its operands are dropped one by one further in.
        const chained = isBinaryExpression(node.left) && node.left.operatorToken.kind === operator;
        if (!chained) put(node, textOf(node.right), `without operand ${textOf(node.left)}`.replace(/\s+/g, ' '));
      }
    } else if (isCallExpression(node) && isPropertyAccessExpression(node.expression)) {
      const [predicate] = node.arguments;
      if (predicate && PREDICATES.has(textOf(node.expression.name))) put(predicate, '(() => true) as never', 'predicate always true');
    } else if (isStringLiteral(node)) {
      const other = OTHER_SEVERITY.get(node.text);
      if (other && !isLiteralTypeNode(node.parent) && !isDeclaredOrKey(node)) put(node, `'${other}'`, 'other severity');
    }
    const isFunction = FUNCTIONS.has(node.kind);
    if (isFunction) depth++;
    node.forEachChild(visit);
    if (isFunction) depth--;
  };
  visit(source);
  return mutants.sort((a, b) => a.start - b.start);
}

function leaves(statement: Node): boolean {
  if (isBlock(statement)) return statement.statements.some(leaves);
  return isReturnStatement(statement) || isContinueStatement(statement) || isBreakStatement(statement) || isThrowStatement(statement);
}

/** A key, or the severity that a rule declares for its documents; `npm run generate -- --check` guards that. */
function isDeclaredOrKey(literal: Node): boolean {
  const { parent } = literal;
  return isPropertyAssignment(parent) && (parent.name === literal || isVariableDeclaration(parent.parent.parent));
}

/**
 * The file with all its mutants in it: `globalThis.mutant` holds the number of the one that is on, so one process can try them all.
 * @param mutants those of this file in the order of its text
 */
export function withSwitches(text: string, mutants: readonly Mutant[]): string {
  const numbered = mutants.map((mutant, number) => ({ ...mutant, number })).sort((a, b) => a.start - b.start || b.end - a.end);
  const render = (from: number, to: number, inside: typeof numbered): string => {
    let written = '';
    let at = from;
    for (let rest = inside; rest[0]; ) {
      const [{ start, end }] = rest as [(typeof numbered)[number]];
      const same = rest.filter((one) => one.start === start && one.end === end);
      const within = rest.filter((one) => one.start >= start && one.end <= end && !same.includes(one));
      const choices = same.map((one) => `globalThis.mutant === ${one.number} ? (${one.text}) : `).join('');
      written += `${text.slice(at, start)}(${choices}(${render(start, end, within)}))`;
      at = end;
      rest = rest.filter((one) => one.start >= end);
    }
    return written + text.slice(at, to);
  };
  return render(0, text.length, numbered);
}
