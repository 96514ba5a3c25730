#!/usr/bin/env node
/**
 * Makes data/istio-annotations.json from Git clones of istio/api and istio/istio (with their release branches):
 *
 *     node scripts/data/istio-annotations.mjs <clone of istio/api> <clone of istio/istio>
 *
 * annotations   every name that annotation/annotations.yaml of any release since 1.3 declares, and on which resources
 * since         the first release that declares it, for those later than 1.3
 * removedIn     the first release that doesn't declare it any more
 * readByCode    other names of an istio.io domain that Istio's own Go code and charts hold as literals (labels and conditions among
 *               them), also with underscores, as the injector reads some: nobody can say that such a key is unknown to Istio
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';

const [api, istio] = process.argv.slice(2);
if (!api || !istio) {
  console.error('usage: node scripts/data/istio-annotations.mjs <clone of istio/api> <clone of istio/istio>');
  process.exit(2);
}

const git = (repository, ...args) =>
  execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
/** `release-1.3` and later, oldest first, and then HEAD. */
const refsOf = (repository, since) => {
  const minors = git(repository, 'for-each-ref', '--format=%(refname)')
    .split('\n')
    .flatMap((ref) => {
      const minor = Number(/\/release-1\.(\d+)$/.exec(ref)?.[1] ?? Number.NaN);
      return minor >= since ? [{ ref, minor }] : [];
    })
    .sort((a, b) => a.minor - b.minor);
  return [...new Map(minors.map(({ ref, minor }) => [minor, ref])).values(), 'HEAD'];
};

const annotations = new Map();
const since = new Map();
const removedIn = new Map();
for (const ref of refsOf(api, 3)) {
  const declared = load(git(api, 'show', `${ref}:annotation/annotations.yaml`)).annotations;
  const release = /\/release-(1\.\d+)$/.exec(ref)?.[1];
  for (const name of annotations.keys()) {
    if (release && !removedIn.has(name) && !declared.some((one) => one.name === name)) removedIn.set(name, release);
  }
  for (const { name, resources } of declared) {
    if (release && !annotations.has(name)) since.set(name, release);
    annotations.set(name, [...(resources ?? [])].sort());
    removedIn.delete(name);
  }
}

const NAME = '([a-z0-9-]+\\.)*istio\\.io/[A-Za-z][A-Za-z0-9_.-]*';
const read = new Set();
const collect = (ref, pattern, ...paths) => {
  let output = '';
  try {
    output = git(istio, 'grep', '-hoE', pattern, ref, '--', ...paths);
  } catch {
    // git grep ends with 1 when a release holds none.
  }
  for (const line of output.split('\n')) {
    const name = new RegExp(NAME).exec(line)?.[0].replace(/[.-]+$/, '');
    if (name && !/\/v\d/.test(name)) read.add(name);
  }
};
/** The injector asks for annotations by the names that the downward API gives them: dots, slashes and dashes as underscores. */
const collectSanitised = (ref) => {
  let output = '';
  try {
    output = git(istio, 'grep', '-hoE', '"[a-z0-9_]+_istio_io_[a-z0-9_]+"', ref, '--', 'pkg/kube/inject/*.go', ':!*_test.go');
  } catch {
    // git grep ends with 1 when a release holds none.
  }
  for (const name of output.match(/[a-z0-9_]+/g) ?? []) {
    const [domain, key] = name.split('_istio_io_');
    read.add(`${domain.replaceAll('_', '.')}.istio.io/${key.replaceAll('_', '-')}`);
  }
};
for (const ref of refsOf(istio, 10)) {
  collectSanitised(ref);
  collect(ref, `["\`]${NAME}["\`]`, '*.go', ':!*_test.go', ':!tests', ':!pkg/test', ':!tools', ':!*/testdata/*');
  collect(ref, `${NAME}["\`]? *[:})]|["\`]${NAME}["\`]`, 'manifests/charts', 'manifests/helm-profiles', ':!*.md', ':!*/testdata/*');
}

const byName = ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0);
const data = {
  source: {
    'istio/api': { commit: git(api, 'rev-parse', 'HEAD').trim(), path: 'annotation/annotations.yaml', releases: '1.3 and later' },
    'istio/istio': { commit: git(istio, 'rev-parse', 'HEAD').trim(), path: 'Go code and charts', releases: '1.10 and later' },
  },
  annotations: Object.fromEntries([...annotations].sort(byName)),
  since: Object.fromEntries([...since].filter(([, release]) => release !== '1.3').sort(byName)),
  removedIn: Object.fromEntries([...removedIn].sort(byName)),
  readByCode: [...read].filter((name) => !annotations.has(name)).sort(),
};
const path = join(import.meta.dirname, '../../data/istio-annotations.json');
writeFileSync(path, `${JSON.stringify(data, null, 2)}\n`);
console.log(`${annotations.size} annotations, ${data.readByCode.length} other names: ${path}`);
