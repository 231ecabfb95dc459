/** `redoubt baseline create`, `sign` and `list`. */
import { readFileSync } from 'node:fs';
import {
  createState,
  digestOfFile,
  makeTpmKey,
  openState,
  parseSignature,
  removeTpmKey,
  signDigest,
  signingHandle,
  type Vault,
  type VaultEntry,
  writeWhole,
} from '@redoubt/baseline';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import {
  collectOptions,
  collectorsOf,
  signerOf,
  signerSettings,
  signingKeys,
  since,
  stateContext,
  vaultOf,
  verifiersOf,
  whoRuns,
} from './context.ts';

/** Signs a state. @returns its SHA-256 */
export async function signEntry(
  vault: Vault,
  entry: VaultEntry,
  { signer, verifiers }: Awaited<ReturnType<typeof signingKeys>>,
): Promise<string> {
  const signature = await signDigest(await digestOfFile(entry.file), signer);
  await vault.sign(entry, signature, verifiers);
  return signature.sha256;
}

/** `create [NAME…]` */
export async function create(invocation: Invocation, names: readonly string[]): Promise<number> {
  const { output, options } = invocation;
  const context = stateContext(invocation);
  const why = textOption(options, 'why') ?? 'first state';
  const keys = flag(options, 'no-sign') ? undefined : await signingKeys(invocation, context.vault);
  for (const collector of await collectorsOf(invocation, names)) {
    const start = Date.now();
    const { options: collect, end } = collectOptions(invocation, collector);
    const made = await createState(collector, collect, { who: whoRuns(invocation), why }, context).finally(
      end,
    );
    // Checks, and the agent, follow the policy that the state was made under.
    if (textOption(options, 'policy') !== undefined && collector.policy !== undefined)
      await writeWhole(context.vault.filePolicyFile, collector.policy);
    const signed = keys !== undefined;
    const sha256 = signed
      ? await signEntry(context.vault, made.entry, keys)
      : await digestOfFile(made.entry.file);
    const { entries, troubles } = made.footer;
    if (flag(options, 'json')) output.json({ ...made.entry, signed, entries, troubles, sha256 });
    else
      output.print(
        output.say({
          en: `${collector.title.en}: ${entries} entries in ${since(start, invocation)}, ${signed ? 'signed' : 'waits for its signature'}: ${made.entry.file}`,
          zh: `${collector.title.zh}：${entries} 个条目，用时 ${since(start, invocation)}，${signed ? '已签名' : '待签名'}：${made.entry.file}`,
        }),
      );
  }
  return ExitCode.ok;
}

/** `sign [NAME…]`, `sign --export`, `sign --signature FILE`, `sign --digest HEX` */
export async function sign(invocation: Invocation, names: readonly string[]): Promise<number> {
  const { output, options } = invocation;
  const vault = vaultOf(invocation);
  const digest = textOption(options, 'digest');
  if (digest !== undefined) {
    if (!/^[0-9a-f]{64}$/.test(digest))
      throw new CommandError(ExitCode.usage, {
        en: `--digest must be a SHA-256 in hexadecimal, not "${digest}"`,
        zh: `--digest 应为十六进制 SHA-256，而不是“${digest}”`,
      });
    output.json(await signDigest(digest, await signerOf(invocation, vault)));
    return ExitCode.ok;
  }
  const collectors = await collectorsOf(invocation, names);
  const signatureFile = textOption(options, 'signature');
  let keys: Awaited<ReturnType<typeof signingKeys>> | undefined;
  let found = 0;
  for (const { name } of collectors) {
    const entry = await vault.pending(name);
    if (entry === undefined) continue;
    found++;
    const sha256 = await digestOfFile(entry.file);
    if (flag(options, 'export')) {
      if (flag(options, 'json')) output.json({ ...entry, sha256 });
      else output.print(`${name} ${sha256}`);
      continue;
    }
    if (signatureFile === undefined) {
      keys ??= await signingKeys(invocation, vault);
      await signEntry(vault, entry, keys);
    } else {
      const signature = parseSignature(readFileSync(signatureFile, 'utf8'), signatureFile);
      if (signature.sha256 !== sha256 && collectors.length > 1) continue;
      await vault.sign(entry, signature, await verifiersOf(invocation, vault));
    }
    if (flag(options, 'json')) output.json({ ...entry, signed: true, sha256 });
    else output.print(output.say({ en: `Signed ${entry.file}`, zh: `已签名 ${entry.file}` }));
  }
  if (found === 0) output.remark({ en: 'No state waits for a signature.', zh: '没有待签名的状态。' });
  return ExitCode.ok;
}

/** `key`: makes a signing key in the TPM; `key --remove` takes it out again. */
export async function key(invocation: Invocation): Promise<number> {
  const { output, options } = invocation;
  const { tcti } = signerSettings(invocation);
  const handle = textOption(options, 'handle') ?? signingHandle;
  if (!/^0x81[0-9a-f]{6}$/i.test(handle))
    throw new CommandError(ExitCode.usage, {
      en: `--handle must be a persistent handle such as ${signingHandle}, not "${handle}"`,
      zh: `--handle 应为 ${signingHandle} 这样的持久句柄，而不是“${handle}”`,
    });
  if (flag(options, 'remove')) {
    await removeTpmKey(handle, tcti);
    output.print(output.say({ en: `The key at ${handle} is gone.`, zh: `${handle} 处的密钥已移除。` }));
    return ExitCode.ok;
  }
  const file = textOption(options, 'output');
  if (file === undefined)
    throw new CommandError(ExitCode.usage, {
      en: 'Say where the public part goes: baseline key --output FILE',
      zh: '请指定公钥文件：baseline key --output 文件',
    });
  const publicKey = await makeTpmKey(handle, tcti);
  await writeWhole(file, publicKey);
  output.print(
    output.say({
      en: `The TPM keeps a signing key at ${handle}; its public part is ${safe(file)}. Sign with --key tpm:${handle}, check with --public-key ${safe(file)}. Undo: redoubt baseline key --remove`,
      zh: `TPM 在 ${handle} 保存了签名密钥；公钥为 ${safe(file)}。签名用 --key tpm:${handle}，检查用 --public-key ${safe(file)}。撤销：redoubt baseline key --remove`,
    }),
  );
  return ExitCode.ok;
}

/** `list` */
export async function list(invocation: Invocation): Promise<number> {
  const { output, options } = invocation;
  const vault = vaultOf(invocation);
  const rows = [];
  for (const entry of await vault.list()) {
    const state = await openState(entry.file);
    await state.close();
    rows.push({ ...entry, created: state.header.created, history: state.header.history });
  }
  if (flag(options, 'json')) {
    output.json(rows);
    return ExitCode.ok;
  }
  const headings = output.say({
    en: 'STATE|NUMBER|SIGNED|MADE|BY|WHY',
    zh: '状态|代次|签名|时间|操作人|原因',
  });
  const cells = rows.map(row => {
    const last = row.history.at(-1);
    const signed = row.signed ? output.say({ en: 'yes', zh: '是' }) : output.say({ en: 'no', zh: '否' });
    return [
      row.collector,
      String(row.generation),
      signed,
      dateTime(row.created),
      last?.who ?? '',
      last?.why ?? '',
    ].map(safe);
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 5 ? { heading, elastic: true as const } : { heading }));
  output.print(...table(columns, cells, output.columns));
  return ExitCode.ok;
}
