/** The part of the API that is about DNS: what was seen, what is thought of a name, the state of the firewall. */
import { type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });
const time = (of: string) => Type.Integer({ description: `${of}, milliseconds since the Unix epoch` });

/** A name with one of its answers. */
export const DnsSeenItem = Type.Object({
  name: Type.String(),
  type: Type.String(),
  data: Type.String({ description: 'address, name or text; a response code when there was no record' }),
  first_time: time('first seen'),
  last_time: time('last seen'),
  count: count('times'),
  programs: Type.Array(Type.String({ description: 'program that asked' })),
});
export type DnsSeenItem = Static<typeof DnsSeenItem>;

/** Query of `GET /api/dns/seen`. */
export const DnsSeenQuery = Type.Object({
  value: maybe(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'a name (with all below it), or an answer; whatever was seen last when left out',
    }),
  ),
  limit: maybe(Type.Integer({ minimum: 1, maximum: 10_000 })),
});

/** Answer of `GET /api/dns/seen`, the newest first. */
export const DnsSeenAnswer = Type.Object({ items: Type.Array(DnsSeenItem) });
export type DnsSeenAnswer = Static<typeof DnsSeenAnswer>;

/** Query of `GET /api/dns/reputation`. */
export const DnsNameQuery = Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) });

/** Answer of `GET /api/dns/reputation`. */
export const DnsReputation = Type.Object({
  name: Type.String(),
  registered: Type.String(),
  score: Type.Integer({ minimum: 0, maximum: 100, description: '0: nothing speaks against it' }),
  reasons: Type.Array(
    Type.Object({
      points: Type.Integer(),
      field: Type.String(),
      value: Type.String(),
      text: Type.Object({ en: Type.String(), zh: Type.String() }),
    }),
  ),
});
export type DnsReputation = Static<typeof DnsReputation>;

/** A list of the firewall as it was read. */
export const DnsListItem = Type.Object({
  name: Type.String(),
  names: count('names'),
  skipped: count('entries passed over'),
  samples: Type.Array(Type.Object({ line: Type.Integer(), text: Type.String() })),
  error: maybe(Type.String()),
});

/** Answer of `GET /api/dns`. */
export const DnsAnswer = Type.Object({
  rows: count('names with answers on record'),
  dropped: count('sightings not kept'),
  forgotten: count('rows that made way for newer ones'),
  questions: count('questions looked at'),
  answers: count('answers looked at'),
  unfollowed: count('domains that made way for others while looking for tunnels'),
  unjudged: count('names that the lists did not judge at audit'),
  firewall: maybe(
    Type.Object({
      lists: Type.Array(DnsListItem),
      names: count('names that block'),
      bytes: count('memory of the table of names'),
      rss: count('memory of the process'),
      port: maybe(Type.Integer()),
      counters: maybe(Type.Record(Type.String(), Type.Number())),
    }),
  ),
});
export type DnsAnswer = Static<typeof DnsAnswer>;
