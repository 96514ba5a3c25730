import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import type { Finding } from '../../src/linters/rule.ts';
import type { Unit } from '../../src/model/unit.ts';
import type { Anchor } from '../../src/text/source.ts';
import { readPage } from '../rule-pages/page.ts';

export type Files = Readonly<Record<string, string>>;

/** A case with thousands of routes says nothing more here and takes seconds. */
const MAX_CHARS = 20_000;

/** The files of each case of each rule's page. */
export const PAGE_CASES: readonly Files[] = RULES.flatMap((rule) => {
  const path = join(import.meta.dirname, '../../docs/rules', `${rule.id}.md`);
  const cases = existsSync(path) ? readPage(readFileSync(path, 'utf8')).cases.map((item) => Object.fromEntries(item.files)) : [];
  return cases.filter((files) => Object.values(files).every((text) => text.length < MAX_CHARS));
});

/** What the pages may lack: files whose meaning depends on others, near or far. */
export const JOINED_CASES: readonly Files[] = [
  {
    'skaffold.yaml':
      'apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: registry.example.com/shop\n      context: src/cart\n',
    'src/cart/Dockerfile': 'FROM golang:1.22\nENV GOMEMLIMIT=512Mi\n',
    'src/cart/go.mod': 'module example.com/cart\n\ngo 1.22\n\nrequire google.golang.org/grpc v1.60.0\n',
    'src/cart/main.go':
      'package main\n\nimport (\n\t"os"\n\n\t"google.golang.org/grpc"\n)\n\nfunc main() {\n\tgrpc.Dial(os.Getenv("ORDERS_ADDR"), grpc.WithInsecure())\n}\n',
    'k8s/shop.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  selector: {matchLabels: {app: shop}}\n  template:\n    metadata:\n      labels: {app: shop}\n    spec:\n      containers:\n        - name: shop\n          image: registry.example.com/shop:1.0\n          env:\n            - name: ORDERS_ADDR\n              value: orders:9000\n',
    'k8s/orders.yaml':
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: orders\nspec:\n  selector: {app: orders}\n  ports:\n    - {name: grpc, port: 9000}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: orders\nspec:\n  replicas: 4\n  selector: {matchLabels: {app: orders}}\n  template:\n    metadata:\n      labels: {app: orders}\n    spec:\n      containers:\n        - name: orders\n          image: orders:1.0\n          ports: [{containerPort: 9000}]\n',
  },
  {
    'base/kustomization.yaml':
      'resources: [deploy.yaml]\nconfigMapGenerator:\n  - name: settings\n    envs: [settings.env]\n    files: [notes.txt]\n',
    'base/settings.env': 'GOMEMLIMIT=512Mi\nKONG_DB_CACHE_TTL=0\n',
    'base/notes.txt': 'one\n',
    'base/deploy.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: gateway\nspec:\n  template:\n    spec:\n      containers:\n        - name: kong\n          image: kong:2.8\n          envFrom:\n            - configMapRef: {name: settings}\n          resources: {limits: {memory: 512Mi}}\n',
    'overlays/prod/kustomization.yaml':
      'resources: [../../base]\nnamePrefix: prod-\npatches:\n  - path: patch.yaml\n    target: {kind: Deployment, name: gateway}\n',
    'overlays/prod/patch.yaml':
      '- op: add\n  path: /spec/template/spec/containers/0/env\n  value:\n    - {name: KONG_NGINX_WORKER_PROCESSES, value: auto}\n',
    'overlays/dev/kustomization.yaml': 'resources: [../../base]\nimages:\n  - {name: kong, newTag: "2.1"}\n',
  },
  {
    'chart/Chart.yaml': 'apiVersion: v2\nname: worker\nversion: 1.0.0\n',
    'chart/values.yaml': 'memory: 512Mi\nreplicas: 2\n',
    'chart/values-prod.yaml': 'memory: 1GB\n',
    'chart/templates/_helpers.tpl': '{{- define "worker.name" -}}worker{{- end -}}\n',
    'chart/templates/deploy.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: worker\nspec:\n  replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n        - name: worker\n          image: worker:1\n          env:\n            - name: GOMEMLIMIT\n              value: {{ .Values.memory | quote }}\n',
  },
  {
    'docker-compose.yml':
      'services:\n  gateway:\n    image: kong:2.3\n    env_file: [gateway.env]\n    environment:\n      KONG_DATABASE: postgres\n  cart:\n    build: ./cart\n    environment: [GOMEMLIMIT=1Gi, ORDERS_ADDR=orders:9000]\n',
    'gateway.env': 'KONG_DB_CACHE_TTL=0\nKONG_NGINX_WORKER_PROCESSES=auto\n',
    'cart/Dockerfile': 'FROM golang:1.22\nENTRYPOINT ["/cart"]\n',
    'cart/main.go':
      'package main\n\nimport (\n\t"os"\n\t"google.golang.org/grpc"\n)\n\nfunc main() {\n\tgrpc.NewClient("dns:///"+os.Getenv("ORDERS_ADDR"))\n}\n',
    'kong.conf': 'nginx_worker_processes = auto\nworker_consistency = strict\n',
  },
  {
    'unit/kong.service': '[Service]\nEnvironmentFile=/etc/kong/kong.env\nExecStart=/usr/bin/kong start\n',
    'etc/kong/kong.env': 'KONG_DB_CACHE_TTL=0\nKONG_NGINX_WORKER_PROCESSES=auto\n',
    'prod/compose.yaml': 'services:\n  gateway:\n    image: kong:2.3\n    env_file: /etc/kong/kong.env\n',
  },
  {
    'mesh/injection.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n    istio-injection: enabled\n',
    'mesh/rule.yaml':
      'apiVersion: networking.istio.io/v1beta1\nkind: DestinationRule\nmetadata:\n  name: mysql\nspec:\n  host: mysql.example.com\n  trafficPolicy:\n    connectionPool:\n      tcp:\n        maxConnections: 10\n    portLevelSettings:\n      - port: {number: 3306}\n        connectionPool:\n          tcp: {idleTimeout: 60s}\n',
    'mesh/entry.yaml':
      'apiVersion: networking.istio.io/v1beta1\nkind: ServiceEntry\nmetadata:\n  name: mysql\nspec:\n  hosts: [mysql.example.com]\n  ports:\n    - {number: 3306, name: tcp, protocol: TCP}\n',
  },
];

const place = (at: Anchor): string => `${at.file.path}:${at.start}-${at.end}`;

function describeFinding(finding: Finding): unknown {
  return {
    rule: finding.rule,
    severity: finding.severity,
    messageId: finding.messageId,
    data: finding.data,
    at: place(finding.at),
    related: finding.related?.map((one) => [place(one.at), one.messageId, one.data]),
    fixes: finding.fixes?.map((fix) => [fix.id, fix.titleId, fix.data, fix.safety, fix.changes.length]),
    snippet: finding.snippet,
  };
}

function describeUnit(unit: Unit): unknown {
  return {
    id: unit.id,
    kind: unit.kind,
    folder: unit.folder,
    objects: unit.objects.map((object) => [object.kind, object.namespace, object.name, object.file.path]),
    containers: unit.containers.map((container) => [
      container.name,
      place(container.at),
      [...container.env.variables].map(([name, variable]) => [name, variable.value.known ? variable.value.value : variable.value.unknown]),
    ]),
    releases: unit.releases.map((release) => [release.chart, release.chartVersion, release.file.path, release.complete]),
    files: unit.files.map((parsed) => parsed.file.path),
    components: unit.components.map(({ component, containers, join }) => [component.folder, join, containers.map(({ at }) => place(at))]),
    gaps: unit.gaps,
  };
}

/** All that an engine says, as plain data: two engines that hold the same files must agree on every bit of it. */
export function everythingSaidBy(engine: Engine): unknown {
  const { findings, ...counts } = engine.lint();
  const { units, components, meshEvidence } = engine.repository();
  return {
    ...counts,
    findings: findings.map((finding) => [describeFinding(finding), finding.fingerprint, finding.units, finding.runbook]),
    repository: units.map(describeUnit),
    components: components.map(({ folder, names, buildFiles, dockerfiles, sources }) => [
      folder,
      names,
      ...[buildFiles, dockerfiles, sources].map((files) => files.map(({ path }) => path)),
    ]),
    mesh: meshEvidence.map((one) => [one.mesh, place(one)]),
  };
}
