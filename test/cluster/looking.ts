import { request } from 'node:https';
import type { ControlPlane } from './control-plane.ts';

/** A value below an object, as a JSON pointer names it. */
export function at(value: unknown, pointer: string): unknown {
  let here: unknown = value;
  for (const key of pointer.split('/').slice(1)) here = typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined;
  return here;
}

/** What of an answer has come after a while, and whether that was all. */
export function firstBytes({ server, ca, token }: ControlPlane, path: string, afterMs: number): Promise<{ text: string; ended: boolean }> {
  return new Promise((resolve, reject) => {
    let text = '';
    let ended = false;
    const headers = { authorization: `Bearer ${token()}` };
    const sent = request(server + path, { ca, headers, agent: false }, (reply) => {
      reply.on('data', (part: Buffer) => {
        text += part.toString();
      });
      reply.on('end', () => {
        ended = true;
      });
      reply.on('error', () => {});
    });
    sent.on('error', reject);
    sent.end();
    setTimeout(() => {
      resolve({ text, ended });
      sent.destroy();
    }, afterMs);
  });
}
