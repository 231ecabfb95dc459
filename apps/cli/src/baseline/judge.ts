/** `redoubt baseline diff`, `accept` and `restore`. */
import { matchesGlob } from 'node:path';
import { acceptDrift, openDrift, restorePath, StateError, type Vault } from '@redoubt/baseline';
import type { StateChange } from '@redoubt/model';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { collectorsOf, signingKeys, stateContext, vaultOf, verifiersOf, whoRuns, whyOf } from './context.ts';
import { differenceLine, kindNames } from './finding-lines.ts';
import { signEntry } from './make.ts';

/** Whether a key is one of those asked for: itself, or a glob. */
function asked(key: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some(pattern => pattern === key || matchesGlob(key, pattern));
}

const shown = (value: unknown): string => (value === undefined ? '–' : String(value));

function differences(change: StateChange, output: Output): string[] {
  const before = change.kind === 'added' ? {} : change.before.facts;
  const after = change.kind === 'removed' ? {} : change.after.facts;
  const fields = change.kind === 'changed' ? change.fields : Object.keys({ ...before, ...after });
  const columns = output
    .say({ en: 'FACT|GOLDEN|NOW', zh: '项目|黄金状态|当前' })
    .split('|')
    .map(heading => ({ heading }));
  const rows = fields.map(name => [name, shown(before[name]), shown(after[name])].map(safe));
  return table(columns, rows).map(line => `    ${line}`);
}

/** `diff [NAME] [KEY…]`: the last check, fact by fact. */
export async function diff(invocation: Invocation, words: readonly string[]): Promise<number> {
  const { output, options } = invocation;
  const [name, ...keys] = words;
  const vault = vaultOf(invocation);
  for (const collector of await collectorsOf(invocation, name === undefined ? [] : [name])) {
    if (name === undefined && (await vault.golden(collector.name)) === undefined) continue;
    for await (const drift of (await openDrift(vault, collector.name)).drifts()) {
      if (!asked(drift.change.key, keys)) continue;
      if (flag(options, 'json')) output.json({ collector: collector.name, ...drift });
      else {
        const { change, explanation } = drift;
        const note = explanation === undefined ? '' : `  (${safe(output.say(explanation.text))})`;
        output.print(
          `${output.say(kindNames[change.kind])}  ${output.style('bold', safe(change.key))}${note}`,
          ...differences(change, output),
          ...(drift.lines ?? []).map(line => `    ${differenceLine(line, output)}`),
        );
      }
    }
  }
  return ExitCode.ok;
}

function requireKeys(invocation: Invocation, keys: readonly string[]): void {
  if (keys.length > 0 || flag(invocation.options, 'all')) return;
  throw new CommandError(ExitCode.usage, {
    en: 'Name the keys (globs are possible), or say --all',
    zh: '请给出条目（可用通配符），或使用 --all',
  });
}

/** `accept NAME KEY…|--all --why TEXT` */
export async function accept(invocation: Invocation, [name, ...keys]: readonly string[]): Promise<number> {
  const { output, options } = invocation;
  requireKeys(invocation, keys);
  const why = whyOf(invocation);
  const context = stateContext(invocation);
  const [collector] = await collectorsOf(invocation, [name ?? '']);
  if (collector === undefined) return ExitCode.usage;
  const signing = flag(options, 'no-sign') ? undefined : await signingKeys(invocation, context.vault);
  const golden = await context.vault.open(collector.name, await verifiersOf(invocation, context.vault));
  try {
    const made = await acceptDrift(
      collector,
      golden,
      { who: whoRuns(invocation), why, chosen: drift => asked(drift.change.key, keys) },
      context,
    );
    if (made === undefined) {
      output.remark({ en: 'Nothing of the last check fits.', zh: '上次检查中没有符合的条目。' });
      return ExitCode.failed;
    }
    const signed = signing !== undefined;
    if (signed) await signEntry(context.vault, made.entry, signing);
    const decision = made.header.history.at(-1);
    if (flag(options, 'json')) output.json({ ...made.entry, signed, decision });
    else
      output.print(
        output.say({
          en: `Accepted: ${decision?.added} added, ${decision?.changed} changed, ${decision?.removed} removed; ${signed ? 'signed' : 'waits for its signature'}: ${made.entry.file}`,
          zh: `已接受：新增 ${decision?.added}，更改 ${decision?.changed}，消失 ${decision?.removed}；${signed ? '已签名' : '待签名'}：${made.entry.file}`,
        }),
      );
    return ExitCode.ok;
  } finally {
    await golden.close();
  }
}

/** `restore files --undo N`: what stood there before that restoration stands there again. */
async function undoRestoration(invocation: Invocation, vault: Vault, id: number): Promise<number> {
  const { output, options } = invocation;
  const { key, root, before } = await vault.restorations.find(id);
  const dryRun = !flag(options, 'apply');
  const text = await restorePath(key, before, vault.restorations, { root, dryRun, copies: vault.copies });
  if (flag(options, 'json')) output.json({ key, applied: !dryRun, text });
  else output.print(safe(`${key}: ${output.say(text)}`));
  if (dryRun) sayDryRun(output);
  return ExitCode.ok;
}

function sayDryRun(output: Output): void {
  output.remark({ en: 'Nothing was changed; do it with --apply.', zh: '未作任何更改；加 --apply 执行。' });
}

/** `restore NAME KEY…|--all [--apply]`: says what it would do; does it with `--apply`. */
export async function restore(invocation: Invocation, [name, ...keys]: readonly string[]): Promise<number> {
  const { output, options } = invocation;
  const undone = textOption(options, 'undo');
  const vault = vaultOf(invocation);
  if (undone !== undefined) return undoRestoration(invocation, vault, Number(undone));
  requireKeys(invocation, keys);
  const [collector] = await collectorsOf(invocation, [name ?? '']);
  if (collector?.restore === undefined)
    throw new CommandError(ExitCode.usage, {
      en: `"${name ?? ''}" has nothing that can be restored`,
      zh: `“${name ?? ''}”不支持恢复`,
    });
  const golden = await vault.open(collector.name, await verifiersOf(invocation, vault));
  await golden.close();
  const check = await openDrift(vault, collector.name);
  const dryRun = !flag(options, 'apply');
  const root = textOption(options, 'root') ?? '/';
  let failed = 0;
  let fitting = 0;
  for await (const { change } of check.drifts()) {
    if (!asked(change.key, keys)) continue;
    fitting++;
    try {
      const text = await collector.restore(change, {
        root,
        dryRun,
        copies: vault.copies,
        log: vault.restorations,
      });
      if (flag(options, 'json')) output.json({ key: change.key, applied: !dryRun, text });
      else output.print(safe(`${change.key}: ${output.say(text)}`));
    } catch (error) {
      failed++;
      const text = error instanceof StateError ? error.text : { en: String(error), zh: String(error) };
      if (flag(options, 'json')) output.json({ key: change.key, applied: false, error: text });
      else output.remark({ en: safe(`${change.key}: ${text.en}`), zh: safe(`${change.key}：${text.zh}`) });
    }
  }
  if (dryRun && fitting > 0) sayDryRun(output);
  return failed > 0 || fitting === 0 ? ExitCode.failed : ExitCode.ok;
}
