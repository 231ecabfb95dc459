/** A small name server for tests: it knows `good.test`, over UDP and TCP, and answers everything else with one address. */
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Frames, framed } from '../../../src/dns/frames.ts';

interface Record {
  type: number;
  ttl: number;
  data: Buffer;
}

const address: Record = { type: 1, ttl: 30, data: Buffer.from([192, 0, 2, 1]) };
const soaNumbers = Buffer.from(
  new Uint32Array([1, 2, 3, 4, 15]).map(value => ((value & 0xff) << 24) >>> 0).buffer,
);
const soa: Record = { type: 6, ttl: 60, data: Buffer.concat([Buffer.from([0, 0]), soaNumbers]) };
const signature: Record = { type: 46, ttl: 30, data: Buffer.alloc(32, 7) };

function name(text: string): Buffer {
  return Buffer.from([...text.split('.').flatMap(label => [label.length, ...Buffer.from(label)]), 0]);
}

export class AuthoritativeServer {
  /** Names as they were spelt. */
  readonly asked: string[] = [];
  /** Sends false answers before the true one. */
  forge = false;
  readonly #datagrams: Datagrams = createSocket('udp4');
  readonly #streams: Server;

  constructor() {
    this.#streams = createServer(socket => {
      const frames = new Frames();
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes: Buffer) => {
        for (const message of frames.add(bytes)) socket.write(framed(this.#answer(message, true)));
      });
    });
    this.#datagrams.on('message', (message, from) => {
      const answer = this.#answer(message, false);
      const send = (bytes: Buffer): void => this.#datagrams.send(bytes, from.port, from.address);
      if (this.forge) for (const forged of forgeries(answer)) send(forged);
      send(answer);
    });
  }

  async listen(): Promise<number> {
    this.#datagrams.bind(0, '127.0.0.1');
    await once(this.#datagrams, 'listening');
    const { port } = this.#datagrams.address();
    this.#streams.listen(port, '127.0.0.1');
    await once(this.#streams, 'listening');
    return port;
  }

  async close(): Promise<void> {
    this.#datagrams.close();
    this.#streams.close();
  }

  #answer(query: Buffer, isStream: boolean): Buffer {
    let at = 12;
    const labels: string[] = [];
    while (query[at] !== 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] as number)));
      at += (query[at] as number) + 1;
    }
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const spelt = labels.join('.');
    this.asked.push(spelt);
    const wantsProof = query.readUInt16BE(10) === 1 && ((query.at(-4) as number) & 0x80) !== 0;
    const [records, rcode] = recordsOf(spelt.toLowerCase(), type, wantsProof);
    const isDenial = records[0] === soa;
    const isCut = !isStream && records.some(({ data }) => data.length > 1000);
    const told = isCut ? [] : records;
    const counts = isDenial ? [0, told.length] : [told.length, 0];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head[2] = 0x84 | 1 | (isCut ? 2 : 0);
    head[3] = 0x80 | 0x20 | rcode;
    [1, ...counts, 1].forEach((count, index) => {
      head.writeUInt16BE(count, 4 + index * 2);
    });
    const body = told.map(({ type: kind, ttl, data }) => {
      const fixed = Buffer.alloc(12);
      fixed.writeUInt16BE(0xc00c, 0);
      fixed.writeUInt16BE(kind, 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt32BE(ttl, 6);
      fixed.writeUInt16BE(data.length, 10);
      return Buffer.concat([fixed, data]);
    });
    return Buffer.concat([head, question, ...body, Buffer.from([0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0])]);
  }
}

function recordsOf(asked: string, type: number, wantsProof: boolean): [Record[], number] {
  if (asked === 'missing.good.test') return [[soa], 3];
  if (asked === 'long.good.test' && type === 16) {
    const text = Buffer.concat([Buffer.from([200]), Buffer.alloc(200, 97)]);
    return [[{ type: 16, ttl: 30, data: Buffer.concat(Array(20).fill(text)) }], 0];
  }
  if (asked === 'alias.good.test') return [[{ type: 5, ttl: 30, data: name('deep.evil.test') }, address], 0];
  if (asked === 'signed.good.test' && wantsProof) return [[address, signature], 0];
  return type === 1 ? [[address], 0] : [[soa], 0];
}

function forgeries(answer: Buffer): Buffer[] {
  const changed = (change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(answer);
    copy[copy.length - 12] = 66;
    change(copy);
    return copy;
  };
  return [
    changed(copy => copy.writeUInt16BE(copy.readUInt16BE(0) ^ 1, 0)),
    changed(copy => {
      copy[13] = 0x78;
    }),
    Buffer.from(answer.subarray(0, 5)),
  ];
}
