/** How the machine was started: event log, PCRs, quotes and IMA beside what is known to be good. */
export { type Bank, isBank } from './algorithms.ts';
export { type BootJudgement, judgeBoot } from './check.ts';
export { BootDataError } from './cursor.ts';
export {
  type BootEvent,
  type EventLog,
  eventText,
  eventTypeName,
  parseEventLog,
  replay,
} from './event-log.ts';
export { bootFinding, brokenLogFinding } from './findings.ts';
export {
  type BootChange,
  compareBoot,
  type GoldenBoot,
  goldenBoot,
  meaningOf,
  parseGoldenBoot,
  stablePcrs,
} from './golden.ts';
export { type ImaEntry, parseIma, replayIma } from './ima.ts';
export {
  type Attestation,
  parseAttestation,
  parseBundle,
  type QuoteBundle,
  type QuoteFault,
  verifyQuote,
} from './quote.ts';
export { attestationHandle, Tpm, TpmError } from './tpm.ts';
