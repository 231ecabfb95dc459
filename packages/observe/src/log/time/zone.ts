/** Time zones for log times that are written without one. */

const minute = 60_000;
const fixedOffset = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/;

/** Turns wall-clock times of one zone into epoch milliseconds. */
export interface Zone {
  /** @param wallClock the wall-clock time, written as if it were UTC, milliseconds since the epoch */
  toEpoch(wallClock: number): number;
}

/** UTC. */
export const utc: Zone = { toEpoch: wallClock => wallClock };

/**
 * A zone by name: `UTC`, an offset (`+08:00`), an IANA name (`Asia/Shanghai`), or the system's when undefined.
 * @throws RangeError when the name is none of these
 */
export function zoneOf(name: string | undefined): Zone {
  if (name === undefined) return systemZone;
  if (/^(?:UTC|GMT|Z|Etc\/UTC)$/i.test(name)) return utc;
  const fixed = fixedOffset.exec(name);
  if (fixed !== null) {
    const sign = fixed[1] === '-' ? -1 : 1;
    const offset = sign * (Number(fixed[2]) * 60 + Number(fixed[3] ?? 0)) * minute;
    return { toEpoch: wallClock => wallClock - offset };
  }
  return namedZone(name);
}

/** The system's zone, found out when it is first needed: most logs bear their offset. */
const systemZone: Zone = {
  toEpoch(wallClock) {
    found ??= zoneOf(new Intl.DateTimeFormat().resolvedOptions().timeZone);
    return found.toEpoch(wallClock);
  },
};
let found: Zone | undefined;

/** An IANA zone. Offsets are asked of ICU once for each quarter of an hour that occurs: they change on no less. */
function namedZone(name: string): Zone {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsetAt = (epoch: number): number => {
    const part: Record<string, number> = {};
    for (const { type, value } of clock.formatToParts(epoch)) part[type] = Number(value);
    const wall = Date.UTC(
      part['year'] ?? 0,
      (part['month'] ?? 1) - 1,
      part['day'],
      part['hour'],
      part['minute'],
      part['second'],
    );
    return wall - Math.floor(epoch / 1000) * 1000;
  };
  let quarter = Number.NaN;
  let offset = 0;
  return {
    toEpoch(wallClock) {
      const asked = Math.floor(wallClock / (15 * minute));
      if (asked !== quarter && Math.abs(wallClock) < 8e15) {
        quarter = asked;
        // The second look settles times close to a change of offset.
        offset = offsetAt(wallClock - offsetAt(wallClock));
      }
      return wallClock - offset;
    },
  };
}
