/** What the pages show as settings, jails, policies and playbooks is taken as it stands there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseAppControl } from '../src/appcontrol/index.ts';
import { parseJail } from '../src/bans/jail/parse.ts';
import { parseSettings } from '../src/bans/settings.ts';
import { parseDnsSettings } from '../src/dns/index.ts';
import { parsePlaybook } from '../src/response/playbook/index.ts';
import { parsePolicyText } from '../src/segmentation/policy-text.ts';

const readers: Readonly<Record<string, readonly ((text: string, file: string) => unknown)[]>> = {
  'bans.md': [text => parseSettings(parse(text)), parseJail],
  'dns.md': [text => parseDnsSettings(parse(text))],
  'protections.md': [text => parseAppControl(parse(text.replace('0123…', 'ab'.repeat(32))))],
  'response.md': [(text, file) => parsePlaybook(text, file, ['suspend-tree', 'isolate-host'])],
  'segmentation.md': [parsePolicyText],
};

for (const language of ['en', 'zh']) {
  test(`the examples of the pages are taken as they stand (${language})`, () => {
    for (const [page, read] of Object.entries(readers)) {
      const text = readFileSync(join(import.meta.dirname, `../../../docs/${language}/${page}`), 'utf8');
      const examples = Array.from(text.matchAll(/^```yaml\n(.*?)^```/gms), ([, example = '']) => example);
      assert.equal(examples.length, read.length, page);
      for (const [at, example] of examples.entries())
        assert.doesNotThrow(() => read[at]?.(example, page), `${page}, example ${at + 1}`);
    }
  });
}
