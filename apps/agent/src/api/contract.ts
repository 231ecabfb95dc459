/**
 * The agent's HTTP API, as schemas: the agent validates and documents by them, the console takes its types
 * from them. All times are milliseconds since the Unix epoch. Every answer other than 2xx is an `ApiError`.
 */
import {
  Bilingual,
  Container,
  Event,
  Finding,
  Incident,
  PackageRef,
  type Static,
  Suppression,
  SuppressionCondition,
  type TSchema,
  Type,
} from '@redoubt/model';

export type {
  Action,
  ActionPlan,
  Attack,
  Bilingual,
  Container,
  Endpoint,
  Event,
  EventKind,
  Evidence,
  File,
  Finding,
  Incident,
  PackageRef,
  Process,
  ProcessEntity,
  Reason,
  StoryStep,
  Suppression,
} from '@redoubt/model';

const maybe = Type.Optional;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const counts = (key: string, value: string) =>
  Type.Record(Type.String({ description: key }), Type.Integer({ minimum: 0 }), { description: value });

/** A failure, in words for a person. `code` is stable and meant for programs. */
export const ApiError = Type.Object({
  error: Type.Object({
    code: Type.String({ description: 'e.g. unauthorized, not_found, bad_where, bad_request' }),
    en: Type.String(),
    zh: Type.String(),
    column: maybe(Type.Integer({ minimum: 1, description: 'where in `where` the error stands, from 1' })),
  }),
});
export type ApiError = Static<typeof ApiError>;

/** Body of `POST /api/session`; answered by 204 and an HttpOnly, SameSite=Strict cookie, or by 401. */
export const SessionRequest = Type.Object({ token: Type.String({ minLength: 1, maxLength: 256 }) });
export type SessionRequest = Static<typeof SessionRequest>;

/** One attachment point of a sensor. */
export const Hook = Type.Object({
  name: Type.String({ description: 'e.g. tp_btf/sched_process_exec' }),
  attached: Type.Boolean(),
  reason: maybe(Type.String({ description: 'why it is not attached' })),
});
export type Hook = Static<typeof Hook>;

/** A source of events and how well it sees. */
export const SensorStatus = Type.Object({
  name: Type.String(),
  state: Type.Enum(['running', 'reduced', 'failed']),
  detail: Type.String(),
  hooks: Type.Array(Hook),
});
export type SensorStatus = Static<typeof SensorStatus>;

/** Something that the operator should know about the agent itself. */
export const Warning = Type.Object({ code: Type.String(), en: Type.String(), zh: Type.String() });
export type Warning = Static<typeof Warning>;

const percentile = Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
  description: 'milliseconds; null before the first sample',
});

/** `GET /api/summary`, and the data of the stream's `summary` (about once a second). */
export const Summary = Type.Object({
  host: Type.Object({
    hostname: Type.String(),
    os: Type.String({ description: 'PRETTY_NAME of os-release' }),
    kernel: Type.String({ description: 'kernel release' }),
    machine_id: Type.String(),
    cpus: Type.Integer({ minimum: 1 }),
    memory_bytes: count('physical memory'),
    boot_time: Type.Integer(),
  }),
  agent: Type.Object({
    version: Type.String(),
    pid: Type.Integer(),
    started: Type.Integer(),
    mode: Type.Enum(['kernel', 'reduced']),
    rss_bytes: count('resident memory'),
    cpu_percent: Type.Number({ minimum: 0, description: 'of one core, over the last seconds' }),
  }),
  sensors: Type.Array(SensorStatus),
  events: Type.Object({
    total: count('events seen since the agent started'),
    per_second: Type.Number({ minimum: 0, description: 'over the last second' }),
    by_kind: counts('kind of event', 'events seen since the agent started'),
    lost: count('events lost before they were seen, since the agent started'),
    lost_by_kind: counts('kind of event', 'events lost'),
    stored: count('events written to the flight recorder since the agent started'),
    dropped: count('events seen but not stored, since the agent started'),
  }),
  latency_ms: Type.Object({
    event_to_finding_p50: percentile,
    event_to_finding_p99: percentile,
    event_to_stored_p50: percentile,
    event_to_stored_p99: percentile,
  }),
  store: Type.Object({
    bytes: count('size on disk'),
    oldest_time: Type.Union([Type.Integer(), Type.Null()], { description: 'null while it is empty' }),
    chunks: count('chunks of events'),
    limit_bytes: count('size at which the oldest events go'),
  }),
  rules: Type.Object({
    loaded: count('rules in use'),
    refused: count('rules that did not load'),
    forgotten: Type.Optional(
      count('groups and events that correlations let go of, for want of room or because they came too late'),
    ),
  }),
  findings: Type.Object({
    open: count('findings that are new or in progress'),
    by_severity: counts('severity_id', 'open findings'),
  }),
  warnings: Type.Array(Warning),
});
export type Summary = Static<typeof Summary>;

/** A log source and how well it is read. */
export const LogSourceStatus = Type.Object({
  name: Type.String(),
  type: Type.Enum(['file', 'journal', 'syslog', 'winevents']),
  format: maybe(Type.String({ description: 'of files; `auto` when it is recognised' })),
  state: Type.Enum(['starting', 'running', 'failed', 'stopped']),
  failure: maybe(Type.String({ description: 'why it failed' })),
  retry_time: maybe(Type.Integer({ description: 'when it is started again' })),
  places: Type.Array(Type.String(), { description: 'files, units or addresses that it has at present' }),
  records: count('records taken since the source was started'),
  repeated: count('of these, records that were in the flight recorder already'),
  damaged: count('parts that could not be read'),
  last_damage: maybe(Type.String()),
  lost: count('records that could not be held back and were dropped'),
  last_received: maybe(Type.Integer({ description: 'when the last record was received' })),
  clocks: Type.Array(
    Type.Object({
      of: Type.String({ description: 'host, address or log' }),
      offset_ms: Type.Integer({
        description: 'how far its clock is ahead; negative when it is behind, or its records come late',
      }),
      samples: count('records that the measure rests on'),
    }),
    { description: 'of senders, the most wrong first' },
  ),
});
export type LogSourceStatus = Static<typeof LogSourceStatus>;

/** Answer of `GET /api/logs` and of `POST /api/logs/reload`, which reads the configuration again. */
export const LogsAnswer = Type.Object({
  config: Type.String({ description: 'path of the configuration, which need not exist' }),
  problem: maybe(Bilingual),
  items: Type.Array(LogSourceStatus),
});
export type LogsAnswer = Static<typeof LogsAnswer>;

/** Query of `GET /api/findings`. Newest (`last_seen_time`) first. */
export const FindingsQuery = Type.Object({
  limit: maybe(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  before: maybe(Type.String({ maxLength: 128, description: '`next` of the page before' })),
  severity: maybe(Type.String({ pattern: '^[0-6](,[0-6])*$', description: 'severity_ids' })),
  status: maybe(Type.String({ pattern: '^[1-4](,[1-4])*$', description: 'status_ids' })),
  q: maybe(
    Type.String({ maxLength: 256, description: 'words in the titles, rule id, technique, process, path' }),
  ),
});
export type FindingsQuery = Static<typeof FindingsQuery>;

/** Answer of `GET /api/findings`. `GET /api/findings/:uid` answers a `Finding`, or 404. */
export const FindingsPage = Type.Object({
  items: Type.Array(Finding),
  next: maybe(Type.String({ description: 'pass as `before`; absent on the last page' })),
});
export type FindingsPage = Static<typeof FindingsPage>;

/** Body of `POST /api/findings/:uid/status`; answered by the changed `Finding`. */
export const StatusRequest = Type.Object({
  status_id: Type.Integer({
    minimum: 1,
    maximum: 4,
    description: '1 new, 2 in progress, 3 suppressed, 4 resolved',
  }),
  comment: maybe(Type.String({ maxLength: 2000 })),
});
export type StatusRequest = Static<typeof StatusRequest>;

/** Query of `GET /api/incidents`. The one with the last event first. */
export const IncidentsQuery = Type.Object({
  limit: maybe(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  before: maybe(Type.String({ maxLength: 128, description: '`next` of the page before' })),
  status: maybe(Type.String({ pattern: '^[1-5](,[1-5])*$', description: 'status_ids' })),
  score: maybe(Type.Integer({ minimum: 0, maximum: 100, description: 'lowest score' })),
});
export type IncidentsQuery = Static<typeof IncidentsQuery>;

/**
 * Answer of `GET /api/incidents`. `GET /api/incidents/:uid` answers an `Incident`, or 404; of one that was merged,
 * what it became part of.
 */
export const IncidentsPage = Type.Object({
  items: Type.Array(Incident),
  next: maybe(Type.String({ description: 'pass as `before`; absent on the last page' })),
});
export type IncidentsPage = Static<typeof IncidentsPage>;

const author = maybe(
  Type.String({ minLength: 1, maxLength: 100, description: 'who decides; "operator" when absent' }),
);

/**
 * Body of `POST /api/incidents/:uid/status`; answered by the changed `Incident`. Resolving or closing it resolves
 * its findings.
 */
export const IncidentStatusRequest = Type.Object({
  status_id: Type.Integer({
    minimum: 1,
    maximum: 5,
    description: '1 new, 2 in progress, 3 on hold, 4 resolved, 5 closed',
  }),
  comment: maybe(Type.String({ maxLength: 2000 })),
  author,
});
export type IncidentStatusRequest = Static<typeof IncidentStatusRequest>;

/** Body of `POST /api/incidents/:uid/owner`; answered by the changed `Incident`. */
export const OwnerRequest = Type.Object({
  owner: Type.String({ maxLength: 100, description: 'empty for no one' }),
  author,
});
export type OwnerRequest = Static<typeof OwnerRequest>;

/** Body of `POST /api/incidents/:uid/comment`; answered by the changed `Incident`. */
export const CommentRequest = Type.Object({ text: Type.String({ minLength: 1, maxLength: 4000 }), author });
export type CommentRequest = Static<typeof CommentRequest>;

/**
 * Body of `POST /api/suppressions`, answered by the `Suppression`, and of `POST /api/incidents/:uid/suppress`,
 * which also closes the incident. There, without rule and conditions, each of its rules is suppressed on the hosts
 * of its findings. `DELETE /api/suppressions/:uid` ends one.
 */
export const SuppressRequest = Type.Object({
  reason: Type.String({ minLength: 1, maxLength: 2000 }),
  expires_time: Type.Integer({ description: 'when it ends, within a year' }),
  rule: maybe(Type.String({ minLength: 1, maxLength: 200, description: 'rule id' })),
  conditions: maybe(Type.Array(SuppressionCondition, { maxItems: 20 })),
  author,
});
export type SuppressRequest = Static<typeof SuppressRequest>;

/** Answer of `POST /api/incidents/:uid/suppress`. */
export const SuppressAnswer = Type.Object({ incident: Incident, suppressions: Type.Array(Suppression) });
export type SuppressAnswer = Static<typeof SuppressAnswer>;

/** Answer of `GET /api/suppressions`: those in force, the one that ends first first. */
export const SuppressionsAnswer = Type.Object({ items: Type.Array(Suppression) });
export type SuppressionsAnswer = Static<typeof SuppressionsAnswer>;

/** What is remarkable about a process. */
export const ProcessFlag = Type.Enum([
  'memfd',
  'deleted',
  'writable_dir',
  'setuid',
  'wx_memory',
  'traced',
  'listening',
  'unpackaged',
  'kernel_thread',
  'finding',
]);
export type ProcessFlag = Static<typeof ProcessFlag>;

/** A process as one node of a tree. */
export const ProcessNode = Type.Object({
  uid: Type.String({ description: '"<pid>:<start time in clock ticks since boot>"' }),
  parent_uid: maybe(Type.String({ description: 'absent for a root' })),
  pid: Type.Integer(),
  name: Type.String(),
  exe: maybe(Type.String({ description: 'path of the executable' })),
  cmd_line: maybe(Type.String()),
  user: maybe(Type.Object({ uid: Type.String(), name: maybe(Type.String()) })),
  container: maybe(Container),
  sha256: maybe(Type.String({ description: 'of the executable, lower-case hexadecimal' })),
  package: maybe(PackageRef),
  start: Type.Integer(),
  end: maybe(Type.Integer({ description: 'absent while it runs' })),
  exit_code: maybe(Type.Integer({ description: 'exit status, or 128 + signal number' })),
  flags: Type.Array(ProcessFlag),
});
export type ProcessNode = Static<typeof ProcessNode>;

/** Answer of `GET /api/findings/:uid/tree`: all ancestors of the focus, it, and its descendants. */
export const FindingTree = Type.Object({
  processes: Type.Array(ProcessNode),
  focus: Type.String({ description: 'uid of the process that the finding is about' }),
});
export type FindingTree = Static<typeof FindingTree>;

/** Answer of `GET /api/processes`: every process that runs now. */
export const ProcessesAnswer = Type.Object({ items: Type.Array(ProcessNode) });
export type ProcessesAnswer = Static<typeof ProcessesAnswer>;

const where = Type.String({ maxLength: 2000, description: 'filter; an error in it answers 400 bad_where' });
const kinds = Type.String({ maxLength: 2000, description: 'kinds of event, separated by commas' });

/** Query of `GET /api/events`. Newest first. */
export const EventsQuery = Type.Object({
  limit: maybe(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  before_sequence: maybe(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
  where: maybe(where),
  kinds: maybe(kinds),
});
export type EventsQuery = Static<typeof EventsQuery>;

/** Answer of `GET /api/events`; every event has `metadata.sequence`. */
export const EventsPage = Type.Object({
  items: Type.Array(Event),
  next: maybe(Type.Integer({ description: 'pass as `before_sequence`; absent when nothing is older' })),
});
export type EventsPage = Static<typeof EventsPage>;

/** Query of `GET /api/stream` (Server-Sent Events). `where` and `kinds` narrow the topic `events` only. */
export const StreamQuery = Type.Object({
  topics: Type.String({
    pattern: '^(events|findings|incidents|summary)(,(events|findings|incidents|summary))*$',
  }),
  where: maybe(where),
  kinds: maybe(kinds),
});
export type StreamQuery = Static<typeof StreamQuery>;

/** Data of the stream's `skipped`: matching events that were not sent, since the last such message. */
export const Skipped = Type.Object({ count: count('events') });
export type Skipped = Static<typeof Skipped>;

/**
 * Messages of `GET /api/stream`, by the name in `event:`. A finding, and an incident, is sent anew whenever it
 * changes; an incident that was merged comes once more, with `redoubt.merged_into`.
 */
export interface StreamMessages {
  summary: Summary;
  finding: Finding;
  incident: Incident;
  event: Event;
  skipped: Skipped;
}

/** Schemas of the stream's messages. */
export const StreamSchemas = {
  summary: Summary,
  finding: Finding,
  incident: Incident,
  event: Event,
  skipped: Skipped,
} as const satisfies {
  [Name in keyof StreamMessages]: TSchema;
};
