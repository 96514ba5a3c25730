import type { SourceFile, Span } from '../../text/source.ts';
import type { YamlMap, YamlSequence } from '../../text/yaml.ts';
import type { Mask } from '../../text/yaml-parse.ts';
import { maskTemplate } from '../../text/yaml-documents.ts';
import { actionBody, type Dot, evaluate, type TemplateContext } from './expression.ts';
import { goTruth } from './go-value.ts';

/** A place where `toYaml` writes a map or a list of the values: the text has a stand-in there that the tree is then mended by. */
export interface Insertion {
  readonly name: string;
  readonly node: YamlMap | YamlSequence;
}

/**
 * A template as far as the values decide it, at its own offsets: arms that aren't taken are blank, actions are masked,
 * `toYaml` of a known map or list has left a stand-in.
 */
export interface DecidedTemplate {
  readonly text: string;
  readonly masks: readonly Mask[];
  readonly insertions: readonly Insertion[];
  /** Actions that left a stand-in or nothing: text that holds one isn't what the file says. */
  readonly filled: readonly Span[];
  /** What `.` is at an offset. */
  readonly dotAt: (offset: number) => Dot;
  /** Stretches under a condition or in a loop that the values don't decide. */
  readonly undecided: readonly Span[];
}

interface Action extends Span {
  readonly body: string;
  readonly keyword: string;
}

interface Block {
  readonly keyword: string;
  /** The dot outside. */
  readonly outer: Dot;
  /** Was an arm taken already? `undefined`: not known. */
  taken: boolean | undefined;
  /** Is the present arm there? */
  present: boolean | undefined;
  armStart: number;
}

const ROOT: Dot = { is: 'root' };
const UNKNOWN: Dot = { is: 'unknown' };

export function decideTemplate(file: SourceFile, context: TemplateContext): DecidedTemplate {
  const template = maskTemplate(file.text);
  if (!template) return { text: file.text, masks: [], insertions: [], filled: [], dotAt: () => ROOT, undecided: [] };
  return new Decider(file, template, context).decide();
}

class Decider {
  private readonly file: SourceFile;
  private readonly context: TemplateContext;
  private readonly all: readonly Mask[];
  private text: string;
  private readonly blanks: Span[] = [];
  private readonly undecided: Span[] = [];
  private readonly dots: { readonly from: number; readonly dot: Dot }[] = [{ from: 0, dot: ROOT }];
  private readonly insertions: Insertion[] = [];
  private readonly filled = new Set<Mask>();
  /** Loops that may write any number of entries. */
  private readonly loops = new Set<Mask>();
  private readonly blocks: Block[] = [];

  constructor(file: SourceFile, template: { text: string; masks: readonly Mask[] }, context: TemplateContext) {
    this.file = file;
    this.context = context;
    this.all = template.masks;
    this.text = template.text;
  }

  decide(): DecidedTemplate {
    for (const mask of this.all) this.take(mask);
    // A block that is never closed: the file is broken, nothing in it is certain.
    if (this.blocks.length > 0) this.undecided.push({ start: 0, end: this.file.text.length });
    const blanks = outermost(this.blanks);
    this.text = blanked(this.text, blanks);
    let next = 0;
    // Both ascend, and a mask is wholly inside a blank stretch or wholly outside.
    const gone = (mask: Mask): boolean => {
      while ((blanks[next]?.end ?? Number.POSITIVE_INFINITY) < mask.end) next++;
      return (blanks[next]?.start ?? Number.POSITIVE_INFINITY) <= mask.start;
    };
    const masks = this.all
      .filter((mask) => !this.filled.has(mask) && !gone(mask))
      .map((mask) => (this.loops.has(mask) ? { ...mask, hole: true } : mask));
    return {
      text: this.text,
      masks,
      insertions: this.insertions,
      filled: [...this.filled],
      dotAt: (offset) => this.dotAt(offset),
      undecided: this.undecided,
    };
  }

  private get dot(): Dot {
    return this.dots.at(-1)?.dot ?? ROOT;
  }

  private setDot(from: number, dot: Dot): void {
    this.dots.push({ from, dot });
  }

  private dotAt(offset: number): Dot {
    let low = 0;
    let high = this.dots.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.dots[middle]?.from ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.dots[low]?.dot ?? ROOT;
  }

  private take(mask: Mask): void {
    const body = actionBody(mask.expression);
    const keyword = /^(?:if|else|end|range|with|define|block|\/\*)/.exec(body)?.[0] ?? '';
    const action: Action = { start: mask.start, end: mask.end, body, keyword };
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        this.open(action);
        if (keyword === 'range' && this.blocks.at(-1)?.present === undefined) this.loops.add(mask);
        return;
      case 'define':
      case 'block':
        this.blocks.push({ keyword, outer: this.dot, taken: undefined, present: undefined, armStart: action.end });
        this.setDot(action.end, UNKNOWN);
        return;
      case 'else':
        this.nextArm(action);
        return;
      case 'end':
        this.closeBlock(action);
        return;
      default:
        this.fill(mask, body);
    }
  }

  private open(action: Action): void {
    const outer = this.dot;
    const expression = action.body
      .slice(action.keyword.length)
      .replace(/^\s*\$\w+(?:\s*,\s*\$\w+)?\s*:=/, '')
      .trim();
    const value = evaluate(expression, this.context, outer);
    const truth = goTruth(value);
    // How often a loop runs isn't followed; only that it doesn't run at all.
    const present = action.keyword === 'range' && truth !== false ? undefined : truth;
    this.blocks.push({ keyword: action.keyword, outer, taken: present, present, armStart: action.end });
    if (action.keyword === 'range') this.setDot(action.end, UNKNOWN);
    else if (action.keyword === 'with') this.setDot(action.end, value && truth ? { is: 'value', value } : UNKNOWN);
  }

  private nextArm(action: Action): void {
    const block = this.blocks.at(-1);
    if (!block) return;
    this.endArm(block, action.start);
    const condition = /^else\s+(if|with)\s+([\s\S]*)$/.exec(action.body);
    this.setDot(action.end, block.outer);
    const value = condition ? evaluate(condition[2] ?? '', this.context, block.outer) : undefined;
    const truth = condition ? goTruth(value) : true;
    if (condition?.[1] === 'with') this.setDot(action.end, value && truth ? { is: 'value', value } : UNKNOWN);
    block.present = block.taken === true || truth === false ? false : block.taken === false ? truth : undefined;
    // One of two arms of which the last would hold anyway: some arm is taken.
    if (truth === true) block.taken = true;
    else if (block.taken === false) block.taken = truth;
    block.armStart = action.end;
  }

  private endArm(block: Block, end: number): void {
    if (block.present === false) this.blanks.push({ start: block.armStart, end });
    else if (block.present === undefined) this.undecided.push({ start: block.armStart, end });
  }

  private closeBlock(action: Action): void {
    const block = this.blocks.pop();
    if (!block) return;
    this.endArm(block, action.start);
    this.setDot(action.end, block.outer);
  }

  /** `{{- toYaml X | nindent N }}` alone on its line, X a known map or list: writes the stand-in at column N. */
  private fill(mask: Mask, body: string): void {
    if (!mask.hole) return;
    const match = /^(?:toYaml\s+([\s\S]+?)|([\s\S]+?)\s*\|\s*toYaml)\s*\|\s*(nindent|indent)\s+(\d+)$/.exec(body);
    if (!match) return;
    const expression = match[1] ?? match[2] ?? '';
    const column = Number(match[4]);
    const lineStart = this.file.text.lastIndexOf('\n', mask.start - 1) + 1;
    // Behind a key on its line it writes the first part of a block, and what that adds to is read as open.
    if (this.text.slice(lineStart, mask.start).trim() !== '') return;
    if (match[3] === 'indent' && (mask.start !== lineStart || mask.expression.startsWith('{{-'))) return;
    if (mask.expression.endsWith('-}}') && !/^\s*\{\{-/.test(this.file.text.slice(mask.end))) return;
    const evaluated = evaluate(expression, this.context, this.dot);
    if (!evaluated || evaluated.truthOnly) return;
    const { value } = evaluated;
    if (value === null || typeof value !== 'object') {
      // `null` leaves the key above empty, as a blank does. A word would become its value: not followed.
      if (value === null && mask.expression.startsWith('{{-')) this.filled.add(mask);
      return;
    }
    const name = `\u00a7${this.insertions.length}`;
    const standIn = value.kind === 'map' ? `${name}: 0` : `- ${name}`;
    const at = lineStart + column;
    if (at + standIn.length > mask.end) return;
    // The line may hold nothing but this action.
    this.text = this.text.slice(0, at) + standIn + this.text.slice(at + standIn.length);
    this.insertions.push({ name, node: value });
    this.filled.add(mask);
  }
}

/** The stretches without those inside others, ascending. */
function outermost(spans: readonly Span[]): Span[] {
  const all = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Span[] = [];
  for (const span of all) if (span.end > (kept.at(-1)?.end ?? -1)) kept.push(span);
  return kept;
}

function blanked(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of spans) {
    parts.push(text.slice(at, start), text.slice(start, end).replace(/[^\r\n]/g, ' '));
    at = end;
  }
  return parts.join('') + text.slice(at);
}
