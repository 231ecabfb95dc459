/** Incidents: the list, the story of one, and what is done about it, in both languages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useConsole } from './fixture.ts';

describe('incidents', () => {
  const fixture = useConsole();

  test('open incidents are listed, and closed ones when asked for', async () => {
    const { page, assertClean } = await fixture.enter('#/incidents');
    const rows = page.getByRole('list', { name: 'List of incidents' }).getByRole('link');
    await rows.getByText('alice on DC01, WS01').waitFor();
    assert.equal(await rows.count(), 1);
    await page.getByRole('link', { name: 'Closed' }).click();
    await rows.getByText('Scheduled job changed').waitFor();
    await page.getByRole('link', { name: 'All' }).click();
    await rows.nth(1).waitFor();
    if (process.env['SCREENSHOTS'])
      await page.screenshot({ path: `${process.env['SCREENSHOTS']}/list-en.png` });
    assertClean();
  });

  for (const [locale, words] of [
    ['en-GB', { story: 'What happened', step: 'asked for Kerberos tickets', service: 'Service' }],
    ['zh-CN', { story: '攻击经过', step: '请求了以下服务的 Kerberos 票据', service: '服务' }],
  ] as const) {
    test(`the story, what it touched and the score are told (${locale})`, async () => {
      const { page, assertClean } = await fixture.enter('#/incidents/i-0191b001', { locale });
      const story = page.getByRole('list', { name: words.story }).getByRole('listitem');
      await story.nth(2).waitFor();
      assert.equal(await story.count(), 3);
      await story.nth(2).getByText(words.step).waitFor();
      await page.getByText('svc-print', { exact: true }).waitFor();
      const touched = page
        .getByRole('listitem')
        .filter({ has: page.getByText(words.service, { exact: true }) });
      assert.equal(await touched.locator('strong').count(), 6);
      if (process.env['SCREENSHOTS'])
        await page.screenshot({ path: `${process.env['SCREENSHOTS']}/one-${locale}.png`, fullPage: true });
      assertClean();
    });
  }

  test('status, owner and comment are set', async () => {
    const { page, assertClean } = await fixture.enter('#/incidents/i-0191b001');
    await page.getByRole('button', { name: 'In progress' }).click();
    await page.locator('.finding-head').getByText('In progress').waitFor();
    await page.getByLabel('Owner').fill('wang');
    await page.getByRole('button', { name: 'Assign' }).click();
    await page.getByLabel('Comment').fill('asked the team');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.locator('.comments').getByText('asked the team').waitFor();
    assert.equal(await page.getByLabel('Owner').inputValue(), 'wang');
    assertClean();
  });

  test('nothing is wider than a small screen', async () => {
    for (const place of ['#/incidents', '#/incidents/i-0191b001']) {
      const { page, assertClean } = await fixture.enter(place, { viewport: { width: 390, height: 800 } });
      await page.getByText('alice on DC01, WS01').first().waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, place);
      assertClean();
    }
  });
});
