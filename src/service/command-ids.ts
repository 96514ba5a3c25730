/** Commands that the links of a runbook's HTML run. The reader lets no others through. */
export const OPEN_RUNBOOK = 'runbookLens.openRunbook';
export const COPY_FENCE = 'runbookLens.copyFence';
export const SHOW_RULE = 'runbookLens.showRule';
