import type { ClusterView, Judgement } from '../../probe.ts';
import { istioPresence } from '../live-mesh.ts';

/** What no subject at all comes to: *absent* only where Istio is proven not to be there. The probe's messages have `is-clear` and `is-unknown`. */
export function withPresence(view: ClusterView, judgement: Judgement, clearMessage = 'is-clear'): Judgement {
  if (judgement.verdict !== 'absent') return judgement;
  const presence = istioPresence(view);
  if (presence === 'absent') return judgement;
  const verdict = presence === 'there' ? 'clear' : 'unknown';
  return { ...judgement, verdict, summary: { messageId: verdict === 'clear' ? clearMessage : 'is-unknown', data: { count: 0 } } };
}
