/** Longest text of a log line, an event or a server's message that a snapshot keeps. */
export const MAX_LINE = 300;

const MASK = '***';

/** Names of settings whose values nobody may see. The prefix is bounded, so that a long word takes linear time. */
const SECRET_SETTING =
  /((?:["']|\\")?[\w.-]{0,40}(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization|auth[_-]?key|x-auth|session[_-]?id|sessid|signature|dsn|connection[_-]?string)[\w.-]{0,40}(?:["']|\\")?\s{0,3}[=:]\s{0,3})("[^"]*"?|'[^']*'?|\\"[^"]*"?|[^\s,;&})\]]+)/gi;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours and bells of programs that think they have a terminal
  [/\u001b\[[0-9;]{0,20}[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, ''],
  [/-----BEGIN.{0,2000}/g, MASK],
  [/\b(set-cookie|cookie)(["']?\s{0,3}[:=]\s{0,3}).*/gi, `$1$2${MASK}`],
  [/\b(authorization|proxy-authorization|x-api-key|x-amz-security-token)(["']?\s{0,3}[:=]\s{0,3}).*/gi, `$1$2${MASK}`],
  [/\b(bearer|basic|digest|negotiate)\s{1,3}[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]{0,4000})?/g, MASK],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{12,}/g, MASK],
  [/\b(?:gh[pousr]_|github_pat_|xox[abeoprs]-|sk[-_]|rk_|pk_|glpat-|npm_|hvs\.|AIza|ya29\.|SG\.)[\w.-]{10,}/g, MASK],
  // Users and passwords of URLs, and of DSNs such as Go's `user:password@tcp(host:3306)/db`.
  [/:\/\/[^\s/@"'<>]{1,300}@/g, `://${MASK}@`],
  [/(?<![\w.+-])[\w.+-]{1,64}:[^\s@/"']{1,200}@(?=[\w[(])/g, `${MASK}@`],
  [SECRET_SETTING, `$1${MASK}`],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g, MASK],
  [/([?&][\w.[\]-]{1,60}=)[^\s&"'<>]{1,2000}/g, `$1${MASK}`],
];

const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/**
 * A text without what looks like a secret: tokens, keys, passwords, cookies, addresses of people, long runs of random characters. In linear
 * time. What stays is cut to 300 characters.
 * @param keep where in the text something stands that must stay in view when the text is cut
 */
export function maskText(text: string, keep: { readonly start: number; readonly end: number } = { start: 0, end: 0 }): string {
  const before = maskWhole(text.slice(0, keep.start));
  const whole = maskWhole(text);
  if (whole.length <= MAX_LINE) return whole;
  // Masking moves things: what stands before the match tells about where it now is.
  const from = Math.max(0, Math.min(before.length - 60, whole.length - MAX_LINE + 1));
  const room = from > 0 ? MAX_LINE - 2 : MAX_LINE - 1;
  return `${from > 0 ? '…' : ''}${whole.slice(from, from + room)}…`;
}

function maskWhole(text: string): string {
  let masked = text.replaceAll('\n', ' ');
  for (const [pattern, by] of PATTERNS) masked = masked.replace(pattern, by);
  return masked.replace(RUN, (run) => (isRandom(run) ? MASK : run)).trim();
}

/** A run that nobody wrote by hand: hexadecimal, base64, identifiers. Paths, hyphenated names and words stay. */
function isRandom(run: string): boolean {
  if (/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(run)) return true;
  const longest = Math.max(...run.split(/[-_/]/).map((part) => part.length));
  const hasDigit = /\d/.test(run);
  const hasLetter = /[A-Za-z]/.test(run);
  const isMixed = hasDigit && /[a-z]/.test(run) && /[A-Z]/.test(run);
  if (isMixed && (longest >= 16 || run.length >= 32)) return true;
  if (/[+=]/.test(run) && run.length >= 24 && /[A-Z]/.test(run)) return true;
  return longest >= 24 && (!hasLetter || hasDigit || /[A-Z]/.test(run.slice(1)));
}
