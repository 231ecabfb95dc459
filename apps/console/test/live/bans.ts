/** Bans over a real agent. It stands at observe: bans are written down, and the packet filter is left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveFixture } from '../live-agent.ts';

export function banPages(live: LiveFixture): void {
  test('a ban says that nothing is blocked yet, is made, found, and ended', async () => {
    const { page, assertClean } = await live.enter('#/bans');
    await page.getByText('nothing is blocked').waitFor();
    await page.getByLabel('Address or network').fill('203.0.113.7');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    const plan = page.getByRole('region', { name: 'The plan' });
    await plan.getByText('stands at observe').waitFor();
    await page.getByLabel('Why').fill('probing');
    await page.getByRole('button', { name: 'Ban 203.0.113.7' }).click();
    await page.getByText('203.0.113.7 is banned.').waitFor();
    const table = page.getByRole('table', { name: 'Who is banned' });
    await table.getByText('probing').waitFor();
    await page.getByRole('searchbox').fill('192.0.2.1');
    await page.getByText('192.0.2.1 is not banned.').waitFor();
    await page.getByRole('searchbox').fill('203.0.113.7');
    await table.getByRole('button', { name: 'Unban: 203.0.113.7' }).click();
    await page.getByRole('button', { name: 'Yes, unban' }).click();
    await page.getByText('203.0.113.7 is not banned.').waitFor();
    assertClean();
  });

  test('an address that is put on the allow-list by a step is not banned any more', async () => {
    const { page, assertClean } = await live.enter('#/bans/allow', { locale: 'zh-CN' });
    await page.getByText('列表为空').waitFor();
    await page.getByLabel('地址或网段').fill('192.0.2.0/24');
    await page.getByRole('button', { name: '添加' }).click();
    const take = page.getByRole('button', { name: '更改，仍处于观察' });
    assert.equal(await take.isDisabled(), true);
    await page.getByLabel('用以下时段的记录评估').selectOption('不评估，仅显示更改');
    await page.getByRole('button', { name: '预览' }).click();
    await page.getByRole('heading', { name: '将会更改' }).waitFor();
    await take.click();
    await page.getByRole('button', { name: '移除 192.0.2.0/24' }).waitFor();
    await take.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: '已封禁' }).click();
    await page.getByLabel('地址或网段').fill('192.0.2.9');
    await page.getByRole('button', { name: '先看会做什么' }).click();
    await page.getByText('在允许列表中').waitFor();
    await page.getByRole('link', { name: '封禁规则' }).click();
    await page.getByRole('table', { name: '生效的规则' }).getByText('sshd').first().waitFor();
    assertClean();
  });
}
