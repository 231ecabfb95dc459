/** Every kind of action that this agent can do. */
import { join } from 'node:path';
import { packetFilter } from '@redoubt/act/nftables';
import {
  type ActionKind,
  blockAddress,
  disableAccount,
  freezeContainer,
  freezeUnit,
  isolateHost,
  killTree,
  quarantineFile,
  revokeKeys,
  suspendTree,
} from '@redoubt/act/response';

/** The kinds, in the order in which help names them. */
export function actionKinds(stateDirectory: string): ActionKind[] {
  const filter = packetFilter();
  return [
    isolateHost({ filter }),
    blockAddress({ filter }),
    suspendTree(),
    killTree(),
    freezeContainer(),
    freezeUnit(),
    quarantineFile({ folder: join(stateDirectory, 'quarantine') }),
    disableAccount(),
    revokeKeys(),
  ] as unknown as ActionKind[];
}
