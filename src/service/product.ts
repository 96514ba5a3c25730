import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the installed product: it holds `package.json`, `runbooks/` and `docs/rules/`, beside `dist/` (or `src/`). */
export function productFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the installation is broken: no package.json above the program');
    folder = parent;
  }
  return folder;
}

export const PRODUCT_NAME = 'runbook-lens';

export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(productFolder(), 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  return typeof version === 'string' ? version : '0.0.0';
}
