import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { messages } from '../src/agent/stream.ts';

async function read(chunks: readonly Buffer[]) {
  return Array.fromAsync(messages(Readable.from(chunks, { objectMode: false })));
}

test('messages arrive whole however the bytes are cut', async () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const data = fc.string({ maxLength: 30 }).map(text => text.replaceAll(/[\r\n]/g, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(name, data), { maxLength: 6 }),
      fc.array(fc.nat(400), { maxLength: 12 }),
      async (sent, cuts) => {
        const bytes = Buffer.from(
          sent.map(([event, text]) => `: hello\nevent: ${event}\ndata: ${text}\n\n`).join(''),
        );
        const places = [0, ...cuts.filter(place => place < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        assert.deepEqual(
          await read(chunks.filter(chunk => chunk.length > 0)),
          sent.map(([event, text]) => ({ name: event, data: text })),
        );
      },
    ),
  );
});

test('an endless message ends the stream with an error, not the memory', async () => {
  const chunk = Buffer.alloc(1 << 20, 'x');
  const endless = Readable.from(Array.from({ length: 32 }, () => chunk));
  await assert.rejects(Array.fromAsync(messages(endless)), /longer than/);
});
