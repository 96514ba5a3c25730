import type { Message } from '../linters/rule.ts';

/** What `--help` says. */
export const HELP = {
  program: {
    en: 'Finds configuration that will cause known production incidents, and tells the incident, the fix and the runbook.',
    zh: '找出会引发已知生产事故的配置，并给出事故经过、修复方法与 runbook。',
  },
  lint: { en: 'check files; without PATH everything under the root', zh: '检查文件；不给 PATH 则检查根目录下的全部文件' },
  lintPath: {
    en: 'files or folders to report on; the whole root is read all the same, so that joins across files hold',
    zh: '要报告的文件或目录；根目录仍会整体读取，以便判断跨文件的关联',
  },
  rules: { en: 'the rules', zh: '规则' },
  rulesList: { en: 'all rules: id, severity, default, fixable, runbook', zh: '列出全部规则：id、严重程度、默认状态、能否修复、runbook' },
  rulesExplain: { en: 'what a rule finds, why it matters and what to do', zh: '说明规则检查什么、为什么重要、如何处理' },
  runbooks: { en: 'the knowledge base', zh: '知识库' },
  runbooksList: { en: 'all runbooks', zh: '列出全部 runbook' },
  runbooksShow: { en: 'one runbook', zh: '显示一篇 runbook' },
  runbooksSearch: { en: 'runbooks for a log line, a symptom, an alert or a metric', zh: '按日志、现象、告警或指标查找 runbook' },
  runbooksCheck: { en: "check a team's own runbooks", zh: '检查团队自己的 runbook' },
  baseline: {
    en: "write today's findings to .runbook-lens-baseline.json, which later runs leave out",
    zh: '把当前的发现写入 .runbook-lens-baseline.json，之后的检查会略过它们',
  },
  baselinePath: { en: 'files or folders whose entries are replaced; default: all', zh: '要替换其条目的文件或目录；默认全部' },
  diagnose: {
    en: "which of the runbooks' incidents is happening in a cluster, or would (read-only)",
    zh: '集群中正在发生或将会发生哪些 runbook 所述的事故（只读）',
  },
  kubeconfig: {
    en: 'kubeconfig file (default: KUBECONFIG, then ~/.kube/config, then in-cluster)',
    zh: 'kubeconfig 文件（默认：KUBECONFIG，其次 ~/.kube/config，再次集群内凭据）',
  },
  context: { en: "context (default: the kubeconfig's current one)", zh: '上下文（默认：kubeconfig 的当前上下文）' },
  namespace: { en: 'look at this namespace only (repeatable)', zh: '只检查该命名空间（可重复）' },
  allNamespaces: {
    en: "look at all namespaces (default: all where that is allowed, else the context's)",
    zh: '检查全部命名空间（默认：有权限时为全部，否则为上下文的命名空间）',
  },
  from: {
    en: 'no cluster: a saved snapshot, a file of kubectl get -o yaml|json, or a folder of them or of kubectl cluster-info dump',
    zh: '不连接集群：读取已保存的快照、kubectl get -o yaml|json 的文件，或这类文件及 kubectl cluster-info dump 的目录',
  },
  save: { en: 'keep what was read as a snapshot, for --from', zh: '把读到的内容保存为快照，供 --from 使用' },
  observe: { en: 'sample load several times over this duration, e.g. 3m', zh: '在该时长内多次采样负载，例如 3m' },
  deep: {
    en: "also GET status pages of Kong and CoreDNS through the API server's service proxy",
    zh: '同时经 API server 的 service proxy 以 GET 读取 Kong 与 CoreDNS 的状态页',
  },
  deadline: { en: 'give up reading after this duration (default: 60s)', zh: '读取的总时限（默认：60s）' },
  strict: { en: 'exit status 2 when a verdict is unknown', zh: '有无法判断的事故时，退出码为 2' },
  ruleArgument: { en: 'rule id', zh: '规则 id' },
  runbookArgument: { en: 'runbook id', zh: 'runbook id' },
  wordsArgument: { en: 'words, or a log line as it was pasted', zh: '关键词，或直接粘贴的一行日志' },
  checkPath: {
    en: "Markdown files or folders; default: the configuration's `runbooks`",
    zh: 'Markdown 文件或目录；默认为配置中的 `runbooks`',
  },
  root: {
    en: 'root of the repository (default: the Git root above the working folder, else the working folder)',
    zh: '仓库根目录（默认：当前目录所在的 Git 根目录，否则为当前目录）',
  },
  format: { en: 'format of the report', zh: '报告格式' },
  output: { en: 'write the report to a file', zh: '把报告写入文件' },
  lang: { en: 'language (default: the configuration, then the environment)', zh: '语言（默认：先看配置，再看环境变量）' },
  config: { en: 'configuration file (default: .runbook-lens.yaml at the root)', zh: '配置文件（默认：根目录下的 .runbook-lens.yaml）' },
  noConfig: { en: 'read no configuration file', zh: '不读取配置文件' },
  severity: { en: 'show findings from this severity on', zh: '显示不低于此严重程度的发现' },
  failOn: { en: 'exit status 1 from this severity on', zh: '存在不低于此严重程度的发现时，退出码为 1' },
  failOnNotice: { en: 'exit status 2 when a file could not be read or parsed', zh: '有文件无法读取或解析时，退出码为 2' },
  failIfNothingChecked: { en: 'exit status 2 when there was no file to check', zh: '没有可检查的文件时，退出码为 2' },
  rule: { en: 'run only this rule (repeatable)', zh: '只运行该规则（可重复）' },
  preview: { en: 'run rules that are off by default too', zh: '同时运行默认关闭的规则' },
  color: { en: 'colour the report', zh: '输出颜色' },
  noColor: { en: 'do not colour the report', zh: '不输出颜色' },
  quiet: { en: 'one line a finding and nothing else', zh: '每条发现一行，不输出其他内容' },
  verbose: { en: 'timings on standard error', zh: '在标准错误输出各步骤耗时' },
  help: { en: 'show this help', zh: '显示帮助' },
  version: { en: 'show the version', zh: '显示版本' },
  fix: { en: 'write the safe fixes', zh: '写入安全的修复' },
  unsafeFixes: { en: 'write the fixes too that need a review', zh: '同时写入需要人工复核的修复' },
  fixDryRun: { en: 'print the fixes as a unified diff and write nothing', zh: '以 unified diff 打印修复内容，不写入文件' },
  stdinFilename: { en: 'check the text on standard input as if it were this file', zh: '把标准输入当作该文件来检查' },
  since: { en: 'only findings that the change since this Git ref caused', zh: '只报告自该 Git 引用以来的改动引入的发现' },
} as const satisfies Record<string, Message>;

export type HelpKey = keyof typeof HELP;
