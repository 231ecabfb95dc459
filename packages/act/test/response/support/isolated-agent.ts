/** What an agent does for an isolation, in a process that a test kills: it isolates, and holds it while it lives. */
import { packetFilter } from '../../../src/nftables/index.ts';
import { type ActionKind, isolateHost, Responder } from '../../../src/response/index.ts';
import { fileJournal } from './folder.ts';

const [namespace = '', folder = '', console = ''] = process.argv.slice(2);
const kind = isolateHost({
  filter: packetFilter(namespace),
  reaches: async () => true,
  resolvers: () => [],
  lease: 2,
});
const responder = await Responder.open({
  stateDirectory: folder,
  journal: fileJournal(folder),
  kinds: [kind as unknown as ActionKind],
  healthInterval: 100,
});
if (responder.list().length === 0)
  await responder.run({ kind: 'isolate-host', target: { console }, by: 'ann' });
process.send?.('isolated');
setInterval(() => responder.tick(), 100);
