import type { Node } from '@vscode/tree-sitter-wasm';
import type { SourceFile, Span } from '../text/source.ts';
import type {
  Annotation,
  Argument,
  Assignment,
  CallExpr,
  CallSite,
  CodeLanguage,
  Expr,
  Module,
  OtherExpr,
  RecordExpr,
  Scope,
  TextExpr,
} from './syntax.ts';
import { calleeName } from './syntax.ts';

/** Nesting past this is not read; it keeps generated expressions from exhausting the stack. */
const MAX_NESTING = 300;

type NewScope = Pick<Scope, 'kind' | 'name'> & Partial<Pick<Scope, 'receiver' | 'returnType' | 'annotations' | 'bases'>>;

/** Collects the neutral shape of one file while a language reader walks its tree. */
export interface Builder {
  readonly module: Module;
  readonly text: string;
  scope(): Scope;
  textOf(node: Node): string;
  /** Runs `body` inside a new scope and returns the scope. */
  within(node: Node, scope: NewScope, body: (scope: Scope) => void): Scope;
  /** Runs `body` with `node` as the innermost block. */
  inBlock<T>(node: Node, body: () => T): T;
  inside<T>(kind: CallSite['within'], body: () => T): T;
  /** Guards recursion: past the limit the node is `other`. */
  nested(node: Node, body: () => Expr): Expr;
  other(node: Node): OtherExpr;
  call(node: Node, callee: Expr, args: readonly Argument[], argumentsNode: Node | null, isNew?: boolean): CallExpr;
  record(record: RecordExpr): RecordExpr;
  assign(assignment: Omit<Assignment, 'block' | 'scope' | keyof typeof noExtras> & Partial<typeof noExtras>): void;
}

const noExtras: Pick<Assignment, 'result' | 'type' | 'annotations' | 'key' | 'keySpan' | 'initial' | 'isConstant'> = {
  result: 0,
  type: undefined,
  annotations: [],
  key: undefined,
  keySpan: undefined,
  initial: undefined,
  isConstant: false,
};

export function spanOf(node: Node): Span {
  return { start: node.startIndex, end: node.endIndex };
}

export function namedChildren(node: Node): Node[] {
  return node.namedChildren.filter(
    (child): child is Node => child !== null && child.type !== 'comment' && child.type !== 'line_comment' && child.type !== 'block_comment',
  );
}

export function field(node: Node, name: string): Node | undefined {
  return node.childForFieldName(name) ?? undefined;
}

export function fields(node: Node, name: string): Node[] {
  return node.childrenForFieldName(name).filter((child): child is Node => child !== null);
}

export function createBuilder(file: SourceFile, language: CodeLanguage, brokenLine: number | undefined): Builder {
  const slash = file.path.lastIndexOf('/');
  const span = { start: 0, end: file.text.length };
  const module: Module = {
    file,
    brokenLine,
    language,
    directory: slash < 0 ? '' : file.path.slice(0, slash),
    packageName: undefined,
    imports: [],
    get root(): Scope {
      return root;
    },
    functions: [],
    classes: [],
    calls: [],
    assignments: [],
    records: [],
    fields: [],
    reexports: [],
    chained: new Map(),
    assignmentsOf: new Map(),
    callsOf: new Map(),
    addressesOf: new Map(),
    recordsWith: new Map(),
    functionsNamed: new Map(),
  };
  const newScope = (at: Span, scope: NewScope, parent: Scope | undefined): Scope => ({
    ...at,
    kind: scope.kind,
    name: scope.name,
    parent,
    module,
    parameters: [],
    names: new Map(),
    returns: [],
    receiver: scope.receiver,
    returnType: scope.returnType,
    annotations: scope.annotations ?? [],
    bases: scope.bases ?? [],
  });
  const root = newScope(span, { kind: 'module', name: '' }, undefined);
  let current = root;
  let block: Span = span;
  let surrounding: CallSite['within'];
  let depth = 0;
  const builder: Builder = {
    module,
    text: file.text,
    scope: () => current,
    textOf: (node) => file.text.slice(node.startIndex, node.endIndex),
    within(node, scope, body) {
      const outer = { current, block, surrounding };
      const inner = newScope(spanOf(node), scope, current);
      if (scope.kind === 'function') {
        module.functions.push(inner);
        add(module.functionsNamed, inner.name, inner);
      }
      if (scope.kind === 'class') module.classes.push(inner);
      current = inner;
      block = spanOf(node);
      surrounding = undefined;
      body(inner);
      ({ current, block, surrounding } = outer);
      return inner;
    },
    inBlock(node, body) {
      const outer = block;
      block = spanOf(node);
      const result = body();
      block = outer;
      return result;
    },
    inside(kind, body) {
      const outer = surrounding;
      surrounding = kind;
      const result = body();
      surrounding = outer;
      return result;
    },
    nested(node, body) {
      if (depth >= MAX_NESTING) return builder.other(node);
      depth++;
      const result = body();
      depth--;
      return result;
    },
    other: (node) => ({ kind: 'other', type: node.type, ...spanOf(node) }),
    call(node, callee, args, argumentsNode, isNew = false) {
      const argumentsSpan = argumentsNode ? spanOf(argumentsNode) : { start: node.endIndex, end: node.endIndex };
      const call: CallExpr = { kind: 'call', callee, args, isNew, argumentsSpan, ...spanOf(node) };
      const site: CallSite = { call, scope: current, within: surrounding };
      module.calls.push(site);
      const name = calleeName(call);
      if (name !== undefined) add(module.callsOf, name, site);
      args.forEach(({ value }, position) => {
        if (value.kind !== 'address') return;
        const written = value.of.kind === 'name' || value.of.kind === 'member' ? value.of.name : undefined;
        if (written !== undefined) add(module.addressesOf, written, { site, position });
      });
      if (callee.kind === 'member' && callee.object.kind === 'call') module.chained.set(callee.object, call);
      return call;
    },
    record(record) {
      module.records.push({ record, scope: current });
      for (const entry of record.entries)
        if (entry.key !== undefined) add(module.recordsWith, entry.key, { record, entry, scope: current });
      return record;
    },
    assign(partial) {
      const assignment: Assignment = { ...noExtras, ...partial, block, scope: current };
      module.assignments.push(assignment);
      const { target } = assignment;
      if (target.kind === 'name' || target.kind === 'member') add(module.assignmentsOf, target.name, assignment);
      if (target.kind === 'name') add(current.names, target.name, assignment);
    },
  };
  return builder;
}

function add<T>(index: Map<string, T[]>, key: string, value: T): void {
  const known = index.get(key);
  if (known) known.push(value);
  else index.set(key, [value]);
}

/** A literal whose escapes are decoded. An escape that isn't known makes the result undefined: never guess a value. */
export function textExpr(at: Span, content: Span, raw: string, escapes: boolean): TextExpr | undefined {
  const value = escapes ? unescapeText(raw) : raw;
  return value === undefined ? undefined : { kind: 'text', value, content, plain: value === raw, ...at };
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
  '0': '\0',
  $: '$',
  '/': '/',
  '\n': '',
};

export function unescapeText(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  let known = true;
  const value = raw.replace(/\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/g, (_, code: string) => {
    const simple = SIMPLE_ESCAPES[code];
    if (simple !== undefined) return simple;
    const point = Number.parseInt(code.replace(/[^0-9a-fA-F]/g, ''), 16);
    if (/^[ux]/.test(code) && code.length > 1 && point <= 0x10ffff) return String.fromCodePoint(point);
    known = false;
    return '';
  });
  return known ? value : undefined;
}

export function annotationNamed(annotations: readonly Annotation[], name: RegExp): Annotation | undefined {
  return annotations.find((annotation) => name.test(annotation.name));
}
