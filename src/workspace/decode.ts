import { type SourceFile, sourceFile } from '../text/source.ts';
import type { Notice } from './parsed-file.ts';

/** How many bytes are looked at to tell text from binary content. */
const PROBE_BYTES = 8192;

/**
 * Bytes as text: UTF-8 (with or without a byte-order mark) or UTF-16 with one. Anything else gives a notice, so that nothing is
 * judged by half-read text.
 */
export function decodeText(path: string, bytes: Uint8Array): SourceFile | Notice {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return sourceFile(path, buffer.toString('utf16le'));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return sourceFile(path, Buffer.from(buffer).swap16().toString('utf16le'));
  if (buffer.subarray(0, PROBE_BYTES).includes(0)) return { kind: 'unreadable', file: path, message: 'binary content' };
  const text = buffer.toString('utf8');
  if (text.includes('\ufffd') && !buffer.includes('\ufffd'))
    return { kind: 'unreadable', file: path, message: 'not UTF-8 text; save it as UTF-8' };
  return sourceFile(path, text);
}
