/** Installs Debian packages, but only where that needs no question: as root, or with a sudo that asks no password. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MissingPrerequisite, progress } from './layout.mjs';

/** @param {string} name a program. @returns {string | undefined} its path, if PATH has it. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/**
 * Whether a test run may install packages by itself: in CI, and for root (a container or a throw-away machine). A person who works under
 * their own name is told the command instead.
 */
export function mayInstallUnasked() {
  return process.env.CI === 'true' || process.getuid?.() === 0;
}

/**
 * @param {string[]} packages Debian package names
 * @param {string} reason what they are for; part of the message when they can't be installed
 * @param {boolean} allowed whether the caller may change this machine
 * @throws {MissingPrerequisite} when they are not installed, with the command to type
 */
export function installDebianPackages(packages, reason, allowed) {
  const command = `apt-get update && apt-get install -y ${packages.join(' ')}`;
  if (onPath('apt-get') === undefined)
    throw new MissingPrerequisite(reason, `install ${packages.join(', ')} with your system's package manager`);
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  if (!allowed) throw new MissingPrerequisite(reason, `run: sudo sh -c '${command}', or: node scripts/vscode-host/install.mjs`);
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new MissingPrerequisite(reason, `this user has no password-less sudo; as root run: ${command}`);
  }
  progress(`installing Debian packages: ${packages.join(' ')}`);
  runApt([...prefix, 'apt-get', 'update', '-qq'], reason, command);
  runApt([...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-qq', ...packages], reason, command);
}

/** @param {string[]} argv @param {string} reason @param {string} command what to tell the reader to try by hand */
function runApt([program, ...args], reason, command) {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: 10 * 60_000 });
  if (done.status === 0) return;
  const lastLines = `${done.stderr ?? ''}${done.error?.message ?? ''}`.trim().split('\n').slice(-5).join('\n');
  throw new MissingPrerequisite(`${reason} (apt-get failed: ${lastLines})`, `as root run: ${command}`);
}
