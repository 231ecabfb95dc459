/** Synthetic rules and events that look like the real ones: for measuring, not for detecting. */
import {
  buildEvent,
  type Event,
  type EventKind,
  type EventView,
  type FieldValue,
  viewOf,
} from '@redoubt/model';

/** A small generator of repeatable pseudo-random numbers (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const word = (random: Random): string =>
  Math.floor(random() * 36 ** 6)
    .toString(36)
    .padStart(6, 'k');

/** Shares of the categories in the public corpus, roughly: process creation leads by far. */
const categories = [
  'process_creation',
  'process_creation',
  'process_creation',
  'process_creation',
  'file_event',
  'file_event',
  'network_connection',
  'dns_query',
  'file_delete',
  'file_access',
] as const;

function selectionFor(random: Random, category: string): Record<string, unknown> {
  const name = word(random);
  switch (category) {
    case 'process_creation': {
      const form = random();
      if (form < 0.4)
        return {
          'Image|endswith': [`/${name}`, `/${word(random)}`],
          'CommandLine|contains': [` -${word(random)}`, `${word(random)}/`],
        };
      if (form < 0.6) return { 'CommandLine|contains|all': [`--${name}`, word(random), ' -c '] };
      if (form < 0.75)
        return { 'ParentImage|endswith': `/${name}`, 'Image|endswith': ['/sh', '/bash', '/curl'] };
      if (form < 0.85) return { 'CommandLine|re': `(curl|wget)\\s+-[a-z]{1,3}\\s+https?://[^ ]*${name}` };
      if (form < 0.95) return { 'CommandLine|contains': [name, word(random), word(random), word(random)] };
      return { Image: `/usr/sbin/${name}`, User: 'root' };
    }
    case 'network_connection':
      return random() < 0.5
        ? { DestinationPort: [Math.floor(random() * 60_000), 1 + Math.floor(random() * 9_000)] }
        : { 'Image|endswith': `/${name}`, 'DestinationIp|cidr': `${Math.floor(random() * 200)}.0.0.0/8` };
    case 'dns_query':
      return { 'QueryName|endswith': [`.${name}.com`, `${word(random)}.net`] };
    default:
      return random() < 0.5
        ? { 'TargetFilename|startswith': `/etc/${name}` }
        : {
            'TargetFilename|endswith': [`/${name}`, `.${name.slice(0, 4)}`],
            'Image|endswith': ['/bash', '/sh'],
          };
  }
}

/** The text of a rule. */
export function generateRule(random: Random, number: number): string {
  const category = pick(random, categories);
  const detection: Record<string, unknown> = { selection: selectionFor(random, category) };
  const filtered = random() < 0.4;
  if (filtered) detection['filter'] = { 'Image|startswith': `/opt/${word(random)}/` };
  detection['condition'] = filtered ? 'selection and not filter' : 'selection';
  return JSON.stringify({
    title: `generated ${number}`,
    id: `g${number}`,
    logsource: { product: 'linux', category },
    detection,
  });
}

const programs = [
  '/usr/bin/bash',
  '/usr/bin/dash',
  '/usr/bin/curl',
  '/usr/bin/python3.13',
  '/usr/sbin/nginx',
  '/usr/bin/git',
  '/usr/lib/postgresql/17/bin/postgres',
  '/usr/bin/node',
  '/usr/bin/dpkg',
  '/usr/libexec/gcc/x86_64-linux-gnu/14/cc1',
];
const mixed: readonly EventKind[] = [
  'file.create',
  'file.write',
  'file.write',
  'file.write',
  'file.rename',
  'file.unlink',
  'process.fork',
  'process.exec',
  'process.exit',
  'network.connect',
  'dns.query',
  'file.chmod',
  'network.accept',
];

function generateEvent(random: Random, kind: EventKind, time: number): Event {
  const path = pick(random, programs);
  const directory = pick(random, [
    '/var/lib/app',
    '/home/deploy/src/build',
    '/usr/share/doc/x',
    '/var/cache/nginx/7/3a',
    '/srv/www/site',
  ]);
  const process = {
    pid: Math.floor(random() * 99_999),
    uid: `${Math.floor(random() * 9_999)}:1`,
    file: { path, package: { name: 'x' } },
    user: { name: 'www-data' },
    cmd_line: `${path} --config /etc/${word(random)}.conf -n ${word(random)} ${directory}/${word(random)} --jobs=4`,
    parent_process: { file: { path: pick(random, programs) } },
    ancestry: programs.slice(0, 4).map(one => ({ file: { path: one } })),
  };
  const file = {
    path: `${directory}/${word(random)}/${word(random)}.${pick(random, ['o', 'txt', 'js', 'tmp', 'c'])}`,
  };
  if (kind.startsWith('file.'))
    return buildEvent(kind, time, {
      actor: { process },
      file,
      ...(kind === 'file.rename' ? { file_result: { path: `${file.path}.x` } } : {}),
    });
  if (kind.startsWith('network.'))
    return buildEvent(kind, time, {
      actor: { process },
      dst_endpoint: {
        ip: `198.18.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`,
        port: pick(random, [80, 443, 5432, 53]),
      },
      connection_info: { direction_id: 2 },
    });
  if (kind === 'dns.query')
    return buildEvent(kind, time, {
      actor: { process },
      query: {
        hostname: `${word(random)}.${pick(random, ['example.org', 'debian.org', 'internal.lan'])}`,
        type: 'A',
      },
    });
  return buildEvent(kind, time, { process, actor: { process } });
}

/** A view whose attributes are ready: a look-up in a map each, so that the engine is measured. */
class DecodedView implements EventView {
  readonly kind: EventKind;
  readonly time: number;
  readonly #values: ReadonlyMap<string, FieldValue>;
  readonly #event: Event;

  constructor(event: Event, paths: readonly string[]) {
    const view = viewOf(event);
    this.kind = view.kind;
    this.time = view.time;
    this.#event = event;
    this.#values = new Map(paths.map(path => [path, view.get(path)]));
  }

  get(path: string): FieldValue {
    return this.#values.get(path);
  }

  toEvent(): Event {
    return this.#event;
  }
}

const paths = ['process', 'actor.process']
  .flatMap(root =>
    [
      'file.path',
      'cmd_line',
      'user.name',
      'uid',
      'container.uid',
      'file.package.name',
      'file.is_memfd',
      'file.is_deleted',
      'parent_process.file.path',
      'ancestry.file.path',
      'ancestry.cmd_line',
      'session.terminal',
    ].map(name => `${root}.${name}`),
  )
  .concat([
    'file.path',
    'file_result.path',
    'dst_endpoint.ip',
    'dst_endpoint.port',
    'query.hostname',
    'metadata.event_code',
    'connection_info.direction_id',
    'unmapped.open_flags',
    'unmapped.new_mode',
    'file.mode',
  ]);

/** Events of a kind, or of the mixture that a busy server gives. */
export function generateEvents(count: number, only?: EventKind): EventView[] {
  const random = randomOf(7);
  return Array.from(
    { length: count },
    (_, number) => new DecodedView(generateEvent(random, only ?? pick(random, mixed), number), paths),
  );
}
