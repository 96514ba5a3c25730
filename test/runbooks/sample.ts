/** A runbook that breaks no demand, in both languages. Tests plant violations by replacing text. */
export const ENGLISH = `---
id: shop/till-jams
title:
  en: The till jams after midnight
  zh-cn: 收银台午夜后卡死
technologies: [shop]
affects:
  - { product: till, range: ">=1.0 <2.0", fixedIn: "2.0" }
severity: high
signals:
  alerts: [TillJammed]
  logs:
    - "drawer process * exited on signal 9"
  metrics: [till_jams_total]
rules: [shop/paper-tray]
probes: []
rbac:
  - { apiGroups: [""], resources: [pods], verbs: [get, list] }
reviewed: "2026-01-31"
sources:
  - https://example.com/till
---

# The till jams after midnight

## Symptoms
Customers wait; the drawer stays shut.

## Impact
Nobody can pay.

## Why it happens
The tray holds 500 receipts.

## Detect

### In your files
\`shop/paper-tray\` underlines the tray.

### In the cluster
\`\`\`sh read checked="ran: kubectl 1.33"
# the till
kubectl get pods -l app=till
\`\`\`

### By hand
Open the lid.

## Mitigate now
### Empty the tray
\`\`\`sh change checked="help: kubectl rollout restart --help"
kubectl rollout restart deployment/till
\`\`\`
**Undo:** nothing to take back.

## Fix
\`\`\`yaml config checked="source: shop/till:config/tray.yaml@2.0"
tray: 1000
\`\`\`

## Verify
\`\`\`sh read checked="ran: kubectl 1.33"
kubectl get pods -l app=till
\`\`\`
**You should see:** one pod, running.

## Prevent
Alert at 400 receipts.

## When this is not it
The lights are off.

## References
- [Manual](https://example.com/till)
`;

export const CHINESE = `# 收银台午夜后卡死

## 症状
顾客在等，钱箱打不开。

## 影响
没有人能付款。

## 为什么会发生
纸槽只能放 500 张小票。

## 定位

### 在文件中
\`shop/paper-tray\` 会在纸槽处画线。

### 在集群中
\`\`\`sh read checked="ran: kubectl 1.33"
# 收银台
kubectl get pods -l app=till
\`\`\`

### 手工检查
打开盖子。

## 立即止血
### 清空纸槽
\`\`\`sh change checked="help: kubectl rollout restart --help"
kubectl rollout restart deployment/till
\`\`\`
**撤销：** 无需撤销。

## 根治
\`\`\`yaml config checked="source: shop/till:config/tray.yaml@2.0"
tray: 1000
\`\`\`

## 验证
\`\`\`sh read checked="ran: kubectl 1.33"
kubectl get pods -l app=till
\`\`\`
**应当看到：** 一个运行中的 Pod。

## 预防
到 400 张小票就告警。

## 什么时候不是它
灯没开。

## 参考资料
- [手册](https://example.com/till)
`;

export const EN_PATH = 'runbooks/shop/till-jams.md';
export const ZH_PATH = 'runbooks/shop/till-jams.zh-cn.md';

export function sampleFiles(english = ENGLISH, chinese: string | undefined = CHINESE): Map<string, string> {
  const files = new Map([[EN_PATH, english]]);
  if (chinese !== undefined) files.set(ZH_PATH, chinese);
  return files;
}

/** Replaces text that must be there exactly once, so that a planted violation can't silently miss. */
export function plant(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`"${from}" stands ${text.split(from).length - 1} times in the sample`);
  return text.replace(from, () => to);
}
