/**
 * A whole check in a process of its own, which ends and gives its memory back: prints one finding a line.
 * Arguments: folder of golden states, root, folder of the shipped content, then names of collectors.
 */
import { checkState, collectors, findingsOfDrift, requireFitting, Vault } from '@redoubt/baseline';
import { deviceOf, readHost } from '../host/host.ts';

const [, , directory = '', root = '/', content = '', ...names] = process.argv;
const vault = new Vault(directory);
const host = readHost();
const device = deviceOf(host);
const filePolicy = await vault.filePolicy();
for (const entry of collectors) {
  if (!names.includes(entry.name)) continue;
  const collector = await entry.load({ content, ...(filePolicy !== undefined && { filePolicy }) });
  const golden = await vault.open(entry.name, await vault.verifiers());
  try {
    requireFitting(golden, collector, host.machine_id || host.hostname, root);
    const drifts = checkState(collector, golden, { root, bytesPerSecond: 100 << 20 }, vault);
    for await (const finding of findingsOfDrift(collector, drifts, { device }))
      process.stdout.write(`${JSON.stringify(finding)}\n`);
  } finally {
    await golden.close();
  }
}
