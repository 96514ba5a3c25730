import { type SourceFile, sourceFile } from '../text/source.ts';
import type { Notice } from './parsed-file.ts';

/**
 * Bytes as text: UTF-8 (with or without a byte-order mark) or UTF-16 with one. Anything else gives a notice, so that nothing is
 * judged by half-read text.
 */
export function decodeText(path: string, bytes: Uint8Array): SourceFile | Notice {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unreadable = (message: string): Notice => ({ kind: 'unreadable', file: path, message });
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 && bytes.length % 2 !== 0) return unreadable('UTF-16 text that ends within a character');
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { ...sourceFile(path, buffer.toString('utf16le')), utf16: true };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { ...sourceFile(path, Buffer.from(buffer).swap16().toString('utf16le')), utf16: true };
  if (buffer.includes(0)) return unreadable('binary content');
  const text = buffer.toString('utf8');
  if (text.includes('\ufffd') && !Buffer.from(text).equals(buffer)) return unreadable('not UTF-8 text; save it as UTF-8');
  return sourceFile(path, text);
}
