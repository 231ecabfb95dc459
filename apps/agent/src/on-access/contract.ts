/** The part of the API that is about scanning on access beyond the ladder: what it covers and what it has done. */
import { type Static, Type } from '@redoubt/model';

const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** Answer of `GET /api/on-access`. Numbers are since the agent started. */
export const OnAccessAnswer = Type.Object({
  rung: Type.Union([Type.Literal('observe'), Type.Literal('audit'), Type.Literal('enforce')]),
  covered: Type.Array(Type.String({ description: 'mount point that it looks at' })),
  uncovered: Type.Array(Type.String({ description: 'mount point that it cannot look at' })),
  written: Type.Optional(
    Type.Object({
      told: count('written files that the kernel told of'),
      scanned: count('scanned'),
      joined: count('written again before they were scanned'),
      overflowed: count('too many at once: scanned later, by path'),
      missed: count('beyond that: looked for by a re-scan'),
      waiting: count('waiting now'),
    }),
  ),
  execs: Type.Object({
    judged: count('executions that the gate asked about'),
    known: count('of these, contents that were known'),
    denied: count('denied'),
    late: count('let through because no verdict came in time'),
  }),
  found: count('findings'),
  failed: count('files that an engine could not judge'),
  rescans: count('walks over what changed while writes were missed'),
  known: count('contents whose verdict is remembered'),
  scanners: Type.Object({
    starts: count('scanning processes started'),
    lost: count('scanning processes that died or were stuck'),
    running: count('scanning processes that run now'),
  }),
  gate: Type.Optional(Type.Record(Type.String(), Type.Number())),
});
export type OnAccessAnswer = Static<typeof OnAccessAnswer>;
