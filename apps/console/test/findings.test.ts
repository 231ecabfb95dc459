/** Findings: the list, one of them, and how they arrive. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useConsole } from './fixture.ts';
import { filelessCase } from './standin/findings.ts';

describe('findings', () => {
  const fixture = useConsole();

  test('a finding arrives live: in the list, in the count, and spoken', async () => {
    const { page, assertClean } = await fixture.enter('#/findings');
    await page.getByRole('link', { name: 'Web server started a shell' }).waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    assert.equal(await page.getByText('Program run from memory').count(), 0);
    fixture.agent.arrive(filelessCase());
    const row = page.getByRole('list', { name: 'List of findings' }).getByRole('link').first();
    await row.getByText('Program run from memory').waitFor();
    await row.getByText('Critical').waitFor();
    await page
      .locator('[aria-live]')
      .getByText('New finding, Critical: Program run from memory')
      .waitFor({ state: 'attached' });
    await page.waitForFunction(() => document.title.startsWith('(5) '));
    assertClean();
  });

  test('findings are filtered by severity, status and words', async () => {
    const { page, assertClean } = await fixture.enter('#/findings');
    const rows = page.getByRole('list', { name: 'List of findings' }).getByRole('link');
    await rows.nth(3).waitFor();
    assert.equal(await rows.count(), 4);
    await page.getByRole('button', { name: 'Closed' }).click();
    await rows.getByText('Scheduled job changed').waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    await page.getByRole('button', { name: 'High' }).click();
    await rows.nth(2).waitFor({ state: 'detached' });
    assert.equal(await rows.count(), 2);
    await page.getByRole('searchbox').fill('authorized_keys');
    await rows.nth(1).waitFor({ state: 'detached' });
    await rows.getByText('SSH key added').waitFor();
    assert.match(page.url(), /severity=4.*q=authorized_keys/);
    assertClean();
  });

  test('a finding tells its reasons, its ancestry and its standards', async () => {
    fixture.agent.arrive(filelessCase());
    const { page, assertClean } = await fixture.enter('#/findings/f-0191a7c2');
    await page.getByRole('heading', { level: 1, name: 'Program run from memory' }).waitFor();
    await page.getByRole('paragraph').filter({ hasText: 'it has no path on any disk' }).waitFor();
    const nodes = page.getByRole('list', { name: 'How it came about' }).getByRole('listitem');
    await nodes.nth(7).waitFor();
    const names = await nodes.locator('strong').allTextContents();
    assert.deepEqual(names, ['systemd', 'sshd', 'sshd', 'sshd', 'bash', 'sudo', 'bash', '3']);
    const focus = nodes.last();
    await focus.getByText('/memfd:update (deleted)').waitFor();
    await focus.getByText('/proc/self/fd/3 --daemon').waitFor();
    await focus.getByText('SHA-256').waitFor();
    await focus.getByText('belongs to no package').waitFor();
    assert.match((await nodes.nth(1).textContent()) ?? '', /openssh-server/);
    await page.getByText('Reflective Code Loading', { exact: true }).waitFor();
    await page.getByText('Malicious code prevention', { exact: true }).waitFor();
    await page.locator('.advice').getByText('Do not restart the host').waitFor();
    await page.getByText('Finding as OCSF JSON').click();
    await page.getByText('"class_uid"').waitFor();
    assertClean();
  });

  test('a container and a long command line are shown whole', async () => {
    const { page, assertClean } = await fixture.enter('#/findings/f-0191a6f0');
    const focus = page.getByRole('list', { name: 'How it came about' }).getByRole('listitem').last();
    await focus.getByText('shop-api').first().waitFor();
    await focus.getByRole('button', { name: 'Show all' }).click();
    await focus.getByText('cn.example.shop.api.Application').waitFor();
    assertClean();
  });

  test('the status of a finding is set with a comment', async () => {
    const { page, assertClean } = await fixture.enter('#/findings/f-0191a7b8');
    await page.getByRole('button', { name: 'Resolved' }).click();
    await page.getByLabel('Comment').fill('It was the deployment.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Status is now: Resolved').waitFor();
    await page.locator('.finding-head').getByText('Resolved').waitFor();
    assertClean();
  });
});
