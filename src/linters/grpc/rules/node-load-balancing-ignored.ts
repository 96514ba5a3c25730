import type { NodeOption } from '../../../code/index.ts';
import type { Fix, Snippet } from '../../../fixes/change.ts';
import { componentsOf } from '../../../model/unit.ts';
import { lineStarts, positionAt } from '../../../text/source.ts';
import type { Rule } from '../../rule.ts';
import { sinkAt } from '../facts.ts';
import { ignoredOptions, optionsOf } from '../ignored-options.ts';

/**
 * grpc-js knows a closed list of channel options, and `grpc.lb_policy_name` is none of them; of a service config it reads `loadBalancingConfig`
 * alone, never `loadBalancingPolicy` (grpc/grpc-node packages/grpc-js/README.md, src/resolving-load-balancer.ts, 1.0 to 1.14). Both are taken
 * without a word, and the policy stays pick_first. The retired native package `grpc` reads both.
 */
export const nodeLoadBalancingIgnored: Rule = {
  id: 'grpc/node-load-balancing-ignored',
  title: { en: 'grpc-js does not read this load-balancing option', zh: 'grpc-js 不识别的负载均衡选项' },
  runbook: 'grpc/one-pod-gets-all-requests',
  severity: 'warning',
  default: 'on',
  affects: '@grpc/grpc-js 1.0 to 1.14',
  fixable: 'safe',
  sources: [
    'grpc/grpc-node:packages/grpc-js/README.md@@grpc/grpc-js@1.14.0',
    'grpc/grpc-node:packages/grpc-js/src/resolving-load-balancer.ts@@grpc/grpc-js@1.14.0',
  ],
  messages: {
    'policy-name': {
      en: 'grpc-js does not know `grpc.lb_policy_name`: the policy stays pick_first and all requests go to one address. Set `loadBalancingConfig` in `grpc.service_config`.',
      zh: 'grpc-js 不识别 `grpc.lb_policy_name`：策略仍是 pick_first，所有请求都发往一个地址。请在 `grpc.service_config` 中设置 `loadBalancingConfig`。',
    },
    'old-key': {
      en: 'grpc-js reads `loadBalancingConfig`, never `loadBalancingPolicy`: the policy stays pick_first and all requests go to one address.',
      zh: 'grpc-js 只读取 `loadBalancingConfig`，不读取 `loadBalancingPolicy`：策略仍是 pick_first，所有请求都发往一个地址。',
    },
    'no-effect': {
      en: 'grpc-js does not read `{key}`. The line has no effect and may go.',
      zh: 'grpc-js 不读取 `{key}`，这一项没有作用，可以删除。',
    },
    channel: { en: 'The channel with these options', zh: '使用这些选项的通道' },
    fix: { en: 'Set {policy} in a way that grpc-js reads', zh: '改用 grpc-js 能识别的写法设置 {policy}' },
    remove: { en: 'Remove `{key}`', zh: '删除 `{key}`' },
    'by-hand': {
      en: 'The value isn’t known, or a service config stands beside it: put the policy there.',
      zh: '取值无法确定，或旁边已有 service config：请把策略写到那里。',
    },
  },
  check({ unit, report }) {
    for (const component of componentsOf(unit)) {
      for (const option of ignoredOptions(component)) {
        const policy = option.value?.toLowerCase();
        const harmless = option.hasLoadBalancingConfig || policy === 'pick_first';
        const channels = component.code.channels.filter((channel) => optionsOf(channel, option));
        report({
          messageId: harmless ? 'no-effect' : option.key === 'grpc.lb_policy_name' ? 'policy-name' : 'old-key',
          data: { key: option.key },
          at: option.keyAt,
          severity: harmless ? 'information' : 'warning',
          related: channels.map((channel) => ({ at: sinkAt(channel), messageId: 'channel', data: {} })),
          ...(harmless ? { fixes: [removal(option)], tags: ['unnecessary'] } : remedy(option, policy)),
        });
      }
    }
  },
};

function remedy(option: NodeOption, policy: string | undefined): { fixes?: readonly Fix[]; snippet?: Snippet } {
  const isKnown = policy !== undefined && /^(?:round_robin|weighted_round_robin)$/.test(policy);
  const beside = objectAround(option).includes('grpc.service_config');
  if (!isKnown || beside) {
    const text = "'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),\n";
    return { snippet: { reasonId: 'by-hand', data: {}, language: 'typescript', text } };
  }
  const { file, start } = option.entryAt;
  const quote = file.text[start] === '"' || file.text[start] === "'" ? file.text[start] : '';
  const q = quote ?? '';
  const text =
    option.key === 'grpc.lb_policy_name'
      ? `${q}grpc.service_config${q}: JSON.stringify({ loadBalancingConfig: [{ ${policy}: {} }] })`
      : q === '"'
        ? `"loadBalancingConfig": [{ "${policy}": {} }]`
        : `${q}loadBalancingConfig${q}: [{ ${policy}: {} }]`;
  const changes = [{ change: 'replace-text' as const, at: option.entryAt, text }];
  return { fixes: [{ id: 'service-config', titleId: 'fix', data: { policy }, safety: 'review', changes }] };
}

/** The text of the object literal in which an option stands. */
function objectAround({ entryAt }: NodeOption): string {
  const { text } = entryAt.file;
  let depth = 0;
  let from = entryAt.start - 1;
  for (; from >= 0; from--) {
    if (text[from] === '}') depth++;
    else if (text[from] === '{' && depth-- === 0) break;
  }
  depth = 0;
  let to = entryAt.end;
  for (; to < text.length; to++) {
    if (text[to] === '{') depth++;
    else if (text[to] === '}' && depth-- === 0) break;
  }
  return text.slice(Math.max(0, from), to);
}

/** Takes the entry out, with its comma, and with its line if it has that for itself. */
function removal({ entryAt, key }: NodeOption): Fix {
  const { file } = entryAt;
  const { text } = file;
  const comma = /^\s*,/.exec(text.slice(entryAt.end))?.[0].length ?? 0;
  const lineStart = lineStarts(file)[positionAt(file, entryAt.start).line] ?? entryAt.start;
  const rest = /^[ \t]*(?:\r?\n)/.exec(text.slice(entryAt.end + comma))?.[0];
  const alone = text.slice(lineStart, entryAt.start).trim() === '' && rest !== undefined;
  const before = comma === 0 ? (/,\s*$/.exec(text.slice(0, entryAt.start))?.[0].length ?? 0) : 0;
  const gap = comma === 0 ? 0 : (/^[ \t]*/.exec(text.slice(entryAt.end + comma))?.[0].length ?? 0);
  const at =
    alone && comma > 0
      ? { file, start: lineStart, end: entryAt.end + comma + rest.length }
      : { file, start: entryAt.start - before, end: entryAt.end + comma + gap };
  return { id: 'remove', titleId: 'remove', data: { key }, safety: 'safe', changes: [{ change: 'replace-text', at, text: '' }] };
}
