import type { Node } from '@vscode/tree-sitter-wasm';
import { type Builder, field, fields, namedChildren, spanOf, textExpr } from './builder.ts';
import type { Annotation, Argument, Expr, RecordEntry } from './syntax.ts';

/** Reads a Python tree into the neutral shape. `await` and parentheses keep the value inside. */
export function buildPython(b: Builder, root: Node): void {
  const expr = (node: Node): Expr => b.nested(node, () => read(node));
  const all = (node: Node): void => {
    for (const child of namedChildren(node)) expr(child);
  };
  const name = (node: Node): Expr => ({ kind: 'name', name: b.textOf(node), ...spanOf(node) });
  const args = (list: Node | undefined): Argument[] =>
    (list ? namedChildren(list) : []).map((child) => {
      if (child.type === 'keyword_argument') {
        const key = field(child, 'name');
        const value = field(child, 'value');
        return { name: key ? b.textOf(key) : undefined, value: value ? expr(value) : b.other(child), spread: false };
      }
      const spread = child.type === 'list_splat' || child.type === 'dictionary_splat';
      const inner = spread ? namedChildren(child)[0] : child;
      return { name: undefined, value: inner ? expr(inner) : b.other(child), spread };
    });
  const literal = (node: Node): Expr => {
    const children = node.children.filter((child): child is Node => child !== null);
    const open = children[0];
    const close = children.at(-1);
    if (!open || !close || open.type !== 'string_start' || close.type !== 'string_end') return b.other(node);
    const prefix = b.textOf(open).toLowerCase();
    const escapes = !prefix.includes('r');
    const content = { start: open.endIndex, end: close.startIndex };
    const holes = namedChildren(node).filter((child) => child.type === 'interpolation');
    if (holes.length === 0) {
      const raw = b.text.slice(content.start, content.end);
      const value =
        prefix.startsWith('f') || prefix.endsWith('f') || prefix.includes('f') ? raw.replaceAll('{{', '{').replaceAll('}}', '}') : raw;
      return textExpr(spanOf(node), content, value, escapes) ?? b.other(node);
    }
    const parts: Expr[] = [];
    let at = content.start;
    const literalUpTo = (end: number): void => {
      if (end <= at) return;
      const span = { start: at, end };
      parts.push(
        textExpr(span, span, b.text.slice(at, end).replaceAll('{{', '{').replaceAll('}}', '}'), escapes) ?? {
          kind: 'other',
          type: 'escape',
          ...span,
        },
      );
    };
    for (const hole of holes) {
      literalUpTo(hole.startIndex);
      const inner = field(hole, 'expression');
      parts.push(inner ? expr(inner) : b.other(hole));
      at = hole.endIndex;
    }
    literalUpTo(content.end);
    return { kind: 'join', parts, ...spanOf(node) };
  };
  const parameters = (list: Node | undefined): void => {
    (list ? namedChildren(list) : []).forEach((parameter, position) => {
      const label =
        field(parameter, 'name') ??
        (parameter.type === 'identifier' ? parameter : namedChildren(parameter).find((child) => child.type === 'identifier'));
      if (!label) return;
      const type = field(parameter, 'type');
      const value = field(parameter, 'value');
      b.scope().parameters.push({
        name: b.textOf(label),
        position,
        type: type ? b.textOf(type) : undefined,
        initial: value ? expr(value) : undefined,
        rest: /splat/.test(parameter.type),
        annotations: [],
        key: undefined,
        ...spanOf(label),
      });
    });
  };
  const definition = (node: Node, annotations: Annotation[]): Expr => {
    const label = field(node, 'name');
    const kind = node.type === 'class_definition' ? 'class' : 'function';
    const returns = field(node, 'return_type');
    const supers = field(node, 'superclasses');
    const bases = supers ? namedChildren(supers).map(b.textOf) : [];
    const scope = b.within(
      node,
      { kind, name: label ? b.textOf(label) : '', annotations, bases, returnType: returns ? b.textOf(returns) : undefined },
      () => {
        if (kind === 'function') parameters(field(node, 'parameters'));
        const body = field(node, 'body');
        if (!body) return;
        if (node.type === 'lambda') b.scope().returns.push({ value: expr(body), start: body.startIndex });
        else all(body);
      },
    );
    return { kind: 'lambda', scope, ...spanOf(node) };
  };
  const decorated = (node: Node): void => {
    const annotations = namedChildren(node)
      .filter((child) => child.type === 'decorator')
      .map((child): Annotation => {
        const made = namedChildren(child)[0];
        const call = made ? expr(made) : undefined;
        const callee = call?.kind === 'call' ? call.callee : call;
        const label = callee?.kind === 'member' ? callee.name : callee?.kind === 'name' ? callee.name : '';
        return { name: label, args: call?.kind === 'call' ? call.args : [], ...spanOf(child) };
      });
    const inner = field(node, 'definition');
    if (inner) definition(inner, annotations);
  };
  const assignTo = (node: Node, left: Node, value: Expr | undefined): void => {
    if (left.type === 'pattern_list' || left.type === 'tuple_pattern') {
      const targets = namedChildren(left);
      const values = value?.kind === 'list' && value.items.length === targets.length ? value.items : undefined;
      targets.forEach((target, position) => {
        b.assign({ target: expr(target), value: values?.[position], declares: false, ...spanOf(node) });
      });
      return;
    }
    const type = field(node, 'type');
    b.assign({ target: expr(left), value, declares: false, type: type ? b.textOf(type) : undefined, ...spanOf(node) });
  };
  const importFrom = (node: Node): void => {
    const source = field(node, 'module_name');
    if (!source) return;
    const from = b.textOf(source);
    if (namedChildren(node).some((child) => child.type === 'wildcard_import')) {
      b.module.imports.push({ local: '.', from, member: '*', ...spanOf(node) });
      return;
    }
    for (const each of fields(node, 'name')) {
      const original = field(each, 'name') ?? each;
      const alias = field(each, 'alias') ?? original;
      b.module.imports.push({ local: b.textOf(alias), from, member: b.textOf(original), ...spanOf(each) });
    }
  };
  const importModules = (node: Node): void => {
    for (const each of fields(node, 'name')) {
      const path = b.textOf(field(each, 'name') ?? each);
      const alias = field(each, 'alias');
      b.module.imports.push({ local: alias ? b.textOf(alias) : path, from: path, member: undefined, ...spanOf(each) });
    }
  };
  const dictionary = (node: Node): Expr => {
    const entries: RecordEntry[] = [];
    const spreads: Expr[] = [];
    for (const child of namedChildren(node)) {
      const [keyNode, valueNode] = [field(child, 'key'), field(child, 'value')];
      if (child.type === 'pair' && keyNode && valueNode) {
        const key = expr(keyNode);
        entries.push({
          key: key.kind === 'text' ? key.value : undefined,
          keySpan: key.kind === 'text' ? key.content : spanOf(keyNode),
          value: expr(valueNode),
          ...spanOf(child),
        });
      } else {
        const inner = namedChildren(child)[0];
        spreads.push(inner ? expr(inner) : b.other(child));
      }
    }
    return b.record({
      kind: 'record',
      type: undefined,
      entries,
      spreads,
      open: spreads.length > 0 || entries.some((entry) => entry.key === undefined),
      ...spanOf(node),
    });
  };
  const list = (node: Node): Expr => {
    const items: Expr[] = [];
    const spreads: Expr[] = [];
    for (const child of namedChildren(node)) {
      const inner = child.type === 'list_splat' ? namedChildren(child)[0] : undefined;
      if (inner) spreads.push(expr(inner));
      else items.push(expr(child));
    }
    return { kind: 'list', items, spreads, type: node.type, ...spanOf(node) };
  };
  const read = (node: Node): Expr => {
    switch (node.type) {
      case 'import_statement':
        importModules(node);
        return b.other(node);
      case 'import_from_statement':
        importFrom(node);
        return b.other(node);
      case 'decorated_definition':
        decorated(node);
        return b.other(node);
      case 'function_definition':
      case 'class_definition':
      case 'lambda':
        return definition(node, []);
      case 'assignment': {
        const left = field(node, 'left');
        const right = field(node, 'right');
        const value = right ? expr(right) : undefined;
        if (left) assignTo(node, left, value);
        return value ?? b.other(node);
      }
      case 'augmented_assignment': {
        const left = field(node, 'left');
        const right = field(node, 'right');
        if (right) expr(right);
        if (left) b.assign({ target: expr(left), value: undefined, declares: false, ...spanOf(node) });
        return b.other(node);
      }
      case 'named_expression': {
        const label = field(node, 'name');
        const value = field(node, 'value');
        if (!label || !value) return b.other(node);
        const made = expr(value);
        b.assign({ target: name(label), value: made, declares: false, ...spanOf(node) });
        return made;
      }
      case 'with_item': {
        const value = field(node, 'value');
        if (!value) return b.other(node);
        if (value.type !== 'as_pattern') return b.inside('with', () => expr(value));
        const [made, target] = [namedChildren(value)[0], field(value, 'alias')];
        const inner = made ? b.inside('with', () => expr(made)) : undefined;
        const label = target ? namedChildren(target)[0] : undefined;
        if (label) b.assign({ target: expr(label), value: inner, declares: false, ...spanOf(node) });
        return b.other(node);
      }
      case 'for_statement': {
        const [left, right] = [field(node, 'left'), field(node, 'right')];
        b.inBlock(node, () => {
          if (right) expr(right);
          if (left) b.assign({ target: expr(left), value: undefined, declares: false, ...spanOf(node) });
          const body = field(node, 'body');
          if (body) all(body);
        });
        return b.other(node);
      }
      case 'return_statement': {
        const value = namedChildren(node)[0];
        if (value) b.scope().returns.push({ value: expr(value), start: node.startIndex });
        return b.other(node);
      }
      case 'finally_clause':
        b.inBlock(node, () => b.inside('finally', () => all(node)));
        return b.other(node);
      // The block of `with` always runs: it is not a condition.
      case 'with_statement':
        for (const child of namedChildren(node)) {
          if (child.type === 'block') all(child);
          else expr(child);
        }
        return b.other(node);
      case 'block':
        b.inBlock(node, () => all(node));
        return b.other(node);
      case 'string':
        return literal(node);
      case 'concatenated_string':
        return { kind: 'join', parts: namedChildren(node).map(expr), ...spanOf(node) };
      case 'integer':
      case 'float': {
        const value = Number(b.textOf(node).replaceAll('_', ''));
        return Number.isNaN(value) ? b.other(node) : { kind: 'number', value, ...spanOf(node) };
      }
      case 'true':
      case 'false':
        return { kind: 'boolean', value: node.type === 'true', ...spanOf(node) };
      case 'none':
        return { kind: 'nothing', ...spanOf(node) };
      case 'identifier':
        return name(node);
      case 'attribute': {
        const [object, member] = [field(node, 'object'), field(node, 'attribute')];
        return object && member ? { kind: 'member', object: expr(object), name: b.textOf(member), ...spanOf(node) } : b.other(node);
      }
      case 'subscript': {
        const [object, key] = [field(node, 'value'), field(node, 'subscript')];
        return object && key ? { kind: 'index', object: expr(object), key: expr(key), ...spanOf(node) } : b.other(node);
      }
      case 'call': {
        const [callee, list] = [field(node, 'function'), field(node, 'arguments')];
        if (!callee) return b.other(node);
        const target = expr(callee);
        const made = args(list);
        const only = made.length === 1 ? made[0] : undefined;
        if (only && !only.spread && target.kind === 'name' && target.name === 'str') return only.value;
        return b.call(node, target, made, list ?? null);
      }
      case 'binary_operator': {
        const [left, right, operator] = [field(node, 'left'), field(node, 'right'), field(node, 'operator')];
        if (!left || !right || !operator) return b.other(node);
        const sides = { left: expr(left), right: expr(right) };
        if (b.textOf(operator) === '+') return { kind: 'join', parts: [sides.left, sides.right], ...spanOf(node) };
        return { kind: 'operation', operator: b.textOf(operator), ...sides, ...spanOf(node) };
      }
      case 'boolean_operator': {
        const [left, right, operator] = [field(node, 'left'), field(node, 'right'), field(node, 'operator')];
        if (!left || !right || !operator) return b.other(node);
        const sides = { first: expr(left), second: expr(right) };
        return b.textOf(operator) === 'or' ? { kind: 'choice', role: 'fallback', ...sides, ...spanOf(node) } : b.other(node);
      }
      case 'conditional_expression': {
        const [first, condition, second] = namedChildren(node);
        if (condition) expr(condition);
        return first && second
          ? { kind: 'choice', role: 'either', first: expr(first), second: expr(second), ...spanOf(node) }
          : b.other(node);
      }
      case 'dictionary':
        return dictionary(node);
      case 'list':
      case 'tuple':
      case 'expression_list':
        return list(node);
      case 'await':
      case 'parenthesized_expression': {
        const inner = namedChildren(node)[0];
        return inner ? expr(inner) : b.other(node);
      }
      default:
        all(node);
        return b.other(node);
    }
  };
  expr(root);
}
