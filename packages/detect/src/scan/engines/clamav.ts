/**
 * ClamAV, asked through clamd (clamd(8)): the open file itself is handed over; where that is not possible, its content
 * goes over the socket (INSTREAM). clamd opens containers itself, therefore it is asked about files and not about
 * their members.
 */
import { readSync } from 'node:fs';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { Engine, EngineFinding } from '../engine.ts';
import type { EngineSettings } from '../engines.ts';
import type { ScanLimits } from '../limits.ts';
import type { Subject } from '../subject.ts';
import { ClamdSession, ClamdSilence } from './clamd-session.ts';

const name = 'clamav';
const partBytes = 1 << 20;
/** The size of files that ClamAV's older releases look at by default, bytes; newer ones look at larger ones. */
const usualMost = 25 * 2 ** 20;
const answerMilliseconds = 120_000;
/** Signatures of these families speak of habits and rights, not of harm. */
const onlySuspicious = /^(PUA|Heuristics)\./;

/** Makes the engine; undefined without a socket. @throws Error when clamd does not answer */
export async function makeClamav({
  clamdSocket,
  clamdMost = usualMost,
}: EngineSettings): Promise<Engine | undefined> {
  if (clamdSocket === undefined) return undefined;
  const version = await askClamd(clamdSocket, [Buffer.from('zVERSION\0')]);
  if (!version.startsWith('ClamAV')) throw new Error(`clamd at ${clamdSocket} answered "${version}"`);
  const clamd = new Asking(clamdSocket, clamdMost);
  return {
    name,
    version,
    wants: 'descriptor',
    scan: (subject, limits) => clamd.scan(subject, limits),
    close: () => clamd.close(),
  };
}

/** The ways to ask clamd about a file. */
class Asking {
  readonly #path: string;
  readonly #most: number;
  #session: ClamdSession | undefined;

  constructor(path: string, most: number) {
    this.#path = path;
    this.#most = most;
  }

  async scan({ fd, size }: Subject, limits: ScanLimits): Promise<readonly EngineFinding[]> {
    if (fd === undefined) return [];
    const handed = size > this.#most ? undefined : await this.#hand(fd, limits);
    // clamd may be kept from what is handed to it (AppArmor), or end the conversation.
    const answer =
      handed === undefined || handed.endsWith(' ERROR') ? await this.#send(fd, size, limits) : handed;
    const [, signature] = /^(?:stream: )?(.+) FOUND$/.exec(answer) ?? [];
    if (signature !== undefined) return [findingOf(signature)];
    if (answer === 'OK' || answer === 'stream: OK') return [];
    throw new Error(answer === '' ? 'clamd closed the connection' : answer);
  }

  close(): void {
    this.#session?.close();
  }

  /** @returns undefined where files cannot be handed over @throws ClamdSilence */
  async #hand(fd: number, { milliseconds }: ScanLimits): Promise<string | undefined> {
    try {
      if (this.#session?.isOpen !== true) this.#session = new ClamdSession(this.#path, milliseconds);
      return await this.#session.ask(fd);
    } catch (error) {
      if (error instanceof ClamdSilence) throw error;
      return undefined;
    }
  }

  #send(fd: number, size: number, { contentBytes, milliseconds }: ScanLimits): Promise<string> {
    return askClamd(this.#path, stream(fd, Math.min(size, contentBytes)), milliseconds);
  }
}

/** INSTREAM: each part with its length (32 bits, big-endian), an empty one in the end. */
function* stream(fd: number, size: number): Generator<Buffer> {
  yield Buffer.from('zINSTREAM\0');
  for (let at = 0; at < size; ) {
    const part = Buffer.allocUnsafe(4 + Math.min(partBytes, size - at));
    const count = readSync(fd, part, 4, part.length - 4, at);
    if (count === 0) break;
    part.writeUInt32BE(count);
    yield part.subarray(0, 4 + count);
    at += count;
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
    const sent = Readable.from(parts, { objectMode: false });
    sent.on('error', fail);
    sent.pipe(socket, { end: false });
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
