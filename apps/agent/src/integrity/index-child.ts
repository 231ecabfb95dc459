/**
 * Verifies the golden state of files and writes the index of its entries beside it, in a process of its own, which ends and
 * gives its memory back. Arguments: folder of golden states, folder of the shipped content. Prints an `IndexAnswer`.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesCollector, GoldenLookup, requireFitting, StateError, Vault } from '@redoubt/baseline';
import { readHost } from '../host/host.ts';
import type { IndexAnswer } from './golden-index.ts';

const [, , directory = '', content = ''] = process.argv;

async function index(): Promise<IndexAnswer> {
  const vault = new Vault(directory);
  const filePolicy = await vault.filePolicy();
  const collector = filesCollector({ content, ...(filePolicy !== undefined && { filePolicy }) });
  const golden = await vault.open('files', await vault.verifiers());
  try {
    const host = readHost();
    requireFitting(golden, collector, host.machine_id || host.hostname, '/');
    const { file, digest } = golden;
    const { stretches: _, ...header } = golden.header;
    const name = `files.${header.generation}.lookup`;
    // Those that a killed agent left; one that is still open stays until it is closed.
    for (const old of readdirSync(directory))
      if (/^files\.\d+\.lookup$/.test(old) && old !== name) rmSync(join(directory, old), { force: true });
    const lookup = join(directory, name);
    await GoldenLookup.write(golden.entries(), lookup);
    return { golden: { header, file, digest }, lookup };
  } finally {
    await golden.close();
  }
}

const answer = await index().catch((error: unknown): IndexAnswer => {
  if (!(error instanceof StateError)) throw error;
  return { refused: { code: error.code, text: error.text } };
});
process.stdout.write(JSON.stringify(answer));
