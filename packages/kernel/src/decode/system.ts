/** What the remaining kinds say: memory, credentials, tracing, signals, namespaces, modules, bpf. */
import { Section } from './layout.ts';
import type { KernelRecord } from './record.ts';

/** `memory.wx`: memory that is written and executed, or anonymous memory that becomes executable. */
export interface MemoryDetails {
  address: bigint;
  length: number;
  /** PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4. */
  protection: number;
  /** MAP_* flags of mmap, 0 for mprotect. */
  flags: number;
  /** No file stands behind the mapping. */
  isAnonymous: boolean;
}

/** Decodes a `memory.wx` record. */
export function memoryOf(record: KernelRecord): MemoryDetails {
  return {
    address: record.bigNumber(0) ?? 0n,
    length: record.number(1) ?? 0,
    protection: record.number(2) ?? 0,
    flags: record.number(3) ?? 0,
    isAnonymous: record.number(4) === 1,
  };
}

/** `process.set_id`: the ids after the call. */
export interface CredentialDetails {
  uid: number;
  euid: number;
  suid: number;
  gid: number;
  egid: number;
  sgid: number;
}

/** Decodes a `process.set_id` record. */
export function credentialsOf(record: KernelRecord): CredentialDetails {
  const at = (index: number) => record.number(index) ?? 0;
  return { uid: at(0), euid: at(1), suid: at(2), gid: at(3), egid: at(4), sgid: at(5) };
}

/** `process.capset`: the sets after the call, bit n = capability n. */
export interface CapabilityDetails {
  effective: bigint;
  permitted: bigint;
  inheritable: bigint;
}

/** Decodes a `process.capset` record. */
export function capabilitiesOf(record: KernelRecord): CapabilityDetails {
  const at = (index: number) => record.bigNumber(index) ?? 0n;
  return { effective: at(0), permitted: at(1), inheritable: at(2) };
}

/** `process.signal`: a signal to a process of another user. */
export interface SignalDetails {
  signal: number;
  targetPid: number;
  /** CLOCK_BOOTTIME nanoseconds. */
  targetStart: number;
  targetUid: number;
}

/** Decodes a `process.signal` record. */
export function signalOf(record: KernelRecord): SignalDetails {
  const at = (index: number) => record.number(index) ?? 0;
  return { signal: at(0), targetPid: at(1), targetStart: at(2), targetUid: at(3) };
}

/** `process.ptrace`, `process.vm_write`: what is done to which process (pid as the caller names it). */
export interface TracingDetails {
  /** PTRACE_* request; 0 for process_vm_writev. */
  request: number;
  targetPid: number;
  /** Bytes written by process_vm_writev. */
  length: number;
}

/** Decodes a `process.ptrace` or `process.vm_write` record. */
export function tracingOf(record: KernelRecord): TracingDetails {
  const first = record.number(0) ?? 0;
  const second = record.number(1) ?? 0;
  return record.kind === 'process.ptrace'
    ? { request: first, targetPid: second, length: 0 }
    : { request: 0, targetPid: first, length: second };
}

/**
 * The one number of the remaining kinds: CLONE_NEW* flags (unshare, setns), bpf command, flags of
 * memfd_create, finit_module and delete_module, entries (io_uring_setup), opcode (io_uring_submit).
 */
export function argumentOf(record: KernelRecord): number {
  return record.number(0) ?? 0;
}

/** The name that a memfd_create, module or bpf record carries. */
export function nameOf(record: KernelRecord): string | undefined {
  return record.text(Section.name);
}
