/** Bans in the agent: its events through the jails, on the ladder, with findings and an API. */
import { join } from 'node:path';
import {
  type Ban,
  bansProtection,
  Guard,
  importedFor,
  type Jail,
  loadJails,
  parseNetwork,
  readDecisions,
  tableName,
} from '@redoubt/act/bans';
import { type PacketFilter, packetCounters, packetFilter } from '@redoubt/act/nftables';
import type { Bilingual } from '@redoubt/model';
import { actorOf, requireSocket } from '../api/server.ts';
import { onBeat } from '../host/beat.ts';
import { shippedContent } from '../options.ts';
import type { AgentPart, PartContext } from '../part.ts';
import {
  type BanChange,
  BanImport,
  BanRequest,
  type BansAnswer,
  BansQuery,
  type JailItem,
  UnbanRequest,
} from './contract.ts';
import { followJails } from './files.ts';
import { BanFindings } from './finding.ts';
import { readLists, share } from './lists.ts';
import { planOf } from './plan.ts';

const listSeconds = 300;
const forgetSeconds = 3_600;
const importLimit = 128 * 1024 * 1024;
const problemsTold = 100;

/** Starts the part. */
export async function startBans(context: PartContext): Promise<AgentPart> {
  const part = new BansPart(context);
  await part.start();
  return part;
}

class BansPart implements AgentPart {
  readonly name = 'bans';
  readonly #context: PartContext;
  readonly #guard: Guard;
  readonly #filter: PacketFilter = packetFilter();
  readonly #findings = new BanFindings();
  readonly #jailProblems: readonly Bilingual[];
  #listProblems: readonly Bilingual[] = [];
  readonly #stop = new AbortController();
  readonly #ends: (() => void)[] = [];
  #reading: Promise<void> = Promise.resolve();
  #isDirty = true;

  constructor(context: PartContext) {
    this.#context = context;
    const { options, sensor, journal } = context;
    const { jails, problems } = loadJails([
      join(shippedContent, 'jails'),
      join(options.stateDirectory, 'jails'),
    ]);
    this.#jailProblems = problems;
    this.#guard = new Guard({
      stateDirectory: options.stateDirectory,
      jails,
      filter: this.#filter,
      journal,
      seesPeers: sensor.name === 'kernel',
      onOutcome: outcome => {
        this.#isDirty = true;
        for (const finding of this.#findings.of(outcome)) context.publish(finding);
      },
      onTrouble: text => this.#warn('bans', text),
    });
  }

  async start(): Promise<void> {
    const guard = this.#guard;
    const [problem] = this.#jailProblems;
    if (problem !== undefined) this.#warn('bans-jails', problem);
    if (guard.store.damaged > 0)
      this.#warn('bans-damaged', {
        en: `${guard.store.damaged} lines of the record of bans are damaged and were passed over`,
        zh: `封禁记录中有 ${guard.store.damaged} 行损坏，已跳过`,
      });
    this.#context.offers.banObjection = network => guard.allowListOf(guard.settings).objection(network);
    await this.#context.protect(bansProtection(guard, this.#filter));
    this.#context.onEvent((view, sequence) => guard.event(view, sequence));
    void followJails(guard, this.#stop.signal, words => this.#warn('bans-files', { en: words, zh: words }));
    this.#ends.push(
      onBeat(() => this.#beat()),
      onBeat(() => this.#readLists(), listSeconds),
      onBeat(() => guard.forget(), forgetSeconds),
    );
    this.#readLists();
  }

  routes(api: Parameters<NonNullable<AgentPart['routes']>>[0]): void {
    const onRequest = async (request: Parameters<typeof requireSocket>[0]): Promise<void> =>
      requireSocket(request);
    api.get('/api/bans', { schema: { querystring: BansQuery } }, ({ query }) =>
      this.#answer(query.subject, query.limit ?? 1_000),
    );
    api.post('/api/bans/plan', { schema: { body: BanRequest } }, ({ body }) => planOf(this.#guard, body));
    api.post('/api/bans', { schema: { body: BanRequest } }, request => {
      const { subject, seconds, reason = 'manual', operator } = request.body;
      const since = Date.now();
      const until = seconds === undefined ? {} : { until: since + seconds * 1000 };
      const ban: Ban = { subject, origin: 'manual', reason, since, ...until, times: 1 };
      return this.#enter([ban], actorOf(request, operator), 0, []);
    });
    api.post('/api/bans/remove', { schema: { body: UnbanRequest } }, async request => {
      const { body } = request;
      const ended = await this.#guard.unban(body.subjects, actorOf(request, body.operator));
      this.#isDirty = true;
      const left = body.subjects.length - ended.length;
      const problems =
        left > 0 ? [{ en: `${left} of these are not banned`, zh: `其中 ${left} 个未被封禁` }] : [];
      return { rung: this.#guard.rung, changed: ended.length, refused: left, problems } satisfies BanChange;
    });
    api.post(
      '/api/bans/import',
      { onRequest, bodyLimit: importLimit, schema: { body: BanImport } },
      request => {
        const { text, origin, seconds, operator } = request.body;
        const length = seconds === undefined ? importedFor : seconds * 1000;
        const { bans, refused, problems } = this.#readable(text, origin, length);
        return this.#enter(bans, actorOf(request, operator), refused, problems);
      },
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const end of this.#ends) end();
    await this.#guard.settled();
    await this.#reading;
  }

  #readable(text: string, origin: string, length: number): ReturnType<typeof readDecisions> {
    try {
      return readDecisions(text, origin, Date.now(), length);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return { bans: [], refused: 1, problems: [{ en: words, zh: words }] };
    }
  }

  async #enter(
    bans: readonly Ban[],
    actor: string,
    refused: number,
    problems: readonly Bilingual[],
  ): Promise<BanChange> {
    const result = await this.#guard.ban(bans, actor);
    this.#isDirty = true;
    return {
      rung: this.#guard.rung,
      changed: result.made.length,
      refused: refused + result.refused.length,
      problems: [...problems, ...result.refused.map(({ why }) => why)].slice(0, problemsTold),
    };
  }

  #beat(): void {
    const { options } = this.#context;
    this.#guard
      .tick()
      .then(() => {
        if (!this.#isDirty) return;
        this.#isDirty = false;
        share(this.#guard, options.stateDirectory);
      })
      .catch(error => this.#warn('bans-shared', said(error)));
  }

  #readLists(): void {
    this.#reading = this.#reading
      .then(() => readLists(this.#guard))
      .then(problems => {
        this.#listProblems = problems;
        this.#warn('bans-lists', problems[0]);
      })
      .catch(error => this.#warn('bans-lists', said(error)));
  }

  #warn(code: string, text: Bilingual | undefined): void {
    this.#context.warn({
      code,
      active: text !== undefined,
      text: { en: `Bans: ${text?.en ?? ''}`, zh: `封禁：${text?.zh ?? ''}` },
    });
  }

  async #answer(subject: string | undefined, limit: number): Promise<BansAnswer> {
    const guard = this.#guard;
    const all = guard.store.standing(Date.now());
    const name = subject === undefined ? undefined : (parseNetwork(subject)?.text ?? subject);
    const asked = name === undefined ? all : all.filter(ban => ban.subject === name || covers(ban, name));
    const packets = guard.rung === 'enforce' ? await this.#packets() : undefined;
    return {
      rung: guard.rung,
      total: all.length,
      items: asked
        .sort((a, b) => b.since - a.since)
        .slice(0, limit)
        .map(itemOf),
      jails: guard.watch.jails.map(jailItemOf),
      allow: [...guard.settings.allow],
      evidence: guard.asksEvidence(guard.settings),
      counts: {
        ...guard.counts,
        offences: guard.watch.offences,
        counting: guard.watch.counted,
        evicted: guard.watch.evicted,
      },
      ...(packets !== undefined && { packets }),
      problems: [...this.#jailProblems, ...this.#listProblems],
    };
  }

  async #packets(): Promise<{ input: number; forward: number } | undefined> {
    try {
      const counters = await packetCounters(tableName);
      return {
        input: counters.get('dropped_input') ?? 0,
        forward: counters.get('dropped_forward') ?? 0,
      };
    } catch {
      // The health of the protection tells of a table that is gone.
      return undefined;
    }
  }
}

function itemOf(ban: Ban): BansAnswer['items'][number] {
  const { ports, lines, ...rest } = ban;
  return { ...rest, ...(ports && { ports: [...ports] }), ...(lines && { lines: [...lines] }) };
}

function jailItemOf(jail: Jail): JailItem {
  const { name, title, maxRetries, findTime, banTime, maxBanTime, ports, countBy, file } = jail;
  return {
    name,
    title,
    max_retries: maxRetries,
    find_time: findTime,
    ban_time: banTime,
    max_ban_time: maxBanTime,
    ...(ports !== undefined && { ports: [...ports] }),
    reports_only: countBy === 'user',
    file,
  };
}

function covers({ subject }: Ban, asked: string): boolean {
  const outer = parseNetwork(subject);
  const inner = parseNetwork(asked);
  if (outer === undefined || inner === undefined || outer.family !== inner.family) return false;
  return outer.first <= inner.first && inner.last <= outer.last;
}

function said(error: unknown): Bilingual {
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}
