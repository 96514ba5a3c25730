/** A lock between processes: a file that holds the process id of its owner. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const POLL_MS = 500;

/**
 * Runs `work` while no other process runs its own under the same lock. A lock whose process is gone is taken over.
 * @template T
 * @param {string} path of the lock file; its folder exists
 * @param {() => Promise<T>} work
 * @param {() => void} [waiting] called once, if another process has the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, waiting = () => {}) {
  for (let said = false; !take(path); said = true) {
    if (!said) waiting();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path @returns {boolean} whether the lock is ours now */
function take(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    // A link, unlike a file that is created and then written, is never seen without its content.
    if (link(own, path)) return true;
    const owner = read(path);
    if (owner === undefined || isAlive(Number(owner))) return false;
    // Several may wait for the dead one's lock: only one of them can rename it, and only if it is still the dead one's.
    const stale = `${own}.stale`;
    renameSync(path, stale);
    if (read(stale) !== owner) link(stale, path);
    rmSync(stale, { force: true });
    return false;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} from @param {string} to @returns {boolean} false if `to` is there already */
function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path @returns {string | undefined} */
function read(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
