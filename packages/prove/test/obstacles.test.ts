/** Whatever the native program says of a host has a Chinese text. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { obstacleText } from '../src/index.ts';

test('every obstacle that a step can name is told in Chinese', () => {
  const native = join(import.meta.dirname, '../native');
  const texts = readdirSync(native)
    .filter(name => name.endsWith('.c'))
    .flatMap(name => [...readFileSync(join(native, name), 'utf8').matchAll(/not_here\("([^"]+)"\)/g)])
    .map(match => match[1] ?? '');
  assert.ok(texts.length >= 5);
  for (const text of texts) assert.match(obstacleText(`drill: ${text}`).zh, /\p{Script=Han}/u, text);
});
