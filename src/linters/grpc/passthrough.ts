import { isOutsideDns } from './balance.ts';
import type { Connection, GrpcClient } from './facts.ts';

/**
 * Go's `Dial` and `DialContext` hand a target without a scheme to the `passthrough` resolver, which gives one address, the text itself; `NewClient`
 * takes `dns` (grpc/grpc-go clientconn.go, since 1.63). `resolver.SetDefaultScheme` overrides both.
 */
export function usesPassthrough({ channel }: GrpcClient, { target }: Connection): boolean {
  if (channel?.language !== 'go') return false;
  if (target.scheme === 'passthrough') return true;
  if (target.scheme !== undefined) return false;
  if (channel.userDefaultScheme !== undefined) return channel.userDefaultScheme === 'passthrough';
  return channel.api === 'Dial' || channel.api === 'DialContext';
}

/** A policy that balances and a resolver that gives it one address. */
export function passesThrough(client: GrpcClient, connection: Connection): boolean {
  if (client.policy !== 'balancing' || isOutsideDns(connection.target.host) || !usesPassthrough(client, connection)) return false;
  return !client.component.code.customResolver;
}

/** The target with the scheme that looks the name up. */
export function withDns(text: string): string {
  return `dns:///${text.replace(/^passthrough:\/*/, '')}`;
}
