import type { Repository, Unit } from '../model/unit.ts';
import type { Anchor } from '../text/source.ts';
import type { Message, MessageData } from './rule.ts';

/** An effective value worth a number beside the code ("Kiam serves credentials with 5 to 15 min left"): a code lens in the editor. */
export interface Insight {
  readonly at: Anchor;
  readonly messageId: string;
  readonly data: MessageData;
  readonly runbook: string;
}

export interface InsightProvider {
  readonly id: string;
  readonly messages: Readonly<Record<string, Message>>;
  /** Only what is known: no insight from a templated or unknown value. */
  insights(unit: Unit, repository: Repository): readonly Insight[];
}
