/** `./redoubt bench detect`: how fast events are judged, and what that takes. */
import { readFileSync } from 'node:fs';
import { measureDetection } from './detect/measure.ts';
import { help, readOptions } from './detect/options.ts';
import { renderForTerminal, renderMarkdown } from './detect/render.ts';
import type { DetectResult } from './detect/result.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language } from './lib/language.ts';
import { resultFile, writeResult, writeSections } from './lib/readme.ts';

function show(result: DetectResult): void {
  writeSections('detect', { en: renderMarkdown(result, 'en'), zh: renderMarkdown(result, 'zh') });
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  if (options.render) {
    show(JSON.parse(readFileSync(resultFile('detect'), 'utf8')) as DetectResult);
    return 0;
  }
  const result = await measureDetection(options);
  if (options.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else process.stdout.write(`${renderForTerminal(result, language)}\n`);
  if (options.write) {
    writeResult('detect', result);
    show(result);
  }
  return 0;
}

await runBenchmark(main);
