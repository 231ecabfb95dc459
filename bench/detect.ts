/** `./redoubt bench detect`: how fast events are judged, and what that takes. */
import { measureDetection } from './detect/measure.ts';
import { help, options, orderOf } from './detect/options.ts';
import { renderForTerminal, renderMarkdown } from './detect/render.ts';
import { runProgram } from './lib/program.ts';

await runProgram({
  name: 'detect',
  help,
  options,
  measure: values => measureDetection(orderOf(values)),
  terminal: renderForTerminal,
  markdown: renderMarkdown,
});
