/** Bans on the ladder. */
import type { Bilingual, Health, PlannedChange } from '@redoubt/model';
import type { Protection } from '../ladder/index.ts';
import { filterTrouble, NftError, type PacketFilter } from '../nftables/index.ts';
import type { Guard } from './guard.ts';
import { tableName } from './kernel/table.ts';
import { replay } from './replay.ts';
import { type BanSettings, defaultSettings, parseSettings } from './settings.ts';

const title: Bilingual = { en: 'Bans', zh: '封禁' };
const description: Bilingual = {
  en: 'Keeps out addresses that guess passwords or probe for holes, as jails judge them. observe counts offenders; audit reports whom it would ban; enforce bans them in the packet filter for a time, longer each time.',
  zh: '按规则封禁猜测密码或探测漏洞的地址。观察：只计数；审计：报告将封禁谁；强制：在包过滤器中封禁一段时间，再犯则更久。',
};

/** The protection `bans` of a guard. */
export function bansProtection(guard: Guard, filter: PacketFilter): Protection<BanSettings> {
  return {
    name: 'bans',
    title,
    describe: () => description,
    defaults: defaultSettings,
    parse: parseSettings,
    async plan({ rung, settings }) {
      const jails = guard.jailsOf(settings).filter(({ enabled }) => enabled);
      const names = jails.map(({ name }) => name).join(', ');
      const standing = guard.store.standing(Date.now()).length;
      const changes: PlannedChange[] = [];
      if (rung === 'enforce') {
        const trouble = await filterTrouble(filter);
        if (trouble !== undefined) throw new NftError('refused', trouble);
        changes.push({
          kind: 'add',
          text: {
            en: `packet filter: table inet ${tableName}, drops at priority -200 in input and forward; rules of others stay as they are`,
            zh: `包过滤器：表 inet ${tableName}，在 input 与 forward 的 -200 优先级丢弃；不改动其他规则`,
          },
        });
        changes.push({
          kind: 'add',
          text: { en: `${standing} bans that stand come into force`, zh: `${standing} 条现有封禁生效` },
        });
      } else {
        changes.push({
          kind: 'remove',
          text: {
            en: `packet filter: table inet ${tableName}, where it is there; bans stay on disk`,
            zh: `包过滤器：表 inet ${tableName}（如存在）；封禁记录保留在磁盘上`,
          },
        });
      }
      changes.push({ kind: 'keep', text: { en: `jails: ${names}`, zh: `规则：${names}` } });
      const evidence = guard.asksEvidence(settings);
      changes.push({
        kind: 'keep',
        text: evidence
          ? {
              en: 'an address is only banned when the kernel has seen it connect',
              zh: '仅封禁内核确实见到其连接的地址',
            }
          : {
              en: 'log lines alone lead to bans: the kernel’s evidence is not asked for',
              zh: '仅凭日志行即封禁：不要求内核证据',
            },
      });
      return changes;
    },
    wouldBlock: (settings, period) =>
      replay(
        {
          jails: guard.jailsOf(settings),
          allow: guard.allowListOf(settings),
          evidence: guard.asksEvidence(settings),
        },
        period,
      ),
    async apply({ rung, settings }) {
      if (rung === 'enforce') await guard.build(settings);
      else if ((await filterTrouble(filter)) === undefined) await guard.table.drop();
      guard.settings = settings;
      guard.rung = rung;
    },
    async health({ rung }): Promise<Health> {
      if (rung !== 'enforce') return { healthy: true, reasons: [] };
      try {
        await guard.table.check();
        return { healthy: true, reasons: [] };
      } catch (error) {
        const words = error instanceof NftError ? error.text : { en: String(error), zh: String(error) };
        return {
          healthy: false,
          reasons: [
            {
              en: `the table ${tableName} is not as it was made: ${words.en}`,
              zh: `表 ${tableName} 与创建时不一致：${words.zh}`,
            },
          ],
        };
      }
    },
    async undo() {
      guard.rung = 'observe';
      if ((await filterTrouble(filter)) === undefined) await guard.table.drop();
    },
    async close() {
      await guard.settled();
    },
  };
}
