/** IP addresses and ranges as Go's `net/netip` reads them: no leading zeros, no zone in a range. */

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIPv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  let count = 0;
  for (const [side, half] of groups.entries()) {
    for (const [at, group] of half.entries()) {
      const isLast = side === groups.length - 1 && at === half.length - 1;
      if (isLast && isIPv4(group)) count += 2;
      else if (/^[\da-f]{1,4}$/i.test(group)) count += 1;
      else return false;
    }
  }
  return halves.length === 2 ? count < 8 : count === 8;
}

/** `10.0.0.1`, `fd00::1`. */
export function isAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text);
}

/** `10.0.0.0/8`, `fd00::/8`; host bits may be set. */
export function isPrefix(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(bits)) return false;
  const address = text.slice(0, slash);
  if (isIPv4(address)) return Number(bits) <= 32;
  return isIPv6(address) && Number(bits) <= 128;
}
