/** Every workload of the comparison, in the order of the table. */
import { compile } from './compile.ts';
import { nginxConnections, nginxKeepAlive } from './nginx.ts';
import { pgbench } from './postgres.ts';
import { execStormWorkload, fileStormWorkload } from './storms.ts';
import type { Workload } from './workload.ts';

export const workloads: readonly Workload[] = [
  nginxKeepAlive,
  nginxConnections,
  pgbench,
  compile,
  execStormWorkload,
  fileStormWorkload,
];
