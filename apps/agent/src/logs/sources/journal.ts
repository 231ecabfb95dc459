/** systemd's journal. */
import type { ClockSkew } from '@redoubt/observe/log';
import type { JournalSourceConfig } from '../config/types.ts';
import { logEntry } from '../entry.ts';
import type { ClockOfSource, LogSource, SourceContext } from '../source.ts';

/** Name of the one log of a journal among its source's places. */
const journal = 'journal';

/** A journal source. */
export class JournalSource implements LogSource {
  readonly config: JournalSourceConfig;
  #clocks: ClockSkew | undefined;

  constructor(config: JournalSourceConfig) {
    this.config = config;
  }

  async run({ signal, counters, intake, positions, running }: SourceContext): Promise<void> {
    const { name, from } = this.config;
    const log = await import('@redoubt/observe/log');
    this.#clocks ??= new log.ClockSkew();
    const place = positions.of(name).get(journal) ?? { since: Math.floor(Date.now() / 1000) };
    const { cursor, since } = place;
    if (cursor === undefined) {
      positions.set(name, journal, place);
      await positions.save();
    }
    const fromNow =
      cursor === undefined && from === 'end' && since !== undefined ? [`--since=@${since}`] : [];
    running();
    const batches = log.followJournal({
      cursor,
      // Without a cursor, everything from the moment that we first looked.
      from: 'start',
      filter: [...fromNow, ...this.#filter()],
      onDamage: counters.damage.bind(counters),
      signal,
    });
    for await (const batch of batches) {
      const entries = batch.records.map(record => {
        this.#clocks?.note(name, record.time, record.receivedTime ?? Date.now());
        return logEntry(record, name, String(record.fields['__CURSOR']));
      });
      intake.take(name, entries, counters);
      positions.set(name, journal, { cursor: batch.cursor });
      await intake.room(signal);
    }
    if (!signal.aborted) throw new Error('journalctl ended by itself');
  }

  places(): string[] {
    const { units, identifiers, directory } = this.config;
    return [...(directory === undefined ? [journal] : [directory]), ...units, ...identifiers];
  }

  clocks(): ClockOfSource[] {
    const clock = this.#clocks?.clock(this.config.name);
    return clock === undefined ? [] : [{ of: journal, clock }];
  }

  /** Matches of one field are alternatives; units and identifiers are joined by "or" with `+`. */
  #filter(): string[] {
    const { units, identifiers, directory } = this.config;
    const byUnit = units.map(unit => `_SYSTEMD_UNIT=${unit.includes('.') ? unit : `${unit}.service`}`);
    const byName = identifiers.map(identifier => `SYSLOG_IDENTIFIER=${identifier}`);
    return [
      ...(directory === undefined ? [] : [`--directory=${directory}`]),
      ...byUnit,
      ...(byUnit.length > 0 && byName.length > 0 ? ['+'] : []),
      ...byName,
    ];
  }
}
