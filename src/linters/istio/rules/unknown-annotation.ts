import { nearestNames } from '../nearest-annotation.ts';
import { DECLARED, istioAnnotations, namesKnownTo, READ_BY_CODE } from '../facts-annotations.ts';
import { istioVersion } from '../facts-version.ts';
import type { Rule } from '../../rule.ts';

/**
 * Istio ignores an annotation that it doesn't know, and so does Kubernetes: `sidecar.istio.io/excludeOutboundPorts` or
 * `traffic.istio.io/excludeOutboundPorts` (istio/istio#49829) look right and never did anything. The names come from
 * istio/api:annotation/annotations.yaml of all releases and from the literals in Istio's own code (data/istio-annotations.json).
 * istioctl's IST0108 doesn't look at pod templates.
 */
export const unknownAnnotation: Rule = {
  id: 'istio/unknown-annotation',
  title: { en: 'Annotation that Istio does not know', zh: 'Istio 不认识的注解' },
  runbook: 'istio/annotations-that-do-nothing',
  severity: 'warning',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'safe',
  sources: [
    'istio/api:annotation/annotations.yaml@1.31',
    'istio/istio#49829',
    'https://istio.io/latest/docs/reference/config/annotations/',
  ],
  options: {
    allow: {
      type: 'string',
      default: '',
      description: {
        en: 'Annotation keys under istio.io that a webhook or tool of your own reads, separated by commas.',
        zh: '由你自己的 webhook 或工具读取的 istio.io 域名下的注解，以逗号分隔。',
      },
    },
  },
  messages: {
    misspelt: {
      en: 'Istio knows no annotation {key}, so it is ignored without a word. Did you mean {suggestion}?',
      zh: 'Istio 没有 {key} 这个注解，会被静默忽略。是否想写 {suggestion}？',
    },
    unknown: {
      en: 'No release of Istio knows the annotation {key}: it does nothing unless a tool of yours reads it.',
      zh: 'Istio 的任何版本都没有 {key} 这个注解：除非有自己的工具读取它，否则不起作用。',
    },
    rename: { en: 'Rename to {suggestion}', zh: '改名为 {suggestion}' },
  },
  check({ unit, repository, option, report }) {
    const allowed = new Set(
      String(option('allow'))
        .split(',')
        .map((key) => key.trim()),
    );
    for (const { key, keyScalar, map } of istioAnnotations(unit)) {
      if (DECLARED.has(key) || READ_BY_CODE.has(key) || allowed.has(key)) continue;
      const near = nearestNames(key, namesKnownTo(istioVersion(unit, repository)));
      const [suggestion] = near;
      if (suggestion === undefined) {
        report({ messageId: 'unknown', data: { key }, at: keyScalar, severity: 'hint', preview: true });
        continue;
      }
      // Two equally near names are two meanings; and what is there already isn't overwritten.
      const renamable = near.length === 1 && !map.pairs.has(suggestion) && !map.pairs.get(key)?.merged;
      report({
        messageId: 'misspelt',
        data: { key, suggestion: near.join(' / ') },
        at: keyScalar,
        fixes: renamable
          ? [
              {
                id: 'rename',
                titleId: 'rename',
                data: { suggestion },
                safety: 'safe',
                changes: [{ change: 'rename-key', map, key, to: suggestion }],
              },
            ]
          : [],
      });
    }
  },
};
