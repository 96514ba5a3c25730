/** A unified diff of two texts, as `patch` and `git apply` read it; empty when they are equal. */
export function unifiedDiff(path: string, before: string | undefined, after: string, context = 3): string {
  if (before === after) return '';
  const a = before === undefined ? [] : splitLines(before);
  const b = splitLines(after);
  const steps = diffLines(a, b);
  const out = [`--- ${before === undefined ? '/dev/null' : `a/${path}`}`, `+++ b/${path}`];
  for (let at = 0; at < steps.length; ) {
    const first = steps.findIndex((step, index) => index >= at && step.sign !== ' ');
    if (first < 0) break;
    let end = first;
    // Changes that are closer than two contexts share a hunk.
    for (let next = first; next < steps.length && next - end <= context * 2; next++) if (steps[next]?.sign !== ' ') end = next;
    const hunk = steps.slice(Math.max(at, first - context), end + context + 1);
    const head = hunk[0];
    const removed = hunk.filter((step) => step.sign !== '+').length;
    const added = hunk.filter((step) => step.sign !== '-').length;
    const start = (line: number, count: number): number => (count === 0 ? line : line + 1);
    out.push(`@@ -${start(head?.a ?? 0, removed)},${removed} +${start(head?.b ?? 0, added)},${added} @@`);
    for (const step of hunk) {
      out.push(step.sign + step.text.replace(/\n$/, ''));
      if (!step.text.endsWith('\n')) out.push('\\ No newline at end of file');
    }
    at = end + context + 1;
  }
  return `${out.join('\n')}\n`;
}

interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Lines of the two sides before this one. */
  readonly a: number;
  readonly b: number;
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Longest common subsequence between the common head and tail; fixes are small, so the middle is too. */
function diffLines(a: readonly string[], b: readonly string[]): Step[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const rows = a.length - head - tail;
  const columns = b.length - head - tail;
  const width = columns + 1;
  const common = rows * columns <= 4_000_000 ? new Uint32Array((rows + 1) * width) : undefined;
  if (common) {
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        const same = a[head + i] === b[head + j];
        common[i * width + j] = same
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
      }
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  const push = (sign: Step['sign'], text: string | undefined): void => {
    steps.push({ sign, text: text ?? '', a: i, b: j });
    if (sign !== '+') i++;
    if (sign !== '-') j++;
  };
  while (i < head) push(' ', a[i]);
  while (i < head + rows || j < head + columns) {
    const row = i - head;
    const column = j - head;
    if (common && row < rows && column < columns && a[i] === b[j]) push(' ', a[i]);
    else if (
      row < rows &&
      (column >= columns || !common || (common[(row + 1) * width + column] ?? 0) >= (common[row * width + column + 1] ?? 0))
    )
      push('-', a[i]);
    else push('+', b[j]);
  }
  while (i < a.length) push(' ', a[i]);
  return steps;
}
