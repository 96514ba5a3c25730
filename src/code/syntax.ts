import type { SourceFile, Span } from '../text/source.ts';

/**
 * One shape of code for four languages. Each grammar's tree is turned into this in a single walk and then deleted, so that resolving a value
 * is written once and means the same in Go, Java, Python and TypeScript/JavaScript.
 */

export type CodeLanguage = 'go' | 'java' | 'python' | 'typescript' | 'javascript';

/** The tree-sitter grammar that reads a file; JSX needs its own for TypeScript. */
export type Grammar = 'go' | 'java' | 'python' | 'typescript' | 'tsx' | 'javascript';

export type Expr =
  | TextExpr
  | NumberExpr
  | (Span & { readonly kind: 'boolean'; readonly value: boolean })
  | (Span & { readonly kind: 'nothing' })
  | NameExpr
  | MemberExpr
  | (Span & { readonly kind: 'index'; readonly object: Expr; readonly key: Expr })
  | CallExpr
  | (Span & { readonly kind: 'join'; readonly parts: readonly Expr[] })
  | (Span & { readonly kind: 'choice'; readonly role: 'fallback' | 'either'; readonly first: Expr; readonly second: Expr })
  | (Span & { readonly kind: 'operation'; readonly operator: string; readonly left: Expr; readonly right: Expr })
  | RecordExpr
  | ListExpr
  | (Span & { readonly kind: 'address'; readonly of: Expr })
  | (Span & { readonly kind: 'pointee'; readonly of: Expr })
  | (Span & { readonly kind: 'lambda'; readonly scope: Scope })
  | OtherExpr;

/** A string literal; `content` is the span between the quotes. `plain`: the text stands in the file letter for letter. */
export interface TextExpr extends Span {
  readonly kind: 'text';
  readonly value: string;
  readonly content: Span;
  readonly plain: boolean;
}

export interface NumberExpr extends Span {
  readonly kind: 'number';
  readonly value: number;
}

export interface NameExpr extends Span {
  readonly kind: 'name';
  readonly name: string;
}

export interface MemberExpr extends Span {
  readonly kind: 'member';
  readonly object: Expr;
  readonly name: string;
}

export interface Argument {
  readonly name: string | undefined;
  readonly value: Expr;
  readonly spread: boolean;
}

export interface CallExpr extends Span {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Argument[];
  readonly isNew: boolean;
  /** The argument list with its parentheses. */
  readonly argumentsSpan: Span;
}

export interface RecordEntry extends Span {
  readonly key: string | undefined;
  readonly keySpan: Span;
  readonly value: Expr;
}

/** An object, dict or composite literal. `open`: it has spread or computed entries. */
export interface RecordExpr extends Span {
  readonly kind: 'record';
  readonly type: Expr | undefined;
  readonly entries: readonly RecordEntry[];
  readonly spreads: readonly Expr[];
  readonly open: boolean;
}

export interface ListExpr extends Span {
  readonly kind: 'list';
  readonly items: readonly Expr[];
  readonly spreads: readonly Expr[];
  readonly type: string | undefined;
}

/** Whatever is not understood; its value is never guessed. */
export interface OtherExpr extends Span {
  readonly kind: 'other';
  readonly type: string;
}

export interface Annotation extends Span {
  readonly name: string;
  readonly args: readonly Argument[];
}

export interface Parameter extends Span {
  readonly name: string;
  readonly position: number;
  readonly type: string | undefined;
  readonly initial: Expr | undefined;
  readonly rest: boolean;
  readonly annotations: readonly Annotation[];
  /** Destructured from the parameter at `position` under this key. */
  readonly key: string | undefined;
}

export interface Assignment extends Span {
  readonly target: Expr;
  readonly value: Expr | undefined;
  /** Which result of a call with several results; 0 otherwise. */
  readonly result: number;
  readonly declares: boolean;
  /** The innermost block around it. */
  readonly block: Span;
  readonly scope: Scope;
  readonly type: string | undefined;
  readonly annotations: readonly Annotation[];
  /** `const { key = initial } = value`. */
  readonly key: string | undefined;
  readonly keySpan: Span | undefined;
  readonly initial: Expr | undefined;
  readonly isConstant: boolean;
}

export interface CallSite {
  readonly call: CallExpr;
  readonly scope: Scope;
  /** `defer`, `with`, `finally` around the call. */
  readonly within: 'defer' | 'with' | 'finally' | undefined;
}

/** A module, class (Go: struct) or function. */
export interface Scope extends Span {
  readonly kind: 'module' | 'class' | 'function';
  readonly name: string;
  readonly parent: Scope | undefined;
  readonly module: Module;
  readonly parameters: Parameter[];
  /** Assignments to bare names, by name. */
  readonly names: Map<string, Assignment[]>;
  readonly returns: { readonly value: Expr; readonly start: number }[];
  /** Go: the name and type of the receiver. */
  readonly receiver: { readonly name: string; readonly type: string } | undefined;
  readonly returnType: string | undefined;
  readonly annotations: readonly Annotation[];
  /** Names of the classes it extends. */
  readonly bases: readonly string[];
}

/** A Go struct field or a class field without a value. */
export interface FieldDeclaration extends Span {
  readonly owner: string;
  readonly name: string;
  readonly type: string | undefined;
  readonly tag: TextExpr | undefined;
}

export interface Import extends Span {
  /** The name in this file; `_` for a blank import, `.` for a dot import, '' for side effects only. */
  readonly local: string;
  readonly from: string;
  /** The imported member; undefined: the whole module. */
  readonly member: string | undefined;
}

export interface Module {
  readonly file: SourceFile;
  /** The first line (one-based) that the grammar does not understand; what stands around it is read all the same. */
  readonly brokenLine: number | undefined;
  readonly language: CodeLanguage;
  readonly directory: string;
  packageName: string | undefined;
  readonly imports: Import[];
  readonly root: Scope;
  readonly functions: Scope[];
  readonly classes: Scope[];
  readonly calls: CallSite[];
  readonly assignments: Assignment[];
  readonly records: { readonly record: RecordExpr; readonly scope: Scope }[];
  readonly fields: FieldDeclaration[];
  /** `export { a as b }`, `export { a } from 'x'`. */
  readonly reexports: { readonly name: string; readonly local: string; readonly from: string | undefined }[];
  /** Assignments by the name or field they write, calls by the name they call and by the names whose address they take. */
  readonly assignmentsOf: Map<string, Assignment[]>;
  readonly callsOf: Map<string, CallSite[]>;
  readonly addressesOf: Map<string, { readonly site: CallSite; readonly position: number }[]>;
  readonly recordsWith: Map<string, { readonly record: RecordExpr; readonly entry: RecordEntry; readonly scope: Scope }[]>;
  readonly functionsNamed: Map<string, Scope[]>;
  /** The call of which a call is the receiver: `a().b()` maps `a()` to the whole. */
  readonly chained: Map<CallExpr, CallExpr>;
}

/** The scope of the function around; undefined at module or class level. */
export function functionOf(scope: Scope): Scope | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) if (at.kind === 'function') return at;
  return undefined;
}

export function classOf(scope: Scope): Scope | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) if (at.kind === 'class') return at;
  return undefined;
}

/** `a.b.c` as text; undefined when it is anything but names. */
export function dotted(expr: Expr): string | undefined {
  if (expr.kind === 'name') return expr.name;
  if (expr.kind === 'member') {
    const object = dotted(expr.object);
    return object === undefined ? undefined : `${object}.${expr.name}`;
  }
  return undefined;
}

/** The last name of a callee: `a.b.c(…)` gives `c`. */
export function calleeName(call: CallExpr): string | undefined {
  if (call.callee.kind === 'name') return call.callee.name;
  return call.callee.kind === 'member' ? call.callee.name : undefined;
}

export function argumentAt(call: CallExpr, position: number, name?: string): Expr | undefined {
  if (name !== undefined) {
    const named = call.args.find((argument) => argument.name === name);
    if (named) return named.value;
  }
  const argument = call.args[position];
  if (!argument || argument.name !== undefined) return undefined;
  if (call.args.slice(0, position + 1).some((each) => each.spread)) return undefined;
  return argument.value;
}

export function isWithin(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
