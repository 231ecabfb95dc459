/** Findings about names: blocked ones, tunnels, generated names, names that move about. */
import { type ReactNode, useCallback } from 'react';
import { getFindings } from '../../api/client.ts';
import { useResource } from '../../api/hooks.ts';
import { Panel } from '../../parts/basics.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { FindingRows } from '../findings/finding-rows.tsx';

/** What rule ids of these findings begin with. */
const ruleIds = 'redoubt.dns.';
const shown = 50;

/** The section about findings. */
export function Suspicious(): ReactNode {
  const { text } = useSpeech();
  const words = text.dns;
  const load = useCallback(
    (signal: AbortSignal) => getFindings({ q: ruleIds, status: '1,2', limit: shown }, signal),
    [],
  );
  const resource = useResource(load);
  return (
    <Panel
      title={words.suspicious}
      className="flush"
      aside={<a href={hrefOf('findings', undefined, { q: ruleIds })}>{words.allFindings}</a>}
    >
      <Loaded resource={resource}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="padded soft">{words.noSuspicious}</p>
          ) : (
            <FindingRows findings={items} compact />
          )
        }
      </Loaded>
    </Panel>
  );
}
