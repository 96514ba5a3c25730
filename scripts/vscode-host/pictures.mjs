/**
 * The pictures of the documentation: what to open, and which text must be seen before the picture is taken.
 *
 * @type {{ name: string, kind: string, folder: string, width: number, height: number, scale?: number, en?: import('./screenshots.mjs').Subject, zh?: import('./screenshots.mjs').Subject }[]}
 */
export const PICTURES = [
  {
    name: 'problems',
    kind: 'problems',
    folder: 'examples/kiam-credential-refresh-storm/before',
    width: 980,
    height: 620,
    en: { file: 'kiam/server.yaml', token: '30m', expected: 'Kiam hands out credentials with as little as 5m left' },
    zh: { file: 'kiam/server.yaml', token: '30m', expected: 'Kiam 下发的凭证最少只剩 5m' },
  },
  {
    name: 'lightbulb',
    kind: 'lightbulb',
    folder: 'examples/kiam-credential-refresh-storm/before',
    width: 820,
    height: 500,
    en: { file: 'kiam/server.yaml', token: '30m', expected: 'Set session-duration 60m and session-refresh 26m' },
    zh: { file: 'kiam/server.yaml', token: '30m', expected: '设置 session-duration 60m、session-refresh 26m' },
  },
  {
    name: 'reader',
    kind: 'runbookReader',
    folder: 'examples/kiam-credential-refresh-storm/before',
    width: 1000,
    height: 600,
    scale: 1.2,
    en: { file: 'kiam/server.yaml', token: '30m', runbook: 'kiam/credential-refresh-storm', expected: 'Mitigate now' },
    zh: { file: 'kiam/server.yaml', token: '30m', runbook: 'kiam/credential-refresh-storm', expected: '立即止血' },
  },
  {
    name: 'side-bar',
    kind: 'sideBar',
    folder: 'examples',
    width: 1000,
    height: 560,
    scale: 1.2,
    en: {
      file: 'grpc-one-pod-gets-all-requests/before/checkout/orders.go',
      token: 'os.Getenv',
      expected: 'One pod gets all gRPC requests',
    },
    zh: { file: 'grpc-one-pod-gets-all-requests/before/checkout/orders.go', token: 'os.Getenv', expected: 'gRPC' },
  },
  {
    name: 'cluster',
    kind: 'cluster',
    folder: 'test/vscode/fixtures/workspace',
    width: 1260,
    height: 820,
    scale: 1.2,
    en: {
      file: 'kong/kong.yaml',
      token: 'KONG_DATABASE',
      verdict: 'live',
      expected: 'Deployment edge/kong',
      commands: ['Diagnose Cluster…', 'Open Incident Report'],
    },
    zh: {
      file: 'kong/kong.yaml',
      token: 'KONG_DATABASE',
      verdict: '正在发生',
      expected: 'Deployment edge/kong',
      commands: ['诊断集群…', '打开事故报告'],
    },
  },
];
