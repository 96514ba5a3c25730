#!/usr/bin/env node
/**
 * The same command line as the Go program in this folder, for binaries that came from elsewhere (KUBEBUILDER_ASSETS, PATH).
 *
 *   two-processes.mjs up --etcd FILE --kube-apiserver FILE --dir DIR [--port N] [--users a,b] [--stdin] [-- kube-apiserver flags]
 *   two-processes.mjs kube-controller-manager FILE [--stdin] [kube-controller-manager flags]
 *
 * Writes into DIR what the Go program writes: tokens.csv, sa.key, USER.kubeconfig, apiserver.crt and apiserver.key (these by kube-apiserver).
 * The flags are those of main.go.
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const GRACE_MS = 15_000;

/** @type {import('node:child_process').ChildProcess[]} in the order in which they were started */
const children = [];
let ending = false;

/**
 * @param {string} program @param {string[]} args
 * @param {string} [log] file for what it writes; without it, our own standard error
 */
function start(program, args, log) {
  const output = log === undefined ? 2 : openSync(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  children.push(child);
  child.on('error', (error) => process.stderr.write(`${program}: ${error.message}\n`));
  child.on('close', (status, signal) => {
    if (ending) return;
    process.stderr.write(
      `${program} ended with ${signal ?? status}${log === undefined ? '' : `: ${readFileSync(log, 'utf8').slice(-3000)}`}\n`,
    );
    end(1);
  });
}

/** Ends what was started last first: kube-apiserver before the etcd that it writes to. @param {number} status */
async function end(status) {
  if (ending) return;
  ending = true;
  for (const child of children.reverse()) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    const closed = new Promise((done) => child.once('close', done));
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.kill('SIGTERM');
    await closed;
    clearTimeout(timer);
  }
  process.exit(status);
}

function endWithStdin() {
  process.stdin.resume();
  for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => end(0));
}

/** @returns {Promise<number>} a port of 127.0.0.1 that was free a moment ago */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => done(port));
    });
  });
}

/** Waits until the API server is ready. @param {string} server @param {string} certificate */
async function ready(server, certificate) {
  for (;;) {
    const status = await new Promise((done) => {
      // No certificate yet, no listener yet: both are "not ready".
      if (!existsSync(certificate)) return done(0);
      request(`${server}/readyz`, { ca: readFileSync(certificate), agent: false }, (reply) => {
        reply.resume();
        done(reply.statusCode);
      })
        .on('error', () => done(0))
        .end();
    });
    if (status === 200) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** @param {string} text @param {string} path */
function write(path, text) {
  writeFileSync(path, text, { mode: 0o600 });
}

/** @param {string[]} args */
async function up(args) {
  const startMs = performance.now();
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      etcd: { type: 'string', default: 'etcd' },
      'kube-apiserver': { type: 'string', default: 'kube-apiserver' },
      dir: { type: 'string', default: 'control-plane-data' },
      port: { type: 'string', default: '0' },
      users: { type: 'string', default: '' },
      stdin: { type: 'boolean', default: false },
    },
  });
  if (values.stdin) endWithStdin();
  const dir = resolve(values.dir);
  const file = (/** @type {string} */ name) => join(dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = Number(values.port) || (await freePort());
  const server = `https://127.0.0.1:${port}`;
  if (!existsSync(file('tokens.csv'))) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    write(file('sa.key'), String(privateKey.export({ type: 'sec1', format: 'pem' })));
    const token = () => randomBytes(20).toString('hex');
    const users = values.users.split(',').filter((user) => user !== '');
    const rows = [`${token()},admin,0,system:masters`, ...users.map((user) => `${token()},${user},${user}`)];
    write(file('tokens.csv'), `${rows.join('\n')}\n`);
  }
  for (const row of readFileSync(file('tokens.csv'), 'utf8').trim().split('\n')) {
    const [token, user] = row.split(',');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 't',
      contexts: [{ name: 't', context: { cluster: 't', user: 't' } }],
      users: [{ name: 't', user: { token } }],
      clusters: [{ name: 't', cluster: { server, 'certificate-authority': file('apiserver.crt') } }],
    };
    write(file(`${user}.kubeconfig`), JSON.stringify(config));
  }
  const etcd = `http://127.0.0.1:${await freePort()}`;
  const peers = `http://127.0.0.1:${await freePort()}`;
  const etcdFlags = [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
  start(values.etcd, etcdFlags, file('etcd.log'));
  const apiServerFlags = [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--cert-dir=${dir}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/16',
    `--service-account-key-file=${file('sa.key')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged',
    '--kubelet-preferred-address-types=InternalIP',
    ...positionals,
  ];
  start(values['kube-apiserver'], apiServerFlags, file('kube-apiserver.log'));
  await ready(server, file('apiserver.crt'));
  process.stdout.write(`${JSON.stringify({ server, pid: process.pid, readyMs: Math.round(performance.now() - startMs) })}\n`);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => end(0));
const [command, ...args] = process.argv.slice(2);
if (command === 'up') await up(args);
else if (command === 'kube-controller-manager' && args[0] !== undefined) {
  const [binary, ...flags] = args;
  if (flags[0] === '--stdin') {
    endWithStdin();
    flags.shift();
  }
  start(binary, flags);
} else {
  process.stderr.write('usage: two-processes.mjs up --dir DIR … | kube-controller-manager FILE …\n');
  process.exitCode = 2;
}
