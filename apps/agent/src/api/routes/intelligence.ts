/** Threat intelligence: sources, imports, hold, removal. */
import {
  HoldRequest,
  type ImportMessage,
  type IntelligenceAnswer,
  IntelligenceImport,
  type RemovedAnswer,
  SourceQuery,
} from '../../intelligence/contract.ts';
import type { Intelligence } from '../../intelligence/intelligence.ts';
import { ApiFailure } from '../errors.ts';
import { type Api, requireSocket } from '../server.ts';

/** Adds the routes below /api/intelligence. */
export function intelligenceRoutes(api: Api, intelligence: Intelligence): void {
  api.get('/api/intelligence', (): IntelligenceAnswer => intelligence.answer());

  api.post(
    '/api/intelligence/import',
    { schema: { body: IntelligenceImport }, onRequest: async request => requireSocket(request) },
    async (request, reply) => {
      intelligence.requireIdle();
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, { 'content-type': 'application/jsonl', 'cache-control': 'no-store' });
      const send = (message: ImportMessage): unknown => raw.write(`${JSON.stringify(message)}\n`);
      const left = new AbortController();
      raw.on('close', () => left.abort(new Error('whoever asked for the import has gone')));
      try {
        const report = await intelligence.import(request.body, {
          signal: left.signal,
          onProgress: progress => send({ progress }),
        });
        send({ report });
      } catch (error) {
        send({ error: explained(error) });
      }
      raw.end();
    },
  );

  api.post('/api/intelligence/hold', { schema: { body: HoldRequest } }, async ({ body }) => {
    await intelligence.hold(body.source, body.held);
    return intelligence.answer();
  });

  api.delete(
    '/api/intelligence/source',
    { schema: { querystring: SourceQuery } },
    async ({ query }): Promise<RemovedAnswer> => ({ removed: await intelligence.remove(query.name) }),
  );
}

function explained(error: unknown): { code: string; en: string; zh: string } {
  if (error instanceof ApiFailure) return { code: error.code, ...error.text };
  const words = error instanceof Error ? error.message : String(error);
  return { code: 'import_failed', en: words, zh: `导入失败：${words}` };
}
