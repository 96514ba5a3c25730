import type { GrpcChannel } from '../../code/index.ts';
import type { Change } from '../../fixes/change.ts';
import { lineStarts, positionAt } from '../../text/source.ts';

const CONFIG = '{"loadBalancingConfig":[{"round_robin":{}}]}';

/** Gives a channel without a policy round_robin in its language; `undefined` when there is no clear place for it. */
export function roundRobinIn(channel: GrpcChannel): readonly Change[] | undefined {
  if (channel.serviceConfig && channel.language !== 'java') return intoServiceConfig(channel);
  const slot = channel.optionSlot;
  if (!slot) return undefined;
  const option = optionText(channel);
  const { text } = slot.at.file;
  if (slot.style === 'java-chain') {
    const gap = /^\s*/.exec(text.slice(slot.at.end))?.[0] ?? '';
    return [{ change: 'replace-text', at: slot.at, text: `${gap.replaceAll('\r\n', '\n')}${option}` }];
  }
  // A list with one entry a line goes on like that.
  const ownLine = /^,[ \t]*\r?\n/.test(text.slice(slot.at.end));
  const indent = /^[ \t]*/.exec(text.slice(lineStarts(slot.at.file)[positionAt(slot.at.file, slot.at.start).line]))?.[0] ?? '';
  const before = ownLine ? `,\n${indent}${slot.before.slice(2)}` : slot.before;
  return [{ change: 'replace-text', at: slot.at, text: `${before}${option}${slot.after}` }];
}

function optionText(channel: GrpcChannel): string {
  switch (channel.language) {
    case 'go': {
      const prefix = channel.importName ? `${channel.importName}.` : '';
      return `${prefix}WithDefaultServiceConfig(\`${CONFIG}\`)`;
    }
    case 'java':
      return '.defaultLoadBalancingPolicy("round_robin")';
    case 'python':
      return `("grpc.service_config", '${CONFIG}')`;
    default:
      return `'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] })`;
  }
}

/** The channel has a service config already (retries, time limits): the policy goes into it, the rest stays. */
function intoServiceConfig(channel: GrpcChannel): readonly Change[] | undefined {
  const config = channel.serviceConfig;
  if (config?.text === undefined || !config.plain) return undefined;
  const brace = config.text.indexOf('{');
  const quote = config.at.file.text[config.at.start - 1];
  // Escapes would be needed between double quotes.
  if (quote === '"') return undefined;
  const rest = config.text.slice(brace + 1);
  const gap = /^\s*/.exec(rest)?.[0] ?? '';
  const isEmpty = rest.trimStart().startsWith('}');
  const entry = `${gap.replaceAll('\r\n', '\n')}"loadBalancingConfig":[{"round_robin":{}}]${isEmpty ? '' : ','}`;
  const at = config.at.start + brace + 1;
  return [{ change: 'replace-text', at: { file: config.at.file, start: at, end: at }, text: entry }];
}
