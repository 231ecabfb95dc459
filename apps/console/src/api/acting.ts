/** Asking the agent to act: actions, playbooks, bans. */
import type {
  Action,
  BanChange,
  BanPlan,
  BanRequest,
  BansAnswer,
  PlanAnswer,
  PlanBody,
  PlaybookAnswer,
  PlaybookBody,
  PlaybooksAnswer,
  ResponseAnswer,
  RunBody,
  RunItem,
} from './contract.ts';
import { change, get, queryOf } from './request.ts';

const response = (...names: string[]): string =>
  ['/api/response', ...names.map(encodeURIComponent)].join('/');

/** Kinds of actions, and every action. */
export function getResponse(signal?: AbortSignal): Promise<ResponseAnswer> {
  return get(response(), signal);
}

/** What an action would do; changes nothing. */
export function planAction(body: PlanBody): Promise<PlanAnswer> {
  return change(response('plan'), body);
}

export function runAction(body: RunBody): Promise<Action> {
  return change(response('run'), body);
}

export function undoAction(uid: string): Promise<Action> {
  return change(response('actions', uid, 'undo'));
}

/** Lets an action stand for so many seconds from now. */
export function extendAction(uid: string, lasts: number): Promise<Action> {
  return change(response('actions', uid, 'extend'), { lasts });
}

/** Playbooks and their runs. */
export function getPlaybooks(signal?: AbortSignal): Promise<PlaybooksAnswer> {
  return get(response('playbooks'), signal);
}

/** Starts a playbook, or with `dry_run` tells what each step would do. */
export function runPlaybook(name: string, body: PlaybookBody): Promise<PlaybookAnswer> {
  return change(response('playbooks', name, 'run'), body);
}

export function approveRun(uid: string): Promise<RunItem> {
  return change(response('runs', uid, 'approve'));
}

/** Takes back all that a run has done. */
export function undoRun(uid: string): Promise<RunItem> {
  return change(response('runs', uid, 'undo'));
}

/** Bans, jails, allow-list; `subject` asks for the bans that an address falls under. */
export function getBans(
  query: { subject: string; limit: number },
  signal?: AbortSignal,
): Promise<BansAnswer> {
  return get(`/api/bans${queryOf(query)}`, signal);
}

/** What a ban would do; changes nothing. */
export function planBan(body: BanRequest): Promise<BanPlan> {
  return change('/api/bans/plan', body);
}

export function ban(body: BanRequest): Promise<BanChange> {
  return change('/api/bans', body);
}

export function unban(subject: string): Promise<BanChange> {
  return change('/api/bans/remove', { subjects: [subject] });
}
