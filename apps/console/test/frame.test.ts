/** What holds on every page: language, keys, width, and saying what is missing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrowserContextOptions } from 'playwright-core';
import { useConsole } from './fixture.ts';

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

describe('the page', () => {
  const fixture = useConsole();

  test('the language follows the browser, and switches with everything on the page', async () => {
    const { page, assertClean } = await fixture.enter('#/findings', { locale: 'zh-CN' });
    await page.getByRole('heading', { level: 1, name: '告警' }).waitFor();
    await page.getByRole('link', { name: 'Web 服务启动了 shell' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    await page.getByRole('button', { name: 'Switch to English' }).click();
    await page.getByRole('heading', { level: 1, name: 'Findings' }).waitFor();
    await page.getByRole('link', { name: 'Web server started a shell' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Findings' }).waitFor();
    assertClean();
  });

  test('rows are reached and opened by keyboard', async () => {
    const { page, assertClean } = await fixture.enter('#/');
    await page.getByText('Latest findings').waitFor();
    await page.keyboard.press('8');
    await page.getByRole('heading', { level: 1, name: 'Findings' }).waitFor();
    await page.keyboard.press('[');
    await page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();
    await page.keyboard.press(']');
    await page.getByRole('heading', { level: 1, name: 'Findings' }).waitFor();
    await page.getByRole('link', { name: 'SSH key added' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Web server started a shell' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Go to the filter').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assertClean();
  });

  test('what is missing is said: reduced mode, warnings, no findings', async () => {
    await fixture.restart({ mode: 'reduced', cases: [] });
    const { page, assertClean } = await fixture.enter();
    await page.getByText('short-lived processes').waitFor();
    await page.getByText('This kernel has no BTF').waitFor();
    await page.getByText('Nothing is open.').waitFor();
    await page.getByText('drill --all').waitFor();
    assertClean();
  });

  for (const place of ['#/', '#/findings', '#/findings/f-0191a6f0', '#/events', '#/processes']) {
    for (const locale of ['zh-CN', 'en-GB']) {
      test(`nothing overflows at 390 px: ${place} in ${locale}`, async () => {
        const { page, assertClean } = await fixture.enter(place, { ...phone, locale });
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await page.locator('[data-row], .node').first().waitFor();
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.equal(widths[0], 390, `the page is ${widths.join(' of ')} px wide`);
        assertClean();
      });
    }
  }
});
