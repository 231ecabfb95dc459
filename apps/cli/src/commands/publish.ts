/** `redoubt publish`: make, sign and renew a repository of updates. */
import { join, resolve } from 'node:path';
import { generateKey, Repository, type RoleKeys, type RoleName, roleNames } from '@redoubt/act/update';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption } from '../options.ts';
import { writeNew } from '../output/new-file.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { bytes } from '../output/values.ts';
import { explained } from '../update/explained.ts';
import { readNamed, signersOf } from '../update/keys.ts';

const day = 86_400_000;

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

/** When what is signed now expires. @param otherwise days */
function expiryOf({ options }: Invocation, otherwise: number): number {
  return Date.now() + numberOption(options, 'days', { min: 1, max: 3650, otherwise }) * day;
}

function said(invocation: Invocation, data: object, en: string, zh: string): number {
  const { options, output } = invocation;
  if (flag(options, 'json')) output.json(data);
  else output.print(output.say({ en, zh }));
  return ExitCode.ok;
}

async function makeKey(invocation: Invocation, name: string): Promise<number> {
  const { options } = invocation;
  const folder = textOption(options, 'out') ?? '.';
  const secret = textOption(options, 'passphrase-file');
  const passphrase = secret === undefined ? '' : readNamed(secret).trim();
  const pair = await generateKey(name, passphrase);
  const stem = join(folder, name.replaceAll(/[^A-Za-z0-9._-]/g, '_'));
  writeNew(`${stem}.private.asc`, pair.privateKey, 0o600);
  writeNew(`${stem}.public.asc`, pair.publicKey, 0o644);
  const { fingerprint } = pair;
  return said(
    invocation,
    { fingerprint, private: `${stem}.private.asc`, public: `${stem}.public.asc` },
    `${safe(stem)}.private.asc, ${safe(stem)}.public.asc: ${fingerprint}`,
    `${safe(stem)}.private.asc、${safe(stem)}.public.asc：${fingerprint}`,
  );
}

/** Keys and thresholds of the roles from `--root-key`, `--root-threshold` and so on; undefined when none is named. */
function rolesOf({ options }: Invocation): RoleKeys | undefined {
  const roles = Object.fromEntries(
    roleNames.map(name => [
      name,
      {
        keys: textOptions(options, `${name}-key`).map(readNamed),
        threshold: numberOption(options, `${name}-threshold`, { min: 1, max: 16, otherwise: 1 }),
      },
    ]),
  ) as Record<RoleName, { keys: string[]; threshold: number }>;
  const missing = roleNames.filter(name => roles[name].keys.length === 0);
  if (missing.length === roleNames.length) return undefined;
  if (missing.length > 0) {
    const list = missing.map(name => `--${name}-key`).join(', ');
    throw wrong(`Name the keys of every role: ${list}`, `请指定每个角色的密钥：${list}`);
  }
  return roles;
}

async function init(invocation: Invocation, folder: string): Promise<number> {
  const roles = rolesOf(invocation);
  if (roles === undefined) {
    throw wrong(
      'Name the keys: --root-key FILE --release-key FILE --timestamp-key FILE',
      '请指定密钥：--root-key 文件 --release-key 文件 --timestamp-key 文件',
    );
  }
  const name = textOption(invocation.options, 'name');
  if (name === undefined) throw wrong('Name the repository with --name', '请用 --name 指定仓库名称');
  const expires = expiryOf(invocation, 365);
  const fingerprint = await explained(() =>
    new Repository(folder).create(name, roles, signersOf(invocation.options), expires),
  );
  return said(
    invocation,
    { fingerprint },
    `Made. Clients begin with ${safe(join(folder, 'root/1.json'))} and the fingerprint ${fingerprint}`,
    `已创建。客户端以 ${safe(join(folder, 'root/1.json'))} 和指纹 ${fingerprint} 开始信任`,
  );
}

/** `canary:100:0,:20:24` as stages: group (empty: every host), percent, hours after the release. */
function rolloutOf({ options }: Invocation) {
  const text = textOption(options, 'rollout');
  if (text === undefined) return [];
  return text.split(',').map(part => {
    const [, group = '', percent = '', hours = ''] =
      /^([A-Za-z0-9._-]*):(\d{1,3}):(\d{1,5})$/.exec(part) ?? [];
    if (percent === '' || Number(percent) > 100) {
      throw wrong(
        `--rollout is a list of GROUP:PERCENT:HOURS, such as canary:100:0,:100:48, not "${text}"`,
        `--rollout 应为“分组:百分比:小时”的列表，例如 canary:100:0,:100:48，而不是“${text}”`,
      );
    }
    return { ...(group === '' ? {} : { group }), percent: Number(percent), afterHours: Number(hours) };
  });
}

async function release(invocation: Invocation, folder: string, content: string): Promise<number> {
  const { options, output } = invocation;
  const notes = textOption(options, 'notes') ?? '';
  const budget = textOption(options, 'finding-budget');
  const progress = new Progress(output);
  // What every client would refuse is not signed.
  const { tryOutContent } = await import('@redoubt/agent/content');
  const fault = await tryOutContent(resolve(content));
  if (fault !== undefined) throw new CommandError(ExitCode.failed, fault);
  const made = await explained(() =>
    new Repository(folder).release(resolve(content), {
      notes: { en: notes, zh: textOption(options, 'notes-zh') ?? notes },
      rollout: rolloutOf(invocation),
      now: Date.now(),
      expires: expiryOf(invocation, 90),
      signers: signersOf(options),
      onProgress: (done, of) => progress.show(done / of, `${done}/${of}`),
      ...(budget === undefined
        ? {}
        : { findingBudget: numberOption(options, 'finding-budget', { min: 1, max: 1e6, otherwise: 1 }) }),
    }),
  ).finally(() => progress.end());
  const { version, files } = made;
  return said(
    invocation,
    { version, files: files.length },
    `Release ${version} with ${files.length} files is signed. Announce it with: redoubt publish announce ${safe(folder)} --sign TIMESTAMP-KEY`,
    `已签名版本 ${version}，共 ${files.length} 个文件。公布：redoubt publish announce ${safe(folder)} --sign 时间戳私钥`,
  );
}

async function announce(invocation: Invocation, folder: string): Promise<number> {
  const expires = expiryOf(invocation, 7);
  const version = await explained(() =>
    new Repository(folder).announce(signersOf(invocation.options), expires),
  );
  const until = new Date(expires).toISOString();
  return said(
    invocation,
    { version, expires: until },
    `Release ${version} is announced until ${until}; announce it again before that.`,
    `版本 ${version} 已公布，有效至 ${until}；请在此之前重新公布。`,
  );
}

async function rotate(invocation: Invocation, folder: string): Promise<number> {
  const fingerprint = await explained(() =>
    new Repository(folder).rotate(
      rolesOf(invocation),
      signersOf(invocation.options),
      expiryOf(invocation, 365),
    ),
  );
  return said(
    invocation,
    { fingerprint },
    `The new root ${fingerprint} is made; it counts once enough old and new root keys have signed it.`,
    `已生成新的根 ${fingerprint}；新旧根密钥签名均达到门限后生效。`,
  );
}

async function sign(invocation: Invocation, folder: string, path: string): Promise<number> {
  let signatures = 0;
  for (const signer of signersOf(invocation.options)) {
    signatures = await explained(() => new Repository(folder).addSignature(path, signer));
  }
  return said(
    invocation,
    { path, signatures },
    `${safe(path)} has ${signatures} signatures.`,
    `${safe(path)} 现有 ${signatures} 个签名。`,
  );
}

async function exportOffline(invocation: Invocation, folder: string, file: string): Promise<number> {
  const size = await explained(() => new Repository(folder).exportOffline(file));
  return said(
    invocation,
    { file, bytes: size },
    `${safe(file)}: ${bytes(size)}`,
    `${safe(file)}：${bytes(size)}`,
  );
}

async function run(invocation: Invocation): Promise<number> {
  const [action, first, second, ...more] = invocation.arguments;
  if (first !== undefined && more.length === 0) {
    if (second === undefined) {
      if (action === 'key') return makeKey(invocation, first);
      if (action === 'init') return init(invocation, first);
      if (action === 'announce') return announce(invocation, first);
      if (action === 'rotate') return rotate(invocation, first);
    } else {
      if (action === 'release') return release(invocation, first, second);
      if (action === 'sign') return sign(invocation, first, second);
      if (action === 'export') return exportOffline(invocation, first, second);
    }
  }
  throw wrong('See: redoubt help publish', '请查看：redoubt help publish');
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});
const list = (value: string, en: string, zh: string) => ({ ...option(value, en, zh), multiple: true });

export const publishCommand: Command = {
  name: 'publish',
  summary: { en: 'make and sign a repository of updates', zh: '制作并签名更新仓库' },
  usage: [
    'publish key NAME [--out DIR] [--passphrase-file FILE]',
    'publish init DIR --name NAME --root-key FILE --release-key FILE --timestamp-key FILE --sign FILE',
    'publish release DIR CONTENT --sign FILE [--notes TEXT] [--rollout STAGES] [--finding-budget N]',
    'publish announce DIR --sign FILE [--days N]',
    'publish sign DIR PATH --sign FILE',
    'publish rotate DIR --sign FILE [--root-key FILE … --release-key FILE … --timestamp-key FILE …]',
    'publish export DIR FILE',
  ],
  details: {
    en: 'Three roles sign, best with keys in different hands: root names the keys, release signs content, timestamp says\nevery few days which release is the newest. The folder is served as it is, over HTTPS or from a medium.',
    zh: '三种角色分别签名，密钥最好由不同的人保管：root 指定密钥，release 为内容签名，timestamp 每隔几天声明最新版本。\n仓库目录可直接通过 HTTPS 或介质提供。',
  },
  options: {
    name: option('NAME', 'name of the repository', '仓库名称'),
    out: option('DIR', 'where keys are written (default: here)', '密钥输出目录（默认当前目录）'),
    sign: list('FILE', 'private key that signs; may be repeated', '签名私钥，可重复'),
    'passphrase-file': option('FILE', 'file with the passphrase of the private keys', '私钥口令文件'),
    ...Object.fromEntries(
      roleNames.flatMap(name => [
        [
          `${name}-key`,
          list('FILE', `a key of the role ${name}; may be repeated`, `角色 ${name} 的密钥，可重复`),
        ],
        [
          `${name}-threshold`,
          option('N', `keys of ${name} that must sign (default 1)`, `角色 ${name} 需要的签名数（默认 1）`),
        ],
      ]),
    ),
    days: option(
      'N',
      'days until it expires (root 365, release 90, announcement 7)',
      '有效天数（根 365，版本 90，公布 7）',
    ),
    notes: option('TEXT', 'what is new', '更新说明（英文）'),
    'notes-zh': option('TEXT', 'the same in Chinese', '更新说明（中文）'),
    rollout: option(
      'STAGES',
      'GROUP:PERCENT:HOURS,… (default: every host at once)',
      '分组:百分比:小时,…（默认全部立即）',
    ),
    'finding-budget': option(
      'N',
      'a host takes it back when one rule makes more findings an hour',
      '单条规则每小时告警超过此数时主机自动撤回',
    ),
    ...commonOptions,
  },
  examples: [
    {
      line: 'publish release repo content --sign release.private.asc --rollout canary:100:0,:100:48',
      text: { en: 'the group canary at once, all others after two days', zh: '金丝雀组立即，其余两天后' },
    },
    {
      line: 'publish export repo redoubt-content.tar',
      text: { en: 'for isolated networks', zh: '用于隔离网络' },
    },
  ],
  run,
};
