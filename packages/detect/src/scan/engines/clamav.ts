/**
 * ClamAV, asked through clamd (clamd(8)): the content goes over the unix socket by INSTREAM. Node cannot hand
 * descriptors to another process (SCM_RIGHTS), so FILDES is not used. clamd opens containers itself, therefore it
 * is asked about files and not about their members.
 */
import { connect } from 'node:net';
import type { Engine, EngineFinding } from '../engine.ts';
import type { EngineSettings } from '../engines.ts';
import type { Subject } from '../subject.ts';

const name = 'clamav';
const partBytes = 1 << 20;
const answerMilliseconds = 120_000;
/** Signatures of these families speak of habits and rights, not of harm. */
const onlySuspicious = /^(PUA|Heuristics)\./;

/** Makes the engine; undefined without a socket. @throws Error when clamd does not answer */
export async function makeClamav({ clamdSocket }: EngineSettings): Promise<Engine | undefined> {
  if (clamdSocket === undefined) return undefined;
  const version = await askClamd(clamdSocket, [Buffer.from('zVERSION\0')]);
  if (!version.startsWith('ClamAV')) throw new Error(`clamd at ${clamdSocket} answered "${version}"`);
  return {
    name,
    version,
    wants: 'descriptor',
    scan: async (subject, { milliseconds }) => await scan(clamdSocket, subject, milliseconds),
  };
}

async function scan(socket: string, subject: Subject, milliseconds: number): Promise<EngineFinding[]> {
  const answer = await askClamd(socket, stream(subject.bytes()), milliseconds);
  const [, signature] = /^stream: (.+) FOUND$/.exec(answer) ?? [];
  if (signature !== undefined) return [findingOf(signature)];
  if (answer === 'stream: OK') return [];
  throw new Error(answer === '' ? 'clamd closed the connection' : answer);
}

/** INSTREAM: each part with its length (32 bits, big-endian), an empty one in the end. */
function* stream(bytes: Buffer): Generator<Buffer> {
  yield Buffer.from('zINSTREAM\0');
  for (let at = 0; at < bytes.length; at += partBytes) {
    const part = bytes.subarray(at, at + partBytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    yield length;
    yield part;
  }
  yield Buffer.alloc(4);
}

/** Asks clamd something on a connection of its own. @throws Error of the system, or when no answer comes in time */
export function askClamd(
  path: string,
  parts: Iterable<Buffer>,
  milliseconds = answerMilliseconds,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const received: Buffer[] = [];
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error('clamd does not answer in time')), milliseconds);
    socket.on('data', (part: Buffer) => received.push(part));
    // clamd ends the connection while it is still sent to when the stream is longer than it takes.
    socket.on('error', error => (received.length > 0 ? socket.destroy() : fail(error)));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(received).toString('utf8').replace(/\0+$/, '').trim());
    });
    // The parts are slices of what is in memory already: the socket's queue holds references, not copies.
    for (const part of parts) socket.write(part);
  });
}

function findingOf(signature: string): EngineFinding {
  const judgement = onlySuspicious.test(signature) ? 'suspicious' : 'malicious';
  return {
    engine: name,
    judgement,
    signature,
    title: { en: `ClamAV knows it as ${signature}`, zh: `ClamAV 识别为 ${signature}` },
    reasons: [
      {
        field: 'clamav.signature',
        value: signature,
        text: { en: `ClamAV's signature ${signature} matches`, zh: `匹配 ClamAV 特征 ${signature}` },
      },
    ],
    confidence: judgement === 'malicious' ? 95 : 50,
  };
}
