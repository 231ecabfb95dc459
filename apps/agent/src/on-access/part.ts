/** Scanning on access in the agent: the protection on the ladder, its findings, its quarantine. */
import type { SharedGate } from '@redoubt/act/gate';
import { type AccessFinding, OnAccess } from '@redoubt/act/on-access';
import { ScanHelper } from '@redoubt/detect/scan-helper';
import type { GateEvent } from '@redoubt/kernel';
import type { Api } from '../api/server.ts';
import { Repeats } from '../gate/repeats.ts';
import { tellTerminal } from '../gate/terminal.ts';
import { isTrouble, troubleFinding } from '../gate/trouble.ts';
import { whoIs } from '../gate/who.ts';
import { deviceOf } from '../host/host.ts';
import type { AgentPart, PartContext } from '../part.ts';
import type { OnAccessAnswer } from './contract.ts';
import { accessEngines, enginesVersion } from './engines.ts';
import { accessFinding, keyOf } from './findings.ts';
import { isOwnWriter } from './own-writers.ts';
import { Taking } from './taking.ts';

const mebibyte = 2 ** 20;
/** For programs that wait: the gate lets them through after half a second, and others wait behind them. */
const waitingLimits = { milliseconds: 2_000, contentBytes: 64 * mebibyte };
const patientLimits = { milliseconds: 30_000 };

/** Starts the part; at `observe`, where every host begins, it costs nothing unless its settings say `written: always`. */
export async function startOnAccess(context: PartContext, gate: SharedGate): Promise<AgentPart> {
  const part = new OnAccessPart(context, gate);
  await context.protect(part.control);
  return part;
}

class OnAccessPart implements AgentPart {
  readonly name = 'on-access';
  readonly control: OnAccess;
  readonly #context: PartContext;
  readonly #taking: Taking;
  readonly #repeats = new Repeats();
  readonly #scanners: { waiting: ScanHelper; patient: ScanHelper };

  constructor(context: PartContext, gate: SharedGate) {
    this.#context = context;
    const { options, sensor, journal } = context;
    const { stateDirectory } = options;
    const engines = () => accessEngines(stateDirectory);
    this.#taking = new Taking(stateDirectory, journal);
    this.#scanners = {
      waiting: new ScanHelper({ engines, limits: waitingLimits, isPolite: false }),
      patient: new ScanHelper({ engines, limits: patientLimits, isPolite: true }),
    };
    this.control = new OnAccess({
      gate,
      scanners: this.#scanners,
      whoIs: pid => whoIs(sensor.table, pid),
      isOwnWriter,
      isReleased: sha256 => this.#taking.isReleased(sha256),
      exclude: [stateDirectory],
      version: () => enginesVersion(stateDirectory),
      onFound: found => void this.#found(found),
      onTrouble: event => this.#trouble(event),
    });
  }

  routes(api: Api): void {
    api.get('/api/on-access', (): OnAccessAnswer => {
      const { covered, uncovered, written, gate, ...state } = this.control.state();
      return {
        ...state,
        covered: [...covered],
        uncovered: [...uncovered],
        ...(written !== undefined && { written }),
        ...(gate !== undefined && { gate }),
      };
    });
  }

  stop(): void {
    // The ladder has taken the protection from the gate; what still scans ends here.
    this.#scanners.waiting.close();
    this.#scanners.patient.close();
  }

  async #found(found: AccessFinding): Promise<void> {
    const { path, process: who, isDenied, isToBeTaken, sha256 = '' } = found;
    const count = this.#repeats.count(`${keyOf(found)} ${path} ${sha256}`);
    if (isDenied) this.#tellUser(found, who?.pid);
    if (count === 0) return;
    const { host, publish } = this.#context;
    const device = deviceOf(host);
    const finding = accessFinding(found, count, device);
    if (finding === undefined) return;
    if (!isToBeTaken) {
      publish(finding);
      return;
    }
    const { uid } = finding.finding_info;
    const taken = await this.#taking.take(found, uid);
    const after = accessFinding(found, count, device, taken) ?? finding;
    publish({ ...after, finding_info: { ...after.finding_info, uid } });
  }

  #tellUser({ path, verdict }: AccessFinding, pid: number | undefined): void {
    const title = verdict?.findings[0]?.title;
    if (pid === undefined || title === undefined) return;
    tellTerminal(pid, `redoubt: ${path}: ${title.en} / 已拒绝运行：${title.zh} (redoubt on-access)`);
  }

  #trouble(event: GateEvent): void {
    if (!isTrouble(event)) return;
    const count = this.#repeats.count(event.kind);
    if (count === 0) return;
    const { sensor, host, publish } = this.#context;
    publish(troubleFinding('on-access', event, whoIs(sensor.table, event.pid), count, deviceOf(host)));
  }
}
