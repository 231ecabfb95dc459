/** Writes entries to a journal and names each once it is acknowledged, until it is killed. */
import { Journal } from '../../src/journal/index.ts';

const journal = await Journal.open(process.argv[2] ?? '');
for (let at = 0; at < 100_000; at++) {
  const subject = `${process.pid}-${at}`;
  await journal.append({
    time: at,
    actor: 'writer',
    action: 'test.step',
    subject,
    outcome: 'done',
    text: { en: '', zh: '' },
  });
  process.stdout.write(`${subject}\n`);
}
