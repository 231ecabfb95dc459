/** `redoubt baseline check`. It loads what tells of differences when there is one. */
import {
  type Collector,
  checkState,
  type Drift,
  type Golden,
  requireFitting,
  StateError,
} from '@redoubt/baseline/check';
import type { Finding } from '@redoubt/model';
import { flag, type Invocation } from '../command.ts';
import { ExitCode } from '../exit.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { collectOptions, collectorsOf, since, thisHost, vaultOf, verifiersOf } from './context.ts';
import { findingLines, kindNames } from './finding-lines.ts';

/** A line for one difference that has been explained or is of no interest. */
function quietLine({ change, explanation }: Drift, output: Output): string {
  const words = explanation === undefined ? { en: 'of no interest', zh: '无需关注' } : explanation.text;
  return `  ${output.say(kindNames[change.kind])}  ${safe(change.key)}  (${safe(output.say(words))})`;
}

/** Counts of a check. */
interface Tally {
  unexplained: number;
  explained: number;
  quiet: number;
}

async function* counted(
  drifts: AsyncIterable<Drift>,
  tally: Tally,
  onQuiet: (drift: Drift) => void,
): AsyncGenerator<Drift> {
  for await (const drift of drifts) {
    if (drift.judgement === undefined) tally.quiet++;
    else if (drift.explanation === undefined) tally.unexplained++;
    else tally.explained++;
    if (drift.judgement === undefined || drift.explanation !== undefined) onQuiet(drift);
    yield drift;
  }
}

/** Findings of differences; what makes findings is loaded when the first difference has come. */
async function* findingsOf(collector: Collector, drifts: AsyncGenerator<Drift>): AsyncGenerator<Finding> {
  const first = await drifts.next();
  if (first.done) return;
  const { findingsOfDrift } = await import('@redoubt/baseline');
  const all = async function* () {
    yield first.value;
    yield* drifts;
  };
  yield* findingsOfDrift(collector, all());
}

async function checkOne(invocation: Invocation, collector: Collector, golden: Golden): Promise<number> {
  const { output, options } = invocation;
  const start = Date.now();
  const vault = vaultOf(invocation);
  const { options: collect, end } = collectOptions(invocation, collector);
  requireFitting(golden, collector, thisHost().id, collect.root);
  const tally: Tally = { unexplained: 0, explained: 0, quiet: 0 };
  const json = flag(options, 'json');
  const drifts = counted(checkState(collector, golden, collect, vault), tally, drift => {
    if (!flag(options, 'all')) return;
    if (json) output.json(drift);
    else output.print(quietLine(drift, output));
  });
  try {
    for await (const finding of findingsOf(collector, drifts)) {
      if (json) output.json(finding);
      else output.print(...findingLines(finding, output));
    }
  } finally {
    end();
  }
  if (!json)
    output.print(
      output.say({
        en: `${collector.title.en}: ${tally.unexplained} unexplained, ${tally.explained} explained, ${tally.quiet} of no interest, in ${since(start, invocation)}`,
        zh: `${collector.title.zh}：未解释 ${tally.unexplained}，已解释 ${tally.explained}，无需关注 ${tally.quiet}，用时 ${since(start, invocation)}`,
      }),
    );
  return tally.unexplained;
}

/** `check [NAME…]`: exit status 1 when something is unexplained. */
export async function check(invocation: Invocation, names: readonly string[]): Promise<number> {
  const vault = vaultOf(invocation);
  let unexplained = 0;
  let checked = 0;
  for (const collector of await collectorsOf(invocation, names)) {
    if (names.length === 0 && (await vault.golden(collector.name)) === undefined) continue;
    const golden = await vault.open(collector.name, await verifiersOf(invocation, vault));
    try {
      unexplained += await checkOne(invocation, collector, golden);
      checked++;
    } finally {
      await golden.close();
    }
  }
  if (checked === 0)
    throw new StateError('missing', {
      en: `there is no golden state in ${vault.directory}; make one with: redoubt baseline create`,
      zh: `${vault.directory} 中没有黄金状态；请执行：redoubt baseline create`,
    });
  return unexplained > 0 ? ExitCode.failed : ExitCode.ok;
}
