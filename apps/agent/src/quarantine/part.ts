/** Quarantine in the API: what is in it, and giving a file back. Files are put in by scans and by the command line. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { QuarantineEntry } from '@redoubt/act/quarantine';
import { ApiFailure, notFound } from '../api/errors.ts';
import { type Api, actorOf } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { type QuarantineAnswer, QuarantineId, type QuarantineItem, type RestoredAnswer } from './contract.ts';

/** Starts the part. The vault is opened for each request, as the command line has it open too. */
export async function startQuarantine({ options, journal }: PartContext): Promise<AgentPart> {
  const folder = join(options.stateDirectory, 'quarantine');
  const opened = async () => (await import('@redoubt/act/quarantine')).Quarantine.open(folder);
  return {
    name: 'quarantine',
    routes(api: Api): void {
      api.get('/api/quarantine', async (): Promise<QuarantineAnswer> => {
        // A host that has never had anything in quarantine gets no key and no folder by being asked.
        if (!existsSync(folder)) return { items: [], damaged: [] };
        const { entries, damaged } = (await opened()).list();
        return { items: entries.map(itemOf).reverse(), damaged };
      });
      api.post(
        '/api/quarantine/:id/restore',
        { schema: { params: QuarantineId } },
        async (request): Promise<RestoredAnswer> => {
          const { id } = request.params;
          if (!existsSync(join(folder, `${id}.json`)))
            throw notFound({ en: `"${id}" in quarantine`, zh: `编号为“${id}”的隔离文件` });
          const vault = await opened();
          const note = async (
            outcome: 'begun' | 'done' | 'failed',
            en: string,
            zh: string,
          ): Promise<void> => {
            const actor = actorOf(request);
            const entry = { actor, action: 'quarantine.restore', subject: id, outcome, text: { en, zh } };
            await journal.append({ time: Date.now(), ...entry });
          };
          const { path } = vault.entry(id);
          await note('begun', `${path} is given back from quarantine`, `正在从隔离区还原 ${path}`);
          try {
            vault.restore(id);
          } catch (error) {
            const words = error instanceof Error ? error.message : String(error);
            await note('failed', `${path} could not be given back: ${words}`, `无法还原 ${path}：${words}`);
            throw new ApiFailure(409, 'not_restored', {
              en: `It could not be given back: ${words}`,
              zh: `无法还原：${words}`,
            });
          }
          await note('done', `${path} was given back from quarantine`, `已从隔离区还原 ${path}`);
          return { path };
        },
      );
    },
    stop: () => undefined,
  };
}

function itemOf(entry: QuarantineEntry): QuarantineItem {
  const { id, path, size, sha256, time, cause, attributes, otherLinks } = entry;
  return {
    id,
    path,
    size,
    sha256,
    time,
    by: cause.by,
    ...(cause.reason !== undefined && { reason: cause.reason }),
    ...(cause.findings !== undefined && { findings: [...cause.findings] }),
    mode: attributes.mode,
    other_links: otherLinks,
  };
}
