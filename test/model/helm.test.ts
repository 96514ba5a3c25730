import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argoReleases } from '../../src/model/argo.ts';
import { fluxRelease } from '../../src/model/flux.ts';
import { type ChartFolder, findCharts, resolveChart } from '../../src/model/helm/chart.ts';
import { isValuesFile, standaloneRelease } from '../../src/model/helm/standalone.ts';
import { helmfileReleases } from '../../src/model/helmfile.ts';
import { readObjects } from '../../src/model/kubernetes/objects.ts';
import { terraformReleases } from '../../src/model/terraform.ts';
import { type SourceFile, sourceFile, textOf } from '../../src/text/source.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt, type YamlNode } from '../../src/text/yaml.ts';
import { parseYaml } from '../../src/text/yaml-parse.ts';
import type { ParsedFile } from '../../src/workspace/parsed-file.ts';

function workspace(files: Record<string, string>) {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)]));
  const readText = (path: string): SourceFile | undefined => sources.get(path);
  const parsed = [...sources.values()].map(
    (file): ParsedFile => ({ format: 'yaml', file, documents: [], objects: [], templated: false, notices: [] }),
  );
  const charts = findCharts(parsed, sources.keys());
  const resolve = (folder: string) => {
    const chart = charts.find((candidate) => candidate.folder === folder);
    assert.ok(chart);
    return resolveChart(chart, { charts, readText });
  };
  return { charts, readText, resolve, parsed };
}

function place(node: YamlNode | undefined): string {
  assert.ok(node);
  return `${node.file.path}: ${textOf(node)}`;
}

const CHART = { 'c/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: "9"\n' };

function template(body: string, values: string, more: Record<string, string> = {}) {
  const { resolve } = workspace({ ...CHART, 'c/values.yaml': values, 'c/templates/t.yaml': body, ...more });
  const [release] = resolve('c');
  assert.ok(release);
  return release;
}

test('a resolved scalar stands at the values, with the layers that lost', () => {
  const { resolve } = workspace({
    ...CHART,
    'c/values.yaml': 'workers: auto\nimage: {repository: kong, tag: "3.4"}\n',
    'c/values-prod.yaml': 'workers: "4" # measured\n',
    'c/templates/t.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  workers: {{ .Values.workers | quote }}\n  image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"\n  twice: {{ .Values.workers }}\n',
  });
  const [release, ...others] = resolve('c');
  assert.ok(release);
  assert.equal(others.length, 0);
  assert.equal(release.id, 'c#values-prod.yaml');
  const root = release.objects[0]?.root;
  const workers = scalarAt(root, 'spec', 'workers');
  assert.equal(workers?.text, '4');
  assert.equal(workers?.derived, true);
  assert.equal(place(workers), 'c/values-prod.yaml: 4');
  assert.equal(place(workers?.overrides?.[0]), 'c/values.yaml: auto');
  assert.equal(textAt(root, 'spec', 'image'), 'kong:3.4');
  assert.equal(place(scalarAt(root, 'spec', 'image')), 'c/values.yaml: 3.4');
  const [values] = release.releases;
  assert.equal(values?.chart, 'web');
  assert.equal(values?.chartVersion, '1.2.3');
  assert.equal(values?.complete, true);
  assert.equal(place(nodeAt(values?.values, 'workers')), 'c/values-prod.yaml: 4');
  assert.ok(release.members.includes('c/values.yaml') && release.members.includes('c/templates/t.yaml'));
});

test('null in a layer takes the key away', () => {
  const { resolve } = workspace({ ...CHART, 'c/values.yaml': 'a: {b: 1, c: 2}\n', 'c/values-prod.yaml': 'a: {b: null}\n' });
  const values = resolve('c')[0]?.releases[0]?.values;
  assert.equal(nodeAt(values, 'a', 'b'), undefined);
  assert.equal(textAt(values, 'a', 'c'), '2');
});

test('a map that toYaml writes is the map of the values', () => {
  const body =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  resources:\n    {{- toYaml .Values.resources | nindent 4 }}\n  env:\n    - {name: A}\n    {{- with .Values.env }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n';
  const release = template(body, 'resources:\n  limits: {memory: 1Gi}\nenv:\n  - {name: B, value: "2"}\n');
  const root = release.objects[0]?.root;
  assert.equal(place(scalarAt(root, 'spec', 'resources', 'limits', 'memory')), 'c/values.yaml: 1Gi');
  assert.deepEqual(
    itemsAt(root, 'spec', 'env').map((item) => textAt(item, 'name')),
    ['A', 'B'],
  );
  const env = nodeAt(root, 'spec', 'env');
  assert.ok(env?.kind === 'sequence' && !env.open);
});

test('include, functions, loops, variables and release names stay unknown', () => {
  const release = template(
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ include "x" . }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  a: {{ upper .Values.a }}\n  b: {{ template "x" . }}\n  c: {{ $x }}\n  d: {{- .Values.a }}\n  e: {{ .Values.list }}\n  f: {{ tpl .Values.a . }}\n  list:\n    {{- range .Values.list }}\n    - {{ . }}\n    {{- end }}\n',
    'a: x\nlist: [1, 2]\n',
  );
  const [object] = release.objects;
  assert.equal(object?.name, undefined);
  assert.equal(object?.namespace, undefined);
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const scalar = scalarAt(object?.root, 'spec', key);
    assert.equal(scalar?.unknown?.why, 'templated', key);
  }
  const list = nodeAt(object?.root, 'spec', 'list');
  assert.ok(list?.kind === 'sequence' && list.open);
});

test('arms that the values rule out are gone, undecided ones are told', () => {
  const body =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  {{- if .Values.on1 }}\n  yes: 1\n  {{- else }}\n  no: 1\n  {{- end }}\n  {{- if .Capabilities.X }}\n  maybe: 1\n  {{- end }}\n---\n{{- if .Values.service.enabled }}\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n{{- end }}\n';
  const release = template(body, 'on1: true\nservice: {enabled: false}\n');
  assert.deepEqual(
    release.objects.map((object) => object.kind),
    ['Pod'],
  );
  const root = release.objects[0]?.root;
  assert.equal(textAt(root, 'spec', 'yes'), '1');
  assert.equal(scalarAt(root, 'spec', 'no'), undefined);
  const [spans] = [...release.undecided.values()];
  assert.equal(spans?.length, 1);
  assert.ok(body.slice(spans[0]?.start, spans[0]?.end).includes('maybe'));
});

test('a chart whose templates rewrite the values resolves nothing from them', () => {
  const release = template('apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  a: {{ .Values.a }}\n', 'a: 1\n', {
    'c/templates/_profile.tpl': '{{- $_ := set $ "Values" (mustMergeOverwrite (dict) $.Values) }}\n',
  });
  assert.equal(textAt(release.objects[0]?.root, 'spec', 'a'), undefined);
  assert.equal(release.releases[0]?.complete, false);
});

test('a chart whose templates change a part of the values resolves the rest', () => {
  const changes = [
    '{{- $_ := mustMerge .Values.proxy (deepCopy .Values.defaults) }}',
    '{{- $proxy := deepCopy .Values.defaults | mustMerge $.Values.proxy -}}',
    '{{- $p := .Values.proxy }}{{- $_ := set $p "http" "x" }}',
  ];
  for (const change of changes) {
    const release = template(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  a: {{ .Values.a }}\n  b: {{ .Values.proxy.http }}\n  c: {{ .Values.proxyPort }}\n  d: {{ if .Values.proxy }}1{{ else }}2{{ end }}\n',
      'a: 1\nproxyPort: 3\nproxy: {http: y}\ndefaults: {http: z}\n',
      { 'c/templates/_proxy.tpl': change },
    );
    const spec = (key: string): string | undefined => textAt(release.objects[0]?.root, 'spec', key);
    assert.deepEqual([spec('a'), spec('b'), spec('c'), spec('d')], ['1', undefined, '3', undefined], change);
    assert.equal(release.releases[0]?.complete, true);
  }
});

test('dependencies: vendored, switched off, and remote with the locked version', () => {
  const { resolve, charts } = workspace({
    'u/Chart.yaml':
      'name: u\nversion: 1.0.0\ndependencies:\n  - {name: kong, version: ~2.30.0, repository: https://charts.example.org, alias: gateway}\n  - {name: sub, version: 1.0.0}\n  - {name: gone, version: 1.0.0, condition: gone.enabled}\n',
    'u/Chart.lock': 'dependencies:\n  - {name: kong, version: 2.30.4, repository: https://charts.example.org}\n',
    'u/values.yaml': 'global: {env: prod}\ngateway: {env: {database: "off"}}\nsub: {replicas: 4}\ngone: {enabled: false}\n',
    'u/charts/sub/Chart.yaml': 'name: sub\nversion: 1.0.0\n',
    'u/charts/sub/values.yaml': 'replicas: 1\nkeep: 2\n',
    'u/charts/sub/templates/d.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}}\nspec: {n: {{ .Values.replicas }}, e: {{ .Values.global.env }}}\n',
  });
  assert.deepEqual(
    charts.map((chart: ChartFolder) => [chart.folder, chart.parent]),
    [
      ['u', undefined],
      ['u/charts/sub', 'u'],
    ],
  );
  const [release] = resolve('u');
  assert.deepEqual(
    release?.releases.map((made) => [made.chart, made.chartVersion, made.repository]),
    [
      ['u', '1.0.0', undefined],
      ['kong', '2.30.4', 'https://charts.example.org'],
      ['sub', '1.0.0', undefined],
    ],
  );
  assert.equal(textAt(release?.releases[1]?.values, 'env', 'database'), 'off');
  assert.equal(textAt(release?.releases[2]?.values, 'keep'), '2');
  assert.deepEqual(
    release?.gaps.map((gap) => gap.kind),
    ['remote'],
  );
});

function objectOf(text: string) {
  const file = sourceFile('app.yaml', text);
  const result = parseYaml(file);
  assert.ok(result.ok);
  const [object] = readObjects(file, result.roots[0], false);
  assert.ok(object);
  return object;
}

test('Argo CD: values text keeps its places, valuesObject and parameters win over it', () => {
  const object = objectOf(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kong}
spec:
  source:
    repoURL: https://charts.konghq.com
    chart: kong
    targetRevision: 2.33.1
    helm:
      values: |
        env:
          database: "off"
          mem_cache_size: 128m
          log_level: info
      valuesObject:
        env: {log_level: debug}
      parameters:
        - name: env.mem_cache_size
          value: 256m
        - name: replicas[0].x\\.y
          value: "2"
`);
  const [release] = argoReleases(object, () => undefined);
  assert.ok(release);
  assert.deepEqual(
    [release.chart, release.chartVersion, release.repository, release.complete],
    ['kong', '2.33.1', 'https://charts.konghq.com', true],
  );
  assert.equal(place(nodeAt(release.values, 'env', 'database')), 'app.yaml: off');
  assert.equal(textAt(release.values, 'env', 'log_level'), 'debug');
  const size = nodeAt(release.values, 'env', 'mem_cache_size');
  assert.equal(place(size), 'app.yaml: 256m');
  assert.equal(place(size?.overrides?.[0]), 'app.yaml: 128m');
  assert.equal(textAt(release.values, 'replicas', 0, 'x.y'), '2');
});

test('Argo CD: value files of another source leave the release open; a chart of this repository gives its defaults', () => {
  const sources = (helm: string) =>
    objectOf(
      `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: k}\nspec:\n  sources:\n    - path: charts/c\n      helm: ${helm}\n`,
    );
  const readText = (path: string): SourceFile | undefined => {
    const texts: Record<string, string> = {
      'charts/c/Chart.yaml': 'name: c\nversion: 3.0.0\n',
      'charts/c/values.yaml': 'a: 1\nb: 2\n',
      'charts/c/prod.yaml': 'b: 3\n',
    };
    const text = texts[path];
    return text === undefined ? undefined : sourceFile(path, text);
  };
  const [open] = argoReleases(sources('{valueFiles: [$values/x.yaml]}'), readText);
  assert.equal(open?.complete, false);
  const [known] = argoReleases(sources('{valueFiles: [prod.yaml]}'), readText);
  assert.deepEqual([known?.chart, known?.chartVersion, known?.complete], ['c', '3.0.0', true]);
  assert.equal(place(nodeAt(known?.values, 'b')), 'charts/c/prod.yaml: 3');
  assert.equal(place(nodeAt(known?.values, 'a')), 'charts/c/values.yaml: 1');
});

test('Flux: values, and valuesFrom that leaves them open', () => {
  const release = fluxRelease(
    objectOf(
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: k}\nspec:\n  chart: {spec: {chart: kong, version: "2.x"}}\n  values: {env: {database: "off"}}\n  valuesFrom: [{kind: Secret, name: s}]\n',
    ),
    () => undefined,
  );
  assert.deepEqual([release?.chart, release?.chartVersion, release?.complete], ['kong', '2.x', false]);
  assert.equal(textAt(release?.values, 'env', 'database'), 'off');
});

test('helmfile: literal maps, files, set; templates are unknown', () => {
  const file = sourceFile(
    'helmfile.yaml',
    'repositories:\n  - {name: kong, url: https://charts.konghq.com}\nreleases:\n  - name: gw\n    chart: kong/kong\n    version: 2.33.1\n    values:\n      - env: {database: "off", prefix: {{ .Values.prefix }}}\n      - more.yaml\n    set:\n      - {name: env.log_level, value: debug}\n  - name: open\n    chart: kong/kong\n    values: [x.yaml.gotmpl]\n',
  );
  const readText = (path: string) => (path === 'more.yaml' ? sourceFile('more.yaml', 'replicaCount: 2\n') : undefined);
  const [release, open] = helmfileReleases(file, readText);
  assert.deepEqual([release?.chart, release?.chartVersion, release?.repository], ['kong', '2.33.1', 'https://charts.konghq.com']);
  assert.equal(textAt(release?.values, 'env', 'database'), 'off');
  assert.equal(textAt(release?.values, 'env', 'prefix'), undefined);
  assert.equal(textAt(release?.values, 'env', 'log_level'), 'debug');
  assert.equal(place(nodeAt(release?.values, 'replicaCount')), 'more.yaml: 2');
  assert.equal(open?.complete, false);
});

test('Terraform: heredoc, yamlencode and set', () => {
  const file = sourceFile(
    'main.tf',
    `# comment
resource "helm_release" "kong" {
  name       = "kong"
  repository = "https://charts.konghq.com"
  chart      = "kong"
  version    = "2.33.1"

  values = [
    <<-EOT
      env:
        database: "off" # kept
        host: \${var.host}
        log_level: info
    EOT
    ,
    yamlencode({
      replicaCount = 3
      env          = { "log_level" = "debug", port = var.port }
      list         = ["a", true]
    }),
  ]

  set {
    name  = "env.mem_cache_size"
    value = "128m"
  }
}

resource "helm_release" "v3" {
  chart = "kong"
  set = [
    { name = "a.b", value = "1", type = "string" },
  ]
  values = [file("\${path.module}/v.yaml"), templatefile("x.tpl", {})]
}
`,
  );
  const readText = (path: string) => (path === 'v.yaml' ? sourceFile('v.yaml', 'c: 1\n') : undefined);
  const [kong, v3, ...others] = terraformReleases(file, readText);
  assert.equal(others.length, 0);
  assert.deepEqual(
    [kong?.chart, kong?.chartVersion, kong?.repository, kong?.complete],
    ['kong', '2.33.1', 'https://charts.konghq.com', true],
  );
  const values = kong?.values;
  assert.equal(place(nodeAt(values, 'env', 'database')), 'main.tf: off');
  assert.equal(scalarAt(values, 'env', 'host')?.unknown?.why, 'templated');
  assert.equal(place(nodeAt(values, 'env', 'log_level')), 'main.tf: debug');
  assert.equal(place(nodeAt(values, 'env', 'log_level')?.overrides?.[0]), 'main.tf: info');
  assert.equal(scalarAt(values, 'env', 'port')?.unknown?.why, 'templated');
  assert.equal(place(nodeAt(values, 'env', 'mem_cache_size')), 'main.tf: 128m');
  assert.equal(textAt(values, 'replicaCount'), '3');
  assert.equal(textAt(values, 'list', 1), 'true');
  assert.equal(textAt(v3?.values, 'a', 'b'), '1');
  assert.equal(textAt(v3?.values, 'c'), '1');
  assert.equal(v3?.complete, false);
});

test('Terraform: templatefile, with the variables that are literal', () => {
  const file = sourceFile(
    'infra/main.tf',
    `resource "helm_release" "kong" {
  chart  = "kong"
  values = [
    templatefile("\${path.module}/values/kong.yaml.tpl", { ttl = "300", workers = 4, host = var.host }),
  ]
}

resource "helm_release" "other" {
  chart  = "kong"
  values = [templatefile("values/other.yaml", local.variables)]
}

resource "helm_release" "gone" {
  chart  = "kong"
  values = [templatefile("\${local.folder}/kong.yaml", {})]
}
`,
  );
  const files: Record<string, string> = {
    'infra/values/kong.yaml.tpl':
      'env:\n  db_cache_ttl: ${ttl}\n  nginx_worker_processes: "${ workers }"\n  pg_host: ${host}\n  log: $${ttl}\nimage: kong:${ttl}\n',
    'infra/values/other.yaml': 'env:\n%{ if cached }\n  db_cache_ttl: 1\n%{ endif }\n  a: 2\n${more}\n',
  };
  const readText = (path: string) => (files[path] === undefined ? undefined : sourceFile(path, files[path]));
  const [kong, other, gone] = terraformReleases(file, readText);
  const values = kong?.values;
  assert.equal(place(nodeAt(values, 'env', 'db_cache_ttl')), 'infra/main.tf: 300');
  assert.deepEqual(
    [scalarAt(values, 'env', 'nginx_worker_processes')?.style, textAt(values, 'env', 'nginx_worker_processes')],
    ['double', '4'],
  );
  for (const path of [['env', 'pg_host'], ['image']]) assert.equal(scalarAt(values, ...path)?.unknown?.why, 'templated', path.join('.'));
  assert.equal(textAt(values, 'env', 'log'), '$${ttl}');
  assert.equal(kong?.complete, true);
  assert.equal(place(nodeAt(other?.values, 'env', 'a')), 'infra/values/other.yaml: 2');
  assert.equal(other?.complete, false);
  assert.equal(mapAt(other?.values)?.open, true);
  assert.deepEqual([gone?.values.pairs.size, gone?.complete], [0, false]);
});

test('a values file that stands alone', () => {
  assert.ok(isValuesFile('deploy/kong-values.yaml') && isValuesFile('values.prod.yml') && !isValuesFile('values/readme.md'));
  const release = standaloneRelease(sourceFile('kong-values.yaml', 'env: {database: "off"}\n'));
  assert.deepEqual([release?.chart, release?.complete], [undefined, false]);
  assert.equal(standaloneRelease(sourceFile('values.yaml', '[\n')), undefined);
});
