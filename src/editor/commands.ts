export { COPY_FENCE, OPEN_RUNBOOK, SHOW_RULE } from '../service/command-ids.ts';
export const SEARCH_RUNBOOKS = 'runbookLens.searchRunbooks';
export const REVEAL = 'runbookLens.reveal';
export const COPY_TEXT = 'runbookLens.copyText';
export const CHECK_AGAIN = 'runbookLens.checkAgain';
export const SHOW_LOG = 'runbookLens.showLog';
export const SHOW_NOTICES = 'runbookLens.showNotices';
export const FIX_FILE = 'runbookLens.fixFile';
export const OPEN_CONFIGURATION = 'runbookLens.openConfiguration';
