/** Log sources: their state, and reading their configuration again. */
import type { Logs } from '../../logs/logs.ts';
import type { Api } from '../server.ts';

/** Adds the routes below /api/logs. */
export function logsRoutes(api: Api, logs: Logs): void {
  api.get('/api/logs', () => logs.answer());
  api.post('/api/logs/reload', async () => {
    await logs.reload();
    return logs.answer();
  });
}
