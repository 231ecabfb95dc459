/** What every form of `redoubt baseline` needs: the vault, the collectors asked for, keys, and errors as exit codes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { defaultStateDirectory, version } from '@redoubt/agent/options';
import {
  type CollectOptions,
  type Collector,
  ed25519Signer,
  collectors as known,
  makeKeyPair,
  type Signer,
  type SignerSettings,
  StateError,
  signerFrom,
  Vault,
  type Verifier,
} from '@redoubt/baseline/check';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { bytes, span } from '../output/values.ts';
import { repository } from '../repository.ts';
import { readNamed } from '../update/keys.ts';

/** The host's name and id, as states have them. */
export function thisHost(): { name: string; id: string } {
  const id = existsSync('/etc/machine-id') ? readFileSync('/etc/machine-id', 'utf8').trim() : '';
  return { name: hostname(), id: id === '' ? hostname() : id };
}

/** The folder of golden states that the command line means. */
export function vaultOf({ options }: Invocation): Vault {
  return new Vault(textOption(options, 'vault') ?? join(defaultStateDirectory(), 'baseline'));
}

/** What states are made with. */
export function stateContext(invocation: Invocation) {
  return { vault: vaultOf(invocation), host: thisHost(), redoubt: version };
}

/** Who runs the command: the one behind sudo, else the user. */
export function whoRuns({ options, environment }: Invocation): string {
  return textOption(options, 'who') ?? environment['SUDO_USER'] ?? userInfo().username;
}

/** Why, as the command line says; a decision without a reason is refused. */
export function whyOf({ options }: Invocation): string {
  const why = textOption(options, 'why')?.trim();
  if (why) return why;
  throw new CommandError(ExitCode.usage, {
    en: 'Say why, for those who read the history later: --why "TEXT"',
    zh: '请说明原因，供日后查阅：--why "文字"',
  });
}

/** The collectors that the words name, all when there are none. @throws CommandError for an unknown name */
export async function collectorsOf(invocation: Invocation, names: readonly string[]): Promise<Collector[]> {
  for (const name of names)
    if (!known.some(one => one.name === name)) {
      const all = known.map(one => one.name).join(', ');
      throw new CommandError(ExitCode.usage, {
        en: `There is no golden state of "${name}"; there are: ${all}`,
        zh: `没有名为“${name}”的黄金状态；可用：${all}`,
      });
    }
  const named = textOption(invocation.options, 'policy');
  const filePolicy = named === undefined ? await vaultOf(invocation).filePolicy() : readNamed(named);
  const settings = {
    content: join(repository, 'content'),
    ...(filePolicy !== undefined && { filePolicy }),
  };
  const wanted = known.filter(one => names.length === 0 || names.includes(one.name));
  return Promise.all(wanted.map(one => one.load(settings)));
}

/** How a key is opened that is no plain file: with a passphrase, the TPM by another way. */
export function signerSettings({ options }: Invocation): SignerSettings {
  const secret = textOption(options, 'passphrase-file');
  const tcti = textOption(options, 'tcti');
  return {
    ...(secret !== undefined && { passphrase: readNamed(secret).trim() }),
    ...(tcti !== undefined && { tcti }),
  };
}

/** The signing key: `--key`, else the vault's, which is made when it is missing. */
export async function signerOf(invocation: Invocation, vault: Vault): Promise<Signer> {
  const asked = textOption(invocation.options, 'key');
  if (asked !== undefined) return signerFrom(asked, signerSettings(invocation));
  if (!existsSync(vault.keyFile)) {
    if (existsSync(vault.publicKeyFile))
      throw new StateError('key', {
        en: `the key that signs for ${vault.publicKeyFile} is not kept here; name it with --key FILE, or sign elsewhere (--no-sign, then baseline sign --export)`,
        zh: `${vault.publicKeyFile} 对应的签名密钥不在此处；请用 --key 文件 指定，或在别处签名（--no-sign，再执行 baseline sign --export）`,
      });
    await makeKeyPair(vault.keyFile, vault.publicKeyFile);
    invocation.output.remark({
      en: `Made a signing key: ${vault.keyFile}. Keep a copy of ${vault.publicKeyFile} elsewhere.`,
      zh: `已生成签名密钥：${vault.keyFile}。请将 ${vault.publicKeyFile} 另存一份。`,
    });
  }
  return ed25519Signer(vault.keyFile);
}

/**
 * What signs, and what its signatures are checked with: opened before there is work that would be lost without them. The
 * public part of a key from elsewhere that is named with it is kept in a vault that has none.
 * @throws StateError `key`
 */
export async function signingKeys(
  invocation: Invocation,
  vault: Vault,
): Promise<{ signer: Signer; verifiers: Verifier[] }> {
  const signer = await signerOf(invocation, vault);
  const verifiers = await verifiersOf(invocation, vault);
  if (!verifiers.some(one => one.algorithm === signer.algorithm && one.keyId === signer.keyId))
    throw new StateError('key', {
      en: `what this key signs would be trusted by nobody here (${signer.algorithm} ${signer.keyId}); name its public part with --public-key FILE`,
      zh: `此处不信任该密钥的签名（${signer.algorithm} ${signer.keyId}）；请用 --public-key 文件 指定其公钥`,
    });
  const [named, ...more] = textOptions(invocation.options, 'public-key');
  if (named !== undefined && more.length === 0 && !existsSync(vault.publicKeyFile)) {
    mkdirSync(vault.directory, { recursive: true, mode: 0o700 });
    writeFileSync(vault.publicKeyFile, readNamed(named), { mode: 0o644, flag: 'wx' });
    invocation.output.remark({
      en: `Checks trust this key from now on: ${vault.publicKeyFile}`,
      zh: `此后的检查将信任该密钥：${vault.publicKeyFile}`,
    });
  }
  return { signer, verifiers };
}

/** The keys that signatures are checked with: `--public-key`, else the vault's. */
export function verifiersOf({ options }: Invocation, vault: Vault): Promise<Verifier[]> {
  return vault.verifiers(textOptions(options, 'public-key'));
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

/** `--limit 50M`, bytes a second. */
function limitOf({ options }: Invocation): number | undefined {
  const text = textOption(options, 'limit');
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,9})([KMG]?)$/.exec(text) ?? [];
  const limit = Number(number) * (sizeUnits[unit ?? ''] ?? 1);
  if (limit > 0) return limit;
  throw new CommandError(ExitCode.usage, {
    en: `--limit must be bytes a second such as 50M, not "${text}"`,
    zh: `--limit 应为每秒字节数，例如 50M，而不是“${text}”`,
  });
}

/** Options of a collection with progress on the terminal and troubles as remarks. */
export function collectOptions(
  invocation: Invocation,
  collector: Collector,
): { options: CollectOptions; end: () => void } {
  const { output, options } = invocation;
  const progress = new Progress(output);
  const start = Date.now();
  const limit = limitOf(invocation);
  let troubles = 0;
  return {
    options: {
      root: textOption(options, 'root') ?? '/',
      ...(limit === undefined ? {} : { bytesPerSecond: limit }),
      ...(flag(options, 'full') ? { full: true } : {}),
      onProgress: (done, total, size = 0) => {
        const seconds = Math.max(0.001, (Date.now() - start) / 1000);
        const rate = size > 0 ? `  ${bytes(size)}  ${bytes(size / seconds)}/s` : '';
        const count = `${output.say(collector.title)}  ${done}${total === undefined ? '' : `/${total}`}`;
        progress.show(total ? done / total : 0, `${count}${rate}`);
      },
      onTrouble: ({ key, text }) => {
        if (troubles++ < 20)
          output.remark({ en: safe(`${key}: ${text.en}`), zh: safe(`${key}：${text.zh}`) });
      },
    },
    end: () => {
      progress.end();
      if (troubles > 20)
        output.remark({
          en: `${troubles - 20} more could not be looked at`,
          zh: `另有 ${troubles - 20} 项无法检查`,
        });
    },
  };
}

/** A span since a moment, for people. */
export function since(start: number, { language }: Invocation): string {
  const passed = Date.now() - start;
  return passed < 10_000
    ? `${(passed / 1000).toFixed(1)} ${language === 'zh' ? '秒' : 's'}`
    : span(passed, language);
}

/** Turns the refusals of golden states into failures of the command. */
export async function refusalsAsFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const code = error.code === 'missing' ? ExitCode.unavailable : ExitCode.failed;
    const text = { en: safe(upper(error.text.en)), zh: safe(error.text.zh) };
    throw new CommandError(code, text, { cause: error });
  }
}

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
