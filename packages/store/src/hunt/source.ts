/** What a hunt can look at, and which attributes each has. */
import { Event, Finding } from '@redoubt/model';
import type { SourceName } from './language.ts';

/** What an attribute holds, as far as showing it needs to know. */
export interface Attribute {
  /** Milliseconds since the Unix epoch. */
  readonly isTime: boolean;
}

/** A source of rows. */
export interface Source {
  readonly name: SourceName;
  /** Columns of a hunt that names none. */
  readonly shown: readonly string[];
  /** Every attribute by its path. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Beginning of paths that may go on as they like, because the source of an event chose their names. */
  readonly open: string | undefined;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly description?: string;
  readonly type?: string;
}

function leavesOf(schema: SchemaNode, path: string, into: Map<string, Attribute>): Map<string, Attribute> {
  const node = schema.items ?? schema;
  if (node.properties === undefined) {
    const isTime = node.type === 'integer' && (node.description ?? '').includes('since the Unix epoch');
    into.set(path, { isTime: isTime || /_time$/.test(path) });
    return into;
  }
  for (const [name, inner] of Object.entries(node.properties)) {
    leavesOf(inner, path === '' ? name : `${path}.${name}`, into);
  }
  return into;
}

const eventAttributes = leavesOf(Event as SchemaNode, '', new Map([['kind', { isTime: false }]]));

const processTimes = ['start_time', 'exec_time', 'end_time'];
const processTexts = [
  'uid',
  'boot_id',
  'pid',
  'exit_code',
  'parent_uid',
  'image',
  'name',
  'exe',
  'cmd_line',
  'cwd',
  'user_id',
  'euid',
  'gid',
  'egid',
  'auid',
  'user_name',
  'container.uid',
  'container.name',
  'container.runtime',
  'container.pod_uuid',
  'container.image.name',
  'container.image.uid',
  'sha256',
  'package.name',
  'package.version',
  'package.type',
  'package.purl',
  'capabilities',
  'tty',
  'session',
  'deleted',
  'memfd',
];

/** Every source by its name. `time` of a process is its start. */
export const sources: Readonly<Record<SourceName, Source>> = {
  events: {
    name: 'events',
    shown: [
      'time',
      'kind',
      'actor.process.pid',
      'actor.process.file.path',
      'actor.process.user.name',
      'process.cmd_line',
      'file.path',
      'dst_endpoint.ip',
      'dst_endpoint.port',
      'query.hostname',
    ],
    attributes: eventAttributes,
    open: 'unmapped.',
  },
  process: {
    name: 'process',
    shown: ['start_time', 'pid', 'user_name', 'exe', 'cmd_line', 'end_time'],
    attributes: new Map<string, Attribute>([
      ...processTexts.map((path): [string, Attribute] => [path, { isTime: false }]),
      ...['time', ...processTimes].map((path): [string, Attribute] => [path, { isTime: true }]),
    ]),
    open: undefined,
  },
  finding: {
    name: 'finding',
    shown: ['time', 'severity_id', 'count', 'finding_info.analytic.uid', 'message', 'finding_info.uid'],
    attributes: leavesOf(Finding as SchemaNode, '', new Map()),
    open: 'evidences.event.',
  },
};

/** Whether a source has an attribute; undefined when it has not. */
export function attributeOf(source: Source, path: string): Attribute | undefined {
  const known = source.attributes.get(path);
  if (known !== undefined) return known;
  return source.open !== undefined && path.startsWith(source.open) ? { isTime: false } : undefined;
}

/** Attributes that may have been meant: those below the path, those with its last word, those that begin alike. */
export function similarTo(names: Iterable<string>, path: string): string[] {
  const last = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const begun = path.toLowerCase().slice(0, -Math.ceil(last.length / 2));
  const found = [...names].filter(
    name =>
      name.startsWith(`${path}.`) ||
      name.toLowerCase().includes(last) ||
      (begun.length > 3 && name.toLowerCase().startsWith(begun)),
  );
  return found.sort((a, b) => a.length - b.length).slice(0, 4);
}
