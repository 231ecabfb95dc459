import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Log } from 'sarif';
import { eicar } from '../../../packages/detect/test/scan/samples.ts';
import { redoubt } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-scan-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const [clean, found] = ['clean', 'a "found" \u001b[31m'].map(name => join(folder, name)) as [string, string];
for (const path of [clean, found]) mkdirSync(path);
writeFileSync(join(clean, 'text'), 'nothing of note');
writeFileSync(join(found, 'bad'), eicar);
const scan = (...words: string[]): ReturnType<typeof redoubt> =>
  redoubt(['scan', '--engines', 'yara-x', '--state', join(folder, 'state'), ...words]);

test('the exit status says what came out, and names of files do no harm', async () => {
  const nothing = await scan(clean);
  assert.equal(nothing.code, 0);
  assert.match(nothing.stdout, /Nothing found/);
  const shown = await scan(folder);
  assert.equal(shown.code, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  assert.doesNotMatch(shown.stdout, /\u001b/);
  const absent = await scan(join(folder, 'absent'));
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /There is no .*absent/);
  const alone = await scan('--clamd-config', join(folder, 'none.conf'), '--engines', 'clamav', clean);
  assert.equal(alone.code, 3);
  assert.match(alone.stderr, /ClamAV cannot be asked: .*none\.conf/);
});

test('SARIF names each file by its address, and the rule by its index', async () => {
  const { stdout, code } = await scan('--sarif', folder);
  assert.equal(code, 1);
  const log = JSON.parse(stdout) as Log;
  const [run] = log.runs;
  const [result, ...others] = run?.results ?? [];
  assert.equal(others.length, 0);
  assert.equal(result?.level, 'error');
  assert.equal(run?.tool.driver.rules?.[result.ruleIndex ?? -1]?.id, result.ruleId);
  const place = result.locations?.[0]?.physicalLocation?.artifactLocation;
  assert.equal(place?.uri, pathToFileURL(join(found, 'bad')).href);
  assert.equal(run?.artifacts?.[place?.index ?? -1]?.location?.uri, place?.uri);
});
