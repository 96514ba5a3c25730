import fc from 'fast-check';

/**
 * The same inputs in every run, so that a change is judged by what it did. Other inputs are sought on purpose:
 * `RUNBOOK_LENS_TEST_SEED=7 RUNBOOK_LENS_TEST_RUNS=4000 npm test`; what they find becomes a case of its own.
 */
fc.configureGlobal({ seed: Number(process.env.RUNBOOK_LENS_TEST_SEED ?? 1) });
