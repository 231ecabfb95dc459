/** Signing in, staying signed in, and losing the agent. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { token, useConsole } from './fixture.ts';

describe('the session', () => {
  const fixture = useConsole();

  test('a breach of the policy does not go unseen by these tests', async () => {
    const { page, assertClean } = await fixture.enter();
    assertClean();
    const said = page.waitForEvent('console', message => message.text().includes('policy violation'));
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
    await said;
    assert.throws(() => assertClean(), /style-src/);
  });

  test('the token in the address signs in, and leaves the address and the history', async () => {
    const { page, assertClean } = await fixture.enter();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    assert.equal(page.url(), `${fixture.agent.url}/#/`);
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
    const { page, assertClean } = await fixture.open();
    await page.goto(fixture.agent.url);
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
    const { page, assertClean } = await fixture.enter();
    await page.getByRole('status').getByText('Live').waitFor();
    fixture.agent.forget();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assertClean(401);
  });

  test('when the agent goes away the page says so, keeps its data, and comes back', async () => {
    const { page } = await fixture.enter();
    await page.getByRole('status').getByText('Live').waitFor();
    const port = Number(new URL(fixture.agent.url).port);
    await fixture.agent.close();
    await page.getByRole('alert').getByText('The agent does not answer').waitFor();
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor();
    await fixture.restart({ port });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
