/** The story of an incident: its findings and the events around them as ordered steps. */
import type { StoryStep } from '@redoubt/model';
import type { Names } from '../correlate/directory.ts';
import type { AroundEvent, Member } from '../member.ts';
import { sentenceOf } from './sentence.ts';
import { placeOf } from './tactics.ts';

/** Steps of one story. */
export const stepLimit = 200;
/** Findings alike are one step while no more than this lies between them, milliseconds. */
const stepGap = 600_000;

interface Step {
  readonly members: Member[];
  last: number;
}

/**
 * Tells the story. Findings of one rule by one account on one host that follow each other are one step.
 * @param members in the order of their first events
 * @returns the first `stepLimit` steps, and how many there were
 */
export function tell(
  members: readonly Member[],
  around: readonly AroundEvent[],
  names: Names,
): { steps: StoryStep[]; total: number } {
  const open = new Map<string, Step>();
  const gathered: Step[] = [];
  for (const member of members) {
    const { facts } = member;
    const key = [member.rule, facts.kind, facts.hostname, facts.accounts[0]?.name, facts.address].join('|');
    const step = open.get(key);
    if (step !== undefined && member.first - step.last <= stepGap) {
      step.members.push(member);
      step.last = Math.max(step.last, member.last);
      continue;
    }
    const begun = { members: [member], last: member.last };
    open.set(key, begun);
    gathered.push(begun);
  }
  const steps = [...around.map(stepOfEvent), ...gathered.map(step => stepOf(step, names))].sort(
    (a, b) => a.time - b.time,
  );
  return { steps: steps.slice(0, stepLimit), total: steps.length };
}

function stepOf({ members, last }: Step, names: Names): StoryStep {
  const [first] = members;
  if (first === undefined) throw new Error('a step of the story has no finding');
  const objects = [...new Set(members.flatMap(member => member.objects))];
  // Of several tactics of a rule the earliest in the chain tells how it came about.
  const tactic = members
    .flatMap(member => member.attacks.map(attack => attack.tactic))
    .filter(({ uid }) => uid !== '')
    .sort((a, b) => placeOf(a.uid) - placeOf(b.uid))[0];
  const text = sentenceOf(first.facts, first.title, objects, names);
  return {
    time: first.first,
    ...(last > first.first ? { end_time: last } : {}),
    text,
    ...(tactic === undefined ? {} : { tactic: { uid: tactic.uid, name: tactic.name } }),
    severity_id: Math.max(...members.map(member => member.severity)),
    count: members.reduce((sum, member) => sum + member.count, 0),
    ...(first.facts.hostname === undefined ? {} : { host: first.facts.hostname }),
    findings: members.map(member => member.uid),
  };
}

function stepOfEvent({ time, text, host }: AroundEvent): StoryStep {
  return { time, text, severity_id: 1, count: 1, ...(host === undefined ? {} : { host }), findings: [] };
}
