/** A scan at set times: a systemd service and its timer (systemd.timer(5)). */
import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Bilingual } from '@redoubt/model';
import { CommandError, ExitCode } from '../exit.ts';
import { requireSystemd } from '../service/install.ts';
import { unitWord } from '../service/unit.ts';

const name = 'redoubt-scan';
const noTimers: Bilingual = {
  en: 'systemd does not run this host, so nothing is scheduled. Call `redoubt scan` from cron or whatever starts things at set times here; --root DIR prepares another system.',
  zh: '本机未运行 systemd，未设定定时扫描。请用 cron 等本机的定时机制调用 `redoubt scan`；--root 目录 可为另一系统准备单元。',
};

/** The two units, below a root folder; `/` is the running host. */
export function schedulePlaces(root: string): { service: string; timer: string; wanted: string } {
  const folder = join(root, 'etc/systemd/system');
  return {
    service: join(folder, `${name}.service`),
    timer: join(folder, `${name}.timer`),
    wanted: join(folder, 'timers.target.wants', `${name}.timer`),
  };
}

/** The service as text. @param words the command and its arguments, absolute */
export function scanServiceText(words: readonly string[]): string {
  return `[Unit]
Description=Redoubt scan of files
Documentation=man:systemd.timer(5)

[Service]
Type=oneshot
ExecStart=${words.map(unitWord).join(' ')}
# Found something (1) or not seen in full (3): both are answers, not failures of the service.
SuccessExitStatus=1 3
Nice=10
IOSchedulingClass=idle
CPUWeight=20
IOWeight=20
MemoryMax=2G
NoNewPrivileges=yes
PrivateNetwork=yes
UMask=0077
`;
}

/** The timer as text. @param calendar a time as systemd.time(7) writes it: `daily`, `Sun 03:00` */
export function scanTimerText(calendar: string): string {
  return `[Unit]
Description=Redoubt scan of files at set times

[Timer]
OnCalendar=${calendar}
RandomizedDelaySec=10min
Persistent=yes

[Install]
WantedBy=timers.target
`;
}

/** Puts service and timer in place and starts the timer. @throws CommandError when the time makes no sense to systemd */
export async function installSchedule(
  root: string,
  calendar: string,
  words: readonly string[],
): Promise<void> {
  requireSystemd(root, noTimers);
  await checkCalendar(calendar);
  const { service, timer, wanted } = schedulePlaces(root);
  const [serviceText, timerText] = [scanServiceText(words), scanTimerText(calendar)];
  await mkdir(dirname(wanted), { recursive: true });
  await writeFile(service, serviceText, { mode: 0o644 });
  await writeFile(timer, timerText, { mode: 0o644 });
  if (root !== '/') {
    // What `systemctl enable` does, for a system that does not run.
    await rm(wanted, { force: true });
    await symlink(`../${name}.timer`, wanted);
    return;
  }
  await systemctl('daemon-reload');
  await systemctl('enable', '--now', `${name}.timer`);
}

/** Takes both away. @returns whether there was a schedule */
export async function removeSchedule(root: string): Promise<boolean> {
  const { timer } = schedulePlaces(root);
  if (!existsSync(timer)) return false;
  if (root === '/') await systemctl('disable', '--now', `${name}.timer`);
  await removeFiles(root);
  if (root === '/') await systemctl('daemon-reload');
  return true;
}

async function removeFiles(root: string): Promise<void> {
  for (const path of Object.values(schedulePlaces(root))) await rm(path, { force: true });
}

/** Before anything is written: what an earlier command has set stays in force. @throws CommandError */
async function checkCalendar(calendar: string): Promise<void> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another setting
  if (/[\u0000-\u001f%]/.test(calendar)) throw wrongTime(calendar, 'it holds a control character or %');
  await run('systemd-analyze', ['calendar', '--', calendar]).catch((error: ExecFileException) => {
    // Another root can be prepared where systemd itself is missing.
    if (error.code !== 'ENOENT') throw wrongTime(calendar, `${error.stderr ?? error.message}`.trim());
  });
}

function wrongTime(calendar: string, words: string): CommandError {
  return new CommandError(ExitCode.usage, {
    en: `--schedule must be a time of systemd.time(7), such as daily or "Sun 03:00", not "${calendar}": ${words}`,
    zh: `--schedule 应为 systemd.time(7) 的时间，如 daily 或 "Sun 03:00"，而不是“${calendar}”：${words}`,
  });
}

const run = promisify(execFile);

async function systemctl(...words: string[]): Promise<void> {
  try {
    await run('systemctl', words);
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
