import type { Rule } from './rule.ts';
import { gomemlimitMalformed } from './runtime/rules/gomemlimit-malformed.ts';

/** Every rule, by id. One line a rule. */
export const RULES: readonly Rule[] = [gomemlimitMalformed];
