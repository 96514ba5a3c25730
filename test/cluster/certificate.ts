import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/**
 * X.509 certificates (RFC 5280) for TLS tests: node:crypto signs but can't write certificates, and openssl isn't everywhere.
 */

export interface CertificateOptions {
  /** Common name. */
  readonly name: string;
  /** DNS names and IPv4 addresses that it is valid for. */
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Default: an hour ago until tomorrow. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Who signs it; without it the certificate signs itself. */
  readonly issuer?: Certificate;
  /** Whether it may sign others. */
  readonly authority?: boolean;
  /** Organisations of the subject: what Kubernetes takes as the groups of a client. */
  readonly organisations?: readonly string[];
}

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly subject: Buffer;
  readonly privateKey: KeyObject;
}

const HOUR_MS = 3600_000;

/** Makes a key pair (P-256) and a certificate for it, for servers and clients alike. */
export function makeCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = distinguishedName(options);
  const signer = options.issuer ?? { subject, privateKey };
  const { notBefore = new Date(Date.now() - HOUR_MS), notAfter = new Date(Date.now() + 24 * HOUR_MS) } = options;
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    signer.subject,
    sequence(generalizedTime(notBefore), generalizedTime(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(options))),
  );
  const certificate = sequence(toBeSigned, ECDSA_SHA256, bitString(sign('sha256', toBeSigned, signer.privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    subject,
    privateKey,
  };
}

function extensions({ dnsNames = [], addresses = [], authority = false }: CertificateOptions): Buffer[] {
  const constraints = sequence(oid('2.5.29.19'), TRUE, octets(sequence(...(authority ? [TRUE] : []))));
  const names = [
    ...dnsNames.map((name) => tagged(0x82, Buffer.from(name))),
    ...addresses.map((address) => tagged(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  return names.length === 0 ? [constraints] : [constraints, sequence(oid('2.5.29.17'), octets(sequence(...names)))];
}

function distinguishedName({ name, organisations = [] }: CertificateOptions): Buffer {
  const attribute = (type: string, value: string): Buffer => tagged(0x31, sequence(oid(type), tagged(0x0c, Buffer.from(value))));
  return sequence(...organisations.map((each) => attribute('2.5.4.10', each)), attribute('2.5.4.3', name));
}

/** One element of DER: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return tagged(0x30, ...content);
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function octets(value: Buffer): Buffer {
  return tagged(0x04, value);
}

function bitString(value: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), value);
}

/** `YYYYMMDDHHMMSSZ` or, until 2049, with two digits of the year, as RFC 5280 wants it. */
function generalizedTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  return time.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tagged(0x18, Buffer.from(`${digits}Z`));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

const TRUE = tagged(0x01, Buffer.from([0xff]));
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
