import type { Language, RunbookPageData } from '../service/protocol.ts';
import type { Verdict } from '../linters/probe.ts';
import { VERDICT_WORDS } from '../report/diagnosis-words.ts';
import { messageText } from '../report/message.ts';
import { OPEN_REPORT, OPEN_RUNBOOK, REVEAL } from './commands.ts';
import type { PlacedFinding } from './findings-store.ts';

export interface ReaderPage {
  readonly page: RunbookPageData;
  /** Of this workspace, that this runbook is about. */
  readonly findings: readonly PlacedFinding[];
  /** What the findings' messages are in. */
  readonly findingsLanguage: Language;
  /** What the last diagnosis of a cluster says, if there was one. */
  readonly verdict: Verdict | undefined;
  /** The heading that a finding points at, if any. */
  readonly anchor: string | undefined;
  readonly cspSource: string;
  readonly styleUri: string;
}

/** The page is in the runbook's language, whatever VS Code's is: these few words go with it. */
const WORDS: Readonly<
  Record<Language, Readonly<Record<'affects' | 'reviewed' | 'contents' | 'findings' | 'none' | 'severity' | 'cluster', string>>>
> = {
  en: {
    affects: 'Affects',
    reviewed: 'Reviewed',
    contents: 'Contents',
    findings: 'In this workspace',
    none: 'No findings in this workspace.',
    severity: 'Severity',
    cluster: 'In the cluster',
  },
  'zh-cn': {
    affects: '影响范围',
    reviewed: '复核日期',
    contents: '目录',
    findings: '当前工作区中',
    none: '当前工作区没有相关发现。',
    severity: '严重程度',
    cluster: '集群中',
  },
};

const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', 'zh-cn': '中文' };

const SEVERITY_WORDS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: { critical: 'critical', high: 'high', medium: 'medium', low: 'low' },
  'zh-cn': { critical: '致命', high: '高', medium: '中', low: '低' },
};

/** Most findings that are listed at the top of a page. */
const MAX_FINDINGS = 12;

/** The whole document. It holds no script: links run the few commands that the panel lets through. */
export function readerHtml({ page, findings, findingsLanguage, verdict, anchor, cspSource, styleUri }: ReaderPage): string {
  const words = WORDS[page.language];
  // The title goes before all else.
  const [title = ''] = /^\s*<h1[^>]*>[\s\S]*?<\/h1>/.exec(page.html) ?? [];
  const csp = `default-src 'none'; style-src ${cspSource};`;
  return `<!DOCTYPE html>
<html lang="${page.language === 'zh-cn' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(csp)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escapeHtml(styleUri)}">
<title>${escapeHtml(page.title)}</title>
</head>
<body>
<header>
${title.trim()}
<div class="facts">
<span class="severity severity-${escapeHtml(page.severity)}" title="${words.severity}">${escapeHtml(SEVERITY_WORDS[page.language][page.severity] ?? page.severity)}</span>
${page.reviewed === '' ? '' : `<span><b>${words.reviewed}</b> ${escapeHtml(page.reviewed)}</span>`}
${verdict === undefined ? '' : verdictHtml(page, verdict)}
<span class="languages">${languageLinks(page)}</span>
<span class="affects"><b>${words.affects}</b> ${page.affects.map(escapeHtml).join(' · ') || '—'}</span>
</div>
${findingsHtml(page, findings, findingsLanguage)}
<nav aria-label="${words.contents}">${page.sections
    .map(({ key, heading }) => `<a href="#${escapeHtml(key)}"${key === anchor ? ' class="wanted"' : ''}>${escapeHtml(heading)}</a>`)
    .join('')}</nav>
</header>
<main>
${page.html.slice(title.length)}
</main>
</body>
</html>`;
}

function verdictHtml({ id, language }: RunbookPageData, verdict: Verdict): string {
  const word = messageText(VERDICT_WORDS[verdict], undefined, language);
  const { cluster } = WORDS[language];
  return `<span><b>${cluster}</b> <a class="verdict verdict-${verdict}" href="${link(OPEN_REPORT, [id])}">${escapeHtml(word)}</a></span>`;
}

function languageLinks(page: RunbookPageData): string {
  return page.languages
    .map((name) =>
      name === page.language
        ? `<b aria-current="true">${LANGUAGE_NAMES[name]}</b>`
        : `<a href="${link(OPEN_RUNBOOK, [page.id, name])}" lang="${name === 'zh-cn' ? 'zh-Hans' : 'en'}">${LANGUAGE_NAMES[name]}</a>`,
    )
    .join(' | ');
}

function findingsHtml(page: RunbookPageData, findings: readonly PlacedFinding[], language: Language): string {
  const words = WORDS[page.language];
  if (findings.length === 0) return `<p class="findings none">${words.none}</p>`;
  const items = findings.slice(0, MAX_FINDINGS).map((finding) => {
    const { start } = finding.range;
    const address = link(REVEAL, [finding.folder.toString(), finding.path, start.line, start.character]);
    const place = escapeHtml(`${finding.path}:${start.line + 1}`);
    // On a page in the other language the message would be foreign; the rule's title is there in both.
    const said = page.language === language ? finding.message : (page.ruleTitles[finding.rule] ?? finding.message);
    return `<li class="finding finding-${finding.severity}"><a href="${address}"><code>${place}</code></a> ${escapeHtml(said)}</li>`;
  });
  const more = findings.length > MAX_FINDINGS ? `<li>+ ${findings.length - MAX_FINDINGS}</li>` : '';
  return `<section class="findings"><h2>${words.findings} (${findings.length})</h2><ul>${items.join('')}${more}</ul></section>`;
}

function link(command: string, args: readonly unknown[]): string {
  return escapeHtml(`command:${command}?${encodeURIComponent(JSON.stringify(args))}`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
