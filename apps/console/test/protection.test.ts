/** Protections on the page: preview, step, confirm, undo; every new page narrow and in both languages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useConsole } from './fixture.ts';

const places = [
  '#/protection',
  '#/integrity',
  '#/integrity/inventory',
  '#/integrity/kernel',
  '#/integrity/memory',
  '#/scanning',
  '#/scanning/quarantine',
  '#/content',
  '#/content/intelligence',
  '#/content/logs',
  '#/journal',
];

describe('protections', () => {
  const fixture = useConsole();

  test('a step to enforce is previewed, taken, confirmed and undone', async () => {
    const { page, assertClean } = await fixture.enter('#/protection');
    const panel = page.getByRole('region', { name: 'Segmentation' });
    await panel.locator('.ladder[data-rung="audit"]').waitFor();
    await panel.getByRole('button', { name: 'Change rung' }).click();
    const take = panel.getByRole('button', { name: 'Step to Enforce' });
    assert.equal(await take.isDisabled(), true);
    await panel.getByRole('button', { name: 'Preview' }).click();
    await panel.getByText('43 of 10,000 events would have been blocked.').waitFor();
    await panel.getByText('allow /tmp/installer').waitFor();
    if (process.env['SCREENSHOTS'])
      await page.screenshot({ path: `${process.env['SCREENSHOTS']}/step-en.png`, fullPage: true });
    await take.click();
    await panel.getByText(/Goes back to Audit in \d+ min/).waitFor();
    await panel.locator('.ladder[data-rung="enforce"][data-trial="true"]').waitFor();
    await panel.getByRole('button', { name: 'Keep it' }).click();
    await panel.locator('.ladder[data-rung="enforce"][data-trial="false"]').waitFor();
    await panel.getByRole('button', { name: 'Undo: back to Audit' }).click();
    await panel.locator('.ladder[data-rung="audit"]').waitFor();
    assertClean();
  });

  test('why a protection is not healthy is said', async () => {
    const { page, assertClean } = await fixture.enter('#/protection', { locale: 'zh-CN' });
    const panel = page.getByRole('region', { name: '应用程序控制' });
    await panel.getByText('自上次检查以来有 62 次判断超时').waitFor();
    await panel.getByText('目录、覆盖范围与计数').click();
    await panel.getByText('/mnt/nfs').waitFor();
    assertClean();
  });

  for (const locale of ['zh-CN', 'en-GB']) {
    test(`the pages fit a screen of 390 px, and speak only their language (${locale})`, async () => {
      const { page, assertClean } = await fixture.enter('#/', {
        locale,
        viewport: { width: 390, height: 844 },
      });
      for (const place of places) {
        await page.evaluate(hash => {
          location.hash = hash;
        }, place);
        await page.locator('main .panel, main .state').first().waitFor();
        await page.locator('main .spinner').waitFor({ state: 'detached' });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(width, 390, place);
        const heading = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
        assert.equal(/\p{Script=Han}/u.test(heading), locale === 'zh-CN', heading);
      }
      assertClean();
    });
  }
});
