/** Decisions of other hosts, read every few minutes; and ours, in a file that others read. */
import { join } from 'node:path';
import { readSmallFile, replaceFile } from '@redoubt/act';
import { type Guard, readDecisions, toCrowdsec } from '@redoubt/act/bans';
import type { Bilingual } from '@redoubt/model';

const listLimit = 64 * 1024 * 1024;
const fetchTime = 60_000;
/** Bans of a list hold so long beyond the next reading, milliseconds: a list that is away for an hour changes nothing. */
const listedFor = 4 * 3_600_000;

/** Reads the lists that settings name. @returns what could not be read */
export async function readLists(guard: Guard): Promise<Bilingual[]> {
  const problems: Bilingual[] = [];
  for (const place of guard.settings.lists) {
    try {
      const text = place.startsWith('/') ? readSmallFile(place, listLimit) : await fetched(place);
      if (text === undefined) throw new Error('there is no such file');
      const { bans, refused } = readDecisions(text, `list ${nameOf(place)}`, Date.now(), listedFor);
      // Our own decisions come back from hosts that read ours: they must not be drawn out for ever.
      const others = bans.filter(({ subject }) => {
        const known = guard.store.get(subject);
        return known === undefined || (known.until ?? 0) < Date.now() + listedFor / 2;
      });
      if (others.length > 0) await guard.ban(others, 'redoubt');
      if (refused > 0)
        problems.push({
          en: `${place}: ${refused} entries are not taken`,
          zh: `${place}：${refused} 条未采用`,
        });
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      problems.push({ en: `${place}: ${words}`, zh: `${place}：${words}` });
    }
  }
  return problems;
}

/** Where our decisions stand for other hosts to read. */
export function sharedFile(stateDirectory: string): string {
  return join(stateDirectory, 'bans', 'shared.json');
}

/** Writes our own decisions for others: those that we made ourselves, so that lists do not feed one another. */
export function share(guard: Guard, stateDirectory: string): void {
  const now = Date.now();
  const own = guard.store.standing(now).filter(({ origin }) => origin === 'redoubt' || origin === 'manual');
  replaceFile(sharedFile(stateDirectory), `${JSON.stringify(toCrowdsec(own, now))}\n`, 0o644);
}

/** A place without what may be secret in it. */
function nameOf(place: string): string {
  return place.startsWith('/') ? place : new URL(place).host;
}

async function fetched(place: string): Promise<string> {
  const answer = await fetch(place, { signal: AbortSignal.timeout(fetchTime), redirect: 'error' });
  if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > listLimit) throw new Error(`longer than ${listLimit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
