/** The whole check of the kernel: every part, one after the other. Looks, and changes nothing. */
import { release } from 'node:os';
import { checkBpf, type IsOwn } from './bpf.ts';
import { readKallsyms } from './kallsyms.ts';
import { checkModules } from './modules.ts';
import { checkProcesses } from './processes.ts';
import { kernelProtections } from './protections.ts';
import {
  failureText,
  looked,
  type PartReport,
  type RootkitFinding,
  type RootkitReport,
  type RootkitView,
  skipped,
} from './report.ts';
import { checkSockets } from './sockets.ts';
import { checkTaint } from './taint.ts';
import { checkTracing } from './tracing.ts';

/** How a check is run. */
export interface RootkitOptions {
  /** Whether a pid is of Redoubt itself. */
  readonly isOwn?: IsOwn;
  /** Told of each part before it begins. */
  readonly onPart?: (name: string) => void;
  readonly signal?: AbortSignal;
}

/** Runs every part. A part that fails is said to have been skipped, with the reason, and the others run. */
export async function checkKernel({
  isOwn = pid => pid === process.pid,
  onPart,
  signal,
}: RootkitOptions = {}): Promise<RootkitReport> {
  const start = performance.now();
  const views: RootkitView[] = [];
  const findings: RootkitFinding[] = [];
  const symbols = await readKallsyms();
  const symbolsTitle = { en: 'symbols of the kernel (kallsyms)', zh: '内核符号（kallsyms）' };
  const parts: readonly (readonly [name: string, run: () => PartReport | Promise<PartReport>])[] = [
    ['processes', () => checkProcesses()],
    ['sockets', () => checkSockets()],
    ['modules', () => checkModules(symbols)],
    ['hooks', () => checkTracing()],
    ['bpf', () => checkBpf(isOwn)],
    ['taint', () => checkTaint()],
    ['protections', () => ({ views: kernelProtections(), findings: [] })],
  ];
  for (const [name, run] of parts) {
    signal?.throwIfAborted();
    onPart?.(name);
    try {
      const report = await run();
      views.push(...report.views);
      findings.push(...report.findings);
    } catch (error) {
      views.push(skipped(name, { en: name, zh: name }, failureText(error)));
    }
  }
  views.push(
    symbols === undefined
      ? skipped('kallsyms', symbolsTitle, { en: 'cannot be read', zh: '无法读取' })
      : looked('kallsyms', symbolsTitle, symbols.symbols, {
          en: `${symbols.symbols} symbols${symbols.hasAddresses ? '' : ', addresses hidden'}`,
          zh: `${symbols.symbols} 个符号${symbols.hasAddresses ? '' : '，地址已隐藏'}`,
        }),
  );
  findings.sort((a, b) => b.severity - a.severity || (a.key < b.key ? -1 : 1));
  return { kernel: release(), milliseconds: Math.round(performance.now() - start), views, findings };
}
