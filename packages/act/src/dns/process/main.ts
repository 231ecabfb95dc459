/** The process of the DNS firewall: it holds the lists and answers, so that the agent neither grows nor waits. */
import { networksOf, ownNetworks, RateLimit } from '../access.ts';
import type { FirewallOrder, FirewallState, FromFirewall, JudgedName, ToFirewall } from '../messages.ts';
import { NamePolicy, type NameVerdict } from '../name-policy.ts';
import { Resolver } from '../resolver.ts';
import { DnsServer } from '../server.ts';
import { openUpstream, parseUpstream } from '../upstream.ts';

const reportInterval = 500;
/** Different blocked names between two reports; the rest is counted. */
const reported = 1000;
/** User and group that own nothing. */
const nobody = 65_534;

function tell(message: FromFirewall): void {
  process.send?.(message, () => undefined);
}

class Firewall {
  #policy: NamePolicy | undefined;
  #resolver: Resolver | undefined;
  #server: DnsServer | undefined;
  #rate = new RateLimit(0);
  #blocked = new Map<string, JudgedName & { count: number }>();
  #more = 0;

  async start({ lists, allow, own = [], serve }: FirewallOrder): Promise<void> {
    const policy = await NamePolicy.load(lists, allow);
    policy.own = own;
    this.#policy = policy;
    if (serve !== undefined) {
      const upstreams = serve.upstreams.map(text => {
        const place = parseUpstream(text);
        if (place === undefined) throw new Error(`no upstream: ${text}`);
        return openUpstream(text, place, serve.authority);
      });
      this.#resolver = new Resolver({
        policy,
        upstreams,
        blockAnswer: serve.answer,
        onBlocked: (name, verdict) => this.#note(name, verdict),
      });
      this.#rate = new RateLimit(serve.rate);
      const allowed = networksOf([...ownNetworks(), ...serve.networks]);
      this.#server = await DnsServer.listen(this.#resolver, { ...serve, allowed, rate: this.#rate });
      setInterval(() => this.#report(), reportInterval).unref();
      dropPrivileges();
    }
    tell({ ready: this.#state() });
  }

  hear(message: Exclude<ToFirewall, { order: FirewallOrder }>): void {
    if ('judge' in message) {
      const judged = message.judge.flatMap(name => {
        const verdict = this.#policy?.judge(name);
        return verdict === undefined ? [] : [judgedOf(name, verdict)];
      });
      tell({ answer: message.ask, judged });
      return;
    }
    if ('own' in message && this.#policy !== undefined) this.#policy.own = message.own;
    tell({ answer: message.ask, state: this.#state() });
  }

  #note(name: string, verdict: NameVerdict): void {
    const known = this.#blocked.get(name);
    if (known !== undefined) known.count++;
    else if (this.#blocked.size < reported) this.#blocked.set(name, { ...judgedOf(name, verdict), count: 1 });
    else this.#more++;
  }

  #report(): void {
    if (this.#blocked.size === 0) return;
    tell({ blocked: [...this.#blocked.values()], more: this.#more });
    this.#blocked = new Map();
    this.#more = 0;
  }

  #state(): FirewallState {
    const policy = this.#policy;
    const resolver = this.#resolver;
    return {
      lists: policy?.loaded ?? [],
      names: policy?.size ?? 0,
      bytes: policy?.bytes ?? 0,
      rss: process.memoryUsage.rss(),
      ...(this.#server !== undefined && { port: this.#server.port }),
      ...(resolver !== undefined && {
        counters: {
          ...resolver.counters,
          cached: resolver.cache.size,
          cacheBytes: resolver.cache.bytes,
          evicted: resolver.cache.evicted,
          limited: this.#rate.limited,
        },
      }),
    };
  }
}

function judgedOf(name: string, { list, entry, action }: NameVerdict): JudgedName {
  return { name, list, entry, action };
}

/** Once the lists are read and the port is taken, root is needed no more. */
function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}

const firewall = new Firewall();
process.on('message', (message: ToFirewall) => {
  if (!('order' in message)) firewall.hear(message);
  else
    firewall.start(message.order).catch(error => {
      tell({ failed: error instanceof Error ? error.message : String(error) });
      setTimeout(() => process.exit(1), 100);
    });
});
// Without the agent nobody would undo what it has changed; the resolvers that stood before ours then answer at once.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
