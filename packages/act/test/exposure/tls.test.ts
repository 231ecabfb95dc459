/** What handshakes tell of real TLS servers, with certificates that openssl made. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createPlain, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import { answersAnybody, issuesOf, type TlsFacts, tlsFacts } from '../../src/exposure/index.ts';

function certificate(
  context: TestContext,
  key: readonly string[],
  days: string,
): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-tls-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', '-subj', '/CN=redoubt.test', '-days', days, ...key, ...files],
    {
      stdio: 'ignore',
    },
  );
  return { key: readFileSync(join(folder, 'key')), cert: readFileSync(join(folder, 'cert')) };
}

async function listening(context: TestContext, server: Server): Promise<number> {
  context.after(() => server.close());
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', () => resolve());
  await promise;
  return (server.address() as AddressInfo).port;
}

async function factsOf(context: TestContext, options: TlsOptions): Promise<TlsFacts | undefined> {
  const server = createServer(options, socket => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  return tlsFacts('127.0.0.1', await listening(context, server));
}

function codes(tls: TlsFacts, now = Date.now()): string[] {
  const item = {
    protocol: 'tcp',
    address: '0.0.0.0',
    port: 443,
    scope: 'private',
    reach: 'open',
    program: '/usr/sbin/nginx',
    user: 'root',
    service: undefined,
    isOpenToAll: false,
    tls,
  } as const;
  return issuesOf(item, now).map(({ code }) => code);
}

const weak = ['-newkey', 'rsa:1024'];
const strong = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

test('a server that only speaks new versions with a strong key has only its self-signed certificate', async context => {
  const made = certificate(context, strong, '365');
  const tls = await factsOf(context, { ...made, minVersion: 'TLSv1.2' });
  assert.deepEqual(tls?.versions, ['TLSv1.2', 'TLSv1.3']);
  assert.deepEqual([tls?.key, tls?.keyIsWeak, tls?.selfSigned], ['ec prime256v1', false, true]);
  assert.equal(tls?.clientCertificate, 'no');
  assert.deepEqual(codes(tls), ['certificate-self-signed']);
  assert.ok(codes(tls, tls.validTo + 1).includes('certificate-expired'));
  assert.ok(codes(tls, tls.validTo - 86_400_000).includes('certificate-ends-soon'));
});

test('old versions, a missing TLS 1.3 and a weak key are told', async context => {
  const made = certificate(context, weak, '365');
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const tls = await factsOf(context, { ...made, ...old });
  assert.deepEqual(tls?.versions, ['TLSv1', 'TLSv1.1', 'TLSv1.2']);
  assert.deepEqual([tls?.key, tls?.keyIsWeak], ['rsa 1024', true]);
  assert.deepEqual(codes(tls), ['tls-old', 'certificate-weak-key', 'tls-no-13', 'certificate-self-signed']);
});

test('whether it asks for the client’s certificate, and insists', async context => {
  const made = certificate(context, strong, '365');
  const mutual = { ...made, requestCert: true, ca: [made.cert] };
  const insists = await factsOf(context, { ...mutual, rejectUnauthorized: true });
  assert.equal(insists?.clientCertificate, 'required');
  const asks = await factsOf(context, { ...mutual, rejectUnauthorized: false });
  assert.equal(asks?.clientCertificate, 'asked');
});

test('what speaks no TLS has no facts, and what answers anybody in the clear is told', async context => {
  const redis = createPlain(socket => {
    socket.on('error', () => undefined);
    socket.on('data', data => socket.end(String(data).startsWith('PING') ? '+PONG\r\n' : '-ERR\r\n'));
  });
  const guarded = createPlain(socket => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('-NOAUTH Authentication required.\r\n'));
  });
  const port = await listening(context, redis);
  assert.equal(await tlsFacts('127.0.0.1', port), undefined);
  assert.equal(await answersAnybody('Redis', '127.0.0.1', port), true);
  assert.equal(await answersAnybody('Redis', '127.0.0.1', await listening(context, guarded)), false);
  assert.equal(await answersAnybody('no such service', '127.0.0.1', port), undefined);
});
