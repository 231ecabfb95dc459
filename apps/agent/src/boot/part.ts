/** This boot beside its golden state, once for each start of the agent: a boot does not change while it runs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import type { Api } from '../api/server.ts';
import { deviceOf } from '../host/host.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { inWords } from '../words.ts';
import type { BootAnswer } from './contract.ts';

/** From the start of the agent to the look, milliseconds. */
const after = 20_000;
const firmwareLog = '/sys/kernel/security/tpm0/binary_bios_measurements';

function readOptional(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/**
 * Starts the part. The golden state is `boot.json` in the state folder, signed with a key that the vault of golden states
 * trusts; without one nothing is looked at.
 */
export async function startBoot(context: PartContext): Promise<AgentPart> {
  const file = join(context.options.stateDirectory, 'boot.json');
  let answer: BootAnswer = { checked_time: null, golden_time: null, changed_pcrs: [], broken_pcrs: [] };

  const look = async (): Promise<void> => {
    if (!existsSync(file)) return;
    const { readGoldenFile, Vault } = await import('@redoubt/baseline');
    const vault = new Vault(join(context.options.stateDirectory, 'baseline'));
    const text = await readGoldenFile(file, await vault.verifiers());
    const { bootFinding, brokenLogFinding, judgeBoot, parseEventLog, parseGoldenBoot, Tpm } = await import(
      '@redoubt/baseline/boot'
    );
    const golden = parseGoldenBoot(text.toString());
    const pcrs = await new Tpm().pcrs(golden.bank);
    const log = readOptional(firmwareLog);
    const { changes, broken } = judgeBoot(golden.bank, pcrs, log && parseEventLog(log), golden);
    const device = deviceOf(context.host);
    for (const change of changes) context.publish(bootFinding(change, device));
    if (broken.length > 0) context.publish(brokenLogFinding(broken, device));
    answer = {
      checked_time: Date.now(),
      golden_time: golden.created,
      changed_pcrs: changes.map(({ pcr }) => pcr),
      broken_pcrs: [...broken],
    };
  };
  const timer = setTimeout(() => {
    look().catch(error => {
      const words = inWords(error);
      const reason: Bilingual = {
        en: `This boot could not be compared with ${file}: ${words.en}`,
        zh: `无法将本次启动与 ${file} 比较：${words.zh}`,
      };
      answer = { ...answer, reason };
      context.warn({ code: 'boot-check', active: true, text: reason });
    });
  }, after).unref();

  return {
    name: 'boot',
    routes: (api: Api) => void api.get('/api/boot', () => answer),
    stop: () => clearTimeout(timer),
  };
}
