/** Incidents: list, one, decisions about it; suppressions. */
import { SuppressionError } from '@redoubt/detect';
import { type Incident, Type } from '@redoubt/model';
import type { Reader, Recorder } from '@redoubt/store';
import type { Incidents } from '../../incidents/incidents.ts';
import {
  CommentRequest,
  IncidentStatusRequest,
  type IncidentsPage,
  IncidentsQuery,
  OwnerRequest,
  type SuppressAnswer,
  type SuppressionsAnswer,
  SuppressRequest,
} from '../contract.ts';
import { ApiFailure, notFound } from '../errors.ts';
import type { Api } from '../server.ts';

/** What the routes need. */
export interface IncidentRoutesParts {
  incidents: Incidents;
  reader: Reader;
  recorder: Pick<Recorder, 'flush'>;
}

const Uid = Type.Object({ uid: Type.String({ minLength: 1, maxLength: 64 }) });
/** Who decides where the request does not say: the API knows one user, who holds the token. */
const someone = 'operator';

/** Adds the routes below /api/incidents and /api/suppressions. */
export function incidentsRoutes(api: Api, { incidents, reader, recorder }: IncidentRoutesParts): void {
  const existing = (uid: string, incident: Incident | undefined): Incident => {
    if (incident === undefined) throw notFound({ en: `incident ${uid}`, zh: `编号为 ${uid} 的安全事件` });
    return incident;
  };

  api.get(
    '/api/incidents',
    { schema: { querystring: IncidentsQuery } },
    async (request): Promise<IncidentsPage> => {
      incidents.flush();
      await recorder.flush();
      const { limit = 50, status, score } = request.query;
      const offset = offsetOf(request.query.before);
      const items = reader.incidents.list({
        status: status?.split(',').map(Number),
        minScore: score,
        limit: limit + 1,
        offset,
      });
      return items.length > limit
        ? { items: items.slice(0, limit), next: String(offset + limit) }
        : { items };
    },
  );

  api.get('/api/incidents/:uid', { schema: { params: Uid } }, async ({ params }) =>
    existing(params.uid, await incidents.find(params.uid)),
  );

  api.post(
    '/api/incidents/:uid/status',
    { schema: { params: Uid, body: IncidentStatusRequest } },
    async ({ params, body }) => {
      const { status_id: status, comment: reason, author = someone } = body;
      const decision = { type: 'status' as const, status, ...(reason === undefined ? {} : { reason }) };
      return existing(params.uid, await incidents.decide(params.uid, decision, author));
    },
  );

  api.post(
    '/api/incidents/:uid/owner',
    { schema: { params: Uid, body: OwnerRequest } },
    async ({ params, body }) => {
      const owner = body.owner.trim() === '' ? undefined : body.owner.trim();
      return existing(
        params.uid,
        await incidents.decide(params.uid, { type: 'owner', owner }, body.author ?? someone),
      );
    },
  );

  api.post(
    '/api/incidents/:uid/comment',
    { schema: { params: Uid, body: CommentRequest } },
    async ({ params, body }) =>
      existing(
        params.uid,
        await incidents.decide(params.uid, { type: 'comment', text: body.text }, body.author ?? someone),
      ),
  );

  api.post(
    '/api/incidents/:uid/suppress',
    { schema: { params: Uid, body: SuppressRequest } },
    async ({ params, body }): Promise<SuppressAnswer> => {
      const answer = await explained(() =>
        incidents.suppressIncident(params.uid, {
          ...body,
          expires: body.expires_time,
          author: body.author ?? someone,
        }),
      );
      return { incident: existing(params.uid, answer?.incident), suppressions: answer?.suppressions ?? [] };
    },
  );

  api.get('/api/suppressions', (): SuppressionsAnswer => ({ items: incidents.suppressions.list() }));

  api.post('/api/suppressions', { schema: { body: SuppressRequest } }, ({ body }) =>
    explained(() =>
      incidents.suppressions.add({ ...body, expires: body.expires_time, author: body.author ?? someone }),
    ),
  );

  api.delete('/api/suppressions/:uid', { schema: { params: Uid } }, ({ params }) => {
    const ended = incidents.suppressions.end(params.uid);
    if (ended === undefined)
      throw notFound({ en: `suppression ${params.uid}`, zh: `编号为 ${params.uid} 的抑制规则` });
    return ended;
  });
}

/** Does what may be refused, and says the refusal as an answer of the API. */
async function explained<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SuppressionError) throw new ApiFailure(400, 'bad_suppression', error.text);
    throw error;
  }
}

function offsetOf(before: string | undefined): number {
  if (before === undefined) return 0;
  if (/^\d{1,9}$/.test(before)) return Number(before);
  throw new ApiFailure(400, 'bad_request', {
    en: `"before" must be the "next" of an earlier page, not "${before}"`,
    zh: `“before”应为前一页返回的“next”，而不是“${before}”`,
  });
}
