/** Every kind of action that this agent can do. */
import { join } from 'node:path';
import { type Network, overlaps, parseNetwork } from '@redoubt/act/bans';
import { packetFilter } from '@redoubt/act/nftables';
import {
  type ActionKind,
  blockAddress,
  blockDomain,
  blockHash,
  disableAccount,
  freezeContainer,
  freezeUnit,
  isolateHost,
  killTree,
  quarantineFile,
  restoreFile,
  revokeKeys,
  snapshot,
  stopContainer,
  stopUnit,
  suspendTree,
} from '@redoubt/act/response';
import { Vault } from '@redoubt/baseline';
import type { Bilingual } from '@redoubt/model';
import type { PartOffers } from '../part.ts';

/**
 * The kinds, in the order in which help names them.
 * @param consoles addresses that isolations leave open at present
 */
export function actionKinds(
  stateDirectory: string,
  offers: PartOffers,
  consoles: () => readonly string[],
): ActionKind[] {
  const filter = packetFilter();
  const isConsole = (network: Network): boolean =>
    consoles().some(text => {
      const console = parseNetwork(text);
      return console !== undefined && overlaps(console, network);
    });
  const objection = (network: Network): Bilingual | undefined =>
    isConsole(network)
      ? { en: `${network.text} is the console of an isolation`, zh: `${network.text} 是隔离所放行的控制端` }
      : offers.banObjection?.(network);
  return [
    isolateHost({ filter }),
    blockAddress({ filter, objection }),
    blockDomain(() => offers.dns),
    blockHash(() => offers.blockedContents),
    suspendTree(),
    killTree(),
    freezeContainer(),
    stopContainer(),
    freezeUnit(),
    stopUnit(),
    quarantineFile({ folder: join(stateDirectory, 'quarantine') }),
    restoreFile({ vault: new Vault(join(stateDirectory, 'baseline')) }),
    snapshot(),
    disableAccount(),
    revokeKeys(),
  ] as unknown as ActionKind[];
}
