import { setMaxListeners } from 'node:events';

/** The time that a whole run has. Its signal aborts when that is over or the user cancels. */
export class Run {
  readonly #controller = new AbortController();
  readonly #user: AbortSignal | undefined;
  readonly #cancel = (): void => this.#end('cancelled');
  #why: 'timeout' | 'cancelled' | undefined;
  #endsAtMs: number;
  #timer: NodeJS.Timeout;

  constructor(deadlineMs: number, user: AbortSignal | undefined) {
    this.#user = user;
    // Every request that waits or is under way listens.
    setMaxListeners(0, this.#controller.signal);
    this.#endsAtMs = performance.now() + deadlineMs;
    this.#timer = setTimeout(() => this.#end('timeout'), deadlineMs);
    if (user?.aborted) this.#end('cancelled');
    else user?.addEventListener('abort', this.#cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it is over; undefined while it isn't. */
  get over(): 'timeout' | 'cancelled' | undefined {
    return this.#why;
  }

  get remainingMs(): number {
    return this.#why ? 0 : Math.max(0, this.#endsAtMs - performance.now());
  }

  /** Time that is spent on purpose doesn't count. */
  extend(durationMs: number): void {
    if (this.#why) return;
    this.#endsAtMs += durationMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end('timeout'), this.remainingMs);
  }

  /** Waits; shorter when the run ends. */
  wait(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#why) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      this.signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Ends it without a reason: nothing is left that would keep the process alive. */
  close(): void {
    clearTimeout(this.#timer);
    this.#user?.removeEventListener('abort', this.#cancel);
  }

  #end(why: 'timeout' | 'cancelled'): void {
    if (this.#why) return;
    this.#why = why;
    this.close();
    this.#controller.abort();
  }
}
