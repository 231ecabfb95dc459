/** Scanning on access in a real agent, before a tmpfs of its own: written, run, denied, quarantined, restored. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Quarantine } from '@redoubt/act/quarantine';
import type { Finding } from '@redoubt/model';
import { Stranger, settled, tmpfs } from '../../../packages/kernel/test/gate/support.ts';
import type { FindingsPage } from '../src/api/contract.ts';
import type { OnAccessAnswer } from '../src/on-access/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const skip = process.getuid?.() === 0 ? false : 'fanotify needs root';
const main = join(import.meta.dirname, '../../cli/src/main.ts');
const run = promisify(execFile);
/** The test file of EICAR, put together here so that no scanner takes this file away. It runs as a shell script, too. */
const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
/** Debian's clamav-testfiles: harmless files in many containers that ClamAV's test signature knows. */
const clamavTestFile = '/usr/share/clamav-testfiles/clam.exe';

interface World {
  readonly folder: string;
  readonly stranger: Stranger;
  /** The test file, outside of what is looked at. */
  readonly source: string;
  cli(...words: string[]): Promise<string>;
  post<Answer>(path: string, body: object): Promise<Answer>;
  /** Shows and takes a step of a protection that looks at the tmpfs alone; one to `enforce` is confirmed. */
  step(name: string, rung: string, settings: object): Promise<void>;
  finding(title: RegExp, path: string): Promise<Finding>;
  state(): Promise<OnAccessAnswer>;
}

/** One agent for all of them; each leaves it at `observe`. */
let agent: TestAgent;
before(async () => {
  if (skip === false) agent = await startAgent({ mode: 'reduced', logs: false, gateTimeout: 60_000 });
});
after(() => agent?.end());

async function world(t: TestContext): Promise<World> {
  const folder = tmpfs(t);
  const beside = mkdtempSync(join(tmpdir(), 'redoubt-on-access-'));
  t.after(() => rmSync(beside, { recursive: true, force: true }));
  const stranger = await new Stranger(t).ready();
  const source = join(beside, 'eicar');
  writeFileSync(source, eicar, { mode: 0o755 });
  const post = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' };
    const response = await agent.ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Answer;
  };
  t.after(async () => {
    const preview = await post<{ preview: { id: string } }>('/api/protections/on-access/preview', {
      rung: 'observe',
      settings: {},
    });
    await post('/api/protections/on-access/step', {
      rung: 'observe',
      settings: {},
      preview: preview.preview.id,
    });
  });
  return {
    folder,
    stranger,
    source,
    post,
    async cli(...words) {
      const all = [main, ...words, '--lang', 'en', '--socket', agent.options.socket];
      return (await run(process.execPath, all, { encoding: 'utf8' })).stdout;
    },
    async step(name, rung, given) {
      const path = `/api/protections/${name}`;
      const settings = { mounts: [folder], ...given };
      const { preview } = await post<{ preview: { id: string } }>(`${path}/preview`, { rung, settings });
      await post(`${path}/step`, { rung, settings, preview: preview.id, directly: true });
      if (rung === 'enforce') await post(`${path}/confirm`, {});
    },
    finding: (title, path) =>
      eventually(async () => {
        const { items } = await agent.get<FindingsPage>('/api/findings?limit=100');
        return items.find(
          ({ redoubt, evidences }) =>
            title.test(redoubt.title.en) && evidences?.some(({ file }) => file?.path === path),
        );
      }),
    state: () => agent.get<OnAccessAnswer>('/api/on-access'),
  };
}

test('written files are scanned at observe, and nothing is gated', { skip }, async t => {
  const w = await world(t);
  assert.match(await w.cli('on-access'), /^Off/);
  await w.step('on-access', 'observe', { written: 'always' });
  const path = join(w.folder, 'plain');
  assert.equal(await w.stranger.run(`cp ${w.source} ${path}`), 0);
  const finding = await w.finding(/^File written: /, path);
  assert.equal(finding.severity_id, 4);
  assert.ok(finding.evidences?.[0]?.process?.pid, 'who wrote it');
  const state = await w.state();
  assert.equal(state.execs.judged, 0);
  assert.deepEqual(state.covered, [w.folder]);
  assert.ok((state.written?.told ?? 0) >= 1);
  assert.match(await w.cli('on-access'), /At observe; looks at: .*\n(.*\n)*.*Written: /);
});

test('what was scanned when it was written is denied at once; both protections share one gate', {
  skip,
}, async t => {
  const w = await world(t);
  await w.step('on-access', 'enforce', { written: 'always' });
  const [bad, good] = [join(w.folder, 'bad'), join(w.folder, 'good')];
  await w.stranger.run(`cp ${w.source} ${bad}`);
  await w.stranger.run(`cp /bin/true ${good}`);
  await w.finding(/^File written: /, bad);
  assert.equal(await w.stranger.run(bad), 126);
  await w.finding(/^Program denied: /, bad);

  await w.step('app-control', 'enforce', { rules: [{ action: 'allow', path: bad }] });
  assert.equal(await w.stranger.run(bad), 126, 'allowed by one, denied by the other');
  assert.equal(await w.stranger.run(good), 126, 'clean, but nobody vouches for it');
  await w.finding(/^Program denied: .*\/good$/, good);
  await w.post('/api/protections/app-control/undo', {});
  assert.equal(await w.stranger.run(good), 0);
  assert.equal(await w.stranger.run(bad), 126, 'the other protection goes on');
  await w.post('/api/protections/on-access/undo', {});
  assert.notEqual(await w.stranger.run(bad), 126);
});

test('ClamAV’s test file is found by its digest in a file system that appears later', {
  skip: skip || (existsSync(clamavTestFile) ? false : 'needs clamav-testfiles'),
}, async t => {
  const w = await world(t);
  const later = join(w.folder, 'later');
  const list = `${w.source}.txt`;
  const digest = createHash('sha256').update(readFileSync(clamavTestFile)).digest('hex');
  writeFileSync(list, `${digest}\n`);
  await w.cli('intel', 'import', list, '--source', 'test');
  await w.step('on-access', 'observe', { mounts: [w.folder, later], written: 'always' });
  await w.stranger.run(`mkdir ${later}`);
  await w.stranger.run(`mount -t tmpfs redoubt-later ${later}`);
  await eventually(async () => ((await w.state()).covered.includes(later) ? true : undefined));
  await w.stranger.run(`cp ${clamavTestFile} ${later}/clam.exe`);
  const finding = await w.finding(/^File written: /, `${later}/clam.exe`);
  assert.equal(finding.evidences?.[0]?.file?.hashes?.[0]?.value, digest);
});

// The last one: what a person has restored may run from then on.
test('at audit it is told, at enforce it is denied, quarantined, and can be restored', { skip }, async t => {
  const w = await world(t);
  const [bad, good] = [join(w.folder, 'bad'), join(w.folder, 'good')];
  await w.stranger.run(`cp ${w.source} ${bad}`);
  await w.stranger.run(`cp /bin/true ${good}`);
  await pause(settled);
  await w.step('on-access', 'audit', { written: 'never' });
  assert.notEqual(await w.stranger.run(bad), 126);
  await w.finding(/^Program would be denied: /, bad);
  assert.equal(await w.stranger.run(good), 0);

  await w.step('on-access', 'enforce', { written: 'never', quarantine: true });
  assert.equal(await w.stranger.run(good), 0);
  assert.equal(await w.stranger.run(bad), 126);
  const denied = await w.finding(/^Program denied: /, bad);
  assert.match(denied.redoubt.description.en, /refused \(EPERM\).*in quarantine/);
  assert.ok(!existsSync(bad));
  const vault = Quarantine.open(join(agent.options.stateDirectory, 'quarantine'));
  const { entries } = vault.list();
  assert.deepEqual(
    entries.map(({ path, cause }) => [path, cause.by]),
    [[bad, 'on-access']],
  );
  vault.restore(entries[0]?.id ?? '');
  assert.equal(readFileSync(bad, 'utf8'), eicar);
  assert.notEqual(await w.stranger.run(bad), 126, 'what a person has restored may run');
  assert.ok(existsSync(bad));
});
