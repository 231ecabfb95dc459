/** The DNS firewall on the ladder. */
import { join } from 'node:path';
import type { Bilingual, Health, Impact, PlannedChange, Policy, Rung } from '@redoubt/model';
import type { Period, Protection } from '../ladder/protection.ts';
import { HostResolver, type HostResolverPlaces, hostResolverPlaces } from './host-resolver.ts';
import { dnsImpact } from './impact.ts';
import type { FirewallOrder, FirewallState, JudgedName } from './messages.ts';
import { probe } from './probe.ts';
import { FirewallProcess } from './process/firewall-process.ts';
import { type DnsSettings, dnsDefaults, parseDnsSettings } from './settings.ts';

/** A name that was blocked, or at audit would have been. */
export interface BlockedName extends JudgedName {
  readonly rung: Rung;
  readonly count: number;
}

/** What the firewall works with. */
export interface DnsFirewallParts {
  readonly stateDirectory: string;
  readonly onBlocked: (blocked: BlockedName) => void;
  readonly places?: HostResolverPlaces;
}

/** Names that wait to be judged at audit; more are counted. */
const queueLimit = 5_000;
const judgeInterval = 300;
/** Forwarded questions since the last look that a judgement on the upstreams needs. */
const enough = 20;

/** Made once; the ladder does the rest. */
export class DnsFirewall implements Protection<DnsSettings> {
  readonly name = 'dns';
  readonly title = { en: 'DNS firewall', zh: 'DNS 防火墙' };
  readonly defaults = dnsDefaults;
  readonly #parts: DnsFirewallParts;
  readonly #host: HostResolver;
  readonly #queue = new Map<string, number>();
  #process: FirewallProcess | undefined;
  #policy: Policy<DnsSettings> = { rung: 'observe', settings: dnsDefaults };
  #timer: NodeJS.Timeout | undefined;
  #last = { forwarded: 0, failed: 0 };
  /** Names that responses block, whatever the lists say. */
  readonly #own = new Set<string>();
  /** Names of the record that were not judged, since the start. */
  unjudged = 0;

  constructor(parts: DnsFirewallParts) {
    this.#parts = parts;
    this.#host = new HostResolver(parts.places ?? hostResolverPlaces(parts.stateDirectory));
  }

  describe(): Bilingual {
    return {
      en: 'Names on lists (RPZ zones, hosts files, plain lists, indicators) are not resolved.\nobserve: nothing runs, names are only recorded. audit: reports names that would be blocked. enforce: a resolver on this host answers instead, and the host asks it first; the former resolvers stay behind it.\nNot seen: programs that go round the resolver; those become findings of their own.',
      zh: '名单（RPZ 区域、hosts 文件、域名列表、情报指标）中的名称不予解析。\nobserve：不运行任何组件，仅记录名称。audit：报告本应阻断的名称。enforce：由本机解析器应答，主机优先询问它；原有解析器保留在其后。\n不可见：绕过解析器的程序，它们会单独产生告警。',
    };
  }

  parse(settings: unknown): DnsSettings {
    return parseDnsSettings(settings);
  }

  async plan({ rung, settings }: Policy<DnsSettings>): Promise<PlannedChange[]> {
    const { address, port, lists, point, indicators } = settings;
    const what = lists.length + (indicators ? 1 : 0);
    if (rung === 'observe')
      return this.#process === undefined
        ? []
        : [
            {
              kind: 'remove',
              text: {
                en: 'stop the resolver and give the host its former resolvers back',
                zh: '停止解析器并恢复主机原有的解析器',
              },
            },
          ];
    if (rung === 'audit')
      return [
        {
          kind: 'keep',
          text: {
            en: `block nothing; judge the names that are asked for by ${what} lists`,
            zh: `不阻断任何名称；按 ${what} 个名单判断所查询的名称`,
          },
        },
      ];
    const changes: PlannedChange[] = [
      {
        kind: 'add',
        text: {
          en: `a resolver on ${address} port ${port} that blocks by ${what} lists`,
          zh: `在 ${address} 端口 ${port} 运行解析器，按 ${what} 个名单阻断`,
        },
      },
    ];
    const former = this.#upstreams(settings).join(', ');
    changes.push({
      kind: 'keep',
      text: { en: `everything else is asked of ${former}`, zh: `其余名称转发给 ${former}` },
    });
    if (point && !this.#host.isPointed(address)) {
      const where = this.#host.isManaged ? 'systemd-resolved' : '/etc/resolv.conf';
      changes.push({
        kind: 'change',
        text: {
          en: `${where}: ${address} is asked first, the former resolvers stay behind it`,
          zh: `${where}：优先询问 ${address}，原有解析器保留在其后`,
        },
      });
    }
    return changes;
  }

  async wouldBlock(settings: DnsSettings, period: Period): Promise<Impact> {
    const { firewall } = await FirewallProcess.start(this.#lists(settings), () => undefined, period.signal);
    try {
      return await dnsImpact(names => firewall.judge(names), period);
    } finally {
      await firewall.stop();
    }
  }

  async apply(policy: Policy<DnsSettings>, signal: AbortSignal): Promise<void> {
    const before = this.#policy;
    const isSame = this.#process?.isAlive === true && JSON.stringify(before) === JSON.stringify(policy);
    if (isSame && policy.rung !== 'enforce') return;
    if (policy.rung !== 'enforce' || !policy.settings.point) await this.#host.restore();
    if (!isSame) {
      await this.#stop();
      this.#policy = policy;
      if (policy.rung === 'observe') return;
      await this.#start(policy, signal);
    }
    if (policy.rung === 'enforce') {
      const { address, port, point } = policy.settings;
      try {
        await probe(address, port);
        if (point) await this.#host.point(address);
      } catch (error) {
        await this.undo();
        throw error;
      }
    }
  }

  async health({ rung, settings }: Policy<DnsSettings>): Promise<Health> {
    if (rung === 'observe') return { healthy: true, reasons: [] };
    const reasons: Bilingual[] = [];
    try {
      if (this.#process?.isAlive !== true) await this.#start(this.#policy, AbortSignal.timeout(8_000));
      if (rung === 'enforce') {
        await probe(settings.address, settings.port);
        // Somebody else (DHCP) has written the file: their resolvers become the former ones.
        if (settings.point && !this.#host.isPointed(settings.address))
          await this.#host.point(settings.address);
        reasons.push(...(await this.#failing()));
      }
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      reasons.push({ en: `the resolver does not answer: ${words}`, zh: `解析器无应答：${words}` });
    }
    return { healthy: reasons.length === 0, reasons };
  }

  async undo(): Promise<void> {
    await this.#host.restore();
    await this.#stop();
    this.#policy = { ...this.#policy, rung: 'observe' };
  }

  async close(): Promise<void> {
    await this.#host.restore();
    await this.#stop();
  }

  /** Has a name that was asked for judged, at audit. Quick: judging happens elsewhere and later. */
  see(name: string): void {
    if (this.#policy.rung !== 'audit' || this.#process === undefined) return;
    const count = this.#queue.get(name);
    if (count === undefined && this.#queue.size >= queueLimit) this.unjudged++;
    else this.#queue.set(name, (count ?? 0) + 1);
  }

  /** Of these names, those on lists; empty at `observe`. */
  async judge(names: readonly string[]): Promise<readonly JudgedName[]> {
    return this.#process?.isAlive === true ? this.#process.judge(names) : [];
  }

  /** Whether it answers on this host. */
  get isEnforcing(): boolean {
    return this.#policy.rung === 'enforce' && this.#process?.isAlive === true;
  }

  /** Blocks a name and all below it beside the lists, from now on and whenever it starts anew. */
  async block(name: string): Promise<void> {
    this.#own.add(name);
    await this.#tellOwn();
  }

  /** Takes that back. */
  async unblock(name: string): Promise<void> {
    this.#own.delete(name);
    await this.#tellOwn();
  }

  async #tellOwn(): Promise<void> {
    if (this.#process?.isAlive === true) await this.#process.own([...this.#own]);
  }

  /** State of the process; undefined at `observe` or when it is gone. */
  async state(): Promise<FirewallState | undefined> {
    return this.#process?.isAlive === true ? this.#process.state() : undefined;
  }

  /** Addresses that this host is told to ask, ours among them. */
  resolvers(): string[] {
    const { settings } = this.#policy;
    return [
      settings.address,
      ...this.#host.servers(),
      ...settings.upstreams.map(text =>
        text.replace(/^\w+:\/\/|[/#].*$/g, '').replace(/^\[|\](?::\d+)?$|(?<=^[\d.]+):\d+$/g, ''),
      ),
    ];
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async #start({ rung, settings }: Policy<DnsSettings>, signal: AbortSignal): Promise<void> {
    const { address, port, networks, rate, answer } = settings;
    const upstreams = this.#upstreams(settings);
    if (rung === 'enforce' && upstreams.length === 0)
      throw new Error('there is no resolver to forward to: set `upstreams`');
    const serve = { address, port, upstreams, networks, rate, answer };
    const order = { ...this.#lists(settings), ...(rung === 'enforce' && { serve }) };
    const { firewall } = await FirewallProcess.start(
      order,
      blocked => {
        for (const one of blocked) this.#parts.onBlocked({ ...one, rung });
      },
      signal,
    );
    this.#process = firewall;
    this.#last = { forwarded: 0, failed: 0 };
    if (rung === 'audit') this.#timer ??= setInterval(() => void this.#judgeQueue(), judgeInterval).unref();
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#queue.clear();
    await this.#process?.stop();
    this.#process = undefined;
  }

  async #judgeQueue(): Promise<void> {
    if (this.#queue.size === 0) return;
    const counts = new Map(this.#queue);
    this.#queue.clear();
    try {
      for (const one of await this.judge([...counts.keys()]))
        this.#parts.onBlocked({ ...one, rung: 'audit', count: counts.get(one.name) ?? 1 });
    } catch {
      this.unjudged += counts.size;
    }
  }

  async #failing(): Promise<Bilingual[]> {
    const counters = (await this.state())?.counters;
    if (counters === undefined) return [];
    const forwarded = counters.forwarded - this.#last.forwarded;
    const failed = counters.failed - this.#last.failed;
    this.#last = { forwarded: counters.forwarded, failed: counters.failed };
    if (forwarded < enough || failed * 2 < forwarded) return [];
    return [
      {
        en: `${failed} of ${forwarded} questions got no answer from the upstreams`,
        zh: `上游未应答 ${forwarded} 次查询中的 ${failed} 次`,
      },
    ];
  }

  #upstreams({ upstreams, address }: DnsSettings): readonly string[] {
    return upstreams.length > 0 ? upstreams : this.#host.servers().filter(one => one !== address);
  }

  #lists({ lists, allow, indicators }: DnsSettings): FirewallOrder {
    const library = {
      name: 'indicators',
      path: join(this.#parts.stateDirectory, 'indicators.bin'),
      format: 'indicators',
    } as const;
    return { lists: indicators ? [...lists, library] : lists, allow, own: [...this.#own] };
  }
}
