/** The policy of segmentation: what it is, what it met, and a new one that is previewed before it counts. */
import { type ReactNode, useCallback, useState } from 'react';
import type { ProtectionItem, SegmentationAnswer } from '../../api/contract.ts';
import { useDeed, usePolled, useResource } from '../../api/hooks.ts';
import { checkPolicy, getSegmentation, proposePolicy } from '../../api/network.ts';
import { getProtections } from '../../api/posture.ts';
import { Panel } from '../../parts/basics.tsx';
import { Figures, Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { LadderView } from '../../parts/ladder.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { StepForm } from '../../parts/step-form.tsx';
import { useSpeech } from '../../text/text.tsx';
import { usePeriod } from './period.tsx';

const interval = 5_000;

/** The settings of the protection, as far as they are shown. */
interface Policy {
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly Rule[];
  readonly default: { readonly inbound: Verdict; readonly outbound: Verdict; readonly forward: Verdict };
}
type Verdict = 'allow' | 'deny';
interface Rule {
  readonly from: string;
  readonly to: string;
  readonly protocol?: string;
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly cgroup?: string;
  readonly program?: string;
  readonly note?: string;
}
type Refused = SegmentationAnswer['refused'][number];

function Present({ policy }: { policy: Policy }): ReactNode {
  const { text } = useSpeech();
  const words = text.network;
  const zones = Object.entries(policy.zones);
  const columns: Column<Rule>[] = [
    { title: words.flow.from, kind: 'tight', cell: one => one.from },
    { title: words.flow.to, kind: 'tight', cell: one => one.to },
    {
      title: words.flow.port,
      cell: one => (
        <code>{one.ports ? one.ports.map(port => `${one.protocol}/${port}`).join(' ') : one.protocol}</code>
      ),
    },
    {
      title: words.only,
      kind: 'wide',
      cell: one => [one.user, one.program, one.cgroup, one.note].filter(Boolean).join(' · '),
    },
  ];
  return (
    <>
      <Figures
        items={(['inbound', 'outbound', 'forward'] as const).map(way => [
          words.defaults[way],
          <Standing key={way} level={policy.default[way] === 'deny' ? 'good' : 'idle'}>
            {words.verdict[policy.default[way]]}
          </Standing>,
        ])}
      />
      {zones.length === 0 ? (
        <p className="soft policy-none">{words.noPolicy}</p>
      ) : (
        <dl className="facts policy-zones">
          {zones.map(([name, members]) => (
            <div key={name} className="policy-zone">
              <dt>{name}</dt>
              <dd>
                <code className="breaks">{members.join('  ')}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {policy.rules.length > 0 && (
        <details className="fold" open={policy.rules.length <= 20}>
          <summary>{words.rules(String(policy.rules.length))}</summary>
          <Grid
            label={words.rules(String(policy.rules.length))}
            columns={columns}
            rows={policy.rules}
            keyOf={one => JSON.stringify(one)}
          />
        </details>
      )}
    </>
  );
}

function Met({ answer }: { answer: SegmentationAnswer }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.network;
  const { refusals, refused, rung } = answer;
  const columns: Column<Refused>[] = [
    { title: words.flow.way, kind: 'tight', cell: one => words.chain[one.chain] },
    { title: words.flow.address, kind: 'wide', cell: one => <code>{one.address}</code> },
    {
      title: words.flow.port,
      kind: 'tight',
      cell: one => (
        <code>
          {one.protocol}/{one.port}
        </code>
      ),
    },
    {
      title: words.flow.last,
      kind: 'tight',
      cell: one => text.common.ago(format.roughly(one.age * 1000)),
    },
  ];
  const title = rung === 'enforce' ? words.blocked : words.wouldBlock;
  return (
    <Panel title={title} className={refused.length > 0 ? 'flush' : ''}>
      <div className={refused.length > 0 ? 'padded' : ''}>
        <Figures
          items={[
            [words.seen, format.count(answer.seen)],
            [words.outside, format.count(answer.outside)],
            ...(refusals === undefined
              ? []
              : (['input', 'output', 'forward'] as const).map(
                  chain => [words.chain[chain], format.count(refusals[chain])] as const,
                )),
          ]}
        />
        {rung === 'observe' && <p className="soft policy-none">{words.observing}</p>}
      </div>
      {refused.length > 0 && (
        <Grid
          label={title}
          columns={columns}
          rows={refused}
          keyOf={one => `${one.chain} ${one.address} ${one.protocol} ${one.port}`}
        />
      )}
    </Panel>
  );
}

function Draft({ item, onDone }: { item: ProtectionItem; onDone: () => void }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.network;
  const { from, choice } = usePeriod();
  const deed = useDeed();
  const [yaml, setYaml] = useState('');
  const [made, setMade] = useState<string>();
  const [wrong, setWrong] = useState<string>();
  const [checked, setChecked] = useState<{ yaml: string; policy: object; limits: string[] }>();
  const propose = (): void =>
    void deed.run(async () => {
      const proposal = await proposePolicy({ from });
      setYaml(proposal.yaml);
      setChecked(undefined);
      setWrong(undefined);
      setMade(words.proposed(format.count(proposal.rules), format.count(proposal.flows)));
    });
  const check = (): void =>
    void deed.run(async () => {
      const answer = await checkPolicy(yaml);
      setWrong('wrong' in answer ? say(answer.wrong) : undefined);
      setChecked(
        'wrong' in answer ? undefined : { yaml, policy: answer.policy, limits: answer.limits.map(say) },
      );
    });
  return (
    <Panel title={words.draft}>
      <div className="step-form plain">
        <p className="soft">{words.draftHelp}</p>
        <div className="step-row">
          {choice}
          <button type="button" className="button" disabled={deed.busy} onClick={propose}>
            {words.propose}
          </button>
        </div>
        {made !== undefined && <p role="status">{made}</p>}
        {yaml !== '' && (
          <>
            <label className="step-field">
              <span className="small faint">{words.yaml}</span>
              <textarea
                className="field"
                value={yaml}
                spellCheck={false}
                aria-invalid={wrong !== undefined}
                onChange={event => setYaml(event.target.value)}
              />
            </label>
            {wrong !== undefined && (
              <p role="alert" className="breaks">
                <Standing level="bad">{wrong}</Standing>
              </p>
            )}
            <div className="row-actions">
              <button
                type="button"
                className={checked?.yaml === yaml ? 'button' : 'button primary'}
                disabled={deed.busy}
                onClick={check}
              >
                {words.check}
              </button>
            </div>
          </>
        )}
        <Refusal failure={deed.failure} />
        {checked?.yaml === yaml && (
          <>
            {checked.limits.map(limit => (
              <p key={limit} className="small soft">
                {limit}
              </p>
            ))}
            <StepForm
              key={yaml}
              item={item}
              settings={checked.policy}
              onDone={done => {
                setChecked(undefined);
                if (done) onDone();
              }}
            />
          </>
        )}
      </div>
    </Panel>
  );
}

/** The section about the policy. */
export function PolicySection(): ReactNode {
  const { text } = useSpeech();
  const loadItems = useCallback((signal: AbortSignal) => getProtections(signal), []);
  const protections = useResource(loadItems);
  const state = usePolled(getSegmentation, interval);
  return (
    <Loaded resource={protections}>
      {({ items }) => {
        const item = items.find(({ name }) => name === 'segmentation');
        if (item === undefined) return <Empty title={text.protection.empty} />;
        return (
          <div className="stack">
            <Panel title={text.network.policy}>
              <div className="policy">
                <div>
                  <Present policy={item.policy.settings as Policy} />
                </div>
                <LadderView rung={item.policy.rung} trial={item.trial !== undefined} />
              </div>
            </Panel>
            <Loaded resource={state}>{answer => <Met answer={answer} />}</Loaded>
            <Draft item={item} onDone={protections.reload} />
          </div>
        );
      }}
    </Loaded>
  );
}
