/** Package work: apt-get installs, reinstalls and removes small packages; npm installs a project. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { outcome, run } from '../lib/command.ts';
import type { Step } from './step.ts';

const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
const apt = (...args: string[]) => run('apt-get', ['-q', '-y', '--no-install-recommends', ...args], { env });

/** Small packages with manual pages and libraries; those that the host does not have come and go. */
const SMALL = ['tree', 'hello', 'jq', 'zip'];

/** Packages that every Debian has and that may be installed again. */
const PRESENT = ['hostname', 'base-files', 'sed', 'gzip'];

/** The installed version and the one that the archive offers; undefined where there is none. */
async function versions(name: string): Promise<{ installed?: string; offered?: string }> {
  const { stdout } = await outcome('apt-cache', ['policy', name]);
  const [, installed] = /Installed: (\d\S*)/.exec(stdout) ?? [];
  const [, offered] = /Candidate: (\d\S*)/.exec(stdout) ?? [];
  return { ...(installed && { installed }), ...(offered && { offered }) };
}

/** apt-get install, reinstall and purge, with dpkg's triggers. */
export const aptWork: Step = {
  name: 'apt-get install, reinstall, purge',
  packages: [],
  async work() {
    const absent: string[] = [];
    for (const name of SMALL) {
      const { installed, offered } = await versions(name);
      if (installed === undefined && offered !== undefined) absent.push(name);
    }
    if (absent.length > 0) {
      const purge = onCleanup(async () => {
        await apt('purge', ...absent);
        await apt('autoremove', '--purge');
      });
      await apt('install', ...absent);
      await purge();
    }
    for (const name of PRESENT) {
      const { installed, offered } = await versions(name);
      // Anything else would be an upgrade, which is not for a benchmark to make.
      if (installed !== undefined && installed === offered) await apt('install', '--reinstall', name);
    }
  },
};

const MANIFEST = {
  name: 'ordinary-project',
  version: '1.0.0',
  private: true,
  dependencies: { express: '4.21.2', lodash: '4.17.21', semver: '7.6.3' },
};

/** npm install of a small project from the registry, then npm ci and a script that uses it. */
export const npmWork: Step = {
  name: 'npm install, npm ci',
  packages: [],
  async work(folder) {
    const project = join(folder, 'project');
    rmSync(project, { recursive: true, force: true });
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify(MANIFEST));
    const npm = (...args: string[]) =>
      run('npm', [...args, '--no-audit', '--no-fund', '--cache', join(folder, 'cache')], { cwd: project });
    await npm('install', '--package-lock-only');
    await npm('ci');
    const script = "const e = require('express'); e().get('/', (q, r) => r.end()); require('lodash')";
    await run('node', ['-e', script], { cwd: project });
  },
};
