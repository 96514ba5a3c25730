import type { Node } from '@vscode/tree-sitter-wasm';
import type { Span } from '../text/source.ts';
import { type Builder, field, namedChildren, spanOf, textExpr } from './builder.ts';
import type { Argument, Expr, RecordEntry } from './syntax.ts';

/** Reads a TypeScript or JavaScript tree into the neutral shape. `await`, `as`, `!` and parentheses keep the value inside. */
export function buildScript(b: Builder, root: Node): void {
  const expr = (node: Node): Expr => b.nested(node, () => read(node));
  const all = (node: Node): void => {
    for (const child of namedChildren(node)) expr(child);
  };
  const name = (node: Node): Expr => ({ kind: 'name', name: b.textOf(node), ...spanOf(node) });
  const literal = (node: Node): Expr => {
    const content = { start: node.startIndex + 1, end: Math.max(node.startIndex + 1, node.endIndex - 1) };
    return textExpr(spanOf(node), content, b.text.slice(content.start, content.end), true) ?? b.other(node);
  };
  const textValue = (node: Node | undefined): string | undefined => {
    const text = node?.type === 'string' ? literal(node) : undefined;
    return text?.kind === 'text' ? text.value : undefined;
  };
  const typeOf = (node: Node): string | undefined => {
    const type = field(node, 'type');
    return type ? b.textOf(type).replace(/^:\s*/, '') : undefined;
  };
  const template = (node: Node): Expr => {
    const parts: Expr[] = [];
    let at = node.startIndex + 1;
    const literalUpTo = (end: number): void => {
      if (end <= at) return;
      const span = { start: at, end };
      parts.push(textExpr(span, span, b.text.slice(at, end), true) ?? { kind: 'other', type: 'escape', ...span });
    };
    for (const hole of namedChildren(node)) {
      if (hole.type !== 'template_substitution') continue;
      literalUpTo(hole.startIndex);
      const inner = namedChildren(hole)[0];
      parts.push(inner ? expr(inner) : b.other(hole));
      at = hole.endIndex;
    }
    if (parts.length === 0) return literal(node);
    literalUpTo(node.endIndex - 1);
    return { kind: 'join', parts, ...spanOf(node) };
  };
  const args = (list: Node | undefined): Argument[] =>
    (list ? namedChildren(list) : []).map((child) => {
      const spread = child.type === 'spread_element';
      const inner = spread ? namedChildren(child)[0] : child;
      return { name: undefined, value: inner ? expr(inner) : b.other(child), spread };
    });
  /** The names a pattern binds, each with its key and default. */
  const bindings = (pattern: Node): { label: Node; key: string | undefined; keySpan: Span; initial: Expr | undefined }[] => {
    if (pattern.type !== 'object_pattern') return [];
    return namedChildren(pattern).flatMap((child) => {
      if (child.type === 'shorthand_property_identifier_pattern')
        return [{ label: child, key: b.textOf(child), keySpan: spanOf(child), initial: undefined }];
      const [left, right] = [field(child, 'left'), field(child, 'right')];
      if (child.type === 'object_assignment_pattern' && left)
        return [{ label: left, key: b.textOf(left), keySpan: spanOf(left), initial: right ? expr(right) : undefined }];
      const [key, value] = [field(child, 'key'), field(child, 'value')];
      if (child.type !== 'pair_pattern' || !key || !value) return [];
      if (value.type === 'identifier') return [{ label: value, key: b.textOf(key), keySpan: spanOf(key), initial: undefined }];
      const [target, initial] = [field(value, 'left'), field(value, 'right')];
      return value.type === 'assignment_pattern' && target
        ? [{ label: target, key: b.textOf(key), keySpan: spanOf(key), initial: initial ? expr(initial) : undefined }]
        : [];
    });
  };
  const parameters = (node: Node): void => {
    const single = field(node, 'parameter');
    const list = field(node, 'parameters');
    const nodes = single ? [single] : list ? namedChildren(list) : [];
    nodes.forEach((parameter, position) => {
      const assignment = parameter.type === 'assignment_pattern';
      const pattern = (assignment ? field(parameter, 'left') : field(parameter, 'pattern')) ?? parameter;
      const value = assignment ? field(parameter, 'right') : field(parameter, 'value');
      const base = { position, type: typeOf(parameter), rest: pattern.type === 'rest_pattern', annotations: [] };
      for (const bound of bindings(pattern)) {
        b.scope().parameters.push({ ...base, name: b.textOf(bound.label), initial: bound.initial, key: bound.key, ...spanOf(bound.label) });
      }
      if (pattern.type !== 'identifier') return;
      b.scope().parameters.push({
        ...base,
        name: b.textOf(pattern),
        initial: value ? expr(value) : undefined,
        key: undefined,
        ...spanOf(pattern),
      });
      const isProperty =
        namedChildren(parameter).some((child) => child.type === 'accessibility_modifier') ||
        /^(readonly|override)\b/.test(b.textOf(parameter));
      if (!isProperty) return;
      // A parameter property is `this.x = x`.
      const span = spanOf(pattern);
      const target: Expr = { kind: 'member', object: { kind: 'name', name: 'this', ...span }, name: b.textOf(pattern), ...span };
      b.assign({ target, value: name(pattern), declares: false, type: typeOf(parameter), ...span });
    });
  };
  const functionScope = (node: Node, label: string): Expr => {
    const returns = field(node, 'return_type');
    const scope = b.within(
      node,
      { kind: 'function', name: label, returnType: returns ? b.textOf(returns).replace(/^:\s*/, '') : undefined },
      () => {
        parameters(node);
        const body = field(node, 'body');
        if (!body) return;
        if (body.type === 'statement_block') all(body);
        else b.scope().returns.push({ value: expr(body), start: body.startIndex });
      },
    );
    return { kind: 'lambda', scope, ...spanOf(node) };
  };
  const declarator = (node: Node, isConstant: boolean): void => {
    const [label, valueNode] = [field(node, 'name'), field(node, 'value')];
    if (!label) return;
    const isFunction = valueNode !== undefined && /^(arrow_function|function_expression|function)$/.test(valueNode.type);
    const value = valueNode ? (isFunction ? functionScope(valueNode, b.textOf(label)) : expr(valueNode)) : undefined;
    if (label.type === 'identifier') {
      if (value?.kind === 'call' && calleeText(value) === 'require') addRequire(value, b.textOf(label), undefined, node);
      b.assign({ target: name(label), value, declares: true, type: typeOf(node), isConstant, ...spanOf(node) });
      return;
    }
    for (const bound of bindings(label)) {
      if (value?.kind === 'call' && calleeText(value) === 'require') addRequire(value, b.textOf(bound.label), bound.key, node);
      b.assign({
        target: name(bound.label),
        value,
        declares: true,
        key: bound.key,
        keySpan: bound.keySpan,
        initial: bound.initial,
        isConstant,
        ...spanOf(node),
      });
    }
  };
  const addRequire = (call: Expr, local: string, member: string | undefined, node: Node): void => {
    const from = call.kind === 'call' ? call.args[0]?.value : undefined;
    if (from?.kind === 'text') b.module.imports.push({ local, from: from.value, member, ...spanOf(node) });
  };
  const importStatement = (node: Node): void => {
    const source = textValue(field(node, 'source') ?? namedChildren(node).find((child) => child.type === 'string'));
    for (const clause of namedChildren(node)) {
      if (clause.type === 'import_require_clause') {
        const label = namedChildren(clause)[0];
        const from = textValue(field(clause, 'source'));
        if (label && from !== undefined) b.module.imports.push({ local: b.textOf(label), from, member: undefined, ...spanOf(node) });
      }
      if (clause.type !== 'import_clause' || source === undefined) continue;
      for (const each of namedChildren(clause)) {
        if (each.type === 'identifier') b.module.imports.push({ local: b.textOf(each), from: source, member: 'default', ...spanOf(each) });
        const inner = namedChildren(each)[0];
        if (each.type === 'namespace_import' && inner)
          b.module.imports.push({ local: b.textOf(inner), from: source, member: undefined, ...spanOf(each) });
        if (each.type !== 'named_imports') continue;
        for (const specifier of namedChildren(each)) {
          const original = field(specifier, 'name');
          const alias = field(specifier, 'alias') ?? original;
          if (original && alias)
            b.module.imports.push({ local: b.textOf(alias), from: source, member: b.textOf(original), ...spanOf(specifier) });
        }
      }
    }
  };
  const exportStatement = (node: Node): void => {
    const from = textValue(field(node, 'source'));
    for (const child of namedChildren(node)) {
      if (child.type === 'export_clause') {
        for (const specifier of namedChildren(child)) {
          const local = field(specifier, 'name');
          const alias = field(specifier, 'alias') ?? local;
          if (local && alias) b.module.reexports.push({ name: b.textOf(alias), local: b.textOf(local), from });
        }
      } else if (child.type !== 'string') expr(child);
    }
    const value = field(node, 'value');
    if (value)
      b.assign({
        target: { kind: 'name', name: 'default', ...spanOf(value) },
        value: value.type === 'identifier' ? name(value) : undefined,
        declares: true,
        ...spanOf(node),
      });
    if (from !== undefined && /^export\s*\*/.test(b.textOf(node))) b.module.reexports.push({ name: '*', local: '*', from });
  };
  const objectLiteral = (node: Node): Expr => {
    const entries: RecordEntry[] = [];
    const spreads: Expr[] = [];
    let open = false;
    for (const child of namedChildren(node)) {
      const [keyNode, valueNode] = [field(child, 'key'), field(child, 'value')];
      if (child.type === 'pair' && keyNode && valueNode) {
        const keyText =
          keyNode.type === 'computed_property_name' ? undefined : keyNode.type === 'string' ? textValue(keyNode) : b.textOf(keyNode);
        const inner = keyNode.type === 'computed_property_name' ? namedChildren(keyNode)[0] : undefined;
        const computed = inner ? expr(inner) : undefined;
        const key = keyText ?? (computed?.kind === 'text' ? computed.value : undefined);
        const isFunction = /^(arrow_function|function_expression|function)$/.test(valueNode.type);
        entries.push({
          key,
          keySpan: keyNode.type === 'string' ? { start: keyNode.startIndex + 1, end: keyNode.endIndex - 1 } : spanOf(keyNode),
          value: isFunction ? functionScope(valueNode, key ?? '') : expr(valueNode),
          ...spanOf(child),
        });
        open ||= key === undefined;
      } else if (child.type === 'shorthand_property_identifier') {
        entries.push({ key: b.textOf(child), keySpan: spanOf(child), value: name(child), ...spanOf(child) });
      } else if (child.type === 'spread_element') {
        const inner = namedChildren(child)[0];
        spreads.push(inner ? expr(inner) : b.other(child));
        open = true;
      } else expr(child);
    }
    return b.record({ kind: 'record', type: undefined, entries, spreads, open, ...spanOf(node) });
  };
  const read = (node: Node): Expr => {
    switch (node.type) {
      case 'import_statement':
        importStatement(node);
        return b.other(node);
      case 'export_statement':
        exportStatement(node);
        return b.other(node);
      case 'class_declaration':
      case 'abstract_class_declaration':
      case 'class':
      case 'enum_declaration': {
        const label = field(node, 'name');
        b.within(node, { kind: 'class', name: label ? b.textOf(label) : '' }, () => {
          const body = field(node, 'body');
          if (body) all(body);
        });
        return b.other(node);
      }
      case 'public_field_definition':
      case 'field_definition':
      case 'enum_assignment': {
        const label = field(node, 'name') ?? field(node, 'property');
        const value = field(node, 'value');
        if (label)
          b.assign({ target: name(label), value: value ? expr(value) : undefined, declares: true, type: typeOf(node), ...spanOf(node) });
        return b.other(node);
      }
      case 'method_definition':
      case 'function_declaration':
      case 'generator_function_declaration': {
        const label = field(node, 'name');
        return functionScope(node, label ? b.textOf(label) : '');
      }
      case 'arrow_function':
      case 'function_expression':
        return functionScope(node, '');
      case 'lexical_declaration':
      case 'variable_declaration': {
        const constant = b.text.startsWith('const', node.startIndex);
        for (const child of namedChildren(node)) if (child.type === 'variable_declarator') declarator(child, constant);
        return b.other(node);
      }
      case 'assignment_expression':
      case 'augmented_assignment_expression': {
        const [left, right] = [field(node, 'left'), field(node, 'right')];
        if (!left || !right) return b.other(node);
        const value = expr(right);
        b.assign({
          target: expr(left),
          value: node.type === 'assignment_expression' ? value : undefined,
          declares: false,
          ...spanOf(node),
        });
        return value;
      }
      case 'for_in_statement':
        b.inBlock(node, () => {
          const [left, right, body] = [field(node, 'left'), field(node, 'right'), field(node, 'body')];
          if (right) expr(right);
          if (left) b.assign({ target: name(left), value: undefined, declares: true, ...spanOf(node) });
          if (body) expr(body);
        });
        return b.other(node);
      case 'return_statement': {
        const value = namedChildren(node)[0];
        if (value) b.scope().returns.push({ value: expr(value), start: node.startIndex });
        return b.other(node);
      }
      case 'finally_clause':
        b.inBlock(node, () => b.inside('finally', () => all(node)));
        return b.other(node);
      case 'statement_block':
      case 'if_statement':
      case 'for_statement':
      case 'while_statement':
      case 'switch_case':
      case 'switch_default':
      case 'catch_clause':
      case 'else_clause':
        b.inBlock(node, () => all(node));
        return b.other(node);
      case 'string':
        return literal(node);
      case 'template_string':
        return template(node);
      case 'number': {
        const value = Number(b.textOf(node).replaceAll('_', ''));
        return Number.isNaN(value) ? b.other(node) : { kind: 'number', value, ...spanOf(node) };
      }
      case 'true':
      case 'false':
        return { kind: 'boolean', value: node.type === 'true', ...spanOf(node) };
      case 'null':
      case 'undefined':
        return { kind: 'nothing', ...spanOf(node) };
      case 'identifier':
      case 'property_identifier':
      case 'shorthand_property_identifier':
      case 'this':
        return name(node);
      case 'member_expression': {
        const [object, member] = [field(node, 'object'), field(node, 'property')];
        return object && member ? { kind: 'member', object: expr(object), name: b.textOf(member), ...spanOf(node) } : b.other(node);
      }
      case 'subscript_expression': {
        const [object, key] = [field(node, 'object'), field(node, 'index')];
        return object && key ? { kind: 'index', object: expr(object), key: expr(key), ...spanOf(node) } : b.other(node);
      }
      case 'call_expression':
      case 'new_expression': {
        const callee = field(node, 'function') ?? field(node, 'constructor');
        const list = field(node, 'arguments');
        if (!callee) return b.other(node);
        const target = expr(callee);
        const made = list?.type === 'arguments' ? args(list) : [];
        const only = made.length === 1 ? made[0] : undefined;
        if (only && !only.spread && target.kind === 'name' && target.name === 'String') return only.value;
        return b.call(node, target, made, list ?? null, node.type === 'new_expression');
      }
      case 'binary_expression': {
        const [left, right, operatorNode] = [field(node, 'left'), field(node, 'right'), field(node, 'operator')];
        if (!left || !right || !operatorNode) return b.other(node);
        const operator = b.textOf(operatorNode);
        const sides = { left: expr(left), right: expr(right) };
        if (operator === '+') return { kind: 'join', parts: [sides.left, sides.right], ...spanOf(node) };
        if (operator === '||' || operator === '??')
          return { kind: 'choice', role: 'fallback', first: sides.left, second: sides.right, ...spanOf(node) };
        return { kind: 'operation', operator, ...sides, ...spanOf(node) };
      }
      case 'ternary_expression': {
        const [condition, first, second] = [field(node, 'condition'), field(node, 'consequence'), field(node, 'alternative')];
        if (condition) expr(condition);
        return first && second
          ? { kind: 'choice', role: 'either', first: expr(first), second: expr(second), ...spanOf(node) }
          : b.other(node);
      }
      case 'object':
        return objectLiteral(node);
      case 'array': {
        const items = namedChildren(node).filter((child) => child.type !== 'spread_element');
        const spreads = namedChildren(node).filter((child) => child.type === 'spread_element');
        return {
          kind: 'list',
          items: items.map(expr),
          spreads: spreads.flatMap(namedChildren).map(expr),
          type: undefined,
          ...spanOf(node),
        };
      }
      case 'parenthesized_expression':
      case 'await_expression':
      case 'non_null_expression':
      case 'as_expression':
      case 'satisfies_expression': {
        const inner = namedChildren(node)[0];
        return inner ? expr(inner) : b.other(node);
      }
      case 'type_assertion': {
        const inner = namedChildren(node).at(-1);
        return inner ? expr(inner) : b.other(node);
      }
      case 'type_alias_declaration':
      case 'interface_declaration':
      case 'type_annotation':
      case 'regex':
        return b.other(node);
      default:
        all(node);
        return b.other(node);
    }
  };
  const calleeText = (call: Expr): string | undefined =>
    call.kind === 'call' && call.callee.kind === 'name' ? call.callee.name : undefined;
  expr(root);
}
