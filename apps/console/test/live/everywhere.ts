/** What holds on every page over a real agent: it loads, in both languages, and fits a telephone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hrefOf, type PageName, pages } from '../../src/router.ts';
import type { LiveFixture } from '../live-agent.ts';

/** Sections of pages, by the rest of their address. */
const sections: Partial<Record<PageName, readonly string[]>> = {
  network: ['map', 'policy', 'exposure'],
  dns: ['suspicious', 'reputation', 'firewall'],
  integrity: ['inventory', 'kernel', 'memory'],
  scanning: ['quarantine'],
  content: ['intelligence', 'logs'],
  responses: ['playbooks'],
  bans: ['allow', 'jails'],
};
const places = pages.flatMap(page => [
  hrefOf(page),
  ...(sections[page] ?? []).map(section => hrefOf(page, section)),
]);

export function everyPage(live: LiveFixture): void {
  for (const locale of ['en-GB', 'zh-CN'])
    test(`every page loads and fits 390 px in ${locale}`, async () => {
      const viewport = { width: 390, height: 844 };
      const { page, assertClean } = await live.enter('#/', { locale, viewport });
      for (const place of places) {
        await page.evaluate(hash => {
          location.hash = hash;
        }, place);
        await page.locator(`nav a[aria-current="page"]`).first().waitFor();
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await page.locator('main .spinner').first().waitFor({ state: 'detached' });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(width, 390, `${place} is ${width} px wide`);
        assert.equal(await page.getByRole('alert').count(), 0, `${place} shows a failure`);
      }
      assertClean();
    });
}
