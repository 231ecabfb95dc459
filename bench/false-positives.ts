/** `./redoubt bench false-positives`: what the engines say of every file of the installed packages. */
import { type FalsePositives, measureFalsePositives, type Origin } from './false-positives/measure.ts';
import type { Language } from './lib/language.ts';
import { runProgram } from './lib/program.ts';

/** The rates, Debian's packages and those of others apart, then each as an item of a list. */
function told(result: FalsePositives, language: Language): string {
  const { debian, others, bytes, seconds, engines, leftOut, found } = result;
  const size = (bytes / 2 ** 20).toFixed(0);
  const rates = ({ packages, files }: Origin, isDebian: boolean): string => {
    const count = (judged: string): number =>
      found.filter(one => one.judged === judged && one.isDebian === isDebian).length;
    const [malicious, suspicious] = [count('malicious'), count('suspicious')];
    const rate = ((suspicious / Math.max(files, 1)) * 10_000).toFixed(2);
    return language === 'zh'
      ? `${packages} 个软件包的 ${files} 个文件：恶意 ${malicious}，可疑 ${suspicious}（每万个 ${rate}）`
      : `${files} files of ${packages} packages: malicious ${malicious}, suspicious ${suspicious} (${rate} in 10,000)`;
  };
  const [ours, theirs] = [rates(debian, true), rates(others, false)];
  const words =
    language === 'zh'
      ? [
          `已安装的软件包（${size} MiB，${seconds.toFixed(0)} 秒；引擎：${engines.join('、')}；不含：${leftOut.join('、') || '无'}）：`,
          '',
          `- Debian 的软件包：${ours}。`,
          `- 其他来源的软件包：${theirs}。`,
        ]
      : [
          `Installed packages (${size} MiB in ${seconds.toFixed(0)} s; engines: ${engines.join(', ')}; left out: ${leftOut.join(', ') || 'none'}):`,
          '',
          `- Debian's packages: ${ours}.`,
          `- Packages of others: ${theirs}.`,
        ];
  const lines = found.map(
    ({ package: name, path, judged, why }) => `- ${judged}: ${path} (${name}), ${why.join('; ')}`,
  );
  return [...words, '', ...lines].join('\n').trim();
}

await runProgram({
  name: 'false-positives',
  help: {
    en: `redoubt bench false-positives: every file of the installed packages, Debian’s and those of others apart, scanned with every engine but ClamAV.

`,
    zh: `redoubt bench false-positives：用除 ClamAV 外的全部引擎扫描已安装软件包的每个文件，Debian 与其他来源分别统计。

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
