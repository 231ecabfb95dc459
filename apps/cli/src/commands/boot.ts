/** `redoubt boot`: how the machine was started, beside what is known to be good. */
import { goldenFileOptions } from '../baseline/golden-options.ts';
import { explained, firmwareLog } from '../boot/input.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';

/** Loaded when used, so that other commands start fast. */
const comparing = () => import('../boot/compare.ts');
const attesting = () => import('../boot/attest.ts');

async function run(invocation: Invocation): Promise<number> {
  const [action, subject, ...more] = invocation.arguments;
  const alone = subject === undefined;
  if (action === 'check' && alone) return explained(async () => (await comparing()).check(invocation));
  if (action === 'golden' && alone) return explained(async () => (await comparing()).golden(invocation));
  if (action === 'enrol' && alone) return explained(async () => (await attesting()).enrol(invocation));
  if (action === 'quote' && alone) return explained(async () => (await attesting()).quote(invocation));
  if (action === 'verify' && subject !== undefined && more.length === 0)
    return explained(async () => (await attesting()).verify(invocation, subject));
  throw new CommandError(ExitCode.usage, {
    en: 'Say `boot check`, `boot golden`, `boot enrol`, `boot quote` or `boot verify FILE`',
    zh: '用法：`boot check`、`boot golden`、`boot enrol`、`boot quote` 或 `boot verify 文件`',
  });
}

const text = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const bootCommand: Command = {
  name: 'boot',
  summary: { en: 'measured boot: TPM, event log, IMA', zh: '度量启动：TPM、事件日志、IMA' },
  usage: [
    'boot check [--golden FILE] [--log FILE] [--ima FILE] [--json]',
    'boot golden --output FILE [--replace --why TEXT] [--key FILE] [--json]',
    'boot enrol --output AK.pem [--ecc] | boot enrol --remove',
    'boot quote --nonce HEX --output FILE',
    'boot verify FILE --key AK.pem --nonce HEX [--golden FILE] [--json]',
  ],
  details: {
    en: 'Takes tpm2-tools and a TPM 2.0. The log of the firmware is replayed against the PCRs; a change against the golden\nstate is told with the measurement that made it. Exits with 1 when something differs.',
    zh: '需要 tpm2-tools 和 TPM 2.0。固件日志会与 PCR 对照重放；与黄金状态不同时会指出是哪条度量造成的。\n有差异时以 1 退出。',
  },
  options: {
    golden: text('FILE', 'golden state to compare with', '用于比较的黄金状态'),
    log: text('FILE', `event log (default: ${firmwareLog})`, `事件日志（默认 ${firmwareLog}）`),
    ima: text('FILE', 'IMA log in text form', '文本形式的 IMA 日志'),
    bank: text('NAME', 'PCR bank (default: sha256)', 'PCR 库（默认 sha256）'),
    tcti: text(
      'TCTI',
      'how the TPM is reached (default: tpm2-tools’ own)',
      'TPM 的访问方式（默认由 tpm2-tools 决定）',
    ),
    handle: text('HANDLE', 'where the attestation key is kept', '证明密钥所在句柄'),
    ecc: { type: 'boolean', help: { en: 'an elliptic-curve key', zh: '使用椭圆曲线密钥' } },
    remove: { type: 'boolean', help: { en: 'take the key out of the TPM again', zh: '从 TPM 移除密钥' } },
    nonce: text('HEX', 'number that the verifier chose', '验证方选定的随机数'),
    ...goldenFileOptions,
    key: text(
      'FILE',
      'verify: public attestation key, PEM; golden: key that signs',
      'verify：证明公钥（PEM）；golden：签名密钥',
    ),
    output: { type: 'string', short: 'o', value: 'FILE', help: { en: 'file to write', zh: '要写入的文件' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'boot golden --output boot.json', text: { en: 'this boot is good', zh: '将本次启动记为正常' } },
    { line: 'boot check --golden boot.json', text: { en: 'is this boot the same?', zh: '本次启动是否一致' } },
  ],
  run,
};
