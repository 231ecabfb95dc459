/** Facts that a record carries itself, for when neither the table nor the store knows the process. */
import { execOf, type KernelRecord } from '@redoubt/kernel';
import type { StoredProcess } from '@redoubt/model';
import { containerOfCgroup } from '../enrich/cgroup.ts';
import type { FactsSource, ProcessFacts } from './facts.ts';
import { RowFacts } from './row-facts.ts';

/** The process of a record, of which only the record is known: pid, start and user ids. */
export function bareFacts(record: KernelRecord, source: FactsSource): ProcessFacts {
  return new RowFacts(bareRow(record, source), () => undefined, Number.POSITIVE_INFINITY);
}

function bareRow(record: KernelRecord, source: FactsSource): StoredProcess {
  return {
    uid: record.processUid,
    boot_id: '',
    pid: record.pid,
    start_time: source.bootEpoch + record.startNanoseconds / 1e6,
    image: 0,
    name: '',
    user_id: record.uid,
    euid: record.euid,
  };
}

/** The program that an exec record launched: from the table or store if they have it, else from the record. */
export function execFacts(record: KernelRecord, source: FactsSource): ProcessFacts {
  const known = source.factsAt(record.pid, record.startTicks, record.bootNanoseconds / 1e6);
  const exec = execOf(record);
  if (known?.file.path === exec.path) return known;
  const { file, loginUid, sessionId, terminal, workingDirectory } = exec;
  const container = containerOfCgroup(exec.cgroup ?? '');
  const row: StoredProcess = {
    ...bareRow(record, source),
    name: exec.command ?? '',
    exe: file.path,
    cmd_line: exec.commandLine,
    parent_uid: exec.parentUid,
    gid: exec.gid,
    egid: exec.egid,
    capabilities: exec.capabilities.toString(16),
    deleted: file.isDeleted && !file.isMemfd,
    memfd: file.isMemfd,
    ...(loginUid === undefined ? {} : { auid: loginUid }),
    ...(sessionId === undefined ? {} : { session: sessionId }),
    ...(terminal === undefined ? {} : { tty: terminal.replace(/^pts(\d)/, 'pts/$1') }),
    ...(workingDirectory === undefined ? {} : { cwd: workingDirectory }),
    ...(container === undefined ? {} : { container }),
  };
  return known === undefined
    ? new RowFacts(row, () => undefined, Number.POSITIVE_INFINITY)
    : new LaunchedFacts(row, known);
}

/** A program from its record, in a process whose ancestors are known from elsewhere. */
class LaunchedFacts extends RowFacts {
  readonly #known: ProcessFacts;

  constructor(row: StoredProcess, known: ProcessFacts) {
    super(row, () => undefined, Number.POSITIVE_INFINITY);
    this.#known = known;
  }

  override launcher(): ProcessFacts | undefined {
    return this.#known.launcher();
  }

  override parent(): ProcessFacts | undefined {
    return this.#known.parent();
  }
}
