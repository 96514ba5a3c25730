import fc from 'fast-check';
import '../helpers/property-seed.ts';

/** What breaks readers: brackets, quotes, template and comment marks, line ends, control and wide characters, words of the formats. */
const PIECES: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '"',
    "'",
    '`',
    '\\',
    ':',
    ': ',
    ',',
    '-',
    '- ',
    '#',
    '|',
    '>-',
    '&a ',
    '*a',
    '!!str ',
    '!x ',
    '?',
    '=',
    ';',
    '%',
    '@',
    '~',
  ],
  ...[
    '{{',
    '}}',
    '{{ .Values.x }}',
    '{{- if .Values.y }}',
    '{{- end }}',
    '${',
    '$(',
    '<<: *a',
    '<<<<<<< ours\n',
    '---\n',
    '...\n',
    '/*',
    '*/',
    '//',
    '"""',
    '<!--',
    '<![CDATA[',
  ],
  ...['\n', '\r\n', '\r', '\t', ' ', '        ', '\n\n\n', '\u0000', '\u2028', '\ufeff', '\ufffd', '\ud83d', '😀', 'ü', '中'],
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1e999',
    '0x',
    '.inf',
    '512Mi',
    '99999999999999999999',
    '1h',
    '-5m',
    'kind: List\nitems:\n',
    'apiVersion: v1\n',
    'env:\n',
    'name:',
  ],
];

type Blow =
  | { readonly blow: 'cut' | 'remove' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly blow: 'insert'; readonly at: number; readonly text: string }
  | { readonly blow: 'swap-lines'; readonly at: number; readonly other: number }
  | { readonly blow: 'indent'; readonly at: number; readonly by: number };

const blow: fc.Arbitrary<Blow> = fc.oneof(
  fc.record({ blow: fc.constant('cut' as const), at: fc.nat(), length: fc.constant(0) }),
  fc.record({ blow: fc.constantFrom('remove' as const, 'repeat' as const), at: fc.nat(), length: fc.nat({ max: 60 }) }),
  fc.record({ blow: fc.constant('insert' as const), at: fc.nat(), text: fc.constantFrom(...PIECES) }),
  fc.record({ blow: fc.constant('insert' as const), at: fc.nat(), text: fc.constantFrom(...PIECES) }),
  fc.record({ blow: fc.constant('insert' as const), at: fc.nat(), text: fc.string({ maxLength: 6, unit: 'binary' }) }),
  fc.record({ blow: fc.constant('swap-lines' as const), at: fc.nat(), other: fc.nat() }),
  fc.record({ blow: fc.constant('indent' as const), at: fc.nat(), by: fc.integer({ min: -4, max: 4 }) }),
);

/** One to four blows against a text. */
export const damage: fc.Arbitrary<readonly Blow[]> = fc.array(blow, { minLength: 1, maxLength: 4 });

function strike(text: string, one: Blow): string {
  const at = one.at % (text.length + 1);
  switch (one.blow) {
    case 'cut':
      return text.slice(0, at);
    case 'remove':
      return text.slice(0, at) + text.slice(at + one.length);
    case 'repeat':
      return text.slice(0, at + one.length) + text.slice(at);
    case 'insert':
      return text.slice(0, at) + one.text + text.slice(at);
    case 'swap-lines':
    case 'indent': {
      const lines = text.split('\n');
      const line = one.at % lines.length;
      const here = lines[line] ?? '';
      if (one.blow === 'indent') lines[line] = one.by > 0 ? ' '.repeat(one.by) + here : here.slice(-one.by);
      else {
        const other = one.other % lines.length;
        lines[line] = lines[other] ?? '';
        lines[other] = here;
      }
      return lines.join('\n');
    }
  }
}

export function damaged(text: string, blows: readonly Blow[]): string {
  return blows.reduce(strike, text);
}
