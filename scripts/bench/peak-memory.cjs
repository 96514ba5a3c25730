/** Loaded before the program: says the process's peak resident memory when it ends. */
process.on('exit', () => {
  process.stderr.write(`peak-mib ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
});
