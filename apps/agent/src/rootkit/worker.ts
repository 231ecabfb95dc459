/** One check of the kernel in a thread of its own. Its pid is the agent's, so Redoubt's programs are known by it. */
import '../host/quiet-thread.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { checkKernel, findingOfRootkit } from '@redoubt/baseline/rootkit';

const { own } = workerData as { own: readonly number[] };
const report = await checkKernel({ isOwn: pid => own.includes(pid) });
parentPort?.postMessage({ report, findings: report.findings.map(found => findingOfRootkit(found)) });
