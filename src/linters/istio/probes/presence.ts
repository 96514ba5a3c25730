import type { ClusterView, Judgement } from '../../probe.ts';
import { istioPresence } from '../live-mesh.ts';

/**
 * What no subject at all comes to: *absent* only where Istio is proven not to be there. The probe's messages have `is-clear` and `is-unknown`.
 * @param isUnseen there may be subjects that can't be seen
 */
export function withPresence(view: ClusterView, judgement: Judgement, clearMessage = 'is-clear', isUnseen = false): Judgement {
  if (judgement.verdict !== 'absent') return judgement;
  const presence = istioPresence(view);
  if (presence === 'absent') return judgement;
  const verdict = presence === 'there' && !isUnseen ? 'clear' : 'unknown';
  return { ...judgement, verdict, summary: { messageId: verdict === 'clear' ? clearMessage : 'is-unknown', data: { count: 0 } } };
}
