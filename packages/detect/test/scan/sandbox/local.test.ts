/** The local sandbox: harmless scripts are run apart from the system, and what they do is told. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { analysed, LocalSandbox, type SandboxReport } from '../../../src/scan/sandbox/index.ts';

const rules = new URL('../../../../../content/rules', import.meta.url).pathname;
const skip = process.getuid?.() === 0 ? false : 'needs root';

async function runScript(context: TestContext, script: string, seconds = 60): Promise<SandboxReport> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-sandbox-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sample.sh');
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const sandbox = new LocalSandbox({ seconds, rules });
  context.after(() => sandbox.close());
  return analysed(sandbox, { path }, { every: 50 });
}

function output(report: SandboxReport): string {
  return report.notes.find(note => note.en.startsWith('it writes: '))?.en ?? '';
}

test('a sample has no network, no privileges, no way to the host’s files, and leaves nothing', {
  skip,
}, async context => {
  const mark = `/tmp/redoubt-mark-${process.pid}`;
  const report = await runScript(
    context,
    `id -u
     grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'
     echo links $(grep -c : /proc/net/dev)
     touch /usr/redoubt-mark 2>/dev/null && echo wrote to usr
     test -e /root && echo sees root
     unshare -U true 2>/dev/null && echo made a namespace
     echo x > ${mark} && echo kept`,
  );
  const told = output(report);
  assert.match(told, /65534\n/);
  assert.match(told, /CapEff:0{16}\n/);
  assert.match(told, /CapBnd:0{16}\n/);
  assert.match(told, /NoNewPrivs:1\n/);
  assert.match(told, /Seccomp:2\n/);
  assert.match(told, /links 1\n/);
  assert.match(told, /kept/);
  assert.doesNotMatch(told, /wrote to usr|sees root|made a namespace/);
  assert.equal(existsSync(mark), false);
  assert.ok(report.notes.some(note => note.en === 'ended with status 0'));
});

test('what a sample does is told by our own sensor, and only what it does', { skip }, async context => {
  const report = await runScript(context, 'cp /bin/true /tmp/redoubt-copy && /tmp/redoubt-copy marker-word');
  const told = report.observations.map(one => one.text.en);
  assert.ok(told.includes('starts /tmp/redoubt-copy marker-word'), told.join('\n'));
  assert.ok(
    told.some(one => one === 'creates /tmp/redoubt-copy'),
    told.join('\n'),
  );
  // The launcher's own steps are not the sample's.
  assert.ok(!report.observations.some(one => one.kind === 'file.mount'), told.join('\n'));
});

test('a sample that goes on is ended with everything that it started', { skip }, async context => {
  const report = await runScript(context, 'sleep 1000 & setsid sleep 1001 & wait', 1);
  assert.ok(report.notes.some(note => note.en === 'ended after 1 s, when its time was up'));
  assert.ok(report.notes.some(note => /1 秒/.test(note.zh)));
});

test('what is no program, and what cannot be started, is named', { skip }, async context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-sandbox-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const sandbox = new LocalSandbox();
  const text = join(folder, 'text');
  writeFileSync(text, 'hello');
  await assert.rejects(sandbox.submit({ path: text }), /neither a Linux program nor a script/);
  await assert.rejects(sandbox.submit({ path: join(folder, 'none') }), /ENOENT/);
  const broken = join(folder, 'broken');
  writeFileSync(broken, '#!/no/such/interpreter\n');
  await assert.rejects(analysed(sandbox, { path: broken }, { every: 50 }), /No such file/);
  await sandbox.close();
});
