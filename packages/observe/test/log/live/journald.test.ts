/** The journal is read through the real journalctl. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followJournal } from '../../../src/log/index.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('an empty journal ends without a record', async context => {
  const folder = await temporaryFolder(context);
  const batches = await Array.fromAsync(followJournal({ once: true, filter: [`--directory=${folder}`] }));
  assert.deepEqual(batches, []);
});

test('what journalctl refuses is an error with its words', async () => {
  const batches = followJournal({ once: true, filter: ['--no-such-option'] });
  await assert.rejects(batches.next(), /journalctl ended with 1: .*no-such-option/);
});
