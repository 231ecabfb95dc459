/** Asking the agent about the network: flows, zones, exposure, names. */
import type {
  DnsAnswer,
  DnsReputation,
  DnsSeenAnswer,
  ExposureAnswer,
  FlowsAnswer,
  PolicyChecked,
  PolicyProposal,
  SegmentationAnswer,
  SegmentationMap,
} from './contract.ts';
import { change, get, queryOf } from './request.ts';

/** Since when flows count, milliseconds since the Unix epoch. */
interface Since {
  readonly from: number;
}

export function getSegmentation(signal?: AbortSignal): Promise<SegmentationAnswer> {
  return get('/api/segmentation', signal);
}

/** Who talks to whom, the most frequent first. */
export function getFlows(query: Since & { limit: number }, signal?: AbortSignal): Promise<FlowsAnswer> {
  return get(`/api/segmentation/flows${queryOf({ ...query })}`, signal);
}

/** The flows by zone. */
export function getZoneMap(query: Since, signal?: AbortSignal): Promise<SegmentationMap> {
  return get(`/api/segmentation/map${queryOf({ ...query })}`, signal);
}

/** A policy that lets pass what was seen. */
export function proposePolicy(query: Since): Promise<PolicyProposal> {
  return get(`/api/segmentation/proposal${queryOf({ ...query })}`);
}

/** Whether a text is a policy, and where it is wrong. */
export function checkPolicy(yaml: string): Promise<PolicyChecked> {
  return change('/api/segmentation/check', { yaml });
}

export function getExposure(signal?: AbortSignal): Promise<ExposureAnswer> {
  return get('/api/exposure', signal);
}

/** Begins an assessment. */
export function checkExposure(): Promise<ExposureAnswer> {
  return change('/api/exposure/check');
}

export function getDns(signal?: AbortSignal): Promise<DnsAnswer> {
  return get('/api/dns', signal);
}

/** Names with their answers; of a name with all below it, of an address, or the last that were seen. */
export function getNamesSeen(
  query: { value: string; limit: number },
  signal?: AbortSignal,
): Promise<DnsSeenAnswer> {
  return get(`/api/dns/seen${queryOf(query)}`, signal);
}

/** What is thought of a name, with reasons. */
export function getReputation(name: string, signal?: AbortSignal): Promise<DnsReputation> {
  return get(`/api/dns/reputation${queryOf({ name })}`, signal);
}
