/** Server-Sent Events: what happens, as it happens. */
import { StreamQuery } from '../contract.ts';
import { ApiFailure } from '../errors.ts';
import type { LiveHub } from '../live.ts';
import type { Api } from '../server.ts';
import { predicateOf, readFilter } from '../where.ts';

/** Listeners at one time; more than that are not people. */
const listenerLimit = 64;
/** Bytes that may wait for a slow listener before events to it are skipped. */
const backlogLimit = 256 * 1024;
/** A comment is sent this often, milliseconds, so that both ends notice a dead connection. */
const heartbeat = 15_000;

/** Adds /api/stream. */
export function streamRoutes(api: Api, hub: LiveHub): void {
  api.get('/api/stream', { schema: { querystring: StreamQuery } }, (request, reply) => {
    if (hub.listeners >= listenerLimit) {
      throw new ApiFailure(503, 'too_many_listeners', {
        en: `${listenerLimit} listeners are connected already`,
        zh: `已有 ${listenerLimit} 个连接在接收`,
      });
    }
    const wants = predicateOf(readFilter(request.query));
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    raw.write(': redoubt\n\n');
    const leave = hub.join({
      topics: new Set(request.query.topics.split(',')),
      wants,
      send(name, data) {
        raw.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        return raw.writableLength < backlogLimit;
      },
    });
    const beat = setInterval(() => raw.write(': alive\n\n'), heartbeat);
    raw.on('close', () => {
      clearInterval(beat);
      leave();
    });
  });
}
