/** Application control in the agent: the protection on the ladder, its findings, its catalogs. */
import { join } from 'node:path';
import { LadderError } from '@redoubt/act';
import {
  AppControl,
  CatalogStore,
  type DeniedProgram,
  GoldenPrograms,
  OwnPrograms,
  PackageDigests,
} from '@redoubt/act/app-control';
import type { SharedGate } from '@redoubt/act/gate';
import type { GateEvent } from '@redoubt/kernel';
import { ApiFailure, notFound } from '../api/errors.ts';
import { type Api, requireSocket } from '../api/server.ts';
import { Repeats } from '../gate/repeats.ts';
import { tellTerminal } from '../gate/terminal.ts';
import { isTrouble, troubleFinding } from '../gate/trouble.ts';
import { whoIs } from '../gate/who.ts';
import { deviceOf } from '../host/host.ts';
import { ownPrograms } from '../options.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { AddCatalog, type AppControlAnswer, type CatalogItem, CatalogQuery } from './contract.ts';
import { deniedFinding } from './findings.ts';

/** A catalog of a million programs. */
const bodyLimit = 160 * 1024 * 1024;

/** Starts the part; at `observe`, where every host begins, it costs nothing. */
export async function startAppControl(context: PartContext, gate: SharedGate): Promise<AgentPart> {
  const part = new AppControlPart(context, gate);
  await context.protect(part.control);
  return part;
}

class AppControlPart implements AgentPart {
  readonly name = 'app-control';
  readonly control: AppControl;
  readonly #context: PartContext;
  readonly #catalogs: CatalogStore;
  readonly #golden: GoldenPrograms;
  readonly #repeats = new Repeats();

  constructor(context: PartContext, gate: SharedGate) {
    this.#context = context;
    this.#catalogs = new CatalogStore(join(context.options.stateDirectory, 'catalogs'));
    this.#golden = new GoldenPrograms(join(context.options.stateDirectory, 'baseline'));
    this.control = new AppControl({
      gate,
      packages: new PackageDigests(),
      catalogs: this.#catalogs,
      golden: this.#golden,
      own: new OwnPrograms(ownPrograms),
      onDenied: denied => this.#denied(denied),
      onTrouble: event => this.#trouble(event),
    });
  }

  routes(api: Api): void {
    api.get('/api/app-control', (): AppControlAnswer => this.#answer());
    const onRequest = async (request: Parameters<typeof requireSocket>[0]): Promise<void> =>
      requireSocket(request);
    api.post(
      '/api/app-control/catalogs',
      { bodyLimit, onRequest, schema: { body: AddCatalog } },
      async ({ body }): Promise<AppControlAnswer> => {
        const { key, ...signed } = body;
        try {
          const { name, owner, issue } = this.#catalogs.add(signed, key);
          await this.#journal('app-control.catalog', name, `issue ${issue} of ${owner} was added`);
        } catch (error) {
          if (!(error instanceof LadderError)) throw error;
          throw new ApiFailure(400, 'bad_catalog', error.text);
        }
        this.control.forget();
        return this.#answer();
      },
    );
    api.delete(
      '/api/app-control/catalogs',
      { onRequest, schema: { querystring: CatalogQuery } },
      async ({ query }): Promise<AppControlAnswer> => {
        if (!this.#catalogs.remove(query.name))
          throw notFound({ en: `catalog “${query.name}”`, zh: `名为“${query.name}”的目录` });
        await this.#journal('app-control.catalog', query.name, 'removed');
        this.control.forget();
        return this.#answer();
      },
    );
  }

  stop(): void {
    // The ladder closes the gate.
  }

  #answer(): AppControlAnswer {
    const counters = this.control.counters();
    const catalogs = this.#catalogs.list().map(({ name, owner, issue, created, entries }): CatalogItem => {
      return { name, owner, issue, created, entries: entries.length };
    });
    return {
      catalogs,
      refused: this.#catalogs.refused,
      golden: {
        programs: this.#golden.size,
        ...(this.#golden.refused !== undefined && { refused: this.#golden.refused }),
      },
      ...(counters !== undefined && { counters }),
      ...this.control.coverage(),
    };
  }

  async #journal(action: string, subject: string, words: string): Promise<void> {
    const text = { en: `catalog ${subject}: ${words}`, zh: `目录 ${subject}：${words}` };
    const entry = { time: Date.now(), actor: 'socket', action, subject, outcome: 'done', text } as const;
    await this.#context.journal.append(entry);
  }

  #denied(denied: DeniedProgram): void {
    const { path, pid, rung, decision } = denied;
    const count = this.#repeats.count(`${rung} ${path} ${decision.sha256}`);
    if (count === 0) return;
    const { sensor, host, publish } = this.#context;
    publish(deniedFinding(denied, whoIs(sensor.table, pid), count, deviceOf(host)));
    if (rung === 'enforce')
      tellTerminal(
        pid,
        `redoubt: ${path}: ${decision.text.en} / 已拒绝运行：${decision.text.zh} (redoubt app-control report)`,
      );
  }

  #trouble(event: GateEvent): void {
    if (!isTrouble(event)) return;
    const count = this.#repeats.count(event.kind);
    if (count === 0) return;
    const { sensor, host, publish } = this.#context;
    publish(troubleFinding('app-control', event, whoIs(sensor.table, event.pid), count, deviceOf(host)));
  }
}
