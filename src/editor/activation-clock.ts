/** When our code began to run: this module is imported before all others. Milliseconds of `performance.now()`. */
export const loadStartMs = performance.now();
