/** Indicators are read, carried and found; reports obey nothing that the evidence says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '@redoubt/model';
import { filesNamed } from '../../src/evidence/incident.ts';
import {
  asHtml,
  asMarkdown,
  parseIndicators,
  reportEvidence,
  type SearchHit,
  searchHost,
} from '../../src/evidence/index.ts';
import { addressOf } from '../../src/evidence/search/search.ts';
import { collectInto, makeFiles, makeFolder } from './support.ts';

test('a file and a running program are found by their hashes, and nothing else is', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { marked: 'marker-of-this-test', other: 'other' });
  const sha256 = createHash('sha256').update('marker-of-this-test').digest('hex');
  const own = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
  const list = parseIndicators(`# seen\n${sha256}\n${own}\n192.0.2.77\n`, 'list');
  assert.deepEqual(parseIndicators(JSON.stringify(list), 'json'), list);
  const hits: SearchHit[] = [];
  const onTrouble = () => undefined;
  for await (const hit of searchHost(list, { from: 0, folders: [files], onTrouble })) hits.push(hit);
  assert.deepEqual(
    hits.filter(({ indicator }) => indicator === sha256),
    [{ indicator: sha256, where: 'file', subject: join(files, 'marked') }],
  );
  assert.ok(
    hits.some(({ indicator, subject }) => indicator === own && subject.startsWith(`${process.pid} `)),
  );
  assert.ok(hits.every(({ indicator }) => indicator === sha256 || indicator === own));
});

test('addresses of /proc/net', () => {
  assert.equal(addressOf('0100007F'), '127.0.0.1');
  assert.equal(addressOf('0000000000000000FFFF00000100007F'), '127.0.0.1');
  assert.equal(addressOf('B80D0120000000000000000001000000'), '2001:db8::1');
});

test('what is no list of indicators is refused', () => {
  for (const text of ['', '# nothing', '{"format":"redoubt-indicators","version":1}', '{"format":', 'ab'])
    assert.throws(() => parseIndicators(text, 'list'), /no list of indicators/);
});

test('a report names host, steps, hashes and custody, and its page holds no markup of the evidence', async context => {
  const folder = makeFolder(context);
  const why = '<script>alert(1)</script> | [x](y)';
  const made = await collectInto(folder, {}, { why });
  for (const language of ['en', 'zh'] as const) {
    const template = readFileSync(
      join(import.meta.dirname, `../../../../content/reports/evidence.${language}.md`),
      'utf8',
    );
    const { blocks, isGood } = await reportEvidence(made.output, { template, language, identities: [] });
    assert.ok(isGood);
    const page = asHtml(blocks, language);
    assert.ok(!page.includes('<script'));
    assert.ok(page.includes('&lt;script&gt;') && page.includes(made.manifest_sha256));
    const segment = made.steps.find(({ id }) => id === 'mounts')?.segment;
    assert.ok(page.includes(segment?.sha256 ?? '!'));
    assert.ok(!page.includes('{{'));
    assert.ok(page.includes(language === 'zh' ? '<td>完成</td>' : '<td>done</td>'));
    assert.match(asMarkdown(blocks), /\\<script\\>alert\(1\)/);
  }
});

test('a program that lives in memory alone is no file that an incident names', () => {
  const evidences = ['/memfd:tool', '/srv/www/a.php', 'relative'].map(path => ({ file: { path } }));
  assert.deepEqual(filesNamed({ evidences } as unknown as Finding), ['/srv/www/a.php']);
});
