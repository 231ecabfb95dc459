/** Bans at work: events in, decisions out; on disk, in the kernel, on the rung where the protection stands. */
import type { Bilingual, EventView, JournalSink, Rung } from '@redoubt/model';
import { type Network, parseNetwork } from '../address/address.ts';
import { AllowList } from '../address/allow-list.ts';
import { Peers } from '../address/peers.ts';
import { sessionAddresses } from '../address/sessions.ts';
import type { PacketFilter } from '../nftables/index.ts';
import { type Ban, isStanding, lengthOf } from './decision/ban.ts';
import { BanStore } from './decision/store.ts';
import type { Jail } from './jail/jail.ts';
import { JailWatch, type Offender } from './jail/watch.ts';
import { BanTable } from './kernel/table.ts';
import { type BanSettings, defaultSettings } from './settings.ts';

/** What became of an offender. */
export type Outcome =
  | { readonly kind: 'banned' | 'would-ban'; readonly offender: Offender; readonly ban: Ban }
  /** Left alone, and why: it is on an allow-list, or somebody is signed in from there. */
  | { readonly kind: 'spared'; readonly offender: Offender; readonly why: Bilingual }
  /** The kernel has not seen the address: the log line may be forged, or tells of who is behind a proxy. */
  | { readonly kind: 'unconfirmed'; readonly offender: Offender }
  /** An account, which has no address. */
  | { readonly kind: 'reported'; readonly offender: Offender };

/** What bans are wired to. */
export interface GuardOptions {
  readonly stateDirectory: string;
  readonly jails: readonly Jail[];
  readonly filter: PacketFilter;
  readonly journal: JournalSink;
  /** Whether `network.accept` events come from the kernel. */
  readonly seesPeers: boolean;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Trouble with disk, journal or packet filter; undefined when it is over. */
  readonly onTrouble: (text: Bilingual | undefined) => void;
  /** Addresses of who is signed in, of this host, and of what it needs, for tests. */
  readonly sessions?: () => Iterable<string>;
  readonly own?: () => Iterable<string>;
  readonly needed?: () => Iterable<string>;
  readonly now?: () => number;
}

/** A ban that was asked for and not made. */
export interface Refusal {
  readonly subject: string;
  readonly why: Bilingual;
}

/** Outcomes that wait for evidence, and how often it is looked for, about once a second. */
const waitingLimit = 1_000;
const looks = 3;
/** Would-be bans and other outcomes that are remembered, so that one attack is told once. */
const toldLimit = 10_000;
/** Decisions that go into one entry of the journal by name. */
const namesInEntry = 100;

/** Made once an agent. Its owner calls {@link Guard.tick} about once a second. */
export class Guard {
  readonly store: BanStore;
  readonly table: BanTable;
  readonly peers = new Peers();
  readonly counts = { offenders: 0, banned: 0, spared: 0, unconfirmed: 0, late: 0, dropped: 0 };
  rung: Rung = 'observe';
  readonly #options: GuardOptions;
  readonly #now: () => number;
  #settings: BanSettings = defaultSettings;
  #watch: JailWatch;
  #allow: AllowList;
  readonly #waiting = new Map<string, { readonly offender: Offender; looks: number }>();
  /** Subjects that were told of, until when that holds. */
  readonly #told = new Map<string, number>();
  #queue: { readonly offender: Offender; readonly ban: Ban }[] = [];
  #flushing: Promise<void> | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.store = BanStore.open(options.stateDirectory);
    this.table = new BanTable(options.filter);
    this.#watch = new JailWatch(options.jails);
    this.#allow = this.allowListOf(defaultSettings);
  }

  get settings(): BanSettings {
    return this.#settings;
  }

  /** The jails that count at present. */
  get watch(): JailWatch {
    return this.#watch;
  }

  /** Takes settings over; counters of offences begin anew when other jails count. */
  set settings(settings: BanSettings) {
    if (JSON.stringify(settings.jails) !== JSON.stringify(this.#settings.jails))
      this.#watch = new JailWatch(this.jailsOf(settings));
    this.#settings = settings;
    this.#allow = this.allowListOf(settings);
  }

  /** The jails that settings ask for. */
  jailsOf({ jails: names }: BanSettings): readonly Jail[] {
    const { jails } = this.#options;
    if (names === undefined) return jails;
    return jails.filter(({ name }) => names.includes(name)).map(jail => ({ ...jail, enabled: true }));
  }

  /** The allow-list that settings come to. */
  allowListOf({ allow }: BanSettings): AllowList {
    const { sessions = () => sessionAddresses(), own, needed } = this.#options;
    return new AllowList({ networks: allow, sessions, ...(own && { own }), ...(needed && { needed }) });
  }

  /** Whether settings ask for the kernel's evidence here. */
  asksEvidence({ evidence }: BanSettings): boolean {
    return evidence === 'required' || (evidence === 'auto' && this.#options.seesPeers);
  }

  /** Takes an event. Quick: it stands in the way of every event. */
  event(view: EventView, sequence?: number): void {
    const { kind } = view;
    if (kind === 'network.accept') {
      const address = view.get('src_endpoint.ip');
      if (typeof address === 'string') this.peers.note(address, view.time);
    }
    // A clock of somebody else's that is ahead must not reach into the future.
    const now = this.#now();
    for (const offender of this.#watch.event(view, sequence, Math.min(view.time, now))) this.#judge(offender);
  }

  /** Takes a line of a file that is followed for a jail alone. */
  line(jail: Jail, text: string): void {
    const offender = this.#watch.line(jail, text, this.#now());
    if (offender !== undefined) this.#judge(offender);
  }

  /** Looks again for evidence, and at bans that are over. */
  async tick(): Promise<void> {
    const now = this.#now();
    for (const [subject, waiting] of this.#waiting) {
      waiting.looks++;
      if (this.#isConfirmed(waiting.offender)) {
        this.#waiting.delete(subject);
        this.#decide(waiting.offender);
      } else if (waiting.looks >= looks) {
        this.#waiting.delete(subject);
        this.counts.unconfirmed++;
        this.#tell({ kind: 'unconfirmed', offender: waiting.offender });
      }
    }
    for (const [subject, until] of this.#told) if (until <= now) this.#told.delete(subject);
    await this.#flushing;
  }

  /** Once an hour: what is long over is forgotten. */
  forget(): void {
    this.#tried(() => this.store.forget(this.#now()));
  }

  /** Why an address or network would not be banned by hand; undefined when it would. */
  objection(subject: string): Bilingual | undefined {
    const network = asBanned(subject);
    if (network !== undefined) return this.#allow.objection(network);
    const shown = subject.slice(0, 100);
    return { en: `"${shown}" is no address`, zh: `“${shown}”不是地址` };
  }

  /**
   * Bans by hand or from a list.
   * @param actor who asks, for the journal
   * @returns what was made, and what was not and why
   */
  async ban(bans: readonly Ban[], actor: string): Promise<{ made: Ban[]; refused: Refusal[] }> {
    const now = this.#now();
    const made: Ban[] = [];
    const refused: Refusal[] = [];
    for (const ban of bans) {
      const network = asBanned(ban.subject);
      const why = this.objection(ban.subject);
      if (network === undefined || why !== undefined) {
        refused.push({ subject: ban.subject, why: why ?? { en: 'no address', zh: '不是地址' } });
        continue;
      }
      const times = this.store.get(network.text)?.times ?? 0;
      made.push({ ...ban, subject: network.text, times: Math.max(ban.times, times) });
    }
    if (made.length > 0) await this.#enter(made, actor, now);
    return { made, refused };
  }

  /** Ends bans. @returns those that stood */
  async unban(subjects: readonly string[], actor: string): Promise<Ban[]> {
    const now = this.#now();
    const bans = subjects.flatMap(subject => {
      const ban = this.store.get(asBanned(subject)?.text ?? subject) ?? this.store.get(subject);
      return ban === undefined || !isStanding(ban, now) ? [] : [ban];
    });
    if (bans.length === 0) return [];
    await this.#journal('ban.remove', bans, actor, 'begun');
    this.#tried(() => this.store.remove(bans.map(({ subject }) => subject)));
    for (const { subject } of bans) this.#told.delete(subject);
    if (this.rung === 'enforce') await this.table.remove(bans, now);
    await this.#journal('ban.remove', bans, actor, 'done');
    return bans;
  }

  /** Builds the table from what stands. */
  async build(settings: BanSettings): Promise<void> {
    const now = this.#now();
    await this.table.build(
      this.store.standing(now),
      this.jailsOf(settings).map(({ ports }) => ports),
      now,
    );
  }

  /** Settles when what was decided so far is in force. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  #judge(offender: Offender): void {
    this.counts.offenders++;
    if (this.rung === 'observe') return;
    const now = this.#now();
    const { jail, subject, last } = offender;
    if ((this.#told.get(subject) ?? 0) > now) return;
    if (jail.countBy === 'user') {
      this.#remember(subject, now + jail.findTime);
      this.#tell({ kind: 'reported', offender });
      return;
    }
    // A log that is read late tells of what is long over.
    if (last + jail.banTime <= now) {
      this.counts.late++;
      return;
    }
    if (this.#isConfirmed(offender)) this.#decide(offender);
    else if (this.#waiting.size < waitingLimit) this.#waiting.set(subject, { offender, looks: 0 });
    else this.counts.dropped++;
  }

  #isConfirmed({ jail, address }: Offender): boolean {
    if (!jail.evidence || !this.asksEvidence(this.#settings)) return true;
    const plain = address === undefined ? undefined : parseNetwork(address)?.text;
    return plain !== undefined && this.peers.hasOrConnected(plain, this.#now());
  }

  #decide(offender: Offender): void {
    const now = this.#now();
    const { jail, subject } = offender;
    const known = this.store.get(subject);
    if (known !== undefined && isStanding(known, now)) return;
    const network = parseNetwork(subject);
    if (network === undefined) return;
    const why = this.#allow.objection(network, jail.ignore);
    if (why !== undefined) {
      this.counts.spared++;
      this.#remember(subject, now + jail.findTime);
      this.#tell({ kind: 'spared', offender, why });
      return;
    }
    const ban = banOf(offender, (known?.times ?? 0) + 1, now);
    this.#remember(subject, ban.until ?? now);
    if (this.rung === 'audit') {
      this.#tell({ kind: 'would-ban', offender, ban });
      return;
    }
    this.#queue.push({ offender, ban });
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  /** What comes while a batch is being entered makes up the next one. */
  async #flush(): Promise<void> {
    // The rest of the events of this turn go into the same batch.
    await undefined;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#enter(
          batch.map(({ ban }) => ban),
          'redoubt',
          this.#now(),
        );
      } catch {
        // Told of already; the next offence leads to another attempt.
        for (const { ban } of batch) this.#told.delete(ban.subject);
        continue;
      }
      this.counts.banned += batch.length;
      for (const { offender, ban } of batch) this.#tell({ kind: 'banned', offender, ban });
    }
  }

  /** Journal, disk, kernel: a full disk must not keep an attacker in. @throws when the kernel does not take it */
  async #enter(bans: readonly Ban[], actor: string, now: number): Promise<void> {
    await this.#journal('ban.add', bans, actor, 'begun');
    const isKept = this.#tried(() => this.store.put(bans, now));
    if (this.rung === 'enforce') {
      try {
        if (bans.every(({ ports }) => this.table.knows(ports))) await this.table.add(bans, now);
        else await this.build(this.#settings);
      } catch (error) {
        this.#tried(() => this.store.remove(bans.map(({ subject }) => subject)));
        this.#options.onTrouble(troubleOf(error));
        await this.#journal('ban.add', bans, actor, 'failed');
        throw error;
      }
    }
    if (isKept) this.#options.onTrouble(undefined);
    await this.#journal('ban.add', bans, actor, 'done');
  }

  #tell(outcome: Outcome): void {
    this.#options.onOutcome(outcome);
  }

  #remember(subject: string, until: number): void {
    this.#told.delete(subject);
    this.#told.set(subject, until);
    if (this.#told.size <= toldLimit) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  #tried(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#options.onTrouble(troubleOf(error));
      return false;
    }
  }

  async #journal(
    action: 'ban.add' | 'ban.remove',
    bans: readonly Ban[],
    actor: string,
    outcome: 'begun' | 'done' | 'failed',
  ): Promise<void> {
    const [first] = bans;
    const isOne = bans.length === 1 && first !== undefined;
    const subject = isOne ? first.subject : `${bans.length} addresses`;
    const words = isOne ? `${first.subject} (${first.reason})` : subject;
    const zh = isOne ? words : `${bans.length} 个地址`;
    const text =
      action === 'ban.add'
        ? { en: `Ban of ${words}`, zh: `封禁 ${zh}` }
        : { en: `End of the ban of ${words}`, zh: `解除对 ${zh} 的封禁` };
    const detail = {
      subjects: bans.slice(0, namesInEntry).map(ban => ban.subject),
      in_force: this.rung === 'enforce',
    };
    try {
      await this.#options.journal.append({
        time: this.#now(),
        actor,
        action,
        subject,
        outcome,
        text,
        detail,
      });
    } catch (error) {
      this.#options.onTrouble(troubleOf(error));
    }
  }
}

/** The ban that an offender earns. */
export function banOf({ jail, subject, lines, last }: Offender, times: number, now: number): Ban {
  const length = lengthOf(jail.banTime, jail.factor, jail.maxBanTime, times);
  return {
    subject,
    origin: 'redoubt',
    reason: jail.name,
    since: now,
    until: Math.min(last, now) + length,
    times,
    ...(jail.ports !== undefined && { ports: jail.ports }),
    lines,
  };
}

/** What is banned when somebody names an address or network. */
function asBanned(text: string): Network | undefined {
  return parseNetwork(text);
}

function troubleOf(error: unknown): Bilingual {
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}
