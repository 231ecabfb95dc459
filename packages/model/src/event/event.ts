/** The OCSF event: one schema from which types, validation and documentation derive. */
import { type Static, Type } from '../schema.ts';
import { Device, Endpoint, File, Process, User } from './objects.ts';

const maybe = Type.Optional;

/** OCSF `metadata`. */
export const Metadata = Type.Object({
  version: Type.Literal('1.6.0', { description: 'OCSF version' }),
  product: Type.Object({ name: Type.String(), vendor_name: Type.String(), version: maybe(Type.String()) }),
  event_code: Type.String({ description: 'kind of event, a key of EventKinds for host events' }),
  sequence: maybe(Type.Integer({ description: 'position in this host’s record; grows by one an event' })),
  uid: maybe(Type.String({ description: 'unique id of the event' })),
  log_name: maybe(Type.String({ description: 'source that the event was read from' })),
  logged_time: maybe(
    Type.Integer({
      description: 'when the collector received the record, milliseconds since the Unix epoch',
    }),
  ),
  original_time: maybe(
    Type.String({
      description: 'time as the source stated it (ISO 8601), where its clock was ahead of ours',
    }),
  ),
});

/**
 * An event as OCSF names it. Attributes that only some classes have are optional here; `class_uid` tells
 * which to expect. Whatever a source says beyond OCSF stands in `unmapped` under the source's own names.
 */
export const Event = Type.Object({
  class_uid: Type.Integer({ description: 'OCSF class' }),
  category_uid: Type.Integer({ description: 'OCSF category: floor(class_uid / 1000)' }),
  activity_id: Type.Integer({ description: 'OCSF activity within the class' }),
  activity_name: maybe(Type.String()),
  type_uid: Type.Integer({ description: 'class_uid * 100 + activity_id' }),
  time: Type.Integer({ description: 'milliseconds since the Unix epoch' }),
  severity_id: Type.Integer({ minimum: 0, maximum: 99 }),
  status_id: maybe(Type.Integer({ description: '1 success, 2 failure' })),
  status_code: maybe(Type.String({ description: 'errno name of a failure' })),
  message: maybe(Type.String()),
  metadata: Metadata,
  device: maybe(Device),
  actor: maybe(
    Type.Object(
      { process: Process, user: maybe(User) },
      { description: 'the process that did it (empty when the source names none) and the user' },
    ),
  ),
  user: maybe(User),
  group: maybe(Type.Object({ uid: maybe(Type.String()), name: maybe(Type.String()) })),
  service: maybe(Type.Object({ name: maybe(Type.String()), uid: maybe(Type.String()) })),
  auth_protocol: maybe(Type.String({ description: 'NTLM, Kerberos, publickey, password …' })),
  logon_type_id: maybe(
    Type.Integer({ description: 'Windows logon type: 2 interactive, 3 network, 10 remote interactive …' }),
  ),
  session: maybe(Type.Object({ uid: maybe(Type.String()), terminal: maybe(Type.String()) })),
  http_request: maybe(
    Type.Object({
      http_method: maybe(Type.String()),
      version: maybe(Type.String()),
      user_agent: maybe(Type.String()),
      referrer: maybe(Type.String()),
      url: maybe(
        Type.Object({
          url_string: maybe(Type.String()),
          hostname: maybe(Type.String()),
          path: maybe(Type.String()),
          query_string: maybe(Type.String()),
          port: maybe(Type.Integer()),
        }),
      ),
    }),
  ),
  http_response: maybe(Type.Object({ code: Type.Integer(), length: maybe(Type.Integer()) })),
  api: maybe(
    Type.Object({
      operation: Type.String(),
      service: maybe(Type.Object({ name: Type.String() })),
      request: maybe(Type.Object({ uid: Type.String() })),
      response: maybe(
        Type.Object({
          error: maybe(Type.String()),
          message: maybe(Type.String()),
          code: maybe(Type.Integer()),
        }),
      ),
    }),
  ),
  cloud: maybe(
    Type.Object({
      provider: Type.String({ description: 'AWS, Alibaba Cloud' }),
      region: maybe(Type.String()),
      account: maybe(Type.Object({ uid: Type.String() })),
    }),
  ),
  resources: maybe(
    Type.Array(
      Type.Object({
        uid: maybe(Type.String()),
        name: maybe(Type.String()),
        type: maybe(Type.String()),
        namespace: maybe(Type.String()),
      }),
    ),
  ),
  traffic: maybe(
    Type.Object({
      bytes: maybe(Type.Integer()),
      packets: maybe(Type.Integer()),
      bytes_in: maybe(Type.Integer()),
      bytes_out: maybe(Type.Integer()),
    }),
  ),
  script: maybe(
    Type.Object({
      type_id: Type.Integer({ description: '2 PowerShell' }),
      uid: maybe(Type.String()),
      script_content: Type.Object({ value: Type.String() }),
    }),
  ),
  job: maybe(Type.Object({ name: Type.String(), cmd_line: maybe(Type.String()) })),
  firewall_rule: maybe(Type.Object({ uid: maybe(Type.String()), desc: maybe(Type.String()) })),
  finding_info: maybe(Type.Object({ uid: Type.String(), title: Type.String() })),
  action_id: maybe(Type.Integer({ description: '1 allowed, 2 denied' })),
  start_time: maybe(Type.Integer({ description: 'start of the period that the record covers' })),
  end_time: maybe(Type.Integer({ description: 'end of the period that the record covers' })),
  process: maybe(Process),
  file: maybe(File),
  file_result: maybe(File),
  src_endpoint: maybe(Endpoint),
  dst_endpoint: maybe(Endpoint),
  connection_info: maybe(
    Type.Object({
      protocol_name: maybe(Type.String()),
      protocol_num: maybe(Type.Integer()),
      direction_id: maybe(Type.Integer({ description: '1 inbound, 2 outbound' })),
    }),
  ),
  query: maybe(
    Type.Object({ hostname: Type.String(), type: maybe(Type.String()), class: maybe(Type.String()) }),
  ),
  answers: maybe(
    Type.Array(Type.Object({ type: Type.String(), rdata: Type.String(), ttl: maybe(Type.Integer()) })),
  ),
  rcode: maybe(Type.String()),
  driver: maybe(Type.Object({ file: File })),
  count: maybe(Type.Integer({ description: 'how many alike, when one record stands for many' })),
  unmapped: maybe(Type.Record(Type.String(), Type.Unknown())),
});
export type Event = Static<typeof Event>;
