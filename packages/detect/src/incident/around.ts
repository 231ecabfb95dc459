/** Asking the record what happened around the findings: what came first, and what a counted finding stands for. */
import type { Event, EventKind, EventView } from '@redoubt/model';
import { hostOf } from './correlate/address.ts';
import { identityOf } from './correlate/identity.ts';
import { type AroundEvent, keyOfEvent, type Member, objectLimit } from './member.ts';
import { objectOf, sentenceOfEvent } from './story/sentence.ts';

/** A question to the record. Times in milliseconds since the Unix epoch, both included. */
export interface EventQuestion {
  readonly kinds: readonly EventKind[];
  readonly from: number;
  readonly to: number;
  readonly wants: (view: EventView) => boolean;
  /** The earliest so many are enough. */
  readonly limit: number;
}

/** Answers questions with events in the order of their times. */
export type EventLookup = (question: EventQuestion) => Promise<readonly Event[]>;

/** Events asked for that came before. */
const earlierLimit = 5;
/**
 * What goes on before and after a counted finding in the same way belongs to it, milliseconds: a rule that counts
 * to five reports the five, and the sixth is part of the attack too.
 */
export const aftermath = 600_000;
/** A session is opened a little before its first process runs, milliseconds. */
const sessionLead = 120_000;
/** How far is looked back where no session is known, milliseconds. */
const lookBack = 1_800_000;
/** A session that began earlier than this before the first finding is not looked for, milliseconds. */
const longestSession = 86_400_000;
/** A session's first events follow its start within this, milliseconds. */
const sessionOpening = 60_000;
/** Of kinds that a host makes by the thousand, no more than this is looked through, milliseconds. */
const longestLook = 300_000;
/** Kinds of which a counted finding can be told in full. */
const countedKinds = new Set<EventKind>([
  'auth.service_ticket',
  'dns.query',
  'network.connect',
  'file.create',
  'file.write',
  'file.unlink',
  'file.rename',
]);

/** An account as it is compared here: in one story, `root` is someone too. */
function personOf(account: string | undefined): string | undefined {
  return identityOf(account)?.name ?? account?.toLowerCase();
}

/** Accounts that a finding names. */
function peopleOf({ facts }: Member): Set<string | undefined> {
  return new Set(facts.accounts.map(({ name }) => personOf(name)));
}

/** The earliest events of the session, or of the accounts, that an incident began with. */
export async function earlierEvents(
  members: readonly Member[],
  lookup: EventLookup,
): Promise<readonly (readonly [key: string, event: AroundEvent])[]> {
  const [first] = members;
  if (first === undefined) return [];
  const who = peopleOf(first);
  // Everything below the hubs: the branch that the finding's keys were taken of.
  const branch = first.processes.filter(({ uid }) =>
    first.keys.some(({ family, text }) => family === 'process' && text.includes(`|${uid}|`)),
  );
  const began = Math.min(...branch.flatMap(({ start }) => start ?? []));
  const hasSession = Number.isFinite(began) && first.first - began < longestSession;
  const top = branch.at(-1)?.uid;
  const uids = new Set(branch.map(({ uid }) => uid));
  const hosts = new Set(
    members
      .flatMap(({ facts }) => [facts.hostname, ...facts.remotes.map(({ hostname }) => hostname)])
      .map(hostOf),
  );
  const wants = (view: EventView): boolean => {
    if (view.kind === 'process.exec') return top !== undefined && view.get('process.uid') === top;
    if (view.kind === 'network.accept') return uids.has(String(view.get('actor.process.uid')));
    // A log-on of a domain is logged where it is checked, and names where it was asked for.
    const places = ['device.hostname', 'src_endpoint.hostname'].map(path => hostOf(textOf(view.get(path))));
    const isElsewhere =
      places.some(place => place !== undefined) &&
      !places.some(place => place !== undefined && hosts.has(place));
    if (isElsewhere) return false;
    const user = personOf(textOf(view.get('user.name')));
    return user !== undefined && who.has(user);
  };
  // Log-ons are few and cheap to find; what a host does all the time is looked at around one moment only.
  const found = await lookup({
    kinds: hasSession ? ['auth.logon', 'network.accept', 'process.exec'] : ['auth.logon'],
    from: hasSession ? began - sessionLead : first.first - lookBack,
    to: hasSession ? Math.min(first.first - 1, began + sessionOpening) : first.first - 1,
    wants,
    limit: earlierLimit,
  });
  return found.map(event => [
    keyOfEvent(event),
    {
      time: event.time,
      text: sentenceOfEvent(event),
      host: event.device?.hostname ?? first.facts.hostname,
    },
  ]);
}

/** Whether the record may know more things that a finding's events were done to than the finding shows. */
export function isCounted({ count, facts, objects }: Member): boolean {
  return count > objects.length && objects.length < objectLimit && countedKinds.has(facts.kind as EventKind);
}

/** Everything that the events of a counted finding were done to. */
export async function objectsOf(member: Member, lookup: EventLookup): Promise<string[]> {
  const { facts } = member;
  const kind = facts.kind as EventKind;
  const who = peopleOf(member);
  const process = member.processes[0]?.uid;
  const wants = (view: EventView): boolean => {
    if (process !== undefined) return view.get('actor.process.uid') === process;
    const user = personOf(textOf(view.get('user.name')));
    if (user === undefined || !who.has(user)) return false;
    const encryption = textOf(view.get('unmapped.TicketEncryptionType'))?.toLowerCase();
    if (kind !== 'auth.service_ticket') return true;
    // The passwords of machines and of the ticket service itself cannot be guessed: no attacker asks for those.
    const service = textOf(view.get('service.name')) ?? '';
    return encryption === facts.encryption && !service.endsWith('$') && service.toLowerCase() !== 'krbtgt';
  };
  const span = kind.startsWith('auth.')
    ? { from: member.first - aftermath, to: member.last + aftermath }
    : { from: member.first, to: Math.min(member.last, member.first + longestLook) };
  const events = await lookup({ kinds: [kind], ...span, wants, limit: 1_000 });
  const objects = new Set(member.objects);
  for (const event of events) {
    const object = objectOf(kind, facts, event);
    if (object !== undefined && objects.size < objectLimit) objects.add(object);
  }
  return [...objects];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
