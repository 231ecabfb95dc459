/** What jails would have banned in a past period, from the record. */
import type { EventKind, Impact, ImpactGroup } from '@redoubt/model';
import { parseNetwork, subjectOf } from '../address/address.ts';
import type { AllowList } from '../address/allow-list.ts';
import { Peers } from '../address/peers.ts';
import type { Period } from '../ladder/index.ts';
import { banOf } from './guard.ts';
import type { Jail } from './jail/jail.ts';
import { JailWatch, type Offender } from './jail/watch.ts';

/** Groups that are told; the others are counted. */
const groupsTold = 200;
const subjectsKept = 50_000;

/** How a replay judges. */
export interface ReplayOptions {
  readonly jails: readonly Jail[];
  readonly allow: AllowList;
  /** Whether a ban asks for an accepted connection in the record. */
  readonly evidence: boolean;
}

interface Group {
  readonly offender: Offender;
  until: number;
  times: number;
  blocked: number;
  last: number;
}

/** Replays a period. */
export async function replay(options: ReplayOptions, period: Period): Promise<Impact> {
  const { reader, from, to, signal, onProgress } = period;
  const watch = new JailWatch(options.jails);
  const peers = new Peers();
  const groups = new Map<string, Group>();
  const kinds: EventKind[] = [...new Set<EventKind>([...watch.kinds, 'network.accept'])];
  let examined = 0;
  let blocked = 0;
  let unreadable = 0;
  const onDamage = ({ count }: { readonly count: number }): void => {
    unreadable += count;
  };
  for await (const view of reader.events({ from, to, kinds, signal, onDamage })) {
    signal.throwIfAborted();
    examined++;
    if (examined % 1_000 === 0) onProgress(examined);
    const { time, kind } = view;
    const address = view.get('src_endpoint.ip');
    const subject = typeof address === 'string' ? subjectOf(address) : undefined;
    const banned = subject === undefined ? undefined : groups.get(subject);
    if (banned !== undefined && banned.until > time) {
      blocked++;
      banned.blocked++;
      banned.last = time;
      continue;
    }
    if (kind === 'network.accept' && typeof address === 'string') peers.note(address, time);
    for (const offender of watch.event(view, view.sequence)) {
      if (!wouldBan(offender, options, peers)) continue;
      const known = groups.get(offender.subject);
      const times = (known?.times ?? 0) + 1;
      const until = banOf(offender, times, offender.last).until ?? time;
      if (known !== undefined) Object.assign(known, { until, times, last: time });
      else if (groups.size < subjectsKept)
        groups.set(offender.subject, { offender, until, times, blocked: 0, last: time });
    }
  }
  onProgress(examined);
  const sorted = [...groups.values()].sort((a, b) => b.blocked - a.blocked || b.times - a.times);
  return {
    from,
    to,
    examined,
    blocked,
    groups: sorted.slice(0, groupsTold).map(told),
    more_groups: Math.max(sorted.length - groupsTold, 0),
    unreadable,
    limits: [
      {
        en: 'Lines of files that a jail alone follows are not in the record. A ban would also have kept out connections that no log tells of.',
        zh: '仅由某条规则单独跟踪的文件不在记录中。封禁还会阻断日志中没有体现的连接。',
      },
      ...(groups.size >= subjectsKept
        ? [{ en: `Only ${subjectsKept} addresses were followed.`, zh: `只跟踪了 ${subjectsKept} 个地址。` }]
        : []),
    ],
  };
}

function wouldBan({ jail, subject, address }: Offender, options: ReplayOptions, peers: Peers): boolean {
  if (jail.countBy === 'user') return false;
  const network = parseNetwork(subject);
  if (network === undefined || options.allow.objection(network, jail.ignore) !== undefined) return false;
  if (!options.evidence || !jail.evidence) return true;
  const plain = address === undefined ? undefined : parseNetwork(address)?.text;
  return plain !== undefined && peers.has(plain, Number.NEGATIVE_INFINITY);
}

function told({ offender, times, blocked, last }: Group): ImpactGroup {
  const { jail, subject, first, sequence, count } = offender;
  return {
    key: subject,
    subject: {
      en: `${subject} after ${count} offences (${jail.name}), banned ${times} time(s)`,
      zh: `${subject}：违规 ${count} 次（${jail.name}），封禁 ${times} 次`,
    },
    count: blocked,
    first_time: first,
    last_time: last,
    ...(sequence !== undefined && { sequence }),
  };
}
