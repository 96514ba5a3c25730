import type { Node } from '@vscode/tree-sitter-wasm';
import { type Builder, field, fields, namedChildren, spanOf, textExpr } from './builder.ts';
import type { Argument, Expr, RecordEntry, TextExpr } from './syntax.ts';

/** Reads a Go tree into the neutral shape. Conversions, parentheses and type assertions keep the value inside. */
export function buildGo(b: Builder, root: Node): void {
  const expr = (node: Node): Expr => b.nested(node, () => read(node));
  const all = (node: Node): void => {
    for (const child of namedChildren(node)) expr(child);
  };
  const literal = (node: Node): TextExpr | undefined => {
    const quoted = node.type === 'interpreted_string_literal';
    const content = { start: node.startIndex + 1, end: Math.max(node.startIndex + 1, node.endIndex - 1) };
    return textExpr(spanOf(node), content, b.text.slice(content.start, content.end), quoted);
  };
  const importSpec = (node: Node): void => {
    const path = field(node, 'path');
    const text = path ? literal(path)?.value : undefined;
    if (!path || text === undefined) return;
    const name = field(node, 'name');
    b.module.imports.push({ local: name ? b.textOf(name) : defaultName(text), from: text, member: undefined, ...spanOf(node) });
  };
  const parameters = (list: Node | undefined): void => {
    let position = 0;
    for (const declaration of list ? namedChildren(list) : []) {
      const type = field(declaration, 'type');
      const names = fields(declaration, 'name');
      for (const name of names) {
        b.scope().parameters.push({
          name: b.textOf(name),
          position: position++,
          type: type ? b.textOf(type) : undefined,
          initial: undefined,
          rest: declaration.type === 'variadic_parameter_declaration',
          annotations: [],
          key: undefined,
          ...spanOf(name),
        });
      }
      if (names.length === 0) position++;
    }
  };
  const functionScope = (node: Node, name: string): Expr => {
    const receiverNode = field(node, 'receiver');
    const receiverDeclaration = receiverNode ? namedChildren(receiverNode)[0] : undefined;
    const receiverName = receiverDeclaration ? field(receiverDeclaration, 'name') : undefined;
    const receiverType = receiverDeclaration ? field(receiverDeclaration, 'type') : undefined;
    const result = field(node, 'result');
    const scope = b.within(
      node,
      {
        kind: 'function',
        name,
        returnType: result ? b.textOf(result) : undefined,
        receiver: receiverType
          ? { name: receiverName ? b.textOf(receiverName) : '', type: b.textOf(receiverType).replace(/^\*|\[.*$/g, '') }
          : undefined,
      },
      () => {
        parameters(field(node, 'parameters'));
        const body = field(node, 'body');
        if (body) all(body);
      },
    );
    return { kind: 'lambda', scope, ...spanOf(node) };
  };
  const assignAll = (
    node: Node,
    targets: readonly Expr[],
    values: readonly Expr[],
    declares: boolean,
    extra: { type?: string; isConstant?: boolean } = {},
  ): void => {
    targets.forEach((target, position) => {
      const single = values.length === 1 && targets.length > 1;
      const value = single ? values[0] : values[position];
      b.assign({
        target,
        value,
        result: single ? position : 0,
        declares,
        type: extra.type,
        isConstant: extra.isConstant ?? false,
        ...spanOf(node),
      });
    });
  };
  const list = (node: Node | undefined): Expr[] => (node ? (node.type === 'expression_list' ? namedChildren(node) : [node]).map(expr) : []);
  const declaration = (node: Node, isConstant: boolean): void => {
    const type = field(node, 'type');
    const targets = fields(node, 'name').map((name): Expr => ({ kind: 'name', name: b.textOf(name), ...spanOf(name) }));
    assignAll(node, targets, list(field(node, 'value')), true, { type: type ? b.textOf(type) : undefined, isConstant });
  };
  const composite = (node: Node, type: Expr | undefined, body: Node, listType: string | undefined): Expr => {
    const entries: RecordEntry[] = [];
    const items: Expr[] = [];
    for (const child of namedChildren(body)) {
      if (child.type === 'keyed_element') {
        const keyNode = field(child, 'key');
        const valueNode = field(child, 'value');
        if (!keyNode || !valueNode) continue;
        const key = expr(keyNode);
        const text = key.kind === 'text' ? key.value : key.kind === 'name' ? key.name : undefined;
        entries.push({ key: text, keySpan: spanOf(keyNode), value: expr(valueNode), ...spanOf(child) });
      } else items.push(expr(child));
    }
    if (items.length > 0 || listType !== undefined) return { kind: 'list', items, spreads: [], type: listType, ...spanOf(node) };
    return b.record({
      kind: 'record',
      type,
      entries,
      spreads: [],
      open: entries.some((entry) => entry.key === undefined),
      ...spanOf(node),
    });
  };
  const callExpression = (node: Node): Expr => {
    const callee = field(node, 'function');
    const argumentsNode = field(node, 'arguments');
    if (!callee) return b.other(node);
    const args = (argumentsNode ? namedChildren(argumentsNode) : []).map((argument): Argument => {
      const spread = argument.type === 'variadic_argument';
      const inner = spread ? namedChildren(argument)[0] : argument;
      return { name: undefined, value: inner ? expr(inner) : b.other(argument), spread };
    });
    const target = expr(callee);
    const only = args.length === 1 ? args[0] : undefined;
    if (only && target.kind === 'name' && (target.name === 'string' || target.name === 'int32')) return only.value;
    return b.call(node, target, args, argumentsNode ?? null);
  };
  const structFields = (owner: string, type: Node): void => {
    for (const declarations of namedChildren(type)) {
      for (const each of namedChildren(declarations)) {
        if (each.type !== 'field_declaration') continue;
        const tagNode = field(each, 'tag');
        const typeNode = field(each, 'type');
        for (const name of fields(each, 'name')) {
          b.module.fields.push({
            owner,
            name: b.textOf(name),
            type: typeNode ? b.textOf(typeNode) : undefined,
            tag: tagNode ? literal(tagNode) : undefined,
            ...spanOf(each),
          });
          if (typeNode?.type === 'struct_type') structFields(`${owner}.${b.textOf(name)}`, typeNode);
        }
      }
    }
  };
  const read = (node: Node): Expr => {
    switch (node.type) {
      case 'package_clause': {
        const name = namedChildren(node)[0];
        if (name) b.module.packageName = b.textOf(name);
        return b.other(node);
      }
      case 'import_spec':
        importSpec(node);
        return b.other(node);
      case 'function_declaration':
      case 'method_declaration': {
        const name = field(node, 'name');
        return functionScope(node, name ? b.textOf(name) : '');
      }
      case 'func_literal':
        return functionScope(node, '');
      case 'type_spec': {
        const name = field(node, 'name');
        const type = field(node, 'type');
        if (name && type?.type === 'struct_type') structFields(b.textOf(name), type);
        return b.other(node);
      }
      case 'const_spec':
      case 'var_spec':
        declaration(node, node.type === 'const_spec');
        return b.other(node);
      case 'short_var_declaration':
      case 'assignment_statement': {
        const operator = field(node, 'operator');
        const augmented = operator !== undefined && b.textOf(operator) !== '=';
        const targets = list(field(node, 'left'));
        const values = list(field(node, 'right'));
        assignAll(node, targets, augmented ? [] : values, node.type === 'short_var_declaration');
        return b.other(node);
      }
      case 'range_clause': {
        const over = field(node, 'right');
        if (over) expr(over);
        assignAll(node, list(field(node, 'left')), [], true);
        return b.other(node);
      }
      case 'return_statement': {
        const values = namedChildren(node)[0];
        const first = values ? list(values)[0] : undefined;
        if (first) b.scope().returns.push({ value: first, start: node.startIndex });
        return b.other(node);
      }
      case 'defer_statement':
        b.inside('defer', () => all(node));
        return b.other(node);
      case 'block':
      case 'if_statement':
      case 'for_statement':
      case 'expression_case':
      case 'default_case':
      case 'communication_case':
      case 'type_case':
      case 'expression_switch_statement':
      case 'type_switch_statement':
        b.inBlock(node, () => all(node));
        return b.other(node);
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return literal(node) ?? b.other(node);
      case 'int_literal':
      case 'float_literal': {
        const value = Number(b.textOf(node).replaceAll('_', ''));
        return Number.isNaN(value) ? b.other(node) : { kind: 'number', value, ...spanOf(node) };
      }
      case 'true':
      case 'false':
        return { kind: 'boolean', value: node.type === 'true', ...spanOf(node) };
      case 'nil':
        return { kind: 'nothing', ...spanOf(node) };
      case 'identifier':
      case 'field_identifier':
      case 'type_identifier':
      case 'package_identifier':
        return { kind: 'name', name: b.textOf(node), ...spanOf(node) };
      case 'qualified_type':
      case 'selector_expression': {
        const object = field(node, 'operand') ?? field(node, 'package');
        const name = field(node, 'field') ?? field(node, 'name');
        return object && name ? { kind: 'member', object: expr(object), name: b.textOf(name), ...spanOf(node) } : b.other(node);
      }
      case 'index_expression': {
        const object = field(node, 'operand');
        const key = field(node, 'index');
        return object && key ? { kind: 'index', object: expr(object), key: expr(key), ...spanOf(node) } : b.other(node);
      }
      case 'call_expression':
        return callExpression(node);
      case 'unary_expression': {
        const operand = field(node, 'operand');
        const operator = b.text[node.startIndex];
        if (!operand) return b.other(node);
        const of = expr(operand);
        if (operator === '&') return of.kind === 'record' ? of : { kind: 'address', of, ...spanOf(node) };
        return operator === '*' ? { kind: 'pointee', of, ...spanOf(node) } : b.other(node);
      }
      case 'binary_expression': {
        const left = field(node, 'left');
        const right = field(node, 'right');
        const operator = field(node, 'operator');
        if (!left || !right || !operator) return b.other(node);
        const sides = { left: expr(left), right: expr(right) };
        if (b.textOf(operator) === '+') return { kind: 'join', parts: [sides.left, sides.right], ...spanOf(node) };
        return { kind: 'operation', operator: b.textOf(operator), ...sides, ...spanOf(node) };
      }
      case 'composite_literal': {
        const type = field(node, 'type');
        const body = field(node, 'body');
        if (!type || !body) return b.other(node);
        const isList = type.type === 'slice_type' || type.type === 'array_type' || type.type === 'implicit_length_array_type';
        return composite(node, isList || type.type === 'map_type' ? undefined : expr(type), body, isList ? b.textOf(type) : undefined);
      }
      case 'literal_value':
        return composite(node, undefined, node, undefined);
      case 'literal_element':
      case 'parenthesized_expression': {
        const inner = namedChildren(node)[0];
        return inner ? expr(inner) : b.other(node);
      }
      case 'type_assertion_expression': {
        const operand = field(node, 'operand');
        return operand ? expr(operand) : b.other(node);
      }
      case 'comment':
        return b.other(node);
      default:
        all(node);
        return b.other(node);
    }
  };
  expr(root);
}

/** The package name a path most likely has: `…/v2` and `go-x`/`x.go` forms follow the usual naming. */
function defaultName(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const last = parts.at(-1) ?? '';
  const base = /^v\d+$/.test(last) && parts.length > 1 ? (parts.at(-2) ?? last) : last;
  return base.replace(/\.v\d+$/, '').replace(/^go-|[-.]go$/g, '');
}
