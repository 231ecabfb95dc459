/** Flows, zones, policy, exposure and names over a real agent. */
import { test } from 'node:test';
import { type Flow, FlowStore } from '@redoubt/act/segmentation';
import { PassiveDns } from '@redoubt/store/passive-dns';
import type { LiveFixture } from '../live-agent.ts';

/** What a kernel sensor would have seen: a web server that asks a database. */
function haveSeen(state: string): void {
  const now = Date.now();
  const shared = {
    protocol: 'tcp',
    user: '33',
    userName: 'www-data',
    container: '',
    count: 5,
    first: now,
    last: now,
  };
  const flows: Flow[] = [
    {
      ...shared,
      direction: 'in',
      source: '10.1.0.5',
      destination: '10.1.0.9',
      port: 443,
      program: '/usr/sbin/nginx',
    },
    {
      ...shared,
      direction: 'out',
      source: '10.1.0.9',
      destination: '10.2.0.7',
      port: 5432,
      program: '/usr/bin/app',
    },
  ];
  const store = new FlowStore(state);
  for (const flow of flows) store.add(flow);
  store.close();
  const names = PassiveDns.open(state);
  names.add({ name: 'db.internal.test', type: 'A', data: '10.2.0.7', time: now, program: '/usr/bin/app' });
  names.flush();
  names.close();
}

export function networkPages(live: LiveFixture): void {
  test('flows are listed and drawn; a proposed policy is checked, previewed, and taken', async () => {
    haveSeen(live.state);
    const { page, assertClean } = await live.enter('#/network');
    const flows = page.getByRole('table', { name: 'Who talks to whom' });
    await flows.getByText('10.2.0.7').waitFor();
    await page.getByRole('searchbox').fill('nginx');
    await flows.getByText('10.2.0.7').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Zones' }).click();
    await page.getByRole('img', { name: 'Map of zones' }).getByText('tcp/5432').waitFor();
    await page.getByRole('link', { name: 'Policy', exact: true }).click();
    await page.getByRole('button', { name: 'Propose from flows' }).click();
    const draft = page.getByLabel('Policy (YAML)');
    const proposed = await draft.inputValue();
    await draft.fill(`${proposed}\nrulez: []\n`);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByRole('alert').getByText('rulez').waitFor();
    await draft.fill(proposed);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByRole('button', { name: 'Preview', exact: true }).click();
    await page.getByRole('heading', { name: 'What would have been blocked' }).last().waitFor();
    await page.getByRole('button', { name: 'Change, staying at Observe' }).click();
    await page.getByText('There is no policy yet').waitFor({ state: 'detached' });
    await page.getByRole('definition').getByText('10.2.0.7').waitFor();
    assertClean();
  });

  test('what listens is looked at when asked', async () => {
    const { page, assertClean } = await live.enter('#/network/exposure', { locale: 'zh-CN' });
    await page.getByRole('button', { name: '立即检查' }).click();
    const table = page.getByRole('table', { name: '监听端口' });
    await table.getByText('127.0.0.1').first().waitFor();
    assertClean();
  });

  test('a name is found in the record and judged with reasons', async () => {
    const { page, assertClean } = await live.enter('#/dns', { locale: 'zh-CN' });
    await page.getByRole('searchbox').fill('internal.test');
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByRole('link', { name: 'db.internal.test' }).click();
    await page.getByRole('table', { name: '依据' }).getByText('首次出现不足一天').waitFor();
    await page.getByRole('link', { name: '可疑' }).click();
    await page.getByText('没有未关闭的可疑项。').waitFor();
    await page.getByRole('link', { name: '防火墙', exact: true }).click();
    await page.getByText('已记录域名').waitFor();
    assertClean();
  });
}
