/** Upstreams over TLS and over HTTPS, with a certificate of our own, and what happens with a false one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { Frames, framed } from '../../src/dns/frames.ts';
import { openUpstream, parseUpstream } from '../../src/dns/index.ts';
import { questionMessage } from './support/message.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-dot-'));
let key = '';
let cert = '';
let overTls: Server;
let overHttps: Http2SecureServer;

/** The question with the bit of an answer and one address. */
function answerTo(query: Buffer): Buffer {
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7]);
  const answer = Buffer.concat([query, record]);
  answer[2] = 0x81;
  answer[7] = 1;
  return answer;
}

before(async () => {
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      keyFile,
      '-out',
      certFile,
      '-days',
      '30',
      '-subj',
      '/CN=dns.example',
      '-addext',
      'subjectAltName=DNS:dns.example',
    ],
    { stdio: 'ignore' },
  );
  key = readFileSync(keyFile, 'utf8');
  cert = readFileSync(certFile, 'utf8');
  overTls = createServer({ key, cert, ALPNProtocols: ['dot'] }, socket => {
    const frames = new Frames();
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      for (const query of frames.add(bytes).reverse()) socket.write(framed(answerTo(query)));
    });
  }).listen(0, '127.0.0.1');
  overHttps = createSecureServer({ key, cert });
  overHttps.on('stream', (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const isGood =
        headers[':path'] === '/dns-query' && headers['content-type'] === 'application/dns-message';
      stream.respond({ ':status': isGood ? 200 : 404, 'content-type': 'application/dns-message' });
      stream.end(isGood ? answerTo(Buffer.concat(parts)) : undefined);
    });
  });
  overHttps.listen(0, '127.0.0.1');
  await Promise.all([once(overTls, 'listening'), once(overHttps, 'listening')]);
});
after(() => {
  overTls.close();
  overHttps.close();
  rmSync(folder, { recursive: true, force: true });
});

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

async function ask(text: string, authority: string | undefined, number = 1): Promise<Buffer[]> {
  const place = parseUpstream(text);
  assert.ok(place);
  const upstream = openUpstream(text, place, authority);
  try {
    const signal = AbortSignal.timeout(20_000);
    return await Promise.all(
      Array.from({ length: number }, (_, at) => upstream.ask(questionMessage(`n${at}.test`, 1), signal)),
    );
  } finally {
    upstream.close();
  }
}

test('over TLS: many questions on one connection, each with its own answer', async () => {
  const answers = await ask(`tls://127.0.0.1:${portOf(overTls)}#dns.example`, cert, 20);
  for (const [at, answer] of answers.entries()) {
    assert.ok(answer.includes(`n${at}`));
    assert.deepEqual([...answer.subarray(-4)], [192, 0, 2, 7]);
  }
});

test('over HTTPS: as RFC 8484 says', async () => {
  const answers = await ask(`https://127.0.0.1:${portOf(overHttps)}/dns-query#dns.example`, cert, 5);
  for (const [at, answer] of answers.entries()) assert.ok(answer.includes(`n${at}`));
  await assert.rejects(
    ask(`https://127.0.0.1:${portOf(overHttps)}/other#dns.example`, cert),
    /HTTP status 404/,
  );
});

test('a certificate that is not trusted, or for another name, is not accepted', async () => {
  await assert.rejects(ask(`tls://127.0.0.1:${portOf(overTls)}#dns.example`, undefined), /self-signed/);
  await assert.rejects(ask(`tls://127.0.0.1:${portOf(overTls)}#other.example`, cert), /other\.example/);
  await assert.rejects(ask(`https://127.0.0.1:${portOf(overHttps)}/dns-query#other.example`, cert));
});
