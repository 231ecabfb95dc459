/** Debian packages that a benchmark needs. */
import { outcome, run } from './command.ts';
import { say } from './language.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg-query's own format language
const STATUS = '${db:Status-Status}';

async function isInstalled(name: string): Promise<boolean> {
  const { stdout } = await outcome('dpkg-query', ['-W', '-f', STATUS, name]);
  return stdout === 'installed';
}

/**
 * Installs what is missing through apt-get, saying so first. The services that come with the packages are
 * not started: the benchmarks start their own, in folders of their own.
 * @throws Error if this is not root or apt-get fails
 */
export async function ensurePackages(names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`missing Debian packages: ${missing.join(' ')}; run as root`);
  say(`Installing Debian packages: ${missing.join(' ')}`, `正在安装 Debian 软件包：${missing.join(' ')}`);
  // RUNLEVEL=1 makes Debian's service scripts refuse to start a service at installation.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['update', '-q'], { env });
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], { env });
}
