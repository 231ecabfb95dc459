/**
 * Runs playbooks: one step after the other, each an action of the responder whose uid follows from run and step, so
 * that a run which a crash has cut short goes on without doing anything twice.
 */
import type { ActionPlan, Bilingual, Finding, JournalEntry, JournalSink } from '@redoubt/model';
import { hostMoment, type Moment } from '../../ladder/index.ts';
import { ActionError, wordsOfError } from '../action.ts';
import { Lanes } from '../lanes.ts';
import type { Responder } from '../responder.ts';
import type { ShelfCalls } from '../shelf.ts';
import { filled } from './fill.ts';
import type { Playbook } from './playbook.ts';
import { isEnded, type Run, RunShelf, type RunStatus, type RunStep, runUid } from './run.ts';

export interface RunnerOptions {
  readonly stateDirectory: string;
  readonly responder: Responder;
  readonly journal: JournalSink;
  readonly onTrouble?: (text: Bilingual) => void;
  /** For tests. */
  readonly moment?: () => Moment;
  readonly calls?: ShelfCalls;
}

/** What somebody who starts a run says. */
export interface StartRequest {
  readonly by: string;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** A step as it would be: its plan, or why it could not be taken. */
export interface DryStep {
  readonly name: string;
  readonly action: string;
  readonly target?: object;
  readonly plan?: ActionPlan;
  readonly error?: Bilingual;
  readonly approval?: { readonly people: number; readonly within: number };
  readonly lasts?: number;
}

const self = 'redoubt';
/** Ended runs that are kept; the journal keeps all. */
const endedKept = 500;

/** Made by {@link PlaybookRunner.open}; {@link PlaybookRunner.tick} is called about once a second. */
export class PlaybookRunner {
  readonly #options: RunnerOptions;
  readonly #shelf: RunShelf;
  readonly #runs = new Map<string, Run>();
  readonly #lanes = new Lanes();
  readonly #moment: () => Moment;

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#moment = options.moment ?? hostMoment;
    this.#shelf = new RunShelf(options.stateDirectory, options.calls);
    for (const run of this.#shelf.read(text => options.onTrouble?.(text))) this.#runs.set(run.uid, run);
  }

  /** Opens it once the responder has ended what was cut short, and goes on with the runs that had not ended. */
  static async open(options: RunnerOptions): Promise<PlaybookRunner> {
    const runner = new PlaybookRunner(options);
    for (const run of [...runner.#runs.values()]) {
      await runner.#tell(run.uid);
      if (!isEnded(run)) await runner.#alone(run.uid, () => runner.#resume(run.uid));
    }
    return runner;
  }

  /** Every run, the newest first. */
  list(): Run[] {
    return [...this.#runs.values()].sort((a, b) => b.created - a.created);
  }

  /** One run. @throws ActionError `unknown` */
  view(uid: string): Run {
    const found = this.#runs.get(uid);
    if (found !== undefined) return found;
    const name = uid.slice(0, 80);
    throw new ActionError('unknown', { en: `there is no run ${name}`, zh: `没有编号为 ${name} 的运行` });
  }

  /** What a run would do. Changes nothing. */
  async dryRun(
    { steps }: Playbook,
    finding: Finding,
    inputs: StartRequest['inputs'] = {},
  ): Promise<DryStep[]> {
    return Promise.all(
      steps.map(async step => {
        const { name, action, approval, lasts } = step;
        const known = { name, action, ...(approval && { approval }), ...(lasts !== undefined && { lasts }) };
        try {
          const target = filled(step, finding, inputs);
          return { ...known, target, plan: await this.#options.responder.plan(action, target) };
        } catch (error) {
          return { ...known, error: wordsOfError(error) };
        }
      }),
    );
  }

  /**
   * Starts a run, or answers with the one that does the same already.
   * @throws ActionError `bad_target` when a value is missing, `not_recorded`
   */
  async start(playbook: Playbook, finding: Finding, { by, inputs = {} }: StartRequest): Promise<Run> {
    const about = finding.finding_info.uid;
    return this.#alone(`start ${playbook.name} ${about}`, async () => {
      let attempt = 1;
      let uid = runUid(playbook.name, about, attempt);
      for (let known = this.#runs.get(uid); known !== undefined; known = this.#runs.get(uid)) {
        if (!isEnded(known) || known.status === 'done') return known;
        attempt += 1;
        uid = runUid(playbook.name, about, attempt);
      }
      const steps = playbook.steps.map(
        (step): RunStep => ({
          ...step,
          target: filled(step, finding, inputs),
          status: 'pending',
          attempt: 1,
          approvals: [],
        }),
      );
      const { name, title, onFailure } = playbook;
      const created = this.#moment().wall;
      const run: Run = {
        uid,
        playbook: name,
        title,
        finding: about,
        by,
        created,
        status: 'running',
        onFailure,
        steps,
      };
      await this.#writeDown(run);
      await this.#alone(uid, () => this.#advance(uid));
      return this.view(uid);
    });
  }

  /**
   * Agrees to the step that waits. Nobody agrees twice; who started the run is none of two who must agree.
   * @throws ActionError `conflict`
   */
  async approve(uid: string, by: string): Promise<Run> {
    await this.#alone(uid, async () => {
      const run = this.view(uid);
      const at = run.steps.findIndex(({ status }) => status === 'pending');
      const step = run.steps[at];
      if (run.status !== 'waiting' || step?.approval === undefined)
        throw conflict(`${uid} does not wait for anybody`, `${uid} 没有待审批的步骤`);
      if (this.#moment().wall >= (step.deadline ?? Number.POSITIVE_INFINITY))
        throw conflict(`the time to approve ${step.name} is over`, `步骤 ${step.name} 的审批时限已过`);
      if (step.approvals.some(one => same(one.by, by)))
        throw conflict(`${by} has approved it already; somebody else must`, `${by} 已审批过，须由他人审批`);
      if (step.approval.people > 1 && same(run.by, by))
        throw conflict(`${by} started the run; two others must approve`, `${by} 是发起人，须由另外的人审批`);
      const approvals = [...step.approvals, { by, time: this.#moment().wall }];
      const text = {
        en: `${run.playbook}: step ${step.name} approved (${approvals.length} of ${step.approval.people})`,
        zh: `${run.playbook}：步骤 ${step.name} 已获审批（${approvals.length}/${step.approval.people}）`,
      };
      this.#write({
        ...withStep(run, at, { ...step, approvals }),
        note: this.#entry(run, by, 'playbook.approve', 'done', text),
      });
      await this.#tell(uid);
      await this.#advance(uid);
    });
    return this.view(uid);
  }

  /** Takes back all that a run has done and ends it. @throws ActionError */
  async undo(uid: string, by: string): Promise<Run> {
    await this.#alone(uid, async () => {
      const run = this.view(uid);
      if (run.status === 'undone') return;
      if (run.status === 'failed' && run.onFailure === 'undo')
        throw conflict(`${uid} has failed and is taken back already`, `${uid} 已失败并已撤回`);
      await this.#end(run, by, 'undone', {
        en: `${run.playbook} is undone`,
        zh: `剧本 ${run.playbook} 已撤销`,
      });
    });
    return this.view(uid);
  }

  /** Does what is due: approvals whose time is over, undoing that did not work before. */
  async tick(): Promise<void> {
    for (const { uid, status } of [...this.#runs.values()])
      if ((status === 'waiting' || status === 'undoing') && !this.#lanes.isBusy(uid))
        await this.#alone(uid, () => this.#resume(uid, false)).catch(error => this.#trouble(error));
  }

  /** Runs of a playbook that started by themselves since a moment. */
  automaticSince(playbook: string, since: number): number {
    return this.list().filter(run => run.playbook === playbook && run.by === self && run.created >= since)
      .length;
  }

  async #writeDown(run: Run): Promise<void> {
    const text = {
      en: `${run.playbook} on finding ${run.finding}`,
      zh: `对告警 ${run.finding} 运行剧本 ${run.playbook}`,
    };
    try {
      this.#write(run);
      await this.#options.journal.append(this.#entry(run, run.by, 'playbook.run', 'begun', text));
    } catch (error) {
      this.#runs.delete(run.uid);
      this.#shelf.forget(run.uid);
      const { en, zh } = wordsOfError(error);
      throw new ActionError('not_recorded', {
        en: `the run cannot be written down, so it is not begun: ${en}`,
        zh: `无法记录该运行，因此未开始：${zh}`,
      });
    }
  }

  /** Goes on after a start; an action that the crash has cut short and that was taken back is tried anew. */
  async #resume(uid: string, isStart = true): Promise<void> {
    let run = this.view(uid);
    if (run.status === 'undoing') {
      await this.#takeBack(run, self);
      return;
    }
    const at = run.steps.findIndex(({ status }) => status === 'pending');
    const step = run.steps[at];
    if (isStart && step !== undefined && this.#actionOf(run, at, step)?.status === 'failed') {
      run = withStep(run, at, { ...step, attempt: step.attempt + 1 });
      this.#write(run);
    }
    await this.#advance(uid);
  }

  #actionOf(run: Run, at: number, step: RunStep) {
    const uid = actionUid(run, at, step);
    return this.#options.responder.list().find(action => action.uid === uid);
  }

  async #advance(uid: string): Promise<void> {
    for (;;) {
      const run = this.view(uid);
      const at = run.steps.findIndex(({ status }) => status === 'pending');
      const step = run.steps[at];
      if (step === undefined) {
        const text = { en: `${run.playbook} is done`, zh: `剧本 ${run.playbook} 已完成` };
        this.#write({ ...run, status: 'done', note: this.#entry(run, run.by, 'playbook.run', 'done', text) });
        await this.#tell(uid);
        this.#prune();
        return;
      }
      if (step.approval !== undefined && step.approvals.length < step.approval.people) {
        await this.#wait(run, at, step, step.approval.within);
        return;
      }
      if (!(await this.#take(run, at, step))) return;
    }
  }

  /** Takes a step. @returns whether the run goes on */
  async #take(run: Run, at: number, step: RunStep): Promise<boolean> {
    const { action: kind, target, lasts } = step;
    const wanted = actionUid(run, at, step);
    const why = `${run.playbook}: ${step.name}`;
    try {
      const request = { kind, target, by: run.by, why, uid: wanted, run: run.uid };
      const action = await this.#options.responder.run({ ...request, ...(lasts !== undefined && { lasts }) });
      if (action.status !== 'done')
        throw new ActionError(
          'failed',
          action.error ?? { en: `it is ${action.status}`, zh: `状态为 ${action.status}` },
        );
      const joined = action.uid === wanted ? {} : { isJoined: true as const };
      this.#write({
        ...withStep(run, at, { ...step, status: 'done', uid: action.uid, ...joined }),
        status: 'running',
      });
      return true;
    } catch (error) {
      const words = wordsOfError(error);
      const failed = withStep(run, at, { ...step, status: 'failed', error: words });
      if (step.optional) {
        this.#write({ ...failed, status: 'running' });
        return true;
      }
      const text = {
        en: `${run.playbook} has failed at ${step.name}: ${words.en}`,
        zh: `剧本 ${run.playbook} 在步骤 ${step.name} 失败：${words.zh}`,
      };
      await this.#end(failed, run.by, 'failed', text);
      return false;
    }
  }

  async #wait(run: Run, at: number, step: RunStep, within: number): Promise<void> {
    const now = this.#moment().wall;
    if (step.deadline === undefined) {
      const text = {
        en: `${run.playbook} waits for approval of ${step.name}`,
        zh: `剧本 ${run.playbook} 等待审批步骤 ${step.name}`,
      };
      const note = this.#entry(run, run.by, 'playbook.wait', 'begun', text);
      this.#write({ ...withStep(run, at, { ...step, deadline: now + within }), status: 'waiting', note });
      await this.#tell(run.uid);
    } else if (now >= step.deadline)
      await this.#end(run, self, 'expired', {
        en: `${run.playbook}: nobody approved ${step.name} in time`,
        zh: `剧本 ${run.playbook}：步骤 ${step.name} 未在时限内获审批`,
      });
  }

  /** Ends a run; what it has done is taken back, unless it failed and its playbook says to keep it. */
  async #end(run: Run, by: string, endsAs: NonNullable<Run['endsAs']>, error: Bilingual): Promise<void> {
    if (endsAs !== 'undone' && run.onFailure === 'keep') await this.#close(run, by, endsAs, error);
    else {
      const undoing: Run = { ...run, status: 'undoing', endsAs, error };
      this.#hold(undoing);
      await this.#takeBack(undoing, by);
    }
  }

  async #takeBack(run: Run, by: string): Promise<void> {
    for (const step of run.steps.toReversed()) {
      if (step.uid === undefined || step.isJoined) continue;
      const action = this.#options.responder.list().find(({ uid }) => uid === step.uid);
      if (action?.can_undo && (action.status === 'done' || action.status === 'undoing')) {
        try {
          await this.#options.responder.undo(action.uid, by);
        } catch (error) {
          this.#trouble(error);
          return;
        }
      }
    }
    await this.#close(run, by, run.endsAs ?? 'undone', run.error ?? { en: run.playbook, zh: run.playbook });
  }

  async #close(
    run: Run,
    by: string,
    status: RunStatus & NonNullable<Run['endsAs']>,
    text: Bilingual,
  ): Promise<void> {
    const isUndone = status === 'undone';
    const action = isUndone ? 'playbook.undo' : 'playbook.run';
    const note = this.#entry(run, by, action, isUndone ? 'undone' : 'failed', text);
    this.#hold({ ...run, status, ...(!isUndone && { error: text }), note });
    await this.#tell(run.uid);
    this.#prune();
  }

  async #tell(uid: string): Promise<void> {
    const { note, ...run } = this.view(uid);
    if (note === undefined) return;
    try {
      await this.#options.journal.append(note);
      this.#write(run);
    } catch (error) {
      this.#trouble(error);
    }
  }

  #write(run: Run): void {
    this.#shelf.write(run);
    this.#runs.set(run.uid, run);
  }

  /** Undoing must go on even on a full disk: what cannot be written is done again after a restart. */
  #hold(run: Run): void {
    try {
      this.#write(run);
    } catch (error) {
      this.#runs.set(run.uid, run);
      this.#trouble(error);
    }
  }

  #prune(): void {
    for (const { uid } of this.list().filter(isEnded).slice(endedKept)) {
      this.#runs.delete(uid);
      this.#shelf.forget(uid);
    }
  }

  #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#lanes.in(name, work);
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(wordsOfError(error));
  }

  #entry(
    { uid, playbook, finding }: Run,
    actor: string,
    action: string,
    outcome: JournalEntry['outcome'],
    text: Bilingual,
  ): JournalEntry {
    const detail = { run: uid, finding };
    return {
      time: this.#moment().wall,
      actor,
      action,
      subject: `playbook ${playbook}`,
      outcome,
      text,
      detail,
    };
  }
}

function withStep(run: Run, at: number, step: RunStep): Run {
  return { ...run, steps: run.steps.with(at, step) };
}

function actionUid({ uid }: Run, at: number, { attempt }: RunStep): string {
  return `${uid}-${at + 1}-${attempt}`;
}

/** People are told apart by name, whatever its case and by whichever way they come: `ann (socket)`, `Ann (console)`. */
function same(one: string, other: string): boolean {
  const named = (text: string): string =>
    text
      .replace(/ \((?:socket|console)\)$/, '')
      .trim()
      .toLowerCase();
  return named(one) === named(other);
}

function conflict(en: string, zh: string): ActionError {
  return new ActionError('conflict', { en, zh });
}
