import type { SourceFile, Span } from './source.ts';
import { withSpans } from './yaml-documents.ts';
import { type Mask, parseYaml, type YamlResult } from './yaml-parse.ts';

/** Says that a text is, or may be, a template of Terraform's: a directive, or an interpolation that stands alone on its line. */
const TEMPLATE = /%\{|^[ \t]*\$\{[^}\n]*\}[ \t]*\r?$/m;

export function mayBeTerraformTemplate(text: string): boolean {
  return TEMPLATE.test(text);
}

/** The `${…}` and `%{…}` in a stretch of text. `$${` and `%%{` are text. */
export function interpolationsIn(text: string, start = 0, end = text.length): Span[] {
  const spans: Span[] = [];
  for (let at = start; at < end; at++) {
    const char = text[at];
    if ((char !== '$' && char !== '%') || text[at + 1] !== '{' || text[at - 1] === char) continue;
    const close = closingBrace(text, at + 2) + 1;
    spans.push({ start: at, end: close });
    at = close - 1;
  }
  return spans;
}

/** The offset of the brace that closes an interpolation, or the end of its line. */
export function closingBrace(text: string, from: number): number {
  let open = 1;
  let at = from;
  for (; at < text.length; at++) {
    if (text[at] === '{') open++;
    else if (text[at] === '}' && --open === 0) return at;
    else if (text[at] === '\n') return at - 1;
  }
  return at;
}

/** A template blanked out, as `maskTemplate` does with Helm's: what is literal still parses, at the same offsets. */
export function maskTerraform(text: string, spans: readonly Span[]): { readonly text: string; readonly masks: readonly Mask[] } {
  const fills: string[] = [];
  const masks = spans.map((span): Mask => {
    const expression = text.slice(span.start, span.end);
    const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
    const alone = text.slice(lineStart, span.start).trim() === '' && /^[ \t]*\r?(?:\n|$)/.test(text.slice(span.end, span.end + 200));
    const directive = expression.startsWith('%');
    fills.push(alone || directive ? ' ' : 'x');
    // A directive only chooses; what stands alone may write any keys.
    return { ...span, expression, hole: alone && !directive };
  });
  return { text: withSpans(text, spans, (index) => fills[index] ?? ' '), masks };
}

/**
 * Parses the YAML that a template of Terraform's writes.
 * @returns also whether all that it writes is there: no directive chooses, and nothing stands for whole lines
 */
export function parseTerraformYaml(
  file: SourceFile,
  start = 0,
  end = file.text.length,
): { readonly result: YamlResult; readonly complete: boolean } {
  const { text, masks } = maskTerraform(file.text, interpolationsIn(file.text, start, end));
  const complete = !masks.some((mask) => mask.hole || mask.expression.startsWith('%'));
  return { result: parseYaml(file, start, end, text, masks), complete };
}
