/** `redoubt baseline`: golden states, made, signed, checked, accepted, restored. */
import type { Command, Invocation, OptionSpec } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';

type Action = (invocation: Invocation, words: readonly string[]) => Promise<number>;

/** Loaded when used, so that other commands start fast. */
const making = () => import('../baseline/make.ts');
const judging = () => import('../baseline/judge.ts');

const actions: Readonly<Record<string, Action>> = {
  list: async invocation => (await making()).list(invocation),
  create: async (invocation, words) => (await making()).create(invocation, words),
  sign: async (invocation, words) => (await making()).sign(invocation, words),
  check: async (invocation, words) => (await import('../baseline/check.ts')).check(invocation, words),
  diff: async (invocation, words) => (await judging()).diff(invocation, words),
  accept: async (invocation, words) => (await judging()).accept(invocation, words),
  key: async invocation => (await making()).key(invocation),
  watch: async invocation => (await import('../baseline/watch.ts')).watch(invocation),
  restore: async (invocation, words) => (await judging()).restore(invocation, words),
};

async function run(invocation: Invocation): Promise<number> {
  const [name = 'list', ...words] = invocation.arguments;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    const all = Object.keys(actions).join(', ');
    throw new CommandError(ExitCode.usage, {
      en: `"${name}" is nothing that baseline can do; it can: ${all}`,
      zh: `baseline 没有“${name}”操作；可用：${all}`,
    });
  }
  const { refusalsAsFailures } = await import('../baseline/context.ts');
  return refusalsAsFailures(() => action(invocation, words));
}

const option = (value: string, en: string, zh: string): OptionSpec => ({
  type: 'string',
  value,
  help: { en, zh },
});
const toggle = (en: string, zh: string): OptionSpec => ({ type: 'boolean', help: { en, zh } });

export const baselineCommand: Command = {
  name: 'baseline',
  summary: { en: 'golden states: what is known to be good', zh: '黄金状态：已知良好的基准' },
  usage: [
    'baseline [list] [--json]',
    'baseline create [NAME…] [--why TEXT] [--no-sign | --key FILE] [--root DIR] [--limit RATE] [--json]',
    'baseline key --output FILE [--handle HANDLE] | baseline key --remove',
    'baseline sign [NAME…] [--key FILE | --export | --signature FILE]',
    'baseline sign --digest SHA256 --key FILE',
    'baseline check [NAME…] [--full] [--all] [--public-key FILE] [--limit RATE] [--json]',
    'baseline diff [NAME [KEY…]] [--json]',
    'baseline accept NAME KEY…|--all --why TEXT [--who NAME]',
    'baseline restore NAME KEY…|--all [--apply] [--json]',
    'baseline restore files --undo NUMBER [--apply]',
    'baseline watch [--json]',
  ],
  details: {
    en: 'A state counts once it is signed. The key may stay on another machine: carry the digest there\n(sign --export), sign it (sign --digest), and bring the signature back (sign --signature).\nA check compares with the signed state; exit status 1 means unexplained differences.',
    zh: '状态签名后才生效。密钥可以保存在另一台机器上：导出摘要（sign --export），在那里签名（sign --digest），\n再导入签名（sign --signature）。\n检查与已签名的状态比较；退出码 1 表示存在未解释的差异。',
  },
  options: {
    why: option('TEXT', 'why: kept in the signed state', '原因：保存在已签名的状态中'),
    who: option(
      'NAME',
      'who decides (default: the user, or the one behind sudo)',
      '决定人（默认：当前用户或 sudo 之前的用户）',
    ),
    key: option(
      'FILE',
      'key that signs: Ed25519 (PEM), OpenPGP, or tpm:HANDLE (default: the one in the vault)',
      '签名密钥：Ed25519（PEM）、OpenPGP 或 tpm:句柄（默认：库中的密钥）',
    ),
    'passphrase-file': option('FILE', 'passphrase of an OpenPGP key', 'OpenPGP 密钥的口令文件'),
    handle: option('HANDLE', 'key: where the TPM keeps it', 'key：TPM 中的句柄'),
    tcti: option(
      'TCTI',
      'how the TPM is reached, as tpm2-tools write it',
      'TPM 的访问方式（tpm2-tools 写法）',
    ),
    output: option('FILE', 'key: where the public part goes', 'key：公钥文件'),
    remove: toggle('key: take it out of the TPM', 'key：从 TPM 移除'),
    'public-key': {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: { en: 'public key that signatures are checked with', zh: '用于验证签名的公钥' },
    },
    'no-sign': toggle('leave the state unsigned', '暂不签名'),
    export: toggle('print the digest that is to be signed', '输出待签名的摘要'),
    digest: option('SHA256', 'sign a digest from another host', '为另一主机的摘要签名'),
    signature: option('FILE', 'take a signature made elsewhere', '导入在别处生成的签名'),
    full: toggle('read every file, even where nothing seems changed', '读取每个文件，即使看似未变'),
    all: toggle(
      'check: show explained differences, too; accept, restore: every difference',
      '检查时也显示已解释的差异；接受或恢复全部差异',
    ),
    apply: toggle(
      'restore for real; without it, only say what would be done',
      '实际恢复；否则只说明将做什么',
    ),
    undo: option('NUMBER', 'restore: take back one restoration', '恢复：撤销一次恢复'),
    limit: option(
      'RATE',
      'bytes that are read in a second at most, e.g. 50M',
      '每秒最多读取的字节数，例如 50M',
    ),
    policy: option('FILE', 'policy of files (default: the shipped one)', '文件策略（默认：随附策略）'),
    root: option(
      'DIR',
      'root of the file system to look at (default: /)',
      '要检查的文件系统根目录（默认：/）',
    ),
    vault: option('DIR', 'folder of golden states', '黄金状态所在目录'),
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'baseline create', text: { en: 'make and sign every state', zh: '创建并签名所有状态' } },
    { line: 'baseline check', text: { en: 'what differs from them', zh: '检查差异' } },
    {
      line: "baseline accept files '/etc/**' --why 'new web server'",
      text: { en: 'accept what was done on purpose', zh: '接受有意的更改' },
    },
  ],
  run,
};
