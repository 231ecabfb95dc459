/** Segmentation in the agent: the inventory of flows, the protection on the ladder, and what is outside the policy. */
import { packetFilter } from '@redoubt/act/nftables';
import {
  compilePolicy,
  type Flow,
  FlowStore,
  flowOf,
  flowsOfRecord,
  networkNamespace,
  PolicyError,
  peerOf,
  refusalCounts,
  refusedIn,
  Segmentation,
  SegmentJudge,
} from '@redoubt/act/segmentation';
import type { EventView, Process } from '@redoubt/model';
import type { Api } from '../api/server.ts';
import { Repeats } from '../gate/repeats.ts';
import { whoIs } from '../gate/who.ts';
import { deviceOf } from '../host/host.ts';
import type { AgentPart, PartContext } from '../part.ts';
import {
  type FlowsAnswer,
  FlowsQuery,
  type PolicyChecked,
  type PolicyProposal,
  PolicyText,
  type SegmentationAnswer,
  type SegmentationMap,
} from './contract.ts';
import { driftFinding, outsideFinding, refusedFinding } from './findings.ts';

/** Milliseconds between two writes of the inventory, and two looks at what the packet filter refused. */
const beat = 15_000;
/** Refusals told in one beat; the rest is told by later ones, for the table remembers an hour. */
const toldAtOnce = 50;
const bodyLimit = 4 * 1024 * 1024;

/** Starts the part. */
export async function startSegmentation(context: PartContext): Promise<AgentPart> {
  const part = new SegmentationPart(context);
  await context.protect(part.segmentation);
  return part;
}

class SegmentationPart implements AgentPart {
  readonly name = 'segmentation';
  readonly segmentation: Segmentation;
  readonly #context: PartContext;
  readonly #namespace = networkNamespace();
  readonly #repeats = new Repeats();
  /** Refusals that were told, so that an hour's memory of the packet filter is told once. */
  readonly #told = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #store: FlowStore | undefined;
  #outside = 0;
  #looking: Promise<void> = Promise.resolve();

  constructor(context: PartContext) {
    this.#context = context;
    this.segmentation = new Segmentation({
      filter: packetFilter(),
      namespace: this.#namespace,
      onDrift: ({ kind, restored }) => context.publish(driftFinding(kind, restored, deviceOf(context.host))),
    });
    try {
      this.#store = new FlowStore(context.options.stateDirectory);
    } catch (error) {
      this.#warn(error);
    }
    context.onEvent(view => this.#hear(view));
    this.#timer = setInterval(() => this.#beat(), beat).unref();
  }

  routes(api: Api): void {
    api.get('/api/segmentation', () => this.#answer());
    const asked = { schema: { querystring: FlowsQuery } };
    api.get('/api/segmentation/flows', asked, ({ query }) => this.#flows(query));
    api.get('/api/segmentation/map', asked, ({ query }) => this.#map(query));
    api.get('/api/segmentation/proposal', asked, ({ query }) => this.#proposal(query));
    api.post('/api/segmentation/check', { bodyLimit, schema: { body: PolicyText } }, ({ body }) =>
      checked(body.yaml),
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.#store?.close();
    this.#store = undefined;
  }

  #hear(view: EventView): void {
    const flow = flowOf(view, this.#namespace);
    if (flow === undefined) return;
    this.#store?.add(flow);
    const decision = this.segmentation.judge(flow);
    if (decision === undefined || decision.allowed) return;
    this.#outside += flow.count;
    const { direction, protocol, port, program, user } = flow;
    const key = [direction, peerOf(flow), protocol, port, program, user].join(' ');
    const count = this.#repeats.count(key);
    if (count === 0) return;
    const { publish, host } = this.#context;
    const { rung } = this.segmentation.policy;
    const who = this.#whoOf(view, flow);
    publish(
      outsideFinding({ ...flow, count: Math.max(count, flow.count) }, decision, rung, who, deviceOf(host)),
    );
  }

  #whoOf(view: EventView, { program }: Flow): Process {
    const pid = view.get('actor.process.pid');
    if (typeof pid === 'number') return whoIs(this.#context.sensor.table, pid);
    return program === '' ? {} : { file: { path: program } };
  }

  #beat(): void {
    try {
      this.#store?.flush();
      if (this.#store !== undefined) this.#warn(undefined);
    } catch (error) {
      this.#warn(error);
    }
    this.#looking = this.#looking.then(() => this.#look()).catch(() => undefined);
  }

  /** Tells of what the packet filter refused; a table that cannot be read is the ladder's affair. */
  async #look(): Promise<void> {
    const { policy } = this.segmentation;
    if (policy.rung === 'observe') return;
    const table = await this.segmentation.table();
    if (table === undefined) return;
    const judge = new SegmentJudge(policy.settings);
    const now = Date.now();
    for (const [key, time] of this.#told) if (now - time > 3_600_000) this.#told.delete(key);
    let told = 0;
    for (const refused of refusedIn(table)) {
      // What goes out is told with its process, from the event of the connection.
      if (refused.chain === 'output') continue;
      const key = `${policy.rung} ${refused.chain} ${refused.address} ${refused.protocol} ${refused.port}`;
      if (this.#told.has(key)) continue;
      if (++told > toldAtOnce) break;
      this.#told.set(key, now);
      const zone = judge.zoneOf(refused.address) ?? 'outside';
      this.#context.publish(refusedFinding(refused, zone, policy.rung, deviceOf(this.#context.host)));
    }
  }

  async #flows({ from, to, record, limit }: FlowsQuery): Promise<FlowsAnswer> {
    const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    if (record === true) {
      await this.#context.recorder.flush();
      const found = await flowsOfRecord(this.#context.reader, period, this.#namespace);
      return { ...found, flows: found.flows.slice(0, limit) };
    }
    this.#store?.flush();
    return {
      flows: this.#store?.flows({ ...period, ...(limit !== undefined && { limit }) }) ?? [],
      unkept: this.#store?.counters().unkept ?? 0,
      unreadable: 0,
    };
  }

  /** Without zones everything is "outside": then the zones that would be proposed say more. */
  async #map(query: FlowsQuery): Promise<SegmentationMap> {
    const { settings } = this.segmentation.policy;
    const [{ mapOf, proposePolicy }, { flows }] = await Promise.all([drafts(), this.#flows(query)]);
    const proposed = Object.keys(settings.zones).length === 0;
    const policy = proposed ? proposePolicy(flows).policy : settings;
    return { ...mapOf(flows, new SegmentJudge(policy)), proposed };
  }

  async #proposal(query: FlowsQuery): Promise<PolicyProposal> {
    const [{ proposePolicy }, { flows }] = await Promise.all([drafts(), this.#flows(query)]);
    const { yaml, policy } = proposePolicy(flows, this.segmentation.policy.settings);
    return { yaml, rules: policy.rules.length, flows: flows.length };
  }

  async #answer(): Promise<SegmentationAnswer> {
    const { rung } = this.segmentation.policy;
    const { seen = 0, unkept = 0 } = this.#store?.counters() ?? {};
    const table = rung === 'observe' ? undefined : await this.segmentation.table();
    return {
      rung,
      seen,
      unkept,
      outside: this.#outside,
      ...(table !== undefined && { refusals: refusalCounts(table) }),
      refused: table === undefined ? [] : refusedIn(table),
    };
  }

  #warn(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#context.warn({
      code: 'segmentation-flows',
      active: error !== undefined,
      text: { en: `The inventory of flows cannot be written: ${words}`, zh: `无法写入流量清单：${words}` },
    });
  }
}

/** Loaded when somebody asks: the agent need not hold a YAML parser for it. */
function drafts(): Promise<typeof import('@redoubt/act/segmentation-drafts')> {
  return import('@redoubt/act/segmentation-drafts');
}

/** Whether a text is a policy; where not, its line and key are named. */
async function checked(yaml: string): Promise<PolicyChecked> {
  const { parsePolicyText } = await drafts();
  try {
    const policy = parsePolicyText(yaml);
    return { policy, limits: compilePolicy(policy, 'enforce').limits };
  } catch (error) {
    if (error instanceof PolicyError) return { wrong: error.text };
    throw error;
  }
}
