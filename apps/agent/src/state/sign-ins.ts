/** Sign-ins at the page, in the journal. */
import type { JournalSink } from '@redoubt/model';
import type { SignIn } from '../api/server.ts';

/** Wrong tokens that are written down in a minute: a guesser must not fill the disk. */
const refusedLimit = 10;

let minute = 0;
let refused = 0;

/** Writes an attempt down. What cannot be written keeps nobody from the page of a host in trouble. */
export function noteSignIn(journal: JournalSink, { isGranted, from }: SignIn, now = Date.now()): void {
  if (!isGranted) {
    const current = Math.floor(now / 60_000);
    refused = current === minute ? refused + 1 : 1;
    minute = current;
    if (refused > refusedLimit) return;
  }
  const text = isGranted
    ? { en: `Somebody signed in at the page from ${from}`, zh: `有人从 ${from} 登录了页面` }
    : { en: `A wrong token was shown at the page from ${from}`, zh: `来自 ${from} 的页面登录令牌错误` };
  const outcome = isGranted ? 'done' : 'failed';
  journal
    .append({ time: now, actor: from, action: 'page.sign_in', subject: 'page', outcome, text })
    .catch(error => console.error(error));
}
