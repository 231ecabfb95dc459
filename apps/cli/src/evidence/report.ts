/** `redoubt evidence report`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asHtml, asMarkdown, reportEvidence } from '@redoubt/prove/evidence';
import { flag, type Invocation } from '../command.ts';
import { ExitCode } from '../exit.ts';
import { writeNew } from '../output/new-file.ts';
import { safe } from '../output/safe.ts';
import { repository } from '../repository.ts';
import { containerOf, explained, required } from './failures.ts';
import { identitiesOf } from './verify.ts';

/** Writes a report as HTML or Markdown, by the ending of its name. Exits with 1 when the evidence does not verify. */
export async function report(invocation: Invocation): Promise<number> {
  const { options, output, language } = invocation;
  const file = containerOf(invocation);
  const place = required(
    invocation,
    'output',
    'Say where to: --output FILE.html or FILE.md',
    '请用 --output 指定 .html 或 .md 文件',
  );
  return explained(async () => {
    const template = readFileSync(join(repository, `content/reports/evidence.${language}.md`), 'utf8');
    const { blocks, isGood } = await reportEvidence(file, {
      template,
      language,
      identities: identitiesOf(invocation),
    });
    writeNew(place, place.endsWith('.html') ? asHtml(blocks, language) : asMarkdown(blocks));
    if (flag(options, 'json')) output.json({ report: place, verified: isGood });
    else output.print(safe(place));
    if (!isGood)
      output.remark({
        en: 'The evidence does not verify; the report says why.',
        zh: '证据未通过校验，原因见报告。',
      });
    return isGood ? ExitCode.ok : ExitCode.failed;
  });
}
