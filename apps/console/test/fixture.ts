/** The built page over a fresh stand-in for each test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { build } from 'vite';
import { launch, openPage, type Watched } from './browser.ts';
import { type Options, type StandIn, startStandIn } from './standin/server.ts';

/** The token that the stand-ins of tests take. */
export const token = 'a-token-for-tests';

/** What a test has at hand. */
export interface Fixture {
  /** The running stand-in. */
  readonly agent: StandIn;
  /** Ends the stand-in, and starts another. */
  restart: (options?: Partial<Options>) => Promise<void>;
  /** An empty page; English unless told otherwise. */
  open: (options?: BrowserContextOptions) => Promise<Watched>;
  /** A page that is signed in and stands at `place`. */
  enter: (place?: string, options?: BrowserContextOptions) => Promise<Watched>;
}

/** Builds the page once for a suite, and gives each of its tests a stand-in and a browser. */
export function useConsole(): Fixture {
  let browser: Browser;
  let agent: StandIn;
  let dist: string;
  const opened: Watched[] = [];

  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'redoubt-console-'));
    await build({ root: join(import.meta.dirname, '..'), build: { outDir: dist }, logLevel: 'error' });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await rm(dist, { recursive: true });
  });
  beforeEach(async () => {
    agent = await startStandIn({ token, dist });
  });
  afterEach(async () => {
    for (const watched of opened.splice(0)) await watched.close();
    await agent.close();
  });

  const open: Fixture['open'] = async (options = {}) => {
    const watched = await openPage(browser, { locale: 'en-GB', ...options });
    opened.push(watched);
    return watched;
  };
  return {
    get agent() {
      return agent;
    },
    restart: async options => {
      await agent.close();
      agent = await startStandIn({ token, dist, ...options });
    },
    open,
    enter: async (place = '#/', options = {}) => {
      const watched = await open(options);
      await watched.page.goto(`${agent.url}/#token=${token}`);
      await watched.page.getByRole('navigation').waitFor();
      await watched.page.evaluate(hash => {
        location.hash = hash;
      }, place);
      return watched;
    },
  };
}
