#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { run } from './cli/program.ts';

// What a run holds it holds to its end: a young generation that grows takes a hundred MiB of memory and no less time.
setFlagsFromString('--semi-space-growth-factor=1');

// A reader that has seen enough (`| head`) is no error; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`runbook-lens: ${error.message}\n`);
  process.exit(2);
});
// Nobody is told when nobody listens there any more.
process.stderr.on('error', () => {});
process.exitCode = await run(process.argv.slice(2));
