/** Small programs of the system that single commands use. */
import type { Bilingual } from '@redoubt/model';
import { absent, type Check, type CheckResult, same } from './check.ts';
import { exists } from './read.ts';

interface Helper {
  readonly program: string;
  /** Debian's package that brings it; not every release has each. */
  readonly package: string;
  readonly cost: Bilingual;
}

const helpers: readonly Helper[] = [
  {
    program: 'getcap',
    package: 'libcap2-bin',
    cost: {
      en: 'The inventory of privileged files lists set-user-id files, but not those with capabilities.',
      zh: '特权文件清单只列出设置用户 ID 的文件，不含带权能的文件。',
    },
  },
  {
    program: 'tpm2_quote',
    package: 'tpm2-tools',
    cost: {
      en: 'The TPM cannot be asked; `redoubt boot` needs it.',
      zh: '无法查询 TPM；`redoubt boot` 需要它。',
    },
  },
  {
    program: 'qemu-img',
    package: 'qemu-utils',
    cost: {
      en: 'Images in qcow2 cannot be opened; raw ones can.',
      zh: '无法打开 qcow2 镜像；raw 镜像可以。',
    },
  },
  {
    program: 'btrfs',
    package: 'btrfs-progs',
    cost: {
      en: 'The action `snapshot` cannot be done; it works on btrfs alone.',
      zh: '无法执行操作 `snapshot`；它仅支持 btrfs。',
    },
  },
  {
    program: 'upx',
    package: 'upx-ucl',
    cost: {
      en: 'Programs packed by UPX are recognised, but not unpacked.',
      zh: '可识别 UPX 加壳的程序，但不能脱壳。',
    },
  },
];

const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Which of them are there. Their absence limits one command each. */
export const helperChecks: Check = () => Promise.all(helpers.map(checkOf));

async function checkOf({ program, package: name, cost }: Helper): Promise<CheckResult> {
  const places = folders.map(folder => `${folder}/${program}`);
  const there = await Promise.all(places.map(exists));
  const found = places[there.indexOf(true)];
  return {
    id: program,
    name: same(program),
    state: found === undefined ? 'limited' : 'ok',
    found: found === undefined ? absent : same(found),
    ...(found === undefined && {
      cost,
      remedy: { en: `apt-get install ${name}`, zh: `apt-get install ${name}` },
    }),
  };
}
