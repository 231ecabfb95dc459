/** `./redoubt bench false-positives`: what the engines say of every file of the installed packages. */
import { type FalsePositives, measureFalsePositives } from './false-positives/measure.ts';
import type { Language } from './lib/language.ts';
import { runProgram } from './lib/program.ts';

/** The rate, then each as an item of a list. */
function told(result: FalsePositives, language: Language): string {
  const { packages, files, bytes, seconds, engines, leftOut, found } = result;
  const count = (judged: string): number => found.filter(one => one.judged === judged).length;
  const [malicious, suspicious] = [count('malicious'), count('suspicious')];
  const rate = ((suspicious / Math.max(files, 1)) * 10_000).toFixed(2);
  const size = (bytes / 2 ** 20).toFixed(0);
  const words =
    language === 'zh'
      ? `${packages} 个软件包的 ${files} 个文件（${size} MiB，${seconds.toFixed(0)} 秒；引擎：${engines.join('、')}；不含：${leftOut.join('、') || '无'}）：恶意 ${malicious}，可疑 ${suspicious}（每万个 ${rate}）。`
      : `${files} files of ${packages} packages (${size} MiB in ${seconds.toFixed(0)} s; engines: ${engines.join(', ')}; left out: ${leftOut.join(', ') || 'none'}): malicious ${malicious}, suspicious ${suspicious} (${rate} in 10,000).`;
  const lines = found.map(
    ({ package: name, path, judged, why }) => `- ${judged}: ${path} (${name}), ${why.join('; ')}`,
  );
  return [words, '', ...lines].join('\n').trim();
}

await runProgram({
  name: 'false-positives',
  help: {
    en: `redoubt bench false-positives: every file of the installed Debian packages, scanned with every engine but ClamAV.

`,
    zh: `redoubt bench false-positives：用除 ClamAV 外的全部引擎扫描已安装 Debian 软件包的每个文件。

`,
  },
  options: {},
  measure: () =>
    measureFalsePositives((files, of) => {
      if (process.stderr.isTTY && files % 1_000 === 0) process.stderr.write(`\r${files} / ${of}`);
    }),
  terminal: told,
  markdown: told,
});
