/** A headless Chromium, and a page in it that fails the test on any error or breach of the policy. */
import assert from 'node:assert/strict';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Starts Debian's Chromium, with everything off that would reach for the network. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page and what went wrong in it so far. */
export interface Watched {
  page: Page;
  /** Requests to the page's own host that were answered with an error status are expected by some tests. */
  assertClean: (expectedStatus?: number) => void;
  close: () => Promise<void>;
}

/** Opens an empty page that writes down console errors, exceptions, policy breaches and outside requests. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', error => troubles.push(String(error)));
  page.on('request', request => {
    if (new URL(request.url()).hostname !== '127.0.0.1') troubles.push(`outside request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return {
    page,
    assertClean: expectedStatus => {
      const expected = `status of ${expectedStatus} `;
      const left = troubles.filter(
        trouble =>
          expectedStatus === undefined ||
          !(trouble.startsWith('Failed to load') && trouble.includes(expected)),
      );
      assert.deepEqual(left, []);
    },
    close: () => context.close(),
  };
}
