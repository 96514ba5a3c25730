import type { YamlMap, YamlNode } from '../../text/yaml.ts';
import { type GoValue, goText, goTruth, goValue } from './go-value.ts';

/** What a template's expressions can be answered from. */
export interface TemplateContext {
  readonly values: YamlMap;
  /** Every layer of the values was read: what isn't there is empty. */
  readonly complete: boolean;
  /** `.Chart.Name`, `.Chart.Version`, `.Chart.AppVersion`. */
  readonly chart: Readonly<Record<string, GoValue | undefined>>;
  /** `.Release.Namespace` and `.Release.Name`, where something literal says them. */
  readonly release: Readonly<Record<string, string | undefined>>;
}

/** What `.` is: the root, a value that `with` has bound, or unknown (in a `range` or a `define`). */
export type Dot = { readonly is: 'root' } | { readonly is: 'value'; readonly value: GoValue } | { readonly is: 'unknown' };

type Token = { readonly kind: 'string' | 'number' | 'path' | 'word' | 'open' | 'close' | 'pipe'; readonly text: string };

const TOKEN =
  /\s*(?:("(?:[^"\\\n]|\\.)*"|`[^`]*`)|(-?\d+(?:\.\d+)?)(?![\w.])|(\$?(?:\.[A-Za-z_]\w*)+|\.)(?![\w$])|([A-Za-z_]\w*)|([()|]))/y;

/** The expression inside an action's braces, without them and without trim markers. */
export function actionBody(action: string): string {
  return action.replace(/^\{\{-?\s*/, '').replace(/\s*-?\}\}$/, '');
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    if (/^\s*$/.test(text.slice(TOKEN.lastIndex))) break;
    const match = TOKEN.exec(text);
    if (!match) return undefined;
    const [, string, number, path, word, punctuation] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: unquote(string) ?? '' });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (path !== undefined) tokens.push({ kind: 'path', text: path });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: punctuation === '(' ? 'open' : punctuation === ')' ? 'close' : 'pipe', text: punctuation ?? '' });
    if (string !== undefined && unquote(string) === undefined) return undefined;
  }
  return tokens;
}

function unquote(string: string): string | undefined {
  if (string.startsWith('`')) return string.slice(1, -1);
  try {
    const text: unknown = JSON.parse(string);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The value of an expression made of `.Values` paths, literals, `.Chart` and the few functions that only choose, quote or
 * compare. Everything else (`include`, `tpl`, `lookup`, variables, …) is unknown.
 */
export function evaluate(expression: string, context: TemplateContext, dot: Dot): GoValue | undefined {
  const tokens = tokenize(expression);
  if (!tokens || tokens.length === 0) return undefined;
  const evaluation = new Evaluation(tokens, context, dot);
  const value = evaluation.pipeline();
  return evaluation.atEnd() ? value : undefined;
}

class Evaluation {
  private at = 0;
  private readonly tokens: readonly Token[];
  private readonly context: TemplateContext;
  private readonly dot: Dot;

  constructor(tokens: readonly Token[], context: TemplateContext, dot: Dot) {
    this.tokens = tokens;
    this.context = context;
    this.dot = dot;
  }

  atEnd(): boolean {
    return this.at === this.tokens.length;
  }

  pipeline(): GoValue | undefined {
    let value = this.command(undefined, false);
    while (this.tokens[this.at]?.kind === 'pipe') {
      this.at++;
      value = this.command(value, true);
    }
    return value;
  }

  /** A function with its arguments, the piped value last; or a single operand. */
  private command(piped: GoValue | undefined, isPiped: boolean): GoValue | undefined {
    const first = this.tokens[this.at];
    if (first?.kind === 'word' && !/^(?:true|false|nil)$/.test(first.text)) {
      this.at++;
      const args: (GoValue | undefined)[] = [];
      for (let next = this.tokens[this.at]; next && next.kind !== 'pipe' && next.kind !== 'close'; next = this.tokens[this.at])
        args.push(this.operand());
      if (isPiped) args.push(piped);
      return call(first.text, args);
    }
    const value = this.operand();
    return isPiped ? undefined : value;
  }

  private operand(): GoValue | undefined {
    const token = this.tokens[this.at++];
    switch (token?.kind) {
      case 'string':
        return { value: token.text, from: undefined };
      case 'number':
        return { value: Number(token.text), from: undefined };
      case 'path':
        return this.path(token.text);
      case 'open': {
        const value = this.pipeline();
        if (this.tokens[this.at]?.kind !== 'close') {
          this.at = this.tokens.length + 1;
          return undefined;
        }
        this.at++;
        return value;
      }
      case 'word':
        if (token.text === 'nil') return { value: null, from: undefined };
        return token.text === 'true' || token.text === 'false' ? { value: token.text === 'true', from: undefined } : undefined;
      default:
        this.at = this.tokens.length + 1;
        return undefined;
    }
  }

  private path(text: string): GoValue | undefined {
    const root = text.startsWith('$') || this.dot.is === 'root';
    if (text === '.') return this.dot.is === 'value' ? this.dot.value : undefined;
    const steps = text.replace(/^\$?\./, '').split('.');
    if (!root) {
      if (this.dot.is !== 'value') return undefined;
      const { value } = this.dot.value;
      return value !== null && typeof value === 'object' && value.kind === 'map' ? this.lookup(value, steps) : undefined;
    }
    const [object, field = '', ...rest] = steps;
    if (object === 'Values') return this.lookup(this.context.values, steps.slice(1));
    if (rest.length > 0) return undefined;
    if (object === 'Chart') return this.context.chart[field];
    if (object === 'Release' && field === 'Service') return { value: 'Helm', from: undefined };
    const release = object === 'Release' ? this.context.release[field] : undefined;
    return release === undefined ? undefined : { value: release, from: undefined };
  }

  private lookup(map: YamlMap, steps: readonly string[]): GoValue | undefined {
    let at: YamlNode = map;
    for (const step of steps) {
      // Helm's YAML 1.1 takes an unquoted `on:` or `yes:` for a boolean key, which nobody can ask for by name.
      if (at.kind !== 'map' || /^(?:y|yes|on|n|no|off|true|false)$/i.test(step)) return undefined;
      const next: YamlNode | undefined = at.pairs.get(step)?.value;
      if (!next) return at.open || !this.context.complete ? undefined : { value: null, from: undefined };
      at = next;
    }
    return goValue(at);
  }
}

function call(name: string, args: readonly (GoValue | undefined)[]): GoValue | undefined {
  const [first, second] = args;
  const literal = (value: GoValue['value']): GoValue => ({ value, from: undefined });
  switch (name) {
    case 'default': {
      if (args.length !== 2) return undefined;
      const truth = goTruth(second);
      return truth === undefined ? undefined : truth ? second : first;
    }
    case 'required':
      return args.length === 2 ? second : undefined;
    case 'quote':
    case 'squote': {
      if (args.length !== 1 || !first) return undefined;
      if (first.value === null) return literal('');
      const text = goText(first);
      if (text === undefined) return undefined;
      return { value: name === 'quote' ? goQuote(text) : `'${text}'`, from: first.from };
    }
    case 'toString': {
      const text = first && args.length === 1 && first.value !== null ? goText(first) : undefined;
      return text === undefined ? undefined : { value: text, from: first?.from };
    }
    case 'int':
    case 'int64': {
      if (args.length !== 1 || !first) return undefined;
      const number = typeof first.value === 'string' && /^-?\d+$/.test(first.value) ? Number(first.value) : first.value;
      return typeof number === 'number' ? { value: Math.trunc(number), from: first.from, integer: true } : undefined;
    }
    case 'not': {
      const truth = goTruth(first);
      return args.length === 1 && truth !== undefined ? literal(!truth) : undefined;
    }
    case 'and':
    case 'or':
      return connect(name, args);
    case 'eq':
    case 'ne':
      return args.length === 2 ? compare(name, first, second) : undefined;
    default:
      return undefined;
  }
}

/** `and` gives the first false one, `or` the first true one, else the last; a decided answer needs no unknown behind it. */
function connect(name: 'and' | 'or', args: readonly (GoValue | undefined)[]): GoValue | undefined {
  let unknown = false;
  for (const arg of args) {
    const truth = goTruth(arg);
    if (truth === undefined) unknown = true;
    else if (truth === (name === 'or')) return unknown ? { value: truth, from: undefined, truthOnly: true } : arg;
  }
  return unknown ? undefined : args.at(-1);
}

function compare(name: 'eq' | 'ne', a: GoValue | undefined, b: GoValue | undefined): GoValue | undefined {
  const comparable = (value: GoValue | undefined): value is GoValue =>
    value !== undefined && !value.truthOnly && (value.value === null || typeof value.value !== 'object');
  if (!comparable(a) || !comparable(b)) return undefined;
  // Go refuses to compare different basic kinds; nil equals only nil.
  if (typeof a.value !== typeof b.value && a.value !== null && b.value !== null) return undefined;
  return { value: (a.value === b.value) === (name === 'eq'), from: undefined };
}

/** Go's `%q`, for text that needs only the common escapes. */
function goQuote(text: string): string {
  return JSON.stringify(text);
}
