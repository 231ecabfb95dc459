/** Collects in a process of its own, which a test kills. Arguments: folder, files; prints each step that is finished. */
import { collectInto } from './support.ts';

const [folder = '', files = ''] = process.argv.slice(2);
await collectInto(
  folder,
  {
    files: [files],
    images: [`${files}/large`],
    skip: ['persistence', 'modules', 'record', 'suspicious', 'logs'],
  },
  {
    onResult: ({ id }) => process.stdout.write(`${id}\n`),
    onResume: count => process.stdout.write(`resume ${count}\n`),
  },
);
process.stdout.write('sealed\n');
