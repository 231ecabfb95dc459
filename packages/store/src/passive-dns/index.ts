/** Passive DNS: every name and answer that a host has seen, with when, how often and by whom. */
export {
  type DnsRecordQuery,
  type DnsSeen,
  type NameAge,
  PassiveDns,
  passiveDnsFile,
  readPassiveDns,
  type SeenRecord,
} from './passive-dns.ts';
