/** Colours for a terminal. Each function gives its text unchanged when colours are off. */
export interface Palette {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly information: (text: string) => string;
  readonly hint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly link: (text: string) => string;
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string): string => text;

const COLOURED: Palette = {
  error: sgr(31, 39),
  warning: sgr(33, 39),
  information: sgr(34, 39),
  hint: sgr(36, 39),
  good: sgr(32, 39),
  bold: sgr(1, 22),
  faint: sgr(2, 22),
  link: sgr(4, 24),
};

const PLAIN: Palette = {
  error: plain,
  warning: plain,
  information: plain,
  hint: plain,
  good: plain,
  bold: plain,
  faint: plain,
  link: plain,
};

export function palette(colour: boolean): Palette {
  return colour ? COLOURED : PLAIN;
}

/**
 * Whether to colour: `--color`/`--no-color`, then NO_COLOR (no-color.org: set and not empty), then FORCE_COLOR (`0` and `false`: no),
 * then whether it is a terminal that is not "dumb".
 */
export function wantsColour(
  asked: boolean | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (asked !== undefined) return asked;
  if (environment.NO_COLOR) return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && environment.TERM !== 'dumb';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Takes out what would steer a terminal: a linted file must not be able to. Tabs and line feeds stay. */
export function harmless(text: string): string {
  return text.replace(CONTROL, '\ufffd');
}

/** A file's name, or a place in it, in one line: names may hold line breaks. */
export function harmlessPath(path: string): string {
  return harmless(path).replace(/[\n\t\u2028\u2029]/g, '\ufffd');
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal: East Asian wide characters take two, combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += /\p{Mn}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}
