/** Options of golden states that are one file. */
import type { OptionSpec } from '../command.ts';

const text = (value: string, en: string, zh: string): OptionSpec => ({
  type: 'string',
  value,
  help: { en, zh },
});

/** What making and reading a golden file may be told. */
export const goldenFileOptions: Readonly<Record<string, OptionSpec>> = {
  replace: {
    type: 'boolean',
    help: {
      en: 'accept what is now in place of a golden file that is there; say --why',
      zh: '以当前状态取代已有的黄金文件；需说明 --why',
    },
  },
  why: text('TEXT', 'why: kept in the signed file', '原因：保存在已签名的文件中'),
  who: text('NAME', 'who decides (default: the user)', '决定人（默认：当前用户）'),
  key: text('FILE', 'key that signs (default: the one in the vault)', '签名密钥（默认：库中的密钥）'),
  'passphrase-file': text('FILE', 'passphrase of an OpenPGP key', 'OpenPGP 密钥的口令文件'),
  'public-key': {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: {
      en: 'public key that the golden file is checked with (default: the one in the vault)',
      zh: '用于验证黄金文件的公钥（默认：库中的公钥）',
    },
  },
  vault: text('DIR', 'folder of golden states and their key', '黄金状态及其密钥所在目录'),
};
