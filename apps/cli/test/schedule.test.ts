import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launcher } from '../src/repository.ts';
import { redoubt } from './cli.ts';

const root = mkdtempSync(join(tmpdir(), 'redoubt-schedule-'));
after(() => rmSync(root, { recursive: true, force: true }));
const units = join(root, 'etc/systemd/system');
const read = (name: string): string => readFileSync(join(units, name), 'utf8');
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;

test('a schedule is a timer and the command as it was given, also where paths are odd', async () => {
  const given = [
    '--cpu',
    '25%',
    '--quarantine',
    '--exclude',
    '/srv/100% "x"',
    '--root',
    root,
    '/srv',
    '/etc',
  ];
  const ended = await redoubt(['scan', '--schedule', 'Sun 03:00', ...given]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, new RegExp(`--unschedule --root ${root}`));
  const [command] = /^ExecStart=.*$/m.exec(read('redoubt-scan.service')) ?? [];
  assert.equal(
    command,
    `ExecStart=${launcher} scan --quarantine --cpu 25%% --exclude "/srv/100%% \\"x\\"" -- /srv /etc`,
  );
  assert.match(read('redoubt-scan.timer'), /^OnCalendar=Sun 03:00$/m);
  assert.equal(
    readlinkSync(join(units, 'timers.target.wants/redoubt-scan.timer')),
    '../redoubt-scan.timer',
    'enabled as systemctl does it',
  );
});

test('systemd accepts both units', { skip: !hasAnalyze && 'systemd-analyze is not installed' }, () => {
  const files = ['redoubt-scan.service', 'redoubt-scan.timer'].map(name => join(units, name));
  const words = ['verify', '--man=no', '--generators=no', ...files];
  const { status, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  // Units of the host itself may give warnings; ours may not.
  assert.doesNotMatch(stderr, /redoubt-scan/);
  assert.equal(status, 0, stderr);
});

test('a time that is none is refused by name, and what was set stays', async () => {
  const before = read('redoubt-scan.timer');
  const wrong = hasAnalyze ? ['never ever', 'daily\nOnBootSec=1'] : ['daily\nOnBootSec=1'];
  for (const time of wrong) {
    const ended = await redoubt(['scan', '--schedule', time, '--root', root, '/srv']);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--schedule must be a time/);
  }
  assert.equal(read('redoubt-scan.timer'), before);
});

test('the schedule goes without a trace, and that there was none is said', async () => {
  const words = ['scan', '--unschedule', '--root', root];
  assert.match((await redoubt(words)).stdout, /is gone/);
  assert.deepEqual(
    readdirSync(units, { recursive: true }).filter(name => `${name}`.includes('redoubt')),
    [],
  );
  assert.match((await redoubt([...words, '--lang', 'zh'])).stdout, /没有定时扫描/);
});

test('a host without systemd is told so, and what to do', {
  skip: existsSync('/run/systemd/system') && 'systemd runs here',
}, async () => {
  const ended = await redoubt(['scan', '--schedule', 'daily', '/srv']);
  assert.equal(ended.code, 3);
  assert.match(ended.stderr, /cron/);
});
