import type { Message, MessageData } from '../linters/rule.ts';

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Why there is no cluster to ask, and what to do. Masked already; the text is made last, from the message and its data. */
export interface ClusterError {
  readonly code: ClusterErrorCode;
  readonly message: Message;
  readonly data: MessageData;
}

const MESSAGES = {
  'no-kubeconfig': {
    en: 'There is no kubeconfig: looked at {places}. Name one with --kubeconfig or KUBECONFIG.',
    zh: '没有找到 kubeconfig：已查找 {places}。请用 --kubeconfig 或环境变量 KUBECONFIG 指定。',
  },
  'kubeconfig-unreadable': {
    en: 'The kubeconfig {path} could not be read: {reason}',
    zh: '无法读取 kubeconfig {path}：{reason}',
  },
  'kubeconfig-broken': {
    en: 'The kubeconfig {path} is broken at line {line}: {reason}',
    zh: 'kubeconfig {path} 第 {line} 行有误：{reason}',
  },
  'no-context': {
    en: 'The kubeconfig has no current context. Choose one with --context: {known}',
    zh: 'kubeconfig 没有 current-context，请用 --context 选择：{known}',
  },
  'context-unknown': {
    en: 'The kubeconfig has no context {context}. It has: {known}',
    zh: 'kubeconfig 中没有 context {context}。现有：{known}',
  },
  'context-unknown-near': {
    en: 'The kubeconfig has no context {context}. Did you mean {near}?',
    zh: 'kubeconfig 中没有 context {context}。是否想用 {near}？',
  },
  'context-incomplete': {
    en: 'The context {context} names the {what} {name}, which the kubeconfig does not hold in usable form.',
    zh: 'context {context} 引用了 {what} {name}，但 kubeconfig 中没有可用的定义。',
  },
  'credentials-unusable': {
    en: 'The credentials of user {user} could not be used: {reason}',
    zh: '用户 {user} 的凭据无法使用：{reason}',
  },
  'token-ended': {
    en: 'The token of user {user} has expired. Any kubectl command renews it, for instance: kubectl auth whoami',
    zh: '用户 {user} 的 token 已过期。执行任一 kubectl 命令即可续期，例如：kubectl auth whoami',
  },
  'provider-removed': {
    en: 'User {user} has the auth provider {provider}, which kubectl no longer knows (1.26). Write the kubeconfig anew with your provider’s command line.',
    zh: '用户 {user} 使用 auth-provider {provider}，kubectl 自 1.26 起已不再支持。请用云厂商的命令行工具重新生成 kubeconfig。',
  },
  'exec-missing': {
    en: 'The kubeconfig gets its credentials from the program {command}, which was not found. {hint}',
    zh: 'kubeconfig 通过程序 {command} 获取凭据，但找不到该程序。{hint}',
  },
  'exec-failed': {
    en: 'The credential program {command} failed: {reason}',
    zh: '凭据程序 {command} 运行失败：{reason}',
  },
  'exec-interactive': {
    en: 'The credential program {command} needs a terminal: log in with kubectl first, or run the command line in a terminal.',
    zh: '凭据程序 {command} 需要终端：请先用 kubectl 登录，或在终端中运行命令行工具。',
  },
  'server-invalid': {
    en: 'The kubeconfig names a server that is no URL: {server}',
    zh: 'kubeconfig 中的 server 不是有效的 URL：{server}',
  },
  'unknown-host': {
    en: 'The name of the API server {server} could not be resolved: {reason}',
    zh: '无法解析 API server {server} 的域名：{reason}',
  },
  unreachable: {
    en: 'The API server {server} could not be reached: {reason}',
    zh: '无法连接 API server {server}：{reason}',
  },
  untrusted: {
    en: 'The certificate of the API server {server} is not trusted: {reason}. Check certificate-authority-data and tls-server-name in the kubeconfig.',
    zh: 'API server {server} 的证书不受信任：{reason}。请检查 kubeconfig 中的 certificate-authority-data 与 tls-server-name。',
  },
  unauthorized: {
    en: 'The API server {server} does not accept the credentials (401): {reason}. Log in again, then check with: kubectl auth whoami',
    zh: 'API server {server} 不接受当前凭据（401）：{reason}。请重新登录，并用 kubectl auth whoami 检查。',
  },
  timeout: {
    en: 'The API server {server} did not answer in time: {reason}',
    zh: 'API server {server} 未在限定时间内响应：{reason}',
  },
  'server-error': {
    en: 'The API server {server} answered with an error: {reason}',
    zh: 'API server {server} 返回错误：{reason}',
  },
  cancelled: { en: 'Cancelled.', zh: '已取消。' },
} as const satisfies Record<string, Message>;

export type ClusterErrorCode = keyof typeof MESSAGES;

export function failed(code: ClusterErrorCode, data: MessageData = {}): { readonly ok: false; readonly error: ClusterError } {
  return { ok: false, error: { code, message: MESSAGES[code], data } };
}

export function succeeded<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** What an error says of itself, short. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
