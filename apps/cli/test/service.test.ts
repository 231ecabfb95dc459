import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { unitText, unitWord } from '../src/service/unit.ts';
import { redoubt } from './cli.ts';

const root = mkdtempSync(join(tmpdir(), 'redoubt-service-'));
after(() => rmSync(root, { recursive: true, force: true }));

function files(): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

const unit = '/etc/systemd/system/redoubt.service';
const link = '/etc/systemd/system/multi-user.target.wants/redoubt.service';

test('install shows and writes the unit, remove takes it all away', async () => {
  const installed = await redoubt(['service', 'install', '--yes', '--root', root, '--port', '7500']);
  assert.equal(installed.code, 0, installed.stderr);
  assert.deepEqual(files(), [link, unit].sort());
  const text = readFileSync(join(root, unit), 'utf8');
  assert.ok(installed.stdout.includes(text));
  assert.match(text, /^ExecStart=\/.*\/redoubt up --port 7500$/m);

  const removed = await redoubt(['service', 'remove', '--root', root]);
  assert.equal(removed.code, 0, removed.stderr);
  assert.deepEqual(files(), []);
  const again = await redoubt(['service', 'remove', '--root', root, '--lang', 'zh']);
  assert.match(again.stdout, /未安装/);
});

test('nothing is installed without agreement', async () => {
  const ended = await redoubt(['service', 'install', '--root', root]);
  assert.equal(ended.code, 2);
  assert.deepEqual(files(), []);
});

test('a host without systemd is told so', {
  skip: existsSync('/run/systemd/system') && 'systemd runs here',
}, async () => {
  const ended = await redoubt(['service', 'install', '--yes']);
  assert.equal(ended.code, 3);
  assert.match(ended.stderr, /systemd/);
});

function hasAnalyze(): boolean {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('systemd accepts the unit', { skip: !hasAnalyze() && 'systemd-analyze is not installed' }, async () => {
  await redoubt(['service', 'install', '--yes', '--root', root]);
  try {
    const words = ['verify', '--man=no', '--generators=no', join(root, unit)];
    const { status, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    // Units of the host itself may give warnings; ours may not.
    assert.deepEqual(
      stderr.split('\n').filter(line => line.includes('redoubt')),
      [],
    );
    assert.equal(status, 0, stderr);
  } finally {
    await redoubt(['service', 'remove', '--root', root]);
  }
});

test('paths with spaces, quotes and specifiers survive systemd’s own reading', () => {
  assert.equal(unitWord('/opt/redoubt'), '/opt/redoubt');
  assert.equal(unitWord('/opt/my "100%" $x\\'), '"/opt/my \\"100%%\\" $$x\\\\"');
  assert.throws(() => unitWord('/opt/a\nExecStartPre=/bin/x'), RangeError);
  assert.match(
    unitText({ launcher: '/opt/my dir/redoubt', arguments: [] }),
    /^ExecStart="\/opt\/my dir\/redoubt" up$/m,
  );
});
