/** The part of the API that is about bans. Times are milliseconds since the Unix epoch. */
import { type ActionPlan, Bilingual, Rung, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });
const who = maybe(Type.String({ maxLength: 100, description: 'who asks, as they call themselves' }));
const seconds = maybe(
  Type.Integer({ minimum: 1, maximum: 315_360_000, description: 'seconds; for ever when left out' }),
);

/** One ban. */
export const BanItem = Type.Object({
  subject: Type.String({ description: 'address or network' }),
  origin: Type.String({ description: 'redoubt, manual, or the name of a list' }),
  reason: Type.String({ description: 'jail or scenario' }),
  since: Type.Integer(),
  until: maybe(Type.Integer()),
  times: count('how often it has been banned'),
  ports: maybe(
    Type.Array(Type.Integer(), { description: 'TCP ports that are closed; everything else when absent' }),
  ),
  lines: maybe(Type.Array(Type.String(), { description: 'some of the lines that led to it' })),
});
export type BanItem = Static<typeof BanItem>;

/** A jail that counts. Times are milliseconds. */
export const JailItem = Type.Object({
  name: Type.String(),
  title: Bilingual,
  max_retries: count('offences that lead to a ban'),
  find_time: count('they count together within so long'),
  ban_time: count('length of the first ban'),
  max_ban_time: count('longest ban'),
  ports: maybe(
    Type.Array(Type.Integer(), { description: 'TCP ports that it closes; all traffic when absent' }),
  ),
  reports_only: Type.Boolean({ description: 'counts accounts, which have no address to ban' }),
  file: Type.String(),
});
export type JailItem = Static<typeof JailItem>;

/** Answer of `GET /api/bans`. */
export const BansAnswer = Type.Object({
  rung: Rung,
  total: count('bans that stand'),
  items: Type.Array(BanItem),
  jails: Type.Array(JailItem, { description: 'jails that count' }),
  allow: Type.Array(Type.String(), { description: 'addresses and networks that are never banned' }),
  evidence: Type.Boolean({ description: 'whether a ban asks that the kernel has seen the address' }),
  counts: Type.Object({
    offences: count('offences that jails counted, since the start'),
    offenders: count('times that somebody had offended too often'),
    banned: count('bans that followed'),
    spared: count('offenders on an allow-list or signed in'),
    unconfirmed: count('offenders that the kernel had not seen'),
    late: count('offenders in lines that were read too late'),
    dropped: count('offenders that there was no room for'),
    counting: count('addresses that are being counted'),
    evicted: count('counters that had to go for want of room'),
  }),
  packets: maybe(
    Type.Object({ input: count('packets dropped'), forward: count('packets dropped on their way through') }),
  ),
  problems: Type.Array(Bilingual, { description: 'jails and lists that cannot be used' }),
});
export type BansAnswer = Static<typeof BansAnswer>;

/** Query of `GET /api/bans`. */
export const BansQuery = Type.Object({
  subject: maybe(Type.String({ maxLength: 60, description: 'only this address or network' })),
  limit: maybe(Type.Integer({ minimum: 0, maximum: 500_000 })),
});

/** Body of `POST /api/bans`. */
export const BanRequest = Type.Object({
  subject: Type.String({ maxLength: 60 }),
  seconds,
  reason: maybe(Type.String({ maxLength: 200 })),
  operator: who,
});
export type BanRequest = Static<typeof BanRequest>;

/** Answer of `POST /api/bans/plan`, whose body is that of `POST /api/bans`: what the ban would do. */
export interface BanPlan {
  /** The address or network as it would be written down. */
  readonly subject: string;
  readonly plan: ActionPlan;
  /** Why it would be refused. */
  readonly refused?: Bilingual;
}

/** Body of `POST /api/bans/remove`. */
export const UnbanRequest = Type.Object({
  subjects: Type.Array(Type.String({ maxLength: 60 }), { minItems: 1, maxItems: 10_000 }),
  operator: who,
});
export type UnbanRequest = Static<typeof UnbanRequest>;

/** Body of `POST /api/bans/import`. */
export const BanImport = Type.Object({
  text: Type.String({ description: 'decisions as CrowdSec writes them, or a plain list' }),
  origin: Type.String({ minLength: 1, maxLength: 100, description: 'whose they are, where they do not say' }),
  seconds,
  operator: who,
});
export type BanImport = Static<typeof BanImport>;

/** Answer to a ban, an import, an end of bans. */
export const BanChange = Type.Object({
  rung: Rung,
  changed: count('bans that were made or ended'),
  refused: count('entries that were not taken'),
  problems: Type.Array(Bilingual, { description: 'why; the first hundred' }),
});
export type BanChange = Static<typeof BanChange>;
