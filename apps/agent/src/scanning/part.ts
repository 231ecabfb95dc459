/** Scans of files: what they find goes into the record. The scans themselves run in processes of their own. */
import { type Api, requireSocket } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { ScanDelivery, type ScanningAnswer, type ScanSummary } from './contract.ts';

/** Scans that are remembered. */
const rememberedScans = 20;

/** Bytes of one delivery; findings of archives carry many reasons. */
const deliveryBytes = 8 * 2 ** 20;

/** Starts the part. */
export async function startScanning({ publish }: PartContext): Promise<AgentPart> {
  const scans: { time: number; report: ScanSummary }[] = [];
  let taken = 0;
  return {
    name: 'scanning',
    routes(api: Api): void {
      api.get('/api/scanning', (): ScanningAnswer => ({ scans, findings: taken }));
      api.post(
        '/api/scanning/findings',
        {
          schema: { body: ScanDelivery },
          bodyLimit: deliveryBytes,
          onRequest: async request => requireSocket(request),
        },
        ({ body }): { taken: number } => {
          for (const finding of body.findings) publish(finding);
          taken += body.findings.length;
          if (body.report !== undefined) {
            scans.unshift({ time: Date.now(), report: body.report });
            scans.length = Math.min(scans.length, rememberedScans);
          }
          return { taken: body.findings.length };
        },
      );
    },
    stop: () => undefined,
  };
}
