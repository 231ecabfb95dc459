/** What a TLS server offers, by real handshakes with it on this host. */
import { spawn } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, connect, type SecureVersion } from 'node:tls';
import type { TlsFacts } from './report.ts';

/** Milliseconds for one handshake. */
const patience = 3_000;
/** Milliseconds that a server of TLS 1.3 has for second thoughts. */
const lateAlert = 1_000;
const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
/** Keys below these are weak (NIST SP 800-57 part 1, 112 bits). */
const leastBits = { rsa: 2048, dsa: 2048, ec: 224 };

interface Handshake {
  readonly certificate: X509Certificate | undefined;
  /** The server ended it for want of a client's certificate. */
  readonly wantsCertificate: boolean;
}

/** A handshake of one version, or of any; undefined when the server does not take it. */
function handshake(host: string, port: number, version?: SecureVersion): Promise<Handshake | undefined> {
  const { promise, resolve } = Promise.withResolvers<Handshake | undefined>();
  const options: ConnectionOptions = {
    host,
    port,
    // What is looked at is what the server offers, not whether we would trust it.
    rejectUnauthorized: false,
    // The old versions only exist at the lowest level of OpenSSL's security.
    ciphers: 'DEFAULT:@SECLEVEL=0',
    minVersion: version ?? 'TLSv1',
    maxVersion: version ?? 'TLSv1.3',
  };
  let certificate: X509Certificate | undefined;
  let isDone = false;
  const socket = connect(options, () => {
    isDone = true;
    certificate = socket.getPeerX509Certificate();
    const goodEnd = () => finish({ certificate, wantsCertificate: false });
    // A server of TLS 1.3 complains of a missing certificate only after the client thinks that it is done; when it
    // sends a ticket instead, it is content (RFC 8446, 4.6.1).
    if (version !== undefined || socket.getProtocol() !== 'TLSv1.3') return goodEnd();
    socket.once('session', goodEnd);
    setTimeout(goodEnd, lateAlert);
  });
  const finish = (result: Handshake | undefined): void => {
    clearTimeout(limit);
    socket.destroy();
    resolve(result);
  };
  const limit = setTimeout(
    () => finish(isDone ? { certificate, wantsCertificate: false } : undefined),
    patience,
  );
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const wants = /CERTIFICATE_REQUIRED|certificate required/i.test(`${error.code} ${error.message}`);
    certificate ??= socket.getPeerX509Certificate();
    finish(isDone || wants ? { certificate, wantsCertificate: wants } : undefined);
  });
  return promise;
}

/** What the server at a place offers; undefined when it speaks no TLS. */
export async function tlsFacts(host: string, port: number): Promise<TlsFacts | undefined> {
  const first = await handshake(host, port);
  if (first === undefined) return undefined;
  const accepted: string[] = [];
  for (const version of versions)
    if ((await handshake(host, port, version)) !== undefined) accepted.push(version);
  const { certificate } = first;
  if (certificate === undefined) return undefined;
  return {
    versions: accepted,
    subject: certificate.subject ?? '',
    issuer: certificate.issuer ?? '',
    validTo: certificate.validToDate.getTime(),
    selfSigned: certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey),
    ...keyOf(certificate),
    clientCertificate: first.wantsCertificate ? 'required' : await asksForCertificate(host, port),
  };
}

function keyOf({ publicKey }: X509Certificate): { key: string; keyIsWeak: boolean } {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: { modulusLength, namedCurve } = {} } =
    publicKey;
  const bits = modulusLength ?? Number(/(\d{3})/.exec(namedCurve ?? '')?.[1] ?? 256);
  const kind = type.startsWith('rsa') ? 'rsa' : type;
  const least = Object.hasOwn(leastBits, kind) ? leastBits[kind as keyof typeof leastBits] : 0;
  return { key: `${type} ${namedCurve ?? modulusLength ?? ''}`.trim(), keyIsWeak: bits < least };
}

/** Whether the server asks for a certificate without insisting; only openssl(1) shows that, if it is there. */
function asksForCertificate(host: string, port: number): Promise<'asked' | 'no' | undefined> {
  const { promise, resolve } = Promise.withResolvers<'asked' | 'no' | undefined>();
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const child = spawn('openssl', ['s_client', '-connect', place], { stdio: ['ignore', 'pipe', 'ignore'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), patience);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(0, 100_000);
  });
  child.once('error', () => {
    clearTimeout(limit);
    resolve(undefined);
  });
  child.once('close', () => {
    clearTimeout(limit);
    if (
      /^(?:Acceptable client certificate CA names|Client Certificate Types|Requested Signature Algorithms)/m.test(
        text,
      )
    )
      resolve('asked');
    else resolve(text.includes('SSL handshake has read') ? 'no' : undefined);
  });
  return promise;
}
