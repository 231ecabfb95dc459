/** Jails: what counts as an offence, how many lead to a ban, for how long. */
import { type ReactNode, useCallback } from 'react';
import { getBans } from '../../api/acting.ts';
import type { JailItem } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { Panel } from '../../parts/basics.tsx';
import { OnServer } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

/** The section about jails. */
export function Jails(): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.bans;
  const load = useCallback((signal: AbortSignal) => getBans({ subject: '', limit: 0 }, signal), []);
  const resource = useResource(load);
  const columns: Column<JailItem>[] = [
    {
      title: words.jail.name,
      kind: 'wide',
      cell: one => (
        <span title={one.file}>
          {say(one.title)} <code className="small faint">{one.name}</code>
        </span>
      ),
    },
    {
      title: words.jail.rule,
      kind: 'tight',
      cell: one => words.jail.within(format.count(one.max_retries), format.duration(one.find_time)),
    },
    {
      title: words.jail.length,
      kind: 'tight',
      cell: one =>
        one.reports_only
          ? words.jail.reportsOnly
          : words.jail.upTo(format.duration(one.ban_time), format.duration(one.max_ban_time)),
    },
    {
      title: words.jail.ports,
      kind: 'tight',
      cell: one => !one.reports_only && (one.ports?.join(', ') ?? words.jail.allPorts),
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ jails }) => (
        <Panel title={words.jails} className="flush">
          <p className="padded soft">{words.jailsHelp}</p>
          <Grid label={words.jails} columns={columns} rows={jails} keyOf={one => one.name} />
          <div className="padded">
            <OnServer words={words.tryJail} command="redoubt bans test /var/log/auth.log --jail sshd" />
          </div>
        </Panel>
      )}
    </Loaded>
  );
}
