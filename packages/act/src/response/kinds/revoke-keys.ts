/** Taking SSH keys of an account out of its authorized_keys, and putting them back. */
import { accountOf, accountPattern, fingerprintOf } from '../accounts/files.ts';
import { changeKeyFile, keyFiles } from '../accounts/key-file.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';
import type { AccountParts } from './disable-account.ts';

export interface KeyTarget {
  readonly user: string;
  /** `SHA256:…` as ssh-keygen(1) prints it; empty: every key. */
  readonly fingerprints: readonly string[];
}

interface Taken {
  readonly lines: readonly { readonly file: string; readonly at: number; readonly line: string }[];
}

/** The kind `revoke-keys`. */
export function revokeKeys({ prefix = '' }: AccountParts = {}): ActionKind<KeyTarget, Taken> {
  const found = ({ user, fingerprints }: KeyTarget): Taken => {
    const account = accountOf(user, prefix);
    const lines = keyFiles.flatMap(file =>
      (changeKeyFile(account, prefix, file) ?? []).flatMap((line, at) =>
        isMeant(line, fingerprints) ? [{ file, at, line }] : [],
      ),
    );
    return { lines };
  };
  return {
    name: 'revoke-keys',
    title: { en: 'Revoke SSH keys', zh: '吊销 SSH 密钥' },
    describe: {
      en: 'user: name of the account; fingerprints: SHA256:…, one or several (default: all its keys)',
      zh: 'user：账户名；fingerprints：SHA256:…，一个或多个（默认全部密钥）',
    },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, ['user', 'fingerprints']);
      const user = target.text('user', 32);
      if (!accountPattern.test(user)) target.fail('user', 'is no name of an account', '不是账户名');
      const fingerprints = target.texts('fingerprints');
      for (const one of fingerprints)
        if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(one))
          target.fail(
            'fingerprints',
            'must be like SHA256:… of ssh-keygen -l',
            '应为 ssh-keygen -l 输出的 SHA256:…',
          );
      return { user, fingerprints: fingerprints.toSorted() };
    },
    key: ({ user, fingerprints }) => [user, ...fingerprints].join(' '),
    text: ({ user, fingerprints }) => {
      const which = fingerprints.length === 0 ? undefined : fingerprints.join(', ');
      return {
        en: `revoke ${which === undefined ? 'all SSH keys' : `the SSH key ${which}`} of ${user}`,
        zh: `吊销 ${user} 的${which === undefined ? '全部 SSH 密钥' : ` SSH 密钥 ${which}`}`,
      };
    },
    async plan(target) {
      const { lines } = found(target);
      if (lines.length === 0)
        throw refused(
          `${target.user} has no such key in authorized_keys`,
          `${target.user} 的 authorized_keys 中没有该密钥`,
        );
      return {
        does: [
          {
            en: `${lines.length} keys are taken out of authorized_keys of ${target.user}`,
            zh: `从 ${target.user} 的 authorized_keys 移除 ${lines.length} 个密钥`,
          },
        ],
        leaves: [
          {
            en: 'sessions that are open, passwords, keys that sshd finds elsewhere (AuthorizedKeysCommand, certificates)',
            zh: '已打开的会话、口令，以及 sshd 从别处获取的密钥（AuthorizedKeysCommand、证书）',
          },
        ],
        undo: {
          en: 'they are put back; keys that were added meanwhile stay',
          zh: '放回原处；其间新增的密钥保留',
        },
      };
    },
    prepare: async target => found(target),
    async apply(target, { lines }) {
      const account = accountOf(target.user, prefix);
      for (const file of new Set(lines.map(one => one.file)))
        changeKeyFile(account, prefix, file, all =>
          all.some(line => isMeant(line, target.fingerprints))
            ? all.filter(line => !isMeant(line, target.fingerprints))
            : undefined,
        );
    },
    async verify(target) {
      const { lines } = found(target);
      if (lines.length > 0) throw notInForce('some of the keys are still there', '仍有密钥未移除');
    },
    async undo({ user }, { lines }) {
      const account = accountOf(user, prefix);
      for (const file of new Set(lines.map(one => one.file)))
        changeKeyFile(account, prefix, file, all => {
          const missing = lines.filter(one => one.file === file && !all.includes(one.line));
          if (missing.length === 0) return undefined;
          const restored = [...all];
          for (const { at, line } of missing)
            restored.splice(Math.min(at, Math.max(restored.length - 1, 0)), 0, line);
          return restored;
        });
    },
  };
}

function isMeant(line: string, fingerprints: readonly string[]): boolean {
  const found = fingerprintOf(line);
  return found !== undefined && (fingerprints.length === 0 || fingerprints.includes(found));
}
