/** Time zones for log times that are written without one. */

const minute = 60_000;
const fixedOffset = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/;

/** Turns wall-clock times of one zone into epoch milliseconds. */
export interface Zone {
  readonly name: string;
  /** @param wallClock the wall-clock time, written as if it were UTC, milliseconds since the epoch */
  toEpoch(wallClock: number): number;
}

/** UTC. */
export const utc: Zone = { name: 'UTC', toEpoch: wallClock => wallClock };

/**
 * A zone by name: `UTC`, an offset (`+08:00`), an IANA name (`Asia/Shanghai`), or the system's when undefined.
 * @throws RangeError when the name is none of these
 */
export function zoneOf(name: string | undefined): Zone {
  const wanted = name ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (/^(?:UTC|GMT|Z|Etc\/UTC)$/i.test(wanted)) return utc;
  const fixed = fixedOffset.exec(wanted);
  if (fixed !== null) {
    const sign = fixed[1] === '-' ? -1 : 1;
    const offset = sign * (Number(fixed[2]) * 60 + Number(fixed[3] ?? 0)) * minute;
    return { name: wanted, toEpoch: wallClock => wallClock - offset };
  }
  return namedZone(wanted);
}

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
    name,
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
