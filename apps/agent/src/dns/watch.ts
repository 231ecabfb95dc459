/** Events to the detectors of DNS, and what they say to findings. */
import {
  BypassWatch,
  bypassFinding,
  type DnsSighting,
  type FindingPlace,
  FluxWatch,
  fluxFinding,
  GeneratedWatch,
  generatedFinding,
  type NameModel,
  parsePublicResolvers,
  TunnelWatch,
  tunnelFinding,
} from '@redoubt/detect/dns';
import type { Device, EventView, FieldValue, Finding, Process } from '@redoubt/model';
import { Repeats } from '../gate/repeats.ts';

/** What the watch works with. */
export interface WatchParts {
  readonly model: NameModel;
  readonly publicResolvers: string;
  readonly lawfulVolume: string;
  /** Addresses that this host is told to ask. */
  readonly resolvers: () => readonly string[];
  readonly publish: (finding: Finding) => void;
  readonly device: Device;
  readonly who: (pid: number) => Process;
}

/** Names whose last asker is remembered. */
const askersKept = 2_048;
const resolversKept = 30_000;

const textOf = (value: FieldValue): string => (typeof value === 'string' ? value : '');
const numberOf = (value: FieldValue): number => (typeof value === 'number' ? value : 0);
const listOf = (value: FieldValue): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** Made once for an agent. */
export class DnsWatch {
  readonly #parts: WatchParts;
  readonly #tunnels: TunnelWatch;
  readonly #generated: GeneratedWatch;
  readonly #flux: FluxWatch;
  readonly #bypass: BypassWatch;
  readonly #repeats = new Repeats();
  readonly #askers = new Map<string, number>();
  #resolvers: { readonly set: ReadonlySet<string>; readonly at: number } | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const lawful = new Set(
      parts.lawfulVolume.split('\n').filter(line => line !== '' && !line.startsWith('#')),
    );
    this.#tunnels = new TunnelWatch(lawful);
    this.#generated = new GeneratedWatch(parts.model);
    this.#flux = new FluxWatch(lawful);
    this.#bypass = new BypassWatch(parsePublicResolvers(parts.publicResolvers), () => this.#resolverSet());
  }

  /** Domains that made way for others, since the start. */
  get unfollowed(): number {
    return this.#tunnels.evicted;
  }

  /** Who asked for a name last, as far as it is remembered. */
  lastAsker(name: string): Process | undefined {
    const pid = this.#askers.get(name);
    return pid === undefined ? undefined : this.#parts.who(pid);
  }

  /** Looks at a `dns.query` or `dns.answer`. @param name in lower case */
  dns(view: EventView, name: string): DnsSighting {
    const isAnswer = view.kind === 'dns.answer';
    const pid = numberOf(view.get('actor.process.pid'));
    const sighting = sightingOf(view, name, isAnswer);
    if (!isAnswer) {
      this.#remember(name, pid);
      this.connection(view);
    }
    const place = (): FindingPlace => ({
      device: this.#parts.device,
      now: Date.now(),
      ...(pid > 0 && { process: this.#parts.who(pid) }),
    });
    const { publish } = this.#parts;
    const tunnel = this.#tunnels.see(sighting);
    if (tunnel !== undefined) publish(tunnelFinding(tunnel, place()));
    const generated = this.#generated.see(sighting);
    if (generated !== undefined) publish(generatedFinding(generated, place()));
    const flux = this.#flux.see(sighting);
    if (flux !== undefined) publish(fluxFinding(flux, place()));
    return sighting;
  }

  /** Looks at whom a connection or a question goes to. */
  connection(view: EventView): void {
    const port = numberOf(view.get('dst_endpoint.port'));
    if (port !== 53 && port !== 853 && port !== 443) return;
    // Chromium opens UDP sockets to a public resolver and sends nothing, to learn whether there is IPv6.
    if (view.kind === 'network.connect' && view.get('connection_info.protocol_num') === 17) return;
    const pid = numberOf(view.get('actor.process.pid'));
    const serverName = textOf(view.get('tls.sni'));
    const found = this.#bypass.see({
      time: view.time,
      address: textOf(view.get('dst_endpoint.ip')),
      port,
      asker: textOf(view.get('actor.process.uid')),
      program: textOf(view.get('actor.process.file.path')),
      ...(serverName !== '' && { serverName }),
    });
    if (found === undefined || this.#repeats.count(`${found.how} ${found.program} ${found.address}`) === 0)
      return;
    const { device, who, publish } = this.#parts;
    publish(bypassFinding(found, { device, now: Date.now(), ...(pid > 0 && { process: who(pid) }) }));
  }

  #remember(name: string, pid: number): void {
    if (pid === 0) return;
    this.#askers.delete(name);
    this.#askers.set(name, pid);
    const [oldest] = this.#askers.keys();
    if (this.#askers.size > askersKept && oldest !== undefined) this.#askers.delete(oldest);
  }

  #resolverSet(): ReadonlySet<string> {
    const now = performance.now();
    if (this.#resolvers === undefined || now - this.#resolvers.at > resolversKept)
      this.#resolvers = { set: new Set(this.#parts.resolvers()), at: now };
    return this.#resolvers.set;
  }
}

function sightingOf(view: EventView, name: string, isAnswer: boolean): DnsSighting {
  const types = isAnswer ? listOf(view.get('answers.type')) : [];
  const data = isAnswer ? listOf(view.get('answers.rdata')) : [];
  const ttls = isAnswer ? listOf(view.get('answers.ttl')) : [];
  const rcode = textOf(view.get('rcode'));
  return {
    time: view.time,
    isAnswer,
    name,
    type: textOf(view.get('query.type')),
    ...(rcode !== '' && { rcode }),
    answers: types.map((type, at) => ({
      type: String(type),
      rdata: String(data[at] ?? ''),
      ttl: Number(ttls[at] ?? 0),
    })),
    asker: textOf(view.get('actor.process.uid')),
  };
}
