import type { Message } from '../linters/rule.ts';
import { LANGUAGES } from '../runbooks/types.ts';

/**
 * Everything that `.runbook-lens.yaml` may hold, once: validation and the JSON schema (`schemas/configuration.schema.json`) are made from
 * this table.
 */
export type Shape =
  | { readonly shape: 'version' }
  | { readonly shape: 'choice'; readonly values: readonly string[] }
  | { readonly shape: 'count' }
  | { readonly shape: 'boolean' }
  | { readonly shape: 'globs' }
  /** Rule ids with a severity, `on`, `off`, or both severity and options. */
  | { readonly shape: 'rules' }
  /** Ids of probes with their options. */
  | { readonly shape: 'probes' }
  | { readonly shape: 'record'; readonly keys: Readonly<Record<string, Setting>>; readonly required?: readonly string[] }
  | { readonly shape: 'list'; readonly item: Shape };

export interface Setting {
  readonly description: Message;
  readonly value: Shape;
}

/** A pattern as in `.gitignore`. There `./x` and `../x` match nothing, which nobody means who writes them. */
export const GLOB_PATTERN = '^(?!!?\\.{1,2}(?:/|$)).*\\S';

/** A product version as people write it: `2.1.4`, `1.20`, `v1.30`, `2.8.x`, `3.4.3.5`, `1.22.0-alpha.1`. */
export const VERSION_PATTERN = '^v?\\d+(?:\\.(?:\\d+|x))*(?:[-+][0-9A-Za-z.+-]+)?$';

const version = (product: string): Setting => ({
  description: {
    en: `The ${product} version where no file names one. Read as written: 1.20 stays 1.20.`,
    zh: `文件中看不出 ${product} 版本时所用的版本。按原文读取：1.20 就是 1.20。`,
  },
  value: { shape: 'version' },
});

const ASSUME: Setting = {
  description: {
    en: 'What files cannot tell. Fills in unknown values, never overrides what a file says.',
    zh: '文件里看不出来的信息。只补充未知的值，不会覆盖文件中写明的值。',
  },
  value: {
    shape: 'record',
    keys: {
      kong: version('Kong'),
      istio: version('Istio'),
      kubernetes: version('Kubernetes'),
      kiam: version('Kiam'),
      mesh: {
        description: { en: 'The service mesh that Pods run in.', zh: 'Pod 所在的服务网格。' },
        value: { shape: 'choice', values: ['none', 'istio', 'ambient', 'linkerd'] },
      },
      routes: {
        description: { en: 'Number of Kong routes in the database.', zh: '数据库中 Kong 路由的数量。' },
        value: { shape: 'count' },
      },
      complete: {
        description: {
          en: 'What is not in this repository does not exist: rules may then say that something is missing.',
          zh: '本仓库之外没有其他配置：规则可以据此判断某项配置缺失。',
        },
        value: { shape: 'boolean' },
      },
    },
  },
};

const RULES: Setting = {
  description: {
    en: 'Rules to switch on or off, or whose severity or options differ from the default.',
    zh: '要开启或关闭的规则，以及与默认不同的严重程度或选项。',
  },
  value: { shape: 'rules' },
};

export const SETTINGS: Extract<Shape, { shape: 'record' }> = {
  shape: 'record',
  keys: {
    rules: RULES,
    ignore: {
      description: { en: 'Files that are not read, as patterns like those of .gitignore.', zh: '不读取的文件，写法与 .gitignore 相同。' },
      value: { shape: 'globs' },
    },
    assume: ASSUME,
    probes: {
      description: {
        en: 'Thresholds of `diagnose`: the ids of runbooks with the options of their probes.',
        zh: '`diagnose` 的阈值：runbook 的 id 及其探针的选项。',
      },
      value: { shape: 'probes' },
    },
    runbooks: {
      description: { en: "A team's own runbooks, as patterns of Markdown files.", zh: '团队自己的 runbook：Markdown 文件的匹配模式。' },
      value: { shape: 'globs' },
    },
    lang: {
      description: { en: 'The language of messages. --lang goes before it.', zh: '消息所用的语言；--lang 优先。' },
      value: { shape: 'choice', values: LANGUAGES },
    },
    overrides: {
      description: {
        en: 'Rules and assumptions for some files only. A later entry goes before an earlier one.',
        zh: '只对部分文件生效的规则与假设；后面的条目优先。',
      },
      value: {
        shape: 'list',
        item: {
          shape: 'record',
          required: ['files'],
          keys: {
            files: {
              description: { en: 'The files, as patterns like those of .gitignore.', zh: '适用的文件，写法与 .gitignore 相同。' },
              value: { shape: 'globs' },
            },
            rules: RULES,
            assume: ASSUME,
          },
        },
      },
    },
  },
};
