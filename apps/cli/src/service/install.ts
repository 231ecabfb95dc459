/** Putting the unit in place and taking it away again. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Bilingual } from '@redoubt/model';
import { CommandError, ExitCode } from '../exit.ts';

export const unitName = 'redoubt.service';

/** Where the unit and the link that starts it at boot are, below `root`. */
export interface UnitPlaces {
  readonly unit: string;
  readonly wanted: string;
}

/** Paths below a root folder; `/` is the running host. */
export function unitPlaces(root: string): UnitPlaces {
  const folder = join(root, 'etc/systemd/system');
  return { unit: join(folder, unitName), wanted: join(folder, 'multi-user.target.wants', unitName) };
}

const isHost = (root: string) => root === '/';

const otherInit: Bilingual = {
  en: 'systemd does not run this host, so there is no service to install. Start `./redoubt up` from your own init system.',
  zh: '本机未运行 systemd，无法安装服务。请在自己的初始化系统中启动 `./redoubt up`。',
};

/**
 * Throws a CommandError unless systemd runs this host (sd_booted(3)) or another root is meant.
 * @param instead what the user is told to do without it
 */
export function requireSystemd(root: string, instead = otherInit): void {
  if (isHost(root) && !existsSync('/run/systemd/system'))
    throw new CommandError(ExitCode.unavailable, instead);
}

async function systemctl(...words: string[]): Promise<void> {
  try {
    await promisify(execFile)('systemctl', words);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.failed,
      {
        en: `systemctl ${words.join(' ')} failed: ${detail}`,
        zh: `systemctl ${words.join(' ')} 失败：${detail}`,
      },
      { cause: error },
    );
  }
}

/** Writes the unit and starts it; in another root only links it, so that it starts at boot. */
export async function installUnit(root: string, text: string): Promise<void> {
  const { unit, wanted } = unitPlaces(root);
  await mkdir(dirname(unit), { recursive: true });
  await writeFile(unit, text, { mode: 0o644 });
  if (isHost(root)) {
    await systemctl('daemon-reload');
    await systemctl('enable', unitName);
    await systemctl('restart', unitName);
    return;
  }
  await mkdir(dirname(wanted), { recursive: true });
  await rm(wanted, { force: true });
  await symlink(join('/etc/systemd/system', unitName), wanted);
}

/** Stops the service and removes the unit. Returns whether there was one. */
export async function removeUnit(root: string): Promise<boolean> {
  const { unit, wanted } = unitPlaces(root);
  if (!existsSync(unit)) return false;
  if (isHost(root)) await systemctl('disable', '--now', unitName);
  const link = await lstat(wanted).catch(() => undefined);
  if (link?.isSymbolicLink() && (await readlink(wanted)).endsWith(unitName)) await rm(wanted);
  await rm(unit);
  if (isHost(root)) await systemctl('daemon-reload');
  return true;
}
