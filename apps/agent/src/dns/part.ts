/** DNS in the agent: the record of names, the detectors, and the firewall on the ladder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '@redoubt/act';
import { type BlockedName, DnsFirewall, type FirewallState } from '@redoubt/act/dns';
import { NameModel, namePartsOf, parsePopularity, reputationOf } from '@redoubt/detect/dns';
import type { EventView, Process } from '@redoubt/model';
import { PassiveDns } from '@redoubt/store/passive-dns';
import type { Api } from '../api/server.ts';
import { Repeats } from '../gate/repeats.ts';
import { whoIs } from '../gate/who.ts';
import { onBeat } from '../host/beat.ts';
import { deviceOf } from '../host/host.ts';
import { shippedContent } from '../options.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { blockedFinding } from './blocked-finding.ts';
import {
  type DnsAnswer,
  DnsNameQuery,
  type DnsReputation,
  type DnsSeenAnswer,
  DnsSeenQuery,
} from './contract.ts';
import { DnsWatch } from './watch.ts';

const flushSeconds = 2;
/** A list of popular domains that an administrator may put into the state directory. */
const popularFile = 'popular-domains.csv';
const popularSize = 32 * 1024 * 1024;

/** Starts the part. */
export async function startDns(context: PartContext): Promise<AgentPart> {
  const part = new DnsPart(context);
  await context.protect(part.firewall);
  context.offers.dns = part.firewall;
  return part;
}

class DnsPart implements AgentPart {
  readonly name = 'dns';
  readonly firewall: DnsFirewall;
  readonly #context: PartContext;
  readonly #record: PassiveDns;
  readonly #watch: DnsWatch;
  readonly #model: NameModel;
  readonly #repeats = new Repeats();
  readonly #endBeat: () => void;
  #questions = 0;
  #answers = 0;

  constructor(context: PartContext) {
    this.#context = context;
    const { stateDirectory } = context.options;
    this.#record = PassiveDns.open(stateDirectory, undefined, (aside, why) => this.#damaged(aside, why));
    this.#model = NameModel.load();
    this.firewall = new DnsFirewall({ stateDirectory, onBlocked: blocked => this.#blocked(blocked) });
    const content = (name: string): string => readFileSync(join(shippedContent, 'dns', name), 'utf8');
    this.#watch = new DnsWatch({
      model: this.#model,
      publicResolvers: content('public-resolvers.txt'),
      lawfulVolume: content('lawful-volume.txt'),
      resolvers: () => this.firewall.resolvers(),
      publish: context.publish,
      device: deviceOf(context.host),
      who: pid => whoIs(context.sensor.table, pid),
    });
    context.onEvent(view => this.#see(view));
    this.#endBeat = onBeat(() => this.#flush(), flushSeconds);
  }

  routes(api: Api): void {
    api.get('/api/dns', (): Promise<DnsAnswer> => this.#answer());
    api.get('/api/dns/seen', { schema: { querystring: DnsSeenQuery } }, ({ query }): DnsSeenAnswer => {
      this.#flush();
      const value = query.value === undefined ? undefined : plainName(query.value);
      return {
        items: this.#record.find({ ...(value !== undefined && { value }), limit: query.limit ?? 200 }),
      };
    });
    api.get('/api/dns/reputation', { schema: { querystring: DnsNameQuery } }, ({ query }) =>
      this.#reputation(query.name),
    );
  }

  stop(): void {
    this.#endBeat();
    this.#record.close();
  }

  #see(view: EventView): void {
    const { kind } = view;
    if (kind === 'network.connect') {
      if (view.get('actor.process.pid') !== this.firewall.pid) this.#watch.connection(view);
      return;
    }
    if (kind !== 'dns.query' && kind !== 'dns.answer') return;
    const name = view.get('query.hostname');
    // What the firewall forwards was asked of it before, by whoever wants to know.
    if (typeof name !== 'string' || view.get('actor.process.pid') === this.firewall.pid) return;
    const sighting = this.#watch.dns(view, name.toLowerCase());
    if (!sighting.isAnswer) {
      this.#questions++;
      this.firewall.see(sighting.name);
      return;
    }
    this.#answers++;
    const path = view.get('actor.process.file.path');
    const program = typeof path === 'string' ? path : '';
    const { time, answers } = sighting;
    if (answers.length === 0)
      this.#record.add({
        name: sighting.name,
        type: sighting.type,
        data: sighting.rcode ?? '',
        time,
        program,
      });
    for (const { type, rdata } of answers)
      this.#record.add({ name: sighting.name, type, data: rdata, time, program });
  }

  #flush(): void {
    let words: string | undefined;
    try {
      this.#record.flush();
    } catch (error) {
      words = error instanceof Error ? error.message : String(error);
    }
    this.#context.warn({
      code: 'dns-record',
      active: words !== undefined,
      text: {
        en: `The record of DNS names cannot be written: ${words ?? ''}`,
        zh: `无法写入 DNS 名称记录：${words ?? ''}`,
      },
    });
  }

  #damaged(aside: string, why: string): void {
    this.#context.warn({
      code: 'dns-record-damaged',
      active: true,
      text: {
        en: `The record of DNS names was damaged (${why}) and is put aside as ${aside}`,
        zh: `DNS 名称记录已损坏（${why}），另存为 ${aside}`,
      },
    });
  }

  #blocked(blocked: BlockedName): void {
    const count = this.#repeats.count(`${blocked.rung} ${blocked.name}`);
    if (count === 0) return;
    const process: Process | undefined = this.#watch.lastAsker(blocked.name);
    const { publish, host } = this.#context;
    publish(blockedFinding(blocked, process, Math.max(count, blocked.count), deviceOf(host)));
  }

  async #reputation(text: string): Promise<DnsReputation> {
    const name = plainName(text);
    this.#flush();
    const { registered } = namePartsOf(name);
    const age = this.#record.age(registered);
    const [listed] = await this.firewall.judge([name]);
    const popular = readSmallFile(join(this.#context.options.stateDirectory, popularFile), popularSize);
    const rank = popular === undefined ? undefined : parsePopularity(popular).get(registered);
    const { reasons, ...rest } = reputationOf(
      name,
      {
        ...(age !== undefined && { firstSeen: age.first_time, count: age.count }),
        ...(listed !== undefined && { blockedBy: listed.list }),
        ...(rank !== undefined && { rank }),
      },
      this.#model,
    );
    return { ...rest, reasons: [...reasons] };
  }

  async #answer(): Promise<DnsAnswer> {
    const { rows, dropped, forgotten } = this.#record;
    const state: FirewallState | undefined = await this.firewall.state().catch(() => undefined);
    return {
      rows,
      dropped,
      forgotten,
      questions: this.#questions,
      answers: this.#answers,
      unfollowed: this.#watch.unfollowed,
      unjudged: this.firewall.unjudged,
      ...(state !== undefined && {
        firewall: { ...state, lists: state.lists.map(list => ({ ...list, samples: [...list.samples] })) },
      }),
    };
  }
}

function plainName(text: string): string {
  const name = text.toLowerCase();
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}
