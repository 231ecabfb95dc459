/** The built page over a real agent in reduced mode, in a folder of its own. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { defaultOptions, type RunningAgent, runAgent } from '@redoubt/agent';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { build } from 'vite';
import { launch, openPage, type Watched } from './browser.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What a test of the page with a real agent has at hand. */
export interface LiveFixture {
  /** Folder of the agent's state, and one beside it for files of the test. */
  readonly state: string;
  readonly folder: string;
  /** A log of sshd that the agent follows. */
  readonly authLog: string;
  /** A page that is signed in and stands at `place`. */
  enter: (place: string, options?: BrowserContextOptions) => Promise<Watched>;
}

/** Builds the page and starts an agent once for a suite. */
export function useLiveConsole(): LiveFixture {
  let browser: Browser;
  let agent: RunningAgent;
  let folder: string;
  let dist: string;
  let policy: string;
  const opened: Watched[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redoubt-live-'));
    dist = join(folder, 'dist');
    await build({ root: join(import.meta.dirname, '..'), build: { outDir: dist }, logLevel: 'error' });
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, 'auth.log'), '');
    await writeFile(
      join(folder, 'state', 'logs.yml'),
      `defaults: false
sources:
  - {name: auth, type: file, paths: ["${join(folder, 'auth.log')}"], format: syslog, timezone: UTC}
`,
    );
    const options = { ...defaultOptions(), port: 0, mode: 'reduced' as const };
    agent = await runAgent({
      ...options,
      socket: join(folder, 'agent.sock'),
      stateDirectory: join(folder, 'state'),
    });
    const { headers } = await fetch(new URL('/api/summary', agent.url));
    policy = headers.get('content-security-policy') ?? '';
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await agent?.stop();
    if (folder) await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const watched of opened.splice(0)) await watched.close();
  });

  return {
    get state() {
      return join(folder, 'state');
    },
    get folder() {
      return folder;
    },
    get authLog() {
      return join(folder, 'auth.log');
    },
    enter: async (place, options = {}) => {
      const watched = await openPage(browser, { locale: 'en-GB', ...options });
      opened.push(watched);
      const { page } = watched;
      // A preview or a check takes as long as the machine needs; a wait in vain says what it waited for.
      page.setDefaultTimeout(120_000);
      // The page as this test has built it, under the agent's own policy; the API is the agent's.
      await page.route(
        url => !url.pathname.startsWith('/api/'),
        async (route, request) => {
          const { pathname } = new URL(request.url());
          const file = normalize(pathname === '/' ? '/index.html' : pathname);
          const body = await readFile(join(dist, file));
          const headers = {
            'content-type': types[extname(file)] ?? 'application/octet-stream',
            'content-security-policy': policy,
          };
          await route.fulfill({ body, headers });
        },
      );
      await page.goto(agent.url);
      await page.getByRole('navigation').first().waitFor();
      await page.evaluate(hash => {
        location.hash = hash;
      }, place);
      return watched;
    },
  };
}
