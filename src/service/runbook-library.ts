import MarkdownIt from 'markdown-it';
import { createRenderer, escapeHtml } from '../runbooks/render.ts';
import { loadRunbooks, textIn } from '../runbooks/load.ts';
import { indexRunbooks, type RunbookIndex, searchRunbooks } from '../runbooks/search.ts';
import { type Affects, type FenceRisk, type Language, LANGUAGES, type Runbook } from '../runbooks/types.ts';
import { COPY_FENCE, OPEN_RUNBOOK, SHOW_RULE } from './command-ids.ts';
import { ALL_RULES, RULES_BY_ID } from './engine-setup.ts';
import type { RunbookData, RunbookHitData, RunbookPageData } from './protocol.ts';
import { ownRunbooks, shippedRunbooks } from './runbook-files.ts';

const COPY: Readonly<Record<Language, string>> = { en: 'Copy', 'zh-cn': '复制' };

const RISKS: Readonly<Record<FenceRisk, Readonly<Record<Language, string>>>> = {
  read: { en: 'only looks', 'zh-cn': '只读' },
  change: { en: 'changes the system', 'zh-cn': '会改动系统' },
  output: { en: 'output', 'zh-cn': '输出' },
  config: { en: 'configuration', 'zh-cn': '配置' },
};

/** How a fence was checked: the word before the colon. */
const CHECKED: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  ran: { en: 'Ran: ', 'zh-cn': '已运行：' },
  help: { en: 'From the help: ', 'zh-cn': '依据帮助：' },
  source: { en: 'From the source: ', 'zh-cn': '依据源码：' },
  docs: { en: 'From the documentation: ', 'zh-cn': '依据文档：' },
};

/** Products as people write them; the front matter has the names that versions are looked up by. */
const PRODUCTS: Readonly<Record<string, string>> = {
  'com.amazonaws:aws-java-sdk': 'AWS SDK for Java v1',
  go: 'Go',
  grpc: 'gRPC',
  'grpc (C-core)': 'gRPC (C-core)',
  istio: 'Istio',
  jdk: 'JDK',
  kiam: 'Kiam',
  kong: 'Kong',
  kubernetes: 'Kubernetes',
  'software.amazon.awssdk': 'AWS SDK for Java v2',
};

/** The knowledge base: what ships, and the runbooks of the teams whose folders are open. Read when first asked for. */
export class RunbookLibrary {
  private readonly teams: () => readonly { readonly root: string; readonly patterns: readonly string[] }[];
  private loaded: { readonly key: string; readonly runbooks: readonly Runbook[]; readonly index: RunbookIndex } | undefined;

  constructor(teams: RunbookLibrary['teams'] = () => []) {
    this.teams = teams;
  }

  /** Reads the files anew at the next question. */
  forget(): void {
    this.loaded = undefined;
  }

  private library(): NonNullable<RunbookLibrary['loaded']> {
    const teams = this.teams().filter(({ patterns }) => patterns.length > 0);
    const key = JSON.stringify(teams);
    if (this.loaded?.key === key) return this.loaded;
    const byId = new Map<string, Runbook>();
    for (const runbook of loadRunbooks(shippedRunbooks()).runbooks) byId.set(runbook.id, runbook);
    // A team's own runbook goes before ours where both have an id.
    for (const { root, patterns } of teams)
      for (const runbook of loadRunbooks(ownRunbooks(root, patterns)).runbooks) byId.set(runbook.id, runbook);
    const runbooks = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.loaded = { key, runbooks, index: indexRunbooks(runbooks) };
    return this.loaded;
  }

  list(language: Language): RunbookData[] {
    return this.library().runbooks.map((runbook) => runbookData(runbook, language));
  }

  search(question: string, language: Language): RunbookHitData[] {
    const { runbooks, index } = this.library();
    const titles = new Map(runbooks.map((runbook) => [runbook.id, runbook.title[language]]));
    return searchRunbooks(index, question).map(({ id, reasons }) => ({ id, title: titles.get(id) ?? id, reasons }));
  }

  /** A runbook as HTML. An id may carry the anchor of a heading, as findings do. */
  page(given: string, language: Language): RunbookPageData | undefined {
    const { runbooks } = this.library();
    const id = given.replace(/#.*$/, '');
    const runbook = runbooks.find((candidate) => candidate.id === id);
    const text = runbook && textIn(runbook, language);
    if (!runbook || !text) return undefined;
    const fences: string[] = [];
    const ids = new Set(runbooks.map((other) => other.id));
    const render = createRenderer(MarkdownIt, {
      link: (target) => linkAddress(target, id, ids),
      code: (code) => {
        if (ids.has(code)) return command(OPEN_RUNBOOK, [code, language]);
        return RULES_BY_ID.has(code) ? command(SHOW_RULE, [code]) : undefined;
      },
      fence: ({ code, risk, checked, index }) => {
        fences[index] = code;
        const badge = risk === undefined ? '' : `<span class="risk risk-${risk}">${RISKS[risk][language]}</span>`;
        const proof = checked === undefined ? '' : `<span class="checked">${escapeHtml(checkedText(checked, language))}</span>`;
        const copy = risk === 'output' ? '' : `<a class="copy" href="${command(COPY_FENCE, [id, language, index])}">${COPY[language]}</a>`;
        return `<div class="fence-head">${badge}${proof}${copy}</div>`;
      },
    });
    const html = render(text.markdown);
    return {
      ...runbookData(runbook, language),
      language,
      languages: LANGUAGES.filter((name) => runbook.body[name] !== undefined),
      affects: runbook.affects.map((affected) => affectedText(affected, language)),
      reviewed: runbook.reviewed,
      html,
      ruleTitles: Object.fromEntries(ALL_RULES.map((rule) => [rule.id, rule.title[language === 'zh-cn' ? 'zh' : 'en']])),
      sections: text.sections.map(({ key, heading }) => ({ key, heading })),
      fences,
    };
  }
}

function runbookData(runbook: Runbook, language: Language): RunbookData {
  const { id, technologies, severity, rules } = runbook;
  return { id, title: runbook.title[language], technologies, severity, rules };
}

function checkedText(checked: string, language: Language): string {
  const colon = checked.indexOf(':');
  const lead = CHECKED[checked.slice(0, colon)]?.[language];
  return lead === undefined ? checked : lead + checked.slice(colon + 1).trimStart();
}

function affectedText({ product: id, range, fixedIn }: Affects, language: Language): string {
  const product = PRODUCTS[id] ?? id;
  if (range === '*') return language === 'zh-cn' ? `${product} 所有版本` : `${product}, all versions`;
  const versions = `${product} ${range
    .replaceAll('>=', '≥ ')
    .replaceAll('<=', '≤ ')
    .replace(/([<>])(?=\d)/g, '$1 ')}`;
  if (fixedIn === undefined) return versions;
  return language === 'zh-cn' ? `${versions}（${fixedIn} 修复）` : `${versions} (fixed in ${fixedIn})`;
}

/** Links between runbooks open in the reader; web links stay; relative links to anything else lead nowhere here. */
function linkAddress(target: string, from: string, ids: ReadonlySet<string>): string | undefined {
  if (/^(https?:|mailto:|#)/i.test(target)) return target;
  const [path = '', anchor] = target.split('#');
  const id = resolvePath(from, path.replace(/(\.zh-cn)?\.md$/, ''));
  return ids.has(id) ? command(OPEN_RUNBOOK, [anchor === undefined ? id : `${id}#${anchor}`]) : undefined;
}

function resolvePath(from: string, path: string): string {
  const names = from.split('/').slice(0, -1);
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '.' && name !== '') names.push(name);
  }
  return names.join('/');
}

function command(name: string, args: readonly unknown[]): string {
  return `command:${name}?${encodeURIComponent(JSON.stringify(args))}`;
}
