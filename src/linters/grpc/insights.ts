import type { Insight, InsightProvider } from '../insight.ts';
import { pinnedConnections, serviceName } from './balance.ts';
import { clientsOf } from './facts.ts';

/** How many of the pods get the requests of a channel. Only with a known number and no mesh between. */
export const grpcSpread: InsightProvider = {
  id: 'grpc/spread',
  messages: {
    pinned: {
      en: 'RPCs of this channel go to 1 of {pods} pods (`{service}`)',
      zh: '该通道的 RPC 只发往 {pods} 个 Pod 中的 1 个（`{service}`）',
    },
  },
  insights(unit, repository) {
    return clientsOf(unit, repository).flatMap((client): Insight[] => {
      const [pinned] = pinnedConnections(client, unit, repository);
      const pods = pinned?.service.pods.most;
      if (!pinned || pods === undefined || pods < 2 || pinned.mesh.balances !== 'no' || client.channel?.closedPerCall) return [];
      const data = { pods, service: serviceName(pinned.service) };
      return [{ at: client.at, messageId: 'pinned', data, runbook: 'grpc/one-pod-gets-all-requests' }];
    });
  },
};
