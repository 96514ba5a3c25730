/**
 * Writes a tree of Kubernetes YAML for measuring: repositories as teams keep them (one folder a service with base manifests,
 * environments, values files), with the bulk that real trees have (CRDs hold most of the bytes, then dashboards, RBAC, alerts).
 * Shares follow seven public repositories (6,468 files, 32.7 MB): two thirds of the bytes are CustomResourceDefinitions, a third of
 * the files are of kinds that a rule reads. The same count gives the same bytes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Public repositories have about one finding in 1,000 Kubernetes documents (docs/field-notes.md); this is twice as many. */
const FILES_PER_COPY = 10_000;

/**
 * @param {string} folder emptied first
 * @param {number} count files to write, the copies of `examples` among them
 * @param {string} examples
 * @param {number} copies of the examples, about 20 findings each
 */
export function generate(folder, count, examples, copies = Math.ceil(count / FILES_PER_COPY)) {
  rmSync(folder, { recursive: true, force: true });
  let files = 0;
  let bytes = 0;
  const write = (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    files++;
    bytes += Buffer.byteLength(text);
  };
  if (existsSync(examples)) {
    for (let copy = 0; copy < copies; copy++) {
      for (const path of readdirSync(examples, { recursive: true, encoding: 'utf8' })) {
        const from = join(examples, path);
        if (!statSync(from).isFile()) continue;
        const target = join(folder, `incidents-${copy}`, renamed(path, copy));
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, renamed(readFileSync(from, 'utf8'), copy));
        if (/\.ya?ml$/.test(path)) files++;
      }
    }
  }
  for (let n = 0; files < count; n++) {
    const home = join(folder, `team-${n % 40}`, `service-${n}`);
    for (const [name, make] of SERVICE_FILES) {
      if (files >= count) break;
      write(join(home, name), make(n));
    }
  }
  return { files, bytes };
}

/** The services of the examples. Each copy has its own: no repository builds ten programs of one name. */
const SERVICES = /\b(?:billing|catalog|checkout|invoices|orders|storefront|thumbnails)\b/g;

function renamed(text, copy) {
  return text.replace(SERVICES, (name) => `${name}${copy}`);
}

function meta(kind, apiVersion, n, name = `service-${n}`) {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: team-${n % 40}\n  labels:\n    app.kubernetes.io/name: service-${n}\n    app.kubernetes.io/part-of: shop\n    app.kubernetes.io/managed-by: platform\n`;
}

function deployment(n) {
  const env = Array.from({ length: 12 }, (_, i) => `            - name: SETTING_${i}\n              value: "value-${n}-${i}"\n`).join('');
  return `${meta('Deployment', 'apps/v1', n)}spec:
  replicas: ${2 + (n % 3)}
  selector:
    matchLabels:
      app.kubernetes.io/name: service-${n}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-${n}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9102"
    spec:
      serviceAccountName: service-${n}
      containers:
        - name: app
          image: registry.example.com/shop/service-${n}:1.${n % 20}.${n % 7}
          ports:
            - name: http
              containerPort: 8080
          env:
${env}            - name: PEER_ADDR
              value: service-${(n * 7) % 500}:8080
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
          envFrom:
            - configMapRef:
                name: service-${n}
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { cpu: "1", memory: 512Mi }
          readinessProbe:
            httpGet: { path: /ready, port: http }
          livenessProbe:
            httpGet: { path: /live, port: http }
`;
}

const service = (n) => `${meta('Service', 'v1', n)}spec:
  selector:
    app.kubernetes.io/name: service-${n}
  ports:
    - name: http
      port: 8080
      targetPort: http
`;

const configMap = (n) => `${meta('ConfigMap', 'v1', n)}data:
${Array.from({ length: 20 }, (_, i) => `  option.${i}: "setting ${i} of service ${n}"\n`).join('')}  app.properties: |
${Array.from({ length: 25 }, (_, i) => `    app.feature.${i}.enabled=${i % 2 === 0}\n`).join('')}`;

const autoscaler = (n) => `${meta('HorizontalPodAutoscaler', 'autoscaling/v2', n)}spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: service-${n} }
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
`;

const ingress = (n) => `${meta('Ingress', 'networking.k8s.io/v1', n)}spec:
  rules:
    - host: service-${n}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: service-${n}, port: { name: http } } }
`;

const serviceAccount = (n) => meta('ServiceAccount', 'v1', n);

const rbac = (n) =>
  `${meta('Role', 'rbac.authorization.k8s.io/v1', n)}rules:\n${Array.from({ length: 12 }, (_, i) => `  - apiGroups: [""]\n    resources: ["resource${i}", "resource${i}/status"]\n    verbs: ["get", "list", "watch"]\n`).join('')}---\n${meta('RoleBinding', 'rbac.authorization.k8s.io/v1', n)}roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: service-${n} }\nsubjects:\n  - kind: ServiceAccount\n    name: service-${n}\n`;

const networkPolicy = (n) => `${meta('NetworkPolicy', 'networking.k8s.io/v1', n)}spec:
  podSelector: { matchLabels: { app.kubernetes.io/name: service-${n} } }
  ingress:
${Array.from({ length: 6 }, (_, i) => `    - from:\n        - podSelector: { matchLabels: { app.kubernetes.io/name: service-${n + i} } }\n      ports: [{ port: 8080 }]\n`).join('')}`;

const disruptionBudget = (n) =>
  `${meta('PodDisruptionBudget', 'policy/v1', n)}spec:\n  maxUnavailable: 1\n  selector: { matchLabels: { app.kubernetes.io/name: service-${n} } }\n`;

const serviceMonitor = (n) =>
  `${meta('ServiceMonitor', 'monitoring.coreos.com/v1', n)}spec:\n  selector: { matchLabels: { app.kubernetes.io/name: service-${n} } }\n  endpoints:\n    - port: http\n      interval: 30s\n`;

const alerts = (n) =>
  `${meta('PrometheusRule', 'monitoring.coreos.com/v1', n)}spec:\n  groups:\n    - name: service-${n}\n      rules:\n${Array.from({ length: 15 }, (_, i) => `        - alert: Service${n}Alert${i}\n          expr: sum(rate(http_requests_total{service="service-${n}",code=~"5.."}[5m])) / sum(rate(http_requests_total{service="service-${n}"}[5m])) > 0.0${i}\n          for: 10m\n          labels: { severity: page }\n          annotations:\n            summary: Error ratio of service ${n} above ${i} percent\n`).join('')}`;

const dashboard = (n) =>
  `${meta('ConfigMap', 'v1', n, `dashboard-${n}`)}data:\n  dashboard.json: |\n    {\n      "title": "service ${n}",\n      "panels": [\n${Array.from({ length: 16 }, (_, i) => `        { "id": ${i}, "type": "timeseries", "title": "Panel ${i}", "gridPos": { "h": 8, "w": 12, "x": 0, "y": ${i * 8} },\n          "targets": [{ "expr": "sum(rate(requests_total{service=\\"service-${n}\\"}[5m])) by (code)", "refId": "A" }] }`).join(',\n')}\n      ]\n    }\n`;

function customResourceDefinition(n, fields) {
  const properties = Array.from(
    { length: fields },
    (_, i) => `                field${i}:
                  description: |-
                    Field ${i} of the resource says how the controller treats part ${i} of what it manages. It defaults to what the
                    class says when it is left out; changing it rolls the managed workload.
                  type: object
                  properties:
                    name: { type: string, maxLength: 253 }
                    replicas:
                      type: integer
                      format: int32
                      minimum: 0
                    selector:
                      type: object
                      additionalProperties:
                        type: string
`,
  ).join('');
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things${n}.example.com
spec:
  group: example.com
  names: { kind: Thing${n}, plural: things${n} }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
${properties}`;
}

const certificate = (n) =>
  `${meta('Certificate', 'cert-manager.io/v1', n)}spec:\n  secretName: service-${n}-tls\n  dnsNames: [service-${n}.example.com]\n  issuerRef: { name: letsencrypt, kind: ClusterIssuer }\n`;

const quota = (n) =>
  `${meta('ResourceQuota', 'v1', n)}spec:\n  hard:\n    requests.cpu: "20"\n    requests.memory: 40Gi\n    limits.cpu: "40"\n    limits.memory: 80Gi\n`;

const cronJob = (n) => `${meta('CronJob', 'batch/v1', n)}spec:
  schedule: "${n % 60} 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: registry.example.com/shop/report:2.${n % 9}
              args: ["--service", "service-${n}", "--days", "7"]
              env:
                - name: TARGET
                  value: s3://reports/service-${n}
`;

const values = (n) => `image:
  repository: registry.example.com/shop/service-${n}
  tag: 1.${n % 20}.0
replicaCount: 2
service: { type: ClusterIP, port: 8080 }
resources:
  limits: { cpu: 500m, memory: 256Mi }
${Array.from({ length: 30 }, (_, i) => `option${i}: { enabled: ${i % 2 === 0}, size: ${i} }\n`).join('')}`;

const externalSecret = (n) =>
  `${meta('ExternalSecret', 'external-secrets.io/v1beta1', n)}spec:\n  refreshInterval: 1h\n  secretStoreRef: { name: vault, kind: ClusterSecretStore }\n  target: { name: service-${n} }\n  data:\n${Array.from({ length: 8 }, (_, i) => `    - secretKey: key${i}\n      remoteRef: { key: shop/service-${n}, property: key${i} }\n`).join('')}`;

const workflow = (n) =>
  `name: build service ${n}\non: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${Array.from({ length: 12 }, (_, i) => `      - name: step ${i}\n        run: make step-${i} SERVICE=service-${n}\n`).join('')}`;

/** Files a service of the tree has, by what they are; the sum is one "service" of 20 files. */
const SERVICE_FILES = [
  ['deployment.yaml', deployment],
  ['service.yaml', service],
  ['configmap.yaml', configMap],
  ['hpa.yaml', autoscaler],
  ['ingress.yaml', ingress],
  ['serviceaccount.yaml', serviceAccount],
  ['rbac.yaml', rbac],
  ['networkpolicy.yaml', networkPolicy],
  ['pdb.yaml', disruptionBudget],
  ['servicemonitor.yaml', serviceMonitor],
  ['alerts.yaml', alerts],
  ['dashboard.yaml', dashboard],
  ['crd.yaml', (n) => customResourceDefinition(n, 30)],
  ['crd-status.yaml', (n) => customResourceDefinition(n + 1, 62)],
  ['certificate.yaml', certificate],
  ['quota.yaml', quota],
  ['cronjob.yaml', cronJob],
  ['crd-class.yaml', (n) => customResourceDefinition(n + 2, 20)],
  ['values-sample.yaml', values],
  ['externalsecret.yaml', externalSecret],
  ['notes.yaml', workflow],
];
