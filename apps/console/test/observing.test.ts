/** The event stream and the process tree. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useConsole } from './fixture.ts';

describe('events and processes', () => {
  const fixture = useConsole();

  test('events stream, pause and resume', async () => {
    const { page, assertClean } = await fixture.enter('#/events');
    const rows = page.getByRole('list', { name: 'Events, newest first' }).locator('button[data-row]');
    await rows.nth(99).waitFor();
    assert.equal(await rows.count(), 100);
    fixture.agent.happen();
    await rows.nth(100).waitFor();
    await page.keyboard.press('p');
    await page.getByText('Paused. 0 new').waitFor();
    fixture.agent.happen();
    fixture.agent.happen();
    await page.getByText('Paused. 2 new').waitFor();
    assert.equal(await rows.count(), 101);
    await page.getByRole('button', { name: 'Resume' }).click();
    await rows.nth(102).waitFor();
    fixture.agent.skip(1234);
    await page.getByText('1,234 more events').waitFor();
    await page.getByRole('button', { name: 'Load older' }).click();
    await rows.nth(162).waitFor();
    assertClean();
  });

  test('an error in the filter is shown at its column, and a good filter narrows the stream', async () => {
    const { page, assertClean } = await fixture.enter('#/events');
    const rows = page.getByRole('list', { name: 'Events, newest first' }).locator('button[data-row]');
    await rows.first().waitFor();
    const field = page.getByLabel('Filter', { exact: true });
    await field.fill('actor.process.name is php');
    await field.press('Enter');
    await page.getByRole('alert').getByText('column 20: ').waitFor();
    assert.equal(
      await page.locator('.caret-error pre').textContent(),
      `actor.process.name is php\n${' '.repeat(19)}^`,
    );
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill("actor.process.name = 'java'");
    await field.press('Enter');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await rows.first().waitFor();
    const subjects = await rows.locator('.event-subject').allInnerTexts();
    assert.ok(subjects.length > 0 && subjects.every(subject => subject.startsWith('java')), subjects.join());
    assertClean(400);
  });

  test('kinds of events are chosen', async () => {
    const { page, assertClean } = await fixture.enter('#/events');
    await page.locator('.kinds summary').click();
    await page.getByLabel('DNS query').check();
    await page.waitForFunction(() => location.hash.includes('kinds=dns.query'));
    const rows = page.getByRole('list', { name: 'Events, newest first' }).locator('button[data-row]');
    await rows.getByText('Connect').first().waitFor({ state: 'detached' });
    const kinds = await rows.locator('.event-kind').allInnerTexts();
    assert.ok(kinds.length > 0 && kinds.every(kind => kind === 'DNS query'), kinds.join());
    assertClean();
  });

  test('the process tree is walked by keyboard and narrowed by words', async () => {
    const { page, assertClean } = await fixture.enter('#/processes');
    const items = page.getByRole('treeitem');
    await items.first().waitFor();
    const all = await items.count();
    await items.first().focus();
    await page.keyboard.press('ArrowLeft');
    await items.nth(1).waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowRight');
    await items.nth(all - 1).waitFor();
    await page.getByRole('searchbox').fill('memfd');
    await items.nth(8).waitFor({ state: 'detached' });
    assert.equal(await items.last().getAttribute('aria-level'), '8');
    await items.last().focus();
    await page.keyboard.press('Enter');
    await page.getByText('SHA-256').waitFor();
    assertClean();
  });
});
