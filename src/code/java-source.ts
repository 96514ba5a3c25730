import type { Node } from '@vscode/tree-sitter-wasm';
import { type Builder, field, namedChildren, spanOf, textExpr } from './builder.ts';
import type { Annotation, Argument, Expr } from './syntax.ts';

/** Reads a Java tree into the neutral shape. Casts and parentheses keep the value inside. */
export function buildJava(b: Builder, root: Node): void {
  const expr = (node: Node): Expr => b.nested(node, () => read(node));
  const all = (node: Node): void => {
    for (const child of namedChildren(node)) expr(child);
  };
  const name = (node: Node): Expr => ({ kind: 'name', name: b.textOf(node), ...spanOf(node) });
  const args = (list: Node | undefined): Argument[] =>
    (list ? namedChildren(list) : []).map((child) => {
      if (child.type === 'element_value_pair') {
        const key = field(child, 'key');
        const value = field(child, 'value');
        return { name: key ? b.textOf(key) : undefined, value: value ? expr(value) : b.other(child), spread: false };
      }
      return { name: undefined, value: expr(child), spread: false };
    });
  const annotations = (node: Node): Annotation[] =>
    namedChildren(node)
      .filter((child) => child.type === 'modifiers')
      .flatMap(namedChildren)
      .filter((child) => child.type === 'annotation' || child.type === 'marker_annotation')
      .map((child) => {
        const label = field(child, 'name');
        return { name: label ? b.textOf(label) : '', args: args(field(child, 'arguments')), ...spanOf(child) };
      });
  const importDeclaration = (node: Node): void => {
    const path = namedChildren(node)[0];
    if (!path) return;
    const text = b.textOf(path).replace(/\s/g, '');
    const every = namedChildren(node).some((child) => child.type === 'asterisk');
    const isStatic = /^import\s+static\b/.test(b.textOf(node));
    const dot = text.lastIndexOf('.');
    if (every) b.module.imports.push({ local: '.', from: text, member: isStatic ? '*' : undefined, ...spanOf(node) });
    else
      b.module.imports.push({
        local: text.slice(dot + 1),
        from: text.slice(0, Math.max(dot, 0)),
        member: text.slice(dot + 1),
        ...spanOf(node),
      });
  };
  const parameters = (list: Node | undefined): void => {
    (list ? namedChildren(list) : []).forEach((parameter, position) => {
      const declarator = namedChildren(parameter).find((child) => child.type === 'variable_declarator');
      const label =
        field(parameter, 'name') ??
        (declarator ? field(declarator, 'name') : undefined) ??
        (parameter.type === 'identifier' ? parameter : undefined);
      if (!label) return;
      const type = field(parameter, 'type');
      b.scope().parameters.push({
        name: b.textOf(label),
        position,
        type: type ? b.textOf(type) : undefined,
        initial: undefined,
        rest: parameter.type === 'spread_parameter',
        annotations: annotations(parameter),
        key: undefined,
        ...spanOf(label),
      });
    });
  };
  const functionScope = (node: Node, label: string): Expr => {
    const type = field(node, 'type');
    const scope = b.within(
      node,
      { kind: 'function', name: label, returnType: type ? b.textOf(type) : undefined, annotations: annotations(node) },
      () => {
        const list = field(node, 'parameters');
        if (list?.type === 'identifier') {
          b.scope().parameters.push({
            name: b.textOf(list),
            position: 0,
            type: undefined,
            initial: undefined,
            rest: false,
            annotations: [],
            key: undefined,
            ...spanOf(list),
          });
        } else parameters(list);
        const body = field(node, 'body');
        if (!body) return;
        if (node.type === 'lambda_expression' && body.type !== 'block')
          b.scope().returns.push({ value: expr(body), start: body.startIndex });
        else all(body);
      },
    );
    return { kind: 'lambda', scope, ...spanOf(node) };
  };
  const classScope = (node: Node, label: string): void => {
    b.within(node, { kind: 'class', name: label, annotations: annotations(node) }, () => {
      if (node.type === 'record_declaration') parameters(field(node, 'parameters'));
      const body = field(node, 'body');
      if (body) all(body);
    });
  };
  const declarators = (node: Node): void => {
    const type = field(node, 'type');
    const constant = namedChildren(node).some((child) => child.type === 'modifiers' && /\bfinal\b/.test(b.textOf(child)));
    const notes = annotations(node);
    for (const declarator of namedChildren(node)) {
      if (declarator.type !== 'variable_declarator') continue;
      const label = field(declarator, 'name');
      const value = field(declarator, 'value');
      if (!label) continue;
      b.assign({
        target: name(label),
        value: value ? expr(value) : undefined,
        declares: true,
        type: type ? b.textOf(type) : undefined,
        annotations: notes,
        isConstant: constant,
        ...spanOf(declarator),
      });
    }
  };
  const textBlock = (raw: string): string => {
    const lines = raw.replace(/^[ \t]*\r?\n/, '').split(/\r?\n/);
    const indents = lines
      .filter((line, at) => line.trim() !== '' || at === lines.length - 1)
      .map((line) => line.length - line.trimStart().length);
    const indent = Math.min(...indents);
    return lines.map((line) => line.slice(indent)).join('\n');
  };
  const literal = (node: Node): Expr => {
    const quotes = b.text.startsWith('"""', node.startIndex) ? 3 : 1;
    const content = { start: node.startIndex + quotes, end: Math.max(node.startIndex + quotes, node.endIndex - quotes) };
    const raw = b.text.slice(content.start, content.end);
    const text = textExpr(spanOf(node), content, quotes === 3 ? textBlock(raw) : raw, true);
    return text ? { ...text, plain: text.plain && quotes === 1 } : b.other(node);
  };
  const read = (node: Node): Expr => {
    switch (node.type) {
      case 'package_declaration': {
        const path = namedChildren(node).find((child) => child.type.endsWith('identifier'));
        if (path) b.module.packageName = b.textOf(path);
        return b.other(node);
      }
      case 'import_declaration':
        importDeclaration(node);
        return b.other(node);
      case 'class_declaration':
      case 'interface_declaration':
      case 'enum_declaration':
      case 'record_declaration': {
        const label = field(node, 'name');
        classScope(node, label ? b.textOf(label) : '');
        return b.other(node);
      }
      case 'method_declaration':
      case 'constructor_declaration':
      case 'compact_constructor_declaration': {
        const label = field(node, 'name');
        return functionScope(node, node.type === 'method_declaration' && label ? b.textOf(label) : 'constructor');
      }
      case 'lambda_expression':
        return functionScope(node, '');
      case 'field_declaration':
      case 'constant_declaration':
      case 'local_variable_declaration':
        declarators(node);
        return b.other(node);
      case 'resource': {
        const label = field(node, 'name');
        const value = field(node, 'value');
        const made = value ? b.inside('with', () => expr(value)) : undefined;
        if (label) b.assign({ target: name(label), value: made, declares: true, ...spanOf(node) });
        return b.other(node);
      }
      case 'enhanced_for_statement': {
        const label = field(node, 'name');
        b.inBlock(node, () => {
          if (label) b.assign({ target: name(label), value: undefined, declares: true, ...spanOf(node) });
          for (const part of ['value', 'body']) {
            const child = field(node, part);
            if (child) expr(child);
          }
        });
        return b.other(node);
      }
      case 'assignment_expression': {
        const left = field(node, 'left');
        const right = field(node, 'right');
        const operator = field(node, 'operator');
        if (!left || !right) return b.other(node);
        const value = expr(right);
        const plain = operator === undefined || b.textOf(operator) === '=';
        b.assign({ target: expr(left), value: plain ? value : undefined, declares: false, ...spanOf(node) });
        return value;
      }
      case 'return_statement': {
        const value = namedChildren(node)[0];
        if (value) b.scope().returns.push({ value: expr(value), start: node.startIndex });
        return b.other(node);
      }
      case 'finally_clause':
        b.inBlock(node, () => b.inside('finally', () => all(node)));
        return b.other(node);
      case 'block':
      case 'if_statement':
      case 'for_statement':
      case 'while_statement':
      case 'catch_clause':
      case 'try_with_resources_statement':
      case 'switch_block_statement_group':
      case 'switch_rule':
        b.inBlock(node, () => all(node));
        return b.other(node);
      case 'string_literal':
        return literal(node);
      case 'decimal_integer_literal':
      case 'decimal_floating_point_literal': {
        const value = Number(b.textOf(node).replace(/[_lLfFdD]/g, ''));
        return Number.isNaN(value) ? b.other(node) : { kind: 'number', value, ...spanOf(node) };
      }
      case 'true':
      case 'false':
        return { kind: 'boolean', value: node.type === 'true', ...spanOf(node) };
      case 'null_literal':
        return { kind: 'nothing', ...spanOf(node) };
      case 'identifier':
      case 'type_identifier':
      case 'this':
        return name(node);
      case 'generic_type': {
        const raw = namedChildren(node)[0];
        return raw ? expr(raw) : b.other(node);
      }
      case 'scoped_identifier':
      case 'scoped_type_identifier': {
        const parts = namedChildren(node);
        const [object, member] = [parts[0], parts.at(-1)];
        return object && member && parts.length > 1
          ? { kind: 'member', object: expr(object), name: b.textOf(member), ...spanOf(node) }
          : b.other(node);
      }
      case 'field_access': {
        const object = field(node, 'object');
        const member = field(node, 'field');
        return object && member ? { kind: 'member', object: expr(object), name: b.textOf(member), ...spanOf(node) } : b.other(node);
      }
      case 'array_access': {
        const object = field(node, 'array');
        const key = field(node, 'index');
        return object && key ? { kind: 'index', object: expr(object), key: expr(key), ...spanOf(node) } : b.other(node);
      }
      case 'method_invocation': {
        const object = field(node, 'object');
        const label = field(node, 'name');
        if (!label) return b.other(node);
        const callee: Expr = object
          ? { kind: 'member', object: expr(object), name: b.textOf(label), start: object.startIndex, end: label.endIndex }
          : name(label);
        return b.call(node, callee, args(field(node, 'arguments')), field(node, 'arguments') ?? null);
      }
      case 'object_creation_expression': {
        const type = field(node, 'type');
        if (!type) return b.other(node);
        const call = b.call(node, expr(type), args(field(node, 'arguments')), field(node, 'arguments') ?? null, true);
        const body = namedChildren(node).find((child) => child.type === 'class_body');
        if (body) b.within(body, { kind: 'class', name: '' }, () => all(body));
        return call;
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
      case 'ternary_expression': {
        const [condition, first, second] = [field(node, 'condition'), field(node, 'consequence'), field(node, 'alternative')];
        if (condition) expr(condition);
        return first && second
          ? { kind: 'choice', role: 'either', first: expr(first), second: expr(second), ...spanOf(node) }
          : b.other(node);
      }
      case 'array_creation_expression': {
        const value = field(node, 'value');
        return value ? expr(value) : b.other(node);
      }
      case 'array_initializer':
      case 'element_value_array_initializer':
        return { kind: 'list', items: namedChildren(node).map(expr), spreads: [], type: undefined, ...spanOf(node) };
      case 'parenthesized_expression': {
        const inner = namedChildren(node)[0];
        return inner ? expr(inner) : b.other(node);
      }
      case 'cast_expression': {
        const value = field(node, 'value');
        return value ? expr(value) : b.other(node);
      }
      case 'modifiers':
        return b.other(node);
      default:
        all(node);
        return b.other(node);
    }
  };
  expr(root);
}
