/** The tree keeps the shape that ARCHITECTURE.md promises. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

/**
 * What each package may import besides itself. `kernel` and `store` serve the wings and know none of them;
 * the wings stand in the order of the data's flow, and none imports what stands after it.
 */
const mayImport: Record<string, readonly string[]> = {
  model: [],
  kernel: ['model'],
  store: ['model'],
  observe: ['model', 'kernel'],
  baseline: ['model', 'kernel', 'store', 'observe'],
  detect: ['model', 'kernel', 'store', 'observe'],
  act: ['model', 'kernel', 'store', 'observe', 'baseline', 'detect'],
  prove: ['model', 'kernel', 'store', 'observe', 'baseline', 'detect', 'act'],
};

const importPattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;

function importsOf(file: string): string[] {
  return Array.from(readFileSync(join(root, file), 'utf8').matchAll(importPattern), match => match[1] ?? '');
}

test('a package imports only what stands before it, and never an app', () => {
  const wrong: string[] = [];
  for (const file of globSync('packages/*/{src,test,bench}/**/*.ts', { cwd: root })) {
    const name = file.split('/')[1] ?? '';
    const allowed = mayImport[name];
    assert.ok(allowed, `packages/${name} has no row in the table of what it may import`);
    for (const specifier of importsOf(file)) {
      const [, target] = /^@redoubt\/([^/]+)/.exec(specifier) ?? [];
      const leavesPackage = /^(\.\.\/)+(packages|apps)\//.test(specifier);
      if (leavesPackage || (target !== undefined && target !== name && !allowed.includes(target))) {
        wrong.push(`${file} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('every package and app has a manifest with the licence', () => {
  for (const folder of globSync(['packages/*', 'apps/*'], { cwd: root })) {
    const manifest = join(root, folder, 'package.json');
    assert.ok(existsSync(manifest), `${folder} has no package.json`);
    assert.equal(JSON.parse(readFileSync(manifest, 'utf8')).license, 'Apache-2.0', folder);
  }
});

test('the lock files record no download addresses', () => {
  for (const file of ['package-lock.json', 'setup/runtime/package-lock.json']) {
    assert.doesNotMatch(readFileSync(join(root, file), 'utf8'), /"resolved": "https?:/, file);
  }
});

test('content is data: no code stands below content/', () => {
  assert.deepEqual(globSync('content/**/*.{ts,js,mjs,sh,c,py}', { cwd: root }), []);
});
