import { countDeclaredRoutes } from './declared-routes.ts';
import { MAX_FILE_BYTES } from './parse-file.ts';
import type { Notice } from './parsed-file.ts';

/**
 * What is said of a file over the size cap. It isn't parsed; of a decK file the routes are counted all the same, in passing.
 * @param sizeBytes the whole file's
 * @param chunks its bytes from the beginning; asked for only where the name allows a declarative file
 */
export function oversizeNotice(path: string, sizeBytes: number, chunks: Iterable<Uint8Array>): Notice {
  const declared = /\.(?:ya?ml|json)$/.test(path) ? countDeclaredRoutes(path, chunks) : undefined;
  const left = `${(sizeBytes / 2 ** 20).toFixed(1)} MiB; files over ${MAX_FILE_BYTES / 2 ** 20} MiB are left out`;
  const message = declared ? `${left}, but for the number of routes in it (${declared.routes})` : left;
  return { kind: 'oversize', file: path, message, ...(declared && { declared }) };
}
