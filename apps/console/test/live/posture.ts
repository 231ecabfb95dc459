/** The pages of protection, integrity, scanning, content and the journal over a real agent. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Quarantine } from '@redoubt/act/quarantine';
import type { LiveFixture } from '../live-agent.ts';

export function posturePages(live: LiveFixture): void {
  test('the overview tells the posture, and leads on', async () => {
    const { page, assertClean } = await live.enter('#/');
    const strip = page.getByRole('list', { name: 'Posture' });
    await strip.getByText('no golden state').waitFor();
    await strip.getByText('as shipped').waitFor();
    await strip.getByText('intact').waitFor();
    await strip.getByRole('link', { name: /^Protection/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Protection' }).waitFor();
    assertClean();
  });

  test('a step is previewed over the record before it can be taken, and nothing changes by that', async () => {
    const { page, assertClean } = await live.enter('#/protection');
    const panel = page.getByRole('region', { name: 'Bans' });
    await panel.locator('.ladder[data-rung="observe"]').waitFor();
    await panel.getByRole('button', { name: 'Change rung' }).click();
    const take = panel.getByRole('button', { name: 'Step to Audit' });
    assert.equal(await take.isDisabled(), true);
    await panel.getByRole('button', { name: 'Preview' }).click();
    await panel.getByRole('heading', { name: 'What would change' }).waitFor();
    await panel.getByRole('heading', { name: 'What would have been blocked' }).waitFor();
    assert.equal(await take.isDisabled(), false);
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await panel.locator('.ladder[data-rung="observe"]').waitFor();
    assertClean();
  });

  test('the inventory lists and filters what there is on this server', async () => {
    const { page, assertClean } = await live.enter('#/integrity/inventory?state=kernel-parameters');
    const table = page.getByRole('table', { name: 'kernel parameters' });
    await table.getByText('kernel.randomize_va_space').waitFor();
    await page.getByRole('searchbox').fill('randomize');
    await page.getByText(/^1 of \d+/).waitFor();
    assert.equal(await table.getByRole('row').count(), 2);
    assertClean();
  });

  test('a check of the memory of all processes is begun when asked', async () => {
    const { page, assertClean } = await live.enter('#/integrity/memory');
    await page.getByRole('button', { name: 'Check now' }).click();
    // What it finds is the business of tests below; here all processes of a busy machine would be read.
    const isOver = page.getByText(/processes(, nothing found| have something)/);
    await page.getByRole('button', { name: 'Checking' }).or(isOver).first().waitFor();
    assertClean();
  });

  test('golden states and the kernel say what has not been done yet', async () => {
    const { page, assertClean } = await live.enter('#/integrity');
    await page.getByText('redoubt baseline create', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Check now' }).isDisabled(), true);
    await page.getByRole('link', { name: 'Kernel' }).click();
    await page.getByText('redoubt rootkit check').waitFor();
    assertClean();
  });

  test('a file is given back from quarantine, and the journal says so', async () => {
    const file = join(live.folder, 'uploads', 'report.txt');
    mkdirSync(join(live.folder, 'uploads'));
    writeFileSync(file, 'harmless');
    const entry = Quarantine.open(join(live.state, 'quarantine')).add(file, { by: 'test', reason: 'to see' });
    assert.equal(existsSync(file), false);
    const { page, assertClean } = await live.enter('#/scanning/quarantine');
    await page.getByRole('button', { name: `Give back: ${file}` }).click();
    await page.getByRole('button', { name: 'Yes, give it back' }).click();
    await page.getByText('is in its place again').waitFor();
    assert.equal(readFileSync(file, 'utf8'), 'harmless');
    await page.getByText('Nothing is in quarantine.').waitFor();
    await page.getByRole('link', { name: 'Journal' }).click();
    await page.getByRole('heading', { name: 'The chain is intact' }).waitFor();
    await page.getByRole('searchbox').fill(entry.id);
    const entries = page.getByRole('list', { name: 'Entries' }).locator('> li');
    await entries.getByText('was given back').waitFor();
    assert.equal(await entries.count(), 2);
    assertClean();
  });

  test('rules, indicators and logs are told of', async () => {
    const { page, assertClean } = await live.enter('#/content');
    await page.getByText('as shipped').waitFor();
    await page.getByRole('link', { name: 'Intelligence' }).click();
    await page.getByText('No source of indicators').waitFor();
    await page.getByRole('link', { name: 'Logs' }).click();
    await page.getByRole('button', { name: 'Read the configuration again' }).click();
    await page.getByText('Configuration:').waitFor();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Scanning' }).click();
    await page.getByText('No scan has been told of').waitFor();
    assertClean();
  });
}

/** Breaks the journal for a moment, so it comes last. */
export function brokenJournal(live: LiveFixture): void {
  test('a journal that somebody changed is told to be broken', async () => {
    const folder = join(live.state, 'journal');
    const [name = ''] = readdirSync(folder).filter(one => one.endsWith('.log'));
    const before = readFileSync(join(folder, name), 'utf8');
    const { page, assertClean } = await live.enter('#/journal', { locale: 'zh-CN' });
    await page.getByRole('heading', { name: '日志链完整' }).waitFor();
    // The same length, so that the agent's own lines go on behind it.
    writeFileSync(join(folder, name), before.replace('"actor":"127', '"actor":"128'), { flag: 'r+' });
    try {
      const broken = page.getByRole('heading', { name: '日志链已损坏' });
      const verify = page.getByRole('button', { name: '立即校验' });
      while (!(await broken.isVisible())) await verify.click();
      await page.getByText('伪造').first().waitFor();
    } finally {
      writeFileSync(join(folder, name), before, { flag: 'r+' });
    }
    assertClean();
  });
}
