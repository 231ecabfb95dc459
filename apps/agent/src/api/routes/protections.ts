/** Protections: list, preview, step, confirm, undo. */
import { LadderError, type LadderErrorCode } from '@redoubt/act';
import {
  type PreviewMessage,
  PreviewRequest,
  ProtectionName,
  type ProtectionsAnswer,
  StepBody,
  WhoBody,
} from '../../protections/contract.ts';
import type { Protections } from '../../protections/protections.ts';
import { ApiFailure } from '../errors.ts';
import { type Api, actorOf } from '../server.ts';

/** Settings may be whole tables of rules. */
const bodyLimit = 4 * 1024 * 1024;

const statuses: Readonly<Record<LadderErrorCode, number>> = {
  unknown: 404,
  bad_settings: 400,
  preview_needed: 409,
  skips_audit: 409,
  busy: 409,
  nothing_to_confirm: 409,
  not_recorded: 503,
  step_failed: 422,
};

/** Adds the routes below /api/protections. */
export function protectionsRoutes(api: Api, protections: Protections): void {
  const { ladder } = protections;
  api.get('/api/protections', (): ProtectionsAnswer => ({ items: ladder.list() }));
  api.get('/api/protections/:name', { schema: { params: ProtectionName } }, ({ params }) =>
    answered(() => ladder.view(params.name)),
  );

  api.post(
    '/api/protections/:name/preview',
    { bodyLimit, schema: { params: ProtectionName, body: PreviewRequest } },
    async ({ params, body }, reply) => {
      await answered(() => ladder.view(params.name));
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, { 'content-type': 'application/jsonl', 'cache-control': 'no-store' });
      const send = (message: PreviewMessage): unknown => raw.write(`${JSON.stringify(message)}\n`);
      const left = new AbortController();
      raw.on('close', () => left.abort(new Error('whoever asked for the preview has gone')));
      const onProgress = (events: number): unknown => send({ progress: { events } });
      try {
        send({ preview: await protections.preview(params.name, body, left.signal, onProgress) });
      } catch (error) {
        send({ error: explained(error) });
      }
      raw.end();
    },
  );

  api.post(
    '/api/protections/:name/step',
    { bodyLimit, schema: { params: ProtectionName, body: StepBody } },
    request => {
      const { confirm_within: seconds, operator, ...body } = request.body;
      const step = {
        ...body,
        actor: actorOf(request, operator),
        ...(seconds !== undefined && { confirmWithin: seconds * 1000 }),
      };
      return answered(() => ladder.step(request.params.name, step));
    },
  );

  const who = { schema: { params: ProtectionName, body: WhoBody } };
  api.post('/api/protections/:name/confirm', who, request =>
    answered(() => ladder.confirm(request.params.name, actorOf(request, request.body.operator))),
  );
  api.post('/api/protections/:name/undo', who, request =>
    answered(() => ladder.undo(request.params.name, actorOf(request, request.body.operator))),
  );
}

async function answered<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LadderError)) throw error;
    throw new ApiFailure(statuses[error.code], error.code, error.text);
  }
}

function explained(error: unknown): { code: string; en: string; zh: string } {
  if (error instanceof LadderError) return { code: error.code, ...error.text };
  const words = error instanceof Error ? error.message : String(error);
  return { code: 'preview_failed', en: words, zh: `预览失败：${words}` };
}
