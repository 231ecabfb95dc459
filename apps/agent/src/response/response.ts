/** Responses in the agent: actions, playbooks, their beat, and playbooks that start by themselves. */
import { join } from 'node:path';
import type { Responder } from '@redoubt/act/response';
import {
  isFor,
  type ListedPlaybook,
  type PlaybookLibrary,
  type PlaybookRunner,
  readPlaybooks,
} from '@redoubt/act/response/playbook';
import type { Finding } from '@redoubt/model';
import { contentFolder } from '../content/folders.ts';
import { onBeat } from '../host/beat.ts';
import type { PartContext } from '../part.ts';

const hour = 3_600_000;
const self = 'redoubt';

/** Actions and playbooks, as the routes use them. */
export class ResponsePart {
  readonly responder: Responder;
  readonly runner: PlaybookRunner;
  readonly #context: PartContext;
  readonly #endBeat: () => void;
  #ticking: Promise<void> | undefined;
  /** Read again by whoever lists or starts playbooks. */
  #automatic: readonly ListedPlaybook[] = [];

  constructor(context: PartContext, responder: Responder, runner: PlaybookRunner) {
    this.#context = context;
    this.responder = responder;
    this.runner = runner;
    this.library();
    context.onFinding(finding => this.#found(finding));
    this.#endBeat = onBeat(() => this.#tick());
  }

  /** What stands goes on standing: only its time or a person ends it. */
  async stop(): Promise<void> {
    this.#endBeat();
    await this.#ticking;
  }

  /** The playbooks as they are on disk now. */
  library(): PlaybookLibrary {
    const { stateDirectory } = this.#context.options;
    const names = this.responder.kinds.map(({ name }) => name);
    const own = join(stateDirectory, 'playbooks');
    const found = readPlaybooks(contentFolder(stateDirectory, 'playbooks'), own, names);
    this.#automatic = found.playbooks.filter(({ automatic }) => automatic);
    return found;
  }

  /** A finding of the record, those of the last second included. */
  async finding(uid: string): Promise<Finding | undefined> {
    await this.#context.recorder.flush();
    return this.#context.reader.finding(uid);
  }

  #tick(): void {
    this.#ticking ??= this.#work()
      .catch(error => console.error(error))
      .finally(() => {
        this.#ticking = undefined;
      });
  }

  async #work(): Promise<void> {
    await this.responder.tick();
    await this.runner.tick();
  }

  #found(finding: Finding): void {
    for (const playbook of this.#automatic) {
      if (!isFor(playbook, finding)) continue;
      const { name, title, runsPerHour } = playbook;
      const isKnown = this.runner
        .list()
        .some(run => run.playbook === name && run.finding === finding.finding_info.uid);
      if (isKnown) continue;
      const isOver = this.runner.automaticSince(name, Date.now() - hour) >= runsPerHour;
      this.#context.warn({
        code: `playbook-limit-${name}`,
        active: isOver,
        text: {
          en: `Playbook ${title.en} did not start: it has run ${runsPerHour} times within an hour`,
          zh: `剧本“${title.zh}”未启动：一小时内已运行 ${runsPerHour} 次`,
        },
      });
      if (!isOver) this.runner.start(playbook, finding, { by: self }).catch(error => console.error(error));
    }
  }
}
