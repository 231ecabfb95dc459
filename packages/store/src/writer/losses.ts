/** The table `loss`: what could not be kept, so that a gap in the record is never silent. */
import type { DatabaseSync } from 'node:sqlite';
import type { RecorderWarning } from '../types.ts';

/** Notes are kept up to this many. */
const maxNotes = 10_000;

/** Notes a loss; a transaction must be open. */
export function noteLoss(database: DatabaseSync, { time, code, text, eventsLost }: RecorderWarning): void {
  database
    .prepare('insert into loss (time, code, en, zh, events_lost) values (?, ?, ?, ?, ?)')
    .run(time, code, text.en, text.zh, eventsLost ?? null);
  database.prepare('delete from loss where id <= (select max(id) from loss) - ?').run(maxNotes);
}
