/** Routes of actions and playbooks: for the socket and for a signed-in page; who asked by which way is written down. */
import { ActionError, type ActionErrorCode, targetFrom } from '@redoubt/act/response';
import type { Finding } from '@redoubt/model';
import { ApiFailure, notFound } from '../api/errors.ts';
import { type Api, actorOf } from '../api/server.ts';
import {
  ExtendBody,
  NameParams,
  OperatorBody,
  type PlanAnswer,
  PlanBody,
  type PlaybookAnswer,
  PlaybookBody,
  type PlaybooksAnswer,
  type ResponseAnswer,
  RunBody,
  UidParams,
} from './contract.ts';
import type { ResponsePart } from './response.ts';

const statuses: Readonly<Record<ActionErrorCode, number>> = {
  unknown: 404,
  bad_target: 400,
  refused: 409,
  conflict: 409,
  not_recorded: 503,
  not_in_force: 422,
  cannot_undo: 409,
  failed: 422,
};

/** Adds the routes below /api/response. */
export function responseRoutes(api: Api, part: ResponsePart): void {
  const { responder, runner } = part;
  const targetOf = async ({ kind, target = {}, finding }: PlanBody): Promise<object> =>
    finding === undefined ? target : targetFrom(kind, await findingOf(part, finding), target);

  api.get('/api/response', (): ResponseAnswer => {
    const kinds = responder.kinds.map(({ name, title, describe, undo }) => ({
      name,
      title,
      describe,
      can_undo: undo !== undefined,
    }));
    return { kinds, actions: responder.list() };
  });
  api.post('/api/response/plan', { schema: { body: PlanBody } }, ({ body }) =>
    answered(async (): Promise<PlanAnswer> => {
      const target = await targetOf(body);
      return { kind: body.kind, target, plan: await responder.plan(body.kind, target) };
    }),
  );
  api.post('/api/response/run', { schema: { body: RunBody } }, request =>
    answered(async () => {
      const { kind, lasts, why, operator } = request.body;
      return responder.run({
        kind,
        target: await targetOf(request.body),
        by: actorOf(request, operator),
        ...(why !== undefined && { why }),
        ...(lasts !== undefined && { lasts: lasts * 1000 }),
      });
    }),
  );
  const one = { schema: { params: UidParams, body: OperatorBody } };
  api.post('/api/response/actions/:uid/undo', one, request =>
    answered(() => responder.undo(request.params.uid, actorOf(request, request.body.operator))),
  );
  api.post(
    '/api/response/actions/:uid/extend',
    { schema: { params: UidParams, body: ExtendBody } },
    request => {
      const { lasts, operator } = request.body;
      const milliseconds = lasts === undefined ? undefined : lasts * 1000;
      return answered(() => responder.extend(request.params.uid, milliseconds, actorOf(request, operator)));
    },
  );

  api.get('/api/response/playbooks', (): PlaybooksAnswer => ({ ...part.library(), runs: runner.list() }));
  api.post(
    '/api/response/playbooks/:name/run',
    { schema: { params: NameParams, body: PlaybookBody } },
    request =>
      answered(async (): Promise<PlaybookAnswer> => {
        const { finding: uid, inputs = {}, dry_run: isDry = false, operator } = request.body;
        const { name } = request.params;
        const playbook = part.library().playbooks.find(found => found.name === name);
        if (playbook === undefined) throw notFound({ en: `playbook ${name}`, zh: `名为 ${name} 的剧本` });
        const finding = await findingOf(part, uid);
        if (isDry) return { playbook: name, dry_run: await runner.dryRun(playbook, finding, inputs) };
        const by = actorOf(request, operator);
        return { playbook: name, run: await runner.start(playbook, finding, { by, inputs }) };
      }),
  );
  api.post('/api/response/runs/:uid/approve', one, request =>
    answered(() => runner.approve(request.params.uid, actorOf(request, request.body.operator))),
  );
  api.post('/api/response/runs/:uid/undo', one, request =>
    answered(() => runner.undo(request.params.uid, actorOf(request, request.body.operator))),
  );
}

async function findingOf(part: ResponsePart, uid: string): Promise<Finding> {
  const found = await part.finding(uid);
  if (found === undefined) throw notFound({ en: `finding ${uid}`, zh: `编号为 ${uid} 的告警` });
  return found;
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw new ApiFailure(statuses[error.code], error.code, error.text);
  }
}
