/** The built page in a real browser, over the stand-in agent, under the strict policy. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { launch, openPage, type Watched } from './browser.ts';
import { filelessCase } from './standin/findings.ts';
import { type StandIn, startStandIn } from './standin/server.ts';

const token = 'a-token-for-tests';
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

describe('the console', () => {
  let browser: Browser;
  let standIn: StandIn;
  let dist: string;
  const opened: Watched[] = [];

  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'redoubt-console-'));
    await build({ root: join(import.meta.dirname, '..'), build: { outDir: dist }, logLevel: 'error' });
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await rm(dist, { recursive: true });
  });
  beforeEach(async () => {
    standIn = await startStandIn({ token, dist });
  });
  afterEach(async () => {
    for (const watched of opened.splice(0)) await watched.close();
    await standIn.close();
  });

  async function open(options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await openPage(browser, { locale: 'en-GB', ...options });
    opened.push(watched);
    return watched;
  }

  /** A page that is signed in and stands at `place`. */
  async function enter(place = '#/', options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await open(options);
    await watched.page.goto(`${standIn.url}/#token=${token}`);
    await watched.page.getByRole('navigation').waitFor();
    await goto(watched.page, place);
    return watched;
  }

  async function goto(page: Page, place: string): Promise<void> {
    await page.evaluate(hash => {
      location.hash = hash;
    }, place);
  }

  test('a breach of the policy does not go unseen by these tests', async () => {
    const { page, assertClean } = await enter();
    assertClean();
    const said = page.waitForEvent('console', message => message.text().includes('policy violation'));
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
    await said;
    assert.throws(() => assertClean(), /style-src/);
  });

  test('the token in the address signs in, and leaves the address and the history', async () => {
    const { page, assertClean } = await enter();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    assert.equal(page.url(), `${standIn.url}/#/`);
    const cookies = await page.context().cookies();
    assert.deepEqual(
      cookies.map(cookie => [cookie.httpOnly, cookie.sameSite]),
      [[true, 'Strict']],
    );
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    assertClean();
  });

  test('without a session the page asks for the token and says where it was printed', async () => {
    const { page, assertClean } = await open();
    await page.goto(standIn.url);
    await page.getByText('printed it when it started').waitFor();
    await page.getByText('/#token=…').waitFor();
    const field = page.getByLabel('Token');
    await field.fill('wrong');
    await field.press('Enter');
    await page.getByRole('alert').getByText('not valid').waitFor();
    await field.fill(`http://127.0.0.1:7400/#token=${token}`);
    await page.getByRole('button', { name: 'Open the console' }).click();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    assertClean(401);
  });

  test('a session that ends leads back to the sign-in screen', async () => {
    const { page, assertClean } = await enter();
    await page.getByRole('status').getByText('Live').waitFor();
    standIn.forget();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assertClean(401);
  });

  test('a finding arrives live: in the list, in the count, and spoken', async () => {
    const { page, assertClean } = await enter('#/findings');
    await page.getByRole('link', { name: 'Web server started a shell' }).waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    assert.equal(await page.getByText('Program run from memory').count(), 0);
    standIn.arrive(filelessCase());
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
    const { page, assertClean } = await enter('#/findings');
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

  test('the language follows the browser, and switches with everything on the page', async () => {
    const { page, assertClean } = await enter('#/findings', { locale: 'zh-CN' });
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

  test('a finding tells its reasons, its ancestry and its standards', async () => {
    standIn.arrive(filelessCase());
    const { page, assertClean } = await enter('#/findings/f-0191a7c2');
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
    const { page, assertClean } = await enter('#/findings/f-0191a6f0');
    const focus = page.getByRole('list', { name: 'How it came about' }).getByRole('listitem').last();
    await focus.getByText('shop-api').first().waitFor();
    await focus.getByRole('button', { name: 'Show all' }).click();
    await focus.getByText('cn.example.shop.api.Application').waitFor();
    assertClean();
  });

  test('the status of a finding is set with a comment', async () => {
    const { page, assertClean } = await enter('#/findings/f-0191a7b8');
    await page.getByRole('button', { name: 'Resolved' }).click();
    await page.getByLabel('Comment').fill('It was the deployment.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Status is now: Resolved').waitFor();
    await page.locator('.finding-head').getByText('Resolved').waitFor();
    assertClean();
  });

  test('events stream, pause and resume', async () => {
    const { page, assertClean } = await enter('#/events');
    const rows = page.getByRole('list', { name: 'Events, newest first' }).locator('button[data-row]');
    await rows.nth(99).waitFor();
    assert.equal(await rows.count(), 100);
    standIn.happen();
    await rows.nth(100).waitFor();
    await page.keyboard.press('p');
    await page.getByText('Paused. 0 new').waitFor();
    standIn.happen();
    standIn.happen();
    await page.getByText('Paused. 2 new').waitFor();
    assert.equal(await rows.count(), 101);
    await page.getByRole('button', { name: 'Resume' }).click();
    await rows.nth(102).waitFor();
    standIn.skip(1234);
    await page.getByText('1,234 more events').waitFor();
    await page.getByRole('button', { name: 'Load older' }).click();
    await rows.nth(162).waitFor();
    assertClean();
  });

  test('an error in the filter is shown at its column, and a good filter narrows the stream', async () => {
    const { page, assertClean } = await enter('#/events');
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
    const { page, assertClean } = await enter('#/events');
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
    const { page, assertClean } = await enter('#/processes');
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

  test('rows are reached and opened by keyboard', async () => {
    const { page, assertClean } = await enter('#/');
    await page.getByText('Latest findings').waitFor();
    await page.keyboard.press('2');
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

  test('when the agent goes away the page says so, keeps its data, and comes back', async () => {
    const { page } = await enter();
    await page.getByRole('status').getByText('Live').waitFor();
    const port = Number(new URL(standIn.url).port);
    await standIn.close();
    await page.getByRole('alert').getByText('The agent does not answer').waitFor();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    standIn = await startStandIn({ token, dist, port });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('what is missing is said: reduced mode, warnings, no findings', async () => {
    await standIn.close();
    standIn = await startStandIn({ token, dist, mode: 'reduced', cases: [] });
    const { page, assertClean } = await enter();
    await page.getByText('short-lived processes').waitFor();
    await page.getByText('This kernel has no BTF').waitFor();
    await page.getByText('Nothing is open.').waitFor();
    await page.getByText('drill --all').waitFor();
    assertClean();
  });

  for (const place of ['#/', '#/findings', '#/findings/f-0191a6f0', '#/events', '#/processes']) {
    for (const locale of ['zh-CN', 'en-GB']) {
      test(`nothing overflows at 390 px: ${place} in ${locale}`, async () => {
        const { page, assertClean } = await enter(place, { ...phone, locale });
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await page.locator('[data-row], .node').first().waitFor();
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.equal(widths[0], 390, `the page is ${widths.join(' of ')} px wide`);
        assertClean();
      });
    }
  }
});
