/** Segmentation on the ladder: who may talk to whom, held by a table of ours. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual, Health, Impact, PlannedChange, Policy } from '@redoubt/model';
import { LadderError, type Period, type Protection } from '../ladder/protection.ts';
import { NftError, type NftObject, type PacketFilter } from '../nftables/nft.ts';
import { compilePolicy, segmentationTable } from './compile.ts';
import type { Flow } from './flow.ts';
import { segmentationImpact } from './impact.ts';
import { type SegmentDecision, SegmentJudge } from './judge.ts';
import { readPolicy, type SegmentationPolicy, segmentationDefaults } from './policy.ts';
import { PolicyError } from './reading.ts';
import { fingerprintOf } from './table.ts';

/** What segmentation works with. */
export interface SegmentationParts {
  readonly filter: PacketFilter;
  /** Somebody else has changed or removed the table; it was put back, unless it happens too often. */
  readonly onDrift: (drift: { readonly kind: 'gone' | 'changed'; readonly restored: boolean }) => void;
  /** Inode number of the host's network namespace. */
  readonly namespace?: number | undefined;
  readonly now?: () => number;
}

/** So many changes by others within the time (milliseconds), and the protection steps back: two would fight. */
const driftsBorne = 3;
const driftMemory = 10 * 60_000;

/** Made once; the ladder does the rest. */
export class Segmentation implements Protection<SegmentationPolicy> {
  readonly name = 'segmentation';
  readonly title = { en: 'Zones and micro-segmentation', zh: '分区与微隔离' };
  readonly defaults = segmentationDefaults;
  readonly #parts: SegmentationParts;
  #policy: Policy<SegmentationPolicy> = { rung: 'observe', settings: segmentationDefaults };
  #judge = new SegmentJudge(segmentationDefaults);
  #fingerprint: string | undefined;
  /** Inode numbers of the cgroups that rules name: a cgroup made anew is another one to the kernel. */
  #cgroups = '';
  #drifts: number[] = [];

  constructor(parts: SegmentationParts) {
    this.#parts = parts;
  }

  describe(): Bilingual {
    return {
      en: 'Only connections that the policy allows pass: into this host, out of it, and through it (containers).\nobserve: counts who talks to whom. audit: reports connections outside the policy. enforce: drops them.\nThe settings are the policy; propose one with: redoubt segment propose.',
      zh: '只放行策略允许的连接：进入本机、由本机发出、经本机转发（容器）。\nobserve：统计通信关系。audit：报告策略之外的连接。enforce：丢弃它们。\n设置即策略；可用 redoubt segment propose 生成建议。',
    };
  }

  parse(settings: unknown): SegmentationPolicy {
    try {
      return readPolicy(settings);
    } catch (error) {
      if (error instanceof PolicyError) throw new LadderError('bad_settings', error.text);
      throw error;
    }
  }

  async plan({ rung, settings }: Policy<SegmentationPolicy>): Promise<PlannedChange[]> {
    const isThere = (await this.#parts.filter.table(segmentationTable)) !== undefined;
    if (rung === 'observe')
      return isThere
        ? [
            {
              kind: 'remove',
              text: { en: `remove the table ${segmentationTable}`, zh: `删除表 ${segmentationTable}` },
            },
          ]
        : [{ kind: 'keep', text: { en: 'nothing is in force', zh: '无生效规则' } }];
    const { limits } = compilePolicy(settings, rung);
    const { inbound, outbound, forward } = settings.default;
    const zones = Object.keys(settings.zones).length;
    return [
      {
        kind: isThere ? 'change' : 'add',
        text: {
          en: `${isThere ? 'replace' : 'add'} the table inet ${segmentationTable}: ${zones} zones, ${settings.rules.length} rules; the rest: inbound ${inbound}, outbound ${outbound}, forwarded ${forward}`,
          zh: `${isThere ? '替换' : '新增'}表 inet ${segmentationTable}：${zones} 个区域，${settings.rules.length} 条规则；其余：入站 ${inbound}，出站 ${outbound}，转发 ${forward}`,
        },
      },
      rung === 'audit'
        ? { kind: 'keep', text: { en: 'drop nothing, count and report', zh: '不丢弃任何流量，仅计数和报告' } }
        : {
            kind: 'change',
            text:
              settings.established === 'keep'
                ? {
                    en: 'drop what is not allowed; open connections stay',
                    zh: '丢弃未允许的连接；已建立的连接保留',
                  }
                : {
                    en: 'drop what is not allowed, open connections too',
                    zh: '丢弃未允许的连接，包括已建立的连接',
                  },
          },
      ...limits.map(text => ({ kind: 'keep' as const, text })),
    ];
  }

  wouldBlock(settings: SegmentationPolicy, period: Period): Promise<Impact> {
    return segmentationImpact(settings, period, this.#parts.namespace);
  }

  async apply(policy: Policy<SegmentationPolicy>): Promise<void> {
    await this.#bring(policy);
    this.#policy = policy;
    this.#judge = new SegmentJudge(policy.settings);
    this.#drifts = [];
  }

  async health({ rung, settings }: Policy<SegmentationPolicy>): Promise<Health> {
    if (rung === 'observe') return { healthy: true, reasons: [] };
    const objects = await this.table();
    const kind = this.#driftOf(objects);
    if (kind === undefined) {
      // A unit that was started anew: its rule must name the new cgroup.
      if (cgroupsOf(settings) !== this.#cgroups) await this.#bring({ rung, settings });
      return { healthy: true, reasons: [] };
    }
    const now = (this.#parts.now ?? Date.now)();
    this.#drifts = [...this.#drifts.filter(time => now - time < driftMemory), now];
    const restored = this.#drifts.length <= driftsBorne;
    if (restored) await this.#bring({ rung, settings });
    this.#parts.onDrift({ kind, restored });
    if (restored) return { healthy: true, reasons: [] };
    return {
      healthy: false,
      reasons: [
        {
          en: `something else keeps changing the table ${segmentationTable} (${this.#drifts.length} times)`,
          zh: `表 ${segmentationTable} 反复被其他程序修改（${this.#drifts.length} 次）`,
        },
      ],
    };
  }

  async undo(): Promise<void> {
    await this.#bring({ rung: 'observe', settings: this.#policy.settings });
    this.#policy = { ...this.#policy, rung: 'observe' };
  }

  /** The policy in force. */
  get policy(): Policy<SegmentationPolicy> {
    return this.#policy;
  }

  /** What the policy in force says of a flow; undefined at `observe`. */
  judge(flow: Flow): SegmentDecision | undefined {
    return this.#policy.rung === 'observe' ? undefined : this.#judge.judge(flow);
  }

  /** Our table as it stands; undefined when there is none. */
  table(): Promise<readonly NftObject[] | undefined> {
    return this.#parts.filter.table(segmentationTable);
  }

  async #bring({ rung, settings }: Policy<SegmentationPolicy>): Promise<void> {
    const { filter } = this.#parts;
    if (rung === 'observe') {
      if ((await this.#tableIfAny()) !== undefined) await filter.drop(segmentationTable);
      this.#fingerprint = undefined;
      return;
    }
    const cgroups = cgroupsOf(settings);
    await filter.run(compilePolicy(settings, rung).script);
    const made = await this.table();
    if (made === undefined) throw new Error(`the table ${segmentationTable} is not there after it was made`);
    this.#fingerprint = fingerprintOf(made);
    this.#cgroups = cgroups;
  }

  /** Who may not use the packet filter, or has none, has no table of ours in it, and nothing to take back. */
  async #tableIfAny(): Promise<readonly NftObject[] | undefined> {
    try {
      return await this.table();
    } catch (error) {
      if (error instanceof NftError && (error.code === 'absent' || /not permitted/i.test(error.message)))
        return undefined;
      throw error;
    }
  }

  #driftOf(objects: readonly NftObject[] | undefined): 'gone' | 'changed' | undefined {
    if (objects === undefined) return 'gone';
    return fingerprintOf(objects) === this.#fingerprint ? undefined : 'changed';
  }
}

function cgroupsOf({ rules }: SegmentationPolicy): string {
  return rules
    .flatMap(({ cgroup }) => {
      if (cgroup === undefined) return [];
      try {
        return [`${cgroup} ${statSync(join('/sys/fs/cgroup', cgroup)).ino}`];
      } catch {
        return [`${cgroup} -`];
      }
    })
    .join('\n');
}
