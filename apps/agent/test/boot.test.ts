/** The part that compares this boot with its golden state, against a software TPM. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { ed25519Signer, makeKeyPair, signGoldenFile, Vault } from '@redoubt/baseline';
import { goldenBoot, Tpm } from '@redoubt/baseline/boot';
import type { Finding } from '@redoubt/model';
import { Simulator } from '../../../packages/baseline/test/boot/simulator.ts';
import type { Api } from '../src/api/server.ts';
import type { BootAnswer } from '../src/boot/contract.ts';
import { startBoot } from '../src/boot/part.ts';
import { readHost } from '../src/host/host.ts';
import type { PartContext } from '../src/part.ts';
import type { WarningChange } from '../src/state/warnings.ts';

let simulator: Simulator;
let folder: string;
let vault: Vault;
const file = () => join(folder, 'boot.json');
const tctiBefore = process.env['TPM2TOOLS_TCTI'];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-agent-boot-'));
  simulator = await Simulator.start();
  process.env['TPM2TOOLS_TCTI'] = simulator.tcti;
  simulator.measure([{ pcr: 9, type: 13, data: Buffer.from('/vmlinuz-1') }]);
  vault = new Vault(join(folder, 'baseline'));
  mkdirSync(vault.directory);
  await makeKeyPair(vault.keyFile, vault.publicKeyFile);
});
after(() => {
  simulator.end();
  rmSync(folder, { recursive: true, force: true });
  if (tctiBefore === undefined) delete process.env['TPM2TOOLS_TCTI'];
  else process.env['TPM2TOOLS_TCTI'] = tctiBefore;
});

/** Starts the part, lets its time come, and waits for what it tells. */
async function look(t: TestContext) {
  const findings: Finding[] = [];
  const warnings: WarningChange[] = [];
  const context = {
    options: { stateDirectory: folder },
    host: readHost(),
    publish: (finding: Finding) => findings.push(finding),
    warn: (warning: WarningChange) => warnings.push(warning),
  } as unknown as PartContext;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const part = await startBoot(context);
  let ask: (() => BootAnswer) | undefined;
  part.routes?.({ get: (_: string, handler: () => BootAnswer) => (ask = handler) } as unknown as Api);
  t.mock.timers.tick(60_000);
  t.mock.timers.reset();
  let answer = ask?.();
  while (answer?.checked_time === null && warnings.length === 0) {
    await new Promise(resolve => setTimeout(resolve, 20));
    answer = ask?.();
  }
  await part.stop();
  return { findings, warnings, answer };
}

test('a boot is compared once; a change is a finding, an altered golden state a warning', async t => {
  writeFileSync(file(), JSON.stringify(goldenBoot('sha256', await new Tpm().pcrs('sha256'))));
  await signGoldenFile(file(), await ed25519Signer(vault.keyFile), await vault.verifiers());
  const same = await look(t);
  assert.deepEqual([same.findings, same.warnings], [[], []]);
  assert.deepEqual(same.answer?.changed_pcrs, []);

  simulator.measure([{ pcr: 9, type: 13, data: Buffer.from('/vmlinuz-2') }]);
  const other = await look(t);
  assert.deepEqual(other.answer?.changed_pcrs, [9]);
  assert.equal(other.findings.length, 1);
  assert.match(other.findings[0]?.redoubt.title.en ?? '', /initial RAM disk/);

  writeFileSync(file(), JSON.stringify(goldenBoot('sha256', await new Tpm().pcrs('sha256'))));
  const refused = await look(t);
  assert.deepEqual(refused.findings, []);
  assert.equal(refused.answer?.checked_time, null);
  assert.match(refused.warnings[0]?.text.en ?? '', /changed since it was signed/);
});
