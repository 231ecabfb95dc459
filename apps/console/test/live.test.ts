/** The page over one real agent: what the screens say of it, and what they do to it. */
import { describe } from 'node:test';
import { actingPages } from './live/acting.ts';
import { banPages } from './live/bans.ts';
import { everyPage } from './live/everywhere.ts';
import { networkPages } from './live/network.ts';
import { brokenJournal, posturePages } from './live/posture.ts';
import { useLiveConsole } from './live-agent.ts';

describe('with a real agent', () => {
  const live = useLiveConsole();
  posturePages(live);
  actingPages(live);
  banPages(live);
  networkPages(live);
  everyPage(live);
  brokenJournal(live);
});
