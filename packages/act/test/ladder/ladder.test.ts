/** Steps, previews, the dead-man's switch, health and undo, on clocks that the test sets. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Health, JournalEntry, Rung } from '@redoubt/model';
import { Ladder, type LadderChange, type LadderOptions } from '../../src/index.ts';
import { fileProtection, inForce, type Troubles } from './support/file-protection.ts';

const settings = { names: ['a', 'b'] };
const minute = 60_000;

class World {
  readonly folder: string;
  readonly troubles: Troubles = {};
  readonly journal: JournalEntry[] = [];
  readonly changes: LadderChange[] = [];
  readonly said: string[] = [];
  now = { wall: 1_700_000_000_000, uptime: 1_000_000, bootId: 'boot' };
  ladder!: Ladder;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'redoubt-ladder-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  async start(options: Partial<LadderOptions> = {}): Promise<Ladder> {
    this.ladder = Ladder.open({
      stateDirectory: this.folder,
      journal: {
        append: async entry => {
          this.journal.push(entry);
        },
      },
      moment: () => this.now,
      onChange: change => this.changes.push(change),
      onTrouble: ({ en }) => this.said.push(en),
      healthInterval: 0,
      ...options,
    });
    await this.ladder.register(fileProtection(this.folder, this.troubles));
    return this.ladder;
  }

  async step(rung: Rung, more: { directly?: boolean; confirmWithin?: number } = {}): Promise<void> {
    const { id } = await this.ladder.preview('names', { rung, settings });
    await this.ladder.step('names', { rung, settings, preview: id, actor: 'test', ...more });
  }

  pass(milliseconds: number, wall = milliseconds): void {
    this.now = { ...this.now, wall: this.now.wall + wall, uptime: this.now.uptime + milliseconds };
  }
}

const refusal = (code: string) => (error: { code?: string }) => error.code === code;

test('a step up must have been shown, as it is taken and since the last change', async t => {
  const world = new World(t);
  const ladder = await world.start();
  const step = (preview?: string) =>
    ladder.step('names', { rung: 'audit', settings, actor: 'test', ...(preview && { preview }) });
  await assert.rejects(step(), refusal('preview_needed'));
  const other = await ladder.preview('names', { rung: 'audit', settings: { names: ['c'] } });
  await assert.rejects(step(other.id), refusal('preview_needed'));
  const shown = await ladder.preview('names', { rung: 'audit', settings });
  assert.deepEqual(
    shown.changes.map(({ text }) => text.en),
    ['block a', 'block b'],
  );
  world.pass(61 * minute);
  await assert.rejects(step(shown.id), refusal('preview_needed'));
  await step((await ladder.preview('names', { rung: 'audit', settings })).id);
  assert.equal(inForce(world.folder), 'audit a b');
  await assert.rejects(
    step(shown.id)
      .then(() => world.step('observe'))
      .then(() => step(shown.id)),
    refusal('preview_needed'),
  );
});

test('enforce comes after audit, unless asked for directly', async t => {
  const world = new World(t);
  await world.start();
  await assert.rejects(world.step('enforce'), refusal('skips_audit'));
  await world.step('enforce', { directly: true });
  assert.equal(inForce(world.folder), 'enforce a b');
});

test('settings that are wrong, and names that are unknown, are refused in words', async t => {
  const ladder = await new World(t).start();
  await assert.rejects(
    ladder.preview('names', { rung: 'audit', settings: { names: 1 } }),
    refusal('bad_settings'),
  );
  await assert.rejects(ladder.step('other', { rung: 'audit', actor: 'test' }), refusal('unknown'));
  await assert.rejects(ladder.confirm('names', 'test'), refusal('nothing_to_confirm'));
});

test('unconfirmed, enforcement goes back; confirmed, it stays', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.step('enforce', { confirmWithin: 10 * minute });
  world.pass(9 * minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'enforce a b');
  world.pass(minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'audit a b');
  assert.match(world.ladder.view('names').fell?.en ?? '', /nobody confirmed/);
  assert.equal(world.changes.at(-1)?.kind, 'fell');
  assert.equal(world.journal.at(-1)?.outcome, 'undone');

  await world.step('enforce', { confirmWithin: 10 * minute });
  await world.ladder.confirm('names', 'test');
  world.pass(60 * minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'enforce a b');
});

test('a clock that is set back does not lengthen the time to confirm', async t => {
  const world = new World(t);
  await world.start();
  await world.step('enforce', { directly: true, confirmWithin: 10 * minute });
  world.pass(10 * minute, -60 * minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'observe');
});

test('a trial goes on over a restart of the agent, and ends with a reboot', async t => {
  const world = new World(t);
  await world.start();
  await world.step('enforce', { directly: true, confirmWithin: 10 * minute });
  await world.ladder.close();
  assert.equal(inForce(world.folder), 'observe', 'nobody watches, so it is out of force');
  world.pass(5 * minute);
  await world.start();
  assert.equal(inForce(world.folder), 'enforce a b');
  world.pass(5 * minute);
  await world.start();
  assert.equal(inForce(world.folder), 'observe', 'its time was over while the agent was away');

  await world.step('enforce', { directly: true, confirmWithin: 10 * minute });
  world.now = { ...world.now, bootId: 'another' };
  await world.start();
  assert.equal(inForce(world.folder), 'observe');
});

test('a step in the middle of a trial is still measured against what was confirmed', async t => {
  const world = new World(t);
  const ladder = await world.start();
  await world.step('audit');
  await world.step('enforce', { confirmWithin: 10 * minute });
  const more = { names: ['a', 'b', 'c'] };
  const { id } = await ladder.preview('names', { rung: 'enforce', settings: more });
  await ladder.step('names', { rung: 'enforce', settings: more, preview: id, actor: 'test' });
  assert.equal(inForce(world.folder), 'enforce a b c');
  world.pass(10 * minute);
  await ladder.tick();
  assert.equal(inForce(world.folder), 'audit a b');
});

test('what cannot be applied, or is unhealthy once applied, changes nothing', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  world.troubles.apply = ({ rung }) => {
    if (rung === 'enforce') throw new Error('the kernel says no');
  };
  await assert.rejects(world.step('enforce'), /stays at audit: the kernel says no/);
  assert.equal(inForce(world.folder), 'audit a b');
  world.troubles.apply = undefined;
  world.troubles.health = () =>
    inForce(world.folder).startsWith('enforce') ? ill('web is down') : { healthy: true, reasons: [] };
  await assert.rejects(world.step('enforce'), /web is down/);
  assert.equal(inForce(world.folder), 'audit a b');
  assert.equal(world.journal.at(-1)?.outcome, 'failed');
  assert.equal(world.ladder.view('names').unmet, undefined);
});

function ill(en: string): Health {
  return { healthy: false, reasons: [{ en, zh: '故障' }] };
}

test('an apply that hangs is given up, told so, and taken back', async t => {
  const world = new World(t);
  const protection = fileProtection(world.folder);
  const ladder = Ladder.open({
    stateDirectory: world.folder,
    journal: { append: async () => undefined },
    limits: { apply: 50 },
  });
  let isTold = false;
  await ladder.register({
    ...protection,
    apply: (policy, signal) => {
      if (policy.rung !== 'audit') return protection.apply(policy, signal);
      signal.addEventListener('abort', () => {
        isTold = true;
      });
      return new Promise<void>(() => undefined);
    },
  });
  const { id } = await ladder.preview('names', { rung: 'audit' });
  await assert.rejects(ladder.step('names', { rung: 'audit', preview: id, actor: 'test' }), /too long/);
  assert.ok(isTold);
  assert.equal(ladder.view('names').policy.rung, 'observe');
});

test('twice unhealthy, enforcement steps back to audit; once may be chance', async t => {
  const world = new World(t);
  await world.start();
  await world.step('enforce', { directly: true });
  await world.ladder.confirm('names', 'test');
  const looks = [ill('x'), { healthy: true, reasons: [] }, ill('x'), ill('ssh does not answer')];
  world.troubles.health = () => looks.shift() ?? { healthy: true, reasons: [] };
  for (let look = 0; look < 3; look++) {
    await world.ladder.tick();
    assert.equal(inForce(world.folder), 'enforce a b', `after look ${look}`);
  }
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'audit a b');
  assert.match(
    world.ladder.view('names').fell?.en ?? '',
    /from enforce to audit by itself: ssh does not answer/,
  );
});

test('one undo goes back to what was before, one more to nothing', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.step('enforce');
  await world.ladder.undo('names', 'test');
  assert.equal(inForce(world.folder), 'audit a b');
  await world.ladder.undo('names', 'test');
  assert.equal(inForce(world.folder), 'observe');
});

test('an undo that goes up to enforce must be confirmed, unless that had been', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.step('enforce', { confirmWithin: minute });
  // Down in an emergency, and up again: nobody has said yet that the host can be reached under it.
  await world.step('audit');
  await world.ladder.undo('names', 'test');
  assert.equal(inForce(world.folder), 'enforce a b');
  assert.equal(world.ladder.view('names').trial?.back.rung, 'audit');
  world.pass(10 * minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'audit a b');

  await world.step('enforce');
  await world.ladder.confirm('names', 'test');
  const other = { names: ['a'] };
  const { id } = await world.ladder.preview('names', { rung: 'enforce', settings: other });
  await world.ladder.step('names', { rung: 'enforce', settings: other, preview: id, actor: 'test' });
  assert.notEqual(world.ladder.view('names').trial, undefined);
  await world.ladder.undo('names', 'test');
  assert.equal(inForce(world.folder), 'enforce a b');
  assert.equal(world.ladder.view('names').trial, undefined);
});

test('a step to other settings of enforce that a crash cuts short leaves the first one to be confirmed', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.step('enforce', { confirmWithin: 20 * minute });
  const file = join(world.folder, 'ladder.json');
  const saved = JSON.parse(readFileSync(file, 'utf8'));
  saved.protections.names.step = {
    to: { rung: 'enforce', settings: { names: ['a'] } },
    begun: world.now.wall,
  };
  await world.ladder.close();
  writeFileSync(file, JSON.stringify(saved));
  await world.start();
  assert.equal(inForce(world.folder), 'enforce a b');
  assert.equal(world.ladder.view('names').trial?.back.rung, 'audit');
  world.pass(20 * minute);
  await world.ladder.tick();
  assert.equal(inForce(world.folder), 'audit a b');
});

test('where going back fails, everything is taken back', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.step('enforce');
  world.troubles.apply = () => {
    throw new Error('stuck');
  };
  const view = await world.ladder.undo('names', 'test');
  assert.equal(inForce(world.folder), 'observe');
  assert.equal(view.policy.rung, 'observe');
});

test('what was in force is put in force at the start, tried again until it works', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  await world.ladder.close();
  world.troubles.apply = () => {
    throw new Error('too early');
  };
  await world.start();
  assert.match(world.ladder.view('names').unmet?.en ?? '', /too early/);
  assert.equal(world.changes.at(-1)?.kind, 'unmet');
  world.troubles.apply = undefined;
  await world.ladder.tick();
  assert.equal(world.ladder.view('names').unmet, undefined);
  assert.equal(inForce(world.folder), 'audit a b');
});

test('a step up that cannot be written down is not taken; a step down is', async t => {
  const world = new World(t);
  await world.start();
  await world.step('audit');
  let isFull = true;
  await world.ladder.close();
  await world.start({
    journal: {
      append: async () => {
        if (isFull) throw new Error('ENOSPC');
      },
    },
  });
  await assert.rejects(world.step('enforce'), refusal('not_recorded'));
  assert.equal(inForce(world.folder), 'audit a b');
  await world.step('observe');
  assert.equal(inForce(world.folder), 'observe');
  assert.ok(world.said.some(line => line.includes('ENOSPC')));
  isFull = false;
});

for (const [what, text] of [
  ['torn', '{"version":1,"protec'],
  ['of another version', '{"version":2}'],
  ['with a wrong entry', '{"version":1,"protections":{"names":{"policy":{"rung":"all"},"revision":1}}}'],
] as const) {
  test(`a file that is ${what} is put aside, and what was in force is taken back`, async t => {
    const world = new World(t);
    await world.start();
    await world.step('audit');
    const path = join(world.folder, 'ladder.json');
    writeFileSync(path, text);
    await world.start();
    assert.equal(inForce(world.folder), 'observe');
    assert.match(world.said[0] ?? '', /begin at observe/);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), text);
    assert.ok(!existsSync(path));
  });
}

test('one change at a time', async t => {
  const world = new World(t);
  await world.start();
  const { id } = await world.ladder.preview('names', { rung: 'audit', settings });
  const step = () => world.ladder.step('names', { rung: 'audit', settings, preview: id, actor: 'test' });
  const [one, other] = await Promise.allSettled([step(), step()]);
  assert.equal(one.status, 'fulfilled');
  assert.ok(other.status === 'rejected' && refusal('busy')(other.reason));
});
