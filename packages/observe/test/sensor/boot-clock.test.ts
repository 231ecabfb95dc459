import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { BootClock } from '../../src/index.ts';
import { type ClockReading, coarseReading, readCoarsely } from '../../src/sensor/boot-clock.ts';

/** A host whose clocks are set by the test. */
function host(bootEpoch: number): {
  boot: number;
  now: number;
  read: () => ClockReading;
  exactly: () => ClockReading;
} {
  const clocks = {
    boot: bootEpoch,
    now: 1234.567,
    read: () => {
      const wall = Math.floor(clocks.boot + clocks.now);
      return coarseReading(Math.floor(clocks.now / 10) * 10, wall, wall);
    },
    exactly: () => ({ uptime: clocks.now, earliest: clocks.boot - 0.5, latest: clocks.boot + 0.5 }),
  };
  return clocks;
}

test('readings narrow the epoch of boot down to about a millisecond', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.integer({ min: 900, max: 1100 }), { minLength: 60, maxLength: 60 }),
      (fraction, steps) => {
        const clocks = host(1_700_000_000_000 + fraction);
        const clock = new BootClock(clocks.read);
        assert.ok(Math.abs(clock.bootEpoch - clocks.boot) <= 6, 'one reading tells it to half of 11 ms');
        for (const step of steps) {
          clocks.now += step + 0.37;
          assert.equal(clock.measure(), false);
          assert.ok(Math.abs(clock.bootEpoch - clocks.boot) <= 6);
        }
        assert.equal(clock.jumps, 0);
      },
    ),
  );
});

test('a wall clock that is set is followed and counted; slewing is no jump', () => {
  const clocks = host(1_700_000_000_000);
  const clock = new BootClock(clocks.read);
  for (let second = 0; second < 300; second++) {
    clocks.now += 1003.3;
    clocks.boot += 0.4;
    assert.equal(clock.measure(), false, `second ${second}`);
  }
  assert.ok(Math.abs(clock.bootEpoch - clocks.boot) < 7);
  for (const jump of [3_600_000, -7_200_000, 100]) {
    clocks.boot += jump;
    clocks.now += 1000;
    assert.equal(clock.measure(), true);
    assert.ok(Math.abs(clock.bootEpoch - clocks.boot) < 7);
  }
  assert.equal(clock.jumps, 3);
});

test('read exactly, the epoch is right at once, follows slewing and keeps still while it is right', () => {
  const clocks = host(1_700_000_000_000.25);
  const clock = new BootClock(clocks.exactly);
  assert.equal(clock.bootEpoch, clocks.boot);
  const epochs = new Set<number>();
  for (let second = 0; second < 1000; second++) {
    clocks.now += 1000;
    clocks.boot += 0.02;
    assert.equal(clock.measure(), false);
    epochs.add(clock.bootEpoch);
    assert.ok(Math.abs(clock.bootEpoch - clocks.boot) <= 0.51);
  }
  assert.ok(epochs.size > 10 && epochs.size < 100, `${epochs.size} steps for 20 ms`);
  for (const jump of [3_600_000, -7_200_000, 3]) {
    clocks.boot += jump;
    clocks.now += 1000;
    assert.equal(clock.measure(), true);
    assert.equal(clock.bootEpoch, clocks.boot);
  }
});

test('on this host it agrees with the kernel’s own figure', () => {
  const clock = new BootClock();
  const btime = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]) * 1000;
  assert.ok(Math.abs(clock.bootEpoch - btime) < 1500, `${clock.bootEpoch} and ${btime}`);
  assert.ok(Math.abs(clock.now() - (Date.now() - clock.bootEpoch)) < 50);
  const coarse = new BootClock(readCoarsely);
  assert.ok(Math.abs(clock.bootEpoch - coarse.bootEpoch) < 7, `${clock.bootEpoch} and ${coarse.bootEpoch}`);
});
