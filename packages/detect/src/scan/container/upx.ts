/** Programs packed by UPX: recognised by its mark, unpacked by the stock tool where that is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subject } from '../subject.ts';
import type { Budget } from './budget.ts';
import type { Member } from './member.ts';

const mark = Buffer.from('UPX!');
/** UPX puts its mark behind the program headers and again at the end. */
const headWindow = 1_024;
const tailWindow = 64;
const mostMilliseconds = 20_000;

/** Whether a program carries UPX's mark in the places where UPX puts it. */
export function isUpxPacked(bytes: Buffer): boolean {
  return bytes.subarray(0, headWindow).includes(mark) && bytes.subarray(-tailWindow).includes(mark);
}

/** Opener of packed programs; gives nothing for others. */
export function* upxMembers(subject: Subject, budget: Budget): Generator<Member> {
  const bytes = subject.bytes();
  if (!isUpxPacked(bytes)) return;
  const where = `${subject.name}!/unpacked`;
  budget.takeMember(where);
  const unpacked = unpack(bytes, budget);
  if (unpacked === undefined) {
    budget.note('damaged', where, {
      en: 'packed by UPX; not unpacked, because the tool upx is not installed or refuses it',
      zh: '由 UPX 加壳；未安装 upx 或其拒绝处理，未能脱壳',
    });
    return;
  }
  budget.takeBytes(unpacked.length, where, bytes.length, unpacked.length);
  yield { name: 'unpacked', bytes: unpacked, size: unpacked.length };
}

function unpack(bytes: Buffer, { limits }: Budget): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-upx-'));
  try {
    const packed = join(folder, 'packed');
    const out = join(folder, 'out');
    writeFileSync(packed, bytes, { mode: 0o600 });
    execFileSync('upx', ['-d', '-qqq', '-o', out, packed], { stdio: 'ignore', timeout: mostMilliseconds });
    return statSync(out).size > limits.contentBytes ? undefined : readFileSync(out);
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
