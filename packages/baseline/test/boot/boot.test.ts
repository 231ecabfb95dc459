/** Event logs, quotes and IMA against a software TPM (swtpm), driven by tpm2-tools. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { templateData } from '../../src/boot/ima.ts';
import {
  BootDataError,
  compareBoot,
  goldenBoot,
  parseAttestation,
  parseEventLog,
  parseGoldenBoot,
  parseIma,
  type QuoteBundle,
  replay,
  replayIma,
  Tpm,
  TpmError,
  verifyQuote,
} from '../../src/boot/index.ts';
import { makeTpmKey, removeTpmKey, signerFrom, verifierFrom } from '../../src/index.ts';
import { Simulator } from './simulator.ts';
import { type Measured, writeLog } from './writer.ts';

let simulator: Simulator;
let tcti: string;
let tpm: Tpm;

const measured: Measured[] = [
  { pcr: 0, type: 8, data: Buffer.from('firmware 1.0') },
  { pcr: 4, type: 0x80000003, data: Buffer.from('boot loader') },
  { pcr: 8, type: 13, data: Buffer.from('kernel_cmdline: /vmlinuz root=/dev/vda1 quiet\0') },
  { pcr: 9, type: 13, data: Buffer.from('/vmlinuz') },
  { pcr: 7, type: 4, data: Buffer.from([0, 0, 0, 0]) },
];

before(async () => {
  simulator = await Simulator.start();
  ({ tcti } = simulator);
  tpm = new Tpm(tcti);
  simulator.measure(measured);
});

after(() => simulator.end());

test('a log replays to what the TPM holds, in both banks', async () => {
  const log = parseEventLog(writeLog(measured));
  assert.equal(log.events.length, measured.length);
  for (const bank of ['sha1', 'sha256'] as const) {
    const pcrs = await tpm.pcrs(bank);
    for (const [pcr, value] of replay(log, bank)) assert.equal(value, pcrs.get(pcr), `${bank} ${pcr}`);
  }
  const changed = measured.map((one, index) => (index === 3 ? { ...one, data: Buffer.from('/other') } : one));
  const pcrs = await tpm.pcrs('sha256');
  const other = replay(parseEventLog(writeLog(changed)), 'sha256');
  assert.notEqual(other.get(9), pcrs.get(9));
});

test('a change against golden values names what changed and which measurement did it', async () => {
  const pcrs = await tpm.pcrs('sha256');
  const golden = parseGoldenBoot(
    JSON.stringify(goldenBoot('sha256', pcrs, parseEventLog(writeLog(measured)))),
  );
  assert.deepEqual(compareBoot(golden, pcrs, parseEventLog(writeLog(measured))), []);
  const changed = measured.map(one =>
    one.pcr === 8 ? { ...one, data: Buffer.from('kernel_cmdline: /vmlinuz init=/bin/sh\0') } : one,
  );
  const log = parseEventLog(writeLog(changed));
  const [change, ...more] = compareBoot(golden, new Map([...pcrs, ...replay(log, 'sha256')]), log);
  assert.deepEqual(more, []);
  assert.equal(change?.pcr, 8);
  assert.match(change?.what.en ?? '', /command line/);
  assert.match(change?.added[0]?.text ?? '', /init=\/bin\/sh/);
  assert.match(change?.removed[0]?.text ?? '', /quiet/);
  assert.throws(() => parseGoldenBoot('{"format":"x"}'), BootDataError);
});

for (const type of ['rsa', 'ecc'] as const) {
  test(`a quote by an enrolled key holds, and no altered one does: ${type}`, async () => {
    const handle = type === 'rsa' ? '0x81018f10' : '0x81018f11';
    const key = createPublicKey(await tpm.enrol(type, handle));
    const nonce = randomBytes(20);
    const list = [0, 4, 7, 8, 9];
    const { attestation, signature } = await tpm.quote('sha256', list, nonce, handle);
    const all = await tpm.pcrs('sha256');
    const bundle: QuoteBundle = {
      format: 'redoubt-quote-1',
      attestation: attestation.toString('base64'),
      signature: signature.toString('base64'),
      bank: 'sha256',
      pcrs: Object.fromEntries(list.map(pcr => [String(pcr), all.get(pcr) ?? ''])),
    };
    assert.deepEqual(verifyQuote(bundle, key, nonce).faults, []);
    assert.deepEqual(verifyQuote(bundle, key, randomBytes(20)).faults, ['nonce']);
    assert.deepEqual(
      verifyQuote({ ...bundle, pcrs: { ...bundle.pcrs, 8: '0'.repeat(64) } }, key, nonce).faults,
      ['digest'],
    );
    const { 9: _, ...fewer } = bundle.pcrs;
    assert.deepEqual(verifyQuote({ ...bundle, pcrs: fewer }, key, nonce).faults, ['selection', 'digest']);
    const forged = Buffer.from(attestation);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    assert.ok(
      verifyQuote({ ...bundle, attestation: forged.toString('base64') }, key, nonce).faults.includes(
        'signature',
      ),
    );
    await assert.rejects(tpm.enrol(type, handle), TpmError);
    await tpm.forget(handle);
    await assert.rejects(tpm.quote('sha256', list, nonce, handle), TpmError);
  });
}

test('a key that the TPM keeps signs golden states, and its public part verifies them without a TPM', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-tpm-key-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [handle, file] = ['0x81018f20', join(folder, 'key.pub')];
  writeFileSync(file, await makeTpmKey(handle, tcti));
  const signer = await signerFrom(`tpm:${handle}`, { tcti });
  const verifier = await verifierFrom(file);
  const signature = await signer.sign(Buffer.from('a statement'));
  assert.deepEqual([signer.algorithm, signer.keyId], [verifier.algorithm, verifier.keyId]);
  assert.equal(await verifier.verify(Buffer.from('a statement'), signature), true);
  assert.equal(await verifier.verify(Buffer.from('another one'), signature), false);
  assert.equal(await verifier.verify(Buffer.from('a statement'), Buffer.from('none')), false);
  await assert.rejects(makeTpmKey(handle, tcti), { code: 'key' });
  await removeTpmKey(handle, tcti);
  await assert.rejects(signerFrom(`tpm:${handle}`, { tcti }), { code: 'key' });
});

test('an IMA log replays to PCR 10, and a changed line is told', async () => {
  const entries = ['/usr/bin/true', '/usr/lib/a b.so'].map((path, index) => {
    const line = {
      pcr: 10,
      templateHash: '',
      template: index === 0 ? ('ima-ng' as const) : ('ima-sig' as const),
      algorithm: 'sha256',
      digest: createHash('sha256').update(path).digest('hex'),
      path,
      signature: index === 0 ? '' : '030204',
    };
    const data = templateData(line) ?? Buffer.alloc(0);
    simulator.extend(10, {
      sha1: createHash('sha1').update(data).digest(),
      sha256: createHash('sha256').update(data).digest(),
    });
    const hash = createHash('sha1').update(data).digest('hex');
    return `10 ${hash} ${line.template} sha256:${line.digest} ${path}${index === 0 ? '' : ' 030204'}`;
  });
  const parsed = parseIma(`${entries.join('\n')}\n`);
  assert.equal(parsed[1]?.path, '/usr/lib/a b.so');
  for (const bank of ['sha1', 'sha256'] as const) {
    const { value, wrong } = replayIma(parsed, bank);
    assert.deepEqual(wrong, []);
    assert.equal(value, (await tpm.pcrs(bank)).get(10));
  }
  assert.deepEqual(
    replayIma(parseIma(entries.join('\n').replace('/usr/bin/true', '/usr/bin/evil')), 'sha256').wrong,
    [1],
  );
  assert.throws(() => parseIma('10 zz'), /line 1/);
});

test('torn and hostile logs and quotes are refused with their place, and nothing else is thrown', () => {
  const whole = writeLog(measured);
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(edits, fc.nat(whole.length), (changes, cut) => {
      const bytes = Buffer.from(whole.subarray(0, cut % 2 === 0 ? cut : whole.length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      for (const parse of [parseEventLog, parseAttestation]) {
        try {
          const told = parse(bytes);
          if ('events' in told) replay(told, 'sha256');
        } catch (error) {
          assert.ok(error instanceof BootDataError, String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        parseIma(text);
      } catch (error) {
        assert.ok(error instanceof BootDataError);
      }
    }),
  );
});
