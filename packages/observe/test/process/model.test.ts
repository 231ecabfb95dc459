/** The table against a naive model that never forgets: same answers wherever the table still remembers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ancestryOf } from '../../src/process/lineage.ts';
import { ProcessTable, unknownContext } from '../../src/process/table.ts';
import { program, spell } from './helpers.ts';

/** What the model knows of a process: everything, for ever. */
interface Known {
  pid: number;
  start: number;
  /** Lineage at the fork: "program@pid" of the parent and of those before it, nearest first. */
  inherited: string[];
  /** Programs that it began itself. */
  own: string[];
  alive: boolean;
}

/** The program that runs, its own or inherited. */
function running(known: Known): string {
  return known.own.at(-1) ?? (known.inherited[0]?.split('@')[0] as string);
}

function expectedLineage(known: Known): string[] {
  const earlier = known.own.slice(0, -1).reverse();
  return [...earlier.map(name => `${name}@${known.pid}`), ...known.inherited];
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fork' as const), which: fc.nat(), pid: fc.nat(11) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('exec' as const), which: fc.nat(), name: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('exit' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

test('random forks, execs, exits and reuse of few pids: the table agrees with the model', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), steps => {
      const table = new ProcessTable({ keepExitedMs: 20, maxExited: 1000 });
      table.adopt(1, 0, 0, undefined, 0, program('/init', 0), unknownContext);
      const init: Known = { pid: 1, start: 0, inherited: [], own: ['init'], alive: true };
      const all: Known[] = [init];
      let time = 0;
      for (const action of steps) {
        time += 10;
        const alive = all.filter(known => known.alive);
        const chosen = 'which' in action ? (alive[action.which % alive.length] as Known) : init;
        const tracked = table.find(chosen.pid, chosen.start);
        assert.ok(tracked, 'a living process is always remembered');
        if (action.do === 'fork') {
          const pid = action.pid + 2;
          if (alive.some(known => known.pid === pid)) continue;
          table.fork(pid, time / 10, time, tracked);
          const inherited = [`${running(chosen)}@${chosen.pid}`, ...expectedLineage(chosen)];
          all.push({ pid, start: time / 10, inherited, own: [], alive: true });
        } else if (action.do === 'exec') {
          if (chosen.own.length >= 14) continue;
          const name = `p${action.name}`;
          table.exec(tracked, program(`/${name}`, time), unknownContext);
          chosen.own.push(name);
        } else if (action.do === 'exit') {
          if (chosen === init) continue;
          table.exit(tracked, time, 0);
          chosen.alive = false;
        } else {
          table.sweep(time);
        }
      }
      for (const known of all) {
        const tracked = table.find(known.pid, known.start);
        if (tracked === undefined) {
          assert.equal(known.alive, false, 'only exited processes are forgotten');
          continue;
        }
        assert.equal(tracked.image.name, running(known));
        const lineage = spell(ancestryOf(tracked, tracked.image));
        assert.deepEqual(lineage, expectedLineage(known).slice(0, 32));
      }
      assert.equal([...table.processes()].length, table.size);
    }),
    { numRuns: 300 },
  );
});

test('with lost forks, execs and exits the table stays consistent and bounded', () => {
  const losing = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 150, size: 'max' });
  fc.assert(
    fc.property(losing, steps => {
      const table = new ProcessTable({ keepExitedMs: 20, maxExited: 8 });
      table.adopt(1, 0, 0, undefined, 0, program('/init', 0), unknownContext);
      const alive = new Map<number, number>([[1, 0]]);
      let time = 0;
      for (const [action, lost] of steps) {
        time += 10;
        const pids = [...alive.keys()];
        const pid = 'which' in action ? (pids[action.which % pids.length] as number) : 1;
        const start = alive.get(pid) as number;
        // As the sensor does: an actor that the table does not know is entered.
        const actor =
          table.find(pid, start) ??
          table.adopt(pid, start, start * 10, undefined, 0, program('/found', time), unknownContext);
        if (action.do === 'fork') {
          const child = action.pid + 2;
          if (alive.has(child)) continue;
          alive.set(child, time / 10);
          if (!lost) table.fork(child, time / 10, time, actor);
        } else if (action.do === 'exec' && !lost) {
          table.exec(actor, program(`/p${action.name}`, time), unknownContext);
        } else if (action.do === 'exit' && pid !== 1) {
          alive.delete(pid);
          if (!lost) table.exit(actor, time, 0);
        } else if (action.do === 'sweep') {
          table.sweep(time);
          assert.ok(table.exited <= 8);
        }
      }
      const found = [...table.processes()];
      assert.equal(found.length, table.size);
      assert.equal(new Set(found.map(process => process.uid)).size, table.size);
      const children = new Map(found.map(process => [process, 0]));
      for (const { parent } of found) {
        if (parent === undefined) continue;
        assert.ok(children.has(parent), 'a parent that is referred to is remembered');
        children.set(parent, (children.get(parent) ?? 0) + 1);
      }
      for (const process of found) assert.equal(process.children, children.get(process));
      const living = found.filter(process => process.terminatedTime === undefined);
      const byPid = new Set(living.map(process => process.pid));
      assert.equal(byPid.size, living.length, 'a pid has one living holder at most');
    }),
    { numRuns: 300 },
  );
});
