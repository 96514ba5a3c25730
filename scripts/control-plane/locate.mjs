/**
 * Finds a Kubernetes control plane for the tests (etcd, kube-apiserver and, for real EndpointSlices, kube-controller-manager), or says why
 * there is none. In this order: the folder KUBEBUILDER_ASSETS, PATH, a cached build of the Go program in this folder. `build.mjs` builds it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import { onPath } from '../vscode-host/debian-packages.mjs';

/** The folder of the Go program. */
export const sourceFolder = dirname(fileURLToPath(import.meta.url));

/** The Kubernetes that go.mod pins; the program is told its version, as Kubernetes's own build does. */
const KUBERNETES_VERSION = '1.36.3';
const VERSION_PACKAGE = 'k8s.io/component-base/version';
const [MAJOR, MINOR] = KUBERNETES_VERSION.split('.');
const VERSION_FLAGS = [
  `gitVersion=v${KUBERNETES_VERSION}`,
  `gitMajor=${MAJOR}`,
  `gitMinor=${MINOR}`,
  `gitCommit=${'0'.repeat(40)}`,
  'gitTreeState=clean',
  'buildDate=2026-01-01T00:00:00Z',
];

/** `-tags kcm`: with kube-controller-manager. `-p 2`: each compiler takes hundreds of MiB. */
export const BUILD_FLAGS = [
  '-trimpath',
  '-buildvcs=false',
  '-p=2',
  '-tags=kcm',
  `-ldflags=-s -w ${VERSION_FLAGS.map((each) => `-X ${VERSION_PACKAGE}.${each}`).join(' ')}`,
];

/** Settings of the surroundings that must not change what is built. */
export const BUILD_ENVIRONMENT = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };

const TWO_PROCESSES = join(sourceFolder, 'two-processes.mjs');

/**
 * @typedef {object} ControlPlaneProgram
 * @property {string} from where it was found, in words
 * @property {string[]} up program and first arguments; takes `--dir DIR --port N --users a,b --stdin -- KUBE-APISERVER-FLAGS`, writes one
 *   JSON line `{server, pid, readyMs}` when ready
 * @property {string[]} [controllerManager] program and first arguments of kube-controller-manager; takes `--stdin` first, then its own flags
 *
 * @typedef {object} Missing
 * @property {string} missing why there is none
 * @property {string} remedy what the reader should do
 */

/** @returns {string} the folder of what is built once per user and machine, outside every checkout */
export function cacheFolder() {
  const own = process.env.RUNBOOK_LENS_CACHE;
  if (own !== undefined && own !== '') return resolve(own);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runbook-lens');
}

/** Where builds of the control plane are kept, a folder each. */
export function buildsFolder() {
  return join(cacheFolder(), 'control-plane');
}

/**
 * Looks, and builds nothing.
 * @returns {ControlPlaneProgram | Missing}
 */
export function findControlPlane() {
  if (process.platform === 'win32') return { missing: 'the control plane runs on Linux and macOS', remedy: 'run the cluster tests there' };
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && assets !== '') return fromAssets(resolve(assets));
  return fromPath() ?? fromCache() ?? notBuilt();
}

/** The binaries that kubebuilder's setup-envtest downloads: etcd and kube-apiserver. @param {string} folder */
function fromAssets(folder) {
  const [etcd, apiServer, controllerManager] = ['etcd', 'kube-apiserver', 'kube-controller-manager'].map((name) => join(folder, name));
  const absent = [etcd, apiServer].filter((path) => !existsSync(path));
  if (absent.length > 0)
    return { missing: `KUBEBUILDER_ASSETS names ${folder}, but ${absent.join(' and ')} is not there`, remedy: 'correct or unset it' };
  const program = twoProcesses(`KUBEBUILDER_ASSETS (${folder})`, etcd, apiServer);
  if (existsSync(controllerManager)) return { ...program, controllerManager: managed(controllerManager) };
  // That download has no controller manager; ours speaks to any API server near its version.
  const built = fromCache();
  return built === undefined ? program : { ...program, controllerManager: built.controllerManager };
}

/** @returns {ControlPlaneProgram | undefined} only if all three are there: a test that needs the controllers shouldn't depend on luck */
function fromPath() {
  const [etcd, apiServer, controllerManager] = ['etcd', 'kube-apiserver', 'kube-controller-manager'].map(onPath);
  if (etcd === undefined || apiServer === undefined || controllerManager === undefined) return undefined;
  return { ...twoProcesses(`PATH (${apiServer})`, etcd, apiServer), controllerManager: managed(controllerManager) };
}

/** @returns {ControlPlaneProgram} */
function twoProcesses(from, etcd, apiServer) {
  return { from, up: [process.execPath, TWO_PROCESSES, 'up', '--etcd', etcd, '--kube-apiserver', apiServer] };
}

/** @param {string} binary of kube-controller-manager */
function managed(binary) {
  return [process.execPath, TWO_PROCESSES, 'kube-controller-manager', binary];
}

/** @returns {ControlPlaneProgram | undefined} */
function fromCache() {
  const found = cachedBuild();
  if (found === undefined) return undefined;
  // Builds that nobody has used for weeks are removed by the next build.
  utimesSync(found, new Date(), new Date());
  return ours('a cached build', found);
}

/** @param {string} from @param {string} path of our program @returns {ControlPlaneProgram} */
export function ours(from, path) {
  return { from: `${from} (${path})`, up: [path, 'up'], controllerManager: [path, 'kube-controller-manager'] };
}

/** Without Go on this machine (a cache that CI restored), any Go's build of these sources will do. */
function cachedBuild() {
  const go = goVersion();
  if (go !== undefined) {
    const path = buildPath(go);
    return existsSync(path) ? path : undefined;
  }
  if (!existsSync(buildsFolder())) return undefined;
  const names = readdirSync(buildsFolder()).filter((name) => name.startsWith(`${sourceKey()}-`));
  return names.map((name) => join(buildsFolder(), name, 'control-plane')).find(existsSync);
}

/** @param {string} go its version @returns {string} where the build of the present sources by that Go is, or will be */
export function buildPath(go) {
  return join(buildsFolder(), `${sourceKey()}-${go}`, 'control-plane');
}

/** What the program is made of, but for the Go version: sources, module versions, flags, platform. */
function sourceKey() {
  const hash = createHash('sha256');
  const names = readdirSync(sourceFolder).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name));
  for (const name of names.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(sourceFolder, name)))
      .update('\0');
  hash.update(JSON.stringify([BUILD_FLAGS, BUILD_ENVIRONMENT, process.platform, process.arch]));
  return hash.digest('hex').slice(0, 20);
}

/** @returns {string | undefined} "go1.26.8", the version that would build the program; undefined without Go */
export function goVersion() {
  try {
    const env = { ...process.env, ...BUILD_ENVIRONMENT };
    return execFileSync('go', ['env', 'GOVERSION'], {
      cwd: sourceFolder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** @returns {Missing} */
function notBuilt() {
  const goMod = statSync(join(sourceFolder, 'go.mod'), { throwIfNoEntry: false });
  if (goMod === undefined) return { missing: `the sources of the control plane are not in ${sourceFolder}`, remedy: 'use a full checkout' };
  if (goVersion() === undefined)
    return {
      missing: 'no Kubernetes control plane: not in KUBEBUILDER_ASSETS, not on PATH, no cached build, and no Go to build one',
      remedy: 'install Go 1.26 or newer (https://go.dev/dl/), or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver',
    };
  return {
    missing: 'the Kubernetes control plane is not built yet',
    remedy: 'run: node scripts/control-plane/build.mjs (minutes, once), or npm test',
  };
}
